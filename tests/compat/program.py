"""An application of the official package, as its documentation has them: it uses every resource and ends.

It takes its key and the place of the service from LMNT_API_KEY and LMNT_BASE_URL, and writes to a folder that it makes.
What it prints is the same under both packages, but for the lines that the table of differences names.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import tempfile
from pathlib import Path

import httpx

import lmnt
from lmnt import AsyncLmnt, DefaultHttpxClient, Lmnt
from lmnt.types import (
    SpeechGenerateParams,
    SpeechSessionAudio,
    SpeechSessionError,
    SpeechSessionFlushComplete,
    SpeechSessionTimestamps,
    Voice,
    VoiceUpdateParams,
)

FOLDER = Path(tempfile.mkdtemp(prefix="speech-"))
STORY = "The sea was calm that morning. A boat left the harbour. Nobody saw it again."


def say(label: str, *facts: object) -> None:
    """Print one line of the report."""
    print(f"{label}: {', '.join(map(str, facts))}")


# ---------------------------------------------------------------------------------------------------- getting started


def getting_started(client: Lmnt) -> None:
    """The first lines of the documentation."""
    response = client.speech.generate(text="hello world.", voice="leah")
    audio = response.read()
    say("hello world", type(response).__name__, response.status_code, response.headers["content-type"], len(audio))
    (FOLDER / "hello.mp3").write_bytes(audio)
    say("request id", (response.request_id or "").startswith("req_"))


def formats(client: Lmnt) -> None:
    """Each format there is, written with the helper for files."""
    for name in ("mp3", "wav", "aac", "ulaw", "webm", "pcm_s16le", "pcm_f32le"):
        response = client.speech.generate(text="One two three.", voice="ansel", format=name)
        response.write_to_file(FOLDER / f"speech.{name}")
        say(f"format {name}", (FOLDER / f"speech.{name}").stat().st_size == len(response.read()))


def typed_arguments(client: Lmnt) -> None:
    """Arguments that are kept and passed again."""
    params: SpeechGenerateParams = {
        "text": STORY,
        "voice": "leah",
        "format": "pcm_s16le",
        "language": "en",
        "model": "blizzard",
        "sample_rate": 16000,
        "temperature": 0.7,
        "top_p": 0.9,
    }
    sizes = {rate: len(client.speech.generate(**{**params, "sample_rate": rate}).read()) for rate in (8000, 16000)}
    say("twice the rate", sizes[16000] == 2 * sizes[8000])


def timestamps(client: Lmnt) -> None:
    """Audio and times in one answer."""
    detailed = client.speech.generate_detailed(text="Hello there.", voice="leah", format="mp3", return_timestamps=True)
    audio = base64.b64decode(detailed.audio)
    (FOLDER / "detailed.mp3").write_bytes(audio)
    say("detailed", len(audio) > 1000, detailed.request_id is not None)
    for mark in detailed.timestamps or []:
        say(f"at {mark.start:.2f} s", repr(mark.text), f"{mark.duration:.2f} s")
    plain = client.speech.generate_detailed(text="Hello there.", voice="leah")
    say("without timestamps", plain.timestamps)


# ----------------------------------------------------------------------------------------------------------- streaming


def streaming(client: Lmnt) -> None:
    """Audio as it comes."""
    received = 0
    with client.speech.with_streaming_response.generate(text=STORY, voice="leah", format="mp3") as response:
        say("stream", response.status_code, response.headers.get("content-type"))
        for chunk in response.iter_bytes(chunk_size=4096):
            received += len(chunk)
    say("streamed", received > 4096, response.is_closed)
    with client.speech.with_streaming_response.generate(text=STORY, voice="leah", format="mp3") as response:
        response.stream_to_file(FOLDER / "story.mp3")
    say("streamed to a file", (FOLDER / "story.mp3").stat().st_size == received)


def raw_responses(client: Lmnt) -> None:
    """Headers, and the result behind them."""
    response = client.voices.with_raw_response.list(owner="system")
    say("raw", response.status_code, response.method, response.url.path, response.http_version)
    say("raw headers", response.headers.get("request-id") == response.request_id)
    voices = response.parse()
    say("raw voices", [voice.id for voice in voices][:2], response.retries_taken, response.elapsed.total_seconds() >= 0)


# -------------------------------------------------------------------------------------------------------------- voices


def describe(voice: Voice) -> str:
    """A voice for people."""
    return f"{voice.name} ({voice.id}, {voice.owner}, {voice.state})"


def voices(client: Lmnt) -> None:
    """A voice of one's own, from its recording to its end."""
    say("voices", *[describe(voice) for voice in client.voices.list()[:3]])
    say("leah", describe(client.voices.retrieve("leah")))
    recording = FOLDER / "recording.wav"
    client.speech.generate(text=STORY, voice="amy", format="wav").write_to_file(recording)
    with recording.open("rb") as file:
        voice = client.voices.create(
            file=file, name="Captain", description="hoarse", gender="male", tags=["sea", "old"]
        )
    say("created", voice.name, voice.owner, voice.description, voice.gender, voice.tags)
    twin = client.voices.create(file=lmnt.file_from_path(str(recording)), name="Mate")
    say("created from a path", twin.name, twin.tags)
    change: VoiceUpdateParams = {"name": "The captain", "starred": True}
    updated = client.voices.update(voice.id, **change)
    say("updated", updated.voice.name, updated.voice.starred, updated.voice.description)
    say("starred", [each.name for each in client.voices.list(owner="me", starred="true")])
    say("speaks", len(client.speech.generate(text="Aye.", voice=voice.id).read()) > 1000)
    for each in (voice, twin):
        say(f"deleted {each.name}", client.voices.delete(each.id).success)
    say("mine", client.voices.list(owner="me"))


def account(client: Lmnt) -> None:
    """What is left."""
    found = client.accounts.retrieve()
    say("plan", found.plan.type, found.plan.commercial_use_allowed)
    say("account", sorted(found.to_dict()), isinstance(found.usage.characters, int))
    say("account as JSON", found.to_json(indent=None).startswith('{"plan"'))


# -------------------------------------------------------------------------------------------------------------- errors


def errors(client: Lmnt) -> None:
    """What the documentation says to catch."""
    try:
        client.speech.generate(text="hello", voice="nobody")
    except lmnt.APIConnectionError as error:
        say("unreachable", error.__cause__)
    except lmnt.RateLimitError as error:
        say("too many", error.status_code)
    except lmnt.APIStatusError as error:
        say("status", type(error).__name__, error.status_code, error.type)
        say("error message", error.message)
        say("error body", error.response.json()["error"]["message"])
    for status, kind in (
        (401, lmnt.AuthenticationError),
        (403, lmnt.PermissionDeniedError),
        (402, lmnt.APIStatusError),
    ):
        try:
            client.voices.list(extra_headers={"x-lmnt-fault": f"status={status}"})
        except kind as error:
            say(f"status {status}", error.status_code, error.type, error.request.method)
    impatient = client.with_options(timeout=httpx.Timeout(0.3), max_retries=0)
    try:
        impatient.voices.list(extra_headers={"x-lmnt-fault": "stall"})
    except lmnt.APITimeoutError as error:
        say("timeout", isinstance(error, lmnt.APIConnectionError))
    try:
        Lmnt(base_url="http://127.0.0.1:9", max_retries=0).accounts.retrieve()
    except lmnt.APIConnectionError as error:
        say("refused", error.__cause__ is not None)
    kept = os.environ.pop("LMNT_API_KEY")
    try:
        Lmnt()
    except lmnt.LmntError:
        say("no key", "LmntError")
    finally:
        os.environ["LMNT_API_KEY"] = kept


def retries(client: Lmnt) -> None:
    """The service recovers by itself."""
    flaky = {"x-lmnt-fault": "status=500; retry-after-ms=5; times=1"}
    say("retried", client.voices.with_raw_response.retrieve("leah", extra_headers=flaky).retries_taken)
    try:
        client.with_options(max_retries=0).voices.list(extra_headers={"x-lmnt-fault": "status=503"})
    except lmnt.InternalServerError as error:
        say("not retried", error.status_code)


def cut_short(client: Lmnt) -> None:
    """A stream that the server breaks off."""
    broken = {"x-lmnt-fault": "raise-after=10000"}
    try:
        with client.speech.with_streaming_response.generate(text=STORY, voice="leah", extra_headers=broken) as response:
            response.stream_to_file(FOLDER / "broken.mp3")
        say("broken stream", "no error")
    except Exception as error:
        say("broken stream", type(error).__name__, isinstance(error, lmnt.LmntError))
    say("broken file is left", (FOLDER / "broken.mp3").exists())


# ------------------------------------------------------------------------------------------------------------- clients


def configured() -> None:
    """Clients with settings, and requests that no method makes."""
    with Lmnt(
        timeout=20.0,
        max_retries=1,
        default_headers={"x-application": "tests"},
        http_client=DefaultHttpxClient(limits=httpx.Limits(max_connections=5)),
    ) as client:
        say("configured", client.timeout, client.max_retries, len(client.voices.list()) > 1)
        response = client.get("/v1/account", cast_to=httpx.Response)
        say("undocumented", response.status_code, "plan" in response.json())
        posted = client.post("/v1/ai/speech/bytes", cast_to=httpx.Response, body={"text": "Hi.", "voice": "leah"})
        say("posted", posted.status_code, posted.headers["content-type"])
        extra = client.speech.generate(text="Hi.", voice="leah", extra_body={"seed": 1}, extra_query={"beta": True})
        say("extra", extra.status_code, extra.url.query)
    say("closed", client.is_closed())
    say("logging", logging.getLevelName(logging.getLogger("lmnt").level))


# -------------------------------------------------------------------------------------------------------- asynchronous


async def asynchronous(client: AsyncLmnt) -> None:
    """The same with await."""
    response = await client.speech.generate(text="hello world.", voice="leah")
    say("async", type(response).__name__, len(await response.read()) > 1000)
    names = await asyncio.gather(*(client.voices.retrieve(name) for name in ("leah", "ansel", "amy")))
    say("async voices", *[voice.name for voice in names])
    async with client.speech.with_streaming_response.generate(text=STORY, voice="leah") as streamed:
        await streamed.stream_to_file(FOLDER / "async.mp3")
    say("async file", (FOLDER / "async.mp3").read_bytes() == (FOLDER / "story.mp3").read_bytes())
    say("async account", (await client.accounts.retrieve()).plan.type)
    try:
        await client.voices.retrieve("nobody")
    except lmnt.NotFoundError as error:
        say("async error", error.status_code)


async def session(client: AsyncLmnt) -> None:
    """A text that is still being written while it is spoken."""
    opened = await client.speech.sessions.create(voice="leah", format="pcm_s16le", return_timestamps=True)
    audio, words = bytearray(), []

    async def writer() -> None:
        for word in STORY.split(" "):
            await opened.send_text(f"{word} ")
            await asyncio.sleep(0)
        await opened.send_flush()
        await opened.send_finish()

    async def reader() -> None:
        async for message in opened:
            if isinstance(message, SpeechSessionAudio):
                audio.extend(message.audio)
            elif isinstance(message, SpeechSessionTimestamps):
                words.extend(mark.text for mark in message.timestamps or [])
            elif isinstance(message, SpeechSessionFlushComplete):
                say("flushed", message.nonce)
            elif isinstance(message, SpeechSessionError):
                say("session error", message.error.message)

    await asyncio.gather(writer(), reader())
    say("session", len(audio) > 48_000, "".join(words).split()[:4], (opened.request_id or "").startswith("req_"))
    await opened.close()
    to_file = await client.speech.sessions.create(voice="leah", format="mp3")
    await to_file.send_text("To a file.")
    await to_file.send_finish()
    await to_file.stream_audio_to_file(FOLDER / "session.mp3")
    await to_file.close()
    say("session file", (FOLDER / "session.mp3").stat().st_size > 1000)


async def refused_session(client: AsyncLmnt) -> None:
    """A session with a voice that there is not."""
    try:
        opened = await client.speech.sessions.create(voice="nobody")
        await opened.send_finish()
        async for message in opened:
            say("refused session", type(message).__name__)
    except lmnt.LmntError as error:
        say("refused session", type(error).__name__)


async def main() -> None:
    """The asynchronous half."""
    async with AsyncLmnt() as client:
        await asynchronous(client)
        await session(client)
        await refused_session(client)


if __name__ == "__main__":
    with Lmnt() as the_client:
        for part in (getting_started, formats, typed_arguments, timestamps, streaming, raw_responses, voices, account):
            part(the_client)
        for part in (errors, retries, cut_short):
            part(the_client)
    configured()
    asyncio.run(main())
    say("files", *sorted(path.name for path in FOLDER.iterdir() if path.name != "broken.mp3"))
