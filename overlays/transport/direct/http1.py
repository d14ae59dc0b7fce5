"""HTTP/1.1 on one connection, with no I/O: h11 knows the protocol, and this what the client asks of it."""

from __future__ import annotations

from typing import NamedTuple

import h11

from ...errors import InvalidArgumentError

HeaderList = list[tuple[bytes, bytes]]

LONGEST_HEAD = 100 << 10
"""Bytes that the head of a response, or of a chunk, may have."""

MOST_READ = 1 << 16
"""Bytes that are read from a connection at once."""


MOST_INFORMATIONAL = 1000
"""Informational responses that may come before the one that counts; each may take as long as a read."""


class ProtocolError(Exception):
    """What the server sent is no HTTP/1.1, or ends before it should."""


class Head(NamedTuple):
    """The head of a response."""

    status_code: int
    reason: str
    http_version: str
    headers: HeaderList


class HTTP1:
    """The requests and responses of one connection, one after another."""

    def __init__(self) -> None:
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self._failure: ProtocolError | None = None
        self._has_ended = False
        self._informational = 0

    def request(self, method: str, target: bytes, headers: HeaderList) -> bytes:
        """Return the head of a request."""
        try:
            event = h11.Request(method=method, target=target, headers=headers)
        except h11.LocalProtocolError as error:
            raise _misfit(error) from error
        return self._sent(event)

    def data(self, piece: bytes) -> bytes:
        """Return a piece of the request's body."""
        return self._sent(h11.Data(data=piece))

    def end(self) -> bytes:
        """Return what ends the request."""
        return self._sent(h11.EndOfMessage())

    def _sent(self, event: h11.Event) -> bytes:
        try:
            return self._state.send(event) or b""
        except h11.LocalProtocolError as error:
            raise _misfit(error) from error

    def receive(self, data: bytes) -> None:
        """Take what has come; no byte at all is the end of the connection. Raises ProtocolError."""
        if not data and self._state.their_state is h11.SEND_RESPONSE:
            raise ProtocolError("Server disconnected without sending a response.")
        self._state.receive_data(data)

    def head(self) -> Head | None:
        """Return the head of the response; None if more must come. Raises ProtocolError."""
        while True:
            event = self._next()
            if not isinstance(event, h11.Response | h11.InformationalResponse):
                return None
            # Informational ones are passed over, but for 101, which nobody asked for, and after which this is no HTTP.
            if isinstance(event, h11.Response) or event.status_code == 101:
                version = f"HTTP/{event.http_version.decode('ascii')}"
                headers = [(bytes(name), bytes(value)) for name, value in event.headers.raw_items()]
                self._informational = 0
                return Head(event.status_code, event.reason.decode("ascii", "replace"), version, headers)
            self._informational += 1
            if self._informational > MOST_INFORMATIONAL:
                raise ProtocolError(f"more than {MOST_INFORMATIONAL} informational responses")

    def body(self, most: int = MOST_READ) -> bytes | None:
        """Return what is here of the body, b"" at its end; None if more must come. Raises ProtocolError.

        Args:
            most: Bytes from which on no more parts are joined.
        """
        if self._failure is not None:
            raise self._failure
        if self._has_ended:
            return b""
        parts: list[bytes] = []
        size = 0
        while size < most:
            try:
                event = self._next()
            except ProtocolError as error:
                if not parts:
                    raise
                self._failure = error  # what came before it is handed out first
                break
            if isinstance(event, h11.Data):
                parts.append(event.data)
                size += len(event.data)
            elif event is h11.NEED_DATA:
                break
            else:
                self._has_ended = True
                return b"".join(parts)
        return b"".join(parts) if parts else None

    def finish(self) -> bool:
        """Make ready for the next request; returns False if there can be none.

        There can if both sides are done, and nothing was sent after the response.
        """
        done = self._state.our_state is h11.DONE and self._state.their_state is h11.DONE
        if not done or self._state.trailing_data[0]:
            return False
        self._state.start_next_cycle()
        self._has_ended = False
        return True

    def _next(self) -> object:
        try:
            return self._state.next_event()
        except h11.RemoteProtocolError as error:
            raise ProtocolError(str(error)) from error


def _misfit(error: h11.LocalProtocolError) -> InvalidArgumentError:
    return InvalidArgumentError(f"the headers given do not fit the request: {error}")
