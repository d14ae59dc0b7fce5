"""Many mixed calls, one in ten of them failing: nothing may grow.

Runs the real server, makes the calls with both clients, and compares open sockets, file descriptors, threads, tasks and
memory with what they were after a warm-up.

    .venv/bin/python benchmarks/soak.py                 20,000 calls, some two minutes
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
from collections.abc import Callable
from pathlib import Path

from lmnt import AsyncLmnt, Lmnt, LmntError
from lmnt_server.process import running

FAULTS = ("raise", "status=503", "status=404", "raise-after=900", "raise-after=0")
KEPT_CONNECTIONS = 8
"""Connections that the asynchronous client may keep, as many as it has calls at once; how many it has kept varies."""

GROWTH_LIMIT = 5 << 20
"""Bytes that Python's objects may grow by."""


def calls(client: Lmnt) -> list[Callable[[int], object]]:
    """Return the calls that are mixed; each takes its number and fails if that is a multiple of ten."""

    def headers(number: int) -> dict[str, str]:
        return {"x-lmnt-fault": FAULTS[number // 10 % len(FAULTS)]} if number % 10 == 0 else {}

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


async def awaited(client: AsyncLmnt, first: int, count: int, outcomes: Counter[str]) -> None:
    """Make calls with the asynchronous client, eight at a time."""
    gate = asyncio.Semaphore(KEPT_CONNECTIONS)

    async def one(number: int) -> None:
        headers = {"x-lmnt-fault": FAULTS[number // 10 % len(FAULTS)]} if number % 10 == 0 else {}
        async with gate:
            try:
                entering = client.speech.with_streaming_response.generate(
                    text="Hello.", voice="leah", format="pcm_s16le", extra_headers=headers
                )
                async with entering as response:
                    async for _ in response.iter_bytes():
                        pass
                outcomes["whole"] += 1
            except LmntError as error:
                outcomes[type(error).__name__] += 1

    await asyncio.gather(*(one(number) for number in range(first, first + count)))


def measure() -> dict[str, int]:
    """Count what must not grow."""
    gc.collect()
    descriptors = Path("/proc/self/fd")
    return {
        "descriptors": len(os.listdir(descriptors)) if descriptors.exists() else -1,  # noqa: PTH208  # counts alone
        "threads": threading.active_count(),
        "traced bytes": tracemalloc.get_traced_memory()[0],
        "peak resident KiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000, help="how many calls (default: %(default)s)")
    total = parser.parse_args().calls
    outcomes: Counter[str] = Counter()
    tracemalloc.start()
    with (
        running(engine="tone", faults=True, arguments=["--character-limit", "1000000000"]) as server,
        asyncio.Runner() as runner,
    ):
        client = Lmnt(base_url=server.base_url, api_key="soak", max_retries=0)
        async_client = AsyncLmnt(base_url=server.base_url, api_key="soak", max_retries=0)
        kinds = calls(client)

        def some(first: int, count: int) -> None:
            for number in range(first, first + count):
                try:
                    kinds[number % len(kinds)](number)
                    outcomes["whole"] += 1
                except LmntError as error:
                    outcomes[type(error).__name__] += 1

        before: dict[str, int] = {}
        for step in range(21):
            # The first step warms up: connections, caches, imports.
            some(step * total // 20, total // 40)
            runner.run(awaited(async_client, step * total // 20, total // 40, outcomes))
            tasks = len(asyncio.all_tasks(runner.get_loop()))
            after = {**measure(), "tasks": tasks}
            before = before or after
            print(f"{(step + 1) * 100 // 21:3d} %  {after}", file=sys.stderr)
        client.close()
        runner.run(async_client.close())
    grown = {name: after[name] - before[name] for name in after}
    print(f"outcomes: {dict(outcomes)}")
    print(f"growth after the warm-up: {grown}")
    failed = sum(count for name, count in outcomes.items() if name != "whole")
    ok = (
        grown["descriptors"] <= KEPT_CONNECTIONS
        and grown["threads"] <= 0
        and grown["tasks"] <= 0
        and grown["traced bytes"] < GROWTH_LIMIT
        and failed > 0
    )
    print("nothing grew" if ok else "something grew")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
