"""HTTP/1.1 responses, parsed by h11."""

from __future__ import annotations

from typing import Any

import h11

from .chunks import LAST, ChunkReader
from .parsing import LONGEST_HEAD, Parser, ProtocolError


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
                        self._begin_body(self._state.trailing_data[0])
                        return
                elif kind is h11.EndOfMessage:
                    self._has_ended = True
                else:
                    return
        except h11.RemoteProtocolError as error:
            raise ProtocolError(str(error)) from error
        if self._state.trailing_data[0]:
            self._goes_on = False

    def _begin_body(self, data: bytes) -> None:
        if self._is_chunked:
            self._chunks = ChunkReader(self._parts)
            self._feed(data)
        else:
            self._take(data)


def _expecting_response() -> h11.Connection:
    state = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * LONGEST_HEAD)
    state.send(_REQUEST)  # which one is of no interest: whether a body follows is not asked here
    return state


_REQUEST = h11.Request(method="GET", target="/", headers=[("host", "-")])
_CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
