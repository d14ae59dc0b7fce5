"""Connections: kept alive, freed, never used again after a failure, and not shared by what must not share them."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import lmnt
from lmnt.transport import connections
from lmnt.transport.connections import KEEP_ALIVE_IDLE, KEEP_ALIVE_INTERVAL

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


def test_a_second_thread_may_share_a_client(server: Any) -> None:
    with lmnt.Lmnt(base_url=server.base_url, api_key=KEY) as client:
        results: list[str] = []

        def work() -> None:
            results.extend(client.voices.retrieve("leah").id for _ in range(20))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert results == ["leah"] * 160


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


def test_closing_twice_is_closing_once(mode: Sync, server: Any) -> None:
    client = mode.client(base_url=server.base_url)
    mode.run(client.voices.retrieve("leah"))
    mode.run(client.close())
    mode.run(client.close())
    assert client.is_closed
