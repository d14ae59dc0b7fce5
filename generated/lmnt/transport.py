"""The one place that touches httpx: requests out, responses in, and httpx's exceptions turned into errors of ours."""

from __future__ import annotations

import importlib.util
import logging
import socket
import ssl
import threading
import urllib.request
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx

from .errors import (
    APIConnectionError,
    APIStreamError,
    APITimeoutError,
    Error,
    InvalidArgumentError,
    StreamResetError,
    StreamTimeoutError,
    StreamTruncatedError,
)
from .files import Upload
from .omit import NotGiven
from .options import Secret

__all__ = ["DEFAULT_CONNECTION_LIMITS", "DEFAULT_TIMEOUT", "Timeout"]

ClientT = TypeVar("ClientT", bound="httpx.Client | httpx.AsyncClient")

Timeout = httpx.Timeout
DEFAULT_TIMEOUT = Timeout(60.0, connect=5.0)
"""Seconds: 5 to connect, 60 for each read, each write and for a free connection."""

HTTPClient = httpx.Client
AsyncHTTPClient = httpx.AsyncClient
HTTPHeaders = httpx.Headers
HTTPRequest = httpx.Request
HTTPResponse = httpx.Response

DEFAULT_CONNECTION_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)

# At DEBUG hpack writes every header of a request to its log, the API key among them.
if (_hpack := logging.getLogger("hpack")).level == logging.NOTSET:
    _hpack.setLevel(logging.INFO)

KEEP_ALIVE_IDLE = 60
"""Seconds without traffic after which TCP asks whether the other side is still there."""

KEEP_ALIVE_INTERVAL = 15


@dataclass(frozen=True, slots=True)
class Request:
    """What goes on the wire, body encoded, secrets still covered."""

    method: str
    url: str
    headers: Mapping[str, str | Secret]
    content: bytes | None = None
    parts: Sequence[tuple[str, str | Upload]] | None = None
    timeout: float | Timeout | NotGiven | None = None

    @property
    def line(self) -> str:
        """The method and the URL without its query, for people."""
        return f"{self.method} {self.url.partition('?')[0]}"


class Response:
    """A response whose headers are here and whose body may still be on its way."""

    def __init__(self, http: httpx.Response, request: Request) -> None:
        self.http = http
        self.request = request
        self.status_code = http.status_code
        self.headers = {name.lower(): value for name, value in http.headers.items()}

    @property
    def is_framed(self) -> bool:
        """Whether the end of the body differs from a lost connection (RFC 9112 section 6.3, RFC 9113 section 8.1)."""
        return (
            not self.http.http_version.startswith("HTTP/1")
            or "content-length" in self.headers
            or "chunked" in self.headers.get("transfer-encoding", "").lower()
        )

    @property
    def elapsed(self) -> timedelta:
        """The time from sending the request to the end of the response; raises RuntimeError before that end."""
        return self.http.elapsed

    @property
    def encoding(self) -> str:
        """The character set that the response names; UTF-8 if it names none, or none that Python can read."""
        named = self.http.charset_encoding or "utf-8"
        try:
            b" ".decode(named, errors="replace")
        except (LookupError, ValueError):
            return "utf-8"
        return named

    def text(self, content: bytes) -> str:
        """Return the body as text."""
        return content.decode(self.encoding, errors="replace")

    def chunks(self) -> Iterator[bytes]:
        """Return the pieces of the body as they come, content coding undone."""
        return self.http.iter_bytes()

    def achunks(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body as they come, content coding undone."""
        return self.http.aiter_bytes()

    def close(self) -> None:
        """Free the connection."""
        self.http.close()

    async def aclose(self) -> None:
        """Free the connection."""
        await self.http.aclose()


@contextmanager
def _prepared(client: httpx.Client | httpx.AsyncClient, request: Request) -> Generator[httpx.Request]:
    """Build the request; its files stay open while it is sent."""
    with ExitStack() as files:
        yield client.build_request(
            request.method,
            request.url,
            content=request.content,
            files=None if request.parts is None else [(name, _part(part, files)) for name, part in request.parts],
            timeout=httpx.USE_CLIENT_DEFAULT if isinstance(request.timeout, NotGiven) else request.timeout,
            headers=[
                (name, value.reveal() if isinstance(value, Secret) else value)
                for name, value in request.headers.items()
            ],
        )


def _part(part: str | Upload, files: ExitStack) -> tuple[Any, ...]:
    if isinstance(part, str):
        return (None, part.encode())
    content = part.content
    if isinstance(content, Path):
        try:
            content = files.enter_context(content.open("rb"))
        except OSError as error:
            raise InvalidArgumentError(f"cannot read {content}: {error.strerror}") from error
    return (part.name, content, part.media_type, part.headers)


@contextmanager
def connection_errors(request: Request) -> Generator[None]:
    """Turn what httpx raises before there is a response into an APIConnectionError.

    Its `retry_safe` is True when nothing can have reached the server, else None.
    """
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        kind: type[APIConnectionError] = APIConnectionError
        if isinstance(error, httpx.TimeoutException):
            kind = APITimeoutError
        unsent = isinstance(error, _UNSENT) or _refused(error)
        message = f"{request.line}: {_connection_sentence(error, request)}"
        raise kind(message, retry_safe=True if unsent else None) from error


_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _http2_event(error: BaseException) -> Any:
    """Return the h2 event that httpcore passes as the argument of its exception, or None."""
    for each in _chain(error):
        for argument in each.args:
            if hasattr(argument, "error_code"):
                return argument
    return None


REFUSED_STREAM = 7
"""RFC 9113 section 7: the server did nothing with the request."""


def _refused(error: BaseException) -> bool:
    event = _http2_event(error)
    return event is not None and getattr(event, "error_code", None) == REFUSED_STREAM


def _connection_sentence(error: Exception, request: Request) -> str:
    host = httpx.URL(request.url).host if not isinstance(error, httpx.InvalidURL) else request.url
    causes = list(_chain(error))
    for kind, sentence in (
        (socket.gaierror, f"the host {host} is not known to the name service"),
        (ConnectionRefusedError, f"{host} refuses the connection; is the server running?"),
        (ssl.SSLError, f"TLS with {host} failed"),
    ):
        for cause in causes:
            if isinstance(cause, kind):
                return f"{sentence} ({cause})"
    for step, sentence in (
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.PoolTimeout, "no connection became free in time"),
        (httpx.WriteTimeout, "the request could not be sent in time"),
        (httpx.ReadTimeout, "no response in time"),
        (httpx.ConnectError, "no connection"),
        (httpx.TransportError, "the connection was lost before the response"),
    ):
        if isinstance(error, step):
            return f"{sentence} ({error})" if str(error) else sentence
    return str(error)


class BodyFailure(Exception):  # noqa: N818  # it never leaves the package; the guard turns it into an error
    """What ended a body before its end."""

    def __init__(self, kind: type[APIStreamError], reason: str, error_code: int | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.error_code = error_code


@contextmanager
def body_failures() -> Generator[None]:
    """Turn what is raised while a body is read into a BodyFailure: httpx lets some exceptions of h2 through."""
    try:
        yield
    except Exception as error:
        raise _body_failure(error) from error


def _body_failure(error: Exception) -> BodyFailure:
    event = _http2_event(error)
    if event is not None:
        code = int(event.error_code)
        name = getattr(event.error_code, "name", str(code))
        return BodyFailure(StreamResetError, f"HTTP/2 {type(event).__name__} with {name}", code)
    if isinstance(error, httpx.TimeoutException):
        return BodyFailure(StreamTimeoutError, "no data within the read timeout")
    if isinstance(error, httpx.DecodingError):
        return BodyFailure(StreamTruncatedError, f"the content coding is broken ({error})")
    if any(isinstance(each, ConnectionResetError | BrokenPipeError) for each in _chain(error)):
        return BodyFailure(StreamResetError, "the connection was reset")
    return BodyFailure(StreamTruncatedError, str(error) or "the connection was lost")


def _keep_alive() -> list[tuple[int, int, int]]:
    # The names differ: Linux has TCP_KEEPIDLE, macOS TCP_KEEPALIVE; Windows has had the former since 2018.
    idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", None))
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if idle is not None:
        options.append((socket.IPPROTO_TCP, idle, KEEP_ALIVE_IDLE))
    if hasattr(socket, "TCP_KEEPINTVL"):
        options.append((socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL))
    return options


def _proxies_of_environment() -> dict[str, str | None]:
    """Return the proxy for each pattern of URLs, as httpx has patterns; None where there is to be none."""
    found = urllib.request.getproxies()
    direct = [host for host in map(str.strip, found.get("no", "").split(",")) if host]
    proxies: dict[str, str | None] = {}
    for scheme in ("http", "https", "all"):
        if scheme in found and "*" not in direct:
            proxies[f"{scheme}://"] = found[scheme] if "://" in found[scheme] else f"http://{found[scheme]}"
    for host in direct if proxies else ():
        if "://" in host:
            proxies[host] = None
        elif host.count(":") > 1:
            proxies[f"all://[{host.strip('[]')}]"] = None
        else:
            proxies[f"all://*{host.lstrip('*')}"] = None
    return proxies


@dataclass(frozen=True, slots=True)
class Connections:
    """How a client's own connections are made.

    Args:
        http2: Whether HTTP/2 may be used; needs the extra `http2`.
        ssl_context: The TLS settings; those of httpx if None.
        proxy: The URL of a proxy; if None, the environment's (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY).
    """

    http2: bool = False
    ssl_context: ssl.SSLContext | None = None
    proxy: str | None = None

    def __post_init__(self) -> None:
        if self.http2 and importlib.util.find_spec("h2") is None:
            raise InvalidArgumentError("http2=True needs the package h2: install the extra http2")

    def client(self) -> httpx.Client:
        """Return a client for synchronous calls."""
        return httpx.Client(**self._arguments(httpx.HTTPTransport))

    def async_client(self) -> httpx.AsyncClient:
        """Return a client for asynchronous calls."""
        return httpx.AsyncClient(**self._arguments(httpx.AsyncHTTPTransport))

    def _arguments(self, transport: Any) -> dict[str, Any]:
        context = self.ssl_context or httpx.create_ssl_context()

        def through(proxy: str | None) -> Any:
            try:
                return transport(
                    verify=context,
                    http2=self.http2,
                    limits=DEFAULT_CONNECTION_LIMITS,
                    socket_options=_keep_alive(),
                    proxy=proxy,
                )
            except (ImportError, ValueError, httpx.InvalidURL) as error:
                raise InvalidArgumentError(f"proxy: {error}") from error

        proxies = _proxies_of_environment() if self.proxy is None else {}
        return {
            "transport": through(self.proxy),
            "mounts": {pattern: through(proxy) for pattern, proxy in proxies.items()},
            "timeout": DEFAULT_TIMEOUT,
            "follow_redirects": False,
        }


class Pool(Generic[ClientT]):
    """The HTTP client behind one or more of our clients, made at the first call.

    Args:
        given: A client of the application's own, used as it is.
        make: Makes one if none was given.
    """

    def __init__(self, given: ClientT | None, make: Callable[[], ClientT]) -> None:
        self._http = given
        self._make = make
        self._lock = threading.Lock()
        self.is_closed = False

    def http(self) -> ClientT:
        """Return the HTTP client; raises Error after `close`."""
        with self._lock:
            if self.is_closed or (self._http is not None and self._http.is_closed):
                raise Error("this client was closed; make a new one")
            if self._http is None:
                self._http = self._make()
            return self._http

    def end(self) -> ClientT | None:
        """Mark the pool as closed and return what is to be closed."""
        self.is_closed = True
        return self._http


def send(client: httpx.Client, request: Request) -> Response:
    """Send a request and wait for the headers of its response; raises APIConnectionError."""
    with connection_errors(request), _prepared(client, request) as prepared:
        return Response(client.send(prepared, stream=True, follow_redirects=False), request)


async def asend(client: httpx.AsyncClient, request: Request) -> Response:
    """Send a request and wait for the headers of its response; raises APIConnectionError."""
    with connection_errors(request), _prepared(client, request) as prepared:
        return Response(await client.send(prepared, stream=True, follow_redirects=False), request)
