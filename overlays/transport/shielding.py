"""Steps that a cancellation must not interrupt."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


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
