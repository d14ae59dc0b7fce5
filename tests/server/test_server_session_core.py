"""What the messages of a session mean, state by state, with no connection."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from talking import FINISH, flush, init, reset, text

from lmnt_server.description import lmnt
from lmnt_server.errors import ApiError, close_code
from lmnt_server.fault_points import MESSAGES
from lmnt_server.limits import Limits
from lmnt_server.sentences import LONGEST
from lmnt_server.session import WAITING, Finish, Flush, Job, Open, Reset, Session, Speak, State

pytestmark = pytest.mark.once(rows=True)

POINTER = lmnt().sockets[0].send
LIMITS = Limits(message_bytes=2000)


def session(*messages: Any, limits: Limits = LIMITS) -> Session:
    made = Session(lmnt(), POINTER, limits)
    for message in messages:
        made.receive(message if isinstance(message, str | bytes) else json.dumps(message))
    return made


def jobs(made: Session) -> list[Job]:
    return list(iter(made.next_job, None))


STATES: dict[State, list[Any]] = {State.NEW: [], State.OPEN: [init()], State.FINISHED: [init(), FINISH]}

MEANINGS: list[tuple[Any, dict[State, Any]]] = [
    # The jobs that a message makes in a state, or the close code that it ends the session with.
    (init(), {State.NEW: Open, State.OPEN: 1002, State.FINISHED: 1002}),
    (init(type="init"), {State.NEW: Open, State.OPEN: 1002, State.FINISHED: 1002}),
    (text("Ah. "), {State.NEW: 1002, State.OPEN: Speak, State.FINISHED: 1002}),
    (flush(1), {State.NEW: 1002, State.OPEN: Flush, State.FINISHED: 1002}),
    (reset(1), {State.NEW: 1002, State.OPEN: Reset, State.FINISHED: 1002}),
    (FINISH, {State.NEW: 1002, State.OPEN: Finish, State.FINISHED: 1002}),
    ({"type": "sing"}, dict.fromkeys(State, 1002)),
    ({"type": ["text"]}, dict.fromkeys(State, 1002)),
    ({"type": None}, dict.fromkeys(State, 1002)),
    (b"bytes", dict.fromkeys(State, 1002)),
    ("", dict.fromkeys(State, 1002)),
    ("{", dict.fromkeys(State, 1002)),
    ('"text"', dict.fromkeys(State, 1002)),
    ("[]", dict.fromkeys(State, 1002)),
    ("[" * 1900, dict.fromkeys(State, 1002)),
    ('{"type": "text", "text": NaN}', dict.fromkeys(State, 1002)),
    ('{"type": "text", "text": "\\ud83d"}', dict.fromkeys(State, 1002)),
    (text("x" * 2000), dict.fromkeys(State, 1009)),
]


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
@pytest.mark.parametrize(("message", "expected"), MEANINGS, ids=[str(message)[:30] for message, _ in MEANINGS])
def test_every_message_in_every_state(state: State, message: Any, expected: dict[State, Any]) -> None:
    made = session(*STATES[state])
    jobs(made)
    content = message if isinstance(message, str | bytes) else json.dumps(message)
    if isinstance(expected[state], int):
        with pytest.raises(ApiError) as raised:
            made.receive(content)
        assert close_code(raised.value) == expected[state]
        assert raised.value.type == "invalid_request_error"
        assert jobs(made) == []
    else:
        made.receive(content)
        assert [type(job) for job in jobs(made)] == [expected[state]]


WRONG: list[tuple[list[Any], str, str]] = [
    ([{"voice": "leah"}], "authentication_error", "X-API-Key"),
    ([{"X-API-Key": "", "voice": "leah"}], "authentication_error", "X-API-Key"),
    ([{"X-API-Key": None, "voice": "leah"}], "invalid_request_error", "X-API-Key must be a string; got null"),
    ([{"X-API-Key": "k"}], "invalid_request_error", "voice is required"),
    ([init(voice="")], "invalid_request_error", "voice must not be empty"),
    ([init(format="aac")], "invalid_request_error", "format must be one of mp3, pcm_s16le"),
    ([init(format="wav")], "invalid_request_error", "format must be one of mp3, pcm_s16le"),
    ([init(format=None)], "invalid_request_error", "format must be a string; got null"),
    ([init(language="xx")], "invalid_request_error", "language must be one of auto"),
    ([init(sample_rate="24000")], "invalid_request_error", "sample_rate must be"),
    ([init(sample_rate=44100)], "invalid_request_error", "sample_rate must be one of 8000"),
    ([init(return_timestamps="true")], "invalid_request_error", "return_timestamps must be true or false"),
    ([init(), {"type": "text"}], "invalid_request_error", "text is required"),
    ([init(), text(7)], "invalid_request_error", "text must be a string; got 7"),  # type: ignore[arg-type]  # what is no text
    ([init(), {"type": "text", "text": None}], "invalid_request_error", "text must be a string; got null"),
    ([init(), {"type": "flush"}], "invalid_request_error", "nonce is required"),
    ([init(), flush("1")], "invalid_request_error", "nonce must be an integer; got '1'"),
    ([init(), flush(True)], "invalid_request_error", "nonce must be an integer; got true"),
    ([init(), flush(1.5)], "invalid_request_error", "nonce must be an integer; got 1.5"),
    ([init(), reset(None)], "invalid_request_error", "nonce must be an integer; got null"),
]


@pytest.mark.parametrize(("messages", "type", "words"), WRONG, ids=[str(row[0][-1])[:50] for row in WRONG])
def test_a_wrong_field_is_named(messages: list[Any], type: str, words: str) -> None:
    with pytest.raises(ApiError, match=re.escape(words)) as raised:
        session(*messages)
    assert (raised.value.type, close_code(raised.value)) == (type, 1008)


@pytest.mark.parametrize("nonce", [0, -1, 10**30, 7.0])
def test_any_integer_is_a_nonce_and_twice_the_same_is_two_questions(nonce: Any) -> None:
    assert jobs(session(init(), flush(nonce), reset(nonce), flush(nonce)))[1:] == [
        Flush(int(nonce)),
        Reset(int(nonce)),
        Flush(int(nonce)),
    ]


def test_fields_that_nobody_knows_are_ignored() -> None:
    made = session(init(model="aurora", speed=None), {**text("Ah. "), "x": 1}, {**FINISH, "y": None})
    assert [type(job) for job in jobs(made)] == [Open, Speak, Finish]


def test_half_a_word_waits_for_the_other_half() -> None:
    made = session(init(), text("Hel"), text("lo the"))
    assert [type(job) for job in jobs(made)] == [Open]
    made.receive(json.dumps(text("re. It costs 3.")))
    assert jobs(made) == [Speak("Hello there. ", more=True)]
    made.receive(json.dumps(text("14 in all")))
    assert jobs(made) == []
    made.receive(json.dumps(flush(1)))
    assert jobs(made) == [Speak("It costs 3.14 in all", more=False), Flush(1)]


WORDS = st.lists(st.sampled_from(["a", "word", "3.14", "Dr. Who", "well,", "end.", "no!", "so…\n", "是。"])).map(
    " ".join
)


@settings(max_examples=50, deadline=None)
@given(WORDS, st.data())
def test_a_text_may_be_split_anywhere(words: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(words)), max_size=8)))
    parts = [words[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(words)], strict=True)]
    spoken = [job.text for job in jobs(session(init(), *map(text, parts), FINISH)) if isinstance(job, Speak)]
    assert "".join(spoken) == words
    # Where one piece ends and another begins, no word is cut in two.
    for left, right in pairwise(spoken):
        assert not (left[-1].isalnum() and right[0].isalnum())


def test_text_without_a_sentence_does_not_wait_for_ever() -> None:
    made = session(init(), *[text("word ")] * 1000)
    spoken = [job for job in jobs(made) if isinstance(job, Speak)]
    assert 5000 - LONGEST <= sum(len(job.text) for job in spoken) < 5000
    assert all(job.text.endswith(" ") and len(job.text) <= LONGEST for job in spoken)


def test_a_reset_drops_what_is_not_spoken_and_keeps_the_answers_in_order() -> None:
    made = session(init(), text("One. Two. Three"), flush(1), text("Four. "), reset(2), text("Five"), flush(3))
    assert jobs(made)[1:] == [Flush(1), Reset(2), Speak("Five", more=False), Flush(3)]


def test_the_job_that_was_given_out_is_cut_by_a_reset_alone() -> None:
    made = session(init(), text("One. Two. "))
    made.next_job()
    assert made.next_job() == Speak("One. ", more=True)
    made.receive(json.dumps(flush(1)))
    assert not made.is_cut
    made.receive(json.dumps(reset(2)))
    assert made.is_cut
    assert made.next_job() == Flush(1)
    assert not made.is_cut


@pytest.mark.parametrize("message", [text("word. " * 300), flush(1), reset(1)], ids=["text", "flush", "reset"])
def test_what_waits_is_bounded(message: Any) -> None:
    made = session(init())
    taken = 0
    while not made.is_full:
        made.receive(json.dumps(message))
        taken += 1
    assert taken <= WAITING / 100 + 1
    while made.is_full:
        made.next_job()
    jobs(made)
    assert not made.is_full


def test_a_reset_makes_room() -> None:
    made = session(init(), *[text("word. " * 300)] * 100)
    assert made.is_full
    made.receive(json.dumps(reset(1)))
    assert not made.is_full


def test_the_points_of_faults_are_the_messages_of_the_description() -> None:
    described = lmnt().at("#/components/schemas/SpeechSessionServerEvent")["discriminator"]["mapping"]
    assert set(MESSAGES) <= set(described)


@pytest.mark.parametrize("content", [".", "!)", " ", "x", "。"])
def test_no_text_takes_long_to_divide(content: str) -> None:
    made = session(init(), limits=Limits())
    long = "." + content * (900_000 // len(json.dumps(content)))
    began = time.process_time()
    made.receive(json.dumps(text(long)))
    made.receive(json.dumps(FINISH))
    assert time.process_time() - began < 3
    assert "".join(job.text for job in jobs(made) if isinstance(job, Speak)) == long
