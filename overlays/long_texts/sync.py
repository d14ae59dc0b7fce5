"""A long text for those who wait: threads ask for its pieces. `asynchronous` has its twin."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Self

from ..calls.api_client import SyncAPIClient
from ..calls.responses import StreamedBinaryAPIResponse
from ..errors import Error
from ..errors.handles import Closing
from ..settings.options import CallOptions
from .arguments import LongText
from .schedule import Attempt, Audio, Part, Schedule
from .shared import BaseLongSpeech

__all__ = ["LongSpeech"]


class LongSpeech(BaseLongSpeech, Closing, Iterator[bytes]):
    """The audio of a long text, in order, as one file: an iterator of its bytes, and a context manager.

    Nothing is asked for before the first step. Threads ask for the pieces, no more of them than may be asked for at
    once, and no further ahead of the reader than twice as many. One thread at a time may read it; a loop may be left
    and continued with the same object.

    No half piece is handed out: a piece whose audio breaks off is asked for again, and handed out when it is whole. The
    first one alone is handed out as it arrives, so that it is heard early; see `docs/long-texts.md`.
    """

    def __init__(self, client: SyncAPIClient, long_text: LongText, call: CallOptions) -> None:
        super().__init__(client, long_text, call)
        self._client = client
        self._changed = threading.Condition()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        with self._claim():
            schedule = self._begin()
            if self._spans is not None:
                with self._changed:
                    self._start(schedule)
                self._split()
            while not self._ready:
                part = self._next_part(schedule)
                if part is None:
                    self._end()
                    raise StopIteration
                self._lay(part)
            return self._ready.popleft()

    def _next_part(self, schedule: Schedule) -> Part | None:
        """Wait for the audio to hand out next; None if that was all."""
        with self._changed:
            while True:
                self._check(schedule)
                part = schedule.take()
                pause = self._start(schedule)
                if part is not None or schedule.is_over:
                    return part
                self._changed.wait(pause)

    def _start(self, schedule: Schedule) -> float | None:
        """Start what is due; returns the seconds until more is due, None if that depends on something else."""
        while isinstance(due := schedule.next(time.monotonic()), Attempt):
            try:
                threading.Thread(target=self._work, args=(schedule, due), name="a long text", daemon=True).start()
            except RuntimeError as error:  # the system has no more threads
                schedule.abandoned(due)
                raise Error(f"a thread cannot be started: {error}") from error
        return due

    def _work(self, schedule: Schedule, attempt: Attempt | None) -> None:
        """Ask for pieces for as long as there is one to ask for."""
        while attempt is not None:
            try:
                outcome: Audio | Error = self._asked(schedule, attempt)
            except BaseException as error:  # whatever it is, the reader must hear of it
                outcome = self._failure(attempt, error)
            with self._changed:
                schedule.ended(attempt, outcome, time.monotonic())
                due = schedule.next(time.monotonic())
                attempt = due if isinstance(due, Attempt) else None
                self._changed.notify_all()

    def _asked(self, schedule: Schedule, attempt: Attempt) -> Audio:
        """Ask for a piece, and read its audio."""
        call = self._options(attempt)
        if (timed := self._timed(attempt.piece)) is not None:
            result = self._client.call(timed, call)
            self._note(attempt.piece, result.request_id)
            return self._audio(result)
        response = self._client.respond(self._plain(attempt.piece), call, streamed=True)
        assert isinstance(response, StreamedBinaryAPIResponse)
        self._note(attempt.piece, response.request_id)
        read: list[bytes] = []
        with closing(response.iter_bytes()) as chunks:
            for chunk in chunks:
                if schedule.is_closed:
                    raise Error("it was closed")
                if not attempt.is_live:
                    read.append(chunk)
                    continue
                with self._changed:
                    if not schedule.came(attempt, chunk):
                        break
                    self._changed.notify_all()
        return Audio(b"".join(read))

    def stream_to_file(self, file: str | os.PathLike[str], *, resume: bool = False) -> None:
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
            journal = self._journal(file, resume=resume)
            try:
                schedule = self._begin(journal)
                while (part := self._next_part(schedule)) is not None:
                    self._write_down(journal, part)
                    self._tell()
                self._assemble(journal)
            finally:
                self.close()
                journal.close(is_done=self.complete)

    def close(self) -> None:
        """Ask for nothing more, and read what is under way no further; later steps raise an error."""
        if self._process == os.getpid():
            with self._changed:
                self._closed()
                self._changed.notify_all()
