"""How a client's own connections are made: TLS, HTTP/2, proxies, TCP keep-alive."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import operator
import os
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

import httpcore
import httpx

from ..errors import Error, InvalidArgumentError
from ..omit import NotGiven
from .certificates import default_context
from .direct import asynchronous, sync
from .direct.sync import SocketOptions
from .pools import AsyncTransport, Transport
from .proxies import Proxies, Proxy, proxy_at
from .turns import TurnTakingSocket

if TYPE_CHECKING:
    from . import Request

ClientT = TypeVar("ClientT", bound="httpx.Client | httpx.AsyncClient")
MadeT = TypeVar("MadeT", covariant=True)
PoolT = TypeVar("PoolT", bound="sync.ConnectionPool | asynchronous.ConnectionPool")

Timeout = httpx.Timeout
DEFAULT_TIMEOUT = Timeout(60, connect=5.0)
"""Seconds: 5 to connect, 60 for each read, each write and for a free connection."""

DEFAULT_CONNECTION_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


def timeout_of(client: httpx.Client | httpx.AsyncClient) -> Timeout:
    """Return the timeout of a client; the default of httpx, which is too short for long bodies, counts as none set."""
    return DEFAULT_TIMEOUT if client.timeout == Timeout(5.0) else client.timeout


logger = logging.getLogger(__name__.partition(".transport")[0])

KEEP_ALIVE_IDLE = 60
"""Seconds without traffic after which TCP asks whether the other side is still there."""

KEEP_ALIVE_INTERVAL = 15
"""Seconds between two such questions."""


@dataclass(frozen=True, slots=True)
class Way:
    """What tells the clients of the library apart.

    Args:
        proxy: The proxy, if any.
        is_secure: Whether TLS is spoken.
        is_plain: Whether nothing of the library is replaced.
    """

    proxy: Proxy | None
    is_secure: bool
    is_plain: bool

    def address(self, tls: ssl.SSLContext) -> httpx.Proxy | None:
        """Return the proxy as httpx has it."""
        if self.proxy is None:
            return None
        return httpx.Proxy(self.proxy.url, ssl_context=tls if self.proxy.is_secure else None)


@dataclass(frozen=True, slots=True)
class Connections:
    """How a client's own connections are made.

    Args:
        http2: Whether HTTP/2 may be used; needs the extra `http2`.
        ssl_context: The TLS settings; the default ones if None.
        proxy: The URL of a proxy; the environment's if None.
    """

    http2: bool = False
    ssl_context: ssl.SSLContext | None = None
    proxy: str | None = field(default=None, repr=False)  # it may hold a password

    def __post_init__(self) -> None:
        if self.http2 and importlib.util.find_spec("h2") is None:
            raise InvalidArgumentError("http2=True needs the package h2: install the extra http2")
        if not isinstance(self.ssl_context, ssl.SSLContext | None):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            raise InvalidArgumentError("ssl_context must be an ssl.SSLContext, such as ssl.create_default_context()")
        if self.proxy is not None:
            proxy_at(self.proxy, "proxy")

    def client(self, way: Way) -> httpx.Client:
        """Return a client for synchronous calls."""
        return httpx.Client(**(self._plain(way) if way.is_plain else self._arguments(way, Transport)))

    def async_client(self, way: Way) -> httpx.AsyncClient:
        """Return a client for asynchronous calls."""
        return httpx.AsyncClient(**(self._plain(way) if way.is_plain else self._arguments(way, AsyncTransport)))

    def _tls(self, way: Way) -> ssl.SSLContext:
        # What needs no TLS is not stopped by certificates that cannot be read: such a context trusts nobody.
        return self.ssl_context or (default_context() if way.is_secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def _plain(self, way: Way) -> dict[str, Any]:
        tls = self._tls(way)
        return {
            "verify": tls,
            "http2": self.http2,
            "proxy": way.address(tls),
            "trust_env": False,
            "timeout": DEFAULT_TIMEOUT,
            "limits": DEFAULT_CONNECTION_LIMITS,
            "follow_redirects": False,
        }

    def _arguments(self, way: Way, transport: type[Transport | AsyncTransport]) -> dict[str, Any]:
        tls = self._tls(way)
        address = way.address(tls)
        return {
            "transport": transport(
                ssl_context=tls,
                http2=self.http2,
                max_connections=DEFAULT_CONNECTION_LIMITS.max_connections,
                max_keepalive_connections=DEFAULT_CONNECTION_LIMITS.max_keepalive_connections,
                keepalive_expiry=DEFAULT_CONNECTION_LIMITS.keepalive_expiry,
                socket_options=_keep_alive(),
                proxy=None
                if address is None
                else httpcore.Proxy(str(address.url), address.raw_auth, ssl_context=address.ssl_context),
            ),
            "trust_env": False,
            "timeout": DEFAULT_TIMEOUT,
            "follow_redirects": False,
        }


def _keep_alive() -> list[tuple[int, int, int]]:
    # The names differ: Linux has TCP_KEEPIDLE, macOS TCP_KEEPALIVE; Windows has had the former since 2018.
    idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if idle is not None:
        options.append((socket.IPPROTO_TCP, idle, KEEP_ALIVE_IDLE))
    if hasattr(socket, "TCP_KEEPINTVL"):
        options.append((socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL))
    return options


class _OverHTTP1(ssl.SSLContext):
    """Another context, for connections that must not become HTTP/2, whatever was said to it for others.

    HTTP libraries set the protocols of a context anew before each connection, since they cannot be set on one alone.
    """

    def __new__(cls, inner: ssl.SSLContext) -> _OverHTTP1:  # noqa: ARG004  # __init__ takes it
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, inner: ssl.SSLContext) -> None:
        self._inner = inner

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        self._inner.set_alpn_protocols(["http/1.1"])
        sock = self._inner.wrap_socket(*args, **kwargs)
        if not isinstance(sock, TurnTakingSocket):
            # As any other, until it is told to take turns. Not by `sslsocket_class`: the context is the application's,
            # and some have a class of their own, as that of `truststore`.
            kind = type(sock)
            is_plain = kind is ssl.SSLSocket
            sock.__class__ = TurnTakingSocket if is_plain else type(kind.__name__, (TurnTakingSocket, kind), {})
        return sock

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        self._inner.set_alpn_protocols(["http/1.1"])
        return self._inner.wrap_bio(*args, **kwargs)


class _Watch:
    """Whether a mock, a recorder or a tracer has put itself in the way of the library's requests, and must see them.

    It need not be known: what is found in place of the library's own functions has its code elsewhere.
    """

    _KINDS: tuple[type, ...] = (
        httpx.Client,
        httpx.AsyncClient,
        httpx.HTTPTransport,
        httpx.AsyncHTTPTransport,
        httpcore.ConnectionPool,
        httpcore.AsyncConnectionPool,
    )
    _FOLDERS = (
        # With the separator: `httpx_mock` beside `httpx` is another package.
        *(str(Path(module.__file__ or "").parent) + os.sep for module in (httpx, httpcore)),
        contextlib.__file__,  # whose decorator makes `stream` a context manager
    )

    def __init__(self) -> None:
        self._seen: list[object] = []
        self._is_wrapped = False

    def is_wrapped(self) -> bool:
        """Look whether they are what they were at the last call, and only then at each of them."""
        now = [member for kind in self._KINDS for member in vars(kind).values()]
        # By identity: what wraps a function may say that it is equal to it.
        if not all(map(operator.is_, now, self._seen)) or len(now) != len(self._seen):
            self._seen, self._is_wrapped = now, not all(map(self._is_own, now))
        return self._is_wrapped

    def _is_own(self, member: object) -> bool:
        if type(member) is FunctionType:  # what wraps one may say that it is an instance
            return member.__code__.co_filename.startswith(self._FOLDERS)
        return not callable(member)


_watch = _Watch()


@runtime_checkable
class _Makes(Protocol[MadeT]):
    def __call__(self, way: Way) -> MadeT: ...


class SharedClient(Generic[ClientT, PoolT]):
    """The connections behind one or more of our clients, made at the first call: those of each road.

    Args:
        given: A client of the application's own, used as it is.
        make: Makes one if none was given.
        connections: How connections that are not HTTP's are made.
        pool: Makes the connections of the direct road.
    """

    def __init__(
        self,
        given: ClientT | None,
        make: _Makes[ClientT],
        connections: Connections,
        pool: Callable[[SocketOptions, Callable[[], ssl.SSLContext]], PoolT],
    ) -> None:
        self._given = given
        self._made: dict[Way, ClientT] = {}
        self._make = make
        self.connections = connections
        self._make_pool = pool
        self.pool = pool(_keep_alive(), lambda: self.direct_tls)
        self._lock = threading.Lock()
        self._process = os.getpid()
        self.is_closed = False

    def is_direct(self, request: Request, *, is_asyncio: bool = True) -> bool:
        """Whether a request goes straight to its origin, and not by the library; the log says why not.

        Args:
            request: The request.
            is_asyncio: False for one that is awaited in an event loop of another kind.
        """
        reasons = {
            "the event loop is not asyncio's": not is_asyncio,
            "an http_client was given": self._given is not None,
            "http2=True was given": self.connections.http2,
            "there is a proxy": self._given is None and self.proxy_of(request.url) is not None,
            "the library was wrapped": _watch.is_wrapped(),
        }
        reason = next((reason for reason, holds in reasons.items() if holds), None)
        logger.debug("%s: %s", request.line, "direct" if reason is None else f"by httpx, since {reason}")
        return reason is None

    def another(self) -> SharedClient[ClientT, PoolT]:
        """Return one with connections of its own; a client of the application's own stays the same."""
        return SharedClient(self._given, self._make, self.connections, self._make_pool)

    def http(self, request: Request, *, is_asyncio: bool = True) -> ClientT:
        """Return the HTTP client for a request, which others see if they are in the way; raises Error after `close`."""
        self._leave_to_parent()
        with self._lock:
            self.check_open()
            if self._given is not None:
                return self._given
            proxy = self.proxy_of(request.url)
            is_secure = request.url.startswith("https:") or (proxy is not None and proxy.is_secure)
            way = Way(proxy, is_secure, is_plain=_watch.is_wrapped() or not is_asyncio)
            if way not in self._made:
                self._made[way] = self._make(way)
            return self._made[way]

    def check_open(self) -> None:
        """Raise Error after `close`."""
        if self.is_closed or (self._given is not None and self._given.is_closed):
            raise Error("this client was closed; make a new one")

    @property
    def timeout(self) -> Timeout:
        """The timeout that holds when none was set."""
        return DEFAULT_TIMEOUT if self._given is None else timeout_of(self._given)

    @cached_property
    def _proxies(self) -> Proxies:
        return Proxies(self.connections.proxy)

    def proxy_of(self, url: str) -> Proxy | None:
        """Return the proxy of a call or a session, None if there is to be none; raises InvalidArgumentError."""
        return self._proxies.of(url)

    def timeout_for(self, request: Request) -> Timeout:
        """Return the timeout of a request."""
        return self.timeout if isinstance(request.timeout, NotGiven) else Timeout(request.timeout)

    @cached_property
    def direct_tls(self) -> ssl.SSLContext:
        """The TLS settings of the direct road."""
        return self.connections.ssl_context or default_context()

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The TLS settings of connections that speak HTTP/1.1 alone."""
        return _OverHTTP1(self.connections.ssl_context or default_context())

    def end(self) -> list[ClientT]:
        """Close the connections of the direct road, and return what else is to be closed."""
        self._leave_to_parent()
        self.pool.close()
        with self._lock:  # so that no first call makes one meanwhile
            self.is_closed = True
            return [*([] if self._given is None else [self._given]), *self._made.values()]

    def _leave_to_parent(self) -> None:
        # A forked child must not use its parent's connections, nor wait for a lock that a thread held there.
        if self._process != os.getpid():
            self._process, self._lock = os.getpid(), threading.Lock()
            self._made = {}
