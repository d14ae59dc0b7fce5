"""Steps that no cancellation may leave half done."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def to_its_end(step: Coroutine[Any, Any, T]) -> T:
    """Take a step to its end; if the task is cancelled meanwhile, that is raised afterwards."""
    import asyncio

    running = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):  # it has been asked for already
                await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # what became of the step is of no interest any more
        raise
