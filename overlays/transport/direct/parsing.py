"""The base of both parsers of HTTP/1.1 responses, with no I/O."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from ...values.header_fields import combined
from ..messages import texts_of

HeaderList = list[tuple[bytes, bytes]]

LONGEST_HEAD = 100 << 10
"""The limit in bytes of consecutive data outside a body: heads, chunk framing, trailers."""

MOST_HEADERS = 1000
"""The maximum number of headers of a response."""

MOST_INFORMATIONAL = 1000
"""The maximum number of informational responses before the final one; each may take the read timeout."""

MOST_READ = 1 << 16
"""Bytes read from a connection at once."""


class ProtocolError(Exception):
    """The data from the server is not valid HTTP/1.1, or ends too early."""


class Head(NamedTuple):
    """The head of a response."""

    status_code: int
    reason: str
    http_version: str
    raw_headers: HeaderList
    headers: dict[str, str]
    """The same as texts, by name in lower case."""


class Parser(ABC):
    """Parses the response to a request of this method; the result does not depend on how the data was split."""

    def __init__(self, method: str) -> None:
        self._method = method
        self._head: Head | None = None
        self._informational = 0
        self._is_chunked = False
        self._left: int | None = None
        """Bytes of the body not received yet; None if its length is unknown."""
        self._parts: list[bytes | bytearray] = []
        """The parts of the body not handed out yet."""
        self._has_ended = False
        self._goes_on = False
        """Whether the server keeps the connection open, by its headers."""
        self._failure: ProtocolError | None = None
        self._room = LONGEST_HEAD
        """Bytes until the next check for progress."""
        self._has_progress = False
        self.size = 0
        """Bytes of the body handed out."""

    @abstractmethod
    def _feed(self, data: bytes) -> None:
        """Parse data of a head and what follows it, or of chunks; raises ProtocolError."""

    @property
    def is_reusable(self) -> bool:
        """Whether the connection can be reused: this response has ended, and nothing was sent after it."""
        return self._has_ended and self._goes_on

    def receive(self, data: bytes) -> None:
        """Process received data; b"" is the end of the connection."""
        if self._failure is not None:
            return
        try:
            if not data:
                self._end()
            elif self._head is None or self._is_chunked:
                self._parse(data)
            else:
                self._take(data)
        except ProtocolError as error:
            self._failure = error

    def head(self) -> Head | None:
        """Return the head of the response; None if it is incomplete. Raises ProtocolError."""
        if self._head is None and self._failure is not None:
            raise self._failure
        return self._head

    def body(self, most: int = MOST_READ) -> bytes | None:
        """Return the received part of the body, b"" at its end; None if there is none. Raises ProtocolError.

        No more parts are joined once they have so many bytes.
        """
        parts = self._parts
        if parts:
            count, size = 1, len(parts[0])
            while size < most and count < len(parts):
                size += len(parts[count])
                count += 1
            data = parts[0] if count == 1 else b"".join(parts[:count])
            del parts[:count]
            self.size += size
            return data if isinstance(data, bytes) else bytes(data)
        if self._failure is not None:  # only after the data before it was handed out
            raise self._failure
        return b"" if self._has_ended else None

    def _parse(self, data: bytes) -> None:
        rest: Any = data if len(data) < self._room else memoryview(data)  # parsers accept anything with a buffer
        while rest and (self._head is None or self._is_chunked):
            piece, rest, count = rest[: self._room], rest[self._room :], len(self._parts)
            self._feed(piece)
            self._room -= len(piece)
            self._has_progress = self._has_progress or len(self._parts) > count
            if not self._room:  # checked after so many bytes, not after each piece
                if not (self._has_progress or self._has_ended):
                    raise ProtocolError(f"{LONGEST_HEAD} bytes came, and neither the end of a head nor any of a body")
                self._room, self._has_progress = LONGEST_HEAD, False
        if rest:
            self._take(bytes(rest))

    def _take(self, data: bytes) -> None:
        """Process data of a body that is not chunked."""
        if self._left is not None:
            if len(data) > self._left:
                data, self._goes_on = data[: self._left], False
            self._left -= len(data)
            self._has_ended = not self._left
        if data:
            self._parts.append(data)

    def _end(self) -> None:
        if self._head is None:
            raise ProtocolError("Server disconnected without sending a response.")
        if self._is_chunked:
            raise ProtocolError(f"{_CUT} (incomplete chunked read)")
        if self._left is not None:
            came = self.size + sum(map(len, self._parts))
            raise ProtocolError(f"{_CUT} (received {came} bytes, expected {came + self._left})")
        self._has_ended = True

    def _take_head(self, status: int, reason: bytes, version: str, headers: HeaderList) -> None:
        """Process a head; informational ones are skipped. Raises ProtocolError."""
        if len(headers) > MOST_HEADERS:
            raise ProtocolError(f"more than {MOST_HEADERS} headers")
        if not version.startswith("1."):
            raise ProtocolError(f"a response of HTTP/{version}")
        if status <= 101 and status != 100:
            raise ProtocolError(f"a response of status {status}, which nobody asked for")
        if status < 200:
            self._informational += 1
            if self._informational > MOST_INFORMATIONAL:
                raise ProtocolError(f"more than {MOST_INFORMATIONAL} informational responses")
            return
        fields = combined(texts_of(headers))
        coding, length = fields.get("transfer-encoding"), fields.get("content-length")
        if coding is not None and coding.lower() != "chunked":
            raise ProtocolError(f"a transfer coding other than chunked: {coding!r}")
        if length is not None and len(length) > 20:
            raise ProtocolError("a length that nothing has")
        if self._method == "HEAD" or status in (204, 304):
            self._left = 0
        elif coding is not None:
            self._is_chunked = True
        elif length is not None:
            self._left = int(length)
        says_close = "close" in fields.get("connection", "").lower()
        self._goes_on = version != "1.0" and not says_close and (self._is_chunked or self._left is not None)
        self._has_ended = self._left == 0
        self._head = Head(status, reason.decode("ascii", "replace"), f"HTTP/{version}", headers, fields)
        self._has_progress = True


_CUT = "peer closed connection without sending complete message body"
