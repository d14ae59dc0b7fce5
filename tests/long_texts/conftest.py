"""A server of speech whose failures depend on the text, and that keeps what it was asked; and both clients as one."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lmnt import AsyncLmnt, Lmnt
from lmnt_server.encoders import FORMATS
from lmnt_server.engines.tone import ToneEngine
from lmnt_server.process import ServerProcess, running
from lmnt_server.speech import Speech


@lru_cache(maxsize=4096)  # the formats of the tests that are not about formats are those that are made fastest
def spoken(text: str, format: str = "pcm_s16le", rate: int = 8000) -> bytes:
    """What the server sends for a text."""
    return b"".join(Speech(ToneEngine(), text, voice="leah", language="en", format=format, sample_rate=rate))


PLAIN: Any = {"voice": "leah", "format": "pcm_s16le", "sample_rate": 8000}


class Peer:
    """The server. `fault` is asked about each request, by the number of it for this text, and its text.

    It answers None for none, a status (with headers if it is a tuple), `cut` for half of the audio, seconds to wait
    before (a float), or bytes to send in place of the audio.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answered: list[str] = []
        self.retries: list[str | None] = []
        self.fault: Callable[[int, str], Any] = lambda _, __: None
        self.is_dead = False
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                peer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.request_queue_size = 100
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.is_dead:
            request.close_connection = True
            return
        body = json.loads(request.rfile.read(int(request.headers["content-length"])))
        with self.lock:
            self.asked.append(body["text"])
            self.retries.append(request.headers.get("x-lmnt-retry-count"))
            number = self.asked.count(body["text"])
            request_id = f"req_{len(self.asked)}"
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            self._answer(request, body, self.fault(number, body["text"]), request_id)
        except OSError:
            pass
        finally:
            with self.lock:
                self.at_once -= 1

    def _answer(self, request: BaseHTTPRequestHandler, body: dict[str, Any], fault: Any, request_id: str) -> None:
        if isinstance(fault, float):
            time.sleep(fault)
            fault = None
        status, headers = fault if isinstance(fault, tuple) else (fault, {})
        if isinstance(status, int):
            content = json.dumps({"error": {"type": "x", "message": "no"}, "request_id": request_id}).encode()
            request.send_response(status)
            for name, value in {**headers, "content-type": "application/json"}.items():
                request.send_header(name, value)
        else:
            audio = spoken(body["text"], body.get("format", "mp3"), body.get("sample_rate", 24000))
            content = fault if isinstance(fault, bytes) else audio
            media_type = FORMATS[body.get("format", "mp3")].media_type
            if "return_timestamps" in body:
                times = [{"text": body["text"], "start": 0.05, "duration": 0.02 * len(body["text"])}]
                content = json.dumps({"audio": base64.b64encode(content).decode(), "timestamps": times}).encode()
                media_type = "application/json"
            request.send_response(200)
            request.send_header("content-type", media_type)
        request.send_header("content-length", str(len(content)))
        request.send_header("request-id", request_id)
        request.end_headers()
        if fault == "cut":
            request.wfile.write(content[: len(content) // 2])
            request.wfile.flush()
            time.sleep(0.05)
            request.close_connection = True
            return
        if not isinstance(status, int):
            with self.lock:
                self.answered.append(body["text"])
        request.wfile.write(content)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True) as process:
        yield process


class Reader:
    """Long texts, read by either client in the same way."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.loop = asyncio.new_event_loop() if kind == "async" else None
        self.clients: list[Any] = []

    def open(self, base_url: str, text: str, **arguments: Any) -> Any:
        options = {name: arguments.pop(name) for name in ("default_headers",) if name in arguments}
        client = (Lmnt if self.kind == "sync" else AsyncLmnt)(api_key="k", base_url=base_url, **options)
        self.clients.append(client)
        return client.speech.generate_long(
            text, **{"voice": "leah", "format": "pcm_s16le", "sample_rate": 8000, **arguments}
        )

    def run(self, step: Any) -> Any:
        return step if self.loop is None else self.loop.run_until_complete(asyncio.wait_for(step, 60))

    def next(self, long: Any) -> bytes | None:
        if self.loop is None:
            return next(long, None)
        return self.run(anext(long, None))

    def read(self, long: Any, found: list[bytes] | None = None) -> bytes:
        found = [] if found is None else found
        while (chunk := self.next(long)) is not None:
            found.append(chunk)
        return b"".join(found)

    def to_file(self, long: Any, path: Path, **arguments: Any) -> None:
        self.run(long.stream_to_file(path, **arguments))

    def finish(self, long: Any) -> None:
        self.run(long.close())

    def close(self) -> None:
        for client in self.clients:
            self.run(client.close())
        if self.loop is not None:
            self.loop.close()


@pytest.fixture(params=["sync", "async"])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    made = Reader(request.param)
    yield made
    made.close()
