"""A server that fails as no well-made one can be made to fail, on the sans-I/O libraries h11 and h2 over real sockets.

A peer answers every request with one act, a function that gets the exchange: the request, and the means to answer it
well or badly. Requests for the account are always answered well, so that a test can see whether the client still works.
Each connection has a thread; nothing here waits for a time to pass.
"""

from __future__ import annotations

import fcntl
import socket
import ssl
import struct
import termios
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

import h2.config
import h2.connection
import h2.events
import h11
from hyperframe.frame import Frame

from .bodies import REQUEST_ID, Body, whole

Headers: TypeAlias = Iterable[tuple[str, str]]
BLOCK = 65_536


@dataclass(frozen=True)
class Request:
    """A request as it came, its body read and dropped."""

    method: str
    path: str


class Exchange:
    """One request, and the means to answer it: what both protocols can do.

    Args:
        sock: the connection.
        request: what was asked for.
    """

    def __init__(self, sock: socket.socket, request: Request) -> None:
        self.sock = sock
        self.request = request

    @property
    def whole(self) -> Body:
        """The body that the request should get."""
        return whole(self.request.method, self.request.path)

    def head(
        self, *, length: int | None = None, more: Headers = (), body: Body | None = None, status: int = 200
    ) -> None:
        """Begin a response; without a length HTTP/1.1 sends chunks."""
        headers = [("content-type", (body or self.whole).content_type), ("request-id", REQUEST_ID), *more]
        if length is not None:
            headers.append(("content-length", str(length)))
        self.send_head(headers, status)

    def send_head(self, headers: list[tuple[str, str]], status: int) -> None:
        """Send the status and these headers."""
        raise NotImplementedError

    def hint(self) -> None:
        """Send an informational response (RFC 8297)."""
        raise NotImplementedError

    def body(self, data: bytes) -> None:
        """Send a piece of the body."""
        raise NotImplementedError

    def end(self, trailers: Headers = ()) -> None:
        """End the body as the protocol has it."""
        raise NotImplementedError

    def arrived(self) -> None:
        """Wait until the client has all that was sent, so that what is done next cannot take it away again."""
        raise NotImplementedError

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def beneath_tls(self, data: bytes) -> None:
        """Send bytes that are no TLS records on a connection with TLS."""
        self.arrived()
        socket.socket.sendall(self.sock, data)

    def stall(self) -> None:
        """Send nothing more on this connection until the client leaves."""
        with suppress(OSError):
            while self.sock.recv(BLOCK):
                pass

    def hang_up(self) -> None:
        """Close the connection in the order of TCP (FIN), with no close_notify of TLS and no word of HTTP."""
        hang_up(self.sock)

    def reset(self) -> None:
        """Close the connection with a TCP reset (RST), once all that was sent has arrived."""
        self.arrived()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def hang_up(sock: socket.socket) -> None:
    """Close a connection with FIN; data of the client that nobody has read would turn that into RST."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(BLOCK):
            pass
    sock.close()


class Exchange1(Exchange):
    """A request over HTTP/1.1."""

    def __init__(self, sock: socket.socket, request: Request, state: h11.Connection) -> None:
        super().__init__(sock, request)
        self.state = state

    def _send(self, event: h11.Event) -> None:
        self.sock.sendall(self.state.send(event) or b"")

    def send_head(self, headers: list[tuple[str, str]], status: int) -> None:
        self._send(h11.Response(status_code=status, headers=headers, reason=b"OK"))

    def hint(self) -> None:
        self._send(h11.InformationalResponse(status_code=103, headers=[("link", "</voices>; rel=preload")]))

    def body(self, data: bytes) -> None:
        self._send(h11.Data(data=data))

    def end(self, trailers: Headers = ()) -> None:
        self._send(h11.EndOfMessage(headers=list(trailers)))

    def arrived(self) -> None:
        # The kernel counts bytes that the other side has not acknowledged. What it has acknowledged is in its receive
        # buffer, which Linux lets it read even after a reset; elsewhere a reset may empty that buffer.
        while struct.unpack("i", fcntl.ioctl(self.sock, termios.TIOCOUTQ, bytes(4)))[0]:
            threading.Event().wait(0.001)


class Exchange2(Exchange):
    """A request over HTTP/2."""

    def __init__(self, connection: _Connection2, request: Request, number: int) -> None:
        super().__init__(connection.sock, request)
        self.connection = connection
        self.state = connection.state
        self.number = number

    def flush(self) -> None:
        """Send what the library has ready."""
        self.sock.sendall(self.state.data_to_send())

    def send_head(self, headers: list[tuple[str, str]], status: int) -> None:
        self.state.send_headers(self.number, [(":status", str(status)), *headers])
        self.flush()

    def hint(self) -> None:
        self.state.send_headers(self.number, [(":status", "103"), ("link", "</voices>; rel=preload")])
        self.flush()

    def body(self, data: bytes) -> None:
        for start in range(0, len(data), self.state.max_outbound_frame_size):
            self.state.send_data(self.number, data[start : start + self.state.max_outbound_frame_size])
        self.flush()

    def end(self, trailers: Headers = ()) -> None:
        if fields := list(trailers):
            self.state.send_headers(self.number, fields, end_stream=True)
        else:
            self.state.end_stream(self.number)
        self.flush()

    def arrived(self) -> None:
        # The answer to a PING is sent after all frames before it were looked at (RFC 9113 section 6.7).
        self.connection.ping()

    def stall(self) -> None:
        """Send nothing more on this stream; the connection lives on."""

    def reset_stream(self, code: int) -> None:
        """Send RST_STREAM."""
        self.state.reset_stream(self.number, code)
        self.flush()

    def frame(self, frame: Frame) -> None:
        """Send a frame that the library would not let out here."""
        self.raw(frame.serialize())


Act: TypeAlias = Callable[[Exchange], None]
Greeting: TypeAlias = Callable[[socket.socket], None]


class _Connection2:
    """A connection over HTTP/2 and the requests on it that wait for their answer."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        config = h2.config.H2Configuration(
            client_side=False,
            header_encoding="utf-8",
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self.state = h2.connection.H2Connection(config)
        self.waiting: deque[Exchange2] = deque()
        self._begun: dict[int, Request] = {}
        self._pings = 0
        self.state.initiate_connection()
        self.sock.sendall(self.state.data_to_send())

    def read(self) -> bool:
        """Read once and note what came; return False when the client has left."""
        data = self.sock.recv(BLOCK)
        for event in self.state.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                fields = dict(event.headers or ())
                self._begun[event.stream_id or 0] = Request(str(fields[":method"]), str(fields[":path"]))
            elif isinstance(event, h2.events.DataReceived):
                self.state.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
            elif isinstance(event, h2.events.StreamEnded):
                number = event.stream_id or 0
                self.waiting.append(Exchange2(self, self._begun.pop(number), number))
            elif isinstance(event, h2.events.PingAckReceived):
                self._pings -= 1
        self.sock.sendall(self.state.data_to_send())
        return bool(data)

    def ping(self) -> None:
        """Return when the client has answered a PING, or has left."""
        self._pings += 1
        self.state.ping(b"arrived?")
        self.sock.sendall(self.state.data_to_send())
        while self._pings and self.read():
            pass


class Peer:
    """A server on a free port of 127.0.0.1.

    Args:
        act: what answers each request but those for the account.
        tls: the server's side of TLS; plain HTTP/1.1 if None.
        greeting: what is done to each connection in place of TLS and HTTP.
    """

    def __init__(self, act: Act | None, tls: ssl.SSLContext | None = None, greeting: Greeting | None = None) -> None:
        self._act = act
        self._tls = tls
        self._greeting = greeting
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._over = False
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.requests = 0
        """Requests that were acted upon."""
        self.connections = 0
        """Connections that were accepted."""
        self.failures: list[BaseException] = []
        """What went wrong in the peer itself."""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            with self._lock:
                if self._over:
                    sock.close()
                    return
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self._sockets.append(sock)
                self._run(self._connected, sock)

    def _connected(self, sock: socket.socket) -> None:
        try:
            if self._greeting is not None:
                self._greeting(sock)
                return
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                with self._lock:
                    self._sockets.append(sock)
            is_http2 = isinstance(sock, ssl.SSLSocket) and sock.selected_alpn_protocol() == "h2"
            (self._serve2 if is_http2 else self._serve1)(sock)
        except OSError:
            pass  # the client has left, or the peer is being stopped
        except BaseException as error:
            self.failures.append(error)
        finally:
            with suppress(OSError):
                sock.close()

    def _answer(self, exchange: Exchange) -> None:
        if exchange.request.path == "/v1/account" or self._act is None:
            exchange.head(length=len(exchange.whole.content))
            exchange.body(exchange.whole.content)
            exchange.end()
            return
        with self._lock:
            self.requests += 1
        self._act(exchange)

    def _serve1(self, sock: socket.socket) -> None:
        state = h11.Connection(h11.SERVER)
        request: Request | None = None
        while True:
            event = state.next_event()
            if event is h11.NEED_DATA:
                state.receive_data(sock.recv(BLOCK))
            elif isinstance(event, h11.Request):
                request = Request(event.method.decode(), event.target.decode())
            elif isinstance(event, h11.EndOfMessage) and request is not None:
                self._answer(Exchange1(sock, request, state))
                if state.our_state is not h11.DONE:
                    return  # the act was the end of this connection
                state.start_next_cycle()
            elif isinstance(event, h11.ConnectionClosed):
                return

    def _serve2(self, sock: socket.socket) -> None:
        connection = _Connection2(sock)
        while connection.read() or connection.waiting:
            while connection.waiting:
                self._answer(connection.waiting.popleft())

    def stop(self) -> None:
        """Close everything and wait for the threads."""
        with self._lock:
            self._over = True
            sockets = [self._listening, *self._sockets]
        for sock in sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)

    @contextmanager
    def running(self) -> Iterator[Peer]:
        """Serve for as long as the block lasts."""
        self._run(self._accept)
        try:
            yield self
        finally:
            self.stop()
        if self.failures:
            raise self.failures[0]
