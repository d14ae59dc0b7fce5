"""Operations that depend on the event loop: by asyncio on its own loops, by anyio, which httpx requires, on others.

Neither is imported before it is needed: importing asyncio takes longer than a call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .shielding import to_its_end

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


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
