"""The deadline of a call: its attempts, its waits and its body end by then, whatever the peer does."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

import lmnt

from .modes import Sync
from .peers import Connection, head, response

SECONDS = 0.4
TICK = 0.35
"""Seconds that a busy machine may take over the deadline to notice it: far less than any other limit in these tests."""


def drip(connection: Connection) -> None:
    """Send a body a byte at a time, each well within the read timeout."""
    connection.send(head(headers={"content-length": "100000", "content-type": "audio/mpeg", "request-id": "req_1"}))
    while not connection.peer.over.wait(0.02):
        connection.send(b"\xff")


def drip_headers(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\n")
    while not connection.peer.over.wait(0.02):
        connection.send(b"x-more: and more\r\n")


def stall(connection: Connection) -> None:
    connection.stall()


def speak(mode: Sync, client: Any, **options: Any) -> Any:
    return mode.run(client.speech.generate(text="Hello.", voice="leah", **options))


@pytest.mark.parametrize(
    ("answer", "error"),
    [(stall, lmnt.APITimeoutError), (drip_headers, lmnt.APITimeoutError), (drip, lmnt.StreamTimeoutError)],
)
def test_it_ends_the_call(mode: Sync, peer: Callable[..., Any], answer: Any, error: type[lmnt.LmntError]) -> None:
    client = mode.client(base_url=peer(answer).base_url, deadline=SECONDS, max_retries=1000, timeout=60)
    started = time.monotonic()
    with lmnt.no_retry_waits(), pytest.raises(error) as caught:
        speak(mode, client)
    assert time.monotonic() - started < SECONDS + TICK
    assert type(caught.value) is error
    assert "the deadline of 0.4 s passed" in str(caught.value)


def test_it_ends_the_tries(mode: Sync, peer: Callable[..., Any]) -> None:
    """The second try has 0.4 s for its answer, the third would begin after the deadline."""
    busy = peer(response(503, headers={"retry-after": "0.6"}))
    client = mode.client(base_url=busy.base_url, deadline=1, max_retries=1000, timeout=60)
    started = time.monotonic()
    with pytest.raises(lmnt.InternalServerError) as caught:
        speak(mode, client)
    assert time.monotonic() - started < 1 + TICK
    assert caught.value.__notes__ == [
        "speech.generate was tried 2 times",
        "the deadline of 1 s leaves no time for another try",
    ]


def test_it_is_not_slept_through(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(response(503, headers={"retry-after": "30"})).base_url, deadline=5)
    started = time.monotonic()
    with pytest.raises(lmnt.InternalServerError) as caught:
        speak(mode, client)
    assert time.monotonic() - started < 5
    assert caught.value.retry_after == 30
    assert caught.value.__notes__ == ["the deadline of 5 s leaves no time for another try"]


def test_a_body_that_is_read_slowly_is_covered_too(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(drip).base_url, timeout=60)
    started = time.monotonic()
    entering = client.speech.with_streaming_response.generate(text="Hello.", voice="leah", deadline=SECONDS)
    with mode.entered(entering) as streamed, pytest.raises(lmnt.StreamTimeoutError) as caught:
        for _ in mode.each(streamed.iter_bytes()):
            pass
    assert time.monotonic() - started < SECONDS + TICK
    assert caught.value.request_id == "req_1"
    assert caught.value.bytes_received > 1


def test_what_was_handed_out_is_what_counts(mode: Sync, peer: Callable[..., Any]) -> None:
    """The reader takes longer than the deadline, which has passed when it asks for more."""
    client = mode.client(base_url=peer(drip).base_url, deadline=SECONDS, timeout=60)
    handed_out: list[bytes] = []

    def read_slowly() -> None:
        with mode.entered(client.speech.with_streaming_response.generate(text="Hello.", voice="leah")) as streamed:
            for chunk in mode.each(streamed.iter_bytes()):
                handed_out.append(chunk)
                time.sleep(0.15)

    with pytest.raises(lmnt.StreamTimeoutError) as caught:
        read_slowly()
    assert caught.value.bytes_received == len(b"".join(handed_out)) > 0


@pytest.fixture
def silent_host(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The authority of a host with three addresses, none of which answers: their queues are full."""
    addresses, port = ("127.0.0.1", "127.0.0.2", "127.0.0.3"), 0
    with ExitStack() as stack:
        for address in addresses:
            listening = stack.enter_context(socket.socket())
            listening.bind((address, port))
            listening.listen(0)
            port = listening.getsockname()[1]
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                with suppress(BlockingIOError):
                    waiting.connect((address, port))
        known = socket.getaddrinfo

        def found(host: Any, *args: Any, **kwargs: Any) -> Any:
            each_of = addresses if host in ("many.example", b"many.example") else (host,)
            return [entry for each in each_of for entry in known(each, *args, **kwargs)]

        monkeypatch.setattr(socket, "getaddrinfo", found)
        yield f"many.example:{port}"


@pytest.mark.parametrize("limit", [{"deadline": SECONDS}, {"timeout": SECONDS}])
def test_all_addresses_of_a_host_have_one_limit(mode: Sync, silent_host: str, limit: dict[str, float]) -> None:
    client = mode.client(base_url=f"http://{silent_host}", max_retries=0, **limit)
    for call in (lambda: client.voices.list(), lambda: client.speech.sessions.create(voice="leah")):
        started = time.monotonic()
        with pytest.raises(lmnt.APITimeoutError):
            mode.run(call())
        assert time.monotonic() - started < SECONDS + TICK


def test_the_next_address_is_tried(mode: Sync, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(server.base_url.rpartition(":")[2])

    def found(*_: Any, **__: Any) -> Any:
        # Nobody listens at the first one.
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    client = mode.client(base_url=f"http://two.example:{port}", max_retries=0)
    assert mode.run(client.voices.list())


def test_a_call_in_time_never_hears_of_it(mode: Sync, server: Any) -> None:
    client = mode.client(base_url=server.base_url).with_options(deadline=60)
    assert speak(mode, client).complete is True
    assert speak(mode, client, deadline=None).complete is True


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), float("inf"), "soon", True])
def test_nonsense_is_refused(mode: Sync, deadline: Any) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match="deadline"):
        mode.client(deadline=deadline)
    client = mode.client()
    with pytest.raises(lmnt.InvalidArgumentError, match="deadline"):
        mode.run(client.accounts.retrieve(deadline=deadline))


def test_retries_can_be_set_for_one_call(mode: Sync, peer: Callable[..., Any]) -> None:
    listening = peer(response(503, headers={"retry-after": "0"}))
    client = mode.client(base_url=listening.base_url)
    with pytest.raises(lmnt.InternalServerError):
        mode.run(client.accounts.retrieve(max_retries=0))
    assert len(listening.requests) == 1
    with pytest.raises(lmnt.InternalServerError):
        mode.run(client.accounts.retrieve(max_retries=1))
    assert len(listening.requests) == 3
