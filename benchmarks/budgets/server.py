"""The servers that are asked: they send bytes that were made beforehand, and so cost little beside who asks.

One event loop has them all: HTTP/1.1 with speech sessions, the same over TLS, and HTTP/2 over TLS, which is granian's.
Prints the base URL of each as JSON, and ends when standard input does.

    python -m benchmarks.budgets.server CERTIFICATE KEY
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from granian.log import LogLevels
from granian.server.embed import Server

from .libraries import SESSION, VOICE, VOICES

FRAME = bytes([0xFF, 0xF3, 0xA4, 0xC4]) + bytes(284)
"""A frame of MPEG-2 layer III at 96 kbit/s and 24 kHz, as the API makes them."""

PAUSE = 0.002
"""Seconds between the first chunk and the rest, where a text asks for a pause."""

AHEAD = 1 << 18
"""Bytes that the server is ahead of who reads, at most."""

_AUDIO = re.compile(rb"(\d+) chunks of (\d+)( with a pause)?")
"""How a text says what audio it wants."""


def _voice(number: int) -> dict[str, Any]:
    return {
        "id": f"voice-{number}",
        "name": f"Voice {number}",
        "owner": "system",
        "state": "ready",
        "description": "A calm voice for long texts.",
        "gender": "female",
        "preview_url": f"https://example.com/voices/{number}.mp3",
        "starred": number % 7 == 0,
        "tags": ["calm", "narration"],
        "type": "instant",
    }


JSON = {VOICE: json.dumps(_voice(0)).encode(), VOICES: json.dumps([_voice(each) for each in range(1000)]).encode()}


def _http(status: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "request-id: req_0123456789", *headers, "", ""]).encode() + body


ANSWERS = {
    path: _http("200 OK", "content-type: application/json", f"content-length: {len(body)}", body=body)
    for path, body in JSON.items()
}


@cache
def _chunks(size: int, media_type: str) -> list[bytes]:
    """Return chunks of HTTP/1.1 of so many bytes that make whole frames when they are sent in turn."""
    audio = (FRAME if media_type == "audio/mpeg" else bytes(range(256)) + bytes(32)) * size
    parts = [audio[start : start + size] for start in range(0, len(audio), size)]
    return [b"%x\r\n%b\r\n" % (size, part) for part in parts]


@cache
def _message(size: int) -> bytes:
    """Return a binary message of a WebSocket (RFC 6455 section 5.2)."""
    assert 126 <= size < 1 << 16
    return b"\x82\x7e" + size.to_bytes(2) + bytes(size)


def _repeated(parts: list[bytes], count: int) -> Iterator[bytes]:
    """Yield so many parts, in turn, in few pieces."""
    whole = parts * max(1, AHEAD // sum(map(len, parts)))
    block = b"".join(whole)
    for _ in range(count // len(whole)):
        yield block
    yield b"".join(whole[: count % len(whole)])


class Connection(asyncio.Protocol):
    """A connection of HTTP/1.1, which may become one of a session."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_session = False
        self._rest: Iterator[bytes] = iter(())
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(AHEAD)

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self._is_paused = False
        self._go_on()

    def data_received(self, data: bytes) -> None:
        """Answer whatever is whole."""
        self._held += data
        while self._message() if self._is_session else self._request():
            pass

    def _send(self, parts: Iterator[bytes]) -> None:
        self._rest = parts
        self._go_on()

    def _go_on(self) -> None:
        while not self._is_paused and not self._transport.is_closing():
            part = next(self._rest, None)
            if part is None:
                return
            self._transport.write(part)

    def _request(self) -> bool:
        head, end, rest = bytes(self._held).partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        size = int(length[1]) if length else 0
        if not end or len(rest) < size:
            return False
        self._held = bytearray(rest[size:])
        path = head.split(b" ", 2)[1].partition(b"?")[0].decode()
        if path in ANSWERS:
            self._transport.write(ANSWERS[path])
        elif path == SESSION:
            self._accept(head)
        else:
            self._speak(json.loads(rest[:size]))
        return True

    def _speak(self, request: dict[str, Any]) -> None:
        wanted = _AUDIO.search(request["text"].encode())
        assert wanted
        media_type = {"pcm_s16le": "audio/L16"}.get(request.get("format", "mp3"), "audio/mpeg")
        count, size, pause = int(wanted[1]), int(wanted[2]), bool(wanted[3])
        chunks = _chunks(size, media_type)
        head = _http("200 OK", f"content-type: {media_type}", "transfer-encoding: chunked")
        if pause:
            self._transport.write(head + chunks[0])
            rest = b"".join(chunks[1:count]) + b"0\r\n\r\n"
            asyncio.get_running_loop().call_later(PAUSE, self._transport.write, rest)
            return

        def parts() -> Iterator[bytes]:
            yield head
            yield from _repeated(chunks, count)
            yield b"0\r\n\r\n"

        self._send(parts())

    def _accept(self, head: bytes) -> None:
        key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", head)
        assert key
        accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        switching = ("upgrade: websocket", "connection: upgrade", f"sec-websocket-accept: {accept}")
        self._transport.write(_http("101 Switching Protocols", *switching))
        self._is_session = True
        self._wanted: re.Match[bytes] | None = None

    def _message(self) -> bool:
        """Take a message of a client, which is masked and short, and answer it."""
        held = self._held
        if len(held) < 2:
            return False
        short = held[1] & 0x7F
        start, size = (4, int.from_bytes(held[2:4])) if short == 126 else (2, short)
        end = start + 4 + size
        if len(held) < end:
            return False
        opcode, mask = held[0] & 0xF, held[start : start + 4]
        text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(held[start + 4 : end]))
        del held[:end]
        if opcode == 8:
            self._transport.close()
            return False
        if b'"voice"' in text:
            ready = b'{"type": "ready", "request_id": "req_0123456789"}'
            self._transport.write(b"\x81" + bytes([len(ready)]) + ready)
        elif b'"finish"' in text:
            assert self._wanted
            self._send(self._session(int(self._wanted[1]), int(self._wanted[2])))
        else:
            self._wanted = _AUDIO.search(text)
        return True

    @staticmethod
    def _session(count: int, size: int) -> Iterator[bytes]:
        yield from _repeated([_message(size)], count)
        yield b"\x88\x02" + (1000).to_bytes(2)


async def _http2(scope: Any, protocol: Any) -> None:
    """Answer a request of HTTP/2, as an application of RSGI."""
    body = JSON[scope.path]
    protocol.response_bytes(200, [("content-type", "application/json"), ("request-id", "req_0123456789")], body)


async def main(certificate: Path, key: Path) -> None:
    """Serve until standard input ends."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    over_tls = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096, ssl=context)
    ports = {"http": plain.sockets[0].getsockname()[1], "https": over_tls.sockets[0].getsockname()[1]}
    with socket.create_server(("127.0.0.1", 0)) as free:
        ports["h2"] = free.getsockname()[1]
    granian = Server(
        _http2,
        port=ports["h2"],
        ssl_cert=certificate,
        ssl_key=key,
        log_level=LogLevels.critical,
    )
    serving = asyncio.create_task(granian.serve())
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", ports["h2"])
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            break
    print(
        json.dumps({how: f"http{'s' * (how != 'http')}://127.0.0.1:{port}" for how, port in ports.items()}), flush=True
    )
    await asyncio.to_thread(sys.stdin.read)
    granian.stop()  # type: ignore[no-untyped-call]  # granian does not annotate it
    await serving


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
