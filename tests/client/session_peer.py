"""A WebSocket server that fails as no well-made one can be made to fail: sans-I/O parts of websockets on real sockets.

A script, a function of the conversation, says what each connection is told. Nothing here waits for a time to pass.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

REQUEST_ID = "req_ofTheHandshake1234567"
READY_ID = "req_ofTheReadyMessage1234"


# What this side logs must not be taken for what the client logs.
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.setLevel(logging.CRITICAL)


class LeftError(Exception):
    """The client has left; ends a script."""


class Conversation:
    """One connection: the messages of the client in turn, and every way to answer them."""

    def __init__(self, sock: socket.socket, acted: threading.Event) -> None:
        self.sock = sock
        self._acted = acted
        self.protocol = ServerProtocol(max_size=None, logger=_SILENT)
        self.request: Request | None = None
        self.messages: list[dict[str, Any]] = []
        """All that the client has sent."""
        self._waiting: deque[dict[str, Any]] = deque()
        self._text = b""

    # the client's side

    def _read(self) -> None:
        data = self.sock.recv(65_536)
        if not data:
            raise LeftError
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.request = event
            elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.CONT):
                self._text += event.data
                if event.fin:
                    message: dict[str, Any] = json.loads(self._text)
                    self._text = b""
                    self.messages.append(message)
                    self._waiting.append(message)
        self.flush()

    def flush(self) -> None:
        """Send what the library has ready, such as pongs."""
        for data in self.protocol.data_to_send():
            if data:
                self.sock.sendall(data)

    def await_request(self) -> Request:
        """Return the handshake's request."""
        while self.request is None:
            self._read()
        return self.request

    def expect(self, *types: str) -> dict[str, Any]:
        """Return the next message of one of these types; without types, the next of any."""
        while True:
            while not self._waiting:
                if self.protocol.state is not State.OPEN:
                    raise LeftError
                self._read()
            message = self._waiting.popleft()
            if not types or message.get("type", "init") in types:
                return message

    def accept(self, **headers: str) -> None:
        """Answer the handshake with 101."""
        response = self.protocol.accept(self.await_request())
        for name, value in {"request-id": REQUEST_ID, **headers}.items():
            response.headers[name] = value
        self.protocol.send_response(response)
        self.flush()

    def open(self) -> dict[str, Any]:
        """Do what a well-made server does until it is ready; returns `init`."""
        self.accept()
        init = self.expect("init")
        self.send(type="ready", request_id=READY_ID)
        return init

    def serve(self) -> None:
        """Be a well-made server: the audio of a text is its bytes, ten times, spoken when it is flushed or finished."""
        buffer = ""
        while True:
            message = self.expect()
            match message["type"]:
                case "text":
                    buffer += message["text"]
                case "reset":
                    buffer = ""
                    self.send(type="reset_complete", nonce=message["nonce"])
                case kind:
                    for _ in range(10 if buffer else 0):
                        self.audio(buffer.encode())
                    buffer = ""
                    if kind == "finish":
                        return self.close(1000)
                    self.send(type="flush_complete", nonce=message["nonce"])

    # the server's side

    def send(self, **fields: Any) -> None:
        """Send a message."""
        self.text(json.dumps(fields))

    def text(self, text: str) -> None:
        """Send a text frame."""
        self.protocol.send_text(text.encode())
        self.flush()

    def frame(self, opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = False) -> None:
        """Send a frame that the library would not let out here."""
        self.raw(Frame(opcode, data, fin).serialize(mask=mask))

    def refuse(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer the handshake with another status."""
        self.await_request()
        fields = {"request-id": REQUEST_ID, "content-length": str(len(body)), "connection": "close", **headers}
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        self.raw("\r\n".join(lines).encode() + body)
        self.drop()

    def audio(self, data: bytes) -> None:
        """Send a binary frame."""
        self.protocol.send_binary(data)
        self.flush()

    def error(self, type_: str, message: str = "it is so", code: int | None = 1008) -> None:
        """Send an error, and close unless the code is None."""
        self.send(type="error", error={"type": type_, "message": message}, request_id=READY_ID)
        if code is not None:
            self.close(code, message)

    def close(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame and wait for the client's; then close the connection."""
        if code in (1005, None):
            self.protocol.send_close()
        else:
            self.frame(Opcode.CLOSE, struct.pack("!H", code) + reason.encode())
        self.flush()
        self.drop()

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def drop(self) -> None:
        """Close the connection in the order of TCP (FIN), with no word of WebSocket."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            self._acted.set()
            while self.sock.recv(65_536):
                pass
        self.sock.close()

    def reset(self) -> None:
        """Close the connection with a TCP reset (RST)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def freeze(self) -> None:
        """Answer nothing more, not even pings, until the client leaves."""
        self._acted.set()
        with suppress(OSError):
            while self.sock.recv(65_536):
                pass


Script: TypeAlias = Callable[[Conversation], None]


def sound(conversation: Conversation) -> None:
    """Be a well-made server."""
    conversation.open()
    conversation.serve()


class SessionPeer:
    """A server on a free port of 127.0.0.1.

    Args:
        script: what each connection is told.
        tls: the server's side of TLS.
    """

    def __init__(self, script: Script = sound, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._over = False
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.acted = threading.Event()
        """Set when the script has done what it does to a connection."""
        self.conversations: list[Conversation] = []
        self.failures: list[BaseException] = []
        """What went wrong in the peer itself."""

    @property
    def base_url(self) -> str:
        """What a client calls."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listening.getsockname()[1]}"

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
                self._sockets.append(sock)
                self._run(self._connected, sock)

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _connected(self, sock: socket.socket) -> None:
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                with self._lock:
                    self._sockets.append(sock)
            conversation = Conversation(sock, self.acted)
            self.conversations.append(conversation)
            self._script(conversation)
        except (OSError, LeftError):
            pass  # the client has left, or the peer is being stopped
        except BaseException as error:
            self.failures.append(error)
        finally:
            with suppress(OSError):
                sock.close()
            self.acted.set()

    @contextmanager
    def running(self) -> Iterator[SessionPeer]:
        """Serve for as long as the block lasts."""
        self._run(self._accept)
        try:
            yield self
        finally:
            with self._lock:
                self._over = True
                sockets = [self._listening, *self._sockets]
            for sock in sockets:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            for thread in self._threads:
                thread.join(10)
        if self.failures:
            raise self.failures[0]
