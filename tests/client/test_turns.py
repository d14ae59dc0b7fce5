"""TLS that two threads use at once, on real sockets: nothing is lost, and nobody waits for ever."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import trustme

import lmnt
from lmnt.session.turns import TurnTakingSocket
from lmnt_server.process import ServerProcess

from .modes import KEY, Sync

AUTHORITY = trustme.CA()
Behaviour = Callable[[ssl.SSLSocket], None]


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[int]:
    """Do this with each connection; gives the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    ended = threading.Event()

    def hold(sock: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(sock, server_side=True) as secure:
            behaviour(secure)

    def accept() -> None:
        while not ended.is_set():
            with suppress(OSError):
                sock, _ = listening.accept()
                threading.Thread(target=hold, args=(sock,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@contextmanager
def connected(behaviour: Behaviour) -> Iterator[TurnTakingSocket]:
    context = trusting()
    context.sslsocket_class = TurnTakingSocket
    with (
        serving(behaviour) as port,
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as sock,
    ):
        assert isinstance(sock, TurnTakingSocket)
        sock.take_turns()
        yield sock


def echo(sock: ssl.SSLSocket) -> None:
    while data := sock.recv(65_536):
        sock.sendall(data)


ENDED = threading.Event()


def reads_nothing(_: ssl.SSLSocket) -> None:
    # The session tickets of TLS 1.3 are sent all the same, and hold nothing for a reader.
    ENDED.wait()


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    ENDED.clear()
    yield
    ENDED.set()


@pytest.mark.usefixtures("hasty_threads")
def test_one_thread_reads_while_another_writes() -> None:
    messages = [b"%06d" % number * (1 + number % 40) for number in range(1500)]
    expected = b"".join(messages)
    received = bytearray()

    with connected(echo) as sock:

        def read() -> None:
            while len(received) < len(expected):
                received.extend(sock.recv(65_536))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        for message in messages:
            sock.sendall(message)
        reader.join(30)
    assert received == expected


def test_a_limit_holds_for_reading_and_for_writing() -> None:
    with connected(reads_nothing) as sock:
        sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sock.recv(10)
        sock.settimeout(None)
        sock.write_limit = 0.3
        with pytest.raises(ssl.SSLWantWriteError):
            sock.sendall(bytes(64 << 20))


def test_a_reader_notices_that_another_thread_closes() -> None:
    caught: list[BaseException] = []
    with connected(reads_nothing) as sock:

        def read() -> None:
            try:
                sock.recv(10)
            except OSError as error:
                caught.append(error)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(0.3)
        assert reader.is_alive()
        sock.close()
        reader.join(5)
        assert not reader.is_alive()
    assert len(caught) == 1


def test_a_server_that_never_answers_the_handshake_of_a_session(mode: Sync) -> None:
    with serving(reads_nothing) as port:
        client = mode.client(
            base_url=f"https://127.0.0.1:{port}",
            api_key=KEY,
            ssl_context=trusting(),
            max_retries=0,
            timeout=lmnt.Timeout(5.0, connect=0.5),
        )
        with pytest.raises(lmnt.APITimeoutError):
            mode.run(client.speech.sessions.create(voice="leah"))


def test_a_context_with_a_socket_class_of_its_own_takes_turns_too(
    tls_server: ServerProcess, authority: trustme.CA
) -> None:
    """As that of `truststore`, which checks certificates with the system's means."""

    class Own(ssl.SSLSocket):
        handshakes = 0

        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            Own.handshakes += 1

    context = ssl.create_default_context()
    authority.configure_trust(context)
    context.sslsocket_class = Own
    client = lmnt.Lmnt(base_url=tls_server.base_url, api_key=KEY, ssl_context=context)
    with client, client.speech.sessions.create(voice="leah", format="ulaw") as session:
        used = session._socket._connection.socket  # type: ignore[attr-defined]  # nothing public shows it
        assert isinstance(used, TurnTakingSocket)
        assert isinstance(used, Own)
        assert Own.handshakes == 1
        assert b"".join(session.speak(["It is ", "spoken."]))
    assert context.sslsocket_class is Own
