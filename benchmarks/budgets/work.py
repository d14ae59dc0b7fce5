"""The work that is measured once a library is at work: the client is made, and has made calls.

Each function does its work once: `size` is how much of it, in chunks, calls or messages.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from .libraries import ASYNC, SYNC
from .memory import forget_peak, peak

WARM_UP = 9
"""Chunks, calls and messages before anything counts; this many chunks are whole frames of MP3."""


class Clock(Protocol):
    """What client.py measures with."""

    def reset(self) -> None:
        """Forget what has passed."""

    def start(self) -> None:
        """Run; what has passed since an earlier start that was not stopped does not count."""

    def stop(self) -> None:
        """Stop, unless it has been stopped."""


class Sync:
    """The work of a client that waits.

    Args:
        client: One of `libraries`.
        clock: Runs when a method is called, and is stopped afterwards.
        chunk: Bytes in a chunk or message.
        format: The format of audio.
    """

    def __init__(self, client: Any, clock: Clock, chunk: int, format: str) -> None:
        self.client = client
        self.clock = clock
        self.chunk = chunk
        self.format = format

    def text(self, size: int) -> str:
        """Return a text that the server reads as a wish."""
        return f"{size} chunks of {self.chunk}"

    def small_call(self, size: int) -> None:
        """Ask for a voice."""
        self.client.voice()

    def voices(self, size: int) -> None:
        """Ask for all voices."""
        assert len(self.client.voices()) == 1000

    def first_chunk(self, size: int) -> None:
        """Ask for speech and hear its first chunk; the rest, which comes later, does not count."""
        with self.client.speech(f"{self.text(size)} with a pause", self.format) as chunks:
            for _ in chunks:
                self.clock.stop()

    def stream(self, size: int) -> None:
        """Hear all of a speech."""
        with self.client.speech(self.text(size), self.format) as chunks:
            received = sum(map(len, chunks))
        assert received == size * self.chunk, received

    def save(self, size: int) -> None:
        """Write a speech to a file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "speech")
            self.client.save(self.text(size), self.format, path)
            self.clock.stop()
            assert path.stat().st_size == size * self.chunk

    def session(self, size: int) -> None:
        """Hear the messages of a session that is open."""
        with self.client.session(self.text(size)) as messages:
            self.clock.start()
            received = sum(1 for _ in messages)
            self.clock.stop()
        assert received == size, received


class Async(Sync):
    """The work of a client that awaits."""

    async def small_call(self, size: int) -> None:  # type: ignore[override]  # awaits
        """Ask for a voice."""
        await self.client.voice()

    async def stream(self, size: int) -> None:  # type: ignore[override]  # the same
        """Hear all of a speech."""
        received = 0
        async with self.client.speech(self.text(size), self.format) as chunks:
            async for chunk in chunks:
                received += len(chunk)
        assert received == size * self.chunk, received

    async def session(self, size: int) -> None:  # type: ignore[override]  # the same
        """Hear the messages of a session that is open."""
        received = 0
        async with self.client.session(self.text(size)) as messages:
            self.clock.start()
            async for _ in messages:
                received += 1
            self.clock.stop()
        assert received == size, received

    async def calls_at_once(self, size: int) -> None:
        """Ask for a voice so many times at once."""
        await asyncio.gather(*(self.small_call(1) for _ in range(size)))

    async def streams_at_once(self, size: int) -> None:
        """Hear so many speeches at once."""
        await asyncio.gather(*(self.stream(7 * WARM_UP) for _ in range(size)))


class Run:
    """What the work is done with: iterating over it gives each size, and measures what is done until the next.

    Args:
        clock: Measures.
        size: The size that counts; before it come two that do not.
        times: How often.
    """

    def __init__(self, clock: Clock, size: int, times: int) -> None:
        self._clock = clock
        self._size = size
        self._times = times
        self.growth = 0
        """Bytes by which the process has grown at most."""

    def __iter__(self) -> Iterator[int]:
        yield WARM_UP
        yield WARM_UP
        self._clock.reset()
        before = forget_peak()
        for _ in range(self._times):
            self._clock.start()
            yield self._size
            self._clock.stop()
        self.growth = peak() - before


def run(style: str, name: str, module: str, base_url: str, clock: Clock, *settings: str) -> int:
    """Do some work and return the growth of the process; the settings are a `Work`'s, in their order."""
    http2, format, chunk, size, times = settings
    sizes = Run(clock, int(size), int(times))
    options = {"http2": True} if http2 == "h2" else {}

    kinds = SYNC if style == "sync" else ASYNC
    if module in ("h11", "httptools"):
        from .sockets import AsyncSockets, Sockets

        kinds = {module: Sockets if style == "sync" else AsyncSockets}

    if style == "sync":
        with closing(kinds[module](import_module(module), base_url, **options)) as client:
            work = getattr(Sync(client, clock, int(chunk), format), name)
            for each in sizes:
                work(each)
        return sizes.growth

    async def main() -> int:
        client = kinds[module](import_module(module), base_url, **options)
        work = getattr(Async(client, clock, int(chunk), format), name)
        for each in sizes:
            await work(each)
        await client.close()
        return sizes.growth

    return asyncio.run(main())
