"""What lies between httpx and the sockets, once waiting and once awaiting.

Public parts of httpcore alone: a pool whose connections take no more requests once their server has said that it is
about to stop, over streams that hold a graceful GOAWAY back (see `goaway`).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpcore
import httpx

from .goaway import GracefulEnd

GRACEFUL_END = "graceful_end"
"""The name under which a stream gives its GracefulEnd."""


@contextmanager
def _as_httpx() -> Generator[None]:
    """Give the exceptions of httpcore the names that httpx has for them."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def _core_request(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _end_of(stream: httpcore.NetworkStream | httpcore.AsyncNetworkStream) -> GracefulEnd | None:
    tls = stream.get_extra_info("ssl_object")
    return GracefulEnd() if tls is not None and tls.selected_alpn_protocol() == "h2" else None


class Transport(httpx.BaseTransport):
    """Carries httpx's requests over a pool; takes the settings of httpcore's."""

    def __init__(self, **settings: Any) -> None:
        self._pool = _Pool(network_backend=_Backend(), **settings)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, the body still to come."""
        with _as_httpx():
            response = self._pool.handle_request(_core_request(request))
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(cast("Iterable[bytes]", response.stream)),
            extensions=_extensions(response),
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """Carries httpx's requests over a pool; takes the settings of httpcore's."""

    def __init__(self, **settings: Any) -> None:
        self._pool = _AsyncPool(network_backend=_AsyncBackend(), **settings)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, the body still to come."""
        with _as_httpx():
            response = await self._pool.handle_async_request(_core_request(request))
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_AsyncBody(cast("AsyncIterable[bytes]", response.stream)),
            extensions=_extensions(response),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        aclose = getattr(self._stream, "aclose", None)
        if aclose is not None:
            await aclose()


class _Pool(httpcore.ConnectionPool):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        return cast("httpcore.ConnectionInterface", cast("object", _Connection(super().create_connection(origin))))


class _AsyncPool(httpcore.AsyncConnectionPool):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        inner = super().create_connection(origin)
        return cast("httpcore.AsyncConnectionInterface", cast("object", _Connection(inner)))


class _Connection:
    """A connection of httpcore's that takes no more requests once its server has said that it is about to stop."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._stream: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        response = cast("httpcore.Response", self._inner.handle_request(request))
        self._stream = _extensions(response).get("network_stream")
        return response

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        response = cast("httpcore.Response", await self._inner.handle_async_request(request))
        self._stream = _extensions(response).get("network_stream")
        return response

    def is_available(self) -> bool:
        end = None if self._stream is None else self._stream.get_extra_info(GRACEFUL_END)
        return bool(self._inner.is_available()) and not (isinstance(end, GracefulEnd) and end.is_ending)


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
        return _Stream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

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
    """A connection's bytes; on HTTP/2 a graceful end is held back until its streams have finished."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._end = _end_of(inner)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._end is None:
            return self._inner.read(max_bytes, timeout)
        while not (seen := self._end.take()):
            received = self._inner.read(max_bytes, timeout)
            if not received:
                return b""
            self._end.received(received)
        return seen

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)
        if self._end is not None:
            self._end.sent(buffer)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._end if info == GRACEFUL_END else self._inner.get_extra_info(info)


class _AsyncStream(httpcore.AsyncNetworkStream):
    """A connection's bytes; on HTTP/2 a graceful end is held back until its streams have finished."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._end = _end_of(inner)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._end is None:
            return await self._inner.read(max_bytes, timeout)
        while not (seen := self._end.take()):
            received = await self._inner.read(max_bytes, timeout)
            if not received:
                return b""
            self._end.received(received)
        return seen

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)
        if self._end is not None:
            self._end.sent(buffer)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._end if info == GRACEFUL_END else self._inner.get_extra_info(info)
