"""Connections: kept alive, freed, never used again after a failure, and not shared by what must not share them."""

from __future__ import annotations

import asyncio
import gc
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, cast

import httpcore
import httpx
import pytest

import lmnt
from lmnt.transport import connections
from lmnt.transport.connections import KEEP_ALIVE_IDLE, KEEP_ALIVE_INTERVAL
from lmnt.transport.pooled import PooledConnection

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
    monkeypatch.setattr(connections, "DEFAULT_CONNECTION_LIMITS", httpx.Limits(max_connections=10))
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
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=2)
    monkeypatch.setattr(connections, "DEFAULT_CONNECTION_LIMITS", limits)
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
    monkeypatch.setattr(connections, "DEFAULT_CONNECTION_LIMITS", httpx.Limits(max_connections=1))

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


def test_a_connection_that_was_made_and_never_taken_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Inner()
    connection = PooledConnection(cast("httpcore.ConnectionInterface", inner))
    monkeypatch.setattr(inner, "has_expired", lambda: False)
    monkeypatch.setattr(inner, "is_idle", lambda: False)
    assert not connection.has_expired()  # a request is about to take it
    began = time.monotonic()
    monkeypatch.setattr("lmnt.transport.pooled.time.monotonic", lambda: began + 2)
    assert connection.has_expired()


def test_a_call_that_ends_takes_no_other_with_it(wire: Wire) -> None:
    """Among tasks: by its deadline, by its timeout, and cancelled, each while another one is in the middle."""

    async def main() -> None:
        async with lmnt.AsyncLmnt(**wire.at, api_key=KEY, max_retries=0) as client:
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


@pytest.mark.parametrize("closes", ["client", "response", "client before the response"])
def test_closing_wakes_a_thread_that_waits(wire: Wire, closes: str) -> None:
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


class Content:
    """A body."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"GET"

    def close(self) -> None:
        pass


class Inner:
    """A connection at the very moment that no test can wait for: given to a request while the pool lets go of it."""

    is_closed_now = False

    def handle_request(self, _: httpcore.Request) -> httpcore.Response:
        return httpcore.Response(200, content=Content())

    def is_idle(self) -> bool:
        return True

    def has_expired(self) -> bool:
        return True

    def close(self) -> None:
        self.is_closed_now = True


def test_a_connection_that_is_used_is_closed_afterwards() -> None:
    inner, request = Inner(), httpcore.Request("GET", "http://127.0.0.1")
    connection = PooledConnection(cast("httpcore.ConnectionInterface", inner))
    response = connection.handle_request(request)
    assert not connection.is_idle()
    assert not connection.has_expired()
    connection.close()
    assert not inner.is_closed_now
    assert response.read() == b"GET"
    response.close()
    assert inner.is_closed_now
    with pytest.raises(httpcore.ConnectionNotAvailable):
        connection.handle_request(request)


def test_a_connection_that_has_expired_takes_no_request() -> None:
    connection = PooledConnection(cast("httpcore.ConnectionInterface", Inner()))
    assert connection.has_expired()
    with pytest.raises(httpcore.ConnectionNotAvailable):
        connection.handle_request(httpcore.Request("GET", "http://127.0.0.1"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 warns where threads run; here they wait
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


def graceful(stream: Stream, *, body: bytes, last: int | None = None) -> None:
    """Begin a response, say that the connection will end, and finish the response."""
    stream.head(headers={"content-type": "application/json", "request-id": "req_1"})
    stream.send(body[:10])
    goaway = b"\0\0\x08\x07\0\0\0\0\0" + (stream.number if last is None else last).to_bytes(4, "big") + bytes(4)
    stream.flush()
    stream.sock.sendall(goaway)
    stream.send(body[10:], end=True)


def test_a_graceful_goaway_is_a_success_and_ends_the_connection(
    mode: Sync, peer2: Callable[..., Any], trusting: Any
) -> None:
    body = json_response(LEAH).partition(b"\r\n\r\n")[2]
    listening = peer2(lambda stream: graceful(stream, body=body))
    client = mode.client(base_url=listening.base_url, http2=True, ssl_context=trusting, max_retries=0)
    for _ in range(3):
        assert mode.run(client.voices.retrieve("leah")).id == "leah"
    assert listening.connections == 3


def test_a_goaway_waits_for_trailers_of_several_frames(mode: Sync, peer2: Callable[..., Any], trusting: Any) -> None:
    def answer(stream: Stream) -> None:
        stream.head(headers={"content-type": "application/json", "request-id": "req_1"})
        stream.sock.sendall(b"\0\0\x08\x07\0\0\0\0\0" + stream.number.to_bytes(4) + bytes(4))
        stream.send(json_response(LEAH).partition(b"\r\n\r\n")[2])
        block = stream.state.encoder.encode([("x-checksum", "none of importance")])
        # HEADERS that end the stream, and the rest of them, after all before it was read.
        stream.sock.sendall(b"\0\0\x02\x01\x01" + stream.number.to_bytes(4) + block[:2])
        stream.peer.over.wait(0.2)
        stream.sock.sendall((len(block) - 2).to_bytes(3) + b"\x09\x04" + stream.number.to_bytes(4) + block[2:])

    client = mode.client(base_url=peer2(answer).base_url, http2=True, ssl_context=trusting, max_retries=0)
    assert mode.run(client.voices.retrieve("leah")).id == "leah"


def test_bytes_before_a_broken_rule_count_though_they_came_with_it(
    mode: Sync, peer2: Callable[..., Any], trusting: Any
) -> None:
    def answer(stream: Stream) -> None:
        stream.head(headers={"content-type": "audio/basic", "content-length": "20", "request-id": "req_1"})
        data = b"\0\0\x0a\0\0" + stream.number.to_bytes(4) + bytes(10)
        stream.sock.sendall(data + b"\0\0\0\0\x01" + stream.number.to_bytes(4))

    client = mode.client(base_url=peer2(answer).base_url, http2=True, ssl_context=trusting, max_retries=0)
    with pytest.raises(lmnt.StreamTruncatedError) as caught:
        mode.run(client.speech.generate(text="hi", voice="leah", format="ulaw"))
    assert caught.value.bytes_received == 10
    assert caught.value.request_id == "req_1"


def test_closing_twice_is_closing_once(mode: Sync, server: Any) -> None:
    client = mode.client(base_url=server.base_url)
    mode.run(client.voices.retrieve("leah"))
    mode.run(client.close())
    mode.run(client.close())
    assert client.is_closed
