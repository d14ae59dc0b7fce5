"""What lies between httpx and the sockets, once waiting and once awaiting.

Public parts of httpcore alone: streams that end with the deadline of a call and watch the frames of HTTP/2 (see
`http2`), and a pool of connections that share them safely (see `pooled`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar, cast

import httpcore
import httpx

from ..deadline import left_of
from ..shielding import to_its_end
from .addresses import first_that_answers
from .http2 import FRAME_WATCH, FrameWatch
from .pooled import AsyncPooledConnection, PooledConnection

T = TypeVar("T")

_ANSWERED = "the server answered before the end of the request"  # httpcore reads the answer then

LONG_WRITE = 1 << 14
"""Bytes; what is longer is a part of an upload, during which the server may answer already."""

MOST_READ = 1 << 16
"""Bytes of an answer that are read at once."""

GLANCE = 0.01
"""Seconds that something which has come may take to be read."""

PROXY: Final = "proxy"
"""The extension of a request in which the transport that carries it leaves the host of its proxy, None without one."""


@contextmanager
def _as_httpx() -> Generator[None]:
    """Give the exceptions of httpcore the names that httpx has for them."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def _core_request(request: httpx.Request, proxy: httpcore.Proxy | None) -> httpcore.Request:
    url = request.url
    request.extensions[PROXY] = proxy and proxy.url.host.decode()
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _watch_of(stream: httpcore.NetworkStream | httpcore.AsyncNetworkStream) -> FrameWatch | None:
    tls = stream.get_extra_info("ssl_object")
    return FrameWatch() if tls is not None and tls.selected_alpn_protocol() == "h2" else None


class Transport(httpx.BaseTransport):
    """Carries httpx's requests over a pool; takes the settings of httpcore's."""

    def __init__(self, *, proxy: httpcore.Proxy | None, **settings: Any) -> None:
        self._proxy = proxy
        self._pool = _Pool(network_backend=_Backend(), proxy=proxy, **settings)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, the body still to come."""
        with _as_httpx():
            response = self._pool.handle_request(_core_request(request, self._proxy))
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=_extensions(response),
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """Carries httpx's requests over a pool; takes the settings of httpcore's."""

    def __init__(self, *, proxy: httpcore.Proxy | None, **settings: Any) -> None:
        self._proxy = proxy
        self._pool = _AsyncPool(network_backend=_AsyncBackend(), proxy=proxy, **settings)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, the body still to come."""
        with _as_httpx():
            response = await self._pool.handle_async_request(_core_request(request, self._proxy))
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_AsyncBody(response),
            extensions=_extensions(response),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from cast("Iterable[bytes]", self._response.stream)

    def close(self) -> None:
        _abandon(self._response)
        self._response.close()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for chunk in cast("AsyncIterable[bytes]", self._response.stream):
                yield chunk

    async def aclose(self) -> None:
        _abandon(self._response)
        await to_its_end(self._response.aclose())  # else the pool would count a connection that nobody has


def _begun(step: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
    """Begin a step whose outcome may be of no interest in the end."""
    task = asyncio.ensure_future(step)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _abandon(response: httpcore.Response) -> None:
    extensions = _extensions(response)
    watch = extensions["network_stream"].get_extra_info(FRAME_WATCH)
    if isinstance(watch, FrameWatch):
        watch.abandon(extensions["stream_id"])


class _Pool(httpcore.ConnectionPool):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        inner = PooledConnection(super().create_connection(origin))
        return cast("httpcore.ConnectionInterface", cast("object", inner))

    def close(self) -> None:
        connections = self.connections
        super().close()
        for connection in connections:
            cast("PooledConnection", cast("object", connection)).end()


class _AsyncPool(httpcore.AsyncConnectionPool):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        inner = AsyncPooledConnection(super().create_connection(origin))
        return cast("httpcore.AsyncConnectionInterface", cast("object", inner))

    async def aclose(self) -> None:
        connections = self.connections
        await super().aclose()
        for connection in connections:
            await cast("AsyncPooledConnection", cast("object", connection)).end()


def _extensions(response: httpcore.Response) -> dict[str, Any]:
    return cast("dict[str, Any]", response.extensions)


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        def connect(address: str, left: float | None) -> httpcore.NetworkStream:
            return self._inner.connect_tcp(address, port, left, local_address, socket_options)

        try:
            return _Stream(first_that_answers(host, port, timeout, connect))
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self) -> None:
        self._inner: Any = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection's bytes; none of its steps goes past the deadline of the call that takes it."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._watch = _watch_of(inner)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._watch is None:
            return self._inner.read(max_bytes, left_of(timeout))
        while not (seen := self._watch.take()):
            received = self._inner.read(max_bytes, left_of(timeout))
            if not received:
                return b""
            self._watch.received(received)
        return seen

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._watch is None:
            try:
                self._inner.write(buffer, left_of(timeout))
            except httpcore.WriteTimeout as error:
                if self._inner.get_extra_info("is_readable"):
                    raise httpcore.WriteError(_ANSWERED) from error
                raise
            return
        self._inner.write(self._watch.to_send(buffer), left_of(timeout))
        self._watch.sent(buffer)

    def close(self) -> None:
        # To close a socket does not wake another thread that waits for it. Not the method of an SSLSocket, which would
        # take TLS from under that thread.
        if (sock := self._inner.get_extra_info("socket")) is not None:
            with suppress(OSError):  # the other side was first
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._watch if info == FRAME_WATCH else self._inner.get_extra_info(info)


class _AsyncStream(httpcore.AsyncNetworkStream):
    """A connection's bytes; none of its steps goes past the deadline of the call that takes it."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._watch = _watch_of(inner)
        self._early: asyncio.Future[bytes] | None = None
        self._writes = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._writes = 0
        if self._early is not None:
            return await self._read_early(left_of(timeout))
        if self._watch is None:
            return await self._inner.read(max_bytes, left_of(timeout))
        while not (seen := self._watch.take()):
            received = await self._inner.read(max_bytes, left_of(timeout))
            if not received:
                return b""
            self._watch.received(received)
        return seen

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._watch is None:
            self._writes += bool(buffer)
            # The head of a request and a short body are two.
            is_long = self._writes > 2 or len(buffer) > LONG_WRITE
            await (self._write_and_listen if is_long else self._inner.write)(buffer, left_of(timeout))
            return
        await self._inner.write(self._watch.to_send(buffer), left_of(timeout))
        self._watch.sent(buffer)

    async def _write_and_listen(self, buffer: bytes, timeout: float | None) -> None:
        """Write a part of a long request of HTTP/1.1, and stop when the server answers before its end.

        An event loop drops what has come on a connection when it can write no more on it: the answer would be lost.
        """
        if self._early is None:
            self._early = _begun(self._inner.read(MOST_READ))
        if self._inner.get_extra_info("is_readable"):  # over TLS that may be no answer, but a session ticket
            await asyncio.wait({self._early}, timeout=GLANCE)
        if not self._early.done():
            writing = _begun(self._inner.write(buffer, timeout))
            both: set[asyncio.Future[Any]] = {writing, self._early}
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                writing.cancel()
            if writing.done():
                writing.result()
        if self._early.done():
            raise httpcore.WriteError(_ANSWERED)

    async def _read_early(self, timeout: float | None) -> bytes:
        """Return what has come, or will, to what `_write_and_listen` began to read."""
        assert self._early is not None
        try:
            await asyncio.wait({self._early}, timeout=timeout)
            if not self._early.done():
                raise httpcore.ReadTimeout
            return self._early.result()
        finally:
            self._early.cancel()
            self._early = None

    async def aclose(self) -> None:
        if self._early is not None:
            self._early.cancel()
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._watch if info == FRAME_WATCH else self._inner.get_extra_info(info)
