"""The responses of HTTP/1.1 by h11."""

from __future__ import annotations

from typing import Any

import h11

from .parsing import LONGEST_HEAD, Parser, ProtocolError


class HTTP1(Parser):
    """Reads a response by h11."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * LONGEST_HEAD)
        # All that it needs to know of the request.
        self._state.send(_HEAD if method == "HEAD" else _ANOTHER)
        self._state.send(_END)

    def _feed(self, data: bytes) -> None:
        self._state.receive_data(data)
        try:
            while not self._has_ended:
                event: Any = self._state.next_event()
                kind: Any = event.__class__  # an abstract class, at which `isinstance` takes long
                if kind is h11.Data:
                    self._parts.append(event.data)
                elif kind is h11.Response or kind is h11.InformationalResponse:
                    headers = [(bytes(name), bytes(value)) for name, value in event.headers.raw_items()]
                    self._take_head(event.status_code, event.reason, event.http_version.decode(), headers)
                elif kind is h11.EndOfMessage:
                    self._has_ended = True
                else:
                    break
        except h11.RemoteProtocolError as error:
            raise ProtocolError(str(error)) from error
        if self._has_ended and self._state.trailing_data[0]:
            self._goes_on = False


_HEAD, _ANOTHER = (h11.Request(method=method, target="/", headers=[("host", "-")]) for method in ("HEAD", "POST"))
_END = h11.EndOfMessage()
