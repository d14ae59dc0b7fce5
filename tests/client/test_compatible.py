"""What the package has for applications that know the official one, beside its requests: see tests/compat, too."""

from __future__ import annotations

import asyncio
import importlib
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pydantic
import pytest

import lmnt
from lmnt import models, resources, types
from lmnt.models import Voice

from .modes import KEY, Sync
from .peers import Connection, head, json_response, response

pytestmark = pytest.mark.once(rows=True)

VOICE = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready", "description": None, "new": 1}
ID = {"request-id": "req_1"}
PACKAGE = Path(lmnt.__file__).parents[1]


def test_other_names() -> None:
    assert (lmnt.Client, lmnt.AsyncClient, lmnt.BaseModel) == (lmnt.Lmnt, lmnt.AsyncLmnt, lmnt.Model)
    assert lmnt.types.Voice is models.Voice
    assert types.SpeechSessionAudio(b"x").type == "audio"
    assert set(resources.__all__) >= {"VoicesResource", "AsyncSpeechResource", "AccountsResourceWithRawResponse"}
    for name in resources.__all__:
        assert getattr(resources, name).__name__ == name
    for module in (resources, types):
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            module.nothing  # noqa: B018


def test_types_from_modules_of_their_own() -> None:
    """As code of the official package imports them; each in a process of its own, where nothing was imported before."""
    for line in (
        "from lmnt.types.voice import Voice",
        "from lmnt.types.account_retrieve_response import AccountRetrieveResponse, Plan, Usage",
        "from lmnt.types.voice_create_params import VoiceCreateParams",
        "from lmnt.types.speech_session_audio import SpeechSessionAudio",
        "import lmnt.types.voice; assert lmnt.types.voice.Voice is lmnt.types.Voice",
    ):
        assert run(line).stderr == ""
    with pytest.raises(ModuleNotFoundError, match=r"lmnt\.types\.nothing"):
        importlib.import_module("lmnt.types.nothing")


def test_arguments_as_typed_dicts() -> None:
    assert types.SpeechGenerateParams.__required_keys__ == {"text", "voice"}
    assert types.VoiceCreateParams.__required_keys__ == {"file", "name"}
    assert types.VoiceListParams.__optional_keys__ == {"owner", "starred"}
    assert types.VoiceUpdateParams(name="n") == {"name": "n"}


def test_settings_of_a_client_that_is_there(mode: Sync, peer: Callable[..., Any]) -> None:
    first, second = peer(json_response([])), peer(response(500, b"", ID))
    client = mode.client(base_url=first.base_url)
    mode.run(client.voices.list())
    client.api_key, client.base_url, client.max_retries, client.timeout = "other", second.base_url, 0, 20
    with pytest.raises(lmnt.InternalServerError):
        mode.run(client.voices.list())
    assert [each.headers["x-api-key"] for each in (*first.requests, *second.requests)] == [KEY, "other"]
    for name, value in (("api_key", ""), ("base_url", "nowhere"), ("max_retries", -1), ("timeout", 0)):
        with pytest.raises(lmnt.InvalidArgumentError):
            setattr(client, name, value)


def test_the_timeout_of_another_http_client(mode: Sync) -> None:
    assert mode.client(http_client=mode.http_kind()).timeout == lmnt.DEFAULT_TIMEOUT
    assert mode.client(http_client=mode.http_kind(timeout=7)).timeout == httpx.Timeout(7)
    assert mode.client(http_client=mode.http_kind(timeout=None)).timeout == httpx.Timeout(None)


def test_models_as_plain_values() -> None:
    voice: Any = Voice.from_dict(VOICE)
    assert voice.to_dict() == VOICE
    assert voice.new == 1
    with pytest.raises(AttributeError, match="Voice has no older"):
        voice.older  # noqa: B018
    assert pickle.loads(pickle.dumps(voice)) == voice
    assert voice.to_dict(exclude_none=True).keys() == VOICE.keys() - {"description"}
    assert voice.to_json(indent=None) == json.dumps(VOICE, separators=(",", ":"))
    assert voice.model_dump().keys() == {*VOICE, "gender", "preview_url", "starred", "tags", "type"}
    assert voice.model_dump(include=["id", "new"], exclude=["new"]) == {"id": "leah"}
    key = types.SpeechSessionInit(x_api_key="k", voice="leah", type="init")
    assert key.to_dict(use_api_names=False).keys() == {"x_api_key", "voice", "type"}
    assert key.to_dict(exclude_defaults=True) == {"X-API-Key": "k", "voice": "leah"}
    with pytest.raises(lmnt.InvalidArgumentError, match="mode must be"):
        voice.to_dict(mode="xml")


def test_models_have_what_applications_know_of_pydantic() -> None:
    voice: Any = Voice.model_validate(VOICE)
    assert Voice.model_validate(voice) is voice
    assert Voice.model_validate_json(json.dumps(VOICE).encode()) == voice
    assert dict(voice) == {**voice.model_dump(), "new": 1}
    assert (voice.dict(), voice.json(), voice.copy()) == (voice.model_dump(), voice.model_dump_json(), voice)
    assert (voice.model_extra, voice.model_fields_set) == ({"new": 1}, VOICE.keys())
    copied = voice.model_copy(update={"name": "L", "more": 2}, deep=True)
    assert (copied.name, copied.more, voice.name, voice.model_extra) == ("L", 2, "Leah", {"new": 1})
    built: Any = Voice.model_construct(id=5, note="n")
    assert (built.id, built.name, built.note, built.model_fields_set >= {"id", "note"}) == (5, None, "n", True)
    assert types.SpeechSessionFlush.model_construct(nonce=1).type == "flush"
    for wrong in (None, "a", 1, [], {"id": "a"}):
        with pytest.raises(lmnt.InvalidArgumentError, match="Voice: "):
            Voice.model_validate(wrong)
    for text in ("<html>", b"\xff", "", "null", "[" * 100_000, None):
        with pytest.raises(lmnt.InvalidArgumentError, match="Voice: "):
            Voice.model_validate_json(text)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_fields_go_before_names_of_pydantic() -> None:
    class Document(lmnt.BaseModel):
        json: str
        copy: int = 1  # type: ignore[assignment]

    made: Any = Document(json="{}")
    assert (made.json, made.copy, made.dict()) == ("{}", 1, {"json": "{}", "copy": 1})
    assert Voice.from_dict({**VOICE, "dict": 1}).dict == 1  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def test_models_in_models_of_pydantic() -> None:
    class Speaker(pydantic.BaseModel):
        voice: Voice
        others: list[Voice] = []

    voice = Voice.from_dict(VOICE)
    speaker = Speaker(voice=voice, others=[VOICE])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    assert (speaker.voice, speaker.others) == (voice, [voice])
    assert json.loads(speaker.model_dump_json())["voice"] == voice.model_dump()
    assert Speaker.model_json_schema()["properties"]["voice"] == {"title": "Voice", "type": "object"}
    with pytest.raises(pydantic.ValidationError, match="id must be there"):
        Speaker.model_validate({"voice": {"name": "a"}})


def test_errors_know_request_and_response(mode: Sync, peer: Callable[..., Any]) -> None:
    told = {"type": "not_found_error", "message": f"{KEY} has no such voice"}
    body = {"type": "error", "error": told, "request_id": "req_1"}
    client = mode.client(base_url=peer(json_response(body, 404, {**ID, "x-other": f"says {KEY}"})).base_url)
    with pytest.raises(lmnt.NotFoundError) as caught:
        mode.run(client.speech.generate(text="ö", voice="leah"))
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert (error.request.method, error.request.url.path) == ("POST", "/v1/ai/speech/bytes")
        assert json.loads(error.request.content) == {"text": "ö", "voice": "leah"}
        assert (error.response.json(), error.response.status_code, error.response.is_closed) == (error.body, 404, True)
        assert (error.body["error"]["type"], error.response.http_version) == ("not_found_error", "HTTP/1.1")
        assert KEY not in f"{error.request.headers} {error.response.headers} {error.response.request.headers}"
        assert KEY not in error.response.text


def test_every_error_of_a_call_knows_its_request(mode: Sync, peer: Callable[..., Any]) -> None:
    def cut(connection: Connection) -> None:
        connection.send(head(200, {"content-length": "10", **ID}) + b"12345")

    started = peer(Connection.close, cut, response(200, b"<html>", {"content-type": "text/html", **ID}))
    client = mode.client(base_url=started.base_url, max_retries=0)
    for kind in (lmnt.APIConnectionError, lmnt.StreamTruncatedError, lmnt.APIResponseValidationError):
        with pytest.raises(kind) as caught:
            mode.run(client.speech.generate(text="a", voice="leah"))
        assert caught.value.request.url == f"{started.base_url}/v1/ai/speech/bytes"
        assert KEY not in str(caught.value.request.headers)


def test_errors_made_by_hand() -> None:
    answer = httpx.Response(404, headers={"request-id": "req_2"}, request=httpx.Request("GET", "http://a/b"))
    error = lmnt.NotFoundError("no", response=answer, body={"error": {"type": "not_found_error"}})
    assert (error.status_code, error.request_id, error.type, error.request) == (
        404,
        "req_2",
        "not_found_error",
        answer.request,
    )
    assert str(error) == "404 not_found_error: no (request req_2)"
    assert lmnt.APIStatusError("no", response=httpx.Response(418)).request is None
    assert (lmnt.RateLimitError().status_code, lmnt.RateLimitError.status_code) == (429, 429)
    assert lmnt.APIResponseValidationError(response=answer, body=None).status_code == 404
    assert lmnt.APIError("no", answer.request, body=1).body == 1
    with pytest.raises(TypeError, match="APITimeoutError: the first argument is the message"):
        lmnt.APITimeoutError(answer.request)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        env={"PYTHONPATH": str(PACKAGE), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_the_log_of_the_environment(peer: Callable[..., Any]) -> None:
    client = f"lmnt.Lmnt(api_key={KEY!r}, base_url={peer(json_response([], 200, ID)).base_url!r})"
    log = run(f"import lmnt; {client}.voices.list(extra_query={{'q': 'secret'}})", LMNT_LOG="debug").stderr
    assert "lmnt:" in log
    assert "GET http" in log
    assert "(request req_1)" in log
    assert KEY not in log
    for level in ("", "loud"):
        assert run("import lmnt", LMNT_LOG=level).stderr == ""
    assert "logging" not in run("import sys, lmnt; print(*sys.modules)").stdout.split()


AIOHTTP_MISSING = """
import sys
sys.modules["httpx_aiohttp"] = None
import lmnt
try:
    lmnt.DefaultAioHttpClient()
except lmnt.InvalidArgumentError as error:
    print(error)
"""


def test_aiohttp_without_its_extra() -> None:
    assert "install the extra aiohttp" in run(AIOHTTP_MISSING).stdout


def test_aiohttp(peer: Callable[..., Any]) -> None:
    """Calls over aiohttp, and that a body cut short is an error there too."""

    def cut(connection: Connection) -> None:
        connection.send(head(200, {"content-length": "10", **ID}) + b"12345")

    error = json_response({"error": {"type": "not_found_error", "message": "no"}}, 404, ID)
    started = peer(json_response([VOICE], 200, ID), error, response(200, b"12345", ID), cut, Connection.close)

    async def main() -> None:
        http = lmnt.DefaultAioHttpClient()
        assert "HttpxAiohttpClient" in [each.__name__ for each in type(http).__mro__]
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=started.base_url, http_client=http, max_retries=0) as client:
            assert client.timeout == lmnt.DEFAULT_TIMEOUT
            assert [voice.id for voice in await client.voices.list()] == ["leah"]
            with pytest.raises(lmnt.NotFoundError):
                await client.voices.retrieve("leah")
            assert await (await client.speech.generate(text="a", voice="leah")).read() == b"12345"
            with pytest.raises(lmnt.APIStreamError) as caught:
                await client.speech.generate(text="a", voice="leah")
            assert caught.value.request_id == "req_1"
            with pytest.raises(lmnt.APIConnectionError):
                await client.voices.list()

    asyncio.run(main())
