"""Connecting: several addresses, a handshake that drags on, a client that is closed meanwhile, and many descriptors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import lmnt
from lmnt.transport.direct import pool
from lmnt_server.process import ServerProcess

from .modes import CONTEXT, KEY, Sync
from .peers import Listener, Peer, json_response, response, serving
from .session_peer import SessionPeer

SILENT, ALIVE = "127.0.0.2", "127.0.0.1"


@contextmanager
def hole(port: int = 0) -> Iterator[int]:
    """A port of SILENT that takes no connection and refuses none: its queue is full, and what comes is dropped."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((SILENT, port))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        time.sleep(0.05)
        with socket.socket() as probe:
            probe.settimeout(0.2)
            try:
                probe.connect(listening.getsockname())
            except TimeoutError:
                pass
            else:
                pytest.skip("this system takes more connections than it was told to")
        yield listening.getsockname()[1]


def naming(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have the name many.test be of these addresses."""
    known = socket.getaddrinfo

    def found(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if host not in ("many.test", b"many.test"):
            return known(host, port, *arguments, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, int(port))) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


class Slow(Listener):
    """Does with each connection what it is told."""

    def __init__(self, behaviour: Callable[[socket.socket], object]) -> None:
        super().__init__()
        self._behaviour = behaviour

    def serve(self, sock: socket.socket) -> None:
        self._behaviour(sock)


def test_an_address_that_is_silent_is_not_waited_for(
    mode: Sync, peer: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = port_of(peer(json_response([])).base_url)
    naming(monkeypatch, SILENT, ALIVE)
    with hole(port):
        client = mode.client(base_url=f"http://many.test:{port}", timeout=lmnt.Timeout(10, connect=8), max_retries=0)
        began = time.monotonic()
        mode.run(client.voices.list())
        assert 0.2 < time.monotonic() - began < 2


def test_an_address_that_is_silent_is_not_waited_for_by_a_session(mode: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    with SessionPeer().running() as server, hole(port_of(server.base_url)):
        naming(monkeypatch, SILENT, ALIVE)
        url = f"http://many.test:{port_of(server.base_url)}"
        client = mode.client(base_url=url, timeout=lmnt.Timeout(10, connect=8))
        began = time.monotonic()
        session = mode.run(client.speech.sessions.create(voice="leah"))
        taken = time.monotonic() - began
        mode.run(session.close())
        assert 0.2 < taken < 2


def test_an_address_that_refuses_leaves_its_turn_to_the_next_at_once(
    mode: Sync, peer: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = port_of(peer(json_response([])).base_url)
    naming(monkeypatch, "127.0.0.3", "127.0.0.4", ALIVE)
    client = mode.client(base_url=f"http://many.test:{port}", max_retries=0)
    began = time.monotonic()
    mode.run(client.voices.list())
    assert time.monotonic() - began < 0.2


def test_addresses_that_all_refuse(mode: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    naming(monkeypatch, "127.0.0.3", "127.0.0.4")
    client = mode.client(base_url="http://many.test:9", max_retries=0)
    with pytest.raises(lmnt.APIConnectionError, match="refuses") as caught:
        mode.run(client.voices.list())
    assert caught.value.retry_safe is True


def test_addresses_that_are_all_silent_share_one_limit(mode: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    naming(monkeypatch, *[SILENT] * 3)
    with hole() as port:
        client = mode.client(base_url=f"http://many.test:{port}", timeout=lmnt.Timeout(9, connect=0.6), max_retries=0)
        began = time.monotonic()
        with pytest.raises(lmnt.APITimeoutError, match="no connection in time"):
            mode.run(client.voices.list())
        assert 0.5 < time.monotonic() - began < 1.5


def test_a_handshake_of_many_small_steps_has_one_limit(mode: Sync) -> None:
    def drip(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB, which never is whole
        while True:
            sock.sendall(b"\0")
            time.sleep(0.1)

    with serving(Slow(drip)) as server:
        client = mode.client(
            base_url=server.base_url.replace("http:", "https:"),
            timeout=lmnt.Timeout(9, connect=0.6),
            max_retries=0,
        )
        began = time.monotonic()
        with pytest.raises(lmnt.APITimeoutError, match="no connection in time"):
            mode.run(client.voices.list())
        assert 0.5 < time.monotonic() - began < 1.5


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_closing_a_client_ends_a_call_that_is_connecting(scheme: str, mode: Sync) -> None:
    with ExitStack() as stack:
        if scheme == "http":
            url = f"http://{SILENT}:{stack.enter_context(hole())}"
        else:
            silent = stack.enter_context(serving(Slow(lambda sock: sock.recv(65536) and sock.recv(65536))))
            url = silent.base_url.replace("http:", "https:")
        client = mode.client(base_url=url, timeout=9, max_retries=0)
        if mode.name == "sync":
            caught: list[BaseException] = []

            def call() -> None:
                try:
                    client.voices.list()
                except lmnt.LmntError as error:
                    caught.append(error)

            thread = threading.Thread(target=call, daemon=True)
            thread.start()
            time.sleep(0.3)
            client.close()
            thread.join(2)
            assert caught
        else:

            async def use() -> None:
                calling = asyncio.ensure_future(client.voices.list())
                await asyncio.sleep(0.3)
                await client.close()
                with pytest.raises(lmnt.LmntError):
                    await asyncio.wait_for(calling, 2)

            mode.run(use())


def test_two_event_loops_at_once_leave_each_other_their_connections(peer: Callable[..., Peer]) -> None:
    server = peer(json_response([]))
    client = lmnt.AsyncLmnt(api_key=KEY, base_url=server.base_url, ssl_context=CONTEXT)
    together = threading.Barrier(2, timeout=10)
    failures: list[BaseException] = []

    async def use() -> None:
        for _ in range(5):
            together.wait()
            await client.voices.list()

    def run() -> None:
        try:
            asyncio.run(use())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not failures
    assert len(server.requests) == 10
    assert server.connections == 2
    asyncio.run(client.close())


@contextmanager
def many_descriptors() -> Iterator[None]:
    """Have the next descriptors have numbers above what `select` takes."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1300:
        pytest.skip("this system gives a process too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1300), hard))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        while stack.enter_context(Path(os.devnull).open("rb")).fileno() < 1100:
            pass
        yield


@contextmanager
def without_poll() -> Iterator[None]:
    """Have it be as on Windows."""
    from lmnt.transport import readiness

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(readiness, "poll", None)
        monkeypatch.delattr("select.poll")
        yield


@pytest.mark.skipif(os.name == "nt", reason="has neither")
@pytest.mark.parametrize("place", [many_descriptors, without_poll])
def test_calls_and_uploads_anywhere(
    place: Callable[[], contextlib.AbstractContextManager[None]],
    mode: Sync,
    peer: Callable[..., Peer],
    speaks_tls: ssl.SSLContext,
    trusting: ssl.SSLContext,
) -> None:
    audio = response(body=b"\1\2" * 50, headers={"content-type": "audio/pcm"})
    answers = [json_response([]), json_response([]), audio]
    for server in (peer(*answers), peer(*answers, tls=speaks_tls)):
        with place():
            client = mode.client(base_url=server.base_url, ssl_context=trusting, timeout=5)
            for _ in range(2):
                mode.run(client.voices.list())
            mode.run(client.speech.generate(text="a", voice="b", extra_body={"more": "a" * 4_000_000}))
            mode.run(client.close())
        assert server.connections == 1


LONG = [1e8, 1e10, 1e300, 10**400]
"""Seconds: more than a system call takes, than a lock does, than a time can be, and than a float can be."""


@pytest.mark.parametrize("seconds", LONG)
def test_a_limit_may_be_longer_than_a_system_call_can_wait(
    mode: Sync, peer: Callable[..., Peer], server: ServerProcess, seconds: float
) -> None:
    audio = response(body=b"\1\2" * 50, headers={"content-type": "audio/pcm"})
    client = mode.client(base_url=peer(audio).base_url, timeout=seconds)
    mode.run(client.speech.generate(text="a", voice="b", extra_body={"more": "a" * 4_000_000}))
    client = mode.client(base_url=server.base_url, timeout=seconds)
    for limits in ({"deadline": seconds}, {"transport": "httpx"}):
        mode.run(mode.client(base_url=server.base_url, timeout=lmnt.Timeout(seconds), **limits).voices.list())
    with mode.entered(client.speech.sessions.create(voice="leah")) as session:
        mode.run(session.send_text("Hello."))
        mode.run(session.send_finish())
        assert any(isinstance(each, lmnt.SpeechSessionAudio) for each in mode.each(session))


@pytest.mark.parametrize("seconds", LONG)
def test_a_connection_is_waited_for_as_long(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(pool, "MOST", 1)
    with lmnt.Lmnt(api_key="any", base_url=server.base_url, timeout=seconds) as client, ThreadPoolExecutor() as threads:
        with client.speech.with_streaming_response.generate(text="a", voice="leah"):
            waiting = threads.submit(client.voices.list)
            with pytest.raises(TimeoutError):
                waiting.result(0.1)
        assert waiting.result(10)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_no_descriptor_is_left(mode: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and what a second attempt needs was loaded before."""
    import resource

    client = mode.client(base_url="http://127.0.0.1:1", max_retries=1)
    with pytest.raises(lmnt.APIConnectionError, match="refuses"):
        mode.run(client.with_options(max_retries=0).voices.list())
    monkeypatch.delitem(sys.modules, "random")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(lmnt.APIConnectionError, match=r"no connection \(.*Too many open files"):
            mode.run(client.voices.list())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
