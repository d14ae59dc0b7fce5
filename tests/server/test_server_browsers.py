"""What a browser asks before it lets a page use the server, and the page itself, without a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

import httpx
import pytest
from answers import check_envelope
from talking import FINISH, hear, init, listen, opened, say
from websockets.exceptions import InvalidStatus

from lmnt_server.__main__ import command_line
from lmnt_server.process import ServerFailedError, ServerProcess, running

pytestmark = pytest.mark.once(rows=True)

HERE, THERE = "https://here.example", "http://there.example:8080"
SPEECH = "/v1/audio/speech"
BODY = {"input": "Hello.", "model": "tts-1", "voice": "alloy"}
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,x-stainless-os"}


@pytest.fixture(scope="module")
def open_server() -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True, arguments=["--cors", HERE, "--cors", THERE]) as server:
        yield server


@pytest.mark.parametrize("path", [SPEECH, "/v1/ai/speech/bytes", "/v1/ai/voice/leah", "/nowhere"])
def test_preflights_are_answered(open_server: ServerProcess, path: str) -> None:
    for origin in (HERE, THERE):
        answer = httpx.options(open_server.base_url + path, headers=PREFLIGHT | {"origin": origin})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert {"authorization", "x-stainless-os"} <= set(answer.headers["access-control-allow-headers"].split(","))
        assert "PUT" in answer.headers["access-control-allow-methods"]
    refused = httpx.options(open_server.base_url + path, headers=PREFLIGHT | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers


def test_answers_errors_and_faults_can_be_read(open_server: ServerProcess) -> None:
    url = open_server.base_url + SPEECH
    for body, fault, status in (
        (BODY, "none", 200),
        ({}, "none", 400),
        (BODY, "status=503", 503),
        (BODY, "raise", 500),
    ):
        answer = httpx.post(url, json=body, headers={"origin": HERE, "x-lmnt-fault": fault})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == HERE
        assert "request-id" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in httpx.post(url, json=BODY, headers={"origin": "null"}).headers
    cut = {"origin": HERE, "x-lmnt-fault": "raise-after=100"}
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(url, json=BODY, headers=cut)


def test_without_the_option_there_is_nothing_of_it(tone: ServerProcess) -> None:
    answer = httpx.options(tone.base_url + SPEECH, headers=PREFLIGHT | {"origin": HERE})
    assert answer.status_code == 405
    answer = httpx.post(tone.base_url + SPEECH, json=BODY, headers={"origin": HERE})
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(
    ("origin", "may"),
    [(HERE, True), (THERE, True), ("https://evil.example", False), ("null", False), ("http://[", False)],
)
def test_sockets_of_other_origins_are_refused(open_server: ServerProcess, origin: str, may: bool) -> None:
    if may:
        with opened(open_server, origin=origin) as ws:
            say(ws, init(), FINISH)
            assert listen(ws).code == 1000
        return
    with pytest.raises(InvalidStatus) as caught, opened(open_server, origin=origin):
        pass
    assert caught.value.response.status_code == 403
    assert b"start it with --cors" in (caught.value.response.body or b"")


def test_sockets_of_its_own_page_are_not(tone: ServerProcess) -> None:
    with opened(tone, origin=tone.base_url) as ws:
        say(ws, init())
        assert hear(ws)["type"] == "ready"


def test_all_origins() -> None:
    with running(engine="tone", arguments=["--cors", "*", "--no-page"]) as server:
        answer = httpx.post(server.base_url + SPEECH, json=BODY, headers={"origin": "https://any.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        with opened(server, origin="https://any.example") as ws:
            say(ws, init(), FINISH)
            assert listen(ws).code == 1000
        check_envelope(httpx.get(server.base_url + "/"), 404)


@pytest.mark.parametrize(
    "wrong",
    [
        "here.example",
        "https://here.example/",
        "https://here.example/path",
        "https://*.example",
        "https://a.example:99999",
        "",
    ],
)
def test_what_is_no_origin_is_refused(wrong: str) -> None:
    with pytest.raises(ServerFailedError, match="invalid origin value"), running(arguments=["--cors", wrong]):
        pass


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Example.COM", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:80", "http://example.com"),
        ("http://example.com:443", "http://example.com:443"),
        ("http://[::1]:80", "http://[::1]"),
        ("chrome-extension://abc", "chrome-extension://abc"),
    ],
)
def test_an_origin_is_taken_as_browsers_write_it(given: str, origin: str) -> None:
    assert command_line().parse_args(["--cors", given]).cors == [origin]


def test_the_page_may_do_what_it_does_and_nothing_more(tone: ServerProcess) -> None:
    answer = httpx.get(tone.base_url + "/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    for element in ("script", "style"):
        (content,) = re.findall(f"<{element}>(.*?)</{element}>", answer.text, re.DOTALL)
        assert base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() in policy
    assert "http" not in answer.text.replace("/^http/", "").replace("http-equiv", "")
    assert httpx.head(tone.base_url + "/").status_code == 200
