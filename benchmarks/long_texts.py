"""What `generate_long` gains over a loop of `generate` calls, and what it costs: `python -m benchmarks.long_texts`.

The server is another process, which answers each request after 200 ms, with as many MP3 frames as its text has
characters to speak. Both ways ask for the same 200 pieces.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

from lmnt import Lmnt
from lmnt_server.engines.tone import CHARACTER, ToneEngine
from lmnt_server.speech import Speech

FIRST_BYTE = 0.2
"""Seconds."""

PIECES = 200
CONCURRENCY = 8
SENTENCE = "This is one of the many sentences of a book that nobody has written, and it goes on for a while. "
FRAME = 288
"""Bytes of 24 ms of MP3 at 24 kHz and 96 kbit/s."""


class Run(NamedTuple):
    """One way to speak the book: seconds on the clock, seconds of this process, and seconds of audio."""

    wall: float
    cpu: float
    audio: float


def serve(told: Connection) -> None:
    """Answer for ever; tells the port first."""
    speech = Speech(ToneEngine(), SENTENCE, voice="leah", language="en", format="mp3", sample_rate=24_000)
    frames = b"".join(speech)
    frames = frames[: len(frames) // FRAME * FRAME] * 100

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # the client has closed it
            while True:
                await one(reader, writer)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        text = json.loads(await reader.readexactly(length))["text"]
        await asyncio.sleep(FIRST_BYTE)
        audio = frames[: round(len(text) * CHARACTER / 0.024) * FRAME]
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\nrequest-id: req_1\r\ncontent-length: "
            + str(len(audio)).encode()
            + b"\r\n\r\n"
            + audio
        )
        await writer.drain()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def loop(client: Lmnt, texts: list[str]) -> Run:
    """Speak the pieces one after another."""
    wall, cpu = time.perf_counter(), time.process_time()
    size = sum(len(client.speech.generate(text=text, voice="leah").read()) for text in texts)
    return Run(time.perf_counter() - wall, time.process_time() - cpu, size / FRAME * 0.024)


def at_once(client: Lmnt, text: str) -> Run:
    """Speak them by `generate_long`."""
    wall, cpu = time.perf_counter(), time.process_time()
    long = client.speech.generate_long(text, voice="leah", concurrency=CONCURRENCY)
    size = sum(map(len, long))
    assert long.complete
    return Run(time.perf_counter() - wall, time.process_time() - cpu, size / FRAME * 0.024)


def first_bytes(client: Lmnt, text: str, piece: str) -> tuple[float, float]:
    """Return the seconds to the first byte of the first piece alone, and of the long text, each the median of nine."""
    alone, long = list[float](), list[float]()
    for _ in range(9):
        began = time.perf_counter()
        with client.speech.with_streaming_response.generate(text=piece, voice="leah") as response:
            next(response.iter_bytes())
            alone.append(time.perf_counter() - began)
        began = time.perf_counter()
        with client.speech.generate_long(text, voice="leah", concurrency=CONCURRENCY) as audio:
            next(audio)
            long.append(time.perf_counter() - began)
        time.sleep(2 * FIRST_BYTE)  # what was asked for ahead is over
    return statistics.median(alone), statistics.median(long)


def main() -> int:
    """Print the three ratios; return 1 if one is above what it may be."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    text = SENTENCE * 4200
    with Lmnt(api_key="local", base_url=f"http://127.0.0.1:{here.recv()}") as client:
        while len(client.speech.generate_long(text, voice="leah").pieces) > PIECES:
            text = text[: -len(SENTENCE)]
        texts = [text[each.start : each.stop] for each in client.speech.generate_long(text, voice="leah").pieces]
        loop(client, texts[:3])
        one, many = loop(client, texts), at_once(client, text)
        alone, first = first_bytes(client, text, texts[0])
    server.terminate()
    rows = (
        ("wall", "s", one.wall, many.wall, 0.2),
        ("CPU in a second of audio", "µs", one.cpu / one.audio * 1e6, many.cpu / many.audio * 1e6, 1.3),
        ("first byte", "ms", alone * 1e3, first * 1e3, 1.1),
    )
    print(f"{len(texts)} pieces, {one.audio / 3600:.1f} hours of MP3, {CONCURRENCY} at once")
    for name, unit, before, after, most in rows:
        print(f"{name:26} {before:8.1f} {unit:2} {after:8.1f} {unit:2}  {after / before:.2f} of at most {most}")
    return int(any(after > most * before for _, _, before, after, most in rows))


if __name__ == "__main__":
    sys.exit(main())
