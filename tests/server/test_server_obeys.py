"""The real server with another description: it takes what that says, and tells what it has not."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from answers import check_envelope
from decoded import recording
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

import lmnt_server.process
from lmnt_server.process import ServerFailedError, ServerProcess, running

pytestmark = pytest.mark.once(rows=True)

ROOT = Path(__file__).resolve().parents[2]

# What is changed in openapi/lmnt.yaml: a text that stands there, and what is put before it.
LISTED = "        - name: owner\n          in: query\n"
FIELDS = "        tags:\n          # Choice:"
CHANGES = {
    LISTED: """\
        - {name: limit, in: query, schema: {type: integer, minimum: 01, maximum: 010}}
        - {name: speed, in: query, schema: {type: number}}
        - {name: word, in: query, schema: {type: string}}
        - {name: ids, in: query, schema: {type: array, items: {type: integer}}}
        - {name: names, in: query, explode: false, schema: {type: array, items: {type: string}, maxItems: 2}}
        - {name: x-days, in: header, schema: {type: array, items: {type: integer}}}
        - {name: theme, in: cookie, schema: {type: string, enum: [light, dark]}}
""",
    FIELDS: """\
        loud: {type: boolean}
        pitch: {type: number, maximum: 2}
        ages: {type: array, items: {type: integer}}
""",
    ", nl, pl,": ", no",
    "mp3, ulaw, wav, webm, pcm_s16le": "flac, ",
}


def described(folder: Path, changes: dict[str, str]) -> Path:
    """Put a server and its description into a folder, as they lie in this project; return its module `process`."""
    text = (ROOT / "openapi" / "lmnt.yaml").read_text("utf-8")
    for there, new in changes.items():
        assert there in text
        text = text.replace(there, new + there)
    (folder / "openapi").mkdir()
    (folder / "openapi" / "lmnt.yaml").write_text(text, "utf-8")
    shutil.copy(ROOT / "openapi" / "speech.yaml", folder / "openapi")
    shutil.copytree(ROOT / "server" / "lmnt_server", folder / "server" / "lmnt_server")
    return folder / "server" / "lmnt_server" / "process.py"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lmnt_server.process, "__file__", str(described(tmp_path_factory.mktemp("changed"), CHANGES)))
        with (
            running(engine="tone") as server,
            httpx.Client(base_url=server.base_url, headers={"x-api-key": "k"}, timeout=20) as client,
        ):
            yield client


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"params": {"limit": "10", "speed": "-0.5", "word": "5"}}, ""),
        ({"params": {"limit": "11"}}, "limit must be at most 10; got 11"),
        ({"params": {"limit": "0"}}, "limit must be at least 1; got 0"),
        ({"params": {"limit": "1.5"}}, "limit must be an integer; got '1.5'"),
        ({"params": {"limit": "ten"}}, "limit must be an integer; got 'ten'"),
        ({"params": {"limit": ["1", "2"]}}, "limit is given 2 times"),
        ({"params": {"ids": ["1", "2", "2"]}}, ""),
        ({"params": {"ids": ["1", "two"]}}, "ids must be an integer; got 'two'"),
        ({"params": {"names": "a,b"}}, ""),
        ({"params": {"names": "a,b,c"}}, "names"),
        ({"headers": {"x-days": "1,2"}}, ""),
        ({"headers": {"x-days": "1,x"}}, "x-days must be an integer; got 'x'"),
        ({"headers": {"cookie": "theme=dark"}}, ""),
        ({"headers": {"cookie": "theme=blue"}}, "theme must be one of light, dark; got 'blue'"),
    ],
)
def test_parameters(changed: httpx.Client, request_: dict[str, Any], told: str) -> None:
    answered(changed.get("/v1/ai/voice/list", **request_), told)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"loud": "true", "pitch": "1.5", "ages": ["1", "2"]}, ""),
        ({"loud": "perhaps"}, "loud must be true or false; got 'perhaps'"),
        ({"pitch": "3"}, "pitch must be at most 2; got 3"),
        ({"ages": ["1", "x"]}, "ages must be an integer; got 'x'"),
        ({"gender": "5", "description": "true"}, ""),
    ],
)
def test_fields_of_a_form(changed: httpx.Client, fields: dict[str, Any], told: str) -> None:
    file = {"file": ("upload", recording())}
    answered(changed.post("/v1/ai/voice", data={"name": "5", **fields}, files=file), told)


def test_yaml_is_read_as_openapi_has_it(changed: httpx.Client) -> None:
    body = {"text": "Hei.", "voice": "leah", "language": "no"}
    answered(changed.post("/v1/ai/speech/bytes", json=body), "")


def test_a_format_that_nothing_makes_is_refused_and_not_charged(changed: httpx.Client) -> None:
    key = {"x-api-key": "charged"}
    before = changed.get("/v1/account", headers=key).json()
    body = {"text": "Hello.", "voice": "leah", "format": "flac"}
    for path in ("/v1/ai/speech/bytes", "/v1/ai/speech"):
        answered(changed.post(path, json=body, headers=key), "this server cannot make the format flac")
    assert changed.get("/v1/account", headers=key).json() == before


def answered(response: httpx.Response, told: str) -> None:
    if not told:
        assert response.status_code == 200, response.text
        return
    assert told in check_envelope(response, 400)["error"]["message"]


NEW = {
    "  /v1/ai/voice/list:\n": "  /v1/new:\n    get: {operationId: new.one, responses: {}}\n",
    "          multipart/form-data:\n": "          text/csv: {schema: {type: string}}\n",
    "  speech.sessions.create:\n": (
        "  new.sessions.create: {path: /v1/new/stream, send: '#/components/schemas/SpeechSessionClientMessage',\n"
        "    receive: '#/components/schemas/SpeechSessionServerMessage'}\n"
    ),
    '          finish: "#/components/schemas/SpeechSessionFinish"\n': (
        '          pause: "#/components/schemas/SpeechSessionPause"\n'
    ),
    "    SpeechSessionFinish:\n": "    SpeechSessionPause: {type: object, properties: {type: {const: pause}}}\n\n",
}
"""An operation, a type of a body, a session and a message that the server knows nothing of."""

GAPS = {
    "operation": "no handler for the operation new.one: add it to OPERATIONS in server/lmnt_server/operations.py",
    "body": "no reader for a body of the type text/csv: add it to DECODERS in server/lmnt_server/inbound.py",
    "session": "no handler for the session new.sessions.create: add it to create_app in server/lmnt_server/app.py",
    "message": "no handler for the message pause: add it to Session.receive in server/lmnt_server/session.py",
}


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose description is ahead of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lmnt_server.process, "__file__", str(described(tmp_path_factory.mktemp("ahead"), NEW)))
        with running(engine="tone") as server:
            yield server


def test_what_it_has_not_it_says_with_its_place_and_the_rest_is_served(ahead: ServerProcess) -> None:
    told = ahead.log()
    for what in ("operation", "body", "session"):
        assert GAPS[what] in told
    with httpx.Client(base_url=ahead.base_url, headers={"x-api-key": "k"}) as client:
        voices = client.get("/v1/ai/voice/list")
        assert voices.status_code == 200, voices.text
        csv = {"content": b"a", "headers": {"content-type": "text/csv"}}
        for what, answer in (
            ("operation", client.get("/v1/new")),
            ("body", client.post("/v1/ai/voice", **csv)),
            ("session", client.get("/v1/new/stream")),
        ):
            assert GAPS[what] in check_envelope(answer, 501)["error"]["message"]
        form = client.post("/v1/ai/voice", data={"name": "a"}, files={"file": ("upload", recording())})
        assert form.status_code == 200, form.text


def test_a_session_that_it_has_not_is_refused_with_its_place(ahead: ServerProcess) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(ahead.base_url.replace("http", "ws") + "/v1/new/stream"):
        pass
    response = caught.value.response
    assert response.status_code == 501
    assert GAPS["session"] in (response.body or b"").decode()


def test_a_message_that_it_has_not_ends_the_session_with_its_place(ahead: ServerProcess) -> None:
    with connect(ahead.base_url.replace("http", "ws") + "/v1/ai/speech/stream") as socket:
        socket.send(json.dumps({"X-API-Key": "k", "type": "init", "voice": "leah"}))
        assert json.loads(socket.recv())["type"] == "ready"
        socket.send(json.dumps({"type": "pause"}))
        assert GAPS["message"] in json.loads(socket.recv())["error"]["message"]
        with pytest.raises(ConnectionClosedError) as caught:
            socket.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1011


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"openapi: 3.1.0\npaths:\n\t/a: {}\n", " is no YAML 1.2 at line 3, column 1: "),
        (b"openapi: 3.1.0\nmaximum: 1e400\n", ", line 2, column 10: 1e400 is more than a float can be"),
        (b"openapi: 3.1.0\nopenapi: 3.1.0\n", ", line 2, column 1: the key 'openapi' stands twice"),
        (b"title: caf\xe9\n", " is no text in UTF-8 at line 1, column 11: "),
        (b"", " holds nothing; it must hold a mapping"),
        (None, "the API description lmnt.yaml is at none of "),
    ],
)
def test_a_description_that_cannot_be_read_is_told_in_one_line(
    content: bytes | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lmnt_server.process, "__file__", str(described(tmp_path, {})))
    path = tmp_path / "openapi" / "lmnt.yaml"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(ServerFailedError) as caught, running(engine="tone", timeout=60):
        pass
    assert re.fullmatch(rf".* exit code 2\nlmnt-server: .*{re.escape(told)}.*", str(caught.value))
