"""Who speaks next when many want to: a short text does not wait for a long one, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import anyio
import pytest
from anyio import to_thread
from anyio.lowlevel import checkpoint

from lmnt_server import speech
from lmnt_server.encoders import FORMATS
from lmnt_server.engines import Block
from lmnt_server.engines.tone import ToneEngine
from lmnt_server.speech import Track
from lmnt_server.turns import Turns


def test_the_most_urgent_goes_first_and_of_equals_who_came_first() -> None:
    done: list[str] = []
    held = threading.Event()

    async def ask() -> None:
        turns = Turns(1)
        async with anyio.create_task_group() as group:
            group.start_soon(turns.take, 0.0, held.wait)
            await anyio.wait_all_tasks_blocked()
            now = time.monotonic()
            names = {"late": 9.0, "new": None, "first": 0.1, "newer": None, "one": 0.5, "other": 0.5}
            for name, seconds in names.items():
                due = seconds and now + seconds
                group.start_soon(turns.take, due, partial(done.append, name))
                await anyio.wait_all_tasks_blocked()
            held.set()

    anyio.run(ask)
    assert done == ["first", "one", "other", "new", "newer", "late"]


def test_as_many_work_at_once_as_there_are_threads() -> None:
    async def ask() -> None:
        turns = Turns(3)
        together = threading.Barrier(3)
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(turns.take, 0.0, partial(together.wait, 10))

    anyio.run(ask)


@pytest.mark.parametrize("due", [1.0, None])
@pytest.mark.parametrize("given", [False, True], ids=["while it waits", "as its turn comes"])
def test_whoever_gives_up_takes_no_turn_with_him(given: bool, due: float | None) -> None:
    done: list[str] = []
    held = threading.Event()

    async def ask() -> None:
        turns = Turns(1)
        async with anyio.create_task_group() as group:
            group.start_soon(turns.take, 0.0, held.wait)
            await anyio.wait_all_tasks_blocked()
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as impatient:
                    impatient.start_soon(turns.take, due, partial(done.append, "gave up"))
                    await anyio.wait_all_tasks_blocked()
                    if given:
                        turns._pass_on()  # as the one before does, just when the wait is broken off
                        turns._free -= 1
                    scope.cancel()
            group.start_soon(turns.take, 2.0, partial(done.append, "next"))
            await anyio.wait_all_tasks_blocked()
            held.set()
        await turns.take(3.0, partial(done.append, "last"))

    anyio.run(ask)
    assert done[-2:] == ["next", "last"]
    assert "gave up" not in done


@pytest.mark.parametrize("times", [1, 2])
def test_a_step_that_is_begun_is_done_to_its_end(times: int) -> None:
    """The server cancels the tasks of its requests when it stops, and then closes what they were stepping through."""
    steps: list[str] = []
    begun, held = threading.Event(), threading.Event()

    def step() -> None:
        begun.set()
        held.wait()
        steps.append("whole")

    async def ask() -> None:
        turns = Turns(1)

        async def request() -> None:
            try:
                await turns.take(0.0, step)
            finally:
                steps.append("closed")

        task = asyncio.create_task(request())
        await to_thread.run_sync(begun.wait)
        for _ in range(times):
            task.cancel()
            await checkpoint()
        held.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await turns.take(0.0, lambda: "next") == "next"

    anyio.run(ask)
    assert steps == ["whole", "closed"]


def test_a_failure_gives_the_turn_on() -> None:
    async def ask() -> None:
        turns = Turns(1)
        with pytest.raises(ZeroDivisionError):
            await turns.take(0.0, lambda: 1 // 0)
        assert await turns.take(0.0, lambda: "next") == "next"

    anyio.run(ask)


class Noted(ToneEngine):
    """Notes whose block it makes, a second of audio each."""

    def __init__(self, made: list[str]) -> None:
        self.made = made

    def speak(self, text: str, **_: Any) -> Generator[Block]:
        for word in text.split():
            self.made.append(word)
            yield Block(bytes(2 * self.rate), ())


def test_a_long_text_delays_no_first_chunk_by_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two long texts have all the threads there are; whoever comes then waits for a step of each, not for the texts."""
    made: list[str] = []

    async def ask() -> None:
        turns = Turns(2)
        monkeypatch.setattr(speech, "in_turn", turns.take)
        engine = Noted(made)

        async def speak(text: str, after: int, begun: Callable[[], None] = lambda: None) -> None:
            track = Track(engine, FORMATS["pcm_s16le"].encoder(24000, 24000), voice="leah", language="en")
            pieces = track.speak(text)
            is_whole = False
            while len(made) < after:  # another thread makes them
                await checkpoint()
            begun()
            while not is_whole:
                _, is_whole = await track.next_audio(pieces)

        async with anyio.create_task_group() as group:
            for name in ("long", "longer"):
                group.start_soon(speak, f"{name} " * 60, 0)
            group.start_soon(speak, "short", 20, partial(made.append, "asked"))

    anyio.run(ask)
    waited = made[made.index("asked") + 1 : made.index("short")]
    assert len(made) == 122
    # What was under way, and at most as much again that was given out before the question was heard.
    assert len(waited) <= 4, waited


def test_the_first_audio_of_a_track_is_handed_out_as_soon_as_it_is_made() -> None:
    async def ask() -> tuple[bytes, bytes]:
        track = Track(ToneEngine(), FORMATS["pcm_s16le"].encoder(24000, 24000), voice="leah", language="en")
        pieces = track.speak("word " * 200)
        return (await track.next_audio(pieces))[0], (await track.next_audio(pieces))[0]

    first, second = anyio.run(ask)
    assert 0 < len(first) <= 48000 * 0.2
    assert len(second) >= speech.MOMENT_BYTES or len(second) > len(first)
