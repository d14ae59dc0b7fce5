"""200 calls at once, some of them given up or answered early: each other one gets its own answer, and nothing is left.

`./scripts/test --stress` does it 2,000 times, 500 times for each kind of client and of parser (half an hour); else it
is done twice for each.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lmnt

from .modes import CONTEXT, KEY, with_both_parsers

RUNS = int(os.environ.get("STRESS", "2"))
CALLS, THREADS = 200, 20

pytestmark = with_both_parsers


class Plan(NamedTuple):
    """What becomes of a call."""

    number: int
    is_early: bool
    """Whether the server answers before it has read all."""
    gives_up: float | None
    """Seconds after which the caller does."""
    timeout: float


class Server:
    """Answers each request with the number that it asked for, some late, some in chunks, some for the last time."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._take(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # before 3.12.1 asyncio logs a task of a server that ends as cancelled as an error
        finally:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Take a request; returns whether there may be another."""
        top = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in top.split("\r\n")[1:] if line)
        if "x-early" in fields:
            writer.write(b"HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
            await asyncio.sleep(self._chance.choice([0.0, 0.02]))
            return False
        await reader.readexactly(int(fields.get("content-length", "0")))
        await asyncio.sleep(self._chance.random() / 50)
        # Of one that is closed without a word nobody knows whether the next request was seen, and speech is paid for.
        is_last = self._chance.random() < 0.1
        writer.writelines(self._answer(fields["x-number"].encode(), b"Connection: close\r\n" * is_last))
        await writer.drain()
        return not is_last

    def _answer(self, body: bytes, last: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\n" + last
        if self._chance.random() < 0.5:
            yield b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        else:
            yield b"Transfer-Encoding: chunked\r\n\r\n"
            for each in body:
                yield b"1\r\n%c\r\n" % each
            yield b"0\r\n\r\n"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve for as long as the block lasts."""
        loop, begun = asyncio.new_event_loop(), threading.Event()
        over = asyncio.Event()

        async def main() -> None:
            async with await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=CALLS) as server:
                self.port = server.sockets[0].getsockname()[1]
                begun.set()
                await over.wait()
            for task in (others := asyncio.all_tasks() - {asyncio.current_task()}):
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0)

        def run() -> None:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(main())

        thread = threading.Thread(target=run)
        thread.start()
        begun.wait(10)
        try:
            yield
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join(10)
        assert not thread.is_alive()


def planned(seed: int) -> list[Plan]:
    chance = random.Random(seed)

    def plan(number: int) -> Plan:
        kind = chance.random()
        moment = chance.random() / 10
        times_out = chance.random() < 0.5
        gives_up = 0.1 < kind < 0.2
        return Plan(
            number,
            is_early=kind < 0.1,
            gives_up=moment if gives_up and not times_out else None,
            timeout=0.0001 + moment if gives_up and times_out else 30,
        )

    return [plan(number) for number in range(CALLS)]


def arguments(plan: Plan) -> dict[str, Any]:
    headers = {"x-number": f"{plan.number:04}", **({"x-early": "1"} if plan.is_early else {})}
    more = {"more": "a" * (3_000_000 if plan.number % 8 == 0 else 200_000)} if plan.is_early else {}
    return {"text": "a", "voice": "b", "extra_body": more, "extra_headers": headers, "timeout": plan.timeout}


def judge(plan: Plan, result: object) -> None:
    if plan.is_early:
        # What it said may be lost where it closes with something unread: that is TCP's.
        assert isinstance(result, lmnt.APIStatusError | lmnt.APIConnectionError), result
    elif plan.gives_up is not None or plan.timeout < 1:
        given_up = lmnt.APITimeoutError | lmnt.StreamTimeoutError | asyncio.CancelledError
        assert isinstance(result, given_up) or result == b"%04d" % plan.number, result
    else:
        assert result == b"%04d" % plan.number


def held() -> Counter[object]:
    """Return the threads and open files of this process, by what they are: those of earlier tests may end."""
    found: Counter[object] = Counter(threading.enumerate())
    for each in Path("/proc/self/fd").iterdir() if Path("/proc/self/fd").is_dir() else ():
        with suppress(FileNotFoundError):  # that of the listing itself
            found[str(each.readlink())] += 1
    return found


def nothing_is_left(client: Any) -> None:
    pools = client._shared.pool._pools.values()
    assert pools
    for pool in pools:
        assert pool._count == len(pool._idle)
        assert not [*pool._in_use, *pool._waiting]
        assert not pool._to_do


def options(server: Server) -> dict[str, Any]:
    base_url = f"http://127.0.0.1:{server.port}"
    return {"api_key": KEY, "base_url": base_url, "ssl_context": CONTEXT, "max_retries": 2}


MANY = settings(
    max_examples=RUNS,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # what fails depends on time: nothing simpler would fail again
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(seed=st.integers(0, 2**32))
@MANY
def test_threads(seed: int) -> None:
    gc.collect()
    before = held()
    server = Server(seed)
    with server.running(), lmnt.Lmnt(**options(server)) as client:

        def call(plan: Plan) -> object:
            timeout = plan.timeout if plan.gives_up is None else plan.gives_up
            try:
                return client.speech.generate(**{**arguments(plan), "timeout": timeout}).read()
            except lmnt.APIError as error:
                return error

        plans = planned(seed)
        with ThreadPoolExecutor(THREADS) as threads:
            for plan, result in zip(plans, threads.map(call, plans), strict=True):
                judge(plan, result)
        nothing_is_left(client)
    gc.collect()
    assert not held() - before


@given(seed=st.integers(0, 2**32))
@MANY
def test_tasks(seed: int) -> None:
    gc.collect()
    before = held()
    server = Server(seed)

    async def call(client: lmnt.AsyncLmnt, plan: Plan) -> bytes:
        return await (await client.speech.generate(**arguments(plan))).read()

    async def use() -> None:
        async with lmnt.AsyncLmnt(**options(server)) as client:
            plans = planned(seed)
            tasks = [asyncio.create_task(call(client, plan)) for plan in plans]
            for task, plan in zip(tasks, plans, strict=True):
                if plan.gives_up is not None:
                    asyncio.get_running_loop().call_later(plan.gives_up, task.cancel)
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for plan, result in zip(plans, results, strict=True):
                judge(plan, result)
            nothing_is_left(client)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with server.running():
        asyncio.run(use())
    gc.collect()
    assert not held() - before
