"""A program of a user, for the type checkers: every resource, each access, errors, files, options, and both clients."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import assert_never, assert_type

import httpx
import httpx2
from starlette.datastructures import UploadFile

import lmnt
from lmnt import (
    APIResponse,
    AsyncAPIResponse,
    AsyncBinaryAPIResponse,
    AsyncLmnt,
    AsyncSpeechSession,
    AsyncStreamedBinaryAPIResponse,
    BinaryAPIResponse,
    FileTypes,
    Lmnt,
    ResultList,
    SpeechSession,
    SpeechSessionAudio,
    SpeechSessionEvent,
    StreamedBinaryAPIResponse,
    Timeout,
    UnknownEvent,
    omit,
)
from lmnt.models import (
    AccountRetrieveResponse,
    Plan,
    SpeechFormat,
    SpeechGenerateDetailedResponse,
    SpeechSessionFlushComplete,
    SpeechSessionReady,
    SpeechSessionResetComplete,
    SpeechSessionTimestamps,
    Timestamp,
    Voice,
    VoiceDeleteResponse,
    VoiceOwner,
    VoiceUpdateResponse,
)


def settings() -> Lmnt:
    client = Lmnt(
        api_key="key",
        base_url="http://127.0.0.1:8000",
        timeout=Timeout(60, connect=5),
        max_retries=3,
        default_headers={"x-team": "audio"},
        default_query={"trace": True},
        http2=True,
        ssl_context=ssl.create_default_context(),
        proxy="http://proxy:3128",
        strict=True,
    )
    assert_type(client.with_options(timeout=None, max_retries=0), Lmnt)
    assert_type(client.copy(set_default_headers={}, set_default_query={}, http_client=httpx.Client()), Lmnt)
    assert_type(client.copy(timeout=httpx2.Timeout(5), http_client=httpx2.Client()), Lmnt)
    assert_type(client.api_key, str)
    assert_type(client.base_url, httpx.URL)
    assert_type(client.max_retries, int)
    assert_type(client.is_closed(), bool)
    return client


def voices(client: Lmnt) -> None:
    voice = client.voices.retrieve("leah")
    assert_type(voice, Voice)
    assert_type(voice.id, str)
    assert_type(voice.description, str | None)
    assert_type(voice.tags, list[str] | None)
    assert_type(voice.owner, VoiceOwner | str)
    assert_type(voice.request_id, str | None)
    listed = client.voices.list(owner="me", starred=True)
    assert_type(listed, ResultList[Voice])
    assert_type(listed[0], Voice)
    assert_type(listed.request_id, str | None)
    assert_type([each.name for each in listed], list[str])
    files: list[FileTypes] = [
        Path("a.wav"),
        b"bytes",
        ("a.wav", b"bytes"),
        (None, Path("a.wav"), "audio/wav"),
        ("a.wav", b"bytes", None, {"x-part": "1"}),
        bytearray(b"bytes"),
        memoryview(b"bytes"),
        BytesIO(b"bytes"),
        ("a.wav", UploadFile(BytesIO(b"bytes")), "audio/wav"),
        UploadFile(BytesIO(b"bytes")),
        StreamReader(),
    ]
    for file in files:
        assert_type(client.voices.create(file=file, name="Ada", tags=("a", "b"), gender=omit), Voice)
    with Path("a.wav").open("rb") as opened:
        assert_type(client.voices.create(file=opened, name="Ada"), Voice)
    assert_type(client.voices.update("x", starred=False, tags=[]), VoiceUpdateResponse)
    assert_type(client.voices.update("x").voice, Voice)
    assert_type(client.voices.delete("x"), VoiceDeleteResponse)
    assert_type(client.voices.delete("x").success, bool)


def account(client: Lmnt) -> None:
    found = client.accounts.retrieve(extra_headers={"x-one": "1", "x-api-key": omit}, extra_query={"a": [1]}, timeout=5)
    assert_type(found, AccountRetrieveResponse)
    assert_type(found.plan, Plan)
    assert_type(found.plan.character_limit, int | None)
    assert_type(found.usage.characters, int)
    assert_type(found.to_dict(), dict[str, object])
    assert_type(found.to_json(indent=2), str)
    assert_type(AccountRetrieveResponse.from_dict({}), AccountRetrieveResponse)


def speech(client: Lmnt) -> None:
    format: SpeechFormat = "wav"
    audio = client.speech.generate(
        text="hello",
        voice="leah",
        model="blizzard",
        language="en",
        format=format,
        sample_rate=24000,
        temperature=1,
        top_p=0.8,
        debug=False,
        extra_body={"seed": 1},
    )
    assert_type(audio, BinaryAPIResponse)
    assert_type(audio.read(), bytes)
    assert_type(audio.parse(), bytes)
    assert_type(audio.complete, bool | None)
    assert_type(audio.bytes_received, int)
    audio.write_to_file("speech.wav")
    detailed = client.speech.generate_detailed(text="hello", voice="leah", return_timestamps=True)
    assert_type(detailed, SpeechGenerateDetailedResponse)
    assert_type(detailed.audio, str)
    assert_type(detailed.timestamps, list[Timestamp] | None)


def raw(client: Lmnt) -> None:
    voice = client.with_raw_response.voices.retrieve("leah", timeout=1)
    assert_type(voice, APIResponse[Voice])
    assert_type(voice.parse(), Voice)
    assert_type(voice.status_code, int)
    assert_type(voice.headers, httpx.Headers)
    assert_type(voice.http_response, httpx.Response)
    assert_type(voice.json(), object)
    assert_type(client.voices.with_raw_response.list(), APIResponse[ResultList[Voice]])
    assert_type(client.voices.with_raw_response.create(file=b"", name="x").parse(), Voice)
    assert_type(client.voices.with_raw_response.update("x", name="y").parse(), VoiceUpdateResponse)
    assert_type(client.voices.with_raw_response.delete("x").parse(), VoiceDeleteResponse)
    assert_type(client.accounts.with_raw_response.retrieve().parse(), AccountRetrieveResponse)
    assert_type(client.speech.with_raw_response.generate(text="a", voice="b"), BinaryAPIResponse)
    assert_type(
        client.speech.with_raw_response.generate_detailed(text="a", voice="b"),
        APIResponse[SpeechGenerateDetailedResponse],
    )


def streaming(client: Lmnt) -> None:
    with client.speech.with_streaming_response.generate(text="a", voice="b") as audio:
        assert_type(audio, StreamedBinaryAPIResponse)
        for chunk in audio.iter_bytes(4096):
            assert_type(chunk, bytes)
    with client.speech.with_streaming_response.generate(text="a", voice="b") as audio:
        audio.stream_to_file(Path("a.mp3"), chunk_size=4096, keep_partial=True)
    with client.with_streaming_response.voices.list() as response:
        assert_type(response, APIResponse[ResultList[Voice]])
        for line in response.iter_lines():
            assert_type(line, str)
        for text in response.iter_text():
            assert_type(text, str)


def sessions(client: Lmnt) -> None:
    with client.speech.sessions.create(voice="leah", format="pcm_s16le", language=omit, timeout=5) as session:
        assert_type(session, SpeechSession)
        session.send_text("hello")
        assert_type(session.send_flush(), int)
        assert_type(session.send_reset(), int)
        assert_type(session.interrupt(), int)
        session.send_finish()
        for event in session:
            take(event)
    session = client.speech.sessions.create(voice="leah", max_message_size=1 << 20, extra_body={"seed": 1})
    for chunk in session.speak(["a", "b"]):
        assert_type(chunk, bytes)
    session.stream_audio_to_file(Path("a.mp3"), keep_partial=True)
    assert_type(b"".join(session.audio()), bytes)
    assert_type(session.request_id, str | None)
    assert_type(session.complete, bool)
    assert_type(session.bytes_received, int)
    assert_type((session.voice, session.format, session.sample_rate), tuple[str, str | None, int | None])
    session.close()


def take(event: SpeechSessionEvent) -> None:
    """A checker knows that these are all."""
    match event:
        case SpeechSessionAudio():
            assert_type(event.audio, bytes)
        case SpeechSessionTimestamps():
            assert_type(event.timestamps, list[Timestamp] | None)
        case SpeechSessionFlushComplete() | SpeechSessionResetComplete():
            assert_type(event.nonce, int)
        case SpeechSessionReady():
            assert_type(event.request_id, str)
        case UnknownEvent():
            assert_type(event.type, str)
        case _:
            assert_never(event)


def errors(client: Lmnt) -> None:
    try:
        client.voices.retrieve("x")
    except lmnt.NotFoundError as error:
        assert_type(error.status_code, int)
        assert_type(error.body, object)
        assert_type(error.headers, dict[str, str])
        assert_type(error.retry_after, float | None)
    except lmnt.SessionClosedError as error:
        assert_type(error.code, int | None)
        assert_type(error.unanswered, tuple[int, ...])
    except lmnt.StreamResetError as error:
        assert_type(error.error_code, int | None)
    except lmnt.APIStreamError as error:
        assert_type(error.bytes_received, int)
        assert_type(error.reason, str)
        assert_type(error.partial_path, str | None)
    except lmnt.APIResponseValidationError as error:
        assert_type(error.body, object)
    except (lmnt.APITimeoutError, lmnt.APIConnectionError) as error:
        assert_type(error.retry_safe, bool | None)
    except lmnt.APIError as error:
        assert_type(error.request_id, str | None)
        assert_type(error.type, str | None)
    except lmnt.FileError as error:
        assert_type(error.path, str)
    except ValueError as error:
        assert_type(error, ValueError)
    except lmnt.LmntError as error:
        assert_type(error.message, str)


def mistakes(client: Lmnt) -> None:
    """Each of these a checker must find: an ignore that is not needed is itself an error."""
    client.voices.list(owner="you")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # no owner
    client.voices.retrieve(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # no text
    client.voices.create(file="a.wav", name="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a path as text
    client.speech.generate(text="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # no voice
    client.speech.generate(text="a", voice="b", format="mulaw")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # ulaw
    client.speech.sessions.create(voice="b", format="aac")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # no stream
    client.with_raw_response.voices.retrieve()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # no id
    Lmnt(http_client=httpx.AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # the other kind


async def words() -> AsyncIterator[str]:
    yield "hello"


async def asynchronous() -> None:
    async with AsyncLmnt(api_key="key", http_client=httpx.AsyncClient()) as client:
        assert_type(client, AsyncLmnt)
        assert_type(client.with_options(max_retries=1), AsyncLmnt)
        assert_type(await client.voices.retrieve("leah"), Voice)
        assert_type(await client.voices.list(), ResultList[Voice])
        assert_type(await client.voices.create(file=Path("a.wav"), name="x"), Voice)
        assert_type(await client.voices.update("x", name="y"), VoiceUpdateResponse)
        assert_type(await client.voices.delete("x"), VoiceDeleteResponse)
        assert_type(await client.accounts.retrieve(), AccountRetrieveResponse)
        audio = await client.speech.generate(text="a", voice="b")
        assert_type(audio, AsyncBinaryAPIResponse)
        assert_type(await audio.read(), bytes)
        await audio.write_to_file("a.mp3")
        assert_type(await client.speech.generate_detailed(text="a", voice="b"), SpeechGenerateDetailedResponse)
        raw = await client.with_raw_response.voices.retrieve("leah")
        assert_type(raw, AsyncAPIResponse[Voice])
        assert_type(await raw.parse(), Voice)
        assert_type(await client.speech.with_raw_response.generate(text="a", voice="b"), AsyncBinaryAPIResponse)
        async with client.speech.with_streaming_response.generate(text="a", voice="b") as stream:
            assert_type(stream, AsyncStreamedBinaryAPIResponse)
            async for chunk in stream.iter_bytes():
                assert_type(chunk, bytes)
            await stream.stream_to_file("a.mp3", keep_partial=True)
        async with client.with_streaming_response.accounts.retrieve() as response:
            assert_type(response, AsyncAPIResponse[AccountRetrieveResponse])
            assert_type(await response.parse(), AccountRetrieveResponse)
        async with client.speech.sessions.create(voice="leah", format="mp3") as session:
            assert_type(session, AsyncSpeechSession)
            await session.send_text("hello")
            assert_type(await session.send_flush(), int)
            assert_type(await session.interrupt(), int)
            await session.send_finish()
            async for event in session:
                take(event)
        session = await client.speech.sessions.create(voice="leah")
        assert_type(session, AsyncSpeechSession)
        async for chunk in session.speak(words()):
            assert_type(chunk, bytes)
        async for chunk in session.audio():
            assert_type(chunk, bytes)
        await session.stream_audio_to_file("a.mp3")
        both = await asyncio.gather(client.voices.list(), client.accounts.retrieve())
        assert_type(both, tuple[ResultList[Voice], AccountRetrieveResponse])


class Own(lmnt.BaseModel):
    """A model of the application's own."""

    id: str
    count: int = 0


def other_requests(client: Lmnt) -> None:
    params: lmnt.types.SpeechGenerateParams = {"text": "Hello.", "voice": "leah", "format": "mp3"}
    assert_type(client.speech.generate(**params), BinaryAPIResponse)
    assert_type(client.get("/v1/ai/voice/leah", cast_to=Voice), Voice)
    assert_type(client.post("/v1/x", cast_to=httpx.Response, body={"a": 1}), httpx.Response)
    assert_type(client.delete("/v1/x", cast_to=lmnt.NoneType, options={"timeout": 3}), None)
    stream = client.get("/v1/x", cast_to=Voice, stream=True, stream_cls=lmnt.Stream[Voice])
    assert_type(next(stream), Voice)
    own = client.voices.with_raw_response.retrieve("leah").parse(to=Own)
    assert_type(own.count, int)
    assert_type(Own(id="a").to_dict(), dict[str, object])
    assert_type(lmnt.file_from_path("a.wav"), tuple[str, bytes])
    client.max_retries = 3
    client.base_url = "http://127.0.0.1:8765"
    client.base_url = httpx.URL("http://127.0.0.1:8765")


def main() -> None:
    with settings() as client:
        for part in (voices, account, speech, raw, streaming, sessions, errors, mistakes, other_requests):
            part(client)
    asyncio.run(asynchronous())
