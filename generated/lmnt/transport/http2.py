"""What httpcore gets wrong about the streams of an HTTP/2 connection, put right in the frames that it reads and writes.

* A server that is about to stop says so with GOAWAY and NO_ERROR, and goes on with the streams up to the one it names
  (RFC 9113 section 6.8). httpcore 1.0.9 fails every stream of the connection at its next read after any GOAWAY
  (`HTTP2Connection._receive_events`: `raise RemoteProtocolError(self._connection_terminated)`), and h2 4.4.1 accepts no
  frame after one (`H2ConnectionStateMachine`: RECV_GOAWAY leads to CLOSED). So the frame is held back until the streams
  that it lets finish have finished.
* A response that is closed before its end is neither reset nor acknowledged (`HTTP2Connection._response_closed` forgets
  its events): the server goes on sending it, until the flow-control window that all streams share is used up and the
  connection stalls. So the stream is reset with CANCEL, and the connection takes no more.
* A server may answer before it has all of a request (RFC 9113 section 8.1), and then gives no more room for the rest.
  httpcore waits for room and does not look whether there is an answer (`HTTP2Connection._wait_for_outgoing_flow`). So
  room is given in the server's place, what is sent then goes nowhere, and the connection takes no more streams.
* What h2 has read of a piece is lost when a later frame of it breaks a rule, or the same one, if it ends its stream
  before the content-length. So h2 gets a response part by part, and the end of a stream as a part of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

FRAME_WATCH = "frame_watch"
"""The name under which a stream gives its FrameWatch, None on HTTP/1.1."""

FRAME_HEADER = 9
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0x0, 0x1, 0x3, 0x4, 0x7, 0x8, 0x9
ACK, END_STREAM, END_HEADERS = 0x1, 0x1, 0x4
SETTINGS_INITIAL_WINDOW_SIZE = 0x4
REFUSED_STREAM, CANCEL = 0x7, 0x8


class FrameWatch:
    """The frames of one connection, looked through in both directions; nothing else of HTTP/2 is understood here."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._sent = bytearray()
        self._open: set[int] = set()
        self._last: int | None = None
        self._held = b""
        self._waiting: deque[bytes] = deque()
        self._block_ends_stream = False
        self._resets = bytearray()
        self._answered: set[int] = set()
        self._room = _Room()
        self.is_ending = False
        """Whether this connection takes no more streams."""

    def abandon(self, stream: int) -> None:
        """Take note that nobody will read the rest of a stream."""
        if stream in self._open:
            self._open.discard(stream)
            self._resets += _reset(stream, CANCEL)
            self.is_ending = True
            self._release()

    def to_send(self, data: bytes) -> bytes:
        """Return what is to be sent in place of what the client sends."""
        resets = bytes(self._resets)
        self._resets.clear()
        if self._answered:
            frames = _frames(bytearray(data))
            data = b"".join(frame for kind, _, stream, frame in frames if kind != DATA or stream not in self._answered)
        return resets + data

    def sent(self, data: bytes) -> None:
        """Take note of what the client has sent."""
        self._sent += data
        if self._sent.startswith(PREFACE):
            del self._sent[: len(PREFACE)]
        for kind, flags, stream, frame in _frames(self._sent):
            if kind == HEADERS:
                self._open.add(stream)
                self._room.begin(stream)
            elif kind == DATA:
                self._room.sent(stream, len(frame) - FRAME_HEADER)
            elif kind == RST_STREAM:
                self._open.discard(stream)
            if kind == RST_STREAM or (kind in (HEADERS, DATA) and flags & END_STREAM):
                self._answered.discard(stream)
                self._room.end(stream)
        self._refuse_late_streams()
        self._release()

    def received(self, data: bytes) -> None:
        """Take what the server sends; `take` returns what of it may be seen."""
        self._received += data
        for kind, flags, stream, frame in _frames(self._received):
            self._room.received(kind, flags, stream, frame[FRAME_HEADER:])
            if kind == RST_STREAM and stream in self._answered:
                continue  # it concerns the rest of the request, which goes nowhere
            if kind == GOAWAY:
                self._last = int.from_bytes(frame[FRAME_HEADER : FRAME_HEADER + 4], "big") & 0x7FFFFFFF
                self.is_ending = True
                self._refuse_late_streams()
            if kind == GOAWAY and frame[FRAME_HEADER + 4 : FRAME_HEADER + 8] == bytes(4):
                self._held = frame
            else:
                ends_with_data = kind == DATA and flags & END_STREAM and len(frame) > FRAME_HEADER
                self._waiting.extend(_without_end(frame) if ends_with_data else [frame])
                if self._is_last(kind, flags):
                    self._open.discard(stream)
                    if stream in self._room and kind != RST_STREAM:
                        self._answered.add(stream)
                        self.is_ending = True
        self._release()

    def take(self) -> bytes:
        """Return what may be seen of what was received, up to the next part of a response; empty if nothing is yet."""
        if not self._waiting:
            # Whoever reads on after a whole response waits for room.
            self._waiting.extend(update for stream in self._answered for update in self._room.updates(stream))
        taken = b""
        while self._waiting:
            frame = self._waiting.popleft()
            taken += frame
            if frame[3] in (DATA, HEADERS, CONTINUATION):
                break
        return taken

    def _is_last(self, kind: int, flags: int) -> bool:
        if kind == HEADERS:
            self._block_ends_stream = bool(flags & END_STREAM)
        if kind in (HEADERS, CONTINUATION):
            # Nothing may stand between the frames of a block (RFC 9113 section 4.3).
            return self._block_ends_stream and bool(flags & END_HEADERS)
        return kind == RST_STREAM or (kind == DATA and bool(flags & END_STREAM))

    def _refuse_late_streams(self) -> None:
        # The server will ignore these; saying so at once lets them be sent again elsewhere.
        late = {stream for stream in self._open if self._last is not None and stream > self._last}
        for stream in sorted(late):
            self._waiting.append(_reset(stream, REFUSED_STREAM))
        self._open -= late

    def _release(self) -> None:
        if self._held and not self._open:
            self._waiting.append(self._held)
            self._held = b""


class _Room:
    """The flow-control windows of what is being sent (RFC 9113 section 6.9), that of the connection under 0."""

    def __init__(self) -> None:
        self._initial = 65_535
        self._windows = {0: self._initial}

    def __contains__(self, stream: int) -> bool:
        """Whether a request is still being sent."""
        return stream in self._windows

    def begin(self, stream: int) -> None:
        """Take note of a request that begins."""
        self._windows[stream] = self._initial

    def end(self, stream: int) -> None:
        """Take note that all of a request was sent."""
        self._windows.pop(stream, None)

    def sent(self, stream: int, size: int) -> None:
        """Take note of data that was sent."""
        for each in self._windows.keys() & {0, stream}:
            self._windows[each] -= size

    def received(self, kind: int, flags: int, stream: int, content: bytes) -> None:
        """Take note of a frame of the server."""
        if kind == WINDOW_UPDATE and stream in self._windows:
            self._windows[stream] += int.from_bytes(content, "big")
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, len(content), 6):
                if int.from_bytes(content[at : at + 2], "big") == SETTINGS_INITIAL_WINDOW_SIZE:
                    initial = int.from_bytes(content[at + 2 : at + 6], "big")
                    for each in self._windows.keys() - {0}:
                        self._windows[each] += initial - self._initial
                    self._initial = initial

    def updates(self, stream: int) -> Iterator[bytes]:
        """Yield frames that give room to a stream, and to the connection, where there is little."""
        for each in (0, stream):
            if self._windows[each] < _ENOUGH:
                self._windows[each] += _ENOUGH
                yield _frame_of_4(WINDOW_UPDATE, each, _ENOUGH)


_ENOUGH = 1 << 20
"""Bytes of room for what goes nowhere."""


def _reset(stream: int, code: int) -> bytes:
    return _frame_of_4(RST_STREAM, stream, code)


def _without_end(frame: bytes) -> list[bytes]:
    """Return a frame of data that ends its stream as two: the data, and the end."""
    data = frame[:4] + bytes([frame[4] & ~END_STREAM]) + frame[5:]
    return [data, bytes([0, 0, 0, DATA, END_STREAM]) + frame[5:9]]


def _frame_of_4(kind: int, stream: int, content: int) -> bytes:
    return (4).to_bytes(3, "big") + bytes([kind, 0]) + stream.to_bytes(4, "big") + content.to_bytes(4, "big")


def _frames(buffer: bytearray) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield and remove the whole frames of a buffer: type, flags, stream and all of the frame."""
    while len(buffer) >= FRAME_HEADER:
        size = FRAME_HEADER + int.from_bytes(buffer[:3], "big")
        if len(buffer) < size:
            return
        frame = bytes(buffer[:size])
        del buffer[:size]
        yield frame[3], frame[4], int.from_bytes(frame[5:9], "big") & 0x7FFFFFFF, frame
