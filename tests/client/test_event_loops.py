"""An asynchronous client in an event loop that is not asyncio's."""

from __future__ import annotations

import io
import logging
import wave
from pathlib import Path
from typing import Any

import pytest
import trio

import lmnt
from lmnt_server.process import ServerProcess

from .modes import CONTEXT, KEY

SPEECH: dict[str, Any] = {"text": "One. Two. Three.", "voice": "leah", "format": "pcm_s16le"}


def fault(text: str) -> dict[str, str]:
    return {"x-lmnt-fault": text}


def test_http_calls_under_trio(server: ServerProcess, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=server.base_url, ssl_context=CONTEXT) as client:
            assert (await client.voices.retrieve("leah")).id == "leah"
            whole = await (await client.speech.generate(**SPEECH)).read()
            streaming = client.speech.with_streaming_response
            async with streaming.generate(**SPEECH) as response:
                assert b"".join([chunk async for chunk in response.iter_bytes()]) == whole
                assert response.complete is True
            async with streaming.generate(**SPEECH) as response:
                await response.stream_to_file(tmp_path / "speech")
            assert (tmp_path / "speech").read_bytes() == whole
            again = client.with_options(default_headers=fault("status=503; times=1; retry-after=0.01"))
            assert (await again.voices.with_raw_response.retrieve("leah")).retries_taken == 1
            with pytest.raises(lmnt.NotFoundError):
                await client.voices.retrieve("nobody")
            async with streaming.generate(**SPEECH, extra_headers=fault("raise-after=5000")) as response:
                with pytest.raises(lmnt.StreamTruncatedError, match="after 5000 bytes"):
                    await response.read()
            made = await client.voices.create(name="mine", file=("mine.wav", riff()))
            assert made.name == "mine"
            await client.voices.delete(made.id)

    with caplog.at_level(logging.DEBUG, "lmnt"):
        trio.run(main)
    assert "by httpx, since the event loop is not asyncio's" in caplog.text


def riff() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    return file.getvalue()


def test_a_cancelled_step_under_trio_is_an_error_at_the_next(server: ServerProcess) -> None:
    async def main() -> None:
        async with (
            lmnt.AsyncLmnt(api_key=KEY, base_url=server.base_url, ssl_context=CONTEXT) as client,
            client.speech.with_streaming_response.generate(**SPEECH, extra_headers=fault("drip=300")) as response,
        ):
            chunks = response.iter_bytes()
            await anext(chunks)
            with trio.move_on_after(0.01):
                await anext(chunks)
            for _ in range(2):
                with pytest.raises(lmnt.StreamTruncatedError, match="interrupted"):
                    await anext(chunks)

    trio.run(main)


def test_a_session_under_trio_is_one_clear_error(server: ServerProcess) -> None:
    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=server.base_url, ssl_context=CONTEXT) as client:
            with pytest.raises(lmnt.LmntError, match="needs asyncio's event loop"):
                await client.speech.sessions.create(voice="leah")

    trio.run(main)
