"""Which way a request goes: what `transport`, `http_client`, HTTP/2 and a wrapped library make of it."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, Mock, create_autospec

import httpx
import httpx2
import pytest

import lmnt
from lmnt_server.process import ServerProcess

from .modes import KEY, Sync
from .peers import Listener, json_response

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


KINDS = {("httpx", "sync"): httpx.Client, ("httpx", "async"): httpx.AsyncClient} | {
    ("httpx2", name): kind for name, kind in TWO.items()
}


class Watcher:
    """Puts itself in the way of a library's requests, as a tracer does, or a mock, which lets none through."""

    def __init__(self, mode: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
        self._mode = mode
        self._patch = monkeypatch
        self.seen: list[str] = []

    def trace(self, library: str) -> None:
        kind = KINDS[library, self._mode.name]
        send = kind.send

        @functools.wraps(send)
        def traced(client: Any, request: Any, **arguments: Any) -> Any:
            self.seen.append(f"{library} {request.url.path}")
            return send(client, request, **arguments)

        self._patch.setattr(kind, "send", traced)

    def mock(self, library: str, answer: Any = None) -> None:
        module = {"httpx": httpx, "httpx2": httpx2}[library]

        def answered(_: Any, request: Any, **__: Any) -> Any:
            self.seen.append(f"mock of {library} {request.url.path}")
            return answer or module.Response(200, json={"success": True}, request=request)

        async def aanswered(client: Any, request: Any, **_: Any) -> Any:
            return answered(client, request)

        self._patch.setattr(
            KINDS[library, self._mode.name], "send", answered if self._mode.name == "sync" else aanswered
        )


@pytest.fixture
def watcher(mode: Sync, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    return Watcher(mode, monkeypatch)


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_what_wraps_a_library_sees_the_calls_from_then_until_it_leaves(
    mode: Sync,
    peer: Callable[..., Any],
    watcher: Watcher,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    library: str,
) -> None:
    listening = peer(json_response({"success": True}))
    client = mode.client(base_url=listening.base_url)
    mode.run(client.voices.delete("before"))
    with caplog.at_level(logging.DEBUG):
        watcher.trace(library)
        mode.run(client.voices.delete("mine"))
        monkeypatch.undo()
        mode.run(client.voices.delete("after"))
    assert watcher.seen == [f"{library} /v1/ai/voice/mine"]
    assert ways(caplog) == [f"by {library}, since {library} was wrapped", "direct"]


@pytest.mark.parametrize("arguments", [{}, {"http2": True}])
@pytest.mark.parametrize("traced", [[], ["httpx"], ["httpx2"], ["httpx", "httpx2"]])
@pytest.mark.parametrize("mocked", ["httpx", "httpx2"])
def test_a_mock_of_either_library_answers_whatever_is_traced(
    mode: Sync, untouched: Listener, watcher: Watcher, traced: list[str], mocked: str, arguments: Any
) -> None:
    for library in traced:
        watcher.trace(library)
    watcher.mock(mocked)
    client = mode.client(base_url=untouched.base_url, **arguments)
    assert mode.run(client.voices.delete("mine")).success
    assert watcher.seen == [f"mock of {mocked} /v1/ai/voice/mine"]


class Equal:
    """What wraps a function and says that it is just that, as proxies do."""

    def __init__(self, wrapped: Any, seen: list[str]) -> None:
        self.__wrapped__ = wrapped
        self.seen = seen

    @property  # type: ignore[misc]  # so do proxies
    def __class__(self) -> Any:
        return type(self.__wrapped__)

    def __eq__(self, other: object) -> bool:
        return bool(self.__wrapped__ == other)

    __hash__ = None  # type: ignore[assignment]  # nothing asks for it

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.seen.append("called")
        return self.__wrapped__(*arguments, **named)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return functools.partial(self, instance)


def test_a_wrapper_that_says_it_is_the_function_is_noticed(
    mode: Sync, peer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = peer(json_response({"success": True}))
    client = mode.client(base_url=listening.base_url)
    mode.run(client.voices.delete("before"))
    kind, seen = KINDS["httpx", mode.name], list[str]()
    monkeypatch.setattr(kind, "send", Equal(kind.send, seen))
    mode.run(client.voices.delete("mine"))
    assert seen == ["called"]


def test_a_wrapper_in_a_package_of_a_like_name_is_noticed(
    mode: Sync, peer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    names: dict[str, Any] = {"__name__": "httpx_recorder.wrap", "send": KINDS["httpx", mode.name].send}
    exec("def wrapped(self, request, **arguments): return send(self, request, **arguments)", names)
    monkeypatch.setattr(KINDS["httpx", mode.name], "send", names["wrapped"])
    client = mode.client(base_url=peer(json_response({"success": True})).base_url)
    with caplog.at_level(logging.DEBUG):
        mode.run(client.voices.delete("mine"))
    assert ways(caplog) == ["by httpx, since httpx was wrapped"]


@pytest.mark.parametrize("replaced", ["{}Client", "{}HTTPTransport"])
def test_what_is_made_in_the_place_of_a_class_is_used(
    mode: Sync, peer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, replaced: str
) -> None:
    name = replaced.format({"sync": "", "async": "Async"}[mode.name])
    kind, seen = getattr(httpx, name), list[str]()

    def made(**settings: Any) -> Any:
        seen.append(name)
        return kind(**settings)

    client = mode.client(base_url=peer(json_response({"success": True})).base_url)
    mode.run(client.voices.delete("before"))
    monkeypatch.setattr(httpx, name, made)
    mode.run(client.voices.delete("mine"))
    assert seen == [name]


def test_a_mock_that_returns_no_response_is_told_so(mode: Sync, untouched: Listener, watcher: Watcher) -> None:
    watcher.mock("httpx", answer=Mock())
    client = mode.client(base_url=untouched.base_url)
    with pytest.raises(lmnt.LmntError, match=r"unittest\.mock\.Mock stands where .* a response of httpx or httpx2"):
        mode.run(client.voices.delete("mine"))


def test_a_client_that_a_mock_made_is_told_so(
    mode: Sync, untouched: Listener, monkeypatch: pytest.MonkeyPatch, big_recording: Path
) -> None:
    name = {"sync": "Client", "async": "AsyncClient"}[mode.name]
    for mock in (MagicMock(), create_autospec(getattr(httpx, name))):
        monkeypatch.setattr(httpx, name, mock)
        client = mode.client(base_url=untouched.base_url)
        with pytest.raises(lmnt.LmntError, match="stands where a client or a response"):
            mode.run(client.voices.create(file=big_recording, name="mine"))
        monkeypatch.undo()


def test_sockets_that_a_mock_made_are_left_to_httpx(
    mode: Sync, peer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made, asked = socket.socket, list[object]()

    def in_its_place(*arguments: Any, **named: Any) -> socket.socket:
        asked.append(arguments)
        return made(*arguments, **named)

    client = mode.client(base_url=peer(json_response({"success": True})).base_url)
    mode.run(client.voices.delete("before"))
    with caplog.at_level(logging.DEBUG), monkeypatch.context() as patch:
        patch.setattr(socket, "socket", type("Socket", (), {"__new__": lambda _, *a, **n: in_its_place(*a, **n)}))
        mode.run(client.voices.delete("mine"))
    assert asked
    assert ways(caplog) == ["by httpx, since socket.socket was replaced"]


AWAITS = """
import sys, types
from importlib.machinery import PathFinder

def wrap(module):
    for kind in (module.Client, module.AsyncClient):
        def sent(self, request, *, send=kind.send, **arguments):
            print("seen", request.url.path)
            return send(self, request, **arguments)
        kind.send = sent

class Loader:
    def __init__(self, loader): self.loader = loader
    def create_module(self, spec): return self.loader.create_module(spec)
    def exec_module(self, module):
        self.loader.exec_module(module)
        wrap(module)

class Finder:
    def __init__(self, name): self.name = name
    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            spec = PathFinder.find_spec(name, path)
            spec.loader = Loader(spec.loader)
            return spec
"""
DELETES = """
import asyncio, lmnt
lmnt.Lmnt(base_url={0!r}, api_key="k").voices.delete("waits")
asyncio.run(lmnt.AsyncLmnt(base_url={0!r}, api_key="k").voices.delete("awaits"))
"""
WRAPS_PYTHONS_OWN = """
import http.client
got = http.client.HTTPConnection.getresponse
http.client.HTTPConnection.getresponse = lambda self: got(self)
"""


@pytest.mark.parametrize(
    "awaits",
    [
        "sys.meta_path.insert(0, Finder('httpx'))",
        # Of a part of the package none can be asked: to ask is to import the rest.
        f"sys.meta_path.insert(0, Finder('httpx._client'))\n{WRAPS_PYTHONS_OWN}",
    ],
)
@pytest.mark.parametrize("called_before", [False, True])
def test_what_waits_for_the_import_of_httpx_sees_the_call(
    peer: Callable[..., Any], awaits: str, called_before: bool
) -> None:
    deletes = DELETES.format(peer(json_response({"success": True})).base_url)
    code = "\n".join([AWAITS, deletes if called_before else "", awaits, deletes])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["seen /v1/ai/voice/waits", "seen /v1/ai/voice/awaits"]


def test_httpx2_in_the_place_of_httpx_wraps_nothing(peer: Callable[..., Any]) -> None:
    url = peer(json_response({"success": True})).base_url
    code = (
        "import httpx2; httpx2.alias_httpx()\n"
        "import httpx, lmnt, logging; logging.basicConfig(level='DEBUG')\n"
        "for arguments in ({}, {'transport': 'httpx'}, {'http_client': httpx.Client()}):\n"
        f"    lmnt.Lmnt(base_url={url!r}, api_key='k', **arguments).voices.delete('mine')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    said = [line.partition("/mine: ")[2] for line in done.stderr.splitlines() if "/mine: " in line]
    assert said == ["direct", "by httpx, since transport was given", "by httpx2, since an http_client was given"]


def test_a_mock_of_what_a_library_stands_on_answers_before_the_library_is_imported(untouched: Listener) -> None:
    code = (
        "import httpcore2, lmnt, sys\n"
        "def handle_request(self, request): return httpcore2.Response(200, content=b'{\"success\": true}')\n"
        "httpcore2.ConnectionPool.handle_request = handle_request\n"
        "assert 'httpx2' not in sys.modules\n"
        f"print(lmnt.Lmnt(base_url={untouched.base_url!r}, api_key='k').voices.delete('mine').success)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "True\n"
