"""What httpcore gets wrong about the streams of an HTTP/2 connection, put right in the frames that it reads and writes.

* A server that is about to stop says so with GOAWAY and NO_ERROR, and goes on with the streams up to the one it names
  (RFC 9113 section 6.8). httpcore 1.0.9 fails every stream of the connection at its next read after any GOAWAY
  (`HTTP2Connection._receive_events`: `raise RemoteProtocolError(self._connection_terminated)`), and h2 4.4.1 accepts no
  frame after one (`H2ConnectionStateMachine`: RECV_GOAWAY leads to CLOSED). So the frame is held back until the streams
  that it lets finish have finished.
* A response that is closed before its end is neither reset nor acknowledged (`HTTP2Connection._response_closed` forgets
  its events): the server goes on sending it, until the flow-control window that all streams share is used up and the
  connection stalls. So the stream is reset with CANCEL, and the connection takes no more.
* What h2 has read of a piece is lost when a later frame of it breaks a rule. So it gets a response part by part.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

FRAME_WATCH = "frame_watch"
"""The name under which a stream gives its FrameWatch, None on HTTP/1.1."""

FRAME_HEADER = 9
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, GOAWAY, CONTINUATION = 0x0, 0x1, 0x3, 0x7, 0x9
END_STREAM, END_HEADERS = 0x1, 0x4
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
        return resets + data

    def sent(self, data: bytes) -> None:
        """Take note of what the client has sent."""
        self._sent += data
        if self._sent.startswith(PREFACE):
            del self._sent[: len(PREFACE)]
        for kind, _, stream, _ in _frames(self._sent):
            if kind == HEADERS:
                self._open.add(stream)
            elif kind == RST_STREAM:
                self._open.discard(stream)
        self._refuse_late_streams()
        self._release()

    def received(self, data: bytes) -> None:
        """Take what the server sends; `take` returns what of it may be seen."""
        self._received += data
        for kind, flags, stream, frame in _frames(self._received):
            if kind == GOAWAY:
                self._last = int.from_bytes(frame[FRAME_HEADER : FRAME_HEADER + 4], "big") & 0x7FFFFFFF
                self.is_ending = True
                self._refuse_late_streams()
            if kind == GOAWAY and frame[FRAME_HEADER + 4 : FRAME_HEADER + 8] == bytes(4):
                self._held = frame
            else:
                self._waiting.append(frame)
                if self._is_last(kind, flags):
                    self._open.discard(stream)
        self._release()

    def take(self) -> bytes:
        """Return what may be seen of what was received, up to the next part of a response; empty if nothing is yet."""
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


def _reset(stream: int, code: int) -> bytes:
    return (4).to_bytes(3, "big") + bytes([RST_STREAM, 0]) + stream.to_bytes(4, "big") + code.to_bytes(4, "big")


def _frames(buffer: bytearray) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield and remove the whole frames of a buffer: type, flags, stream and all of the frame."""
    while len(buffer) >= FRAME_HEADER:
        size = FRAME_HEADER + int.from_bytes(buffer[:3], "big")
        if len(buffer) < size:
            return
        frame = bytes(buffer[:size])
        del buffer[:size]
        yield frame[3], frame[4], int.from_bytes(frame[5:9], "big") & 0x7FFFFFFF, frame
