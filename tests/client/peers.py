"""Small servers for what the real one never does: they answer what a test tells them, byte for byte, and count."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import h2.config
import h2.connection
import h2.events


@dataclass
class Received:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def attempt(self) -> str | None:
        return self.headers.get("x-lmnt-retry-count")

    def part(self, name: str) -> tuple[str, bytes]:
        """Return the head and the content of a part of a multipart body."""
        boundary = self.headers["content-type"].partition("boundary=")[2].encode()
        for each in self.body.split(b"--" + boundary):
            top, _, content = each.partition(b"\r\n\r\n")
            if f'name="{name}"'.encode() in top:
                return top.decode(), content.removesuffix(b"\r\n")
        raise AssertionError(f"there is no part {name}")


def response(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Return a whole HTTP/1.1 response with a Content-Length."""
    return head(status, {"content-length": str(len(body)), **(headers or {})}) + body


def head(status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Told so", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    return response(status, json.dumps(value).encode(), {"content-type": "application/json", **(headers or {})})


class Connection:
    """One connection of a client, HTTP/1.1."""

    def __init__(self, sock: socket.socket, peer: Peer) -> None:
        self.sock = sock
        self.peer = peer
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def close(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def stall(self) -> None:
        """Do nothing until the test is over."""
        self.peer.over.wait()

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self._buffer += data
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self._buffer += data
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def read_request(self) -> Received:
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._until(b"\r\n"), 16):
                body += self._exactly(size)
                self._exactly(2)
            self._until(b"\r\n")
        else:
            body = self._exactly(int(headers.get("content-length", "0")))
        return Received(method, target, headers, body)


class Stream:
    """One request of a client over HTTP/2, and the means to answer it."""

    def __init__(self, sock: socket.socket, state: h2.connection.H2Connection, number: int, peer: Peer2) -> None:
        self.sock = sock
        self.state = state
        self.number = number
        self.peer = peer

    def flush(self) -> None:
        self.sock.sendall(self.state.data_to_send())

    def head(self, status: int = 200, headers: Mapping[str, str] | None = None, *, end: bool = False) -> None:
        self.state.send_headers(self.number, [(":status", str(status)), *(headers or {}).items()], end_stream=end)
        self.flush()

    def send(self, data: bytes, *, end: bool = False) -> None:
        for start in range(0, len(data), 16_000):
            self.state.send_data(self.number, data[start : start + 16_000])
        if end:
            self.state.end_stream(self.number)
        self.flush()

    def reset(self, code: int) -> None:
        self.state.reset_stream(self.number, code)
        self.flush()

    def go_away(self, code: int) -> None:
        self.state.close_connection(code, last_stream_id=self.number)
        self.flush()
        while self.sock.recv(65536):
            pass

    def close(self) -> None:
        # What the client has sent is read first: closing with it unread would reset the connection.
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.settimeout(2)
            while self.sock.recv(65536):
                pass
        self.sock.close()

    def stall(self) -> None:
        """Do nothing until the test is over."""
        self.peer.over.wait()


Answer = bytes | Callable[[Connection], object]
Answer2 = Callable[[Stream], object]


class Listener:
    """Accepts connections and hands each to a thread of its own."""

    scheme = "http"

    def __init__(self, tls: ssl.SSLContext | None = None, sock: socket.socket | None = None) -> None:
        self.sock = sock or socket.create_server(("127.0.0.1", 0))
        self.requests: list[Received] = []
        self.connections = 0
        self.over = threading.Event()
        self.failures: list[BaseException] = []
        self._tls = tls
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    @property
    def base_url(self) -> str:
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.sock.getsockname()[1]}"

    @property
    def netloc(self) -> str:
        return self.base_url.partition("://")[2]

    def start(self) -> None:
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        self.over.set()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._guarded, args=(sock,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _guarded(self, sock: socket.socket) -> None:
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            self.serve(sock)
        except (OSError, EOFError):
            pass
        except BaseException as error:
            self.failures.append(error)
        finally:
            with suppress(OSError):
                sock.close()

    def serve(self, sock: socket.socket) -> None:
        raise NotImplementedError

    def take(self, received: Received, answers: tuple[Any, ...]) -> Any:
        """Count a request and return its answer; the last answer is given again and again."""
        with self._lock:
            self.requests.append(received)
            return answers[min(len(self.requests), len(answers)) - 1]


class Peer(Listener):
    """An HTTP/1.1 server. Bytes are sent as they are; after a function the connection is closed."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None, sock: socket.socket | None = None) -> None:
        super().__init__(tls, sock)
        self._answers = answers

    def serve(self, sock: socket.socket) -> None:
        connection = Connection(sock, self)
        while True:
            answer = self.take(connection.read_request(), self._answers)
            if not isinstance(answer, bytes):
                answer(connection)
                connection.close()
                return
            connection.send(answer)


class Peer2(Listener):
    """An HTTP/2 server over TLS."""

    def __init__(self, *answers: Answer2, tls: ssl.SSLContext) -> None:
        super().__init__(tls)
        self._answers = answers

    def serve(self, sock: socket.socket) -> None:
        config = h2.config.H2Configuration(
            client_side=False,
            header_encoding="utf-8",
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        state = h2.connection.H2Connection(config)
        state.initiate_connection()
        sock.sendall(state.data_to_send())
        begun: dict[int, Received] = {}
        while data := sock.recv(65536):
            for event in state.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    fields = dict(event.headers)
                    begun[event.stream_id] = Received(fields[":method"], fields[":path"], fields)
                elif isinstance(event, h2.events.DataReceived):
                    begun[event.stream_id].body += event.data
                    state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    answer = self.take(begun[event.stream_id], self._answers)
                    answer(Stream(sock, state, event.stream_id, self))
            sock.sendall(state.data_to_send())


@contextmanager
def serving(peer: Listener) -> Iterator[Any]:
    """Run a peer for as long as the block lasts."""
    peer.start()
    try:
        yield peer
    finally:
        peer.stop()
    assert not peer.failures, peer.failures
