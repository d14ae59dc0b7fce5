"""Steps that are limited, interrupted, left and gone on with: nothing is lost, and nothing ends quietly."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import struct
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from importlib.metadata import version
from typing import Any

import anyio
import pytest
from packaging.version import Version
from websockets.frames import Opcode

import lmnt
from lmnt.models import SpeechSessionReady

from .modes import CONTEXT, KEY, Sync
from .peers import Connection, Peer2, Stream, head, response
from .session_peer import Conversation, SessionPeer

COUNT = 10
GAP = 0.03
"""Seconds between two pieces."""

LIMIT = 0.01
"""Seconds that a step gets: less than a piece takes."""

PIECES = [bytes([48 + number]) * 999 + b"\n" for number in range(COUNT)]


# ---- what is handed out, step by step


def chunked(connection: Connection) -> None:
    connection.send(head(200, {"transfer-encoding": "chunked", "request-id": "req_1", "content-type": "audio/x"}))
    for piece in PIECES:
        time.sleep(GAP)
        connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    connection.send(b"0\r\n\r\n")


def framed(stream: Stream) -> None:
    stream.head(200, {"request-id": "req_1", "content-type": "audio/x"})
    for piece in PIECES:
        time.sleep(GAP)
        stream.send(piece)
    stream.send(b"", end=True)


def eventful(connection: Connection) -> None:
    connection.send(head(200, {"transfer-encoding": "chunked", "content-type": "text/event-stream"}))
    for piece in PIECES:
        time.sleep(GAP)
        event = b"data: %s\n\n" % json.dumps(piece.decode()).encode()
        connection.send(b"%x\r\n%s\r\n" % (len(event), event))
    connection.send(b"0\r\n\r\n")


def spoken(peer: Conversation) -> None:
    peer.open()
    peer.expect("finish")
    for piece in PIECES:
        time.sleep(GAP)
        peer.audio(piece)
    for message in peer.messages:
        if message.get("type") == "flush":
            peer.send(type="flush_complete", nonce=message["nonce"])
    peer.close(1000)


Steps = Callable[[Any], Awaitable[Any]]


def body(steps: Callable[[Any], Any]) -> Steps:
    async def make(client: Any) -> Any:
        return steps(await client.speech.with_streaming_response.generate(text="x", voice="leah").__aenter__())

    return make


async def events(client: Any) -> Any:
    return await client.get("/", cast_to=str, stream=True, stream_cls=lmnt.AsyncStream[str])


def session(steps: Callable[[Any], Any]) -> Steps:
    async def make(client: Any) -> Any:
        opened = await client.speech.sessions.create(voice="leah")
        assert isinstance(await anext(opened), SpeechSessionReady)
        made = steps(opened)
        if not isinstance(made, type(opened.speak([]))):
            await opened.send_finish()
        return made

    return make


HTTP: dict[str, tuple[Any, Steps]] = {
    "bytes": (chunked, body(lambda response: response.iter_bytes())),
    "pieces of bytes": (chunked, body(lambda response: response.iter_bytes(77))),
    "text": (chunked, body(lambda response: response.iter_text())),
    "lines": (chunked, body(lambda response: response.iter_lines())),
    "events": (eventful, events),
}
SESSIONS: dict[str, Steps] = {
    "session": session(lambda opened: opened),
    "audio": session(lambda opened: opened.audio()),
    "speak": session(lambda opened: opened.speak(["hello"])),
}
ALL = [*HTTP, "bytes over HTTP/2", *SESSIONS]


def value(item: Any) -> str:
    """Return what an item holds of the pieces."""
    if isinstance(item, lmnt.SpeechSessionAudio):
        item = item.audio
    if isinstance(item, bytes):
        return item.decode()
    return item if isinstance(item, str) else ""


@pytest.fixture
def steps(
    request: pytest.FixtureRequest, peer: Callable[..., Any], peer2: Callable[..., Any], trusting: ssl.SSLContext
) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """What makes the iterator of the name that the test is given, and the arguments of the client that it needs."""
    name: str = request.param
    if name in HTTP:
        script, make = HTTP[name]
        yield make, {"base_url": peer(script).base_url, "ssl_context": CONTEXT}
    elif name in SESSIONS:
        with SessionPeer(spoken).running() as speaking:
            yield SESSIONS[name], {"base_url": speaking.base_url, "ssl_context": CONTEXT}
    else:
        started: Peer2 = peer2(framed)
        yield HTTP["bytes"][1], {"base_url": started.base_url, "http2": True, "ssl_context": trusting}


# ---- how a step is limited


async def by_wait_for(iterator: AsyncIterator[Any]) -> Any:
    return await asyncio.wait_for(anext(iterator), LIMIT)


async def one_too_short(iterator: AsyncIterator[Any]) -> None:
    while True:  # on a machine that is slow a piece may be there in time
        await by_wait_for(iterator)


async def by_timeout(iterator: AsyncIterator[Any]) -> Any:
    async with asyncio.timeout(LIMIT):
        return await anext(iterator)


async def by_cancel_scope(iterator: AsyncIterator[Any]) -> Any:
    with anyio.move_on_after(LIMIT):
        return await anext(iterator)
    raise TimeoutError


async def by_cancelling(iterator: AsyncIterator[Any]) -> Any:
    async def step() -> Any:
        return await anext(iterator)

    task = asyncio.create_task(step())
    await asyncio.wait({task}, timeout=LIMIT)
    if task.cancel():
        await asyncio.wait({task})
        raise TimeoutError
    return task.result()


async def by_task_group(iterator: AsyncIterator[Any]) -> Any:
    found: list[Any] = []

    async def step() -> None:
        found.append(await anext(iterator))

    async def limit() -> None:
        await asyncio.sleep(LIMIT)
        raise TimeoutError

    is_late = is_over = False
    try:
        async with asyncio.TaskGroup() as group:
            limiting = group.create_task(limit())
            await group.create_task(step())
            limiting.cancel()
    except* TimeoutError:
        is_late = True
    except* StopAsyncIteration:  # at the same time, perhaps
        is_over = True
    if is_over:
        raise StopAsyncIteration
    if is_late and not found:
        raise TimeoutError
    return found[0]


async def all_of(iterator: AsyncIterator[Any], step: Callable[[Any], Awaitable[Any]]) -> tuple[str, int]:
    """Return what came in steps that are limited, and how many of them were too short."""
    found, missed = "", 0
    while True:
        try:
            found += value(await step(iterator))
        except TimeoutError:
            missed += 1
        except (StopAsyncIteration, RuntimeError) as end:
            # A coroutine that raises StopAsyncIteration raises RuntimeError in its place (PEP 479).
            if isinstance(end, RuntimeError) and not isinstance(end.__cause__, StopAsyncIteration):
                raise
            return found, missed


@pytest.mark.parametrize("steps", ALL, indirect=True)
@pytest.mark.parametrize("limit", [by_wait_for, by_timeout, by_cancel_scope, by_cancelling, by_task_group])
def test_a_step_with_too_little_time_loses_nothing(steps: Any, limit: Any, request: pytest.FixtureRequest) -> None:
    make, options = steps

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, **options) as client:
            found, missed = await all_of(await make(client), limit)
            assert missed
            whole = b"".join(PIECES).decode()
            assert found == (whole.replace("\n", "") if "lines" in request.node.callspec.id else whole)

    asyncio.run(main())


@pytest.mark.parametrize("steps", ALL, indirect=True)
def test_leaving_the_loop_and_going_on(steps: Any) -> None:
    make, options = steps

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, **options) as client:
            iterator, found, rounds = await make(client), "", 0
            ended = False
            while not ended:
                ended = True
                async for item in iterator:
                    found += value(item)
                    rounds += 1
                    ended = False
                    break
            assert rounds >= COUNT
            assert found.replace("\n", "") == b"".join(PIECES).decode().replace("\n", "")

    asyncio.run(main())


@pytest.mark.parametrize("steps", ALL, indirect=True)
def test_two_tasks_that_read_are_told(steps: Any) -> None:
    make, options = steps

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, **options) as client:
            iterator = await make(client)
            first = asyncio.ensure_future(anext(iterator))
            await asyncio.sleep(0)
            with pytest.raises(lmnt.LmntError, match="being read already"):
                await anext(iterator)
            found = value(await first)
            found += "".join([value(item) async for item in iterator])
            assert found.replace("\n", "") == b"".join(PIECES).decode().replace("\n", "")

    asyncio.run(main())


@pytest.mark.parametrize("steps", [name for name in ALL if name not in ("session", "events")], indirect=True)
def test_a_step_after_closing_in_the_middle_is_no_end(steps: Any) -> None:
    make, options = steps

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, **options) as client:
            iterator = await make(client)
            async with aclosing(iterator):
                assert value(await anext(iterator))
            for _ in range(2):
                with pytest.raises(lmnt.LmntError, match="closed"):
                    await anext(iterator)

    asyncio.run(main())


@pytest.mark.parametrize("steps", ALL, indirect=True)
def test_closing_while_a_step_waits_that_nobody_waits_for(steps: Any) -> None:
    make, options = steps

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, **options) as client:
            iterator = await make(client)
            with pytest.raises(TimeoutError):
                await one_too_short(iterator)
            await (iterator.aclose() if hasattr(iterator, "aclose") else iterator.close())
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left or not (await asyncio.wait(left, timeout=5))[1]

    asyncio.run(main())


# ---- a sync step that a signal interrupts


class AlarmError(Exception):
    """What a handler of a signal raises."""


@contextmanager
def alarm(seconds: float, raises: type[BaseException]) -> Iterator[None]:
    def handle(*_: object) -> None:
        raise raises

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


SYNC_STEPS: dict[str, Callable[[Any], Any]] = {
    "session": lambda opened: opened,
    "audio": lambda opened: opened.audio(),
    "speak": lambda opened: opened.speak(["hello"]),
}


@pytest.mark.parametrize("name", ["bytes", "lines", "events", *SYNC_STEPS])
def test_an_interrupted_step_is_no_end(name: str, peer: Callable[..., Any]) -> None:
    over = threading.Event()

    def body(connection: Connection) -> None:
        first = b'data: "0"\n\n' if name == "events" else PIECES[0]
        connection.send(head(200, {"transfer-encoding": "chunked", "content-type": "audio/x"}))
        connection.send(b"%x\r\n%s\r\n" % (len(first), first))
        over.wait(10)

    def speech(talk: Conversation) -> None:
        talk.open()
        talk.expect("text")
        talk.audio(PIECES[0])
        over.wait(10)

    with SessionPeer(speech).running() as speaking:
        base_url = speaking.base_url if name in SYNC_STEPS else peer(body).base_url
        with lmnt.Lmnt(api_key=KEY, base_url=base_url, ssl_context=CONTEXT) as client:
            if name in SYNC_STEPS:
                opened = client.speech.sessions.create(voice="leah")
                if name != "speak":
                    opened.send_text("x")
                iterator: Any = SYNC_STEPS[name](opened)
            elif name == "events":
                iterator = client.get("/", cast_to=str, stream=True, stream_cls=lmnt.Stream[str])
            else:
                response = client.speech.with_streaming_response.generate(text="x", voice="leah").__enter__()
                iterator = response.iter_bytes() if name == "bytes" else response.iter_lines()
            assert next(filter(value, iterator))
            with alarm(0.1, KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
                next(iterator)
            for _ in range(2):
                with pytest.raises(lmnt.APIStreamError, match=r"interrupted.*KeyboardInterrupt"):
                    next(iterator)
            over.set()


def test_sync_steps_go_on_after_a_break(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(chunked).base_url)
    with mode.entered(client.speech.with_streaming_response.generate(text="x", voice="leah")) as response:
        iterator = response.iter_bytes()
        first = next(mode.each(iterator))
        assert first + b"".join(mode.each(iterator)) == b"".join(PIECES)
        assert response.complete is True


def test_an_error_is_raised_at_each_step_after_it(mode: Sync, peer: Callable[..., Any]) -> None:
    def cut(connection: Connection) -> None:
        connection.send(head(200, {"content-length": "5000", "content-type": "audio/x"}) + PIECES[0])
        connection.close()

    client = mode.client(base_url=peer(cut).base_url)
    with mode.entered(client.speech.with_streaming_response.generate(text="x", voice="leah")) as response:
        iterator = response.iter_bytes()
        assert next(mode.each(iterator)) == PIECES[0]
        for _ in range(3):
            with pytest.raises(lmnt.StreamTruncatedError, match="after 1000 bytes"):
                next(mode.each(iterator))


# ---- what is sent, cancelled half-way


def test_a_long_text_whose_sending_is_cancelled_is_sent_whole() -> None:
    text = "".join(chr(97 + number % 26) for number in range(600_000))
    heard: list[str] = []
    read_on = threading.Event()

    def slow(peer: Conversation) -> None:
        peer.open()
        read_on.wait(10)
        while (message := peer.expect())["type"] != "finish":
            heard.append(message.get("text", ""))
        peer.close(1000)

    async def main(base_url: str) -> None:
        async with (
            lmnt.AsyncLmnt(api_key=KEY, base_url=base_url) as client,
            client.speech.sessions.create(voice="leah") as opened,
        ):
            stopped = 0
            while not stopped:
                try:
                    await asyncio.wait_for(opened.send_text(text), 0.2)
                except TimeoutError:
                    stopped += 1
            read_on.set()
            await opened.send_finish()
            async for _ in opened:
                pass
            assert opened.complete

    with SessionPeer(slow).running() as peer:
        asyncio.run(main(peer.base_url))
    whole = "".join(heard)
    assert whole
    assert whole == text * (len(whole) // len(text))


# ---- how a session was closed


CLOSES_WITHIN_A_MESSAGE_ARE_ERRORS = Version(version("websockets")) >= Version("17.3")


def test_a_goodbye_in_the_middle_of_a_message(mode: Sync) -> None:
    def script(peer: Conversation) -> None:
        peer.open()
        peer.expect("finish")
        peer.frame(Opcode.BINARY, b"half", fin=False)
        peer.frame(Opcode.CLOSE, struct.pack("!H", 1000) + b"done")
        peer.drop()

    with SessionPeer(script).running() as peer:
        client = mode.client(base_url=peer.base_url)
        opened = mode.run(client.speech.sessions.create(voice="leah"))
        mode.run(opened.send_finish())
        with pytest.raises(lmnt.SessionClosedError) as caught:
            list(mode.each(opened))
    assert caught.value.code == 1002
    assert "received 1000" in str(caught.value)
    if CLOSES_WITHIN_A_MESSAGE_ARE_ERRORS:  # else the library has answered 1000
        assert "sent 1002" in str(caught.value)
    assert not opened.complete


# ---- a body that only the end of the connection ends, and connections that are given on


@pytest.mark.parametrize("is_waiting", [False, True], ids=["before", "meanwhile"])
@pytest.mark.parametrize("closing", ["response", "client"])
def test_what_this_side_closes_is_no_end_of_a_body(closing: str, is_waiting: bool, peer: Callable[..., Any]) -> None:
    def begun(connection: Connection) -> None:
        connection.send(head(200, {"content-type": "audio/x"}) + PIECES[0])
        connection.stall()

    async def main(base_url: str) -> None:
        async with (
            lmnt.AsyncLmnt(api_key=KEY, base_url=base_url, ssl_context=CONTEXT) as client,
            client.speech.with_streaming_response.generate(text="x", voice="leah") as response,
        ):
            iterator = response.iter_bytes()
            assert await anext(iterator) == PIECES[0]
            step = asyncio.ensure_future(anext(iterator))
            await asyncio.sleep(0.05 if is_waiting else 0)
            await (client if closing == "client" else response).close()
            for each in (step, anext(iterator)):
                with pytest.raises(lmnt.StreamTruncatedError) as caught:
                    await each
                assert caught.value.reason == "it was closed by this side"
            assert response.complete is False

    asyncio.run(main(peer(begun).base_url))


def test_a_step_takes_nothing_of_another_response(mode: Sync, peer: Callable[..., Any]) -> None:
    first, second = (response(200, mark * 200_000, {"content-type": "audio/x"}) for mark in (b"1", b"2"))
    client = mode.client(base_url=peer(first, second).base_url)
    with mode.entered(client.speech.with_streaming_response.generate(text="x", voice="leah")) as early:
        steps = mode.each(early.iter_bytes())
        next(steps)
        live = early.http_response
        mode.run(live.read() if mode.name == "sync" else live.aread())  # past the iterator, to the end
        with mode.entered(client.speech.with_streaming_response.generate(text="x", voice="leah")) as late:
            found = next(mode.each(later := late.iter_bytes()))
            with pytest.raises(lmnt.StreamTruncatedError):
                next(steps)
            assert found + b"".join(mode.each(later)) == b"2" * 200_000


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 brought eager tasks")
def test_a_loop_whose_tasks_are_eager(peer: Callable[..., Any]) -> None:
    async def main(base_url: str) -> None:
        asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009  # not in 3.11
        async with (
            lmnt.AsyncLmnt(api_key=KEY, base_url=base_url, ssl_context=CONTEXT, max_retries=0) as client,
            client.speech.with_streaming_response.generate(text="x", voice="leah") as response,
        ):
            assert await response.read() == b"".join(PIECES)

    asyncio.run(main(peer(chunked).base_url))
