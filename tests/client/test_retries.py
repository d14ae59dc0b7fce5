"""Which calls are repeated, how often, after how long: counted by the server that gets them."""

from __future__ import annotations

import asyncio
import email.utils
import logging
import math
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lmnt
from lmnt.settings import retries

from .modes import Sync
from .peers import Connection, Peer, Stream, head, json_response, response, serving

pytestmark = pytest.mark.once(rows=True)

AT_ONCE = {"retry-after-ms": "1"}
VOICE = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready"}


def refusal(status: int, headers: dict[str, str] = AT_ONCE) -> bytes:
    return json_response({"error": {"type": "x", "message": "m"}}, status, headers)


@contextmanager
def on_retry(act: Callable[[], Any]) -> Iterator[list[str]]:
    """Do something when a retry is announced, before the wait."""
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "trying again" in record.getMessage():
                lines.append(record.getMessage())
                act()

    logger = logging.getLogger("lmnt")
    handler = Handler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.mark.parametrize("operation", ["list", "create"])
def test_a_server_that_comes_up_late(mode: Sync, operation: str) -> None:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    peer = Peer(json_response([]) if operation == "list" else json_response(VOICE), sock=sock)
    client = mode.client(base_url=peer.base_url)
    started: list[Any] = []

    def come_up() -> None:
        sock.listen()
        manager = serving(peer)
        manager.__enter__()
        started.append(manager)

    try:
        with on_retry(come_up) as lines:
            # Nothing was sent while nobody listened, so even an upload is tried again.
            if operation == "list":
                assert mode.run(client.voices.list()) == []
            else:
                assert mode.run(client.voices.create(file=b"x", name="n")).id == "leah"
        assert len(lines) == 1
        assert [received.attempt for received in peer.requests] == ["1"]
    finally:
        for manager in started:
            manager.__exit__(None, None, None)
        sock.close()


def test_what_each_attempt_sends(mode: Sync, peer: Callable[..., Any]) -> None:
    # Which statuses are retried is in the table of tests/faults.
    started = peer(refusal(503), refusal(429, {"Retry-After": "0"}), json_response([]))
    with on_retry(lambda: None) as lines:
        raw = mode.run(mode.client(base_url=started.base_url).with_raw_response.voices.list())
    assert raw.retries_taken == 2
    assert all(line.endswith("trying again in 0.0 s") for line in lines), "the server's wish decides how long"
    assert [received.attempt for received in started.requests] == ["0", "1", "2"]
    assert len({(received.method, received.target, received.body) for received in started.requests}) == 1


@pytest.mark.parametrize("retries_", [0, 1, 3])
def test_how_often(mode: Sync, peer: Callable[..., Any], retries_: int) -> None:
    started = peer(refusal(503))
    for client in (
        mode.client(base_url=started.base_url, max_retries=retries_),
        mode.client(base_url=started.base_url).with_options(max_retries=retries_),
    ):
        started.requests.clear()
        with pytest.raises(lmnt.InternalServerError) as caught:
            mode.run(client.voices.list())
        assert [received.attempt for received in started.requests] == [str(n) for n in range(retries_ + 1)]
        notes = getattr(caught.value, "__notes__", [])
        assert notes == ([f"voices.list was tried {retries_ + 1} times"] if retries_ else [])
        assert caught.value.retry_safe is True
        assert caught.value.retry_after == 0.001


def test_two_retries_without_being_told(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(refusal(429))
    client = mode.client(base_url=started.base_url)
    assert client.max_retries == lmnt.DEFAULT_MAX_RETRIES == 2
    with pytest.raises(lmnt.RateLimitError):
        mode.run(client.voices.list())
    assert len(started.requests) == 3


UNSAFE: dict[str, Callable[[Any], Any]] = {
    "create": lambda client: client.voices.create(file=b"x", name="n"),
    "delete": lambda client: client.voices.delete("x"),
}
SAFE: dict[str, Callable[[Any], Any]] = {
    "retrieve": lambda client: client.voices.retrieve("x"),
    "list": lambda client: client.voices.list(),
    "update": lambda client: client.voices.update("x", name="n"),
    "account": lambda client: client.accounts.retrieve(),
    "generate": lambda client: client.speech.generate(text="hi", voice="x"),
    "generate_detailed": lambda client: client.speech.generate_detailed(text="hi", voice="x"),
}


@pytest.mark.parametrize("name", UNSAFE)
@pytest.mark.parametrize("answer", [refusal(503), refusal(429), Connection.close, Connection.reset])
def test_calls_that_must_not_happen_twice(mode: Sync, peer: Callable[..., Any], name: str, answer: Any) -> None:
    started = peer(answer)
    with pytest.raises(lmnt.APIError) as caught:
        mode.run(UNSAFE[name](mode.client(base_url=started.base_url)))
    assert len(started.requests) == 1
    assert caught.value.retry_safe is False


@pytest.mark.parametrize("name", SAFE)
def test_calls_that_may_happen_twice(mode: Sync, peer: Callable[..., Any], name: str) -> None:
    started = peer(refusal(503))
    with pytest.raises(lmnt.InternalServerError):
        mode.run(SAFE[name](mode.client(base_url=started.base_url)))
    assert len(started.requests) == 3


def test_a_connection_lost_before_the_response(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(Connection.close, json_response([]))
    with on_retry(lambda: None) as lines:
        assert mode.run(mode.client(base_url=started.base_url).voices.list()) == []
    assert len(started.requests) == 2
    assert "lost before the response" in lines[0]
    assert lines[0].endswith(("trying again in 0.4 s", "trying again in 0.5 s"))


def test_no_response_in_time_is_tried_again(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(Connection.stall, json_response([]))
    assert mode.run(mode.client(base_url=started.base_url, timeout=0.3).voices.list()) == []
    assert [received.attempt for received in started.requests] == ["0", "1"]


def test_a_request_that_http2_refused(mode: Sync, peer2: Callable[..., Any], trusting: Any) -> None:
    def refuse(stream: Stream) -> None:
        stream.reset(7)

    def accept(stream: Stream) -> None:
        stream.head(200)
        stream.send(b'{"success": true}', end=True)

    started = peer2(refuse, accept)
    client = mode.client(base_url=started.base_url, http2=True, ssl_context=trusting)
    # REFUSED_STREAM says that the server did nothing, so even a deletion may be repeated.
    assert mode.run(client.voices.delete("x")).success is True
    assert len(started.requests) == 2


@pytest.mark.parametrize("answer", [response(200, b"{", AT_ONCE), head(200, {"content-length": "9"}) + b"{"])
def test_nothing_is_repeated_once_a_200_has_begun(mode: Sync, peer: Callable[..., Any], answer: bytes) -> None:
    started = peer(lambda connection: connection.send(answer))
    client = mode.client(base_url=started.base_url)
    for call in SAFE.values():
        started.requests.clear()
        with suppress(lmnt.APIError):
            mode.run(call(client))
        assert len(started.requests) == 1


def test_the_wish_of_the_server(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(refusal(503, AT_ONCE | {"x-should-retry": "false"}))
    with pytest.raises(lmnt.InternalServerError):
        mode.run(mode.client(base_url=started.base_url).voices.list())
    assert len(started.requests) == 1

    started = peer(refusal(404, AT_ONCE | {"x-should-retry": "TRUE"}), json_response(VOICE))
    assert mode.run(mode.client(base_url=started.base_url).voices.create(file=b"x", name="n")).id == "leah"
    assert len(started.requests) == 2


def test_a_wait_that_is_too_long_is_left_to_the_caller(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(refusal(429, {"retry-after": "61"}))
    with pytest.raises(lmnt.RateLimitError) as caught:
        mode.run(mode.client(base_url=started.base_url).voices.list())
    assert caught.value.retry_after == 61
    assert len(started.requests) == 1


@pytest.mark.parametrize(("headers", "tries"), [({}, 3), ({"Retry-After": "30"}, 3), ({"Retry-After": "61"}, 1)])
def test_a_test_of_an_application_waits_for_no_retry(
    mode: Sync, peer: Callable[..., Any], headers: dict[str, str], tries: int
) -> None:
    busy = peer(refusal(503, headers))
    client = mode.client(base_url=busy.base_url, deadline=20)
    started = time.monotonic()
    with lmnt.no_retry_waits():
        with lmnt.no_retry_waits():
            pass  # another test that is done with it
        with pytest.raises(lmnt.InternalServerError):
            mode.run(client.voices.list())
    assert time.monotonic() - started < 1
    assert len(busy.requests) == tries


def test_a_session_of_such_a_test_waits_for_no_retry(mode: Sync) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = mode.client(base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}", max_retries=4)
        started = time.monotonic()
        with lmnt.no_retry_waits(), pytest.raises(lmnt.APIConnectionError) as caught:
            mode.run(client.speech.sessions.create(voice="leah"))
    assert time.monotonic() - started < 4  # with the waits it takes more than 5
    assert caught.value.__notes__ == ["speech.sessions.create was tried 5 times"]


def test_after_such_a_test_there_are_waits_again(mode: Sync, peer: Callable[..., Any]) -> None:
    with suppress(RuntimeError), lmnt.no_retry_waits():
        raise RuntimeError
    busy = peer(refusal(503, {"Retry-After": "0.3"}))
    started = time.monotonic()
    with pytest.raises(lmnt.InternalServerError):
        mode.run(mode.client(base_url=busy.base_url, max_retries=1).voices.list())
    assert time.monotonic() - started > 0.3


def test_a_date_to_wait_for(mode: Sync, peer: Callable[..., Any]) -> None:
    date = email.utils.formatdate(time.time() + 120, usegmt=True)
    with pytest.raises(lmnt.RateLimitError) as caught:
        mode.run(mode.client(base_url=peer(refusal(429, {"retry-after": date})).base_url).voices.list())
    assert 60 < caught.value.retry_after <= 120


def test_an_upload_is_sent_whole_each_time(mode: Sync, peer: Callable[..., Any], tmp_path: Any) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(b"recording" * 10_000)
    again = AT_ONCE | {"x-should-retry": "true"}
    with path.open("rb") as file:
        for given_ in (path, file):
            started = peer(refusal(503, again), refusal(503, again), json_response(VOICE))
            mode.run(mode.client(base_url=started.base_url).voices.create(file=given_, name="n"))
            assert [received.body.count(b"recording") for received in started.requests] == [10_000] * 3


def test_the_real_server_is_asked_again(mode: Sync, client: Any) -> None:
    fault = {"x-lmnt-fault": "status=503;times=1", "x-api-key": f"retrying-{id(client)}-{mode.name}"}
    raw = mode.run(client.with_raw_response.voices.retrieve("leah", extra_headers=fault))
    assert raw.retries_taken == 1
    assert mode.run(raw.parse()).id == "leah"


def test_waiting_for_a_retry_leaves_the_event_loop_free(peer: Callable[..., Any]) -> None:
    started = peer(refusal(503, {"retry-after": "50"}))

    async def main() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with lmnt.AsyncLmnt(api_key="k", base_url=started.base_url) as client:
            waiting = asyncio.Event()
            with on_retry(waiting.set):
                call = asyncio.create_task(client.voices.list())
                await waiting.wait()
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
        return loop.time() - began

    # A wait that blocked the loop would have delayed the cancellation by all of its 50 s.
    assert asyncio.run(main()) < 25
    assert len(started.requests) == 1


# The pure functions.

HEADER = st.text(max_size=30)


@given(st.integers(min_value=0, max_value=10**9), st.floats(min_value=0, max_value=1))
def test_backoff_doubles_up_to_its_limit(attempt: int, jitter: float) -> None:
    longest = min(retries.FIRST_DELAY * 2 ** min(attempt, 30), retries.LONGEST_DELAY)
    assert 0.75 * longest <= retries.backoff(attempt, jitter) <= longest
    assert retries.backoff(attempt, 0) == longest
    assert retries.backoff(attempt + 1, jitter) >= retries.backoff(attempt, jitter)


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x"]), HEADER), st.floats(0, 1e11))
def test_any_wish_to_wait_is_none_or_a_time(headers: dict[str, str], now: float) -> None:
    wait = retries.retry_after(headers, now)
    assert wait is None or (wait >= 0 and math.isfinite(wait))


@given(st.integers(min_value=0, max_value=10**6), st.floats(min_value=0, max_value=4e9))
def test_seconds_milliseconds_and_dates(seconds: int, now: float) -> None:
    assert retries.retry_after({"retry-after": str(seconds)}, now) == seconds
    assert retries.retry_after({"retry-after-ms": str(seconds), "retry-after": "9"}, now) == seconds / 1000
    assert retries.retry_after({"retry-after-ms": "soon", "retry-after": str(seconds)}, now) == seconds
    date = email.utils.formatdate(int(now) + seconds, usegmt=True)
    assert retries.retry_after({"retry-after": date}, int(now)) == seconds


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "soon", "", "1e999", "Thu, 01 Jan 1970 00:00:00 GMT", "32 Foo"])
def test_a_wish_that_means_nothing(value: str) -> None:
    assert retries.retry_after({"retry-after": value}, 1e9) is None
    assert retries.retry_after({"retry-after-ms": value}, 1e9) is None


def test_the_statuses_of_passing_troubles_are_retried() -> None:
    assert {408, 409, 429} <= retries.RETRIED_STATUSES
    assert all(retries.is_retried(status, {}, retry_safe=True) for status in (408, 409, 429, 500, 502, 503, 504, 529))


@given(st.integers(100, 999), st.booleans(), st.sampled_from(["", "true", "false", "maybe", "FALSE"]))
def test_what_is_retried(status: int, safe: bool, wish: str) -> None:
    retried = retries.is_retried(status, {"x-should-retry": wish} if wish else {}, retry_safe=safe)
    if wish.lower() in ("true", "false"):
        assert retried is (wish.lower() == "true")
    else:
        assert retried is (safe and (status in retries.RETRIED_STATUSES or status >= 500))
