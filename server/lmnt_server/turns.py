"""Who may make speech next: as many at once as there are processors, and of those who wait the most urgent first.

Speech is made faster than it is heard, so a stream that has run ahead of its listener can wait; one that has just begun
goes before those, but not before one whose listener would soon hear a gap. So many streams can play at once without a
gap, and a long text does not keep a short one waiting for longer than a step of its work takes.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import anyio
from anyio import CancelScope, Event
from anyio.lowlevel import RunVar, checkpoint_if_cancelled

_Result = TypeVar("_Result")

_NEAR: Final = 1.0
"""Seconds: who would hear a gap within them goes before those who hear nothing yet, and these before all others."""


class Turns:
    """Turns to work in one of so many threads, all of one event loop.

    Args:
        threads: how many.
    """

    def __init__(self, threads: int) -> None:
        self._free = threads
        self._waiting: list[tuple[float, int, Event]] = []
        self._new: deque[Event] = deque()  # who hear nothing yet
        self._numbers = itertools.count()  # who came first, of those who are equally urgent
        # Its own and always the same: each thread that ever made speech keeps memory for the next time.
        self._threads = ThreadPoolExecutor(threads, "speech")

    async def take(self, due: float | None, work: Callable[[], _Result]) -> _Result:
        """Do a step of work in a thread and return its result, when all that waits and is due before is under way.

        Args:
            due: when the result is needed, on the monotonic clock; None for who hears nothing yet.
            work: the step, which is done to its end once it is begun.
        """
        await self._turn(due)
        try:
            await checkpoint_if_cancelled()
            done = asyncio.wrap_future(self._threads.submit(work))
            broken_off: asyncio.CancelledError | None = None
            with CancelScope(shield=True):
                while not done.done():
                    try:
                        await asyncio.wait([done])
                    except asyncio.CancelledError as error:  # a task's own, which no scope keeps off
                        broken_off = error
            if broken_off is not None:
                raise broken_off from done.exception()
            return done.result()
        finally:
            self._pass_on()

    async def _turn(self, due: float | None) -> None:
        if self._free:
            self._free -= 1
            return
        turn = Event()
        if due is None:
            self._new.append(turn)
        else:
            heapq.heappush(self._waiting, (due, next(self._numbers), turn))
        try:
            await turn.wait()
        except anyio.get_cancelled_exc_class():
            if turn.is_set():
                self._pass_on()
            elif due is None:
                self._new.remove(turn)
            else:
                self._waiting = [each for each in self._waiting if each[2] is not turn]
                heapq.heapify(self._waiting)
            raise

    def _pass_on(self) -> None:
        if self._waiting and (not self._new or self._waiting[0][0] < time.monotonic() + _NEAR):
            heapq.heappop(self._waiting)[2].set()
        elif self._new:
            self._new.popleft().set()
        else:
            self._free += 1


_turns: Final[RunVar[Turns]] = RunVar("lmnt_server.turns")


async def in_turn(due: float | None, work: Callable[[], _Result]) -> _Result:
    """Do what `Turns.take` does, with one thread for each processor."""
    try:
        turns = _turns.get()
    except LookupError:
        turns = Turns(os.cpu_count() or 1)
        _turns.set(turns)
    return await turns.take(due, work)
