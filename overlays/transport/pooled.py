"""The connections of a pool: who uses one, and when it takes no more requests.

httpcore 1.0.9 decides under a lock of its pool which connection a request gets, and which ones are closed because they
are stale or too many; it sends and closes after that lock is left. So it may close a connection that a request has just
been given (`ConnectionPool._assign_requests_to_connections`, `HTTP11Connection.has_expired`). Here a connection counts
as used from the moment a request takes it to the end of its response, and one that the pool has let go of takes no
request: the pool gives it another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, cast

import httpcore

from ..shielding import to_its_end
from .http2 import FRAME_WATCH, FrameWatch

_FORGOTTEN = 1.0
"""Seconds in which a request takes the connection that was made for it: it does so at once, if at all."""


class _Pooled:
    """A connection of httpcore's, and whether it is used.

    It carries one response at a time, over HTTP/2 too. httpcore 1.0.9 lets threads share a connection and its `h2`
    state: two that send at once may take the same stream (`HTTP2Connection.handle_request`:
    `get_next_available_stream_id` reserves nothing), and read each other's response. Among tasks, one that is cancelled
    in a write breaks the connection of all, and one that waits ends by another's timeout
    (`HTTP2Connection._read_incoming_data`).

    Args:
        inner: The connection.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._deciding = threading.Lock()
        self._made = time.monotonic()
        self._was_used = False
        self._is_used = False
        self._is_spent = False
        self._stream: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def is_available(self) -> bool:
        """Whether a request may be given to it; `_enter` has the last word."""
        is_ending = self._is_spent or self._is_ending()
        return not self._is_used and self.is_idle() and bool(self._inner.is_available()) and not is_ending

    def is_idle(self) -> bool:
        """Whether it waits for requests."""
        return not self._is_used and bool(self._inner.is_idle())

    def has_expired(self) -> bool:
        """Whether it is of no use any more; from then on it takes no request."""
        with self._deciding:
            if not self._is_used:
                is_spoilt = bool(self._inner.is_idle()) and (self._is_ending() or self._has_more())
                # A call that gave up before it took what was made for it: no other is given it, and nobody closes it.
                is_forgotten = not self._was_used and time.monotonic() - self._made > _FORGOTTEN
                self._is_spent = self._is_spent or is_spoilt or is_forgotten or bool(self._inner.has_expired())
            return self._is_spent and not self._is_used

    def _enter(self) -> None:
        with self._deciding:
            if self._is_spent or self._is_used:
                raise httpcore.ConnectionNotAvailable
            self._is_used = self._was_used = True

    def _leave(self, *, is_spent: bool = False) -> bool:
        """Return whether the connection is to be closed: it is spent, or the pool has let go of it meanwhile."""
        with self._deciding:
            self._is_used = False
            self._is_spent = self._is_spent or is_spent
            return self._is_spent

    def _let_go(self) -> bool:
        """Return whether the connection may be closed now; else whoever uses it does so."""
        with self._deciding:
            self._is_spent = True
            return not self._is_used

    def _is_ending(self) -> bool:
        watch = None if self._stream is None else self._stream.get_extra_info(FRAME_WATCH)
        return isinstance(watch, FrameWatch) and watch.is_ending

    def _has_more(self) -> bool:
        """Return whether the server sent more than its response.

        httpcore 1.0.9 would take it for the start of the next response on HTTP/1.1
        (`HTTP11Connection._response_closed`), and nothing public tells of it. On HTTP/2 it does not look whether the
        connection was closed meanwhile (`HTTP2Connection.has_expired`).
        """
        parser = getattr(getattr(self._inner, "_connection", None), "_h11_state", None)
        if parser is not None:
            return bool(parser.trailing_data[0])
        return self._stream is not None and bool(self._stream.get_extra_info("is_readable"))

    def _given(self, response: httpcore.Response, stream: Any) -> httpcore.Response:
        extensions = cast("dict[str, Any]", response.extensions)
        self._stream = extensions.get("network_stream")
        return httpcore.Response(response.status, headers=response.headers, content=stream, extensions=extensions)


def _spoils(error: BaseException) -> bool:
    """Return whether a request that failed so may have left its connection in the middle of something."""
    return not isinstance(error, httpcore.ConnectionNotAvailable)


class PooledConnection(_Pooled):
    """A connection for those who wait."""

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and return its response, the body still to come."""
        self._enter()
        try:
            response = self._inner.handle_request(request)
        except BaseException as error:
            self.leave(is_spent=_spoils(error))
            raise
        return self._given(response, _Content(response.stream, self))

    def leave(self, *, is_spent: bool = False) -> None:
        """Take note that a response has ended."""
        if self._leave(is_spent=is_spent):
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


class AsyncPooledConnection(_Pooled):
    """A connection for those who await."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and return its response, the body still to come."""
        self._enter()
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            # httpcore shields this with anyio, which does not hold off the cancellation of asyncio itself.
            await to_its_end(self.leave(is_spent=_spoils(error)))
            raise
        return self._given(response, _AsyncContent(response.stream, self))

    async def leave(self, *, is_spent: bool = False) -> None:
        """Take note that a response has ended."""
        if self._leave(is_spent=is_spent):
            await self._inner.aclose()

    async def aclose(self) -> None:
        """Close it, at the end of the response that it carries."""
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
