"""HTTP/1.1 responses, parsed by h11, but for the plain chunks of a body."""

from __future__ import annotations

import re
from typing import Any

import h11

from .parsing import LONGEST_HEAD, Parser, ProtocolError

_LONGEST = 12
"""The longest chunk-size line that is read here, in bytes."""

_LINE = re.compile(rb"([0-9A-Fa-f]{0,9}[1-9A-Fa-f][0-9A-Fa-f]{0,9})\r\n")
_BEGUN = re.compile(rb"[0-9A-Fa-f]*\r?")

LAST = b"0\r\n\r\n"


class ChunkReader:
    """Adds the data of plain chunks to a list: a size, the bytes, a line end (RFC 9112 section 7.1).

    Each costs one copy and little work. Anything else between chunks (extensions, trailers, errors) is left to h11.
    """

    def __init__(self, parts: list[bytes | bytearray]) -> None:
        self._parts = parts
        self._left = 0
        """Bytes of this chunk not received yet."""
        self._held = b""
        """The incomplete line, with the end of the chunk before it."""
        self._end = b""
        """The line end expected before the next line."""

    def take(self, data: bytes | memoryview) -> bytes | None:
        """Read received data.

        Returns:
            The rest from the first line that is not read here; None if all was read.

        Raises:
            ProtocolError: A chunk does not end where its size says.
        """
        view, self._held = memoryview(self._held + data if self._held else data), b""
        while True:
            if self._left:
                part = bytes(view[: self._left])
                if part:
                    self._parts.append(part)
                view, self._left, self._end = view[len(part) :], self._left - len(part), b"\r\n"
                if self._left:
                    return None
            line = bytes(view[: _LONGEST + 2])
            if not line.startswith(self._end):
                if not self._end.startswith(line):
                    raise ProtocolError("malformed chunk: it does not end where its size says")
                self._held = line
                return None
            line = line.removeprefix(self._end)
            if (found := _LINE.match(line)) is None:
                may_go_on = len(line) < _LONGEST and line != LAST
                if may_go_on and (_BEGUN.fullmatch(line) or LAST.startswith(line)):
                    self._held = bytes(view)
                    return None
                return bytes(view[len(self._end) :])
            self._left = int(found[1], 16)
            view = view[len(self._end) + found.end() :]


class HTTP1(Parser):
    """Parses the head of a response with h11, plain chunks of its body with ChunkReader, other chunks with h11."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self._state = _expecting_response()
        self._chunks: ChunkReader | None = None

    def _feed(self, data: Any) -> None:
        if self._chunks is not None:
            rest = self._chunks.take(data)
            if rest is None:
                return
            if rest.startswith(LAST):
                self._has_ended = True
                self._goes_on = self._goes_on and len(rest) == len(LAST)
                return
            # From here on h11 parses the body, as if it began here.
            self._chunks, self._state = None, _expecting_response()
            self._state.receive_data(_CHUNKED)
            self._state.next_event()
            data = rest
        self._state.receive_data(data)
        try:
            while not self._has_ended:
                event: Any = self._state.next_event()
                kind: Any = event.__class__  # an abstract class, for which `isinstance` takes long
                if kind is h11.Data:
                    self._parts.append(event.data)
                elif kind is h11.Response or kind is h11.InformationalResponse:
                    headers = [(bytes(name), bytes(value)) for name, value in event.headers.raw_items()]
                    self._take_head(event.status_code, event.reason, event.http_version.decode(), headers)
                    if self._head is not None:
                        self._chunks = ChunkReader(self._parts) if self._is_chunked else None
                        follow = self._feed if self._is_chunked else self._take
                        follow(self._state.trailing_data[0])
                        return
                elif kind is h11.EndOfMessage:
                    self._has_ended = True
                else:
                    return
        except h11.RemoteProtocolError as error:
            raise ProtocolError(str(error)) from error
        if self._state.trailing_data[0]:
            self._goes_on = False


def _expecting_response() -> h11.Connection:
    state = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * LONGEST_HEAD)
    state.send(_REQUEST)  # which one is of no interest: whether a body follows is not asked here
    return state


_REQUEST = h11.Request(method="GET", target="/", headers=[("host", "-")])
_CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
