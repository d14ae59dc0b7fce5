"""A long text, by both clients, over real sockets: in order, whole, and told about."""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
import time
from typing import Any

import pytest

from lmnt import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    AsyncLmnt,
    AuthenticationError,
    BadRequestError,
    InvalidArgumentError,
    Lmnt,
    LmntError,
    LongTextProgress,
    NotPicklableError,
    RateLimitError,
    StreamTruncatedError,
    no_retry_waits,
)
from lmnt_server.encoders import FORMATS
from lmnt_server.process import ServerProcess

from .conftest import PLAIN, Peer, Reader, spoken
from .test_joining import joiner, laid

pytestmark = pytest.mark.once(rows=True)

TEXT = "".join(f"This is the sentence that has the number {index} in it. " for index in range(80))


def parts(long: Any, text: str = TEXT) -> list[str]:
    return [text[piece.start : piece.stop] for piece in long.pieces]


def expected(long: Any, format: str = "pcm_s16le", rate: int = 8000, text: str = TEXT) -> bytes:
    made = joiner(format, rate)
    return b"".join(laid(made, spoken(part, format, rate)) for part in parts(long, text))


def test_the_audio_is_that_of_the_pieces_in_order(reader: Reader, peer: Peer) -> None:
    # Those that come first are answered last.
    peer.fault = lambda *_: 0.2 if len(peer.asked) % 3 == 1 else None
    progress: list[LongTextProgress] = []
    long = reader.open(peer.base_url, TEXT, piece_length=500, concurrency=3, on_progress=progress.append)
    assert not peer.asked
    assert not long.complete
    audio = reader.read(long)
    assert audio == expected(long)
    assert long.complete
    assert sorted(peer.asked) == sorted(parts(long))
    assert peer.most_at_once == 3
    assert [each.pieces for each in progress] == list(range(1, len(long.pieces) + 1))
    assert progress[-1] == LongTextProgress(
        len(long.pieces), len(long.pieces), len(TEXT), len(TEXT), pytest.approx(long.seconds)
    )
    assert [len(piece.request_ids) for piece in long.pieces] == [1] * len(long.pieces)
    assert list(long.request_ids) == [piece.request_ids[0] for piece in long.pieces]
    assert reader.next(long) is None


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("rate", [8000, 24000])
def test_every_format_through_the_server(reader: Reader, server: ServerProcess, format: str, rate: int) -> None:
    text = TEXT[:1200]
    long = reader.open(server.base_url, text, format=format, sample_rate=rate)
    assert reader.read(long) == expected(long, format, rate, text)
    assert len(long.pieces) > 2
    assert long.seconds == pytest.approx(0.02 * len(text) + 0.1 * len(long.pieces), abs=0.2 * len(long.pieces))


def test_timestamps_are_on_one_clock(reader: Reader, server: ServerProcess) -> None:
    text = TEXT[:1200]
    long = reader.open(server.base_url, text, return_timestamps=True, format="mp3", sample_rate=24000)
    assert reader.read(long) == expected(long, "mp3", 24000, text)
    assert "".join(each.text for each in long.timestamps) == text
    # A piece ends in silence, as the next one begins: they follow each other without a gap.
    at = 0.0
    for each in long.timestamps:
        assert each.start == pytest.approx(at, abs=1e-3)
        at = each.start + each.duration
    assert at == pytest.approx(long.seconds, abs=1e-3)
    assert [piece.timestamps[0].start for piece in long.pieces] == pytest.approx([each.begins for each in long.pieces])


FAILURES = [500, 529, 429, 408, "cut", (429, {"retry-after": "0"}), (503, {"retry-after": "0"})]


@pytest.mark.parametrize("failure", FAILURES, ids=str)
@pytest.mark.parametrize("timed", [False, True])
def test_a_failed_piece_is_repeated_whole(reader: Reader, peer: Peer, failure: Any, timed: bool) -> None:
    peer.fault = lambda number, text: failure if number == 1 and "number 2" in text else None
    with no_retry_waits():
        long = reader.open(peer.base_url, TEXT, piece_length=500, return_timestamps=timed, default_headers={})
        assert reader.read(long) == expected(long)
    again = [piece for piece in long.pieces if len(piece.request_ids) > 1]
    assert again
    assert all("number 2" in TEXT[piece.start : piece.stop] for piece in again)
    assert sorted(peer.answered) == sorted(parts(long))
    assert "1" in peer.retries or failure == 429 or isinstance(failure, tuple)


def test_the_first_piece_is_handed_out_as_it_arrives_and_goes_on_where_it_broke_off(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda number, text: "cut" if number == 1 and text == TEXT[: len(text)] else None
    with no_retry_waits():
        long = reader.open(peer.base_url, TEXT)
        begun = reader.next(long)
        assert begun
        assert len(begun) < len(spoken(parts(long)[0]))
        assert begun + reader.read(long) == expected(long)
    assert long.complete


@pytest.mark.parametrize("other", [b"\xff\xff", b""], ids=["other bytes", "fewer bytes"])
def test_the_first_piece_is_an_error_if_another_request_gives_other_audio(
    reader: Reader, peer: Peer, other: bytes
) -> None:
    def fault(number: int, text: str) -> Any:
        if not TEXT.startswith(text):
            return None
        audio = spoken(text)
        return "cut" if number == 1 else other + audio[len(other) :] if other else audio[:8]

    peer.fault = fault
    with no_retry_waits():
        long = reader.open(peer.base_url, TEXT, on_error="skip")
        begun = reader.next(long)
        time.sleep(0.3)  # until the first half is over
        with pytest.raises(
            StreamTruncatedError, match=r"^piece 1 of \d+ \(characters 0 to \d+\): the audio broke off, and"
        ):
            reader.read(long)
    assert begun
    assert begun in spoken(parts(long)[0])
    assert not long.complete


def test_much_space_between_two_pieces_is_still_a_space(reader: Reader, peer: Peer) -> None:
    reader.read(reader.open(peer.base_url, "The end." + "\n" * 6000 + "Another beginning."))
    assert sorted(peer.asked) == ["Another beginning.", "The end. "]


def test_an_error_names_the_piece_and_comes_after_the_audio_before_it(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda _, text: 400 if "number 40 " in text else None
    long = reader.open(peer.base_url, TEXT, piece_length=500)
    heard: list[bytes] = []
    with pytest.raises(BadRequestError) as caught:
        reader.read(long, heard)
    (bad,) = [piece for piece in long.pieces if piece.error]
    assert str(caught.value).startswith(
        f"400 x: piece {bad.index + 1} of {len(long.pieces)} (characters {bad.start} to {bad.stop}): "
    )
    assert str(caught.value).endswith(f"(request {bad.request_ids[-1]})")
    assert b"".join(heard) == b"".join(map(spoken, parts(long)[: bad.index]))
    assert not long.complete
    with pytest.raises(BadRequestError):  # and again
        reader.next(long)
    assert peer.asked.count(parts(long)[bad.index]) == 1


def test_skipping_leaves_out_what_fails_and_says_so(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda _, text: 400 if "number 20 " in text else "cut" if "number 50 " in text else None
    with no_retry_waits():
        long = reader.open(peer.base_url, TEXT, piece_length=500, on_error="skip", max_retries=1, concurrency=1)
        audio = reader.read(long)
    assert [type(piece.error) for piece in long.skipped] == [BadRequestError, StreamTruncatedError]
    rest = [part for piece, part in zip(long.pieces, parts(long), strict=True) if piece not in long.skipped]
    assert audio == b"".join(map(spoken, rest))
    assert not long.complete
    assert peer.asked.count(parts(long)[long.skipped[1].index]) == 2


def test_many_skipped_pieces_in_a_row_end_in_time(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda _, text: None if text == TEXT[-len(text) :] else 400
    long = reader.open(peer.base_url, TEXT, piece_length=100, on_error="skip", concurrency=1)
    audio = reader.read(long)
    assert audio == spoken(parts(long)[-1])
    assert len(long.skipped) == len(long.pieces) - 1 > 10


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationError), (429, RateLimitError)])
def test_what_every_piece_would_meet_is_not_skipped(
    reader: Reader, peer: Peer, status: int, kind: type[LmntError]
) -> None:
    peer.fault = lambda *_: status
    with no_retry_waits():
        long = reader.open(peer.base_url, TEXT, piece_length=100, on_error="skip")
        with pytest.raises(kind):
            reader.read(long)
    assert len(peer.asked) <= 4 * 3


def test_no_audio_at_all_is_an_error(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda *_: 400
    long = reader.open(peer.base_url, TEXT, piece_length=500, on_error="skip")
    for _ in range(2):
        with pytest.raises(BadRequestError, match="piece 1 of"):
            reader.read(long)


def test_all_back_off_together(reader: Reader, peer: Peer) -> None:
    """A storm: no more than two at once are let in, and each 429 asks for a moment."""
    times: list[float] = []

    def fault(_: int, __: str) -> Any:
        times.append(time.monotonic())
        return (429, {"retry-after-ms": "150"}) if peer.at_once > 2 else 0.03

    peer.fault = fault
    long = reader.open(peer.base_url, TEXT, piece_length=150, concurrency=8, max_retries=5)
    assert reader.read(long) == expected(long)
    assert len(peer.asked) - len(peer.answered) < 20
    # What was under way when the first 429 came is over, and then nobody asks until the time has come.
    first = times[0]
    assert not [each for each in times if first + 0.08 < each < first + 0.14]


def test_a_storm_of_429_without_an_end_is_an_error(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda *_: 429
    with no_retry_waits():
        long = reader.open(peer.base_url, TEXT, concurrency=8, piece_length=100, max_retries=3)
        with pytest.raises(RateLimitError, match=r"^429 x: piece 1 of"):
            reader.read(long)
    assert len(peer.asked) < 8 + 4 + 2 + 1 + 4


def test_a_server_that_dies_between_pieces(reader: Reader, peer: Peer) -> None:
    long = reader.open(peer.base_url, TEXT, piece_length=100, concurrency=1)
    assert reader.next(long)
    peer.is_dead = True
    with no_retry_waits(), pytest.raises((APIConnectionError, StreamTruncatedError), match="piece"):
        reader.read(long)
    assert not long.complete


def test_the_deadline_is_for_all_of_it(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda *_: 0.1
    long = reader.open(peer.base_url, TEXT, piece_length=100, concurrency=1, deadline=0.5)
    began = time.monotonic()
    with pytest.raises(APITimeoutError, match=r"the deadline of 0\.5 s|the deadline of"):
        reader.read(long)
    assert time.monotonic() - began < 2


def test_a_reader_who_waits_is_not_run_ahead_of(reader: Reader, peer: Peer) -> None:
    long = reader.open(peer.base_url, TEXT, piece_length=100, concurrency=2)
    reader.next(long)
    for _ in range(3):
        time.sleep(0.05)
        reader.run(asyncio.sleep(0.05)) if reader.loop else None
    assert len(peer.asked) <= 2 * 2 + 1
    assert len(long.pieces) > 20
    reader.finish(long)


def test_audio_that_cannot_be_joined_is_an_error(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda _, text: b"\xff\xfb\x90\x00" + bytes(413) if "number 20 " in text else None  # 44.1 kHz
    long = reader.open(peer.base_url, TEXT, piece_length=500, format="mp3")
    with pytest.raises(
        APIResponseValidationError, match=r"^piece \d+ of \d+ .* cannot be joined: its frames are of another"
    ):
        reader.read(long)
    with pytest.raises(APIResponseValidationError):
        reader.next(long)


@pytest.mark.parametrize("callback_fails", [1, 3])
def test_a_callback_that_raises_loses_nothing(reader: Reader, peer: Peer, callback_fails: int) -> None:
    def tell(progress: LongTextProgress) -> None:
        if progress.pieces == callback_fails:
            raise KeyError("mine")

    long = reader.open(peer.base_url, TEXT, piece_length=500, on_progress=tell)
    heard, raised = [], 0
    while True:
        try:
            chunk = reader.next(long)
        except KeyError:
            raised += 1
            continue
        if chunk is None:
            break
        heard.append(chunk)
    assert b"".join(heard) == expected(long)
    assert raised == 1


def test_two_readers_do_not_share_it(peer: Peer) -> None:
    peer.fault = lambda *_: 0.2
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        long = client.speech.generate_long(TEXT, **PLAIN)
        thread = threading.Thread(target=next, args=(long,))
        thread.start()
        time.sleep(0.05)
        with pytest.raises(LmntError, match="is being read already"):
            next(long)
        thread.join()
        long.close()


def test_steps_that_are_cancelled_at_any_moment_lose_nothing(peer: Peer) -> None:
    peer.fault = lambda *_: 0.01

    async def read() -> tuple[bytes, Any]:
        async with AsyncLmnt(api_key="k", base_url=peer.base_url) as client:
            long = client.speech.generate_long(TEXT, **PLAIN, piece_length=200)
            heard, cancelled = [], 0
            while not long.complete:
                try:
                    async with asyncio.timeout(0.001 * (cancelled % 7)):
                        heard.append(await anext(long, b""))
                except TimeoutError:
                    cancelled += 1
            assert cancelled > 10
            return b"".join(heard), long

    audio, long = asyncio.run(read())
    assert audio == expected(long)
    assert len(peer.asked) == len(long.pieces)


def test_closing_ends_what_is_under_way(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda *_: 0.05
    long = reader.open(peer.base_url, TEXT, piece_length=100, concurrency=3)
    reader.next(long)
    reader.finish(long)
    reader.finish(long)
    asked = len(peer.asked)
    with pytest.raises(LmntError, match="closed before its end"):
        reader.next(long)
    time.sleep(0.2)
    assert len(peer.asked) <= asked + 3


def test_closing_after_the_end_is_no_failure(reader: Reader, peer: Peer) -> None:
    long = reader.open(peer.base_url, "Short.")
    assert reader.read(long) == spoken("Short.")
    reader.finish(long)
    assert reader.next(long) is None
    assert long.complete


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"text": ""}, "something to speak; got nothing but space"),
        ({"text": " \n\t\u3000"}, "nothing but space"),
        ({"text": None}, "got NoneType"),
        ({"text": b"bytes"}, "got bytes"),
        ({"concurrency": 0}, "concurrency must be a whole number from 1 to"),
        ({"concurrency": 2.5}, "concurrency must be"),
        ({"concurrency": True}, "concurrency must be"),
        ({"piece_length": 0}, "piece_length must be a whole number from 1 to 5000"),
        ({"piece_length": 5001}, "piece_length must be"),
        ({"on_error": "ignore"}, 'on_error must be "raise" or "skip"'),
        ({"on_progress": 5}, "on_progress must be a function"),
        ({"on_progress": asyncio.sleep}, "not an async one"),
        ({"voice": 5}, "voice"),
        ({"sample_rate": "high"}, "sample_rate"),
        ({"deadline": -1}, "deadline"),
        ({"max_retries": -1}, "max_retries"),
        ({"text": "broken \ud800"}, "text"),
        ({"text": "7" * 6000}, "one number"),
    ],
)
def test_bad_arguments_are_told_before_anything_is_sent(
    reader: Reader, peer: Peer, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        reader.open(peer.base_url, **{"text": TEXT, **arguments})
    assert not peer.asked


def test_a_bad_text_far_behind_is_an_error_of_its_piece(reader: Reader, peer: Peer) -> None:
    long = reader.open(peer.base_url, TEXT + " broken \ud800", piece_length=500)
    with pytest.raises(InvalidArgumentError, match=r"piece \d+ of \d+"):
        reader.read(long)


def test_other_processes_make_their_own(peer: Peer) -> None:
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        long = client.speech.generate_long(TEXT, **PLAIN, piece_length=100)
        next(long)
        with pytest.raises(NotPicklableError):
            pickle.dumps(long)
        child = os.fork()
        if not child:
            status = 1
            try:
                next(long)
            except LmntError as error:
                status = 0 if "belongs to the process" in str(error) else 2
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert b"".join(long)
        assert long.complete


def test_another_event_loop_is_told(peer: Peer) -> None:
    client = AsyncLmnt(api_key="k", base_url=peer.base_url)
    long = client.speech.generate_long(TEXT, **PLAIN)

    async def step() -> None:
        await anext(long)

    asyncio.run(step())
    with pytest.raises(LmntError, match="always the same one"):
        asyncio.run(step())


def test_trio_is_told() -> None:
    import trio

    async def step() -> None:
        await anext(AsyncLmnt(api_key="k", base_url="http://127.0.0.1:9").speech.generate_long("Hello", **PLAIN))

    with pytest.raises(LmntError, match="asyncio's event loop"):
        trio.run(step)


def test_an_internal_failure_reaches_the_reader(reader: Reader, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    long = reader.open(peer.base_url, TEXT)

    def broken(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(long, "_options", broken)
    with pytest.raises(LmntError, match="MemoryError: no room"):
        reader.read(long)


def test_a_server_that_fails_now_and_then(reader: Reader, peer: Peer) -> None:
    peer.fault = lambda number, text: [500, "cut", None][hash(text) % 3] if number == 1 else None
    with no_retry_waits():
        long = reader.open(peer.base_url, TEXT, piece_length=60, concurrency=8)
        assert reader.read(long) == expected(long)
