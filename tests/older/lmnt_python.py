"""The official package of any version: a file in one piece, one with its times, a session with times, one without."""

import asyncio
import base64
import inspect
import os
import sys
from pathlib import Path

import lmnt

BASE, OUT = os.environ["LMNT_BASE_URL"], Path(sys.argv[1])
TEXT = "Hello there. This is an older client."


def whole() -> None:
    client = lmnt.Lmnt(base_url=BASE, api_key="key")
    (OUT / "generated.mp3").write_bytes(client.speech.generate(text=TEXT, voice="leah", format="mp3").read())
    wanted = inspect.signature(client.speech.generate_detailed).parameters
    word = "return_timestamps" if "return_timestamps" in wanted else "return_durations"
    found = client.speech.generate_detailed(text=TEXT, voice="leah", format="wav", **{word: True})
    (OUT / "detailed.wav").write_bytes(base64.b64decode(found.audio))
    times = getattr(found, word.removeprefix("return_"))
    assert "".join(each.text for each in times) == TEXT


async def session(name: str, **options: bool) -> None:
    try:  # the first ones have no way to say where
        from lmnt.lib import websocket_streaming

        websocket_streaming.URL_STREAMING = BASE.replace("http", "ws") + "/v1/ai/speech/stream"
    except ImportError:
        pass
    client = lmnt.AsyncLmnt(base_url=BASE, api_key="key")
    opened = await client.speech.sessions.create(voice="leah", format="pcm_s16le", sample_rate=16000, **options)
    texts, audio, times, kinds = ["Hello there. ", "This is an older client."], b"", "", set()
    send = getattr(opened, "append_text", None) or opened.send_text
    for text in texts:
        result = send(text)
        if inspect.isawaitable(result):
            await result
    for step in ("flush", "finish"):
        result = (getattr(opened, step, None) or getattr(opened, f"send_{step}"))()
        if inspect.isawaitable(result):
            await result
    async for message in opened:
        kinds.add(getattr(message, "type", "audio"))
        audio += getattr(message, "audio", None) or b""
        found = getattr(message, "durations", None) or getattr(message, "timestamps", None) or []
        times += "".join(each["text"] if isinstance(each, dict) else each.text for each in found)
    await opened.close()
    assert "error" not in kinds, kinds
    assert times == ("".join(texts) if options else ""), times
    (OUT / f"{name}.16000.pcm").write_bytes(audio)


whole()
asyncio.run(session("session"))
parameters = inspect.signature(lmnt.AsyncLmnt(base_url=BASE, api_key="key").speech.sessions.create).parameters
timed = "return_timestamps" if "return_timestamps" in parameters else "return_extras"
asyncio.run(session("timed", **{timed: True}))
print("done")
