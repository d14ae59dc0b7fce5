"""The connections of a pool: who uses one, and when it takes no more requests.

httpcore 1.0.9 decides under a lock of its pool which connection a request gets, and which ones are closed because they
are stale or too many; it sends and closes after that lock is left. So it may close a connection that a request has just
been given (`ConnectionPool._assign_requests_to_connections`, `HTTP11Connection.has_expired`). Here a connection counts
as used from the moment a request takes it to the end of its response, and one that the pool has let go of takes no
request: the pool gives it another.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, cast

import httpcore

from .http2 import FRAME_WATCH, FrameWatch


class _Shared:
    """A connection of httpcore's and the count of those who use it.

    Args:
        inner: The connection.
        most: How many may use it at once.
    """

    def __init__(self, inner: Any, most: float) -> None:
        self._inner = inner
        self._most = most
        self._deciding = threading.Lock()
        self._users = 0
        self._is_spent = False
        self._stream: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def is_available(self) -> bool:
        """Whether a request may be given to it; `_enter` has the last word."""
        # Connections of HTTP/2 are offered before they are made, to share one that may turn out to be of HTTP/1.1.
        is_free = self._most > 1 or bool(self._inner.is_idle())
        is_ending = self._is_spent or self._is_ending()
        return self._users < self._most and is_free and bool(self._inner.is_available()) and not is_ending

    def is_idle(self) -> bool:
        """Whether it waits for requests."""
        return not self._users and bool(self._inner.is_idle())

    def has_expired(self) -> bool:
        """Whether it is of no use any more; from then on it takes no request."""
        with self._deciding:
            if not self._users:
                is_spoilt = bool(self._inner.is_idle()) and (self._is_ending() or self._has_more())
                self._is_spent = self._is_spent or is_spoilt or bool(self._inner.has_expired())
            return self._is_spent and not self._users

    def _enter(self) -> None:
        with self._deciding:
            if self._is_spent or self._users >= self._most:
                raise httpcore.ConnectionNotAvailable
            self._users += 1

    def _leave(self) -> bool:
        """Return whether the connection is to be closed, since the pool has let go of it meanwhile."""
        with self._deciding:
            self._users -= 1
            return self._is_spent and not self._users

    def _let_go(self) -> bool:
        """Return whether the connection may be closed now; else whoever uses it does so."""
        with self._deciding:
            self._is_spent = True
            return not self._users

    def _is_ending(self) -> bool:
        watch = None if self._stream is None else self._stream.get_extra_info(FRAME_WATCH)
        return isinstance(watch, FrameWatch) and watch.is_ending

    def _has_more(self) -> bool:
        """Return whether the server sent more than its response on HTTP/1.1.

        httpcore 1.0.9 would take it for the start of the next response (`HTTP11Connection._response_closed`), and
        nothing public tells of it.
        """
        parser = getattr(getattr(self._inner, "_connection", None), "_h11_state", None)
        return parser is not None and bool(parser.trailing_data[0])

    def _given(self, response: httpcore.Response, stream: Any) -> httpcore.Response:
        extensions = cast("dict[str, Any]", response.extensions)
        self._stream = extensions.get("network_stream")
        return httpcore.Response(response.status, headers=response.headers, content=stream, extensions=extensions)


class PooledConnection(_Shared):
    """A connection for threads: it carries one response at a time, over HTTP/2 too.

    httpcore 1.0.9 lets threads share a connection and its `h2` state: two that send at once may take the same stream
    (`HTTP2Connection.handle_request`: `get_next_available_stream_id` reserves nothing), and read each other's response.
    """

    def __init__(self, inner: httpcore.ConnectionInterface) -> None:
        super().__init__(inner, most=1)

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and return its response, the body still to come."""
        self._enter()
        try:
            response = self._inner.handle_request(request)
        except BaseException:
            self.leave()
            raise
        return self._given(response, _Content(response.stream, self))

    def leave(self) -> None:
        """Take note that a response has ended."""
        if self._leave():
            self._inner.close()

    def close(self) -> None:
        """Close it, at the end of the response that it carries."""
        if self._let_go():
            self._inner.close()

    def end(self) -> None:
        """Close it now."""
        self._inner.close()


class _Content:
    def __init__(self, inner: Iterable[bytes], connection: PooledConnection) -> None:
        self._inner: Any = inner
        self._connection: PooledConnection | None = connection

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._inner)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        try:
            self._inner.close()
        finally:
            if connection is not None:
                connection.leave()


class AsyncPooledConnection(_Shared):
    """A connection for tasks, which may share one of HTTP/2."""

    def __init__(self, inner: httpcore.AsyncConnectionInterface) -> None:
        super().__init__(inner, most=float("inf"))

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and return its response, the body still to come."""
        self._enter()
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            await self.leave()
            raise
        return self._given(response, _AsyncContent(response.stream, self))

    async def leave(self) -> None:
        """Take note that a response has ended."""
        if self._leave():
            await self._inner.aclose()

    async def aclose(self) -> None:
        """Close it, at the end of the responses that it carries."""
        if self._let_go():
            await self._inner.aclose()

    async def end(self) -> None:
        """Close it now."""
        await self._inner.aclose()


class _AsyncContent:
    def __init__(self, inner: AsyncIterable[bytes], connection: AsyncPooledConnection) -> None:
        self._inner: Any = inner
        self._connection: AsyncPooledConnection | None = connection

    def __aiter__(self) -> AsyncIterator[bytes]:
        return cast("AsyncIterator[bytes]", aiter(self._inner))

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        try:
            await self._inner.aclose()
        finally:
            if connection is not None:
                await connection.leave()
