"""Serializing requests to HTTP/1.1."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ...errors import InvalidArgumentError
from ...hints.omitted import Omit
from ...settings.secret import Secret, bare
from ...values.header_fields import FIELD_VALUE, TOKEN
from ..limits import NotConnected
from ..uploads import Body
from .pool import Origin

if TYPE_CHECKING:
    from ..messages import Headers, Request

PIECE = 1 << 16
"""Bytes of a long body sent at once: between two such pieces a response may arrive."""

_SAFE = "!#$%&'()*+,/:;=?@[]~"
"""The characters of a path and a query besides letters, digits and `-._~`; a `%` is kept as it is."""

_PORTS = {"http": 80, "https": 443}

_LINE = re.compile(f"{TOKEN.pattern}: {FIELD_VALUE.pattern}\r\n")
_NO_HTTP = "the method or a header is none of HTTP"


class _Fields:
    """The header fields of requests to an origin, serialized once: many requests share them."""

    def __init__(self, headers: Headers, authority: str) -> None:
        given = {"host": authority, "connection": "keep-alive", **headers}
        fields = {name: value for name, value in given.items() if not isinstance(value, Omit)}
        coding, self.length = fields.get("transfer-encoding"), headers.get("content-length")
        self.is_chunked = coding is not None
        self.is_last = "close" in str(fields.get("connection", "")).lower()
        lines = [f"{name}: {bare(value)}\r\n" for name, value in fields.items()]
        self.lines = Secret("".join(lines))
        self.problem: str | None = None
        """Why no request can have them."""
        if "host" not in fields:
            self.problem = "there is no host"
        elif self.is_chunked and ("content-length" in fields or str(coding).lower() != "chunked"):
            self.problem = "transfer-encoding can be chunked alone, and then there is no content-length"
        elif not all(map(_LINE.fullmatch, lines)):
            self.problem = _NO_HTTP


class WireRequest:
    """A serialized request and its origin. Its bytes, which contain the key, are made when they are sent.

    Raises:
        NotConnected: The URL is not a valid HTTP URL.
    """

    def __init__(self, request: Request, body: bytes | Body | None) -> None:
        self.method = request.method
        try:
            self.origin, authority, self._target = _split(request.url)
        except ValueError as error:
            raise NotConnected(str(error)) from error
        fields: _Fields | None = request.headers.on_wire.get(authority)
        if fields is None:
            fields = request.headers.on_wire[authority] = _Fields(request.headers, authority)
        self._fields = fields
        self._request = request
        self._body = b"" if body is None else body
        self.is_long = fields.is_chunked or not isinstance(self._body, bytes) or len(self._body) > PIECE
        """Whether the body is sent in pieces."""
        self.is_last = fields.is_last
        """Whether it says that no other request will follow."""

    def start(self) -> memoryview:
        """Return the head, with the body if that is short, as an object that tracebacks do not show."""
        fields, size, length = self._fields, len(self._body), self._fields.length
        problem = fields.problem or (None if TOKEN.fullmatch(self.method) else _NO_HTTP)
        added = ""
        if not (problem or fields.is_chunked):
            # A request must not have two lengths (RFC 9112 section 6.3).
            if length is None and (size or self.method in ("POST", "PUT", "PATCH")):
                added = f"content-length: {size}\r\n"
            elif str(0 if length is None or isinstance(length, Omit) else length) != str(size):
                problem = "content-length is not the length of the body"
        if problem:
            raise InvalidArgumentError(f"the headers given do not fit the request: {problem}")
        body = self._body if isinstance(self._body, bytes) and not self.is_long else b""
        return memoryview(self._head(added, body))

    async def pieces(self) -> AsyncIterator[bytes]:
        """Return the pieces of a long body, whose files may be async."""
        async for part in Body([self._body]) if isinstance(self._body, bytes) else self._body:
            for start in range(0, len(part), PIECE):
                piece = part[start : start + PIECE]
                yield b"%x\r\n%b\r\n" % (len(piece), piece) if self._fields.is_chunked else piece
        if self._fields.is_chunked:
            yield b"0\r\n\r\n"

    def _head(self, added: str, body: bytes) -> bytes:
        target = _quoted(self._request.with_secrets(self._target)) if self._request.secret_query else self._target
        return f"{self.method} {target} HTTP/1.1\r\n{added}{self._fields.lines.reveal()}\r\n".encode("latin-1") + body


def _quoted(text: str) -> str:
    return quote(text, safe=_SAFE)


@lru_cache
def _split(url: str) -> tuple[Origin, str, str]:
    """Return the origin of a URL, and its authority and target as sent; raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError(f"{parts.scheme or 'nothing'} is no scheme of HTTP")
    name = parts.hostname or ""
    host = name if name.isascii() else name.encode("idna").decode()
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    literal = f"[{host}]" if ":" in host else host
    authority = literal if port == _PORTS[parts.scheme] else f"{literal}:{port}"
    target = _quoted(f"{parts.path or '/'}{parts.query and '?'}{parts.query}")
    return Origin(parts.scheme, host, port), authority, target
