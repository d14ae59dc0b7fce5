"""All eight operations against the real server, waiting and awaiting, over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

import base64
import gzip
import io
import re
import socket
import ssl
import tempfile
import tracemalloc
import wave
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

import lmnt
from lmnt.models import (
    AccountRetrieveResponse,
    SpeechFormat,
    SpeechGenerateDetailedResponse,
    Voice,
    VoiceDeleteResponse,
    VoiceUpdateResponse,
)
from lmnt_server.process import ServerProcess

from .conftest import Wire
from .modes import Sync
from .peers import Listener, json_response, serving

pytestmark = pytest.mark.once(rows=True)

REQUEST_ID = re.compile(r"req_[1-9A-HJ-NP-Za-km-z]{22}")
TEXT = "The quick brown fox jumps over the lazy dog."
STARTS = {
    "aac": (b"\xff\xf1", b"\xff\xf9"),
    "mp3": (b"\xff\xfb", b"\xff\xf3", b"ID3"),
    "ulaw": (b"RIFF",),
    "wav": (b"RIFF",),
    "webm": (b"\x1a\x45\xdf\xa3",),
}


def is_id(text: str | None) -> bool:
    return text is not None and REQUEST_ID.fullmatch(text) is not None


def recording(seconds: float = 6.0) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\x00\x10\x00\xf0" * int(seconds * 8_000))
    return content.getvalue()


def test_the_protocol_is_the_one_asked_for(mode: Sync, client: Any, wire: Wire) -> None:
    assert mode.run(client.with_raw_response.accounts.retrieve()).http_version == wire.version


def test_account(mode: Sync, client: Any) -> None:
    account = mode.run(client.accounts.retrieve())
    assert isinstance(account, AccountRetrieveResponse)
    assert isinstance(account.usage.characters, int)
    assert account.plan.type
    assert is_id(account.request_id)


def test_retrieve(mode: Sync, client: Any) -> None:
    voice = mode.run(client.voices.retrieve("leah"))
    assert isinstance(voice, Voice)
    assert (voice.id, voice.owner, voice.state) == ("leah", "system", "ready")
    assert is_id(voice.request_id)


@pytest.mark.parametrize("owner", ["system", "me", "all"])
@pytest.mark.parametrize("starred", [True, False, "true", "false", lmnt.omit])
def test_list(mode: Sync, client: Any, owner: str, starred: Any) -> None:
    voices = mode.run(client.voices.list(owner=owner, starred=starred))
    assert isinstance(voices, list)
    assert is_id(voices.request_id)
    assert all(isinstance(voice, Voice) and voice.request_id == voices.request_id for voice in voices)
    if owner == "system" and starred not in (True, "true"):
        assert "leah" in [voice.id for voice in voices]


def test_an_empty_list_has_a_request_id_too(mode: Sync, wire: Wire) -> None:
    client = mode.client(**wire.at | {"api_key": f"nobody-has-voices-{mode.name}-{wire.version}"})
    voices = mode.run(client.voices.list(owner="me"))
    assert voices == []
    assert is_id(voices.request_id)


def test_a_voice_from_making_to_deleting(mode: Sync, client: Any) -> None:
    made = mode.run(
        client.voices.create(
            file=("mine.wav", recording(), "audio/wav"),
            name="Zoë",
            description="of a test",
            gender="F",
            tags=["a", "b c"],
        )
    )
    assert isinstance(made, Voice)
    assert (made.name, made.owner, made.description, made.gender, made.tags) == (
        "Zoë",
        "me",
        "of a test",
        "F",
        ["a", "b c"],
    )
    assert made.id in [voice.id for voice in mode.run(client.voices.list(owner="me"))]

    updated = mode.run(client.voices.update(made.id, name="Ada", starred=True, tags=[]))
    assert isinstance(updated, VoiceUpdateResponse)
    assert (updated.voice.name, updated.voice.starred, updated.voice.tags) == ("Ada", True, [])
    assert updated.voice.description == "of a test"
    assert is_id(updated.request_id)

    deleted = mode.run(client.voices.delete(made.id))
    assert isinstance(deleted, VoiceDeleteResponse)
    assert deleted.success is True
    assert is_id(deleted.request_id)
    with pytest.raises(lmnt.NotFoundError) as caught:
        mode.run(client.voices.retrieve(made.id))
    assert caught.value.type == "not_found_error"
    assert is_id(caught.value.request_id)


def test_system_voices_cannot_be_deleted(mode: Sync, client: Any) -> None:
    with pytest.raises(lmnt.PermissionDeniedError):
        mode.run(client.voices.delete("leah"))


@pytest.mark.parametrize("format", get_args(SpeechFormat))
def test_speech_in_each_format(mode: Sync, client: Any, format: str) -> None:
    speech = mode.run(client.speech.generate(text=TEXT, voice="leah", format=format))
    audio = mode.run(speech.read())
    assert speech.complete is True
    assert speech.bytes_received == len(audio) > 1_000
    assert audio.startswith(STARTS.get(format, b""))
    assert is_id(speech.request_id)

    whole = b""
    with mode.entered(
        client.speech.with_streaming_response.generate(text=TEXT, voice="leah", format=format)
    ) as streamed:
        assert streamed.complete is False
        for chunk in mode.each(streamed.iter_bytes()):
            whole += chunk
        assert streamed.complete is True
        assert streamed.bytes_received == len(whole)
        assert is_id(streamed.request_id)
        assert streamed.request_id != speech.request_id
    if format != "webm":  # its header names the moment it was made
        assert whole == audio


@pytest.mark.parametrize("format", get_args(SpeechFormat))
def test_detailed_speech(mode: Sync, client: Any, format: str) -> None:
    speech = mode.run(
        client.speech.generate_detailed(text="hello there", voice="leah", format=format, return_timestamps=True)
    )
    assert isinstance(speech, SpeechGenerateDetailedResponse)
    assert base64.b64decode(speech.audio, validate=True).startswith(STARTS.get(format, b""))
    assert "hello" in [stamp.text.strip() for stamp in speech.timestamps or []]
    assert is_id(speech.request_id)
    assert "audio=" in repr(speech)


def test_all_settings_of_speech_arrive(mode: Sync, client: Any) -> None:
    settings = {"language": "en", "model": "blizzard", "temperature": 0.5, "top_p": 1, "debug": True}
    eight = mode.run(client.speech.generate(text=TEXT, voice="leah", format="pcm_s16le", sample_rate=8000, **settings))
    sixteen = mode.run(client.speech.generate(text=TEXT, voice="leah", format="pcm_s16le", sample_rate=16000))
    assert len(mode.run(sixteen.read())) == 2 * len(mode.run(eight.read()))


def test_the_longest_text(mode: Sync, client: Any) -> None:
    # 5000 code points, more bytes than that, and outside the Basic Multilingual Plane.
    speech = mode.run(client.speech.generate(text="é𝄞 ab" * 1000, voice="leah", format="ulaw"))
    assert speech.complete is True


def test_raw_access(mode: Sync, client: Any, wire: Wire) -> None:
    raw = mode.run(client.voices.with_raw_response.retrieve("leah"))
    assert isinstance(raw, lmnt.APIResponse if mode.name == "sync" else lmnt.AsyncAPIResponse)
    assert raw.status_code == 200
    assert raw.headers["REQUEST-ID"] == raw.request_id
    assert raw.url == f"{wire.server.base_url}/v1/ai/voice/leah"
    assert raw.method == "GET"
    assert raw.http_version == wire.version
    assert raw.retries_taken == 0
    assert raw.elapsed.total_seconds() > 0
    assert raw.is_closed is True
    assert raw.complete is True
    assert isinstance(raw.http_response, httpx.Response)
    assert isinstance(raw.http_request, httpx.Request)
    voice = mode.run(raw.parse())
    assert isinstance(voice, Voice)
    assert voice.request_id == raw.request_id
    assert mode.run(raw.parse()) is voice
    assert mode.run(raw.json())["id"] == "leah"
    assert mode.run(raw.text()).encode() == mode.run(raw.read()) == b"".join(mode.each(raw.iter_bytes(7)))
    assert "".join(mode.each(raw.iter_text())) == mode.run(raw.text())
    assert "leah" in "".join(mode.each(raw.iter_lines()))
    assert repr(raw).startswith(f"<{type(raw).__name__} [200] GET")


CALLS = {
    "accounts.retrieve": {},
    "voices.list": {},
    "voices.retrieve": {"id": "leah"},
    "voices.update": {"id": "leah", "starred": False},
    "voices.create": {"file": recording(), "name": "raw"},
    "speech.generate": {"text": "hi", "voice": "leah"},
    "speech.generate_detailed": {"text": "hi", "voice": "leah"},
}


def method(client: Any, access: str, name: str) -> Any:
    resource, _, call = name.partition(".")
    place = getattr(client, resource) if access == "plain" else getattr(getattr(client, access), resource)
    return getattr(place, call)


@pytest.mark.parametrize("name", CALLS)
def test_each_operation_raw_and_streaming(mode: Sync, client: Any, name: str) -> None:
    plain = mode.run(method(client, "plain", name)(**CALLS[name]))
    raw = mode.run(method(client, "with_raw_response", name)(**CALLS[name]))
    assert raw.complete is True
    assert is_id(raw.request_id)
    with mode.entered(method(client, "with_streaming_response", name)(**CALLS[name])) as streamed:
        assert streamed.complete is False
        assert is_id(streamed.request_id)
        result = mode.run(streamed.parse())
        assert streamed.complete is True
    assert streamed.is_closed is True
    if name == "speech.generate":
        assert result == mode.run(raw.parse()) == mode.run(plain.read())
    else:
        assert type(result) is type(mode.run(raw.parse())) is type(plain)


@pytest.mark.parametrize("access", ["with_raw_response", "with_streaming_response"])
def test_delete_raw_and_streaming(mode: Sync, client: Any, access: str) -> None:
    made = mode.run(client.voices.create(file=recording(), name="short-lived"))
    call = method(client, access, "voices.delete")(made.id)
    if access == "with_raw_response":
        assert mode.run(mode.run(call).parse()).success is True
    else:
        with mode.entered(call) as streamed:
            assert mode.run(streamed.parse()).success is True


def test_resources_have_the_same_access_as_the_client(client: Any) -> None:
    for access in ("with_raw_response", "with_streaming_response"):
        for resource in ("speech", "voices", "accounts"):
            through_client = getattr(getattr(client, access), resource)
            assert type(through_client) is type(getattr(getattr(client, resource), access))


def test_streamed_speech_in_pieces_of_one_size(mode: Sync, client: Any) -> None:
    with mode.entered(
        client.speech.with_streaming_response.generate(text=TEXT, voice="leah", format="wav")
    ) as streamed:
        sizes = [len(piece) for piece in mode.each(streamed.iter_bytes(1000))]
    assert set(sizes[:-1]) == {1000}
    assert 0 < sizes[-1] <= 1000
    assert sum(sizes) == streamed.bytes_received


def test_a_body_is_read_once(mode: Sync, client: Any) -> None:
    with mode.entered(client.speech.with_streaming_response.generate(text=TEXT, voice="leah")) as streamed:
        next(mode.each(streamed.iter_bytes()))
        with pytest.raises(lmnt.StreamAlreadyConsumed):
            mode.run(streamed.read())
    with mode.entered(client.speech.with_streaming_response.generate(text=TEXT, voice="leah")) as streamed:
        audio = mode.run(streamed.read())
        assert mode.run(streamed.read()) == audio == b"".join(mode.each(streamed.iter_bytes(64)))


def test_leaving_a_stream_early_frees_its_connection(mode: Sync, client: Any) -> None:
    with mode.entered(
        client.speech.with_streaming_response.generate(text="word " * 1000, voice="leah", format="pcm_f32le")
    ) as streamed:
        next(mode.each(streamed.iter_bytes()))
        mode.run(streamed.close())
        mode.run(streamed.close())
    assert streamed.is_closed is True
    assert streamed.complete is False
    assert mode.run(client.voices.retrieve("leah")).id == "leah"


@pytest.mark.parametrize("given", ["path", "file"])
def test_a_big_upload_is_never_whole_in_memory(mode: Sync, client: Any, big_recording: Path, given: str) -> None:
    mode.run(client.accounts.retrieve())
    tracemalloc.start()
    try:
        if given == "path":
            voice = mode.run(client.voices.create(file=big_recording, name="big"))
        else:
            with big_recording.open("rb") as file:
                voice = mode.run(client.voices.create(file=file, name="big"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert voice.name == "big"
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        # httpx2 2.16 waits for the room that nobody will give, and does not look whether there is an answer.
        ({"x-api-key": lmnt.omit}, lmnt.APITimeoutError),
        ({"x-lmnt-fault": "status=413"}, lmnt.APIStatusError),
        ({"x-lmnt-fault": "status=500"}, lmnt.InternalServerError),
    ],
)
def test_an_upload_that_is_answered_before_its_end_over_http2(
    mode: Sync,
    tls_server: ServerProcess,
    trusting: ssl.SSLContext,
    big_recording: Path,
    headers: Any,
    error: type[lmnt.APIError],
) -> None:
    """The server gives no more room; the answer is what counts (RFC 9113 section 8.1)."""
    client = mode.client(base_url=tls_server.base_url, http2=True, ssl_context=trusting, timeout=1, max_retries=0)
    for _ in range(3):
        with pytest.raises(error) as caught:
            mode.run(client.with_options(default_headers=headers).voices.create(file=big_recording, name="big"))
        assert caught.value.request_id or error is lmnt.APITimeoutError
    assert mode.run(client.accounts.retrieve())


def test_a_file_is_as_long_as_what_is_read_of_it(mode: Sync, peer: Any, tmp_path: Path) -> None:
    """And not as the system says of the file beneath: one is compressed there, of another a part is not written yet."""
    listening = peer(json_response({"id": "a", "name": "n", "owner": "me", "state": "ready"}))
    client = mode.client(base_url=listening.base_url)
    content = b"RIFF" + bytes(30_000)
    (tmp_path / "recording.gz").write_bytes(gzip.compress(content))
    with gzip.open(tmp_path / "recording.gz") as compressed, tempfile.TemporaryFile() as unwritten:
        unwritten.write(content)
        for file in (compressed, unwritten):
            mode.run(client.voices.create(file=("recording.wav", file), name="n"))
            assert content in listening.requests[-1].body


class Hasty(Listener):
    """A server that answers when it has the head of a request, and reads no further."""

    def serve(self, sock: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(65_536)
        sock.sendall(json_response({"error": {"message": "Too much."}}, 413, {"request-id": "req_1"}))
        self.over.wait()


@pytest.mark.parametrize("secure", [False, True])
def test_an_upload_that_is_answered_before_its_end(
    mode: Sync, speaks_tls: ssl.SSLContext, trusting: ssl.SSLContext, big_recording: Path, secure: bool
) -> None:
    with serving(Hasty(speaks_tls if secure else None)) as peer:
        options = {"ssl_context": trusting} if secure else {}
        client = mode.client(base_url=peer.base_url, timeout=1, max_retries=0, **options)
        with pytest.raises(lmnt.APIStatusError, match="413: Too much"):
            mode.run(client.voices.create(file=big_recording, name="big"))


def test_the_measure_of_memory_sees_a_file_read_whole(server: Any, big_recording: Path) -> None:
    tracemalloc.start()
    try:
        with lmnt.Lmnt(api_key="k", base_url=server.base_url) as client:
            client.voices.create(file=big_recording.read_bytes(), name="big")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak > 20_000_000
