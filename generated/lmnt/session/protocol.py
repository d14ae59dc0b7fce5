"""The protocol of a speech session, with no I/O: commands, received messages, closes, and whether all was received.

    INIT ── init sent ──▶ READY ── ready ──▶ OPEN ── finish sent ──▶ FINISHING ── close 1000 ──▶ CLOSED, complete

Any other end, in any state, leads to CLOSED with a failure. The messages are the models of the description; a message
that is not in the description becomes an UnknownEvent.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Mapping
from enum import Enum
from typing import Any, cast

from .. import description
from ..calls.operation import argument_error
from ..calls.response_errors import in_band_error
from ..errors import (
    APIError,
    APIResponseValidationError,
    Error,
    InvalidArgumentError,
    SessionClosedError,
    StreamTimeoutError,
)
from ..errors.bodies import BODY_START
from ..models.speech_session_finish import SpeechSessionFinish
from ..models.speech_session_flush import SpeechSessionFlush
from ..models.speech_session_flush_complete import SpeechSessionFlushComplete
from ..models.speech_session_ready import SpeechSessionReady
from ..models.speech_session_reset import SpeechSessionReset
from ..models.speech_session_reset_complete import SpeechSessionResetComplete
from ..models.speech_session_server_event import CODEC
from ..models.speech_session_text import SpeechSessionText
from ..models.speech_session_timestamps import SpeechSessionTimestamps
from ..settings.secret import Secret
from ..streams.sequences import UnknownEvent
from ..values.codec import MismatchError
from ..values.model import Model, write_fields
from .events import SpeechSessionAudio, SpeechSessionEvent

logger = logging.getLogger(description.__package__)

NORMAL = 1000
"""The close code of a normal closure (RFC 6455 section 7.4.1)."""

SWITCHING_PROTOCOLS = 101

LONGEST_TEXT = 4096
"""The maximum of characters in one message: few enough that a socket with any room takes all of it, and any server."""


_SPEECH = frozenset({"audio", "timestamps", "flush_complete", "reset_complete"})


class State(Enum):
    """The state of a session.

    Args:
        expected: The messages of KNOWN that are allowed. All others are: `error`, and messages without a rule here.
        owes: Whether a message of the server is due, whatever was requested.
        doing: The state in words, for error messages.
        refusal: The error message for commands, if none is accepted.
    """

    INIT = frozenset[str](), False, "nothing was asked for", "the session is not open yet"
    """Connected; nothing was sent."""
    READY = frozenset({"ready"}), True, "`ready` was awaited", "the session is not open yet"
    """`init` was sent, `ready` was not received yet."""
    OPEN = _SPEECH, False, "the session was open", ""
    """Texts may be sent."""
    FINISHING = (
        *(_SPEECH, True, "the session was finishing"),
        "send_finish() said that no more would come; open another session",
    )
    """`finish` was sent; the server speaks the rest."""
    CLOSED = frozenset[str](), False, "the session was closed", "this session is over; open another one"
    """The session is over, complete or failed."""

    def __init__(self, expected: frozenset[str], owes: bool, doing: str, refusal: str) -> None:
        self.expected = expected
        self.owes = owes
        self.doing = doing
        self.refusal = refusal


KNOWN = frozenset[str]().union(*(state.expected for state in State))
"""The messages with a rule. A message of the description without one is handed out in any state."""


class Session:
    """One session. Its URL is for error messages, its headers are those of the handshake's response."""

    def __init__(self, url: str, key: Secret, headers: Mapping[str, str]) -> None:
        self._url = url
        self._key = key
        self._headers = headers
        self.request_id = headers.get(description.REQUEST_ID_HEADER)
        self.state = State.INIT
        self.failure: APIError | None = None
        """The failure that closed it; None while it is open or if it is complete."""
        self.is_over = False
        """Whether it is closed, complete or failed."""
        self.complete = False
        """Whether all was received."""
        self.nonce = 0
        """The nonce of the last flush or reset."""
        self.bytes_received = 0
        """Bytes of audio received, including those dropped after an interruption."""
        self._unanswered: deque[tuple[str, int]] = deque()
        self._is_broken = False
        self._dropping_until: int | None = None

    @property
    def unanswered(self) -> tuple[int, ...]:
        """The nonces of the flushes and resets that are not answered yet, in order."""
        return tuple(nonce for _, nonce in self._unanswered)

    @property
    def awaits(self) -> bool:
        """Whether a message of the server is due, so that its silence is a failure."""
        return self.state.owes or bool(self._unanswered)

    # Commands. Each returns its messages and counts them as sent.

    def init(self, fields: Mapping[str, object]) -> list[Secret]:
        """Open the session, with the fields of `init` without the key; the message is a secret, as it has the key."""
        if self.state is not State.INIT:
            raise Error("a session is opened once")
        try:
            json.dumps(fields, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise InvalidArgumentError(f"{self._url}: `init` cannot be written as JSON: {error}") from error
        self.state = State.READY
        return [Secret(json.dumps({description.KEY_NAME: self._key.reveal(), **fields}))]

    def text(self, text: str) -> list[str]:
        """Add text to speak. A long one becomes several messages, as it may be split anywhere."""
        messages = [self._command(SpeechSessionText, "send_text", type="text", text=text)]
        if len(text) > LONGEST_TEXT:
            pieces = (text[start : start + LONGEST_TEXT] for start in range(0, len(text), LONGEST_TEXT))
            messages = [self._command(SpeechSessionText, "send_text", type="text", text=piece) for piece in pieces]
        return messages

    def flush(self) -> list[str]:
        """Have all text so far spoken now."""
        return self._numbered(SpeechSessionFlush, "flush")

    def reset(self, *, drop: bool = False) -> list[str]:
        """Drop the text that is not spoken yet; with `drop`, also the audio received before the answer."""
        messages = self._numbered(SpeechSessionReset, "reset")
        if drop:
            self._dropping_until = self.nonce
        return messages

    def finish(self) -> list[str]:
        """Say that no more text follows."""
        message = self._command(SpeechSessionFinish, "send_finish", type="finish")
        self.state = State.FINISHING
        return [message]

    def _numbered(self, kind: type[Model], type_: str) -> list[str]:
        message = self._command(kind, f"send_{type_}", type=type_, nonce=self.nonce + 1)
        self.nonce += 1
        self._unanswered.append((type_, self.nonce))
        return [message]

    def _command(self, kind: type[Model], method: str, **fields: object) -> str:
        self.end()
        if self.state is not State.OPEN:
            raise Error(f"{method}: {self.state.refusal}")
        try:
            return json.dumps(write_fields(kind, fields), ensure_ascii=False)
        except MismatchError as error:
            raise argument_error(method, error) from error.__cause__

    # Received messages.

    def receive(self, message: str | bytes) -> SpeechSessionEvent | None:
        """Process a message; returns its event, or None if an interruption drops it.

        Raises:
            APIStatusError: The server reports that the session failed; the class follows from the error's type.
            APIResponseValidationError: The message cannot be read, or is not allowed in this state.
        """
        if isinstance(message, bytes):
            if "audio" not in self.state.expected:
                raise self._unexpected("audio", message)
            self.bytes_received += len(message)
            return None if self._dropping_until else SpeechSessionAudio(message)
        if self.is_over:
            raise self._unexpected("a text", message)
        return self._take(self._read(message), message)

    def _take(self, fields: Mapping[str, Any], message: str) -> SpeechSessionEvent | None:
        type_ = fields.get("type")
        if not isinstance(type_, str):
            raise self._invalid("the server sent a message without a type", message)
        if type_ == "error":
            raise self._failed(self._in_band_error(fields))
        try:
            event = CODEC.read(fields)
        except MismatchError as error:
            if error.path == ["type"]:
                return UnknownEvent(type_, fields)
            raise self._invalid(f"{type_}: {error}", message) from error
        if type_ in KNOWN - self.state.expected:
            raise self._unexpected(type_, message)
        match cast("object", event):  # wider, so that a message which the description adds needs no case here
            case SpeechSessionReady(request_id=request_id):
                self.request_id = request_id
                self.state = State.OPEN
                logger.debug("%s: ready (request %s)", self._url, self.request_id)
            case SpeechSessionTimestamps():
                return None if self._dropping_until else event
            case SpeechSessionFlushComplete(nonce=nonce) | SpeechSessionResetComplete(nonce=nonce):
                self._answered(type_, nonce, message)
            case _:
                pass
        return event

    def _read(self, message: str) -> Mapping[str, Any]:
        try:
            fields: object = json.loads(message)
        except (ValueError, RecursionError) as error:
            raise self._invalid(f"the server sent a text that is no JSON ({error})", message) from error
        if not isinstance(fields, Mapping):
            raise self._invalid("the server sent JSON that is no object", message)
        return cast("Mapping[str, Any]", fields)

    def _unexpected(self, type_: str, message: str | bytes) -> APIError:
        self.end()
        return self._invalid(f"the server sent {type_} while {self.state.doing}", message)

    def _answered(self, type_: str, nonce: int, message: str) -> None:
        answered = (type_.removesuffix("_complete"), nonce)
        if not self._unanswered or self._unanswered[0] != answered:
            waiting = " ".join(map(str, self._unanswered[0])) if self._unanswered else "nothing"
            raise self._invalid(f"the server answered {answered[0]} {nonce}, and {waiting} is next", message)
        self._unanswered.popleft()
        if nonce == self._dropping_until:
            self._dropping_until = None

    # The end.

    def closed(self, code: int | None, reason: str) -> None:
        """Process the end of the connection.

        Args:
            code: The close code; None if the connection was lost without one.
            reason: The close reason, or the known cause.

        Raises:
            SessionClosedError: The session is not complete.
        """
        if self.is_over:
            return self.end()
        if code == NORMAL and self.state is State.FINISHING and not self._unanswered and not self._is_broken:
            self.state, self.is_over, self.complete = State.CLOSED, True, True
            logger.debug("%s: complete, %s bytes (request %s)", self._url, self.bytes_received, self.request_id)
            return None
        raise self._failed(self._closed_error("the session was closed too early", code, reason))

    def unsent(self) -> None:
        """Record that a message could not be sent: a close that follows is not its answer, whatever its code."""
        self._is_broken = True

    def stalled(self, reason: str) -> StreamTimeoutError:
        """Record that the server is silent, and return the error for that."""
        error = StreamTimeoutError(
            f"{self._url}: the session stalled",
            bytes_received=self.bytes_received,
            reason=reason,
            request_id=self.request_id,
            retry_safe=self._retry_safe,
        )
        self._failed(error)
        return error

    def interrupted(self, by: BaseException) -> None:
        """Record that receiving a message was interrupted by an exception: the message may be lost."""
        if not self.is_over:
            self._failed(self._closed_error("the session is broken", None, f"interrupted by {type(by).__name__}"))

    def abandon(self) -> None:
        """Close the session from this side; the rest is not wanted."""
        if not self.is_over:
            self._failed(self._closed_error("the session was closed by this side", None, ""))

    def end(self) -> None:
        """Raise the failure of a session that is over; nothing if it is complete."""
        if self.failure is not None:
            raise self.failure.with_traceback(None)

    @property
    def _retry_safe(self) -> bool | None:
        # Before `ready` nothing was spoken; after it, audio may have been used.
        return True if self.state in (State.INIT, State.READY) else None

    def _failed(self, failure: APIError) -> APIError:
        failure.headers = {name: self._key.redact(value) for name, value in self._headers.items()}
        if not self.is_over:
            self.state, self.is_over, self.failure = State.CLOSED, True, failure
            logger.debug("%s", failure)
        return failure

    def _closed_error(self, what: str, code: int | None, reason: str) -> SessionClosedError:
        return SessionClosedError(
            f"{self._url}: {what}",
            code=code,
            reason=reason,
            unanswered=self.unanswered,
            bytes_received=self.bytes_received,
            request_id=self.request_id,
            retry_safe=self._retry_safe,
        )

    def _in_band_error(self, fields: Mapping[str, object]) -> APIError:
        error = in_band_error(fields, retry_safe=self._retry_safe)
        error.request_id = error.request_id or self.request_id
        return error

    def _invalid(self, problem: str, message: str | bytes) -> APIError:
        shown = message if isinstance(message, str) else repr(message[:BODY_START])
        return self._failed(
            APIResponseValidationError(
                f"{self._url}: {problem}",
                status_code=SWITCHING_PROTOCOLS,
                body=shown[:BODY_START],
                request_id=self.request_id,
                retry_safe=self._retry_safe,
            )
        )
