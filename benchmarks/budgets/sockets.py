"""The least that a small call can cost here: a socket and a parser of HTTP/1.1, and nothing of a client.

No header but the host is sent, nothing is checked or retried, no limit is set, and the body becomes a dictionary.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from .libraries import VOICE

Parse = Callable[[bytes], bytes]
"""Returns the body of a response that came in one piece."""


def parsing_by(module: ModuleType) -> Parse:
    """Return what parses with h11, or with httptools."""
    return _with_h11(module) if module.__name__ == "h11" else _with_llhttp(module)


def _with_h11(h11: Any) -> Parse:
    request, end = h11.Request(method="GET", target="/", headers=[("host", "-")]), h11.EndOfMessage()

    def parse(data: bytes) -> bytes:
        state, body = h11.Connection(h11.CLIENT), b""
        state.send(request)
        state.send(end)
        state.receive_data(data)
        while (event := state.next_event()).__class__ is not h11.EndOfMessage:
            if event.__class__ is h11.Data:
                body += event.data
        return body

    return parse


def _with_llhttp(httptools: Any) -> Parse:
    class Body(list[bytes]):
        on_body = list[bytes].append

    def parse(data: bytes) -> bytes:
        body = Body()
        httptools.HttpResponseParser(body).feed_data(data)
        return b"".join(body)

    return parse


class Sockets:
    """One connection."""

    def __init__(self, module: ModuleType, base_url: str) -> None:
        place = urlsplit(base_url)
        assert place.hostname
        assert place.port
        self.place = place.hostname, place.port
        self.request = f"GET {VOICE} HTTP/1.1\r\nhost: {place.netloc}\r\n\r\n".encode()
        self.parse = parsing_by(module)
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(self.place)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def voice(self) -> object:
        self.socket.sendall(self.request)
        return json.loads(self.parse(self.socket.recv(1 << 16)))

    def close(self) -> None:
        self.socket.close()


class AsyncSockets(Sockets):
    """One connection on an event loop."""

    transport: asyncio.Transport | None = None

    def connect(self) -> None:
        """Nothing can be awaited here: it is done at the first call."""

    async def voice(self) -> object:
        loop = asyncio.get_running_loop()
        self.received: asyncio.Future[bytes] = loop.create_future()
        if self.transport is None:
            self.transport, _ = await loop.create_connection(lambda: _Protocol(self), *self.place)
        self.transport.write(self.request)
        return json.loads(self.parse(await self.received))

    async def close(self) -> None:  # type: ignore[override]  # the same
        if self.transport is not None:
            self.transport.close()


class _Protocol(asyncio.BufferedProtocol):
    buffer = memoryview(bytearray(1 << 16))

    def __init__(self, client: AsyncSockets) -> None:
        self.client = client

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio's
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.client.received.set_result(bytes(self.buffer[:nbytes]))
