"""The API of OpenAI-compatible servers: by hand, by a client that the kit makes, and by the package `openai`."""

from __future__ import annotations

import asyncio
import base64
import importlib
import io
import json
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from answers import REQUEST_ID
from decoded import decode, recording
from tests.descriptions.packages import document, load, make_all

from lmnt_server.app import create_app
from lmnt_server.audio_operations import MODELS, OTHER_NAMES
from lmnt_server.description import audio
from lmnt_server.encoders import AUDIO_FORMATS
from lmnt_server.engines import Block
from lmnt_server.engines.cast import CAST
from lmnt_server.engines.tone import CHARACTER, ToneEngine
from lmnt_server.process import ServerProcess, running
from lmnt_server.speech import EDGE

pytestmark = pytest.mark.once(rows=True)

SPEECH = "/v1/audio/speech"
TEXT = "The quick brown fox jumps over the lazy dog, twice. " * 6
LONG = "word " * 900
KEY = "the key that is known"
NAMES = {"pcm": "pcm_s16le"}


@pytest.fixture(scope="module")
def api(tone: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=tone.base_url, timeout=20) as client:
        yield client


def body(**fields: Any) -> dict[str, Any]:
    return {"input": "Hello.", "model": "tts-1", "voice": "alloy", **fields}


def refused(response: httpx.Response, status: int) -> dict[str, Any]:
    """Check all that every error of this API has to be, and return what it says."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert REQUEST_ID.fullmatch(response.headers["request-id"])
    found: dict[str, Any] = response.json()
    assert not list(audio().schema("#/components/schemas/ErrorResponse").errors(found))
    assert len(found["error"]["message"]) < 500
    error: dict[str, Any] = found["error"]
    return error


# ---- audio


@pytest.mark.parametrize("format", AUDIO_FORMATS)
def test_each_format_is_what_it_says_it_is(api: httpx.Client, format: str) -> None:
    for rate in (24000, 8000):
        response = api.post(SPEECH, json=body(input=TEXT, response_format=format, sample_rate=rate))
        assert response.status_code == 200, response.text
        kind, _, parameters = response.headers["content-type"].partition(";")
        assert kind == audio().at("#/components/schemas/SpeechFormat")["x-media-type"][format]
        assert parameters == (f"rate={rate};channels=1" if format == "pcm" else "")
        assert response.headers["transfer-encoding"] == "chunked"
        found = decode(response.content, NAMES.get(format, format), rate)
        assert found.seconds == pytest.approx(len(TEXT) * CHARACTER + 2 * EDGE, rel=0.05)
        assert found.level > 0.05
        assert found.rate == (48000 if format == "opus" else rate)
    assert set(AUDIO_FORMATS) == set(audio().at("#/components/schemas/SpeechFormat")["enum"])


def test_mp3_of_24_khz_is_what_is_sent_when_nothing_is_said(api: httpx.Client) -> None:
    response = api.post(SPEECH, json=body())
    assert response.headers["content-type"] == "audio/mpeg"
    assert decode(response.content, "mp3", 24000).rate == 24000


def test_a_wav_file_says_its_length_when_that_is_known_and_else_that_it_is_not(api: httpx.Client) -> None:
    for text in ("A", "Two words. " * 5):
        short = api.post(SPEECH, json=body(input=text, response_format="wav"))
        assert short.headers["content-length"] == str(len(short.content))
        with wave.open(io.BytesIO(short.content)) as file:
            assert file.getnframes() == round(24000 * (len(text) * CHARACTER + 2 * EDGE))
    long = api.post(SPEECH, json=body(input=LONG, response_format="wav")).content
    assert struct.unpack("<I", long[4:8]) == struct.unpack("<I", long[40:44]) == (0xFFFFFFFF,)
    assert (len(long) - 44) / 48000 == pytest.approx(len(LONG) * CHARACTER + 2 * EDGE)


def test_audio_comes_before_the_text_is_spoken(api: httpx.Client) -> None:
    with api.stream("POST", SPEECH, json=body(input=LONG, response_format="pcm")) as response:
        first = next(response.iter_raw())
    assert len(first) < 0.1 * len(LONG) * CHARACTER * 48000


def test_speed(api: httpx.Client) -> None:
    def seconds(**fields: Any) -> float:
        return len(api.post(SPEECH, json=body(input=TEXT, response_format="pcm", **fields)).content) / 48000

    assert seconds(speed=2) - 2 * EDGE == pytest.approx((seconds() - 2 * EDGE) / 2, rel=0.01)
    assert seconds(speed=0.25) - 2 * EDGE == pytest.approx((seconds() - 2 * EDGE) * 4, rel=0.01)


@pytest.mark.parametrize("format", AUDIO_FORMATS)
def test_events_hold_the_very_bytes_of_the_file(api: httpx.Client, format: str) -> None:
    fields = body(input=TEXT, response_format=format)
    response = api.post(SPEECH, json=fields | {"stream_format": "sse"})
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = response.text.split("\n\n")
    assert lines.pop() == ""
    assert all(line.startswith("data: ") for line in lines)
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    for event in events:
        assert not list(audio().schema("#/components/schemas/SpeechEvent").errors(event))
    assert events.pop()["usage"] == {"input_tokens": len(TEXT), "output_tokens": 0, "total_tokens": len(TEXT)}
    assert b"".join(base64.b64decode(event["audio"]) for event in events) == api.post(SPEECH, json=fields).content


# ---- names


def test_models(api: httpx.Client) -> None:
    for prefix in ("", "/v1"):
        listed = api.get(f"{prefix}/models").json()["data"]
        assert [model["id"] for model in listed] == list(MODELS)
        assert api.get(f"{prefix}/audio/models").json() == {"models": [{"id": model} for model in MODELS]}
        for model in listed:
            assert api.get(f"{prefix}/models/{model['id']}").json() == model
            assert api.post(f"{prefix}/audio/speech", json=body(model=model["id"])).status_code == 200
    assert refused(api.get("/v1/models/whisper-1"), 404) | {"message": ""} == {
        "message": "",
        "type": "not_found_error",
        "param": "model",
        "code": "model_not_found",
    }


def test_voices(api: httpx.Client) -> None:
    voices = api.get("/v1/audio/voices").json()["voices"]
    assert [voice["id"] for voice in voices] == [*(voice.id for voice in CAST), *OTHER_NAMES]
    assert {type(voice[key]) for voice in voices for key in ("id", "name")} == {str}

    def spoken(voice: object) -> bytes:
        return api.post(SPEECH, json=body(voice=voice, response_format="pcm")).content

    for voice in voices:
        assert spoken(voice["id"]) == spoken(voice) == spoken(voice.get("voice", voice["id"])) != b""
    assert len({spoken(voice["id"]) for voice in voices}) > 3


def test_voices_of_a_key_are_its_own(api: httpx.Client) -> None:
    mine, other = {"authorization": "Bearer mine"}, {"authorization": "Bearer another"}
    made = api.post(
        "/v1/ai/voice", headers={"x-api-key": "mine"}, data={"name": "Me"}, files={"file": ("a.wav", recording())}
    ).json()["id"]
    listed = [voice["id"] for voice in api.get("/v1/audio/voices", headers=mine).json()["voices"]]
    assert made in listed
    assert made not in api.get("/v1/audio/voices", headers=other).text
    assert made not in api.get("/v1/audio/voices").text
    assert api.post(SPEECH, headers=mine, json=body(voice=made)).status_code == 200
    assert refused(api.post(SPEECH, headers=other, json=body(voice=made)), 400)["param"] == "voice"


def test_characters_are_counted_for_the_key_that_both_apis_know(api: httpx.Client) -> None:
    def left() -> int:
        return int(api.get("/v1/account", headers={"x-api-key": "counted"}).json()["usage"]["characters"])

    before = left()
    headers = {"authorization": "bearer counted"}
    assert api.post(SPEECH, headers=headers, json=body(input="12345")).status_code == 200
    assert before - left() == 5
    assert api.post(SPEECH, headers=headers, json=body(input="12345", voice="nobody")).status_code == 400
    assert before - left() == 5


# ---- what is wrong


class Bad(NamedTuple):
    """A wrong request, and what the answer says of it."""

    param: str | None
    code: str
    words: str
    fields: dict[str, Any]


TABLE = [
    Bad("input", "invalid_value", "input must be a string; got 5", {"input": 5}),
    Bad("input", "invalid_value", "input must not be white space alone", {"input": ""}),
    Bad("input", "invalid_value", "input must not be white space alone", {"input": " \n\u3000"}),
    Bad("input", "invalid_value", "at most 5000 characters; got 5001", {"input": "é" * 5001}),
    Bad(None, "invalid_value", "surrogate", {"input": "\ud800"}),
    Bad("voice", "invalid_value", "there are leah", {"voice": "lea"}),
    Bad("voice", "invalid_value", "There is no voice 'nobody-like-this'; there are", {"voice": "nobody-like-this"}),
    Bad("voice", "invalid_value", "voice must be", {"voice": ""}),
    Bad("voice", "invalid_value", "voice must be", {"voice": {"name": "leah"}}),
    Bad("voice", "invalid_value", "There is no voice", {"voice": "../../etc/passwd"}),
    Bad("model", "invalid_value", "model must be a string; got null", {"model": None}),
    Bad("response_format", "invalid_value", "must be one of mp3, opus, aac, flac, wav, pcm; got 'webm'",
        {"response_format": "webm"}),
    Bad("stream_format", "invalid_value", "must be one of audio, sse", {"stream_format": "websocket"}),
    Bad("speed", "invalid_value", "speed must be at least 0.25; got 0.2", {"speed": 0.2}),
    Bad("speed", "invalid_value", "speed must be at most 4; got 4.5", {"speed": 4.5}),
    Bad("speed", "invalid_value", "speed must be a number", {"speed": "1"}),
    Bad("instructions", "invalid_value", "at most 4096", {"instructions": "x" * 4097}),
    Bad("sample_rate", "invalid_value", "one of 8000, 16000, 24000", {"sample_rate": 44100}),
    Bad("language", "invalid_value", "language must be one of auto", {"language": "xx"}),
]  # fmt: skip


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.words)
def test_wrong_fields(api: httpx.Client, bad: Bad) -> None:
    content = json.dumps(body(**bad.fields)).encode()
    error = refused(api.post(SPEECH, content=content, headers={"content-type": "application/json"}), 400)
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", bad.param, bad.code)
    assert bad.words in error["message"]


@pytest.mark.parametrize("name", ["input", "model", "voice"])
def test_missing_fields(api: httpx.Client, name: str) -> None:
    fields = body()
    del fields[name]
    error = refused(api.post(SPEECH, json=fields), 400)
    assert (error["param"], error["code"]) == (name, "missing_required_parameter")


def test_what_others_send_beside_that_is_ignored(api: httpx.Client) -> None:
    more = {"stream": True, "backend": "x", "lang_code": "a", "instructions": "Whisper.", "user": None}
    assert api.post(SPEECH, json=body(**more)).content == api.post(SPEECH, json=body()).content


@pytest.mark.parametrize(
    ("method", "path", "request_", "status", "code"),
    [
        ("GET", SPEECH, {}, 405, "invalid_value"),
        ("DELETE", "/models/tts-1", {}, 405, "invalid_value"),
        ("GET", "/v1/audio", {}, 404, "not_found"),
        ("POST", "/v1/audio/transcriptions", {"content": b"x"}, 404, "not_found"),
        ("POST", "/audio/speech/", {"json": {}}, 404, "not_found"),
        ("GET", "/v1/models/a/b", {}, 404, "not_found"),
        ("POST", SPEECH, {"content": b"{"}, 400, "invalid_value"),
        ("POST", SPEECH, {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "invalid_value"),
        ("POST", SPEECH, {"content": b"[]", "headers": {"content-type": "application/json"}}, 400, "invalid_value"),
        ("POST", SPEECH, {"json": {"x": "y" * 1_000_000}}, 400, "invalid_value"),
        ("POST", SPEECH, {"json": body(model="whisper-1")}, 404, "model_not_found"),
    ],
)
def test_wrong_requests(
    api: httpx.Client, method: str, path: str, request_: dict[str, Any], status: int, code: str
) -> None:
    error = refused(api.request(method, path, **request_), status)
    assert error["code"] == code


def test_a_failure_of_the_engine_after_the_first_byte_is_an_event_and_then_a_cut() -> None:
    class Breaking(ToneEngine):
        def speak(self, text: str, **how: Any) -> Any:
            yield from super().speak(text, **how)
            yield Block(bytes(100_000), ())
            raise RuntimeError("the engine broke down")

    sent: list[dict[str, Any]] = []

    async def call() -> None:
        content = json.dumps(body(stream_format="sse", response_format="pcm")).encode()
        requests = iter([{"type": "http.request", "body": content, "more_body": False}])

        async def receive() -> Any:
            for message in requests:
                return message
            return await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": SPEECH, "query_string": b"", "http_version": "1.1",
            "headers": [(b"content-type", b"application/json")],
        }  # fmt: skip
        await create_app(Breaking())(scope, receive, send)

    with pytest.raises(RuntimeError, match="broke down"):
        asyncio.run(call())
    events = [
        json.loads(line.removeprefix(b"data: ")) for each in sent[1:] for line in each["body"].split(b"\n\n")[:-1]
    ]
    assert [event["type"] for event in events[-2:]] == ["speech.audio.delta", "error"]
    assert events[-1]["error"]["code"] == "server_error"
    assert all(each["more_body"] for each in sent[1:])  # the server below cuts it


# ---- keys


@pytest.fixture(scope="module")
def guarded() -> Iterator[ServerProcess]:
    """A server that has a key, and other names for voices."""
    names = ("alloy=amy", "bob=gordon", "gone=0123456789abcdef")
    with running(engine="tone", api_key=KEY, arguments=[f"--voice={name}" for name in names]) as server:
        yield server


def test_keys_guard_speech_and_not_the_lists(guarded: ServerProcess) -> None:
    right, wrong = {"authorization": f"Bearer {KEY}"}, {"authorization": "Bearer another"}
    with httpx.Client(base_url=guarded.base_url) as client:
        assert client.post(SPEECH, json=body(), headers=right).status_code == 200
        for headers in ({}, wrong, {"authorization": "Bearer"}, {"authorization": f"Basic {KEY}"}):
            error = refused(client.post(SPEECH, json=body(), headers=headers), 401)
            assert (error["type"], error["code"]) == ("authentication_error", "invalid_api_key")
            assert KEY not in error["message"]
        for path in ("/v1/models", "/v1/audio/voices", "/v1/audio/models", "/models/tts-1"):
            for headers in ({}, right, {"authorization": "Bearer"}):
                assert client.get(path, headers=headers).status_code == 200
            refused(client.get(path, headers=wrong), 401)


def test_other_names_can_be_given(guarded: ServerProcess) -> None:
    with httpx.Client(base_url=guarded.base_url, headers={"authorization": f"Bearer {KEY}"}) as client:
        named = {voice["id"]: voice.get("voice") for voice in client.get("/v1/audio/voices").json()["voices"]}
        assert (named["alloy"], named["bob"], named["echo"]) == ("amy", "gordon", OTHER_NAMES["echo"])
        assert client.post(SPEECH, json=body(voice="bob")).status_code == 200
        # A voice that another key made, or that is deleted.
        assert "gone" not in named
        error = refused(client.post(SPEECH, json=body(voice="gone")), 400)
        assert (error["param"], error["message"][:28]) == ("voice", "There is no voice 'gone'; th")


# ---- faults


def test_faults_fall_upon_this_api_in_its_own_shape(api: httpx.Client) -> None:
    def suffering(fault: str, **fields: Any) -> httpx.Response:
        headers = {"x-lmnt-fault": fault, "authorization": "Bearer faulty"}
        return api.post(SPEECH, json=body(input=TEXT, **fields), headers=headers)

    assert refused(suffering("status=503; retry-after=1"), 503)["code"] == "server_error"
    assert refused(suffering("status=429"), 429)["code"] == "rate_limit_exceeded"
    assert refused(suffering("raise"), 500)["type"] == "server_error"
    assert "there is no fault" in refused(suffering("nonsense"), 400)["message"]
    assert "html" in suffering("status=500; body=html").text
    for format in ("audio", "sse"):
        with pytest.raises(httpx.RemoteProtocolError):
            suffering("raise-after=2000", stream_format=format)
    assert len(suffering("end-after=2000").content) == 2000
    assert suffering("count").json()["raise-after=2000"] == 2


# ---- the client that the kit makes


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("speech")
    make_all({"speech": document("speech")}, folder)
    return load("speech", folder)


def test_a_client_of_the_kit(kit: Any, tone: ServerProcess, tmp_path: Path) -> None:
    with kit.Speech(api_key="any", base_url=f"{tone.base_url}/v1", max_retries=0) as client:
        assert REQUEST_ID.fullmatch(client.models.list().request_id)
        assert client.models.retrieve("tts-1").id == "tts-1"
        assert {voice.id for voice in client.voices.list().voices} >= set(OTHER_NAMES)
        wanted = {"input": TEXT, "model": "tts-1", "voice": "alloy"}
        for format in AUDIO_FORMATS:
            whole = client.speech.create(response_format=format, **wanted).read()
            with client.speech.create(response_format=format, stream=True, **wanted) as events:
                pieces = [event.audio for event in events if event.type == "speech.audio.delta"]
            assert b"".join(pieces) == whole
            assert len(pieces) > 1
            assert events.complete
        with client.speech.with_streaming_response.create(**wanted) as response:
            response.stream_to_file(tmp_path / "speech.mp3")
        assert decode((tmp_path / "speech.mp3").read_bytes(), "mp3", 24000).seconds > 5
        with pytest.raises(kit.BadRequestError, match="There is no voice") as caught:
            client.speech.create(**wanted | {"voice": "nobody"})
        assert caught.value.code == "invalid_value"
        cut = {"x-lmnt-fault": "raise-after=3000"}
        with (
            pytest.raises(kit.APIStreamError),
            client.speech.create(stream=True, extra_headers=cut, **wanted) as events,
        ):
            list(events)
        with pytest.raises(kit.APIStreamError):
            client.speech.create(extra_headers=cut, **wanted).read()
        short = {"x-lmnt-fault": "end-after=3000"}  # in all order of HTTP, which only a client that knows events sees
        with (
            pytest.raises(kit.StreamTruncatedError),
            client.speech.create(stream=True, extra_headers=short, **wanted) as events,
        ):
            list(events)


def test_an_awaiting_client_of_the_kit(kit: Any, tone: ServerProcess) -> None:
    async def run() -> bytes:
        async with kit.AsyncSpeech(api_key="any", base_url=f"{tone.base_url}/v1") as client:
            wanted = {"input": TEXT, "model": "tts-1", "voice": "alloy", "response_format": "pcm"}
            whole = await (await client.speech.create(**wanted)).read()
            events = await client.speech.create(stream=True, **wanted)
            assert b"".join([event.audio async for event in events if event.type == "speech.audio.delta"]) == whole
            return bytes(whole)

    assert len(asyncio.run(run())) / 48000 == pytest.approx(len(TEXT) * CHARACTER + 2 * EDGE)


# ---- the official package


@pytest.fixture(scope="module")
def openai() -> Any:
    """The package, whose import takes longer than that of all other libraries here."""
    return importlib.import_module("openai")


def test_the_official_package(openai: Any, tone: ServerProcess, tmp_path: Path) -> None:
    client = openai.OpenAI(api_key="any", base_url=f"{tone.base_url}/v1", max_retries=0)
    assert [model.id for model in client.models.list()] == list(MODELS)
    assert client.models.retrieve("gpt-4o-mini-tts").owned_by == "lmnt-server"
    for format in ("mp3", "opus", "aac", "flac", "wav", "pcm"):
        wanted: dict[str, Any] = {"input": TEXT, "model": "tts-1", "voice": "alloy", "response_format": format}
        whole = client.audio.speech.create(**wanted).content
        with client.audio.speech.with_streaming_response.create(**wanted) as response:
            response.stream_to_file(tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == whole
        assert decode(whole, NAMES.get(format, format), 24000).seconds == pytest.approx(
            len(TEXT) * CHARACTER + 2 * EDGE, rel=0.05
        )
    wanted["stream_format"] = "sse"
    assert client.audio.speech.create(**wanted, instructions="Softly.", speed=1.5).content.startswith(b"data: {")
    wrong = client.with_options(default_headers={"x-lmnt-fault": "status=429; times=1"}, max_retries=1)
    assert wrong.audio.speech.create(**wanted).content  # the second attempt of its own
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.speech.create(input="Hi", model="tts-1", voice="nobody-like-this")
    assert (caught.value.param, caught.value.code, caught.value.type) == (
        "voice",
        "invalid_value",
        "invalid_request_error",
    )
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("whisper-1")
    with pytest.raises(openai.APIConnectionError):
        client.audio.speech.create(
            input=TEXT, model="tts-1", voice="echo", extra_headers={"x-lmnt-fault": "raise-after=3000"}
        )


def test_the_official_package_awaiting_and_many_at_once(openai: Any, tone: ServerProcess) -> None:
    async def one(client: Any, voice: str) -> bytes:
        async with client.audio.speech.with_streaming_response.create(
            input=TEXT, model="tts-1", voice=voice, response_format="pcm"
        ) as response:
            return b"".join([chunk async for chunk in response.iter_bytes(1001)])

    async def run() -> list[bytes]:
        async with openai.AsyncOpenAI(api_key="any", base_url=f"{tone.base_url}/v1") as client:
            return await asyncio.gather(*(one(client, voice) for voice in OTHER_NAMES))

    lengths = {len(audio) for audio in asyncio.run(run())}
    assert lengths == {round(48000 * (len(TEXT) * CHARACTER + 2 * EDGE))}


def test_without_the_right_key_the_official_package_says_so(openai: Any, guarded: ServerProcess) -> None:
    client = openai.OpenAI(api_key="another", base_url=f"{guarded.base_url}/v1", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.audio.speech.create(input="Hi", model="tts-1", voice="alloy")
    assert caught.value.code == "invalid_api_key"
