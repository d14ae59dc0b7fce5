"""Serializing requests to HTTP/1.1."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ...errors import InvalidArgumentError
from ...hints.omitted import Omit, omit
from ...settings.secret import Secret
from ..limits import NotConnected
from ..uploads import Body
from .pool import Origin

if TYPE_CHECKING:
    from ..messages import Request

PIECE = 1 << 16
"""Bytes of a long body sent at once: between two such pieces a response may arrive."""

_SAFE = "!#$%&'()*+,/:;=?@[]~"
"""The characters of a path and a query besides letters, digits and `-._~`; a `%` is kept as it is."""

_PORTS = {"http": 80, "https": 443}

_TOKEN = r"[!#$%&'*+.^`|~\w-]+"
_HEAD = re.compile(rf"{_TOKEN} [!-~]+ HTTP/1\.1\r\n(?:{_TOKEN}: [\t -~\x80-\xff]*\r\n)+\r\n", re.ASCII)
"""The head of a request (RFC 9112 section 2.1, RFC 9110 section 5)."""


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
        self._request = request
        self._body = b"" if body is None else body
        self._is_chunked = not isinstance(request.headers.get("transfer-encoding", omit), Omit)
        fields: dict[str, str | Secret | Omit] = {"host": authority, "connection": "keep-alive"}
        # A request must not have two lengths (RFC 9112 section 6.3).
        if not self._is_chunked and (body or self.method in ("POST", "PUT", "PATCH")):
            fields["content-length"] = str(len(self._body))
        fields.update(request.headers)
        self._fields = {name: value for name, value in fields.items() if not isinstance(value, Omit)}
        self.is_long = self._is_chunked or not isinstance(self._body, bytes) or len(self._body) > PIECE
        """Whether the body is sent in pieces."""
        self.is_last = "close" in str(self._fields.get("connection", "")).lower()
        """Whether it says that no other request will follow."""

    def start(self) -> memoryview:
        """Return the head, with the body if that is short, as an object that tracebacks do not show."""
        misfit = self._misfit()
        head = None if misfit else self._head()
        if head is None:
            reason = misfit or "the method or a header is none of HTTP"
            raise InvalidArgumentError(f"the headers given do not fit the request: {reason}")
        return memoryview(head if self.is_long or not isinstance(self._body, bytes) else head + self._body)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Return the pieces of a long body, whose files may be async."""
        async for part in Body([self._body]) if isinstance(self._body, bytes) else self._body:
            for start in range(0, len(part), PIECE):
                piece = part[start : start + PIECE]
                yield b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece
        if self._is_chunked:
            yield b"0\r\n\r\n"

    def _misfit(self) -> str | None:
        """Return how the headers contradict each other or the body; None if they do not."""
        coding, length = self._fields.get("transfer-encoding"), self._fields.get("content-length")
        if "host" not in self._fields:
            return "there is no host"
        if coding is not None:
            is_right = length is None and str(coding).lower() == "chunked"
            return None if is_right else "transfer-encoding can be chunked alone, and then there is no content-length"
        return None if str(length or "0") == str(len(self._body)) else "content-length is not the length of the body"

    def _head(self) -> bytes | None:
        """Return the head; None if it is invalid: it never raises, so that no traceback has the key in its locals."""
        fields = [
            f"{name}: {value if isinstance(value, str) else value.reveal()}\r\n" for name, value in self._fields.items()
        ]
        target = _quoted(self._request.with_secrets(self._target)) if self._request.secret_query else self._target
        head = f"{self.method} {target} HTTP/1.1\r\n{''.join(fields)}\r\n"
        is_one = _HEAD.fullmatch(head) is not None and head.count("\r") == len(fields) + 2
        return head.encode("latin-1") if is_one else None


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
