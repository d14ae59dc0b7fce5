"""Many mixed calls, one in ten of them failing, 50 at once: nothing may grow.

Runs the real server, makes the calls with both clients, and compares open file descriptors, threads, tasks and memory
with what they were after a warm-up, and the descriptors in the end, with all closed, with what they were before.

    .venv/bin/python benchmarks/soak.py                    20,000 calls straight to the server, some two minutes
    .venv/bin/python benchmarks/soak.py --road library     by clients of httpx
    .venv/bin/python benchmarks/soak.py --calls 2000
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import sys
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lmnt import AsyncLmnt, Lmnt, LmntError
from lmnt_server.process import running

FAULTS = ("raise", "status=503", "status=404", "raise-after=900", "raise-after=0")
AT_ONCE = 50

LOST_CALLS = {"direct": 0, "library": 0.001}
"""The share of calls that may fail with no fault asked for. With threads, httpcore 1.0.9 sometimes closes an idle
connection that another thread has just taken (EBADF); such a call may be repeated, which is off here."""

GROWTH_LIMIT = 5 << 20
"""Bytes that Python's objects may grow by."""


def headers(number: int) -> dict[str, str]:
    """Return what makes a call fail if its number is a multiple of ten."""
    return {"x-lmnt-fault": FAULTS[number // 10 % len(FAULTS)]} if number % 10 == 0 else {}


def calls(client: Lmnt) -> list[Callable[[int], object]]:
    """Return the calls that are mixed; each takes its number."""

    def stream(number: int) -> int:
        entering = client.speech.with_streaming_response.generate(
            text="Hello.", voice="leah", format="pcm_s16le", extra_headers=headers(number)
        )
        with entering as response:
            return sum(map(len, response.iter_bytes()))

    def leave(number: int) -> bytes:
        entering = client.speech.with_streaming_response.generate(
            text="Hello. " * 50, voice="leah", format="pcm_s16le", extra_headers=headers(number)
        )
        with entering as response:
            return next(response.iter_bytes())

    return [
        lambda number: client.voices.list(extra_headers=headers(number)),
        lambda number: client.voices.retrieve("leah", extra_headers=headers(number)),
        lambda number: client.speech.generate(text="Hello.", voice="leah", extra_headers=headers(number)),
        lambda number: client.accounts.retrieve(extra_headers=headers(number)),
        stream,
        leave,
    ]


def waited(client: Lmnt, numbers: Iterable[int]) -> list[str]:
    """Make calls with the waiting client, one in each thread at a time, and return how each ended."""
    kinds = calls(client)

    def one(number: int) -> str:
        try:
            kinds[number % len(kinds)](number)
        except LmntError as error:
            return type(error).__name__
        return "whole"

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, numbers))


async def awaited(client: AsyncLmnt, numbers: Iterable[int]) -> list[str]:
    """Make calls with the awaiting client, and return how each ended."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> str:
        async with gate:
            try:
                entering = client.speech.with_streaming_response.generate(
                    text="Hello.", voice="leah", format="pcm_s16le", extra_headers=headers(number)
                )
                async with entering as response:
                    async for _ in response.iter_bytes():
                        pass
            except LmntError as error:
                return type(error).__name__
        return "whole"

    return await asyncio.gather(*map(one, numbers))


def http_clients(road: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what makes both clients take a road."""
    if road == "direct":
        return {}, {}
    import httpx

    return {"http_client": httpx.Client()}, {"http_client": httpx.AsyncClient()}


def descriptors() -> int:
    """Count the open file descriptors; -1 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.exists() else -1  # noqa: PTH208  # counts alone


def measure() -> dict[str, int]:
    """Count what must not grow."""
    gc.collect()
    return {
        "descriptors": descriptors(),
        "threads": threading.active_count(),
        "traced bytes": tracemalloc.get_traced_memory()[0],
        "peak resident KiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000, help="how many calls (default: %(default)s)")
    parser.add_argument("--road", choices=("direct", "library"), default="direct", help="which way they go")
    given = parser.parse_args()
    outcomes: Counter[str] = Counter()
    tracemalloc.start()
    with (
        running(engine="tone", faults=True, arguments=["--character-limit", "1000000000"]) as server,
        asyncio.Runner() as runner,
    ):
        runner.get_loop()
        open_before = descriptors()
        options: dict[str, Any] = {"base_url": server.base_url, "api_key": "soak", "max_retries": 0}
        given_client, given_async_client = http_clients(given.road)
        client, async_client = Lmnt(**options, **given_client), AsyncLmnt(**options, **given_async_client)
        before: dict[str, int] = {}
        for step in range(21):
            # The first step warms up: connections, caches, imports. A step makes each call once with either client.
            numbers = range(step * given.calls // 40, (step + 1) * given.calls // 40)
            outcomes.update(waited(client, numbers))
            outcomes.update(runner.run(awaited(async_client, numbers)))
            tasks = len(asyncio.all_tasks(runner.get_loop()))
            after = {**measure(), "tasks": tasks}
            before = before or after
            print(f"{(step + 1) * 100 // 21:3d} %  {after}", file=sys.stderr)
        client.close()
        runner.run(async_client.close())
        open_after = descriptors()
    grown = {name: after[name] - before[name] for name in after}
    print(f"outcomes: {dict(outcomes)}")
    print(f"growth after the warm-up: {grown}; descriptors left in the end: {open_after - open_before}")
    unasked = outcomes.total() - outcomes["whole"] - 2 * len(range(0, 21 * given.calls // 40, 10))
    print(f"calls that failed and were not told to: {unasked}")
    ok = (
        # How many connections wait for a call varies, up to one for each that there was at once with either client.
        grown["descriptors"] <= 2 * AT_ONCE
        and open_after <= open_before
        and grown["threads"] <= 0
        and grown["tasks"] <= 0
        and grown["traced bytes"] < GROWTH_LIMIT
        and 0 <= unasked <= min(LOST_CALLS[given.road] * given.calls, outcomes["APIConnectionError"])
    )
    print("nothing grew" if ok else "something grew")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
