"""Steps that depend on the event loop: asyncio's own, and by anyio, on which httpx stands, those of another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .shielding import to_its_end


def is_asyncio() -> bool:
    """Whether the running event loop is asyncio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def sleep(seconds: float) -> None:
    """Wait for so many seconds."""
    if is_asyncio():
        return await asyncio.sleep(seconds)
    import anyio

    return await anyio.sleep(seconds)


async def in_thread(step: Callable[[], None]) -> None:
    """Take a step that the event loop does not wait for; it is over when this returns, also if this is cancelled."""
    if is_asyncio():
        return await to_its_end(asyncio.to_thread(step))
    import anyio.to_thread

    return await anyio.to_thread.run_sync(step)
