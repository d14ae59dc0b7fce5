"""The state machine of a session, with no I/O: every event in every state, and any order of events against a model."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import lmnt
from lmnt.session.protocol import LONGEST_TEXT, Session, State
from lmnt.session.shared import IdleTimer
from lmnt.settings.options import Secret
from lmnt_server.description import lmnt as description

from .modes import KEY

URL = "ws://host/v1/ai/speech/stream"


def session(state: State = State.OPEN, *, flushed: bool = True) -> Session:
    """Return a session in a state, with one flush unanswered where there can be one."""
    made = Session(URL, Secret(KEY), {"request-id": "req_handshake"})
    if state is State.INIT:
        return made
    made.init({"voice": "leah"})
    if state is State.READY:
        return made
    made.receive('{"type": "ready", "request_id": "req_ready"}')
    made.text("hello")
    if flushed:
        made.flush()
    if state is State.FINISHING:
        made.finish()
    if state is State.CLOSED:
        made.abandon()
    return made


MESSAGES: dict[str, str | bytes] = {
    "ready": '{"type": "ready", "request_id": "req_ready"}',
    "audio": b"audio",
    "timestamps": '{"type": "timestamps", "timestamps": [{"text": "a", "start": 0, "duration": 1}]}',
    "flush_complete": '{"type": "flush_complete", "nonce": 1}',
    "reset_complete": '{"type": "reset_complete", "nonce": 1}',
    "error": '{"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}, "request_id": "req_error"}',
    "unknown": '{"type": "unheard_of", "calm": true}',
    "no JSON": "{",
    "no object": "[1]",
    "no type": "{}",
    "wrong field": '{"type": "flush_complete", "nonce": "one"}',
}


def made_up(pointer: str) -> Any:
    """Return something that a schema of the description accepts."""
    _, schema = description().located(pointer)
    if "const" in schema:
        return schema["const"]
    match schema["type"]:
        case "object":
            return {name: made_up(f"{pointer}/properties/{name}") for name in schema.get("required", ())}
        case "array":
            return []
        case "string":
            return "x"
        case _:
            return 1


MEMBERS = [each["$ref"] for each in description().at("#/components/schemas/SpeechSessionServerEvent")["oneOf"]]
DESCRIBED = {description().at(f"{pointer}/properties/type")["const"]: pointer for pointer in MEMBERS}
NO_RULE = {type_: json.dumps(made_up(pointer)) for type_, pointer in DESCRIBED.items() if type_ not in MESSAGES}
"""Messages of the description that the session has no rule for: they are handed out, as unknown ones are."""
MESSAGES |= NO_RULE
COMMANDS: dict[str, Callable[[Session], Any]] = {
    "init": lambda each: each.init({}),
    "text": lambda each: each.text("x"),
    "flush": Session.flush,
    "reset": Session.reset,
    "finish": Session.finish,
}
CLOSES = {"close 1000": 1000, "close 1001": 1001, "close 1005": 1005, "close 1011": 1011, "lost": None}

EVENT, NEXT, UNREADABLE, STATED, TOO_EARLY, MISUSE, FAILED = (
    "an event",
    "a new state",
    "APIResponseValidationError",
    "RateLimitError",
    "SessionClosedError",
    "LmntError",
    "the failure again",
)
_IN_SPEECH = {
    **dict.fromkeys(("audio", "timestamps", "flush_complete", "unknown"), EVENT),
    **dict.fromkeys(("ready", "reset_complete", "no JSON", "no object", "no type", "wrong field"), UNREADABLE),
    "error": STATED,
    **dict.fromkeys(CLOSES, TOO_EARLY),
}
TABLE: dict[State, dict[str, str]] = {
    State.INIT: {
        **dict.fromkeys(MESSAGES, UNREADABLE),
        **{"error": STATED, "unknown": EVENT},
        **dict.fromkeys(CLOSES, TOO_EARLY),
        **{"init": NEXT, "text": MISUSE, "flush": MISUSE, "reset": MISUSE, "finish": MISUSE},
    },
    State.READY: {
        **dict.fromkeys(MESSAGES, UNREADABLE),
        **{"ready": NEXT, "error": STATED, "unknown": EVENT},
        **dict.fromkeys(CLOSES, TOO_EARLY),
        **{"init": MISUSE, "text": MISUSE, "flush": MISUSE, "reset": MISUSE, "finish": MISUSE},
    },
    State.OPEN: {**_IN_SPEECH, "init": MISUSE, "text": EVENT, "flush": EVENT, "reset": EVENT, "finish": NEXT},
    State.FINISHING: {**_IN_SPEECH, **dict.fromkeys(COMMANDS, MISUSE)},
    State.CLOSED: {**dict.fromkeys([*MESSAGES, *CLOSES, *COMMANDS], FAILED), "init": MISUSE},
}
"""What each event is in each state. The sessions have a flush that is not answered, once they are open."""
for _state in (State.INIT, State.READY, State.OPEN, State.FINISHING):
    TABLE[_state] |= dict.fromkeys(NO_RULE, EVENT)

PAIRS = [(state, event) for state in State for event in [*MESSAGES, *COMMANDS, *CLOSES]]


def do(made: Session, event: str) -> object:
    if event in MESSAGES:
        return made.receive(MESSAGES[event])
    if event in COMMANDS:
        return COMMANDS[event](made)
    return made.closed(CLOSES[event], "why")


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=lambda each: getattr(each, "name", each))
def test_every_event_in_every_state(state: State, event: str) -> None:
    made = session(state)
    assert made.state is state
    expected = TABLE[state][event]
    if expected in (EVENT, NEXT):
        assert (found := do(made, event))
        assert isinstance(found, lmnt.UnknownEvent) is (event == "unknown")
        assert (made.state is not state) is (expected == NEXT)
        assert made.failure is None
        return
    before = made.failure
    with pytest.raises(lmnt.LmntError) as caught:
        do(made, event)
    if expected == MISUSE:
        assert type(caught.value) is lmnt.LmntError
        assert made.state is state
    elif expected == FAILED:
        assert caught.value is before
    else:
        assert type(caught.value).__name__ == expected
        assert made.state is State.CLOSED
        assert made.failure is caught.value
        assert not made.complete
        assert isinstance(caught.value, lmnt.APIError)
        open_ = state in (State.OPEN, State.FINISHING)
        assert caught.value.request_id == (
            "req_error" if event == "error" else "req_ready" if open_ else "req_handshake"
        )
        assert caught.value.retry_safe is (None if open_ else True)


def test_the_table_says_what_the_machine_expects() -> None:
    for state in State:
        assert {name for name in MESSAGES if name in state.expected} <= {
            *(name for name, what in TABLE[state].items() if what in (EVENT, NEXT)),
            "reset_complete",  # no reset was sent
        }


def test_a_session_from_its_start_to_its_end() -> None:
    made = session(State.INIT)
    assert not made.awaits
    (init,) = made.init({"voice": "leah"})
    assert KEY not in repr(init)
    assert json.loads(init.reveal()) == {"X-API-Key": KEY, "voice": "leah"}
    assert made.awaits
    made.receive(MESSAGES["ready"])
    assert not made.awaits
    assert made.text("hello 你好") == ['{"type": "text", "text": "hello 你好"}']
    assert not made.awaits
    assert [json.loads(each) for each in made.flush()] == [{"type": "flush", "nonce": 1}]
    assert [json.loads(each) for each in made.reset()] == [{"type": "reset", "nonce": 2}]
    assert (made.nonce, made.unanswered, made.awaits) == (2, (1, 2), True)
    assert made.receive(b"one") == lmnt.SpeechSessionAudio(b"one")
    made.receive(MESSAGES["timestamps"])
    made.receive(MESSAGES["flush_complete"])
    made.receive('{"type": "reset_complete", "nonce": 2}')
    assert (made.unanswered, made.awaits) == ((), False)
    assert [json.loads(each) for each in made.finish()] == [{"type": "finish"}]
    assert made.awaits
    made.closed(1000, "")
    assert (made.state, made.complete, made.bytes_received) == (State.CLOSED, True, 3)
    made.end()
    with pytest.raises(lmnt.LmntError, match="over"):
        made.text("more")


def test_a_message_that_could_not_be_sent_is_not_answered_by_a_close() -> None:
    made = session(flushed=False)
    made.finish()
    made.unsent()
    with pytest.raises(lmnt.SessionClosedError):
        made.closed(1000, "")
    assert not made.complete


def test_a_flush_that_was_not_answered() -> None:
    made = session()
    made.reset()
    made.finish()
    made.receive(b"12345")
    with pytest.raises(lmnt.SessionClosedError) as caught:
        made.closed(1000, "bye")
    error = caught.value
    assert (error.code, error.reason, error.unanswered, error.bytes_received) == (1000, "bye", (1, 2), 5)
    assert str(error) == (
        f"{URL}: the session was closed too early, code 1000, after 5 bytes: bye; unanswered: 1, 2 (request req_ready)"
    )
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.unanswered) == (str(error), (1, 2))


@pytest.mark.parametrize("answer", ['{"type": "reset_complete", "nonce": 1}', '{"type": "flush_complete", "nonce": 2}'])
def test_a_wrong_answer(answer: str) -> None:
    made = session()
    with pytest.raises(lmnt.APIResponseValidationError, match="flush 1 is next") as caught:
        made.receive(answer)
    assert caught.value.body == answer


def test_an_interruption_drops_what_comes_before_its_answer() -> None:
    made = session()
    made.reset(drop=True)
    assert made.receive(b"dropped") is None
    assert made.receive(MESSAGES["timestamps"]) is None
    assert made.receive(MESSAGES["flush_complete"]) is not None
    assert made.receive(b"dropped too") is None
    assert made.receive('{"type": "reset_complete", "nonce": 2}') is not None
    assert made.receive(b"heard") is not None
    assert made.bytes_received == len("dropped" + "dropped too" + "heard")


def test_of_two_interruptions_the_second_counts() -> None:
    made = session(flushed=False)
    made.reset(drop=True)
    made.reset(drop=True)
    made.receive('{"type": "reset_complete", "nonce": 1}')
    assert made.receive(b"dropped") is None
    made.receive('{"type": "reset_complete", "nonce": 2}')
    assert made.receive(b"heard") is not None


def test_long_texts_are_split_and_nothing_is_lost() -> None:
    text = "ünïcödé " * 5000
    messages = session().text(text)
    assert "".join(json.loads(each)["text"] for each in messages) == text
    assert max(len(json.loads(each)["text"]) for each in messages) == LONGEST_TEXT


@pytest.mark.parametrize("text", [5, None, b"bytes", ["a"], "\ud800"])
def test_what_is_no_text_changes_nothing(text: Any) -> None:
    made = session()
    with pytest.raises(lmnt.InvalidArgumentError, match="send_text: text must be text"):
        made.text(text)
    assert made.state is State.OPEN


def test_fields_that_are_no_json() -> None:
    made = session(State.INIT)
    with pytest.raises(lmnt.InvalidArgumentError, match="JSON"):
        made.init({"voice": object()})
    assert made.state is State.INIT


@pytest.mark.parametrize(
    ("error", "kind", "type_", "message"),
    [
        ({"type": "not_found_error", "message": "no voice"}, lmnt.NotFoundError, "not_found_error", "no voice"),
        ({"type": "moon_error", "message": "dark"}, lmnt.APIStatusError, "moon_error", "dark"),
        ({"message": "what"}, lmnt.APIStatusError, None, "what"),
        ("a text", lmnt.APIStatusError, None, "a text"),
        (None, lmnt.APIStatusError, None, "no message"),
    ],
)
def test_errors_of_the_server(error: object, kind: type, type_: str | None, message: str) -> None:
    made = session()
    with pytest.raises(lmnt.APIStatusError) as caught:
        made.receive(json.dumps({"type": "error", "error": error}))
    assert type(caught.value) is kind
    assert (caught.value.type, caught.value.message, caught.value.request_id) == (type_, message, "req_ready")
    assert str(caught.value).startswith(
        f"{caught.value.status_code} " if type_ == "not_found_error" else type_ or message
    )


def test_patience_counts_from_when_something_is_owed() -> None:
    patience = IdleTimer(10)
    assert patience.left(100) == 10
    assert not patience.is_over(10_000)
    patience.sent(100, awaits=False)
    assert patience.left(200) == 10
    patience.sent(200, awaits=True)
    patience.sent(205, awaits=True)
    assert patience.left(206) == 4
    assert not patience.is_over(209)
    patience.since = 209
    assert patience.left(210) == 9
    assert patience.is_over(219)
    patience.since = None
    assert not patience.is_over(1000)


def test_patience_without_a_limit() -> None:
    patience = IdleTimer(None)
    patience.sent(0, awaits=True)
    assert patience.left(10**9) is None
    assert not patience.is_over(10**9)


class AnyOrder(RuleBasedStateMachine):
    """A session that meets events in any order, beside a model of a few variables."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(URL, Secret(KEY), {})
        self.stage = "init"
        self.waiting: list[tuple[str, int]] = []
        self.nonce = self.audio = 0
        self.dropping = 0

    def fails(self, event: Callable[[], object], kind: type[lmnt.LmntError] = lmnt.APIError) -> None:
        with pytest.raises(kind):
            event()
        if kind is lmnt.APIError:
            self.stage = "over"

    @precondition(lambda self: self.stage == "init")
    @rule()
    def init(self) -> None:
        self.session.init({"voice": "leah"})
        self.stage = "ready"

    @rule()
    def ready(self) -> None:
        event = lambda: self.session.receive(MESSAGES["ready"])  # noqa: E731  # said twice below
        if self.stage == "ready":
            assert event() is not None
            self.stage = "open"
        else:
            self.fails(event, lmnt.LmntError if self.stage in ("over", "complete") else lmnt.APIError)

    @rule(kind=st.sampled_from(["text", "flush", "reset", "interrupt", "finish"]))
    def command(self, kind: str) -> None:
        call = {**COMMANDS, "interrupt": lambda each: each.reset(drop=True)}[kind]
        if self.stage != "open":
            self.fails(lambda: call(self.session), lmnt.LmntError)
            return
        call(self.session)
        if kind in ("flush", "reset", "interrupt"):
            self.nonce += 1
            self.waiting.append(("flush" if kind == "flush" else "reset", self.nonce))
        if kind == "interrupt":
            self.dropping = self.nonce
        if kind == "finish":
            self.stage = "finishing"

    @rule(size=st.integers(0, 9))
    def audio_comes(self, size: int) -> None:
        event = lambda: self.session.receive(bytes(size))  # noqa: E731  # said twice below
        if self.stage in ("open", "finishing"):
            assert (event() is None) is bool(self.dropping)
            self.audio += size
        else:
            self.fails(event, lmnt.LmntError if self.stage in ("over", "complete") else lmnt.APIError)

    @precondition(lambda self: self.stage in ("open", "finishing"))
    @rule(right=st.booleans(), kind=st.sampled_from(["flush", "reset"]), nonce=st.integers(0, 9))
    def answer(self, right: bool, kind: str, nonce: int) -> None:
        if right and self.waiting:
            kind, nonce = self.waiting[0]
        event = lambda: self.session.receive(json.dumps({"type": f"{kind}_complete", "nonce": nonce}))  # noqa: E731
        if self.waiting and self.waiting[0] == (kind, nonce):
            assert event() is not None
            self.waiting.pop(0)
            self.dropping = 0 if self.dropping == nonce else self.dropping
        else:
            self.fails(event)

    @rule()
    def something_new_comes(self) -> None:
        event = lambda: self.session.receive(MESSAGES["unknown"])  # noqa: E731  # said twice below
        if self.stage in ("over", "complete"):
            self.fails(event, lmnt.LmntError)
        else:
            assert isinstance(event(), lmnt.UnknownEvent)

    @rule(code=st.sampled_from([1000, 1000, 1000, 1001, 1005, 1011, None]))
    def close(self, code: int | None) -> None:
        if self.stage == "over":
            self.fails(lambda: self.session.closed(code, ""))
        elif self.stage == "complete":
            self.session.closed(code, "")
        elif code == 1000 and self.stage == "finishing" and not self.waiting:
            self.session.closed(code, "")
            self.stage = "complete"
        else:
            self.fails(lambda: self.session.closed(code, ""))

    @invariant()
    def it_is_what_the_model_says(self) -> None:
        assert self.session.complete is (self.stage == "complete")
        assert self.session.is_over is (self.stage in ("over", "complete"))
        assert (self.session.failure is not None) is (self.stage == "over")
        assert self.session.bytes_received == self.audio
        assert self.session.nonce == self.nonce
        assert self.session.unanswered == tuple(nonce for _, nonce in self.waiting)
        if not self.session.is_over:
            assert self.session.awaits is (self.stage in ("ready", "finishing") or bool(self.waiting))


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
