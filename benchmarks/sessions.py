"""Many sessions at once in one process, each a minute of speech: every byte must arrive, none in another session.

Runs the real server with the tone engine, whose bytes are known beforehand. Each session begins when all are open.

    .venv/bin/python benchmarks/sessions.py                 200 sessions that await, about a minute
    .venv/bin/python benchmarks/sessions.py --waiting       200 sessions that wait, each in a thread
    .venv/bin/python benchmarks/sessions.py --sessions 20 --seconds 10
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import resource
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lmnt import AsyncLmnt, Lmnt, Timeout
from lmnt_server.engines import ENGINES
from lmnt_server.process import running
from lmnt_server.speech import Speech

RATE = 24_000
BYTES_A_SECOND = 2 * RATE
GROWTH_LIMIT = 20 << 20
"""Bytes that the process may grow by while the last seven tenths of the audio pass through it."""


def expected(text: str) -> bytes:
    """Return the audio of a text."""
    engine = ENGINES["tone"]()
    voice = engine.voices[0].id
    return b"".join(Speech(engine, text, voice=voice, language="auto", format="pcm_s16le", sample_rate=RATE))


def text_of(number: int, seconds: float) -> str:
    """Return a text, another for each number, that takes so many seconds to speak."""
    sentence = f"Session {number} counts {number * number} sheep. "
    # Without the silence at either end.
    once = (len(expected(sentence * 2)) - len(expected(sentence))) / BYTES_A_SECOND
    return sentence * (int(seconds / once) + 1)


def tokens(text: str) -> Iterator[str]:
    """Return a text in pieces, as a language model writes it."""
    return (text[start : start + 5] for start in range(0, len(text), 5))


def resident() -> int:
    """Return the bytes of memory that the process has now; its peak, where the system does not tell."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Progress:
    """Counts bytes, and looks at the memory from time to time."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._next = 0
        self._lock = threading.Lock()
        self.seen = 0
        self.memory: list[int] = []

    def add(self, size: int) -> None:
        """Take note of audio."""
        with self._lock:
            self.seen += size
            if self.seen >= self._next:
                self._next += self._total // 10
                self.memory.append(resident())
                share = self.seen * 100 // self._total
                print(f"{share:3d} %  {self.memory[-1] >> 20} MiB", file=sys.stderr)


async def awaited(base_url: str, texts: list[str], progress: Progress) -> list[str]:
    """Hear all texts at once and return the digest of each."""
    everybody = asyncio.Barrier(len(texts))

    async with AsyncLmnt(base_url=base_url, api_key="load", timeout=Timeout(120)) as client:

        async def hear(text: str) -> str:
            digest = hashlib.sha256()
            async with client.speech.sessions.create(voice="leah", format="pcm_s16le") as session:
                await everybody.wait()
                async for chunk in session.speak(tokens(text)):
                    digest.update(chunk)
                    progress.add(len(chunk))
                return digest.hexdigest() if session.complete else "not complete"

        return await asyncio.gather(*map(hear, texts))


def waited(base_url: str, texts: list[str], progress: Progress) -> list[str]:
    """Hear all texts at once and return the digest of each."""
    everybody = threading.Barrier(len(texts))

    with Lmnt(base_url=base_url, api_key="load", timeout=Timeout(120)) as client:

        def hear(text: str) -> str:
            digest = hashlib.sha256()
            with client.speech.sessions.create(voice="leah", format="pcm_s16le") as session:
                everybody.wait()
                for chunk in session.speak(tokens(text)):
                    digest.update(chunk)
                    progress.add(len(chunk))
                return digest.hexdigest() if session.complete else "not complete"

        with ThreadPoolExecutor(len(texts)) as pool:
            return list(pool.map(hear, texts))


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=200, help="how many at once (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="of speech in each (default: %(default)s)")
    parser.add_argument("--waiting", action="store_true", help="with Lmnt and threads, in place of AsyncLmnt")
    given = parser.parse_args()
    print("speaking the texts beforehand", file=sys.stderr)
    texts = [text_of(number, given.seconds) for number in range(given.sessions)]
    audios = [(len(audio := expected(text)), hashlib.sha256(audio).hexdigest()) for text in texts]
    total = sum(size for size, _ in audios)
    progress = Progress(total)
    with running(engine="tone", arguments=["--character-limit", "1000000000"]) as server:
        gc.collect()
        threads, began, cpu = threading.active_count(), time.monotonic(), time.process_time()
        if given.waiting:
            digests = waited(server.base_url, texts, progress)
        else:
            digests = asyncio.run(awaited(server.base_url, texts, progress))
        took, used = time.monotonic() - began, time.process_time() - cpu
    right = sum(digest == wanted for digest, (_, wanted) in zip(digests, audios, strict=True))
    spoken = total / BYTES_A_SECOND
    grown = max(progress.memory[3:]) - progress.memory[3]
    print(f"{right} of {given.sessions} sessions heard exactly their own audio, {progress.seen} of {total} bytes")
    print(f"{spoken / 60:.0f} minutes of speech in {took:.1f} s, {used:.1f} s of CPU time of this process")
    print(f"memory grew by {grown / (1 << 20):.1f} MiB after the first 30 %; threads left: ", end="")
    print(max(threading.active_count() - threads, 0))
    return 0 if right == given.sessions and progress.seen == total and grown < GROWTH_LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
