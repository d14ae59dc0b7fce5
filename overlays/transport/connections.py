"""How a client's own connections are made: TLS, HTTP/2, proxies, TCP keep-alive."""

from __future__ import annotations

import socket
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..errors import InvalidArgumentError
from .proxies import Proxies, proxy_at

if TYPE_CHECKING:
    import ssl

Road: TypeAlias = Literal["direct", "httpx", "httpx2"]

MAX_CONNECTIONS = 100
"""The maximum number of connections of a client."""

MAX_KEEPALIVE_CONNECTIONS = 20
"""The maximum number of idle connections."""

KEEP_ALIVE_IDLE = 60
"""Seconds without traffic before the first TCP keep-alive probe."""

KEEP_ALIVE_INTERVAL = 15
"""Seconds between two probes."""

SocketOptions: TypeAlias = "list[tuple[int, int, int]]"


def bases_in_libraries(value: object) -> list[tuple[str, str]]:
    """Return the library and the name of each class of httpx and httpx2 that an object is an instance of."""
    found = [(each.__module__.partition(".")[0], each.__name__) for each in type(value).__mro__]
    return [each for each in found if each[0] in ("httpx", "httpx2")]


class Connections:
    """How a client's own connections are made.

    Args:
        http2: Whether HTTP/2 may be used; needs the extra `http2`.
        ssl_context: The TLS settings; the defaults if None.
        proxy: The URL of a proxy; that of the environment if None.
        transport: The road of every request; None chooses by request.
    """

    def __init__(
        self,
        http2: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        transport: Road | None = None,
    ) -> None:
        self.http2 = http2
        self.ssl_context = ssl_context
        self.proxy = proxy
        self.transport = transport
        self.library = ("httpx2" if http2 else "httpx") if transport in (None, "direct") else transport
        """The library for requests that are not direct: with HTTP/2 the one whose connections threads may share."""
        self.is_default = (http2, ssl_context, proxy, transport) == (False, None, None, None)
        if not self.is_default:
            self._check()

    def _check(self) -> None:
        import ssl
        from importlib.util import find_spec

        if self.transport not in (None, "direct", "httpx", "httpx2"):
            raise InvalidArgumentError(f"transport must be direct, httpx or httpx2; got {self.transport!r}")
        if self.transport == "direct" and (self.http2 or self.proxy is not None):
            raise InvalidArgumentError('transport="direct" speaks HTTP/1.1 and uses no proxy: choose httpx or httpx2')
        if not isinstance(self.ssl_context, ssl.SSLContext | None):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            raise InvalidArgumentError("ssl_context must be an ssl.SSLContext, such as ssl.create_default_context()")
        if self.proxy is not None:
            proxy_at(self.proxy, "proxy")
        if self.http2:
            for package in (self.library, "h2"):
                if find_spec(package) is None:
                    raise InvalidArgumentError(f"http2=True needs the package {package}: install the extra http2")
        elif self.transport == "httpx2" and find_spec("httpx2") is None:
            raise InvalidArgumentError('transport="httpx2" needs the package httpx2: install the extra http2')

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The TLS settings; raises InvalidArgumentError."""
        from .certificates import default_context  # loads OpenSSL

        return self.ssl_context or default_context()

    @cached_property
    def proxies(self) -> Proxies:
        """The proxies, looked up once."""
        return Proxies(self.proxy)

    def settings(self, is_secure: bool) -> dict[str, Any]:
        """Return the arguments of a library's transport, except its limits and its proxy."""
        import ssl

        # Unreadable certificates must not stop requests without TLS: this context trusts no one.
        tls = self.tls if is_secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return {"verify": tls, "http2": self.http2, "socket_options": keep_alive()}


def most() -> dict[str, int]:
    """Return the limits of the number of connections, as the libraries' arguments."""
    return {"max_connections": MAX_CONNECTIONS, "max_keepalive_connections": MAX_KEEPALIVE_CONNECTIONS}


def keep_alive() -> SocketOptions:
    """Return the socket options for TCP keep-alive."""
    # The names differ: Linux has TCP_KEEPIDLE, macOS TCP_KEEPALIVE; Windows has had the former since 2018.
    idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if idle is not None:
        options.append((socket.IPPROTO_TCP, idle, KEEP_ALIVE_IDLE))
    if hasattr(socket, "TCP_KEEPINTVL"):
        options.append((socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL))
    return options
