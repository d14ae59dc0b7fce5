"""The official client, in an environment of its own, has sessions with our server, and hears what ours hears."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import Any

import pytest

import lmnt

from ..official import official
from .modes import CONTEXT, KEY

TEXT = "Good morning. This session is held by the official client. It hears what we hear."

PROGRAM = """
import asyncio, hashlib, json, sys
from lmnt import AsyncLmnt

async def main():
    client = AsyncLmnt(api_key="any", base_url=sys.argv[1])
    heard = {}
    for format in ("mp3", "ulaw", "pcm_s16le", "pcm_f32le"):
        session = await client.speech.sessions.create(voice="leah", format=format, return_timestamps=True)
        for start in range(0, len(sys.argv[2]), 9):
            await session.send_text(sys.argv[2][start:start + 9])
        nonce = await session.send_flush()
        await session.send_finish()
        audio, types, words, answers = b"", [], "", []
        async for message in session:
            types.append(message.type)
            if message.type == "audio":
                audio += message.audio
            elif message.type == "timestamps":
                words += "".join(each.text for each in message.timestamps)
            elif message.type == "flush_complete":
                answers.append(message.nonce == nonce)
        await session.close()
        heard[format] = [types[0], "error" in types, words, answers, hashlib.sha256(audio).hexdigest()]
    print(json.dumps(heard))

asyncio.run(main())
"""


@pytest.mark.once
def test_the_official_client_hears_what_ours_hears(server: Any) -> None:
    command = [str(official()), "-I", "-c", PROGRAM, server.base_url, TEXT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout)
    with lmnt.Lmnt(api_key=KEY, base_url=server.base_url, ssl_context=CONTEXT) as client:
        for format, found in heard.items():
            with client.speech.sessions.create(voice="leah", format=format) as session:
                ours = b"".join(session.speak(TEXT[start : start + 9] for start in range(0, len(TEXT), 9)))
            assert session.complete
            assert len(ours) > 10_000
            assert found == ["ready", False, TEXT, [True], hashlib.sha256(ours).hexdigest()], format
