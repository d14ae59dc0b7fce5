"""What the messages of a speech session mean, in each state it can be in: the conversation, without the connection.

A client's messages go in, in the order they came, and jobs come out, in the order to do them in. A job is done before
the next one is begun, so the answers to flushes and resets keep the order of the questions.

Choice: text waits until more of it cannot change how it is spoken: a sentence until white space follows its stop, one
longer than `sentences.LONGEST` characters up to its last break, and the rest until a flush or the end. So a text may be
split anywhere and no half word is spoken, but speech comes while the text is still being written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final, NamedTuple, TypeAlias, cast

from .description import Description
from .dialects import TYPED, dialect_of
from .errors import PROTOCOL_ERROR, TOO_BIG, ApiError, SessionError, missing
from .limits import Limits
from .sentences import begun
from .validation import check, decoded, quoted

WAITING: Final = 100_000
"""Characters that may wait to be spoken, of which there may be any number in all.

Choice: while more wait, messages stay unread, so TCP slows down who sends them. A reset or a close waits with them."""

_OVERHEAD: Final = 100
"""What each job counts in `WAITING` beside its text, so that messages with no text cannot pile up either."""


class Open(NamedTuple):
    """Look at the key and the voice, and say that the session is ready."""

    init: Mapping[str, Any]


class Speak(NamedTuple):
    """Speak a text; `more` as in `Engine.speak`."""

    text: str
    more: bool


class Flush(NamedTuple):
    """End the speech so far, and say so."""

    nonce: int


class Reset(NamedTuple):
    """Break off the speech so far, and say so."""

    nonce: int


class Finish(NamedTuple):
    """End the speech and the session."""


Job: TypeAlias = Open | Speak | Flush | Reset | Finish


class State(Enum):
    """How far a session is: before its first message, after it, and after its last."""

    NEW = auto()
    OPEN = auto()
    FINISHED = auto()


class Session:
    """One conversation.

    Args:
        description: says what a message may be.
        messages: the pointer to the schema of a client's message.
        limits: what a message may not exceed.
    """

    def __init__(self, description: Description, messages: str, limits: Limits) -> None:
        self.state = State.NEW
        self.dialect = TYPED
        self._description = description
        self._schemas = cast("Mapping[str, str]", description.at(messages)["discriminator"]["mapping"])
        self._limits = limits
        self._text = ""
        self._jobs: deque[Job] = deque()
        self._waiting = 0
        self._is_cut = False

    @property
    def is_full(self) -> bool:
        """Whether no message should be taken until some of the jobs are done."""
        return self._waiting > WAITING

    @property
    def is_cut(self) -> bool:
        """Whether the job that was given out last is not wanted any more."""
        return self._is_cut

    def next_job(self) -> Job | None:
        """Return what is to be done next, or None if there is nothing at present."""
        if not self._jobs:
            return None
        self._is_cut = False
        job = self._jobs.popleft()
        self._waiting -= _cost(job)
        return job

    def receive(self, frame: str | bytes) -> None:
        """Take a message of the client: the content of a text frame, or of a binary one.

        Raises:
            ApiError: if it is wrong, which ends the session; see `close_code`.
        """
        message = self._read(frame)
        if self.state is State.NEW:
            self.dialect = dialect_of(message)
            self._take(self.dialect.opened(message))
            return
        for each in self.dialect.read(message) or [message]:
            self._take(each)

    def _take(self, message: dict[str, Any]) -> None:
        # Choice: `type` may be missing in the first message alone; the service's own clients leave it out there.
        kind = message.get("type", "init" if self.state is State.NEW else None)
        if not isinstance(kind, str) or kind not in self._schemas:
            given = "it is missing" if kind is None else f"got {quoted(kind)}"
            raise SessionError(f"type must be one of {', '.join(self._schemas)}; {given}", PROTOCOL_ERROR)
        if self.state is State.NEW and kind != "init":
            raise SessionError(f"the first message must be init; got {kind}", PROTOCOL_ERROR)
        if self.state is State.OPEN and kind == "init":
            raise SessionError("the session is open already; init is its first message alone", PROTOCOL_ERROR)
        # Choice: nothing may come after finish. Whoever sends text then would wait for speech that never comes.
        if self.state is State.FINISHED:
            raise SessionError(f"{kind} came after finish, which is the last message", PROTOCOL_ERROR)
        # Choice: no key is the same error as over HTTP, before any other. Unknown fields are ignored, null is a value.
        if kind == "init" and message.get("X-API-Key", "") == "":
            raise ApiError("authentication_error", "The API key is missing: send it as X-API-Key of the init message.")
        check(message, self._description.schema(self._schemas[kind]))
        match kind:
            case "init":
                self._init(message)
            case "text":
                self._add_text(message["text"])
            case "flush":
                self._flush(int(message["nonce"]))
            case "reset":
                self._reset(int(message["nonce"]))
            case "finish":
                self._finish()
            case _:
                raise missing(f"handler for the message {kind}", "Session.receive in server/lmnt_server/session.py")

    def _read(self, frame: str | bytes) -> dict[str, Any]:
        if isinstance(frame, bytes):
            raise SessionError(
                f"messages are JSON in text frames; got a binary frame of {len(frame)} bytes", PROTOCOL_ERROR
            )
        if (size := len(frame.encode("utf-8"))) > self._limits.message_bytes:
            most = f"{self._limits.message_bytes:,} bytes; got {size:,}: send the text in several messages"
            raise SessionError(f"a message may have at most {most}", TOO_BIG)
        try:
            message = decoded(frame, "the message")
        except ApiError as error:
            raise SessionError(error.message, PROTOCOL_ERROR) from error
        if not isinstance(message, dict):
            raise SessionError(f"a message must be a JSON object; got {quoted(message)}", PROTOCOL_ERROR)
        return cast("dict[str, Any]", message)

    def _init(self, message: Mapping[str, Any]) -> None:
        self.state = State.OPEN
        self._add(Open(message))

    def _add_text(self, text: str) -> None:
        ready, self._text = begun(self._text + text)
        for each in ready:
            self._add(Speak(each, more=True))

    # Choice: a nonce is any integer, also a negative one or one that was used before; the answer repeats it.
    def _flush(self, nonce: int) -> None:
        self._speak_the_rest()
        self._add(Flush(nonce))

    # Choice: flushes that are not answered yet are answered, in order, with what was spoken until the reset.
    def _reset(self, nonce: int) -> None:
        self._text = ""
        dropped = [job for job in self._jobs if isinstance(job, Speak)]
        self._jobs = deque(job for job in self._jobs if not isinstance(job, Speak))
        self._waiting -= sum(map(_cost, dropped))
        self._is_cut = True
        self._add(Reset(nonce))

    def _finish(self) -> None:
        self._speak_the_rest()
        self.state = State.FINISHED
        self._add(Finish())

    def _speak_the_rest(self) -> None:
        if self._text:
            self._add(Speak(self._text, more=False))
            self._text = ""

    def _add(self, job: Job) -> None:
        self._jobs.append(job)
        self._waiting += _cost(job)


def _cost(job: Job) -> int:
    return _OVERHEAD + (len(job.text) if isinstance(job, Speak) else 0)
