"""Speech is sent while it is made, and no longer than somebody listens."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncIterator, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import anyio
import httpx
import pytest
from answers import address_of, check_envelope, wait_for_line
from starlette.types import ASGIApp, Message

from lmnt_server import create_app
from lmnt_server.engines import Block
from lmnt_server.engines.cast import CAST, SystemVoice
from lmnt_server.process import ServerProcess
from lmnt_server.store import Store

pytestmark = pytest.mark.once(rows=True)

BYTES = "/v1/ai/speech/bytes"
# No sentence stands twice: the engine remembers what it has spoken.
LONG = "".join(f"In chapter {n} it was the best of times, and in {n * 7} the worst, said the book. " for n in range(99))
LONG = LONG[:4000]


def arrivals(server: ServerProcess, text: str = LONG, **fields: Any) -> list[tuple[float, int]]:
    """Return when, in seconds from the request, how many bytes had arrived."""
    total = 0
    found: list[tuple[float, int]] = []
    with httpx.Client(base_url=server.base_url, headers={"x-api-key": "k"}, timeout=30) as client:
        began = time.perf_counter()
        with client.stream("POST", BYTES, json={"text": text, "voice": "leah"} | fields) as response:
            for chunk in response.iter_raw():
                total += len(chunk)
                found.append((time.perf_counter() - began, total))
    return found


@pytest.mark.parametrize("format", ["mp3", "webm", "pcm_s16le"])
def test_speech_arrives_before_all_of_it_is_made(espeak: ServerProcess, format: str) -> None:
    assert len(LONG) == 4000
    voice = {"mp3": "ansel", "webm": "amy", "pcm_s16le": "elowen"}[format]
    tries: list[tuple[float, float, float]] = []
    for turn in range(6):  # a busy machine holds some up; another text each time: the engine remembers the last ones
        tries.append(shares(arrivals(espeak, f"{turn}{LONG[1:]}", format=format, voice=voice)))
        first, heard, half = tries[-1]
        # Not only a header: there is speech to hear by then, and it goes on arriving all the time.
        if is_early := first < 0.2 and heard < 0.2 and half < 0.8:
            break
    assert is_early, tries


def shares(found: list[tuple[float, int]]) -> tuple[float, float, float]:
    """Return which share of the whole time the first bytes took, the first that can be heard, and half of them."""
    whole, size = found[-1]
    heard, half = (next(when for when, total in found if total > part * size) for part in (0.02, 0.5))
    return found[0][0] / whole, heard / whole, half / whole


def test_two_at_once_take_turns(espeak: ServerProcess) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: arrivals(espeak, format="aac"), range(2))
    for found, other in ((first, second), (second, first)):
        # Neither waits for the other to end before it hears anything.
        assert found[0][0] < 0.3 * other[-1][0]
    assert first[-1][1] == pytest.approx(second[-1][1], rel=0.01)


def test_each_request_keeps_its_own_voice_among_others(espeak_client: httpx.Client) -> None:
    text = "It was the best of times, it was the worst of times, said the book. " * 5

    def speak(voice: str, text: str) -> int:
        body = {"text": text, "voice": voice, "format": "pcm_s16le"}
        return len(espeak_client.post(BYTES, json=body).content)

    voices = [voice.id for voice in CAST]
    alone = [speak(voice, text) for voice in voices]
    assert max(alone) > 1.05 * min(alone)  # some speak faster than others
    # Wider spaces sound the same, and are not what the engine remembers.
    spaced = [text.replace(" ", "  ")] * len(voices)
    with ThreadPoolExecutor(len(voices)) as pool:
        # espeak-ng itself varies by some thousandths from one time to the next.
        assert list(pool.map(speak, voices, spaced)) == pytest.approx(alone, rel=0.01)


def test_a_client_that_leaves_stops_the_work(tone: ServerProcess) -> None:
    body = {"text": LONG, "voice": "leah"}
    with (
        httpx.Client(base_url=tone.base_url, headers={"x-api-key": "k"}) as client,
        client.stream("POST", BYTES, json=body) as response,
    ):
        request_id = response.headers["request-id"]
        next(response.iter_raw())
    line = wait_for_line(tone, request_id)
    assert line.endswith("client left")
    whole = len(httpx.post(tone.base_url + BYTES, json=body, headers={"x-api-key": "k"}, timeout=30).content)
    assert int(line.split(" bytes in ")[0].split()[-1]) < whole / 2


def test_a_client_that_does_not_read_is_waited_for(tone: ServerProcess) -> None:
    content = b'{"text": "%s", "voice": "leah", "format": "pcm_f32le"}' % (b"x " * 2500)
    request = (
        b"POST %s HTTP/1.1\r\nhost: a\r\nx-api-key: k\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    )
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(address_of(tone))
        sock.sendall(request % (BYTES.encode(), len(content)) + content)
        head = sock.recv(4096)
        request_id = head.split(b"request-id: ")[1].split(b"\r\n")[0].decode()
        time.sleep(1)
        assert request_id not in tone.log()
    line = wait_for_line(tone, request_id)
    # 9.6 MB in all; what was made is no more than fits into the buffers on the way.
    assert int(line.split(" bytes in ")[0].split()[-1]) < 8_000_000
    assert line.endswith("client left")


class Scripted:
    """An engine that speaks a second of silence at a time, and fails, waits or goes on for ever as it is told."""

    rate = 8000
    voices: Sequence[SystemVoice] = CAST

    def __init__(self, fails_at: int | None = None) -> None:
        self.fails_at = fails_at
        self.spoken = 0
        self.closed = threading.Event()
        self.gate: threading.Event | None = None

    def speak(
        self, text: str, *, voice: str, language: str, speed: float = 1.0, before: str = "", more: bool = False
    ) -> Generator[Block]:
        del text, voice, language, speed, before, more
        try:
            for number in count():
                if number == self.fails_at:
                    raise RuntimeError("the engine broke down")
                if self.gate is not None:
                    self.gate.wait(10)
                self.spoken = number + 1
                yield Block(bytes(16_000), ())
                time.sleep(0.01)
        finally:
            self.closed.set()


@asynccontextmanager
async def calling(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://a", headers={"x-api-key": "k"}) as client:
        yield client


@pytest.mark.parametrize("path", [BYTES, "/v1/ai/speech"])
def test_a_failure_before_the_first_byte_is_500_and_costs_nothing(path: str) -> None:
    async def call() -> None:
        async with calling(create_app(Scripted(fails_at=0))) as client:
            response = await client.post(path, json={"text": "Hi", "voice": "leah", "format": "wav"})
            body = check_envelope(response, 500)
            assert "broke down" not in body["error"]["message"]
            account = (await client.get("/v1/account")).json()
            assert account["usage"]["characters"] == account["plan"]["character_limit"]

    anyio.run(call)


def test_a_failure_after_the_first_byte_reaches_the_host() -> None:
    engine = Scripted(fails_at=3)

    async def call() -> None:
        async with calling(create_app(engine)) as client:
            with pytest.raises(RuntimeError, match="broke down"):
                await client.post(BYTES, json={"text": "Hi", "voice": "leah", "format": "ulaw"})

    anyio.run(call)
    assert engine.closed.is_set()


@pytest.mark.parametrize(("path", "format"), [(BYTES, "mp3"), (BYTES, "wav"), ("/v1/ai/speech", "mp3")])
def test_work_stops_within_a_block_of_the_client_leaving(path: str, format: str) -> None:
    engine = Scripted()
    body = b'{"text": "Hi", "voice": "leah", "format": "%s"}' % format.encode()
    requests: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []
    spoken_when_left = 0

    async def call() -> None:
        async def receive() -> Message:
            nonlocal spoken_when_left
            if requests:
                return requests.pop()
            while engine.spoken < 4:  # noqa: ASYNC110  # it speaks in a thread of its own
                await anyio.sleep(0.01)
            spoken_when_left = engine.spoken
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(b"x-api-key", b"k"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        with anyio.fail_after(5):
            await create_app(engine)(scope, receive, send)

    anyio.run(call)
    assert spoken_when_left > 3
    assert engine.spoken <= spoken_when_left + 2
    assert engine.closed.is_set()
    assert not any(message.get("more_body") is False for message in sent)


def test_a_host_that_shuts_down_closes_the_store() -> None:
    store = Store()
    messages: list[Message] = [{"type": "lifespan.shutdown"}, {"type": "lifespan.startup"}]

    async def call() -> None:
        async def receive() -> Message:
            return messages.pop()

        async def send(message: Message) -> None:
            assert message["type"].endswith(".complete")

        await create_app(Scripted(), store)({"type": "lifespan", "state": {}}, receive, send)

    anyio.run(call)
    with pytest.raises(Exception, match="closed database"):
        store.remaining("a")
