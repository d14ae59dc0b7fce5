"""A request as it goes on the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ...omit import Omit
from ...options import Secret
from .http1 import HTTP1, HeaderList
from .limits import NotConnected
from .pool import Origin

if TYPE_CHECKING:
    from ..messages import Request
    from ..uploads import Body

PIECE = 1 << 16
"""Bytes of a long body that are sent at once: between two such pieces the server may have answered."""

_SAFE = "!#$%&'()*+,/:;=?@[]~"
"""What a path and a query may hold besides letters, digits and `-._~`; a `%` stands for itself already."""

_PORTS = {"http": 80, "https": 443}


class WireRequest:
    """A request, and where it goes. Its bytes, which hold the key, are made when they are sent.

    Raises:
        NotConnected: The URL leads nowhere.
    """

    def __init__(self, request: Request, body: bytes | Body | None) -> None:
        self._request = request
        self._body = b"" if body is None else body
        url = urlsplit(request.url)
        try:
            port = url.port or _PORTS[url.scheme]
            host = (url.hostname or "").encode("ascii" if (url.hostname or "").isascii() else "idna").decode()
        except ValueError as error:
            raise NotConnected(str(error)) from error
        self.origin = Origin(url.scheme, host, port)

    @property
    def is_long(self) -> bool:
        """Whether the body is sent in pieces."""
        return not isinstance(self._body, bytes) or len(self._body) > PIECE

    def start(self, http: HTTP1) -> memoryview:
        """Return the head, with the body if that is short; in a form that no traceback shows."""
        head = http.request(self._request.method, self._target(), self._headers())
        if isinstance(self._body, bytes) and not self.is_long:
            head += (http.data(self._body) if self._body else b"") + http.end()
        return memoryview(head)

    def pieces(self) -> Iterator[bytes]:
        """Return the pieces of a long body."""
        for part in [self._body] if isinstance(self._body, bytes) else self._body:
            yield from _cut(part)

    async def apieces(self) -> AsyncIterator[bytes]:
        """Return the pieces of a long body, whose files may have to be awaited."""
        if isinstance(self._body, bytes):
            for piece in _cut(self._body):
                yield piece
        else:
            async for part in self._body:
                for piece in _cut(part):
                    yield piece

    def _target(self) -> bytes:
        url = urlsplit(self._request.url)
        query = "&".join([url.query, *(secret.reveal() for secret in self._request.secret_query)]).strip("&")
        return (quote(url.path or "/", safe=_SAFE) + (f"?{quote(query, safe=_SAFE)}" if query else "")).encode()

    def _headers(self) -> HeaderList:
        scheme, host, port = self.origin
        literal = f"[{host}]" if ":" in host else host
        authority = literal if port == _PORTS[scheme] else f"{literal}:{port}"
        own: dict[str, str | Secret | Omit] = {"host": authority, "connection": "keep-alive"}
        size = len(self._body) if isinstance(self._body, bytes) else self._body.size
        is_framed = (
            "transfer-encoding" in self._request.headers
        )  # a request has one length, not two (RFC 9112 section 6.3)
        if not is_framed and (size or self._request.method in ("POST", "PUT", "PATCH")):
            own["content-length"] = str(size)
        return [
            (name.encode(), (value.reveal() if isinstance(value, Secret) else value).encode("latin-1"))
            for name, value in {**own, **self._request.headers}.items()
            if not isinstance(value, Omit)
        ]


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[start : start + PIECE] for start in range(0, len(data), PIECE))
