"""A body handed out step by step: one core, a sync and an async iterator.

They are objects, not generators: a generator is finished when a step is interrupted or cancelled, and its next step
reports the end of the body. Here a cancelled step loses nothing, an interrupted one is reported by the next step, and
an error is raised again by every later step.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from ..errors import Error, StreamTruncatedError
from ..transport.event_loops import at_once, is_asyncio
from ..transport.messages import Response
from ..transport.network_errors import BodyFailure, body_failures
from .guard import StreamGuard
from .parts import Parts

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class OneReader:
    """Refuses a second reader while the `with` block of the first lasts: each would get a part."""

    __slots__ = ("_lock", "_what")

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise Error(f"{self._what} is being read already: one reader gets all of it")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class _Steps(Generic[T]):
    """The core of both iterators: parts read and not yet handed out, and the end or error after them.

    `begin` is called at the first step: it marks the body as consumed, or returns it if it was read before.
    """

    def __init__(
        self,
        response: Response,
        guard: StreamGuard,
        parts: Parts[T],
        begin: Callable[[], bytes | None],
    ) -> None:
        self._response = response
        self._guard = guard
        self._parts = parts
        self._begin = begin
        self._has_begun = False
        self._chunks: AsyncIterator[bytes] | None = None
        self._ready: deque[T] = deque()
        self._is_over = False
        self._error: Error | None = None
        self._reading = OneReader("this body")

    def _start(self) -> bool:
        """Start; return whether the body must be read from the connection."""
        content = self._begin()
        self._has_begun = True
        if content is not None:
            self._is_over = True
            self._ready.extend(self._parts.feed(content))
            self._ready.extend(() if self._parts.is_over else self._parts.end())
        return content is None

    def _take(self, chunk: bytes | None) -> None:
        """Process a chunk, or the end; raises BodyFailure."""
        if chunk is not None:
            self._guard.feed(chunk)
            self._ready.extend(self._parts.feed(chunk))
            self._guard.check_time()
        else:
            self._ready.extend(self._parts.end())
            self._guard.end()
            self._is_over = True
            if not self._parts.proves_end:
                self._guard.complete = None
        if self._parts.is_over:
            self._guard.complete = True

    def _fail(self, error: BaseException) -> None:
        """Process an exception of a step. Any but a BodyFailure has interrupted the read, and bytes may be lost."""
        if isinstance(error, BodyFailure):
            with suppress(BodyFailure):
                self._ready.extend(self._parts.broken())
            self._error = self._guard.failed(error)
        elif isinstance(error, Error):
            self._error = error
        else:
            self._error = self._guard.failed(
                BodyFailure(StreamTruncatedError, f"reading it was interrupted ({type(error).__name__})")
            )
        self._is_over = True

    async def _advance(self) -> None:
        """Read a chunk, or the end."""
        if not self._has_begun and not self._start():
            return
        if self._parts.is_over:
            await self._finish()
            return
        try:
            with body_failures(self._response):
                if self._chunks is None:
                    self._chunks = self._response.chunks()
                chunk = await anext(self._chunks, None)
            self._take(chunk)
        except BaseException as error:
            if not self._response.loses_steps and _is_cancelled(error):
                raise
            self._fail(error)
            if not isinstance(error, BodyFailure | Error):
                raise
        finally:
            if self._is_over:
                await self._response.close()

    async def _finish(self) -> None:
        """End a body of which all that counts has come."""
        try:
            await self._response.drain()
        finally:
            self._is_over = True
            await self._response.close()

    def _abandon(self) -> None:
        if self._error is None and (self._ready or not (self._is_over or self._parts.is_over)):
            self._fail(BodyFailure(StreamTruncatedError, "it was closed by this side"))
        self._ready.clear()

    def _check_end(self, end: type[Exception]) -> None:
        if self._error is not None:
            raise self._error.with_traceback(None)
        if self._is_over:
            raise end


class BodyIterator(_Steps[T], Iterator[T]):
    """A body, step by step. One thread at a time may read it; a loop may be left and continued with the same object.

    If the body broke off, APIStreamError is raised after all received parts were handed out.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        with self._reading:
            while not self._ready:
                self._check_end(StopIteration)
                at_once(self._advance())
            return self._ready.popleft()

    def close(self) -> None:
        """Free the connection; if the body had not ended, later steps raise an error."""
        self._abandon()
        at_once(self._response.close())


class AsyncBodyIterator(_Steps[T], AsyncIterator[T]):
    """A body, step by step. One task at a time may read it; a loop may be left and continued with the same object.

    If the body broke off, APIStreamError is raised after all received parts were handed out. A step that is cancelled
    or times out loses nothing: the next one continues there.
    """

    _pending = cast("asyncio.Task[None] | None", None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        with self._reading:
            while not self._ready:
                self._check_end(StopAsyncIteration)
                await self._step()
            return self._ready.popleft()

    async def _step(self) -> None:
        """Advance; if cancelling a read would close the connection, in a task that outlives its caller."""
        import asyncio

        if self._pending is None:
            if not self._response.loses_steps or not is_asyncio():
                await self._advance()
                return
            self._pending = asyncio.create_task(self._advance())
        await asyncio.wait({self._pending})
        done, self._pending = self._pending, None
        if not done.cancelled():
            done.result()

    async def aclose(self) -> None:
        """Free the connection; if the body had not ended, later steps raise an error."""
        self._abandon()
        if self._pending is not None:
            import asyncio

            self._pending.cancel()
            await asyncio.wait({self._pending})
        await self._response.close()


def _is_cancelled(error: BaseException) -> bool:
    asyncio: Any = sys.modules.get("asyncio")  # where it is not imported, nothing is cancelled
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


async def read_whole(response: Response, guard: StreamGuard) -> bytes:
    """Read a body to its end and free the connection; raises APIStreamError if it is incomplete."""
    chunks: list[bytes] = []
    try:
        with body_failures(response):
            async for chunk in response.chunks():
                guard.feed(chunk)
                guard.check_time()
                chunks.append(chunk)
            guard.end()
        return b"".join(chunks)
    except BodyFailure as failure:
        error = guard.failed(failure)
    finally:
        await response.close()
    raise error


async def read_start(response: Response, limit: int) -> bytes:
    """Read at most so many bytes of a body, complete or not, and free the connection."""
    start = bytearray()
    try:
        with suppress(BodyFailure), body_failures(response):
            async for chunk in response.chunks():
                start += chunk
                if len(start) >= limit:
                    break
    finally:
        await response.close()
    return bytes(start[:limit])
