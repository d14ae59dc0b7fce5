"""videosdk-plugins-lmnt, in a session of protocol 1.0."""

import asyncio
import os
import sys
from pathlib import Path

from videosdk.plugins.lmnt import LMNTTTS


class Track:
    def __init__(self) -> None:
        self.audio = b""

    async def add_new_bytes(self, audio: bytes) -> None:
        self.audio += audio


async def main() -> None:
    url = os.environ["LMNT_BASE_URL"].replace("http", "ws") + "/v1/ai/speech/stream"
    tts = LMNTTTS(api_key="key", voice="leah", ws_url=url)
    errors: list[object] = []
    tts.on("error", errors.append)
    tts.audio_track, tts.loop = Track(), asyncio.get_running_loop()

    async def words():
        for word in ("Hello ", "there. ", "And more."):
            yield word

    await tts.synthesize("Hello there.")
    await tts.synthesize(words())
    assert not errors, errors
    (Path(sys.argv[1]) / "videosdk.24000.pcm").write_bytes(tts.audio_track.audio)
    await tts.aclose()


asyncio.run(main())
print("done")
