"""A long text for those who await: tasks ask for its pieces. `sync` has its twin."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Self

from ..calls.api_client import AsyncAPIClient
from ..calls.responses import AsyncStreamedBinaryAPIResponse
from ..errors import Error
from ..errors.handles import AsyncClosing
from ..settings.options import CallOptions
from ..transport.event_loops import in_thread, running_loop
from .arguments import LongText
from .schedule import Attempt, Audio, Part, Schedule
from .shared import BaseLongSpeech

if TYPE_CHECKING:
    from .journal import Journal

__all__ = ["AsyncLongSpeech"]


class AsyncLongSpeech(BaseLongSpeech, AsyncClosing, AsyncIterator[bytes]):
    """The audio of a long text, in order, as one file: an async iterator of its bytes, and a context manager.

    Nothing is asked for before the first step. Tasks ask for the pieces, no more of them than may be asked for at once,
    and no further ahead of the reader than twice as many. One task at a time may read it; a loop may be left and
    continued with the same object, and a step that is cancelled or times out loses nothing.

    No half piece is handed out: a piece whose audio breaks off is asked for again, and handed out when it is whole. The
    first one alone is handed out as it arrives, so that it is heard early; see `docs/long-texts.md`.
    """

    def __init__(self, client: AsyncAPIClient, long_text: LongText, call: CallOptions) -> None:
        super().__init__(client, long_text, call)
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        with self._claim():
            changed = self._event()
            schedule = self._begin()
            if self._spans is not None:
                self._start(schedule, changed)
                await in_thread(self._split)
            while not self._ready:
                part = await self._next_part(schedule, changed)
                if part is None:
                    self._end()
                    raise StopAsyncIteration
                self._lay(part)
            return self._ready.popleft()

    def _event(self) -> asyncio.Event:
        """Return what is set when something has changed; raises Error outside the loop of the first step."""
        loop = running_loop()
        if loop is None or self._loop not in (None, loop):
            raise Error("a long text needs asyncio's event loop, always the same one; elsewhere use the sync client")
        if self._changed is None:
            self._changed, self._loop = asyncio.Event(), loop
        return self._changed

    async def _next_part(self, schedule: Schedule, changed: asyncio.Event) -> Part | None:
        """Wait for the audio to hand out next; None if that was all."""
        while True:
            self._check(schedule)
            changed.clear()
            part = schedule.take()
            pause = self._start(schedule, changed)
            if part is not None or schedule.is_over:
                return part
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await changed.wait()

    def _start(self, schedule: Schedule, changed: asyncio.Event) -> float | None:
        """Start what is due; returns the seconds until more is due, None if that depends on something else."""
        while isinstance(due := schedule.next(time.monotonic()), Attempt):
            task = asyncio.create_task(self._work(schedule, changed, due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return due

    async def _work(self, schedule: Schedule, changed: asyncio.Event, attempt: Attempt | None) -> None:
        """Ask for pieces for as long as there is one to ask for."""
        while attempt is not None:
            try:
                outcome: Audio | Error = await self._asked(schedule, changed, attempt)
            except Exception as error:  # whatever it is, the reader must hear of it
                outcome = self._failure(attempt, error)
            except BaseException:
                schedule.abandoned(attempt)
                changed.set()
                raise
            schedule.ended(attempt, outcome, time.monotonic())
            due = schedule.next(time.monotonic())
            attempt = due if isinstance(due, Attempt) else None
            changed.set()

    async def _asked(self, schedule: Schedule, changed: asyncio.Event, attempt: Attempt) -> Audio:
        """Ask for a piece, and read its audio."""
        call = self._options(attempt)
        if (timed := self._timed(attempt.piece)) is not None:
            result = await self._client.call(timed, call)
            self._note(attempt.piece, result.request_id)
            return self._audio(result)
        response = await self._client.respond(self._plain(attempt.piece), call, streamed=True)
        assert isinstance(response, AsyncStreamedBinaryAPIResponse)
        self._note(attempt.piece, response.request_id)
        read: list[bytes] = []
        async with aclosing(response.iter_bytes()) as chunks:
            async for chunk in chunks:
                if not attempt.is_live:
                    read.append(chunk)
                elif not schedule.came(attempt, chunk):
                    break
                else:
                    changed.set()
        return Audio(b"".join(read))

    async def stream_to_file(self, file: str | os.PathLike[str], *, resume: bool = False) -> None:
        """Write all of the audio to a file, which gets its name only when it is complete.

        Pieces are written to the disk as they arrive, in any order. With `resume` they are in `<file>.journal`, which
        outlives the process: the next run with the same text, voice and settings, and `resume`, asks for none of them
        again. It is deleted when the file is complete, and is kept if pieces were left out.

        Args:
            file: The file; an existing one is unchanged until the new one is complete.
            resume: Whether to go on with what an interrupted run has left, and leave what this one has, if it is
                interrupted.

        Raises:
            APIError: A piece has failed.
            FileError: The file cannot be written, or its journal is that of another text, of other settings, or being
                written.
            StreamAlreadyConsumed: The audio was read before.
        """
        with self._claim():
            changed = self._event()
            journals: list[Journal] = []
            try:
                await in_thread(lambda: journals.append(self._journal(file, resume=resume)))
                schedule = self._begin(journals[0])
                while (part := await self._next_part(schedule, changed)) is not None:
                    await in_thread(partial(self._write_down, journals[0], part))
                    self._tell()
                await in_thread(partial(self._assemble, journals[0]))
            finally:
                await self.close()
                for journal in journals:
                    journal.close(is_done=self.complete)

    async def close(self) -> None:
        """Ask for nothing more, and cancel what is under way; later steps raise an error."""
        self._closed()
        tasks = list(self._tasks) if self._process == os.getpid() else []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
