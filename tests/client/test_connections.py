"""Connections: kept alive, freed, never used again after a failure, and not shared by what must not share them."""

from __future__ import annotations

import asyncio
import gc
import os
import queue
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, cast

import pytest

import lmnt
from lmnt.transport import connections
from lmnt.transport.connections import KEEP_ALIVE_IDLE, KEEP_ALIVE_INTERVAL
from lmnt_server.process import ServerProcess

from .conftest import Wire
from .modes import KEY, Sync
from .peers import Connection, Stream, head, json_response

LEAH = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready"}


def sockets_of(port: int) -> list[socket.socket]:
    """Return the open sockets of this process that are connected to a port."""
    found: list[socket.socket] = []
    for each in gc.get_objects():
        # Not isinstance, which asks a weak proxy for what may be gone.
        if issubclass(type(each), socket.socket) and each.family == socket.AF_INET and each.fileno() >= 0:
            try:
                if each.getpeername()[1] == port:
                    found.append(each)
            except OSError:
                continue  # it listens, or is not connected any more
    return found


def test_tcp_keep_alive_is_on_the_socket(mode: Sync, peer: Callable[..., Any]) -> None:
    listening = peer(json_response(LEAH))
    client = mode.client(base_url=listening.base_url)
    mode.run(client.voices.retrieve("leah"))
    port = listening.sock.getsockname()[1]
    ours = [each for each in sockets_of(port) if each.getsockname()[1] != port]
    assert ours
    for each in ours:
        assert each.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert each.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == KEEP_ALIVE_IDLE
            assert each.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == KEEP_ALIVE_INTERVAL


def test_a_connection_is_used_again(mode: Sync, peer: Callable[..., Any]) -> None:
    listening = peer(json_response(LEAH))
    client = mode.client(base_url=listening.base_url)
    for _ in range(3):
        mode.run(client.voices.retrieve("leah"))
    assert listening.connections == 1


def test_a_connection_that_failed_is_not_used_again(mode: Sync, peer: Callable[..., Any]) -> None:
    def cut(connection: Connection) -> None:
        connection.send(head(headers={"content-length": "100", "request-id": "req_1"}) + b"too short")

    listening = peer(cut, json_response(LEAH))
    client = mode.client(base_url=listening.base_url)
    with pytest.raises(lmnt.StreamTruncatedError):
        mode.run(client.voices.retrieve("leah"))
    assert mode.run(client.voices.retrieve("leah")).id == "leah"
    assert listening.connections == 2


def test_a_stale_connection_is_replaced_unnoticed(mode: Sync, peer: Callable[..., Any]) -> None:
    closed = threading.Event()

    def answer_and_close(connection: Connection) -> None:
        connection.send(json_response(LEAH))
        connection.close()
        closed.set()

    listening = peer(answer_and_close, json_response(LEAH))
    client = mode.client(base_url=listening.base_url, max_retries=0)
    assert mode.run(client.voices.with_raw_response.retrieve("leah")).retries_taken == 0
    assert closed.wait(10)
    assert mode.run(client.voices.with_raw_response.retrieve("leah")).retries_taken == 0
    assert listening.connections == 2


def test_a_connection_of_http2_that_went_stale_is_replaced_unnoticed(
    mode: Sync, peer2: Callable[..., Any], trusting: Any
) -> None:
    closed = threading.Event()

    def answer(stream: Stream) -> None:
        stream.head(headers={"content-type": "application/json", "request-id": "req_1"})
        stream.send(json_response({"success": True}).partition(b"\r\n\r\n")[2], end=True)

    def answer_and_close(stream: Stream) -> None:
        answer(stream)
        stream.sock.shutdown(socket.SHUT_RDWR)
        closed.set()

    listening = peer2(answer, answer_and_close, answer)
    client = mode.client(base_url=listening.base_url, http2=True, ssl_context=trusting, max_retries=0)
    for connections_made in (1, 1):
        assert mode.run(client.voices.delete("mine")).success
        assert listening.connections == connections_made
    assert closed.wait(10)
    assert mode.run(client.voices.delete("mine")).success
    assert listening.connections == 2


def test_leaving_a_stream_half_way_frees_its_connection(
    mode: Sync, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 10)
    client = mode.client(**wire.at)
    speaking = client.speech.with_streaming_response
    for _ in range(15):  # more than the pool holds
        with mode.entered(speaking.generate(text="Hello. " * 500, voice="leah", format="pcm_f32le")) as streamed:
            next(mode.each(streamed.iter_bytes()))
        assert streamed.is_closed
    assert mode.run(client.voices.retrieve("leah")).id == "leah"


@pytest.mark.usefixtures("hasty_threads")
def test_threads_that_share_a_client_get_what_each_asked_for(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    # So few are kept that the pool closes some all the time: never one that a request has been given.
    monkeypatch.setattr(connections, "MAX_KEEPALIVE_CONNECTIONS", 2)
    with lmnt.Lmnt(**wire.at, api_key=KEY, max_retries=0) as client:
        results: list[tuple[str, str]] = []
        voices = [voice.id for voice in client.voices.list()]

        def work(voice: str) -> None:
            results.extend((voice, client.voices.retrieve(voice).id) for _ in range(20))

        threads = [threading.Thread(target=work, args=(voices[number % len(voices)],)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(voices) > 1
        assert len(results) == 320
        assert all(asked == got for asked, got in results)


@pytest.mark.parametrize("what", ["a call", "a stream"])
def test_a_cancelled_call_frees_its_connection(wire: Wire, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Cancelled at each turn of the event loop that it takes; the pool has room for one."""
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)

    async def stream(client: lmnt.AsyncLmnt) -> None:
        async with client.speech.with_streaming_response.generate(text="Hello.", voice="leah") as streamed:
            async for _ in streamed.iter_bytes():
                break

    async def main() -> None:
        async with lmnt.AsyncLmnt(**wire.at, api_key=KEY, max_retries=0, timeout=10) as client:
            cancelled = 0
            for turns in range(80):
                call = client.voices.list() if what == "a call" else stream(client)
                task = asyncio.ensure_future(call)
                for _ in range(turns):
                    await asyncio.sleep(0)
                if not task.done():
                    task.cancel()
                    cancelled += 1
                with suppress(asyncio.CancelledError):
                    await task
            assert cancelled  # how many depends on how fast the server is
            assert await client.voices.list()

    asyncio.run(main())


def test_a_call_that_ends_takes_no_other_with_it(server: ServerProcess) -> None:
    """Among tasks: by its deadline, by its timeout, and cancelled, each while another one is in the middle."""

    async def main() -> None:
        async with lmnt.AsyncLmnt(base_url=server.base_url, api_key=KEY, max_retries=0) as client:
            drip = {"x-lmnt-fault": "drip=300"}
            whole = client.speech.generate(text="Hello.", voice="leah", format="pcm_s16le", extra_headers=drip)
            beside = asyncio.ensure_future(whole)
            await asyncio.sleep(0.1)
            stall = {"x-lmnt-fault": "stall"}
            for limits in ({"deadline": 0.2}, {"timeout": 0.2}):
                began = time.monotonic()
                with pytest.raises(lmnt.APITimeoutError):
                    await client.voices.list(extra_headers=stall, **limits)
                assert time.monotonic() - began < 2
            for turns in range(40):
                task = asyncio.ensure_future(client.voices.list())
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            assert (await beside).complete is True

    asyncio.run(main())


@pytest.mark.parametrize("limits", [{"timeout": 0.2}, {"deadline": 0.2}])
@pytest.mark.parametrize("limits_beside", [{}, {"timeout": 2}, {"timeout": None}, {"deadline": 30}])
def test_over_http2_a_call_that_times_out_ends_none_that_is_less_in_a_hurry(
    tls_server: ServerProcess, trusting: ssl.SSLContext, limits: Any, limits_beside: Any
) -> None:
    """httpx2 ends all that share its connection: those have another."""

    async def main() -> None:
        at = {"base_url": tls_server.base_url, "http2": True, "ssl_context": trusting}
        async with lmnt.AsyncLmnt(**at, api_key=KEY, max_retries=0) as client:
            speech: dict[str, Any] = {"text": "Hello.", "voice": "leah", "format": "pcm_s16le"}
            drip = {"x-lmnt-fault": "drip=300"}
            beside = asyncio.ensure_future(client.speech.generate(**speech, extra_headers=drip, **limits_beside))
            await asyncio.sleep(0.1)
            with pytest.raises(lmnt.APITimeoutError):
                await client.voices.list(extra_headers={"x-lmnt-fault": "stall"}, **limits)
            assert (await client.voices.retrieve("leah", **limits_beside)).id == "leah"
            assert await (await beside).read()

    asyncio.run(main())


HASTY = random.Random(11)


def limit_of(number: int) -> dict[str, float]:
    """Return a limit that one call in ten cannot keep, or hardly."""
    return {"timeout": HASTY.uniform(0.001, 0.1)} if number % 10 == 0 else {}


def speech_of(number: int) -> dict[str, Any]:
    return {"text": "a" * (1 + number), "voice": "leah", "format": "pcm_s16le"}


def check_answers(sizes: list[int | None]) -> None:
    """Check that all but those in a hurry got an answer, and their own: the longer the text, the longer it is."""
    assert all(size is not None or number % 10 == 0 for number, size in enumerate(sizes))
    own = [size for size in sizes if size is not None]
    assert own == sorted(set(own))


def test_over_http2_threads_get_their_own_answers_beside_some_in_a_hurry(
    tls_server: ServerProcess, trusting: ssl.SSLContext
) -> None:
    at = {"base_url": tls_server.base_url, "http2": True, "ssl_context": trusting}

    def one(number: int) -> int | None:
        try:
            return len(client.speech.generate(**speech_of(number), **limit_of(number)).read())
        except lmnt.APITimeoutError:
            return None

    with lmnt.Lmnt(**at, api_key=KEY, max_retries=0) as client, ThreadPoolExecutor(20) as threads:
        check_answers(list(threads.map(one, range(200))))


def test_over_http2_tasks_get_their_own_answers_beside_some_in_a_hurry(
    tls_server: ServerProcess, trusting: ssl.SSLContext
) -> None:
    at = {"base_url": tls_server.base_url, "http2": True, "ssl_context": trusting}

    async def main() -> None:
        async def one(number: int) -> int | None:
            try:
                return len(await (await client.speech.generate(**speech_of(number), **limit_of(number))).read())
            except lmnt.APITimeoutError:
                return None

        async with lmnt.AsyncLmnt(**at, api_key=KEY, max_retries=0) as client:
            check_answers(await asyncio.gather(*map(one, range(200))))

    asyncio.run(main())


def test_over_http2_what_a_cancelled_call_ends_is_told_so(tls_server: ServerProcess, trusting: ssl.SSLContext) -> None:
    """httpx2 loses the connection when a task is cancelled at one certain turn."""

    async def main() -> set[type]:
        at = {"base_url": tls_server.base_url, "http2": True, "ssl_context": trusting}
        ends: set[type] = set()
        async with lmnt.AsyncLmnt(**at, api_key=KEY, max_retries=0) as client:
            drip = {"x-lmnt-fault": "drip=100"}
            for turns in range(6):
                assert (await client.voices.retrieve("leah")).id == "leah"
                beside = asyncio.ensure_future(client.speech.generate(text="Hi.", voice="leah", extra_headers=drip))
                await asyncio.sleep(0.05)
                task = asyncio.ensure_future(client.voices.list())
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task, beside])
                ends.add(type(beside.exception()))
        return ends

    assert asyncio.run(main()) <= {type(None), lmnt.APIConnectionError, lmnt.StreamTruncatedError}


@pytest.mark.parametrize("closes", ["client", "response", "client before the response"])
def test_closing_wakes_a_thread_that_waits(wire: Wire, closes: str) -> None:
    if wire.version == "HTTP/2" and closes == "client before the response":
        pytest.skip("a library shows no connection before there is a response")
    key = f"{KEY}-{wire.version}-{closes}".replace(" ", "-")
    client = lmnt.Lmnt(**wire.at, api_key=key, max_retries=0, timeout=60)
    responses: queue.Queue[Any] = queue.Queue()
    errors: list[Exception] = []

    def work() -> None:
        try:
            if closes == "client before the response":
                client.voices.list(extra_headers={"x-lmnt-fault": "stall"})
            stall = {"x-lmnt-fault": "stall-after=1000"}
            with client.speech.with_streaming_response.generate(text="Hi.", voice="leah", extra_headers=stall) as it:
                responses.put(it)
                for _ in it.iter_bytes():
                    pass
        except lmnt.LmntError as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    response = None if closes == "client before the response" else responses.get(timeout=10)
    with lmnt.Lmnt(**wire.at, api_key=key) as other:
        count = other.accounts.with_raw_response.retrieve
        while not cast("dict[str, int]", count(extra_headers={"x-lmnt-fault": "count"}).json()):
            time.sleep(0.02)  # the call is not there yet
    time.sleep(0.1)
    (response if closes == "response" and response is not None else client).close()
    thread.join(10)
    client.close()
    assert not thread.is_alive()
    assert len(errors) == 1
    assert isinstance(errors[0], lmnt.APIConnectionError if response is None else lmnt.StreamTruncatedError)


def test_a_forked_process_gets_connections_of_its_own(peer: Callable[..., Any]) -> None:
    listening = peer(json_response(LEAH))
    client = lmnt.Lmnt(base_url=listening.base_url, api_key=KEY)
    client.voices.retrieve("leah")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if client.voices.retrieve("leah").id == "leah" else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client.voices.retrieve("leah").id == "leah"
    child = os.fork()
    if child == 0:
        client.close()  # its own: there is none
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client.voices.retrieve("leah").id == "leah"
    client.close()
    assert listening.connections == 2


def test_by_a_library_what_follows_an_answer_is_taken_for_the_next(mode: Sync, peer: Callable[..., Any]) -> None:
    """As httpx 0.28 has it; the direct road gives such a connection up (tests/faults/table.py)."""
    following = json_response({"success": True, "said": "to nobody"})
    client = mode.client(base_url=peer(json_response(LEAH) + following).base_url, transport="httpx", max_retries=0)
    assert mode.run(client.voices.retrieve("leah")).id == "leah"
    assert mode.run(client.get("/any", cast_to=object)) == {"success": True, "said": "to nobody"}


def test_closing_twice_is_closing_once(mode: Sync, server: Any) -> None:
    client = mode.client(base_url=server.base_url)
    mode.run(client.voices.retrieve("leah"))
    mode.run(client.close())
    mode.run(client.close())
    assert client.is_closed
