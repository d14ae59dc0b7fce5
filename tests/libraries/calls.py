"""The calls that the programs make, by either client, and what stands between a client and the server."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import socket
import tempfile
import threading
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import isawaitable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import assistant
from assistant import Assistant, AsyncAssistant

import lmnt
from lmnt import AsyncLmnt, Lmnt

CLIENTS: tuple[type[Any], ...] = (Lmnt, AsyncLmnt)
STREAMING: tuple[type[Any], ...] = (Assistant, AsyncAssistant)
"""Clients of an API with streams of items."""
SPEECH = {"text": "One. Two.", "voice": "leah", "format": "pcm_s16le"}
VOICE = {"id": "leah", "name": "mine", "owner": "system", "state": "ready", "type": "instant", "description": "a voice"}
JSON, AUDIO = "application/json", "audio/pcm"
ANSWERS: list[tuple[str, str, int, str, bytes]] = [
    ("GET", "/v1/ai/voice/leah", 200, JSON, json.dumps(VOICE).encode()),
    ("GET", "/v1/ai/voice/list", 200, JSON, json.dumps([VOICE]).encode()),
    ("POST", "/v1/ai/speech/bytes", 200, AUDIO, bytes(20_000)),
    ("POST", "/v1/ai/speech/bytes", 200, AUDIO, bytes(20_000)),
    ("POST", "/v1/ai/voice", 200, JSON, json.dumps(VOICE).encode()),
    ("GET", "/v1/ai/voice/nobody", 404, JSON, b'{"error": "no such voice"}'),
    ("GET", "/v1/account", 503, JSON, b'{"error": "busy"}'),
    ("GET", "/v1/account", 200, JSON, b'{"plan": {}, "usage": {}}'),
]
"""What a mock says to the requests of `calls`, in their order."""


PIECE = b'event: answer.piece\ndata: {"type": "answer.piece", "text": "a"}\n\n'
DONE = b'event: answer.done\ndata: {"type": "answer.done", "tokens": 1}\n\n'
STREAMS = {"all of it?": PIECE * 3 + DONE, "half of it?": PIECE * 2}
"""What is answered to each question, as events: the first has its end mark."""
EVENTS = {"content-type": "text/event-stream", "request-id": "req_7"}


class Answers(BaseHTTPRequestHandler):
    """A server of streams."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))["question"]
        self.send_response(200)
        for name, value in {**EVENTS, "transfer-encoding": "chunked"}.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in (STREAMS[question], b""):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def log_message(self, *_: object) -> None:
        pass


def answering() -> str:
    """Start a server of streams; returns where it is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


async def streams(client: Any) -> None:
    """Read a stream that is whole, and one that is not."""
    for question, texts in (("all of it?", ["a", "a", "a", None]), ("half of it?", ["a", "a"])):
        stream = await _result(client.answers.create(question=question, stream=True))
        found: list[str | None] = []
        errors: list[assistant.StreamTruncatedError] = []
        try:
            async for each in _each(stream):
                found.append(getattr(each, "text", None))  # noqa: PERF401  # what came before an error counts
        except assistant.StreamTruncatedError as error:
            errors.append(error)
        assert found == texts
        assert [error.request_id for error in errors] == ["req_7"] * (question == "half of it?")
        assert (stream.complete, stream.request_id) == (not errors, "req_7")


def use_streams(client: Any) -> None:
    """Read the streams, and close the client."""

    async def main() -> None:
        await streams(client)
        await _result(client.close())

    asyncio.run(main())


async def calls(client: Any) -> None:
    """Make calls of each kind: JSON, audio, audio to a file, an upload, an error, one that is tried again."""
    assert (await _result(client.voices.retrieve("leah"))).id == "leah"
    assert (await _result(client.voices.list()))[0].id
    streaming = client.speech.with_streaming_response
    async with _entered(streaming.generate(**SPEECH)) as response:
        chunks = response.iter_bytes()
        audio = b"".join([each async for each in chunks] if hasattr(chunks, "__aiter__") else chunks)
        assert len(audio) > 10_000
        assert response.complete is not False
    with tempfile.TemporaryDirectory() as folder:
        async with _entered(streaming.generate(**SPEECH)) as response:
            await _result(response.stream_to_file(Path(folder) / "speech"))
        assert (Path(folder) / "speech").stat().st_size == len(audio)
    assert (await _result(client.voices.create(file=("mine.wav", _recording()), name="mine"))).name == "mine"
    errors: list[lmnt.NotFoundError] = []
    try:
        await _result(client.voices.retrieve("nobody"))
    except lmnt.NotFoundError as error:
        errors.append(error)
    assert [error.response is not None for error in errors] == [True]
    fault = f"status=503; times=1; retry-after=0.0{random.randrange(10**9)}"  # the server counts those of one text
    patient = client.with_options(default_headers={"x-lmnt-fault": fault}, max_retries=2)
    assert (await _result(patient.accounts.with_raw_response.retrieve())).retries_taken == 1


def use(client: Any) -> None:
    """Make the calls, and close the client."""

    async def main() -> None:
        await calls(client)
        await _result(client.close())

    asyncio.run(main())


async def _result(value: Any) -> Any:
    return await value if isawaitable(value) else value


async def _each(items: Any) -> AsyncIterator[Any]:
    if hasattr(items, "__aiter__"):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


@asynccontextmanager
async def _entered(manager: Any) -> AsyncIterator[Any]:
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


def _recording() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    return file.getvalue()


class Wire:
    """Stands between clients and the server, and takes down what they send."""

    def __init__(self) -> None:
        server = urlsplit(os.environ["LMNT_BASE_URL"])
        self._server = (server.hostname, server.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.connections = 0
        self.sent = b""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            self.connections += 1
            server = socket.create_connection(self._server)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if target.getpeername() == self._server:
                    self.sent += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def taken(self, header: str) -> list[str]:
        """Return the values of a header in the requests since the last time; one without it is an error."""
        sent, self.sent = self.sent, b""
        lines = sent.decode("latin-1").split("\r\n")
        values = [line.partition(": ")[2] for line in lines if line.lower().startswith(f"{header}: ")]
        assert len(values) == sum(line.endswith(" HTTP/1.1") for line in lines), header
        return values


def check_that_calls_go_out(wire: Wire) -> None:
    """Make a call that nobody answers but the server."""
    before = wire.connections
    Lmnt(base_url=wire.base_url).voices.list()
    assert wire.connections == before + 1
