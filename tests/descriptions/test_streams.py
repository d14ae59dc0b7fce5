"""Streams of items of a made client: typed, whole or an error, from a server on a socket of its own."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.client.peers import Connection, Peer, head, response, serving
from tests.kit.checking import MYPY

from .packages import made

pytestmark = pytest.mark.once(rows=True)

EVENTS, LINES = {"content-type": "text/event-stream"}, {"content-type": "application/x-ndjson"}
ID = {"request-id": "req_7"}


@pytest.fixture(scope="session")
def assistant() -> Any:
    return made("assistant")


class Caller:
    """A client of one kind, and what its streams give."""

    def __init__(self, package: Any, *, awaits: bool) -> None:
        self.package = package
        self.awaits = awaits
        self.runner = asyncio.Runner()
        self.clients: list[Any] = []

    def at(self, peer: Peer, **options: Any) -> Any:
        kind = self.package.AsyncAssistant if self.awaits else self.package.Assistant
        self.clients.append(kind(api_key="key", base_url=peer.base_url, max_retries=0, **options))
        return self.clients[-1]

    def run(self, value: Any) -> Any:
        return self.runner.run(value) if self.awaits else value

    def each(self, stream: Any) -> Iterator[Any]:
        """Give what a stream does, and what it raises."""
        if not self.awaits:
            yield from stream
            return
        while True:
            try:
                yield self.runner.run(_next(stream))
            except StopAsyncIteration:
                return

    def close(self) -> None:
        for each in self.clients:
            self.run(each.close())
        self.runner.close()


async def _next(stream: Any) -> Any:
    return await anext(stream)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest, assistant: Any) -> Iterator[Caller]:
    found = Caller(assistant, awaits=request.param)
    yield found
    found.close()


def chunked(*pieces: bytes, headers: dict[str, str] = EVENTS, ends: bool = True) -> Callable[[Connection], None]:
    """Return what answers with these pieces, each a chunk, and ends or breaks off."""

    def answer(connection: Connection) -> None:
        connection.send(head(200, {"transfer-encoding": "chunked", "connection": "close", **headers, **ID}))
        for piece in pieces:
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        if ends:
            connection.send(b"0\r\n\r\n")
        else:
            connection.close()

    return answer


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    started: list[Any] = []

    def start(*answers: Any) -> Peer:
        started.append(serving(Peer(*answers)))
        return started[-1].__enter__()

    yield start
    for each in started:
        each.__exit__(None, None, None)


def event(name: str, **fields: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


PIECE, DONE = event("answer.piece", text="a"), event("answer.done", tokens=3)


def test_a_stream_of_typed_events(caller: Caller, peer: Callable[..., Peer]) -> None:
    ping = b"event: ping\ndata: {}\n\n"
    server = peer(
        chunked(b": hello\n\n", PIECE + ping + PIECE[:9], PIECE[9:], event("answer.new", more=[1]), DONE + PIECE)
    )
    stream = caller.run(caller.at(server).answers.create(question="why?", stream=True))
    items = list(caller.each(stream))
    models = caller.package.models
    assert [type(each) for each in items] == [models.Piece, models.Piece, caller.package.UnknownEvent, models.Done]
    assert (items[0].text, items[3].tokens, items[2].data["more"]) == ("a", 3, [1])
    assert (stream.complete, stream.request_id, stream.event.event) == (True, "req_7", "answer.done")
    (sent,) = server.requests
    assert (json.loads(sent.body), sent.headers["accept"]) == (
        {"question": "why?", "stream": True},
        "text/event-stream",
    )


def test_the_flag_decides(caller: Caller, peer: Callable[..., Peer]) -> None:
    from tests.client.peers import json_response

    server = peer(*[json_response({"text": "a", "count": 1}, 200, ID)] * 3)
    client = caller.at(server)
    assert caller.run(client.answers.create(question="why?")).text == "a"
    assert caller.run(client.answers.create(question="why?", stream=False)).request_id == "req_7"
    assert caller.run(client.answers.pull(name="b")).count == 1
    bodies = [json.loads(each.body) for each in server.requests]
    # A service whose default is a stream is told.
    assert [each.get("stream") for each in bodies] == [None, False, False]
    assert {each.headers["accept"] for each in server.requests} == {"application/json"}


def test_a_flag_that_is_a_value(caller: Caller, peer: Callable[..., Peer]) -> None:
    server = peer(chunked(b'data: {"count": 1}\n\n'), response(200, b"\xff\xf3", {"content-type": "audio/mpeg"}))
    client = caller.at(server)
    assert [each.count for each in caller.each(caller.run(client.answers.speak(text="a", stream=True)))] == [1]
    assert caller.run(caller.run(client.answers.speak(text="a", stream_format="audio")).read()) == b"\xff\xf3"
    bodies = [json.loads(each.body) for each in server.requests]
    assert bodies == [{"text": "a", "stream_format": "sse"}, {"text": "a", "stream_format": "audio"}]


def test_the_other_ways_to_call(caller: Caller, peer: Callable[..., Peer]) -> None:
    server = peer(chunked(PIECE + DONE), chunked(PIECE, DONE))
    client = caller.at(server)
    raw = caller.run(client.answers.with_raw_response.create(question="a", stream=True))
    assert raw.headers["request-id"] == "req_7"
    assert len(list(caller.each(caller.run(raw.parse())))) == 2
    manager = client.answers.with_streaming_response.create(question="a", stream=True)
    if caller.awaits:

        async def read() -> int:
            async with manager as response, await response.parse() as stream:
                return len([each async for each in stream])

        assert caller.run(read()) == 2
    else:
        with manager as response, response.parse() as stream:
            assert len(list(stream)) == 2


@pytest.mark.parametrize(
    ("method", "headers", "body", "items"),
    [
        ("lines", {"content-type": "application/jsonl"}, b'{"count": 1}\n\n{"count": 2}', [1, 2]),
        ("records", {"content-type": "application/json-seq"}, b'\x1e{"count": 1}\n\x1e{"count": 2}\n', [1, 2]),
        (
            "parts",
            {"content-type": "multipart/mixed; boundary=x"},
            b'--x\r\ncontent-type: application/json\r\n\r\n{"count": 1}\r\n--x\r\n\r\n{"count": 2}\r\n--x--\r\n',
            [1, 2],
        ),
    ],
)
def test_each_media_type(
    caller: Caller, peer: Callable[..., Peer], method: str, headers: dict[str, str], body: bytes, items: list[int]
) -> None:
    pieces = [body[:17], body[17:]]
    stream = caller.run(getattr(caller.at(peer(chunked(*pieces, headers=headers))).feeds, method)())
    assert [each.count for each in caller.each(stream)] == items
    assert stream.complete is True
    # Cut, but with whole chunks: nothing but the items themselves tells.
    stream = caller.run(getattr(caller.at(peer(chunked(body[:-5], headers=headers))).feeds, method)())
    with pytest.raises(caller.package.StreamTruncatedError, match="in the middle of an item") as caught:
        list(caller.each(stream))
    assert (caught.value.request_id, caught.value.bytes_received) == ("req_7", len(body) - 5)


def test_events_told_apart_by_their_names(caller: Caller, peer: Callable[..., Peer]) -> None:
    body = (
        b'event: answer\ndata: {"text": "a"}\n\nevent: progress\ndata: {"count": 1}\nid: 9\n\nevent: new\ndata: x\n\n'
    )
    stream = caller.run(caller.at(peer(chunked(body))).feeds.events())
    items, models = list(caller.each(stream)), caller.package.models
    assert [type(each) for each in items] == [models.Answer, models.Progress, caller.package.UnknownEvent]
    assert (items[2].type, items[2].data, stream.event.id) == ("new", "x", "9")
    assert stream.complete is None  # of one that never ends nothing proves that this is all


def test_events_as_they_come_and_texts(caller: Caller, peer: Callable[..., Peer]) -> None:
    client = caller.at(
        peer(chunked(b"id: 1\ndata: tick\n\n"), chunked(b"data: a\n\ndata: 1\n\nevent: done\ndata: b\n\n"))
    )
    (tick,) = caller.each(caller.run(client.feeds.ticks()))
    assert tick == caller.package.ServerSentEvent("tick", id="1")
    texts = caller.run(client.feeds.texts())
    assert (list(caller.each(texts)), texts.complete) == (["a", "1"], True)


def test_what_a_well_known_mark_ends(caller: Caller, peer: Callable[..., Peer]) -> None:
    """Where the description says nothing: `[DONE]` is the end, and without it nothing proves that this is all."""
    item = b'data: {"count": 1}\n\n'
    client = caller.at(peer(chunked(item, b"data: [DONE]\n\n" + item), chunked(item)))
    for complete in (True, None):
        stream = caller.run(client.answers.complete())
        assert [each.count for each in caller.each(stream)] == [1]
        assert stream.complete is complete


BEGUN = head(200, {"transfer-encoding": "chunked", **EVENTS, **ID})
LAST = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@pytest.mark.parametrize("rest", [LAST, chunk(PIECE) + LAST, b"0\r\nx-more: 1\r\n\r\n"])
@pytest.mark.parametrize("is_late", [False, True])
def test_the_connection_is_kept_after_the_end_mark(
    caller: Caller, peer: Callable[..., Peer], rest: bytes, is_late: bool
) -> None:
    """What follows the mark is read and counts for nothing, whether it comes with it or after it."""
    is_read = threading.Event()

    def answer(connection: Connection) -> None:
        connection.send(BEGUN + chunk(DONE) + (b"" if is_late else rest))
        assert is_read.wait(20)
        connection.send(rest if is_late else b"")
        connection.read_request()
        connection.send(BEGUN + chunk(DONE) + rest)

    server = peer(answer)
    client = caller.at(server)
    stream = caller.run(client.answers.create(question="a", stream=True))
    items = caller.each(stream)
    assert (next(items).tokens, stream.complete) == (3, True)
    is_read.set()
    assert (list(items), stream.response.is_closed) == ([], True)
    assert len(list(caller.each(caller.run(client.answers.create(question="a", stream=True))))) == 1
    assert server.connections == 1


def more_and_more(connection: Connection) -> None:
    with suppress(OSError):
        while True:
            connection.send(chunk(PIECE * 1000))


@pytest.mark.parametrize(
    "goes_on",
    [
        lambda connection: connection.peer.over.wait(20),
        more_and_more,
        lambda connection: connection.send(b"no size\r\n"),
        lambda connection: connection.close(),
        lambda connection: connection.reset(),
    ],
    ids=["silence", "more and more", "garbage", "cut", "reset"],
)
def test_what_goes_wrong_after_the_end_mark(caller: Caller, peer: Callable[..., Peer], goes_on: Any) -> None:
    """Nothing is waited for that does not come at once, and nothing that fails there is an error."""

    def answer(connection: Connection) -> None:
        connection.send(BEGUN + chunk(DONE))
        goes_on(connection)

    client = caller.at(peer(answer), timeout=10)
    since = time.monotonic()
    stream = caller.run(client.answers.create(question="a", stream=True))
    assert (len(list(caller.each(stream))), stream.complete) == (1, True)
    assert stream.response.is_closed
    assert time.monotonic() - since < 3


# What ends a stream before it should, and the error that it is.
FAILURES: dict[str, tuple[Callable[[Connection], None], str, str]] = {
    "no end mark": (chunked(PIECE), "StreamTruncatedError", "without its end mark, after 1 items"),
    "nothing at all": (chunked(), "StreamTruncatedError", "without its end mark, after 0 items"),
    "cut between chunks": (chunked(PIECE, ends=False), "StreamTruncatedError", "incomplete chunked read"),
    "cut in an event": (chunked(PIECE, PIECE[:20]), "StreamTruncatedError", "in the middle of an item, after 1 items"),
    "no JSON": (chunked(PIECE, b"data: {\n\n"), "APIResponseValidationError", "item 2 is no JSON"),
    "another shape": (
        chunked(PIECE, event("answer.piece", text=1)),
        "APIResponseValidationError",
        "item 2: text must be text; got 1",
    ),
    "no UTF-8": (chunked(PIECE, b"data: \xff\n\n"), "APIResponseValidationError", "it is no UTF-8"),
    "JSON in its place": (
        chunked(b'{"text": "a"}', headers={"content-type": "application/json"}),
        "APIResponseValidationError",
        "no item is in what the server sent, as application/json",
    ),
    "an error event": (
        chunked(PIECE, b'event: error\ndata: {"error": {"type": "overloaded", "message": "Later."}}\n\n'),
        "InternalServerError",
        "529 overloaded: Later.",
    ),
    "an error event with text": (chunked(PIECE, b"event: error\ndata: Later.\n\n"), "APIStatusError", "Later."),
    "an error by its field": (
        chunked(PIECE, event("answer.failed", why={"text": "Slow down.", "code": "too_many", "status": 429})),
        "RateLimitError",
        "429 too_many: Slow down.",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure(caller: Caller, peer: Callable[..., Peer], name: str) -> None:
    answer, kind, text = FAILURES[name]
    stream = caller.run(caller.at(peer(answer)).answers.create(question="a", stream=True))
    found: list[Any] = []
    with pytest.raises(getattr(caller.package, kind), match=text) as caught:
        found += caller.each(stream)
    assert type(caught.value).__name__ == kind
    assert (caught.value.request_id, stream.complete) == ("req_7", False)
    assert len(found) <= 1
    with pytest.raises(getattr(caller.package, kind)):  # and again: nothing passes for an end
        next(iter(caller.each(stream)))


@pytest.mark.parametrize("nothing", ["null", "false", '""', "{}", "[]"])
def test_a_field_for_an_error_that_says_nothing_is_none(
    caller: Caller, peer: Callable[..., Peer], nothing: str
) -> None:
    line = b'{"count": 1, "error": %b}' % nothing.encode()
    client = caller.at(
        peer(chunked(line + b'\n{"count": 2, "done": true}', headers=LINES), chunked(b"data: %b\n\n" % line))
    )
    pulled = caller.run(client.answers.pull(name="a", stream=True))
    assert [each.count for each in caller.each(pulled)] == [1, 2]
    # Where the description does not say what is an error.
    assert [each.count for each in caller.each(caller.run(client.answers.complete()))] == [1]


def test_a_line_that_is_an_error(caller: Caller, peer: Callable[..., Peer]) -> None:
    stream = caller.run(
        caller.at(peer(chunked(b'{"count": 1}\n{"error": "no room"}\n', headers=LINES))).answers.pull(
            name="a", stream=True
        )
    )
    with pytest.raises(caller.package.APIStatusError, match="no room"):
        list(caller.each(stream))


def test_an_item_that_is_too_long(caller: Caller, peer: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (caller.package.Stream, caller.package.AsyncStream):
        monkeypatch.setattr(kind, "max_item_size", 100)
    stream = caller.run(
        caller.at(peer(chunked(PIECE, b"data: " + b"x" * 200))).answers.create(question="a", stream=True)
    )
    with pytest.raises(caller.package.APIResponseValidationError, match="more than 100 bytes"):
        list(caller.each(stream))


def stalling(connection: Connection) -> None:
    connection.send(BEGUN + chunk(PIECE))
    connection.peer.over.wait(20)


def test_a_stall(caller: Caller, peer: Callable[..., Peer]) -> None:
    stream = caller.run(caller.at(peer(stalling), timeout=0.2).answers.create(question="a", stream=True))
    with pytest.raises(caller.package.StreamTimeoutError, match="no data") as caught:
        list(caller.each(stream))
    assert caught.value.request_id == "req_7"


def test_it_is_cut_at_each_place(caller: Caller, peer: Callable[..., Peer]) -> None:
    """Whole chunks up to any byte, and a clean end: it is whole or an error, and what is given was sent."""
    body = PIECE + DONE
    client = caller.at(peer(*[chunked(body[:place]) for place in range(len(body) + 1)]))
    for place in range(len(body) + 1):
        stream = caller.run(client.answers.create(question="a", stream=True))
        if place == len(body):
            assert len(list(caller.each(stream))) == 2
        else:
            with pytest.raises(caller.package.StreamTruncatedError):
                list(caller.each(stream))


@pytest.mark.once(first=True)
def test_types(assistant: Any, tmp_path: Path) -> None:
    """What a type checker makes of a call, with the flag and without it."""
    import subprocess
    import sys

    (tmp_path / "user.py").write_text(
        """
from typing import assert_type
from assistant import Assistant, AsyncAssistant, AsyncStream, Stream, UnknownEvent, ServerSentEvent
from assistant.models import Answer, Done, Piece, Progress
from assistant.calls.responses import APIResponse, BinaryAPIResponse

def sync(client: Assistant, flag: bool) -> None:
    assert_type(client.answers.create(question="a"), Answer)
    assert_type(client.answers.create(question="a", stream=False), Answer)
    stream = client.answers.create(question="a", stream=True)
    assert_type(stream, Stream[Piece | Done | UnknownEvent])
    assert_type(client.answers.create(question="a", stream=flag), Answer | Stream[Piece | Done | UnknownEvent])
    assert_type(client.answers.speak(text="a", stream=True), Stream[Progress])
    assert_type(client.answers.speak(text="a"), BinaryAPIResponse)
    assert_type(client.feeds.ticks(), Stream[ServerSentEvent])
    assert_type(client.feeds.with_raw_response.lines(), APIResponse[Stream[Progress]])
    with client.answers.with_streaming_response.create(question="a", stream=True) as response:
        for each in response.parse():
            assert_type(each, Piece | Done | UnknownEvent)

async def waits(client: AsyncAssistant) -> None:
    assert_type(await client.answers.create(question="a"), Answer)
    assert_type(await client.answers.create(question="a", stream=True), AsyncStream[Piece | Done | UnknownEvent])
    async with client.feeds.with_streaming_response.lines() as response:
        assert_type(await response.parse(), AsyncStream[Progress])
"""
    )
    folder = Path(assistant.__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "-m", *MYPY, "user.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.startswith("Success"), run.stdout


def numbered(*numbers: int, retry: bytes = b"retry: 1\n\n") -> bytes:
    return retry + b"".join(b'id: %d\ndata: {"count": %d}\n\n' % (each, each) for each in numbers)


def test_it_goes_on_where_it_broke_off(caller: Caller, peer: Callable[..., Peer]) -> None:
    """A stream that breaks off in each way, and is asked for again: nothing comes twice, and nothing is lost."""
    server = peer(
        chunked(numbered(1, 2), ends=False),
        chunked(numbered(3), b"id: 4\ndata: {", ends=True),
        chunked(ends=False),
        chunked(numbered(4, 5)),
        lambda connection: connection.reset(),
        chunked(numbered(6, 7)),
        head(204, ID),
    )
    stream = caller.run(caller.at(server).with_options(max_retries=2).feeds.news(reconnect=True))
    assert [each.count for each in caller.each(stream)] == [1, 2, 3, 4, 5, 6, 7]
    asked = [each.headers.get("last-event-id") for each in server.requests]
    assert asked == [None, "2", "3", "3", "5", "5", "7"]


def test_it_does_not_go_on_unless_it_is_asked_for_and_sure(caller: Caller, peer: Callable[..., Peer]) -> None:
    server = peer(*[chunked(numbered(1), ends=False), chunked(numbered(1) + b'data: {"count": 2}\n\n', ends=False)])
    client = caller.at(server).with_options(max_retries=2)
    for asked_for in (False, True):  # the second has an item that has no id of its own
        stream = caller.run(client.feeds.news(reconnect=asked_for))
        with pytest.raises(caller.package.StreamTruncatedError):
            list(caller.each(stream))
    assert len(server.requests) == 2


def test_it_gives_up_in_the_end(caller: Caller, peer: Callable[..., Peer]) -> None:
    server = peer(*[chunked(numbered(1), ends=False), *[chunked(ends=False)] * 2])
    client = caller.at(server).with_options(max_retries=2)
    stream, found = caller.run(client.feeds.news(reconnect=True)), []
    with pytest.raises(caller.package.StreamTruncatedError) as caught:
        found += caller.each(stream)
    assert ([each.count for each in found], len(server.requests)) == ([1], 3)
    assert "tried 3 times" in str(caught.value.__notes__)
    # A wait that goes past the deadline is none.
    server = peer(chunked(numbered(1, retry=b"retry: 9000\n\n"), ends=False))
    stream = caller.run(caller.at(server).with_options(max_retries=2).feeds.news(reconnect=True, deadline=5))
    with pytest.raises(caller.package.StreamTruncatedError):
        list(caller.each(stream))
    assert len(server.requests) == 1


def test_a_closed_stream_does_not_go_on(caller: Caller, peer: Callable[..., Peer]) -> None:
    server = peer(chunked(numbered(1), numbered(2)))
    stream = caller.run(caller.at(server).with_options(max_retries=2).feeds.news(reconnect=True))
    assert next(iter(caller.each(stream))).count == 1
    caller.run(stream.close())
    with pytest.raises(caller.package.StreamTruncatedError, match="closed by this side"):
        list(caller.each(stream))
    assert len(server.requests) == 1


def test_under_trio(assistant: Any, peer: Callable[..., Peer]) -> None:
    """A stream that is whole, one that breaks off, one that goes on, and a step that is cancelled."""
    answers = [
        chunked(PIECE, DONE),
        chunked(PIECE),
        chunked(numbered(1, 2), ends=False),
        chunked(numbered(3)),
        head(204, ID),
        stalling,
    ]

    async def main() -> None:
        async with assistant.AsyncAssistant(api_key="key", base_url=peer(*answers).base_url, max_retries=1) as client:
            async with await client.answers.create(question="a", stream=True) as stream:
                assert len([each async for each in stream]) == 2
                assert stream.complete is True
            stream = await client.answers.create(question="a", stream=True)
            assert (await anext(stream)).text == "a"
            with pytest.raises(assistant.StreamTruncatedError):
                await anext(stream)
            assert [each.count async for each in await client.feeds.news(reconnect=True)] == [1, 2, 3]
            stream = await client.answers.create(question="a", stream=True)
            assert (await anext(stream)).text == "a"
            with trio.move_on_after(0.05):
                await anext(stream)
            with pytest.raises(assistant.StreamTruncatedError, match="interrupted"):
                await anext(stream)
            await stream.close()

    trio.run(main)


def test_two_readers_while_it_goes_on(caller: Caller, peer: Callable[..., Peer]) -> None:
    """One of them reads, also while the stream is asked for again: the other one is told, and nothing comes twice."""
    is_asked, may_go_on = threading.Event(), threading.Event()

    def again(connection: Connection) -> None:
        is_asked.set()
        assert may_go_on.wait(20)
        chunked(numbered(2, 3))(connection)

    server = peer(chunked(numbered(1), ends=False), again, head(204, ID))
    stream = caller.run(caller.at(server).with_options(max_retries=2).feeds.news(reconnect=True))
    found: list[int] = []

    def other() -> None:
        assert is_asked.wait(20)
        with pytest.raises(caller.package.AssistantError, match="read already"):
            next(stream)
        may_go_on.set()

    if caller.awaits:

        async def read() -> None:
            async def first() -> None:
                found.extend([each.count async for each in stream])

            reading = asyncio.create_task(first())
            await asyncio.to_thread(is_asked.wait, 20)
            with pytest.raises(caller.package.AssistantError, match="read already"):
                await anext(stream)
            may_go_on.set()
            await reading

        caller.run(read())
    else:
        with ThreadPoolExecutor() as pool:
            second = pool.submit(other)
            found += [each.count for each in stream]
            second.result()
    assert (found, len(server.requests)) == ([1, 2, 3], 3)


def test_it_is_closed_while_it_goes_on(caller: Caller, peer: Callable[..., Peer]) -> None:
    """Whether it waits for its time to go on, or for the answer: nothing is read after that, and nothing stays open."""
    is_asked, may_go_on = threading.Event(), threading.Event()

    def again(connection: Connection) -> None:
        is_asked.set()
        assert may_go_on.wait(20)
        chunked(numbered(2, 3))(connection)

    server = peer(chunked(numbered(1), ends=False), again)
    client = caller.at(server).with_options(max_retries=2)
    stream = caller.run(client.feeds.news(reconnect=True))
    error = caller.package.StreamTruncatedError
    if caller.awaits:

        async def read() -> None:
            assert (await anext(stream)).count == 1
            reading = asyncio.create_task(_next(stream))
            await asyncio.to_thread(is_asked.wait, 20)
            await stream.close()
            may_go_on.set()
            with pytest.raises(error):
                await reading

        caller.run(read())
    else:
        assert next(stream).count == 1
        with ThreadPoolExecutor() as pool:
            reading = pool.submit(next, stream)
            assert is_asked.wait(20)
            stream.close()
            may_go_on.set()
            with pytest.raises(error):
                reading.result()
    with pytest.raises(error):
        next(iter(caller.each(stream)))
    assert stream.response.is_closed
    assert len(server.requests) == 2


def test_a_thread_that_waits_to_go_on_is_woken_by_close(assistant: Any, peer: Callable[..., Peer]) -> None:
    server = peer(chunked(numbered(1, retry=b"retry: 20000\n\n"), ends=False))
    with assistant.Assistant(api_key="key", base_url=server.base_url) as client:
        stream = client.feeds.news(reconnect=True)
        assert next(stream).count == 1
        threading.Timer(0.1, stream.close).start()
        since = time.monotonic()
        with pytest.raises(assistant.StreamTruncatedError):
            next(stream)
        assert time.monotonic() - since < 10


# What is met when a stream is asked for again, and what is raised: none of it is an end.
AGAIN: dict[str, tuple[Any, str]] = {
    "the connection is closed": (lambda connection: connection.close(), "APIConnectionError"),
    "nothing new, and cut": (chunked(ends=False), "StreamTruncatedError"),
    "nothing new, and an end": (chunked(), "StreamTruncatedError"),
    "half an event": (chunked(b"id: 2\ndata: {"), "StreamTruncatedError"),
    "401": (response(401, b"{}"), "AuthenticationError"),
    "503": (response(503, b"{}", {"retry-after": "0"}), "InternalServerError"),
    "a page": (response(200, b"<!doctype html>", {"content-type": "text/html"}), "APIResponseValidationError"),
    "no JSON": (chunked(b"id: 2\ndata: {\n\n"), "APIResponseValidationError"),
    "an error": (chunked(b"event: error\ndata: no\n\n"), "APIStatusError"),
    "silence": (lambda connection: connection.peer.over.wait(20), "APITimeoutError"),
    "a stall": (
        lambda connection: (connection.send(BEGUN), connection.peer.over.wait(20)),
        "StreamTimeoutError",
    ),
}


@pytest.mark.parametrize("name", AGAIN)
def test_what_is_met_when_it_goes_on(caller: Caller, peer: Callable[..., Peer], name: str) -> None:
    answer, kind = AGAIN[name]
    client = caller.at(peer(chunked(numbered(1, 2), ends=False), answer), timeout=0.3).with_options(max_retries=1)
    stream, found = caller.run(client.feeds.news(reconnect=True)), list[Any]()
    with pytest.raises(getattr(caller.package, kind)) as caught:
        found += caller.each(stream)
    assert type(caught.value).__name__ == kind
    assert ([each.count for each in found], stream.complete) == ([1, 2], False)
    with pytest.raises(caller.package.APIError):  # and again: nothing passes for an end
        next(iter(caller.each(stream)))


def test_it_is_left_at_any_moment(assistant: Any, peer: Callable[..., Peer]) -> None:
    """Steps that are given too little time lose nothing, also while the stream is asked for again."""

    def slowly(connection: Connection) -> None:
        """Send two of six items, one of them late, and break off; those after the one that was had last."""
        last = int(connection.peer.requests[-1].headers.get("last-event-id", "0"))
        time.sleep(0.005)
        connection.send(head(204, ID) if last == 6 else BEGUN)
        for number in range(last + 1, min(last + 3, 7)):
            body = numbered(number, retry=b"retry: 5\n\n")
            for piece in (body[:20], body[20:]):
                time.sleep(0.002)
                connection.send(chunk(piece))

    server = peer(slowly)

    async def read(seconds: float) -> list[int]:
        found: list[int] = []
        async with assistant.AsyncAssistant(api_key="key", base_url=server.base_url, max_retries=99) as client:
            stream = await client.feeds.news(reconnect=True)
            while True:
                try:
                    async with asyncio.timeout(seconds):
                        found.append((await anext(stream)).count)
                except TimeoutError:
                    seconds *= 1.1
                except StopAsyncIteration:
                    return found

    for milliseconds in (0.1, 0.5, 1, 2, 3, 5):
        assert asyncio.run(read(milliseconds / 1000)) == [1, 2, 3, 4, 5, 6]
