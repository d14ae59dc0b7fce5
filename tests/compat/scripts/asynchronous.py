"""The same with `await`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import httpx
from shared import digest, fault, show

import lmnt
from lmnt import AsyncLmnt
from lmnt.types import Voice


async def main() -> None:
    """All of it on one loop."""
    folder = Path(tempfile.mkdtemp())
    speech: dict[str, Any] = {"text": "One. Two. Three.", "voice": "leah", "format": "pcm_s16le"}
    async with AsyncLmnt(max_retries=0) as client:
        voices = await client.voices.list()
        show("voices", [voice.id for voice in voices][:3])
        show("several", [voice.id for voice in await asyncio.gather(*map(client.voices.retrieve, ("leah", "ansel")))])
        whole = await client.speech.generate(**speech)
        show("audio", type(whole).__name__, digest(await whole.read()), len(await whole.parse()))
        show("pieces", [len(piece) async for piece in whole.iter_bytes(20_000)][:2])
        await whole.write_to_file(folder / "whole.raw")
        show("file", digest((folder / "whole.raw").read_bytes()))
        async with client.speech.with_streaming_response.generate(**speech) as streamed:
            show("stream", type(streamed).__name__, streamed.status_code)
            await streamed.stream_to_file(folder / "stream.raw")
        show("stream file", digest((folder / "stream.raw").read_bytes()), streamed.is_closed)
        async with client.speech.with_streaming_response.generate(**speech, extra_headers=fault("drip=50")) as slow:
            pieces, size = slow.iter_bytes(), 0
            while size < len(await whole.read()):
                try:
                    size += len(await asyncio.wait_for(anext(pieces), 0.02))
                except TimeoutError:
                    continue
                except StopAsyncIteration:
                    break
            show("steps of 20 ms", "all of it" if size == len(await whole.read()) else "ended before")
        raw = await client.voices.with_raw_response.retrieve("leah")
        show("raw", type(raw).__name__, raw.status_code, (await raw.parse()).id, (await raw.json())["id"])
        show(
            "raw as",
            (await raw.parse(to=dict[str, object]))["id"],
            (await raw.text())[:1],
            raw.http_response.json()["id"],
        )
        show("low level", (await client.get("/v1/ai/voice/leah", cast_to=Voice)).name)
        show("low level post", digest(await client.post("/v1/ai/speech/bytes", cast_to=bytes, body=speech)))
        detailed = await client.speech.generate_detailed(**speech, return_timestamps=True)
        show("detailed", len(detailed.audio), (detailed.timestamps or [])[1].text)
        show("account", (await client.accounts.retrieve()).plan.type)
        try:
            await client.voices.retrieve("nobody")
        except lmnt.NotFoundError as error:
            show("error", error.status_code, error.type, error.response.json() == error.body)
        try:
            await client.with_options(timeout=0.2).voices.list(extra_headers=fault("stall"))
        except lmnt.APITimeoutError as error:
            show("too late", type(error).__name__)
        made = await client.voices.create(file=("a.wav", await wav(client)), name="mine")
        show("made", made.name, (await client.voices.update(made.id, name="other")).voice.name)
        show("gone", (await client.voices.delete(made.id)).success)
        show("open", client.is_closed())
    show("closed", client.is_closed())
    async with AsyncLmnt(http_client=lmnt.DefaultAsyncHttpxClient(timeout=httpx.Timeout(20))) as own:
        show("own HTTP client", len(await own.voices.list()) > 1)


async def wav(client: AsyncLmnt) -> bytes:
    """A recording to clone."""
    return await (await client.speech.generate(text="Mine.", voice="leah", format="wav")).read()


asyncio.run(main())
