"""livekit-plugins-lmnt, with each of its formats that it can play, and both of its models."""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
from livekit.plugins.lmnt import tts as plugin

plugin.LMNT_BASE_URL = os.environ["LMNT_BASE_URL"] + "/v1/ai/speech/bytes"


async def main() -> None:
    async with aiohttp.ClientSession() as session:
        for model, format in (("blizzard", "mp3"), ("aurora", "wav"), ("blizzard", "aac")):
            tts = plugin.TTS(api_key="key", voice="leah", model=model, format=format, http_session=session)
            frame = await tts.synthesize("Hello there, this is livekit.").collect()
            (Path(sys.argv[1]) / f"livekit-{format}.{frame.sample_rate}.pcm").write_bytes(bytes(frame.data))
        # It has no decoder for its own media types of these: the answer is what counts.
        for format in ("raw", "mulaw"):
            body = {"text": "Hello there, this is livekit.", "voice": "leah", "format": format}
            async with session.post(plugin.LMNT_BASE_URL, json=body, headers={"X-API-Key": "key"}) as answer:
                answer.raise_for_status()
                name = "livekit-raw.24000.f32" if format == "raw" else "livekit-mulaw.wav"
                (Path(sys.argv[1]) / name).write_bytes(await answer.read())


asyncio.run(main())
print("done")
