"""Which way a request goes: what `transport`, `http_client`, HTTP/2 and a wrapped library make of it."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

import lmnt
from lmnt_server.process import ServerProcess

from .modes import KEY, Sync
from .peers import json_response

TWO = {"sync": httpx2.Client, "async": httpx2.AsyncClient}


def ways(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log says of each request's way."""
    said = (record.getMessage().partition(": ")[2] for record in caplog.records if record.name == "lmnt")
    return [text for text in said if text.startswith(("direct", "by "))]


@pytest.mark.parametrize(
    ("arguments", "way"),
    [
        ({}, "direct"),
        ({"transport": "direct"}, "direct"),
        ({"transport": "httpx"}, "by httpx, since transport was given"),
        ({"transport": "httpx2"}, "by httpx2, since transport was given"),
    ],
)
def test_a_call_takes_the_road_that_was_named(
    mode: Sync, server: ServerProcess, caplog: pytest.LogCaptureFixture, arguments: Any, way: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        client = mode.client(base_url=server.base_url, **arguments)
        assert mode.run(client.voices.retrieve("leah")).id == "leah"
        with mode.entered(
            client.speech.with_streaming_response.generate(text="hi", voice="leah", format="wav")
        ) as streamed:
            assert len(b"".join(mode.each(streamed.iter_bytes()))) > 1000
            assert streamed.complete is True
        with pytest.raises(lmnt.NotFoundError) as caught:
            mode.run(client.voices.retrieve("nobody"))
    assert ways(caplog) == [way] * 3
    assert isinstance(caught.value.response, httpx.Response)
    assert isinstance(caught.value.request, httpx.Request)
    assert caught.value.request_id == caught.value.response.headers["request-id"]


def test_a_client_of_httpx2_is_taken(
    mode: Sync, server: ServerProcess, caplog: pytest.LogCaptureFixture, big_recording: Path
) -> None:
    seen: list[str] = []
    hook = mode.hook(lambda request: seen.append(request.url.path))
    http = TWO[mode.name](event_hooks={"request": [hook]}, headers={"x-own": "1"})
    client = mode.client(base_url=server.base_url, http_client=http)
    with caplog.at_level(logging.DEBUG):
        assert mode.run(client.voices.retrieve("leah")).id == "leah"
        raw = mode.run(client.voices.with_raw_response.retrieve("leah"))
        voice = mode.run(client.voices.create(file=big_recording, name="n"))
        assert mode.run(client.voices.delete(voice.id)).success
    assert len(seen) == 4
    assert set(ways(caplog)) == {"by httpx2, since an http_client was given"}
    assert isinstance(raw.http_response, httpx.Response)
    assert raw.http_request.url.path == "/v1/ai/voice/leah"
    mode.run(client.close())
    assert http.is_closed


@pytest.mark.parametrize("kind", [httpx.Timeout, httpx2.Timeout])
def test_timeouts_of_either_library_hold(mode: Sync, peer: Callable[..., Any], kind: Any) -> None:
    listening = peer(lambda connection: connection.peer.over.wait(5))
    for arguments in ({}, {"transport": "httpx"}, {"transport": "httpx2"}):
        client = mode.client(base_url=listening.base_url, timeout=kind(5, read=0.2), max_retries=0, **arguments)
        assert client.timeout == kind(5, read=0.2)
        with pytest.raises(lmnt.APITimeoutError, match="no response in time"):
            mode.run(client.voices.list())
        with pytest.raises(lmnt.APITimeoutError, match="no response in time"):
            mode.run(client.with_options(timeout=60).voices.list(timeout=kind(0.2)))


def test_the_short_timeout_of_either_library_counts_as_none(mode: Sync) -> None:
    assert mode.client(http_client=TWO[mode.name]()).timeout == lmnt.DEFAULT_TIMEOUT
    assert mode.client(http_client=TWO[mode.name](timeout=7)).timeout == lmnt.Timeout(7)


class Session:
    """What some other library calls its client."""


@pytest.mark.parametrize("given", [Session(), httpx.Client, "httpx", 5])
def test_a_client_of_another_library_is_refused(mode: Sync, given: Any) -> None:
    name = {"sync": "Client", "async": "AsyncClient"}[mode.name]
    with pytest.raises(lmnt.InvalidArgumentError) as caught:
        mode.client(http_client=given)
    said = str(caught.value)
    assert said.startswith(f"http_client must be an httpx.{name} or an httpx2.{name}; got ")
    with pytest.raises(lmnt.InvalidArgumentError, match=f"must be an httpx.{name}"):
        mode.client().with_options(http_client=given)


def test_a_client_of_the_other_kind_is_refused(mode: Sync) -> None:
    other = {"sync": httpx.AsyncClient, "async": httpx.Client}[mode.name]()
    with pytest.raises(lmnt.InvalidArgumentError, match=f"got httpx.{type(other).__name__}"):
        mode.client(http_client=other)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"transport": "aiohttp"}, "transport must be direct, httpx or httpx2; got 'aiohttp'"),
        ({"transport": "direct", "http2": True}, "speaks HTTP/1.1 and uses no proxy"),
        ({"transport": "direct", "proxy": "http://localhost:1"}, "speaks HTTP/1.1 and uses no proxy"),
    ],
)
def test_roads_that_there_are_not(mode: Sync, arguments: Any, says: str) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match=says):
        mode.client(**arguments)


@pytest.mark.parametrize("missing", ["httpx2", "h2"])
def test_a_package_that_is_not_installed_is_named(missing: str) -> None:
    code = (
        "import importlib.util, lmnt\n"
        "find = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name, *more: None if name == {missing!r} else find(name, *more)\n"
        "try: lmnt.Lmnt(api_key='k', http2=True)\n"
        "except lmnt.InvalidArgumentError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"http2=True needs the package {missing}: install the extra http2\n"


def test_event_loops_one_after_another_by_a_library(server: ServerProcess) -> None:
    client = lmnt.AsyncLmnt(base_url=server.base_url, api_key=KEY, transport="httpx", max_retries=0)

    async def call() -> int:
        return len(await asyncio.gather(*(client.voices.retrieve("leah") for _ in range(3))))

    assert [asyncio.run(call()) for _ in range(3)] == [3, 3, 3]
    asyncio.run(client.close())
    with pytest.raises(lmnt.LmntError, match="was closed"):
        asyncio.run(call())


def test_what_wraps_httpx2_sees_the_call(
    mode: Sync, peer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kind = TWO[mode.name]
    send, seen = kind.send, []

    def wrapped(self: Any, request: Any, **arguments: Any) -> Any:
        seen.append(str(request.url))
        return send(self, request, **arguments)

    listening = peer(json_response({"success": True}))
    client = mode.client(base_url=listening.base_url)
    mode.run(client.voices.delete("before"))
    monkeypatch.setattr(kind, "send", wrapped)
    with caplog.at_level(logging.DEBUG):
        mode.run(client.voices.delete("mine"))
    monkeypatch.setattr(kind, "send", send)
    mode.run(client.voices.delete("after"))
    assert seen == [f"{listening.base_url}/v1/ai/voice/mine"]
    assert ways(caplog) == ["by httpx2, since httpx2 was wrapped"]


def test_a_deadline_holds_by_a_library_within_what_was_left(mode: Sync, server: ServerProcess) -> None:
    """As docs/failures.md says: a read that began before it has the time that was left when the body began."""
    stall = {"x-lmnt-fault": "stall-after=1000"}
    for transport in ("httpx", "httpx2"):
        client = mode.client(base_url=server.base_url, deadline=0.5, transport=transport)
        began = time.monotonic()
        with pytest.raises(lmnt.StreamTimeoutError, match=r"the deadline of 0\.5 s passed") as caught:
            mode.run(client.speech.generate(text="hi", voice="leah", format="wav", extra_headers=stall))
        assert 0.5 <= time.monotonic() - began < 1.5
        assert caught.value.bytes_received == 1000
        with pytest.raises(lmnt.APITimeoutError, match=r"the deadline of 0\.5 s passed"):
            mode.run(client.voices.list(extra_headers={"x-lmnt-fault": "stall"}))
