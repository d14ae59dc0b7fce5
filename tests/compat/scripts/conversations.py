"""Sessions, which the official package has with `await` alone."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from shared import digest, show

from lmnt import AsyncLmnt
from lmnt.resources.sessions import SpeechSession, UnexpectedMessageError
from lmnt.types import SpeechSessionAudio, SpeechSessionFlushComplete, SpeechSessionReady, SpeechSessionTimestamps


async def told(session: SpeechSession, until: str = "") -> tuple[list[str], bytes, list[Any]]:
    """Return what a session says until its end or a message: the kinds, each once in a row; the audio; the rest."""
    kinds: list[str] = []
    audio, rest = b"", []
    async for message in session:
        kinds += [message.type] if kinds[-1:] != [message.type] else []
        if isinstance(message, SpeechSessionAudio):
            audio += message.audio
        else:
            rest.append(message)
        if message.type == until:
            break
    return kinds, audio, rest


async def failed(label: str, client: AsyncLmnt, **arguments: Any) -> None:
    """A session that the server refuses."""
    try:
        session = await client.speech.sessions.create(**arguments)
        await session.send_finish()
        kinds, audio, _ = await told(session)
        show(label, "no error", kinds, len(audio))
    except Exception as error:
        show(label, type(error).__name__)


async def main() -> None:
    """One after the other."""
    client = AsyncLmnt()
    session = await client.speech.sessions.create(voice="leah", format="pcm_s16le")
    show("class", isinstance(session, SpeechSession), session.voice, session.format, session.language, session.nonce)
    show("address", session.url.partition(":")[0], session.url.rpartition(":")[2].partition("/")[2])
    await session.send_text("Hello there. ")
    await session.send_text("How are you?")
    await session.send_finish()
    kinds, audio, rest = await told(session)
    show(
        "spoken",
        kinds,
        digest(audio),
        session.request_id == rest[0].request_id,
        isinstance(rest[0], SpeechSessionReady),
    )
    show("after its end", [message async for message in session])
    await session.close()

    session = await client.speech.sessions.create(
        voice="leah", format="pcm_s16le", language="en", return_timestamps=True, sample_rate=16000
    )
    await session.send_text("One two. ")
    flush = await session.send_flush()
    kinds, audio, rest = await told(session, until="flush_complete")
    await session.send_text("never spoken")
    reset = await session.send_reset()
    kinds += (await told(session, until="reset_complete"))[0]
    await session.send_text("Three.")
    await session.send_finish()
    more = await told(session)
    kinds, audio, rest = [*kinds, *more[0]], audio + more[1], [*rest, *more[2]]
    show("numbers", flush, reset, session.nonce, kinds, digest(audio))
    show("answers", [(each.type, each.nonce) for each in rest if hasattr(each, "nonce")])
    show("flushed", [type(each).__name__ for each in rest if isinstance(each, SpeechSessionFlushComplete)])
    times = [each for each in rest if isinstance(each, SpeechSessionTimestamps)]
    show("times", [mark.text for each in times for mark in each.timestamps or []])
    show("time", type((times[0].timestamps or [])[0]).__name__, sorted(times[0].to_dict()))
    await session.close()

    path = Path(tempfile.mkdtemp()) / "session.raw"
    session = await client.speech.sessions.create(voice="leah", format="pcm_s16le", language=None, sample_rate=None)
    await session.send_text("To a file.")
    await session.send_finish()
    await session.stream_audio_to_file(path=path)
    show("file", digest(path.read_bytes()))
    task = asyncio.create_task(client.speech.sessions.create(voice="leah"))
    session = await task
    show("in a task", isinstance(session, SpeechSession))
    await session.close()
    await session.close()
    show("closed and read", *await iterated(session))
    show("closed and sent to", await sent(session))

    await failed("no such voice", client, voice="nobody")
    await failed("no such format", client, voice="leah", format="aac")
    await failed("nobody there", client.with_options(base_url="http://127.0.0.1:9", max_retries=0), voice="leah")
    show("unexpected", issubclass(UnexpectedMessageError, Exception))
    show("messages", json.loads(SpeechSessionFlushComplete(nonce=3).to_json())["nonce"])


async def iterated(session: SpeechSession) -> list[str]:
    """What comes of a session that was closed."""
    try:
        return [message.type async for message in session]
    except Exception as error:
        return [type(error).__name__]


async def sent(session: SpeechSession) -> str:
    """What comes of a text for a session that was closed."""
    try:
        return f"nothing: {await session.send_text('text')}"
    except Exception as error:
        return type(error).__name__


asyncio.run(main())
