"""A request as it goes on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ...omit import Omit
from ...options import Secret
from .http1 import HTTP1, HeaderList
from .limits import NotConnected
from .pool import Origin

if TYPE_CHECKING:
    from .. import Request

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

    def __init__(self, request: Request) -> None:
        self._request = request
        url = urlsplit(request.url)
        try:
            port = url.port or _PORTS[url.scheme]
            host = (url.hostname or "").encode("ascii" if (url.hostname or "").isascii() else "idna").decode()
        except ValueError as error:
            raise NotConnected(str(error)) from error
        self.origin = Origin(url.scheme, host, port)
        self.body = request.content if isinstance(request.content, bytes) else b""

    def start(self, http: HTTP1) -> memoryview:
        """Return the head, with the body if that is short; in a form that no traceback shows."""
        head = http.request(self._request.method, self._target(), self._headers())
        if len(self.body) <= PIECE:
            head += (http.data(self.body) if self.body else b"") + http.end()
        return memoryview(head)

    def rest(self) -> range:
        """Return where the pieces of a long body start."""
        return range(0, len(self.body) if len(self.body) > PIECE else 0, PIECE)

    def _target(self) -> bytes:
        url = urlsplit(self._request.url)
        query = "&".join([url.query, *(secret.reveal() for secret in self._request.secret_query)]).strip("&")
        return (quote(url.path or "/", safe=_SAFE) + (f"?{quote(query, safe=_SAFE)}" if query else "")).encode()

    def _headers(self) -> HeaderList:
        scheme, host, port = self.origin
        literal = f"[{host}]" if ":" in host else host
        authority = literal if port == _PORTS[scheme] else f"{literal}:{port}"
        own: dict[str, str | Secret | Omit] = {"host": authority, "connection": "keep-alive"}
        if self.body or self._request.method in ("POST", "PUT", "PATCH"):
            own["content-length"] = str(len(self.body))
        return [
            (name.encode(), (value.reveal() if isinstance(value, Secret) else value).encode("latin-1"))
            for name, value in {**own, **self._request.headers}.items()
            if not isinstance(value, Omit)
        ]
