"""What the server does: how soon it speaks, how many can listen at once, how much memory it takes.

    .venv/bin/python -m benchmarks.server                    all of it, with the neural voice, some ten minutes
    .venv/bin/python -m benchmarks.server first --beside DIR the first chunk of another build too: a checkout in DIR
    .venv/bin/python -m benchmarks.server streams            how many streams and sessions play at once with no gap
    .venv/bin/python -m benchmarks.server memory --requests 10000

A stream plays from the moment when it has `HEAD` seconds; a gap is a moment when what came has been played and more is
to come. Half of the streams are HTTP and half are sessions, and all begin at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from websockets.asyncio.client import connect

ROOT: Final = Path(__file__).resolve().parent.parent
HEAD: Final = 0.5
"""Seconds of audio that a player waits for before it begins."""

SECOND: Final = {"mp3": 96_000 // 8, "pcm_s16le": 48_000}
"""Bytes in a second of each format, at 24 kHz."""

SHORT: Final = "Hello there, this is number {} of the short texts that are to be spoken."
LONG: Final = (
    "Number {} of those who listen hears a longer story. It was a bright cold day in the spring, and the clocks of the"
    " town were striking one after another. Nobody counted them, for everybody knew that they were wrong! What did it"
    " matter? The market was open, the bread was warm, and the boats came in with the tide, as they had done for as"
    " long as anybody could remember. At noon a stranger asked for the time. He was told three different hours, thanked"
    " everyone politely, and sat down in the sun to wait for all of them."
)


class Server(NamedTuple):
    """A server that runs: its process and its port."""

    pid: int
    port: int

    @property
    def megabytes(self) -> float:
        """Memory that the process has, without that of its children."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def serving(engine: str, checkout: Path = ROOT) -> Iterator[Server]:
    """Run the server of a checkout."""
    env = {**os.environ, "PYTHONPATH": f"{checkout / 'server'}{os.pathsep}{checkout / 'generated'}"}
    command = [sys.executable, "-m", "lmnt_server", "--port", "0", "--engine", engine, "--stop-on-eof"]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Server(process.pid, int(process.stdout.readline().rpartition(":")[2]))
        finally:
            process.stdin.close()


async def chunks(port: int, text: str, format: str) -> AsyncIterator[int]:
    """Yield the size of each chunk of a stream over HTTP."""
    body = json.dumps({"text": text, "voice": "leah", "language": "en", "format": format}).encode()
    head = f"POST /v1/ai/speech/bytes HTTP/1.1\r\nHost: x\r\nX-API-Key: k\r\nContent-Length: {len(body)}\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}Content-Type: application/json\r\nConnection: close\r\n\r\n".encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in answer.splitlines()[0]:
        raise RuntimeError(answer.decode())
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
        yield size
    writer.close()


async def frames(port: int, text: str, format: str) -> AsyncIterator[int]:
    """Yield the size of each audio frame of a session."""
    async with connect(f"ws://127.0.0.1:{port}/v1/ai/speech/stream", compression=None) as socket:
        init = {"type": "init", "X-API-Key": "k", "voice": "leah", "language": "en", "format": format}
        for message in (init, {"type": "text", "text": text}, {"type": "finish"}):
            await socket.send(json.dumps(message))
        async for frame in socket:
            if isinstance(frame, bytes):
                yield len(frame)


class Heard(NamedTuple):
    """How a stream played: seconds to the first chunk, to the last, and of silence in gaps; seconds of audio."""

    first: float
    last: float
    gaps: float
    audio: float


async def listen(sizes: AsyncIterator[int], format: str) -> Heard:
    """Play a stream as it comes."""
    asked = time.perf_counter()
    first = began = None
    got = gaps = 0.0
    async for size in sizes:
        now = time.perf_counter()
        first = first or now
        if began is not None and now - began > got:
            gaps += now - began - got
            began = now - got
        got += size / SECOND[format]
        if began is None and got >= HEAD:
            began = now
    return Heard((first or asked) - asked, time.perf_counter() - asked, gaps, got)


async def at_once(port: int, count: int, format: str) -> list[Heard]:
    """Play so many at once, every other one a session."""
    ways = (chunks, frames)
    return await asyncio.gather(
        *(listen(ways[n % 2](port, LONG.format(n + 1000 * count), format), format) for n in range(count))
    )


def first_chunk(beside: Path | None, engine: str, rounds: int) -> None:
    """Print how soon a short text is heard, in turns with another build."""
    for format in SECOND:
        with serving(engine) as ours, serving("espeak" if beside else engine, beside or ROOT) as other:
            servers = {"this build": ours, **({"the other": other} if beside else {})}
            found: dict[str, list[float]] = {name: [] for name in servers}
            for turn in range(rounds):
                for name, server in servers.items():
                    heard = asyncio.run(listen(chunks(server.port, SHORT.format(turn), format), format))
                    found[name].append(heard.first * 1000)
        # The quarter that other work on the machine has slowed least says more of the server than the median does.
        quartiles = {name: statistics.quantiles(times[5:]) for name, times in found.items()}
        shown = [f"{name} {low:.1f} and {middle:.1f} ms" for name, (low, middle, _) in quartiles.items()]
        print(f"first chunk  {engine} {format}, lower quartile and median: {', '.join(shown)}", end="")
        ratios = [mine / other for mine, other in zip(*quartiles.values(), strict=True)] if beside else []
        print(f", ratios {ratios[0]:.2f} and {ratios[1]:.2f}" if beside else "")


def streams(engine: str, format: str, most: int) -> int:
    """Print how many streams play at once with no gap, and return it."""
    with serving(engine) as server:
        asyncio.run(at_once(server.port, 2, format))

        def plays(count: int) -> bool:
            heard = asyncio.run(at_once(server.port, count, format))
            gapless = sum(each.gaps == 0 for each in heard)
            audio = sum(each.audio for each in heard)
            slowest = max(each.last for each in heard)
            print(
                f"streams      {engine} {format}, {count} at once: {gapless} with no gap, the longest gap"
                f" {max(each.gaps for each in heard):.2f} s; first chunk after"
                f" {statistics.median(each.first for each in heard):.2f} s, the last"
                f" {max(each.first for each in heard):.2f} s; {audio / slowest:.0f} times real time",
                flush=True,
            )
            return gapless == count

        good, bad = 0, most + 1
        count = min(16, most)
        while bad - good > max(1, good // 16):
            if plays(count):
                good = count
            else:
                bad = count
            count = min(2 * good, most) if bad > most else (good + bad) // 2
            if good == most:
                break
    print(f"streams      {engine} {format}: {good} play at once with no gap")
    return good


def memory(engine: str, requests: int) -> None:
    """Print the memory of the server as it answers requests, eight at a time."""

    async def answer(port: int, numbers: Sequence[int]) -> None:
        async def some(part: Sequence[int]) -> None:
            for number in part:
                await listen(chunks(port, f"Number {number} of {requests}.", "mp3"), "mp3")

        await asyncio.gather(*(some(numbers[n::8]) for n in range(8)))

    with serving(engine) as server:
        print(f"memory       {engine}: {server.megabytes:.0f} MB with the voice loaded")
        step = max(1, requests // 10)
        for start in range(0, requests, step):
            asyncio.run(answer(server.port, range(start, min(start + step, requests))))
            print(f"memory       {engine}: {server.megabytes:.0f} MB after {start + step} requests", flush=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.server", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", nargs="*", choices=["first", "streams", "memory", []], help="what to measure")
    parser.add_argument("--engine", default="hibari")
    parser.add_argument("--format", choices=sorted(SECOND), default="mp3", help="of the streams")
    parser.add_argument("--most", type=int, default=128, help="streams to try")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=60, help="of the first chunk")
    parser.add_argument(
        "--beside", type=Path, metavar="DIR", help="a checkout of another build, whose espeak is measured"
    )
    given = parser.parse_args()
    wanted = given.what or ["first", "streams", "memory"]
    if "first" in wanted:
        first_chunk(given.beside, "espeak", given.rounds)
        first_chunk(None, given.engine, given.rounds)
    if "streams" in wanted:
        streams(given.engine, given.format, given.most)
    if "memory" in wanted:
        memory(given.engine, given.requests)


if __name__ == "__main__":
    main()
