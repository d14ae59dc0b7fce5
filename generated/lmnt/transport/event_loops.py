"""Operations that depend on the event loop: by asyncio on its own loops, by anyio, which httpx requires, on others.

What serves both clients is written once, as coroutines: in a sync client they never suspend.
Neither is imported before it is needed: importing asyncio takes longer than a call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")


def at_once(step: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends, and return its result."""
    try:
        step.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    step.close()
    raise InvalidArgumentError("a file that is awaited in part: give its bytes")


def iterated(items: AsyncIterator[T]) -> Iterator[T]:
    """Return what an asynchronous iterator that never suspends gives."""
    with suppress(StopAsyncIteration):
        while True:
            yield at_once(cast("Coroutine[Any, Any, T]", anext(items)))


class Awaited(AsyncIterator[T]):
    """An iterator as an asynchronous one, which never suspends."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)

    async def __anext__(self) -> T:
        try:
            return next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None


def running_loop() -> AbstractEventLoop | None:
    """Return the running event loop; None if it is not asyncio's."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def is_asyncio() -> bool:
    """Whether the running event loop is asyncio's."""
    return running_loop() is not None


async def sleep(seconds: float) -> None:
    """Wait for so many seconds."""
    if is_asyncio():
        import asyncio

        return await asyncio.sleep(seconds)
    import anyio

    return await anyio.sleep(seconds)


async def in_thread(step: Callable[[], None]) -> None:
    """Run a function in a thread; it has ended when this returns, also if this is cancelled."""
    if is_asyncio():
        import asyncio

        return await to_its_end(asyncio.to_thread(step))
    import anyio.to_thread

    return await anyio.to_thread.run_sync(step)


async def to_its_end(step: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; if the task is cancelled meanwhile, CancelledError is raised afterwards."""
    import asyncio

    running = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):  # cancellation was already requested
                await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # the result of the step no longer matters
        raise
