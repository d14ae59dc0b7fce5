"""Requests that are wrong, in every way we could think of: the status, the envelope, the request id, and the words."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any, NamedTuple

import httpx
import pytest
from answers import REQUEST_ID, address_of, check_envelope, wait_for_line

from lmnt_server.envelope import new_request_id
from lmnt_server.process import ServerProcess, running

pytestmark = pytest.mark.once(rows=True)

BYTES = "/v1/ai/speech/bytes"
JSON = {"content-type": "application/json"}


class Bad(NamedTuple):
    """A wrong request, and what the answer says of it."""

    status: int
    words: str
    method: str
    path: str
    content: bytes | None = None
    headers: dict[str, str] = JSON


def speech(words: str, **fields: Any) -> Bad:
    body = {"text": "Hello.", "voice": "leah", **fields}
    return Bad(400, words, "POST", BYTES, json.dumps(body).encode())


def raw(words: str, content: bytes, headers: dict[str, str] = JSON) -> Bad:
    return Bad(400, words, "POST", BYTES, content, headers)


MULTIPART = {"content-type": "multipart/form-data; boundary=b"}


def part(name: str, value: str, filename: str | None = None) -> str:
    suffix = "" if filename is None else f'; filename="{filename}"'
    return f'--b\r\ncontent-disposition: form-data; name="{name}"{suffix}\r\n\r\n{value}\r\n'


def in_charset(name: str) -> dict[str, str]:
    return {"content-type": f"{MULTIPART['content-type']}; charset={name}"}


def voice(words: str, *parts: str, headers: dict[str, str] = MULTIPART) -> Bad:
    return Bad(400, words, "POST", "/v1/ai/voice", ("".join(parts) + "--b--\r\n").encode(), headers)


TABLE = [
    Bad(404, "There is nothing at '/nothing'.", "GET", "/nothing"),
    Bad(405, "POST is not a method of this path; it has GET, HEAD", "POST", "/"),
    Bad(404, "There is nothing at '/v1/ai/speech/bytes/'.", "POST", "/v1/ai/speech/bytes/"),
    Bad(404, "There is nothing at", "GET", "/v1/" + "x" * 5000),
    Bad(404, "There is nothing at", "GET", "/v1/ai/voice/"),
    Bad(404, "There is nothing at", "GET", "/v1/ai/voice/a%2Fb"),
    Bad(404, "Voice 'nobody' not found.", "GET", "/v1/ai/voice/nobody"),
    Bad(404, "Voice", "GET", "/v1/ai/voice/%ff%00"),
    Bad(404, "Voice 'nobody' not found.", "DELETE", "/v1/ai/voice/nobody"),
    Bad(404, "Voice 'nobody' not found.", "PUT", "/v1/ai/voice/nobody", b"{}"),
    Bad(404, "Voice 'nobody' not found.", "POST", BYTES, b'{"text": "Hi", "voice": "nobody"}'),
    Bad(404, "Voice 'nobody' not found.", "POST", "/v1/ai/speech", b'{"text": "Hi", "voice": "nobody"}'),
    Bad(405, "GET is not a method of this path; it has POST", "GET", BYTES),
    Bad(405, "PUT is not a method of this path; it has GET", "PUT", "/v1/ai/voice/list", b"{}"),
    Bad(405, "POST is not a method of this path; it has DELETE, GET, PUT", "POST", "/v1/ai/voice/leah", b"{}"),
    Bad(405, "BREW is not a method", "BREW", "/v1/account"),
    Bad(403, "cannot be deleted", "DELETE", "/v1/ai/voice/leah"),
    Bad(403, "can be starred, not changed", "PUT", "/v1/ai/voice/leah", b'{"name": "Mine"}'),
    Bad(403, "can be starred, not changed", "PUT", "/v1/ai/voice/leah", b"{}"),
    Bad(400, "owner must be one of system, me, all; got 'them'", "GET", "/v1/ai/voice/list?owner=them"),
    Bad(400, "owner must be one of", "GET", "/v1/ai/voice/list?owner="),
    Bad(400, "owner is given 2 times", "GET", "/v1/ai/voice/list?owner=me&owner=all"),
    Bad(400, "starred must be true or false; got 'yes'", "GET", "/v1/ai/voice/list?starred=yes"),
    Bad(400, "name must not be empty", "PUT", "/v1/ai/voice/leah", b'{"name": ""}'),
    Bad(400, "starred must be true or false; got 'true'", "PUT", "/v1/ai/voice/leah", b'{"starred": "true"}'),
    Bad(400, "tags[1] must be a string; got 2", "PUT", "/v1/ai/voice/leah", b'{"tags": ["a", 2]}'),
    Bad(400, "content-type must be application/json; there is none", "PUT", "/v1/ai/voice/leah", None, {}),
    speech("text must not be empty", text=""),
    speech("text must be a string; got 5", text=5),
    speech("text must be a string; got null", text=None),
    speech("text must have at most 5000 characters; got 5001", text="é" * 5001),
    speech("voice must not be empty", voice=""),
    speech("voice must be a string; got ['leah']".replace("'", '"'), voice=["leah"]),
    speech("format must be one of aac, mp3, ulaw, wav, webm, pcm_s16le, pcm_f32le; got 'flac'", format="flac"),
    speech('format must be a string; got {"a": 1}', format={"a": 1}),
    speech("sample_rate must be one of 8000, 16000, 24000; got 44100", sample_rate=44100),
    speech("sample_rate must be", sample_rate="24000"),
    speech("sample_rate must be", sample_rate=True),
    speech("model must be one of blizzard; got 'sunrise'", model="sunrise"),
    speech("language must be one of auto, ar", language="xx"),
    speech("temperature must be at least 0; got -0.5", temperature=-0.5),
    speech("top_p must be at most 1; got 1.5", top_p=1.5),
    speech("debug must be true or false; got 1", debug=1),
    speech("surrogate", text="\ud800"),
    speech("surrogate", unknown={"deep": ["\udfff"]}),
    Bad(400, "return_timestamps must be true or false", "POST", "/v1/ai/speech",
        b'{"text": "Hi", "voice": "leah", "return_timestamps": "yes"}'),
    raw("text is required", b"{}"),
    raw("voice is required", b'{"text": "Hi"}'),
    raw("The body must be an object; got []", b"[]"),
    raw("The body must be an object; got null", b"null"),
    raw("the body is not valid JSON", b""),
    raw("the body is not valid JSON", b"{"),
    raw("the body is not valid JSON", b"{'text': 1}"),
    raw("NaN is not a number of JSON", b'{"text": "Hi", "voice": "leah", "top_p": NaN}'),
    raw("the body is not valid JSON", b'{"temperature": ' + b"9" * 5000 + b"}"),
    raw("nested too deeply", b"[" * 200_000),
    raw("the body is not UTF-8: invalid start byte at byte 10", b'{"text": "\xff"}'),
    raw("the body is not UTF-8", '{"text": "Hi", "voice": "leah"}'.encode("utf-16")),
    raw("the body may have at most 1,000,000 bytes; got 1,000,001", b" " * 1_000_001),
    raw("content-type must be application/json; there is none", b"{}", {}),
    raw("content-type must be application/json; got 'text/plain'", b"{}", {"content-type": "text/plain"}),
    raw("content-type must be application/json", b"text=Hi", {"content-type": "application/x-www-form-urlencoded"}),
    voice("file is required", part("name", "Me")),
    voice("name is required", part("file", "x", "a.wav")),
    voice("name must not be empty", part("file", "x", "a.wav"), part("name", "")),
    voice("file is not audio", part("file", "x" * 5000, "a.wav"), part("name", "Me")),
    voice("file is not audio", part("file", "", "a.wav"), part("name", "Me")),
    voice("file is not audio", part("file", "ffconcat version 1.0\nfile /etc/passwd\n", "a"), part("name", "Me")),
    voice("file is not audio", part("file", "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/\n", "a.m3u8"), part("name", "Me")),
    voice("file must be a file", part("file", "x"), part("name", "Me")),
    voice("name must be text", part("name", "x", "a.txt")),
    voice("name is given more than once", part("name", "x"), part("name", "y")),
    voice("file is given more than once", part("file", "x", "a"), part("file", "y", "b")),
    voice("not valid multipart/form-data: Missing boundary", headers={"content-type": "multipart/form-data"}),
    voice("not valid multipart", "no boundary at all", headers=MULTIPART),
    voice("not valid multipart", '--b\r\ncontent-disposition: form-data; file="a"\r\n\r\nx\r\n'),
    voice("not valid multipart", *(part(f"f{index}", "x") for index in range(1001))),
    voice("not valid multipart", part("name", "x" * 1_100_000)),
    voice("half of a surrogate pair", part("name", "+2AA-"), headers=in_charset("utf-7")),
    voice("half of a surrogate pair", part("\\ud800", "x"), headers=in_charset("unicode_escape")),
    voice("content-type must be multipart/form-data; got 'application/json'", headers=JSON),
]  # fmt: skip


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: f"{bad.status} {bad.method} {bad.path[:40]} {bad.words[:50]}")
def test_a_wrong_request_is_answered_in_the_envelope(client: httpx.Client, bad: Bad) -> None:
    response = client.request(bad.method, bad.path, content=bad.content, headers=bad.headers)
    assert bad.words in check_envelope(response, bad.status)["error"]["message"]


def test_a_wrong_method_says_which_are_right(client: httpx.Client) -> None:
    assert client.patch("/v1/ai/voice/leah").headers["allow"] == "DELETE, GET, PUT"


def test_head_has_headers_and_no_body(client: httpx.Client) -> None:
    response = client.head("/v1/account")
    assert response.status_code == 405
    assert response.content == b""
    assert REQUEST_ID.fullmatch(response.headers["request-id"])


@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_401(tone: ServerProcess, key: str | None) -> None:
    headers = {} if key is None else {"x-api-key": key}
    response = httpx.post(tone.base_url + BYTES, headers=headers, content=b"not even JSON")
    assert "The API key is missing" in check_envelope(response, 401)["error"]["message"]


def test_order_of_checks(client: httpx.Client) -> None:
    no_key = httpx.Client(base_url=client.base_url)
    assert no_key.get("/nowhere").status_code == 404
    assert no_key.delete(BYTES).status_code == 405
    assert no_key.get("/v1/ai/voice/list?owner=them").status_code == 401
    assert client.post(BYTES, json={"text": "", "voice": "nobody"}).status_code == 400
    assert client.post(BYTES, json={"text": "Hi", "voice": "nobody"}).status_code == 404


def test_every_response_has_a_request_id_of_its_own(client: httpx.Client) -> None:
    paths = ["/v1/account", "/v1/ai/voice/list", "/v1/ai/voice/leah", "/nowhere"]
    ids = [client.get(path).headers["request-id"] for path in paths]
    ids.append(client.post(BYTES, json={"text": "Hi", "voice": "leah"}).headers["request-id"])
    assert all(REQUEST_ID.fullmatch(each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_request_ids_are_base58() -> None:
    ids = {new_request_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(REQUEST_ID.fullmatch(each) for each in ids)


@pytest.mark.parametrize("version", [None, "1.0", "9.9", "banana", ""])
def test_any_version_header_is_accepted(client: httpx.Client, version: str | None) -> None:
    headers = {} if version is None else {"lmnt-version": version}
    assert client.get("/v1/account", headers=headers).status_code == 200


def test_unknown_fields_are_ignored(client: httpx.Client) -> None:
    body = {"text": "Hi", "voice": "leah", "seed": 5, "conversational": True}
    assert client.post(BYTES, json=body).status_code == 200


def test_a_text_of_5000_characters_is_accepted_whatever_its_bytes(client: httpx.Client) -> None:
    body = {"text": "🎧" * 5000, "voice": "leah", "format": "wav", "sample_rate": 8000}
    assert client.post(BYTES, json=body).status_code == 200


def test_content_type_may_have_a_charset_and_capitals(client: httpx.Client) -> None:
    headers = {"content-type": "Application/JSON; charset=UTF-8"}
    assert client.post(BYTES, content=b'{"text": "Hi", "voice": "leah"}', headers=headers).status_code == 200


def test_a_whole_number_may_be_written_as_a_fraction(client: httpx.Client) -> None:
    content = b'{"text": "Hi", "voice": "leah", "sample_rate": 8000.0}'
    assert client.post(BYTES, content=content, headers=JSON).status_code == 200


def test_a_body_with_no_length_is_bounded_too(client: httpx.Client) -> None:
    body = iter([b'{"text": "', b"x" * 999_000, b"x" * 999_000, b'"}'])
    response = client.post(BYTES, content=body, headers=JSON)
    assert "at most 1,000,000 bytes; got more" in check_envelope(response, 400)["error"]["message"]


def test_an_upload_that_is_too_long_is_refused_before_it_is_sent(tone: ServerProcess) -> None:
    head = (
        "POST /v1/ai/voice HTTP/1.1\r\nhost: a\r\nx-api-key: k\r\nconnection: close\r\n"
        "content-type: multipart/form-data; boundary=b\r\ncontent-length: 252000001\r\n\r\n"
    )
    with socket.create_connection(address_of(tone), timeout=5) as sock:
        sock.sendall(head.encode())
        answer = sock.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"at most 252,000,000 bytes; got 252,000,001" in answer


@pytest.mark.parametrize("sent", ["at once", "later", "never"])
@pytest.mark.parametrize(
    ("path", "key", "length"), [(BYTES, "", 2), (BYTES, "", 60_000), (BYTES, "k", 1_000_001), ("/nowhere", "k", 2)]
)
def test_an_answer_before_the_end_of_the_request_says_that_the_connection_ends(
    tone: ServerProcess, path: str, key: str, length: int, sent: str
) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: a\r\nx-api-key: {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    with socket.create_connection(address_of(tone), timeout=5) as sock:
        sock.sendall(head.encode())
        with contextlib.suppress(OSError):  # the server need not take what it has refused
            sock.sendall(b" " * length if sent == "at once" else b"")
        answer = sock.recv(65_536)
        with contextlib.suppress(OSError):
            sock.sendall(b" " * length if sent == "later" else b"")
        assert b"\r\nconnection: close\r\n" in answer.partition(b"\r\n\r\n")[0].lower() + b"\r\n"
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(1) == b""


def test_the_connection_goes_on_after_a_request_that_was_read(tone: ServerProcess) -> None:
    requests = (
        b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n",
        b"POST /v1/ai/speech/bytes HTTP/1.1\r\nhost: a\r\nx-api-key: k\r\n"
        b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
    )
    with socket.create_connection(address_of(tone), timeout=5) as sock:
        for request in requests * 3:
            sock.sendall(request)
            assert b"\r\nconnection:" not in sock.recv(65_536).lower()


def test_the_one_key_is_the_only_one() -> None:
    with running(engine="tone", api_key="secret-of-the-server", arguments=["--access-log"]) as server:
        for key, status in (("secret-of-the-server", 200), ("another", 401), ("", 401), ("sécret", 401)):
            headers = [(b"x-api-key", key.encode())]
            response = httpx.get(server.base_url + "/v1/account", headers=headers)
            assert response.status_code == status
            assert '"GET /v1/account"' in wait_for_line(server, response.headers["request-id"])
        check_envelope(response, 401)
        assert "secret-of-the-server" not in server.log()
