"""The library road: a client of `httpx` or of `httpx2`, and the httpx objects that the package exposes.

No other module imports either, and this one is loaded only when needed. The names used here are in both: httpx2
continues httpx.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, cast

import httpx

from ..errors import Error, InvalidArgumentError
from ..hints.omitted import Omit
from ..settings.deadline import Deadline
from ..settings.secret import SECRET_PARAMETERS
from .carriers import Carrier, CarrierKey
from .connections import Connections, bases_in_libraries, most
from .event_loops import Awaited, at_once, iterated, to_its_end
from .limits import DEFAULT, Limits
from .messages import HeaderList, Request, Response
from .network_errors import connection_errors
from .proxies import Proxy
from .tunnels import watch
from .uploads import Body, opened

HTTPHeaders = httpx.Headers
HTTPURL = httpx.URL

# At DEBUG hpack logs every header of a request, including the API key.
if (_hpack := logging.getLogger("hpack")).level == logging.NOTSET:
    _hpack.setLevel(logging.INFO)


class _RedactsKey(logging.Filter):
    """Redacts credentials in the URLs that the libraries log, if the description has them in the query."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the key in a record; always returns True."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                _redacted(each) if hasattr(each, "copy_set_param") else each
                for each in cast("tuple[Any, ...]", record.args)
            )
        return True


def _redacted(url: Any) -> Any:
    for name in SECRET_PARAMETERS & set(url.params):
        url = url.copy_set_param(name, "…")
    return url


if SECRET_PARAMETERS:
    for _name in ("httpx", "httpx2"):
        logging.getLogger(_name).addFilter(_RedactsKey())


def make_client(key: CarrierKey, kind: str, connections: Connections) -> Any:
    """Return a library client of our own, of this kind (`Client` or `AsyncClient`).

    Raises InvalidArgumentError if a package is missing, Error if a mock replaces the client.
    """
    try:
        module = import_module(key.library)
        settings = connections.settings(key.is_secure)
        if key.proxy is not None:
            tls = settings["verify"] if key.proxy.is_secure else None
            settings["proxy"] = module.Proxy(key.proxy.url, ssl_context=tls)
        transport = getattr(module, f"{kind.removesuffix('Client')}HTTPTransport")
        carrier = transport(**settings, limits=module.Limits(**most()))
    except ImportError as error:
        raise InvalidArgumentError(f"{key.library} cannot do this here: {error}") from error
    client = getattr(module, kind)(
        transport=carrier, timeout=module.Timeout(**DEFAULT.seconds()), follow_redirects=False, trust_env=False
    )
    _library_of(client)
    return client


# ---- requests


class _Timeouts(dict[str, Any]):
    """The timeouts of a request, which the library looks up at each phase, so that none exceeds the deadline."""

    def __init__(self, limits: Limits, deadline: Deadline) -> None:
        super().__init__(limits.seconds())
        self._deadline = deadline

    def get(self, key: str, default: Any = None) -> Any:
        # Never 0, which makes sockets non-blocking.
        seconds, left = super().get(key, default), max(self._deadline.remaining, 0.001)
        return left if seconds is None else min(seconds, left)


@cache
def _streamed(library: str) -> type[Any]:
    """Return the class of request streams for a library."""
    module = import_module(library)

    class Streamed(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc,name-defined]  # a class of either library
        """A body that can be sent any number of times."""

        def __init__(self, body: Body) -> None:  # pyright: ignore[reportMissingSuperCall]  # its bases have no __init__
            self._body = body

        def __iter__(self) -> Iterator[bytes]:
            return iter(self._body)

        def __aiter__(self) -> AsyncIterator[bytes]:
            return aiter(self._body)

    return Streamed


def _library_of(value: object) -> str:
    """Return the library of a client or a response; raises Error if a mock made it."""
    if not (bases := bases_in_libraries(value)):
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        raise Error(f"{name} stands where a client or a response of httpx or httpx2 should be: a mock must return such")
    return bases[0][0]


@lru_cache
def _parsed(library: str, url: str) -> Any:
    return import_module(library).URL(url)


def _prepared(carrier: Carrier, request: Request, body: bytes | Body | None, limits: Limits, trace: Any) -> Any:
    """Build the request."""
    client = carrier.client
    # An application's client adds its own settings; ours has none, and merging takes long.
    build = client.build_request if carrier.is_given else import_module(carrier.library).Request
    streamed = _streamed(carrier.library)(body) if isinstance(body, Body) else None
    length = [(b"content-length", str(len(body)).encode())] if isinstance(body, Body) else []
    timeouts = limits.seconds() if limits.deadline is None else _Timeouts(limits, limits.deadline)
    prepared = build(
        request.method,
        request.with_secrets(request.url) if request.secret_query else _parsed(carrier.library, request.url),
        content=body if streamed is None else streamed,
        extensions={"timeout": timeouts} if trace is None else {"timeout": timeouts, "trace": trace},
        headers=[*length, *request.wire_headers()],
    )
    for name, value in request.headers.items():
        if isinstance(value, Omit):
            prepared.headers.pop(name, None)  # the library has defaults of its own
    if streamed is not None:
        prepared.stream = streamed  # the library would treat it as readable only once
    return prepared


async def send(carrier: Carrier, request: Request, limits: Limits, proxy: Proxy | None, *, awaits: bool) -> Response:
    """Send a request by a carrier that was entered, and return its response once the headers are received.

    Raises APIConnectionError, which names the proxy.
    """
    client = carrier.client
    try:
        with connection_errors(request, proxy), ExitStack() as files:
            body = await opened(request.content, files, request.deadline, awaits=awaits)
            trace = watch(limits, proxy, request.url, awaits=awaits)
            prepared = _prepared(carrier, request, body, limits, trace)
            http = client.send(prepared, stream=True, follow_redirects=False)
            return _LibraryResponse(await http if awaits else http, request, carrier, awaits=awaits)
    except BaseException:
        if carrier.leave(is_whole=False):
            await to_its_end(client.aclose()) if awaits else client.close()
        raise


# ---- responses


class _LibraryResponse(Response):
    """A response of the library."""

    loses_steps = True

    def __init__(self, http: httpx.Response, request: Request, carrier: Carrier, *, awaits: bool) -> None:
        library = _library_of(http)
        super().__init__(request, http.status_code, http.reason_phrase, http.http_version, http.headers.raw)
        self._http = http
        self._awaits = awaits
        # By an event hook of the application, or by a mock, which counts no bytes.
        self._was_read = http.is_stream_consumed
        self._lost_coding = self._was_read and "content-encoding" in self.headers and http.num_bytes_downloaded > 0
        if library == "httpx":  # exposed as an httpx response, whichever library has sent it
            self.http = http
        self._client = carrier.client
        self._thread = threading.get_ident()
        self._carrier: Carrier | None = carrier
        carrier.began(self, http.extensions.get("network_stream"))

    @property
    def bytes_downloaded(self) -> int:
        return self._http.num_bytes_downloaded

    @property
    def is_closed(self) -> bool:
        return self._http.is_closed

    @property
    def elapsed(self) -> timedelta | None:
        try:
            return self._http.elapsed
        except RuntimeError:  # not ended yet
            return None

    def raw(self) -> AsyncIterator[bytes]:
        return self._http.aiter_raw() if self._awaits else Awaited(self._http.iter_raw())

    def chunks(self) -> AsyncIterator[bytes]:
        if not self._was_read:
            return super().chunks()
        return self._http.aiter_bytes() if self._awaits else Awaited(self._http.iter_bytes())

    def doubt(self) -> str | None:
        if not self._lost_coding:
            return super().doubt()
        coding = self.headers["content-encoding"]
        return f"an event hook read it, and httpx tells no {coding} that was cut from all of it"

    def _leave(self) -> bool:
        """Record that the response is over; returns whether its carrier must be closed."""
        carrier, self._carrier = self._carrier, None
        return carrier is not None and carrier.leave(is_whole=self._http.is_closed)

    async def close(self) -> None:
        client = self._client
        if not (self._awaits or self._http.is_closed or threading.get_ident() == self._thread):
            self._wake_reader()
        is_last = self._leave()
        await self._http.aclose() if self._awaits else self._http.close()
        if is_last:
            await client.aclose() if self._awaits else client.close()

    def _wake_reader(self) -> None:
        """Wake a thread that waits for more of the body: closing a socket does not."""
        stream = self._http.extensions.get("network_stream")
        sock = None if stream is None else stream.get_extra_info("socket")
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


# ---- objects of httpx


def request_of(method: str, url: str, headers: HeaderList, content: bytes | None) -> httpx.Request | None:
    """Return the httpx.Request; None if httpx rejects the URL."""
    try:
        return httpx.Request(method, url, headers=list(headers), content=content)
    except httpx.InvalidURL:
        return None


def response_of(
    status_code: int,
    headers: HeaderList,
    content: bytes,
    request: Callable[[], httpx.Request | None],
    reason: str,
    http_version: str,
    elapsed: timedelta | None,
) -> httpx.Response:
    """Return the httpx.Response, its body read."""
    extensions = _extensions(http_version, reason)
    made = httpx.Response(status_code, headers=list(headers), content=content, request=request(), extensions=extensions)
    if elapsed is not None:
        made.elapsed = elapsed
    return made


def live_response(response: Response) -> httpx.Response:
    """Return the httpx.Response, its body still to be read."""
    live = httpx.Response(
        response.status_code,
        headers=list(response.raw_headers),
        stream=_Live(response),
        request=response.request.shown()(),
        extensions=_extensions(response.http_version, response.reason),
    )
    live.is_closed = response.is_closed
    return live


def _extensions(http_version: str, reason: str) -> dict[str, Any]:
    return {"http_version": http_version.encode(), "reason_phrase": reason.encode("ascii", "replace")}


class _Live(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a response as a stream of httpx."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return iterated(self._response.raw())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._response.raw()

    def close(self) -> None:
        at_once(self._response.close())

    async def aclose(self) -> None:
        await self._response.close()
