"""One line of a manifest as one file: asked for until it is there, or has failed."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .. import audio
from ..client import AsyncLmnt, Lmnt
from ..errors import (
    APIError,
    APIStreamError,
    AuthenticationError,
    Error,
    FileError,
    InvalidArgumentError,
    PaymentRequiredError,
    RateLimitError,
)
from ..long_texts.pieces import SpeechPiece
from ..settings.pacing import Pace
from ..settings.retries import Attempts
from ..streams.downloads import asave, save
from ..transport.event_loops import to_its_end
from .manifest import LONGEST, Line
from .places import Place
from .results import Result

OF_ALL = (AuthenticationError, PaymentRequiredError, RateLimitError)
"""Errors that each other line would meet too: they end the run, and the lines that are left are for the next one."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""What the system says of a disk to which nothing more can be written."""

WAITS = 8
"""How often in a row the run waits for a limit of the server."""

POLL = 0.02
"""Seconds between two looks whether another request of the group has ended."""


class StoppedError(Exception):
    """The run has ended before this line was asked for."""


class Asking:
    """The requests for one line, one after another.

    A request is made when the pace allows it. What meets the limit of requests waits with all others; any other failure
    that may be repeated is, as often as the client says. A file that broke off is asked for again as a whole. A text
    that is longer than a request takes is asked for in pieces, of which those that are there are kept.

    Args:
        line: The line.
        place: Where its file goes.
        pace: The pace of the run.
        max_retries: How often it is repeated.
        at_once: How many pieces of a long text are asked for at once.
    """

    def __init__(self, line: Line, place: Place, pace: Pace, max_retries: int, at_once: int = 1) -> None:
        self.line = line
        self.requests = 0
        self.is_long = len(line.text) > LONGEST
        more = {"concurrency": at_once} if self.is_long else {"max_retries": 0}
        self.arguments: Mapping[str, Any] = {**line.arguments, **more}
        self._place = place
        self._pace = pace
        self._attempts = Attempts(f"line {line.number} ({line.id})", max_retries, None)
        self._begun = 0

    def pause(self) -> float:
        """Return the seconds until it may be asked for; 0 if it is, from now on."""
        pause = self._pace.wait(time.monotonic())
        if not pause and pause is not None:
            self._begun = self._pace.begin()
            self.requests += 1
        return POLL if pause is None else pause

    def begin(self) -> Path:
        """Return the file to write to."""
        return self._place.begin(self.line)

    def asked(self, pieces: Iterable[SpeechPiece]) -> None:
        """Count the requests for a long text, those of the run before for what is there among them."""
        self.requests = max(self.requests, sum(len(piece.request_ids) for piece in pieces))

    def ended(self, path: Path, request_ids: Iterable[str | None]) -> Result:
        """Put the file in its place; returns the result."""
        size, seconds = path.stat().st_size, _seconds(path, self.line)
        self._place.end(self.line, path)
        self._pace.end(self._begun, None, time.monotonic())
        return Result(
            line=self.line.number,
            id=self.line.id,
            status="done",
            out=self.line.out,
            digest=self.line.digest,
            characters=len(self.line.text),
            requests=self.requests,
            bytes=size,
            seconds=seconds,
            request_ids=tuple(each for each in request_ids if each),
        )

    def failed(self, path: Path | None, error: BaseException) -> float | Result:
        """Return the seconds until it is to be asked for again, or its result; raises what ends the run."""
        try:
            return self._delay(path, error)
        except Error as failure:
            if ends_run(failure):
                raise
            return Result.failure(self.line, failure, self.requests)

    def _delay(self, path: Path | None, error: BaseException) -> float:
        """Return the seconds until it is to be asked for again; raises the error if it is not."""
        if path is not None and not self.is_long:
            self._place.drop(path)
        if not isinstance(error, APIError):
            self._pace.abandon()
            raise error
        if self._pace.end(self._begun, error, time.monotonic()):
            return 0.0
        if self.is_long:  # its pieces were repeated
            raise error
        if isinstance(error, APIStreamError):
            return self._attempts.delay_after(error, None)
        return self._attempts.next_delay(error)


def _seconds(path: Path, line: Line) -> float | None:
    """Return the duration of a file, if it can be known."""
    try:
        return audio.duration(path, format=line.arguments["format"], sample_rate=line.arguments.get("sample_rate"))
    except InvalidArgumentError:
        return None


def ends_run(error: Error) -> bool:
    """Whether each other line would meet this error, too."""
    cause = error.__cause__
    is_full = isinstance(cause, OSError) and cause.errno in FULL
    # The journal of a long text is a database of SQLite.
    is_full = is_full or getattr(cause, "sqlite_errorname", None) == "SQLITE_FULL"
    return isinstance(error, OF_ALL) or (isinstance(error, FileError) and is_full)


def speak(client: Lmnt, asking: Asking, wait: Callable[[float], bool]) -> Result:
    """Make the file of a line, and return what became of it.

    Args:
        client: The client.
        asking: The line.
        wait: Waits for so many seconds; returns whether the run has ended meanwhile.

    Raises:
        StoppedError: The run has ended.
        Error: It has failed as each other line would.
    """
    while True:
        while (pause := asking.pause()) > 0:
            _go_on(wait(pause))
        path: Path | None = None
        try:
            path = asking.begin()
            return asking.ended(path, _spoken(client, asking, path))
        except BaseException as error:
            ended = asking.failed(path, error)
        if isinstance(ended, Result):
            return ended
        _go_on(wait(ended))


def _spoken(client: Lmnt, asking: Asking, path: Path) -> Iterable[str | None]:
    """Write the audio of a line to a file; returns the ids of the requests that made it."""
    if not asking.is_long:
        with client.speech.with_streaming_response.generate(**asking.arguments) as response:
            save(response.iter_bytes(), path, temporary=path)
        return [response.request_id]
    with client.speech.generate_long(**asking.arguments) as speech:
        try:
            speech.stream_to_file(path, resume=True)
        finally:
            asking.asked(speech.pieces)
    return speech.request_ids


async def aspeak(client: AsyncLmnt, asking: Asking, is_stopped: Callable[[], bool]) -> Result:
    """Make the file of a line, and return what became of it; see `speak`."""
    while True:
        while (pause := asking.pause()) > 0:
            await asyncio.sleep(pause)
            _go_on(is_stopped())
        path: Path | None = None
        try:
            path = asking.begin()
            request_ids = await _aspoken(client, asking, path)
            return await to_its_end(asyncio.to_thread(asking.ended, path, request_ids))
        except BaseException as error:
            ended = asking.failed(path, error)
        if isinstance(ended, Result):
            return ended
        await asyncio.sleep(ended)
        _go_on(is_stopped())


async def _aspoken(client: AsyncLmnt, asking: Asking, path: Path) -> Iterable[str | None]:
    """Write the audio of a line to a file; returns the ids of the requests that made it."""
    if not asking.is_long:
        async with client.speech.with_streaming_response.generate(**asking.arguments) as response:
            await asave(response.iter_bytes(), path, temporary=path)
        return [response.request_id]
    async with client.speech.generate_long(**asking.arguments) as speech:
        try:
            await speech.stream_to_file(path, resume=True)
        finally:
            asking.asked(speech.pieces)
    return speech.request_ids


def _go_on(is_stopped: bool) -> None:
    if is_stopped:
        raise StoppedError
