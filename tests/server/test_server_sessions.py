"""Speech sessions on the real server: what is heard, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from answers import REQUEST_ID, address_of, wait_for_line
from decoded import decode
from starlette.types import Message
from talking import FINISH, PATH, flush, hear, init, listen, opened, reset, say, talk, text, until
from test_server_streaming import Scripted
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from lmnt_server import create_app
from lmnt_server.connection import connection_of
from lmnt_server.description import lmnt
from lmnt_server.encoders import LIVE
from lmnt_server.engines.tone import CHARACTER, ToneEngine
from lmnt_server.limits import Limits
from lmnt_server.process import ServerProcess, running
from lmnt_server.speech import Speech
from lmnt_server.store import Store, account_of

pytestmark = pytest.mark.once(rows=True)

SENTENCES = "Hello there, world. It costs 3.14 in all! Does it? Yes"
LONG = "This sentence is here to be spoken. " * 200


@cache
def http() -> httpx.Client:
    """Return one client for all of these tests: to make one takes longer than most of them."""
    return httpx.Client(headers={"x-api-key": "k"}, timeout=20)


def spoken(server: ServerProcess, content: str, **fields: Any) -> bytes:
    """Return the file that speech.generate gives for a text."""
    body = {"text": content, "voice": "leah", "format": "pcm_s16le", **fields}
    response = http().post(server.base_url + "/v1/ai/speech/bytes", json=body)
    assert response.status_code == 200
    return response.content


@cache
def toned(content: str, format: str = "pcm_s16le", sample_rate: int = 24000) -> bytes:
    """Return the same file of the tone engine, made in this process."""
    speech = Speech(ToneEngine(), content, voice="leah", language="auto", format=format, sample_rate=sample_rate)
    return b"".join(speech)


def left(server: ServerProcess, key: str) -> int:
    account = http().get(server.base_url + "/v1/account", headers={"x-api-key": key}).json()
    characters: int = account["usage"]["characters"]
    return characters


def test_a_session_from_ready_to_1000(tone: ServerProcess) -> None:
    parts = [SENTENCES[start : start + 4] for start in range(0, len(SENTENCES), 4)]
    heard = talk(tone, *map(text, parts), FINISH, type="init", return_timestamps=True)
    assert (heard.code, heard.reason) == (1000, "")
    assert heard.kinds == ["ready", *["audio", "timestamps"] * 5]
    assert REQUEST_ID.fullmatch(heard.messages[0]["request_id"])
    assert heard.audio == spoken(tone, SENTENCES) == toned(SENTENCES)


def test_with_nothing_to_say_nothing_is_sent(tone: ServerProcess) -> None:
    heard = talk(tone, text(""), flush(1), reset(2), flush(3), FINISH, format="webm", return_timestamps=True)
    assert heard.kinds == ["ready", "flush_complete", "reset_complete", "flush_complete"]
    assert heard.code == 1000


def test_speech_comes_before_the_text_is_finished(tone: ServerProcess) -> None:
    with opened(tone) as ws:
        say(ws, init(), text("A sentence. And h"))
        assert hear(ws)["type"] == "ready"  # type: ignore[call-overload]
        # No flush was sent, so what is heard is the whole sentence and nothing of the next.
        whole = toned("A sentence. ")
        audio = b""
        while len(audio) < len(whole) - 2400:
            audio += bytes(hear(ws))  # type: ignore[arg-type]  # audio alone
        assert audio == whole[:-2400]
        say(ws, text("alf."), FINISH)
        assert audio + listen(ws).audio == toned("A sentence. And half.")


def test_answers_come_in_the_order_of_the_questions_with_their_audio_before(tone: ServerProcess) -> None:
    heard = talk(tone, text("One."), flush(7), text("Two."), flush(-7), flush(7), text("Three."), FINISH)
    assert heard.kinds == ["ready", "audio", "flush_complete", "audio", *["flush_complete"] * 2, "audio"]
    assert [message["nonce"] for message in heard.messages[1:]] == [7, -7, 7]
    stretches = [audio for audio, _ in heard.stretches()]
    assert stretches == [toned("One."), toned("Two."), b"", toned("Three.")]


@pytest.mark.parametrize("sample_rate", [8000, 24000])
@pytest.mark.parametrize("format", LIVE)
def test_every_format_of_a_session_can_be_heard(tone: ServerProcess, format: str, sample_rate: int) -> None:
    fields = {"format": format, "sample_rate": sample_rate}
    heard = talk(tone, text(SENTENCES), FINISH, **fields)
    seconds = len(toned(SENTENCES)) / 48000
    whole = decode(heard.audio, format, sample_rate)
    assert whole.seconds == pytest.approx(seconds, abs=0.25 if format == "mp3" else 0.001)
    assert whole.level > 0.1
    if format != "webm":  # there, the clusters of a session are shorter
        assert heard.audio == toned(SENTENCES, **fields)


@pytest.mark.parametrize("sample_rate", [8000, 16000, 24000])
@pytest.mark.parametrize("format", LIVE)
def test_a_flush_gets_all_of_the_speech_out_and_the_file_goes_on(
    tone: ServerProcess, format: str, sample_rate: int
) -> None:
    fields = {"format": format, "sample_rate": sample_rate}
    heard = talk(tone, text("aaaa"), flush(1), text("bbbb bbbb"), flush(2), FINISH, **fields)
    first, second, _ = [audio for audio, _ in heard.stretches()]
    if format == "webm":
        # The energy of the tones is all there, whatever silence is around them.
        expected = [energy(toned(content), "pcm_s16le", 24000) for content in ("aaaa", "bbbb bbbb")]
        assert energy(first, format, sample_rate) == pytest.approx(expected[0], rel=0.05)
        assert energy(first + second, format, sample_rate) == pytest.approx(sum(expected), rel=0.05)
    else:
        header = 58 if format == "ulaw" else 0
        assert first == toned("aaaa", **fields)
        assert second == toned("bbbb bbbb", **fields)[header:]
    silence = decode(heard.audio, format, sample_rate).seconds - 13 * CHARACTER
    assert 0.199 < silence < (0.7 if format == "mp3" else 0.35)


def energy(data: bytes, format: str, sample_rate: int) -> float:
    found = decode(data, format, sample_rate)
    return found.level**2 * found.seconds


def test_timestamps_count_from_each_flush_or_reset_and_cover_all_of_the_audio(tone: ServerProcess) -> None:
    with opened(tone) as ws:
        say(ws, init(return_timestamps=True), text("First of all, wait. And then? Next"), flush(1), flush(2))
        frames = until(ws, "flush_complete", 2)
        say(ws, text("Dropped. "))
        frames += until(ws, "timestamps")
        say(ws, reset(3), text("Last one."), FINISH)
        heard = listen(ws)
    heard = heard._replace(frames=[*frames, *heard.frames])
    contents = ["First of all, wait. And then? Next", "", "Dropped. ", "Last one."]
    for (audio, stamps), content in zip(heard.stretches(), contents, strict=True):
        assert "".join(stamp["text"] for stamp in stamps) == content
        for one, other in pairwise(stamps):
            assert other["start"] == pytest.approx(one["start"] + one["duration"], abs=1e-9)
        assert sum(stamp["duration"] for stamp in stamps) == pytest.approx(len(audio) / 48000, abs=1e-9)
        if content:
            assert stamps[0] == {"text": "", "start": 0.0, "duration": 0.05}
            assert (stamps[-1]["text"] == "") == (content != "Dropped. ")
    # What a message describes was sent before it.
    sent = described = 0.0
    for frame in heard.frames:
        if isinstance(frame, bytes):
            sent += len(frame) / 48000
        elif frame["type"] == "timestamps":
            described += sum(stamp["duration"] for stamp in frame["timestamps"])
            assert described == pytest.approx(sent, abs=1e-9)


def test_without_asking_there_are_no_timestamps(tone: ServerProcess) -> None:
    assert "timestamps" not in talk(tone, text(SENTENCES), flush(1), FINISH).kinds


def test_a_reset_stops_the_audio_in_flight(tone: ServerProcess) -> None:
    # The fault makes time: 50 ms for each frame of audio.
    with opened(tone, "session-drip=50") as ws:
        say(ws, init(return_timestamps=True), text(LONG), flush(1), text(LONG))
        hear(ws)
        assert isinstance(hear(ws), bytes)
        say(ws, reset(2), text("After."), flush(3), FINISH)
        heard = listen(ws)
    assert [message["nonce"] for message in heard.messages if "nonce" in message] == [1, 2, 3]
    before, between, after, rest = heard.stretches()
    assert len(before[0]) < len(toned(LONG)) / 4
    assert between == (b"", [])
    assert after[0] == toned("After.")
    assert after[1][0]["start"] == 0.0
    assert rest == (b"", [])
    assert heard.code == 1000


@pytest.mark.parametrize("format", ["mp3", "webm", "ulaw"])
def test_what_is_left_of_a_reset_can_be_played(tone: ServerProcess, format: str) -> None:
    with opened(tone, "session-drip=5") as ws:
        say(ws, init(format=format), text(LONG))
        hear(ws)
        audio = bytes(hear(ws))  # type: ignore[arg-type]  # audio alone
        say(ws, reset(1), text("After. " * 20), FINISH)
        audio += listen(ws).audio
    assert decode(audio, format, 24000).seconds > 2


def test_characters_are_paid_for_when_they_are_begun(tone: ServerProcess) -> None:
    key = "payer"
    full = left(tone, key)
    talk(tone, text(SENTENCES), text("Dropped"), reset(1), text("Paid"), FINISH, **{"X-API-Key": key})
    assert len("Paid") <= full - left(tone, key) <= len(SENTENCES) + len("Paid")
    full = left(tone, key)
    talk(tone, text(SENTENCES), FINISH, **{"X-API-Key": key})
    assert full - left(tone, key) == len(SENTENCES)


WRONG: list[tuple[Sequence[Any], dict[str, Any], int, str]] = [
    ([], {"voice": "nobody"}, 1008, "not_found_error"),
    ([], {"voice": "nobody" * 100}, 1008, "not_found_error"),
    ([], {"format": "wav"}, 1008, "invalid_request_error"),
    ([], {"X-API-Key": ""}, 1008, "authentication_error"),
    ([flush("x")], {}, 1008, "invalid_request_error"),
    (["hello"], {}, 1002, "invalid_request_error"),
    ([b"hello"], {}, 1002, "invalid_request_error"),
    ([init()], {}, 1002, "invalid_request_error"),
    ([text("é" * 600_000)], {}, 1009, "invalid_request_error"),
    ([{"type": "ü" * 500}], {}, 1002, "invalid_request_error"),
]


@pytest.mark.parametrize(("messages", "fields", "code", "type"), WRONG, ids=[str(row[:2])[:50] for row in WRONG])
def test_an_error_is_a_message_and_then_a_close(
    tone: ServerProcess, messages: Sequence[Any], fields: dict[str, Any], code: int, type: str
) -> None:
    heard = talk(tone, *messages, **fields)
    error = heard.messages[-1]
    assert heard.frames[-1] is error
    assert (heard.code, error["error"]["type"]) == (code, type)
    # A client that says something wrong at once may be faster than `ready`.
    assert heard.kinds in (["error"], [] if fields else ["ready", "error"])
    assert REQUEST_ID.fullmatch(error["request_id"])
    assert error["error"]["message"].startswith(heard.reason)
    assert 0 < len(heard.reason.encode()) <= 123
    for message in heard.messages:
        assert message.get("request_id", error["request_id"]) == error["request_id"]


def test_nothing_may_come_after_finish(tone: ServerProcess) -> None:
    with opened(tone, "session-drip=20") as ws:
        say(ws, init(), text(LONG), FINISH, text("more"))
        heard = listen(ws)
    assert (heard.code, heard.reason) == (1002, "text came after finish, which is the last message")


def test_an_error_arrives_while_the_client_goes_on_talking(tone: ServerProcess) -> None:
    # TCP resets a connection that is closed with unread data, and the reset can overtake the error.
    for _ in range(20):
        with opened(tone) as ws:
            with suppress(ConnectionClosed):  # the error may be there before all is said
                say(ws, init(voice="nobody"), *[text("word ")] * 50)
            heard = listen(ws)
        assert (heard.code, heard.kinds) == (1008, ["error"])


def test_the_key_of_the_message_counts_not_that_of_the_handshake(tone: ServerProcess) -> None:
    with opened(tone, **{"X-API-Key": "another"}) as ws:
        message = init()
        del message["X-API-Key"]
        say(ws, message)
        assert listen(ws).messages[0]["error"]["type"] == "authentication_error"


def test_paths_that_are_no_session(tone: ServerProcess) -> None:
    for path, status in (("/v1/nowhere", 404), ("/v1/account", 404), ("/v1/ai/speech/stream/", 404)):
        with pytest.raises(InvalidStatus) as raised, connect(tone.base_url.replace("http", "ws") + path):
            pass
        response = raised.value.response
        assert response.status_code == status
        body = json.loads(response.body or b"")
        assert not list(lmnt().schema("#/components/schemas/ErrorResponse").errors(body))
        assert body["request_id"] == response.headers["request-id"]
    for method in ("GET", "POST"):
        answer = http().request(method, tone.base_url + PATH)
        assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
        assert "ws://" in answer.json()["error"]["message"]


@pytest.fixture(scope="module")
def strict() -> Iterator[ServerProcess]:
    limits = ["--session-init-timeout=1.5", "--session-idle-timeout=1.5", "--session-max-message=200"]
    with running(engine="tone", api_key="the key", arguments=[*limits, "--character-limit=100"], faults=True) as server:
        yield server


def test_limits_that_were_set(strict: ServerProcess) -> None:
    key = {"X-API-Key": "the key"}

    def error(*messages: Any, **fields: Any) -> tuple[int, str]:
        heard = talk(strict, *messages, **fields)
        return heard.code, heard.messages[-1]["error"]["type"]

    assert error() == (1008, "authentication_error")
    assert error(text("x" * 200), **key) == (1009, "invalid_request_error")
    began = time.monotonic()
    with opened(strict) as ws:
        heard = listen(ws)
    assert (heard.code, "no init message" in heard.reason) == (1008, True)
    assert time.monotonic() - began >= 1.5
    # Talking for longer than the limit is not idle; nor is listening.
    with opened(strict, "session-drip=220") as ws:
        say(ws, init(**key), text("One. Two. Three. Four. Five. Six. Seven. Eight. "), flush(1))
        heard = listen(ws)
    assert heard.kinds == ["ready", "audio", "flush_complete", "error"]
    assert (heard.code, "no message came for 1.5 seconds" in heard.reason) == (1008, True)
    assert error(text("x. " * 30), FINISH, **key) == (1008, "payment_required_error")


@pytest.mark.parametrize("how", ["close", "reset", "vanish"])
def test_a_client_that_leaves_stops_the_work(tone: ServerProcess, how: str) -> None:
    ws = opened(tone, "session-drip=30").__enter__()
    say(ws, init(), text(LONG))
    request_id = hear(ws)["request_id"]  # type: ignore[call-overload]
    hear(ws)
    match how:
        case "close":
            ws.close(1000)
        case "reset":
            ws.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            ws.socket.shutdown(socket.SHUT_RD)
            ws.close_socket()
        case _:
            ws.socket.shutdown(socket.SHUT_RDWR)
    line = wait_for_line(tone, request_id)
    assert line.endswith("client left")
    assert int(line.split(" bytes in ")[0].split()[-1]) < len(toned(LONG)) / 2


def memory(server: ServerProcess) -> int:
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc to see the memory")
def test_a_client_that_does_not_read_is_waited_for_and_still_heard(tone: ServerProcess) -> None:
    before = memory(tone)
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(address_of(tone))
        with connect(
            tone.base_url.replace("http", "ws") + PATH, sock=sock, compression=None, max_queue=1, close_timeout=5
        ) as ws:
            say(ws, init(format="pcm_f32le"), *[text(LONG)] * 4)
            hear(ws)
            time.sleep(1)
            say(ws, reset(1), FINISH)
            heard = listen(ws)
    assert heard.kinds == ["audio", "reset_complete"]
    assert heard.code == 1000
    # 55 MB would have been made, were it not for the reset: what was made is what fits into the buffers on the way.
    assert len(heard.audio) < 50_000_000
    assert memory(tone) - before < 30_000_000


def test_many_at_once_are_not_mixed_up(tone: ServerProcess) -> None:
    def of(number: int) -> str:
        return "".join(f"Session {number} says {number * each}. " for each in range(8))

    async def one(number: int) -> tuple[int, bytes, int]:
        url = tone.base_url.replace("http", "ws") + PATH
        async with connect_async(url, compression=None, open_timeout=30) as ws:
            await ws.send(json.dumps(init(sample_rate=8000)))
            content = of(number)
            for start in range(0, len(content), 50):
                await ws.send(json.dumps(text(content[start : start + 50])))
            await ws.send(json.dumps(FINISH))
            audio = b"".join([frame async for frame in ws if isinstance(frame, bytes)])
            return number, audio, ws.close_code or 0

    async def all_of_them() -> Any:
        return await asyncio.gather(*map(one, range(50)))

    for number, audio, code in asyncio.run(all_of_them()):
        assert code == 1000
        assert audio == toned(of(number), sample_rate=8000), number


def test_a_server_that_stops_says_so() -> None:
    with running(engine="tone") as server, opened(server) as ws:
        say(ws, init())
        hear(ws)
        server.terminate()
        heard = listen(ws)
        assert (heard.code, heard.reason) == (1001, "the server is stopping")
        assert server.wait(5) == 0
        assert server.log() == ""


TEXTS = ["It was the best of times, ", "it was the wo", "rst of times. It was ", "the age of wisdom."]


def test_real_speech_is_that_of_speech_generate(espeak: ServerProcess) -> None:
    heard = talk(espeak, *map(text, TEXTS), FINISH, return_timestamps=True)
    assert heard.code == 1000
    assert heard.audio == spoken(espeak, "".join(TEXTS))
    [(audio, stamps)] = heard.stretches()
    assert "".join(stamp["text"] for stamp in stamps) == "".join(TEXTS)
    assert sum(stamp["duration"] for stamp in stamps) == pytest.approx(len(audio) / 48000, abs=0.001)
    assert heard.kinds == ["ready", "audio", "timestamps", "audio", "timestamps", "audio", "timestamps"]


def test_the_language_is_found_out_from_all_that_was_said(espeak: ServerProcess) -> None:
    german = [text("Das ist nicht die Welt und auch nicht der Mond. "), flush(1), text("Hand. "), flush(2), FINISH]
    auto, said = (talk(espeak, *german, language=language).stretches()[1][0] for language in ("auto", "de"))
    english = talk(espeak, *german[2:], language="en").stretches()[0][0]
    assert auto == said != english


class Handshake:
    """A session with the application itself, in this process, where the engine can be a scripted one."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self._messages: list[Message] = [{"type": "websocket.connect"}]
        self._news = anyio.Event()
        self._has_left = False
        self.sent: list[Message] = []
        self.say(*messages)

    def say(self, *messages: Mapping[str, Any]) -> None:
        self._messages += [{"type": "websocket.receive", "text": json.dumps(each)} for each in messages]
        self._news.set()

    def leave(self) -> None:
        self._has_left = True
        self._news.set()

    async def receive(self) -> Message:
        while not self._messages and not self._has_left:
            self._news = anyio.Event()
            await self._news.wait()
        return self._messages.pop(0) if self._messages else {"type": "websocket.disconnect", "code": 1005}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


SCOPE = {"type": "websocket", "path": PATH, "headers": [], "query_string": b""}
ENDLESS = [init(format="mp3"), text("Speak. ")]


def test_the_engine_stops_when_the_client_leaves() -> None:
    engine = Scripted()

    async def call() -> None:
        talk = Handshake(*ENDLESS)
        async with anyio.create_task_group() as group:
            group.start_soon(create_app(engine), dict(SCOPE), talk.receive, talk.send)
            with anyio.fail_after(5):
                while engine.spoken < 3:  # noqa: ASYNC110  # it speaks in a thread of its own
                    await anyio.sleep(0.01)
            talk.leave()
        assert engine.closed.is_set()
        assert talk.sent[-1]["type"] == "websocket.send"

    anyio.run(call)


def test_an_engine_that_fails_is_an_error_that_costs_nothing() -> None:
    store = Store()

    async def call() -> None:
        talk = Handshake(*ENDLESS)
        await create_app(Scripted(fails_at=2), store)(dict(SCOPE), talk.receive, talk.send)
        *_, error, close = talk.sent
        assert json.loads(error["text"])["error"]["type"] == "internal_server_error"
        assert "broke down" not in error["text"]
        assert (close["type"], close["code"]) == ("websocket.close", 1011)
        assert store.remaining(account_of("k")) == store.quotas.characters

    anyio.run(call)


def test_the_work_of_one_session_does_not_stop_another() -> None:
    """An engine that takes long for a block holds a thread, not the loop."""
    engine = Scripted()
    engine.gate = threading.Event()

    async def call() -> None:
        slow, quick = Handshake(*ENDLESS), Handshake(init(), FINISH)
        app = create_app(engine)
        async with anyio.create_task_group() as group:
            group.start_soon(app, dict(SCOPE), slow.receive, slow.send)
            with anyio.fail_after(5):
                await app(dict(SCOPE), quick.receive, quick.send)
            assert quick.sent[-1] == {"type": "websocket.close", "code": 1000, "reason": ""}
            engine.gate.set()
            slow.leave()

    anyio.run(call)


def test_a_session_that_has_not_begun_is_not_idle() -> None:
    """And one that speaks is not, however long; the time counts from the last word."""
    engine, limit = Scripted(), 0.2
    engine.gate = threading.Event()

    async def call() -> None:
        talk = Handshake()
        with anyio.fail_after(10):
            await converse(talk)

    async def converse(talk: Handshake) -> None:
        async with anyio.create_task_group() as group:
            app = create_app(engine, limits=Limits(idle_seconds=limit))
            group.start_soon(app, dict(SCOPE), talk.receive, talk.send)
            await anyio.sleep(3 * limit)
            assert [each["type"] for each in talk.sent] == ["websocket.accept"]
            talk.say(init(), text("Speak. "))
            await anyio.sleep(3 * limit)
            assert [json.loads(each["text"])["type"] for each in talk.sent[1:]] == ["ready"]
            talk.say(reset(1))
            assert engine.gate is not None
            engine.gate.set()
            while "reset_complete" not in str(talk.sent[-1].get("text")):  # noqa: ASYNC110  # a fake tells nobody
                await anyio.sleep(0.005)
            silent_since = anyio.current_time()
        *_, error, close = talk.sent
        assert "no message came for 0.2 seconds" in error["text"]
        assert close["code"] == 1008
        assert limit - 0.05 < anyio.current_time() - silent_since < 4 * limit

    anyio.run(call)


def test_a_connection_is_held_as_the_host_has_it() -> None:
    """It never waits in the kernel: whoever hosts the application reads and writes in a loop, as it does itself."""

    async def call() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listening,
            socket.create_connection(listening.getsockname()) as near,
        ):
            far, client = listening.accept()
            far.setblocking(False)
            held = connection_of({"client": client, "http_version": "1.1"})
            assert held is not None
            with far, held:
                assert not os.get_blocking(far.fileno())
                size = 10_000_000  # more than the buffers hold
                async with anyio.create_task_group() as group:
                    group.start_soon(held.write, bytes(size))
                    await anyio.sleep(0.05)
                    near.setblocking(False)
                    while size:
                        await anyio.wait_readable(near)
                        size -= len(near.recv(1 << 20))
                async with anyio.create_task_group() as group:
                    group.start_soon(held.linger)
                    await anyio.wait_readable(near)
                    assert near.recv(1) == b""
                    for _ in range(100):
                        near.send(b"late")
                        await anyio.sleep(0.0001)
                        with suppress(BlockingIOError):
                            far.recv(10)
                    near.shutdown(socket.SHUT_WR)

    anyio.run(call)
