"""THE table of sessions: every failure, what the wire shows of it, and what the caller gets. Data and scripts alone.

A row says what a raw peer does to a session in which a text is sent, flushed and finished; or that there is nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from websockets.frames import Opcode

from lmnt.settings.retries import RETRIED_STATUSES

from ..client.session_peer import READY_ID, REQUEST_ID, Conversation, Script
from .acts import answers_in_the_clear, closes_at_once, says_nothing
from .rows import Fails, Greets, Place, Succeeds
from .table import CLASS

AUDIO = bytes(range(251)) * 50
"""What a sound session speaks."""

SENT = 12_345
"""Bytes of it that come before a failure."""


class Way(Enum):
    """How a session is used."""

    ITERATE = "iterating"
    FLUSH = "waiting for a flush"
    FILE = "writing to a file"
    SPEAK = "speak()"


class When(Enum):
    """When it goes wrong."""

    BEFORE = "Before the handshake is done"
    READY = "Before the session is ready"
    SPEECH = "While it speaks"
    FINISH = "After finish was sent"
    SOUND = "Nothing is wrong"


Outcome: TypeAlias = Fails | Succeeds
Cause: TypeAlias = Script | Greets | Place


@dataclass(frozen=True, eq=False)
class SessionRow:
    """A failure of a session.

    Args:
        name: what it is called here and in the documentation.
        wire: what the wire shows.
        when: when it goes wrong.
        cause: how it is brought about.
        outcome: what the caller gets.
        id: the request id of the error, or of the session.
        without: ways to use a session that this does not make sense for.
        waits: whether the caller sends `finish` only after the peer has done what it does.
        read_timeout: the client's, in seconds.
        connect_timeout: the client's, in seconds.
        max_message_size: of the session, in bytes.
    """

    name: str
    wire: str
    when: When
    cause: Cause
    outcome: Outcome
    id: str | None = READY_ID
    without: tuple[Way, ...] = ()
    waits: bool = False
    read_timeout: float = 15.0
    connect_timeout: float = 15.0
    max_message_size: int = 1 << 26

    @property
    def ways(self) -> list[Way]:
        """The ways that it makes sense for."""
        return [way for way in Way if way not in self.without]


STALL = 1.0
"""Seconds, where a timeout is what is waited for."""

TYPES = {
    "invalid_request_error": ("BadRequestError", 400),
    "authentication_error": ("AuthenticationError", 401),
    "payment_required_error": ("PaymentRequiredError", 402),
    "permission_error": ("PermissionDeniedError", 403),
    "not_found_error": ("NotFoundError", 404),
    "rate_limit_error": ("RateLimitError", 429),
    "internal_server_error": ("InternalServerError", 500),
}


def _closed(code: int | None, received: int = SENT, *, says: str = "", **facts: object) -> Fails:
    return Fails("SessionClosedError", received=received, facts={"code": code, **facts}, says=says)


_UNREADABLE = Fails("APIResponseValidationError", facts={"status_code": 101})
_STALLED = Fails("StreamTimeoutError", received=SENT)


# ---- scripts: how far a session comes, and what happens then

Act: TypeAlias = Callable[[Conversation], object]


def _refuses(status: int, after: str = "99") -> Script:
    def script(peer: Conversation) -> None:
        type_ = next((type_ for type_, (_, known) in TYPES.items() if known == status), None)
        error = {"type": "error", "error": {"type": type_, "message": "it is so"}, "request_id": REQUEST_ID}
        peer.refuse(status, json.dumps(error).encode(), **{"content-type": "application/json", "retry-after": after})

    return script


def _redirects(peer: Conversation) -> None:
    peer.refuse(307, location="ws://127.0.0.1:9/elsewhere")


def _refuses_in_part(framing: str, body: str, end: Callable[[Conversation], None]) -> Script:
    def script(peer: Conversation) -> None:
        peer.await_request()
        peer.raw(f"HTTP/1.1 403 Forbidden\r\nrequest-id: {REQUEST_ID}\r\n{framing}\r\n\r\n{body}".encode())
        end(peer)

    return script


def _answers_html(peer: Conversation) -> None:
    peer.refuse(200, b"<html>hello</html>", **{"content-type": "text/html"})


def _answers_garbage(peer: Conversation) -> None:
    peer.await_request()
    peer.raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    peer.drop()


def _accepts_wrongly(peer: Conversation) -> None:
    response = peer.protocol.accept(peer.await_request())
    del response.headers["Sec-WebSocket-Accept"]
    response.headers["Sec-WebSocket-Accept"] = "bm90IHRoZSByaWdodCBvbmU="
    peer.protocol.send_response(response)
    peer.flush()
    peer.drop()


def _never_answers(peer: Conversation) -> None:
    peer.await_request()
    peer.freeze()


def _hangs_up_on_the_request(peer: Conversation) -> None:
    peer.await_request()
    peer.drop()


def before_ready(act: Act) -> Script:
    """Shake hands, get `init`, and act."""

    def script(peer: Conversation) -> None:
        peer.accept()
        peer.expect("init")
        act(peer)

    return script


def in_speech(act: Act) -> Script:
    """Be ready, get a text, send some audio, and act."""

    def script(peer: Conversation) -> None:
        peer.open()
        peer.expect("text")
        peer.audio(AUDIO[:SENT])
        act(peer)

    return script


def in_finish(act: Act) -> Script:
    """Be ready, take everything up to `finish`, answer the flushes, send some audio, and act."""

    def script(peer: Conversation) -> None:
        peer.open()
        while (message := peer.expect())["type"] != "finish":
            if message["type"] == "flush":
                peer.send(type="flush_complete", nonce=message["nonce"])
        peer.audio(AUDIO[:SENT])
        act(peer)

    return script


def on_flush(act: Callable[[Conversation, int], object]) -> Script:
    """Be ready, send some audio when the flush comes, and act."""

    def script(peer: Conversation) -> None:
        peer.open()
        nonce = peer.expect("flush")["nonce"]
        peer.audio(AUDIO[:SENT])
        act(peer, nonce)

    return script


def sound(act: Act = Conversation.flush) -> Script:
    """Do all as it should be, and act in the middle of the audio."""

    def script(peer: Conversation) -> None:
        peer.open()
        message = peer.expect("flush", "finish")
        peer.audio(AUDIO[:SENT])
        act(peer)
        peer.audio(AUDIO[SENT:])
        if message["type"] == "flush":
            peer.send(type="flush_complete", nonce=message["nonce"])
            peer.expect("finish")
        peer.close(1000)

    return script


def _code(code: int) -> Act:
    return lambda peer: peer.close(code, "it is so" if code != 1005 else "")


def _says(text: str) -> Act:
    def act(peer: Conversation) -> None:
        peer.text(text)
        peer.freeze()

    return act


def _errs(type_: str, code: int | None = 1008) -> Act:
    def act(peer: Conversation) -> None:
        peer.error(type_, code=code)
        peer.freeze()

    return act


def _error_shaped(error: object) -> Act:
    return lambda peer: (peer.send(type="error", error=error), peer.close(1011))


def _in_a_frame(end: Act) -> Act:
    def act(peer: Conversation) -> None:
        # The header of a frame of 100 bytes, and 20 of them (RFC 6455 section 5.2).
        peer.raw(b"\x82\x64" + bytes(20))
        end(peer)

    return act


def _in_a_message(peer: Conversation) -> None:
    peer.frame(Opcode.BINARY, bytes(20), fin=False)
    peer.drop()


def _frame(opcode: Opcode, data: bytes, *, mask: bool = False) -> Act:
    def act(peer: Conversation) -> None:
        peer.frame(opcode, data, mask=mask)
        peer.freeze()

    return act


def _pings_and_stalls(peer: Conversation) -> None:
    peer.frame(Opcode.PING, b"are you there?")
    peer.freeze()


def _sends_in_fragments(peer: Conversation) -> None:
    peer.frame(Opcode.BINARY, b"", fin=False)
    peer.frame(Opcode.PING, b"between two fragments")
    peer.frame(Opcode.CONT, b"")


def _sends_what_is_new(peer: Conversation) -> None:
    peer.send(type="unheard_of", calm=[1, None])
    peer.send(type="timestamps", timestamps=[{"text": "a", "start": 0, "duration": 1, "pitch": "high"}], tempo=3)
    peer.send(type="timestamps")


def _closes_and_stays(peer: Conversation) -> None:
    peer.frame(Opcode.CLOSE, b"\x03\xe8")
    peer.freeze()


def _answers_twice(peer: Conversation, nonce: int) -> None:
    for _ in range(2):
        peer.send(type="flush_complete", nonce=nonce)
    peer.freeze()


def _refusals() -> Iterator[SessionRow]:
    for status, error in [(status, error) for error, status in TYPES.values()] + [(503, "InternalServerError")]:
        outcome = Fails(error, facts={"status_code": status, "retry_after": 99.0, "retry_safe": True})
        yield SessionRow(
            f"handshake refused: {status}",
            f"{status} in place of 101, Retry-After: 99",
            When.BEFORE,
            _refuses(status),
            outcome,
            REQUEST_ID,
        )
    for status in sorted({*RETRIED_STATUSES, 503}):
        facts = {"status_code": status, "retry_after": 0.0, "retry_safe": True}
        yield SessionRow(
            f"handshake refused for now: {status}",
            f"{status} in place of 101, Retry-After: 0",
            When.BEFORE,
            _refuses(status, "0"),
            Fails(CLASS[status], attempts=2, facts=facts),
            REQUEST_ID,
        )


def _cut_refusals() -> Iterator[SessionRow]:
    for what, framing, body, end, why in (
        ("FIN", "content-length: 99", '{"e', Conversation.drop, " (received 3 bytes, expected 99)"),
        (
            "FIN within a chunk",
            "transfer-encoding: chunked",
            '9\r\n{"e',
            Conversation.drop,
            " (incomplete chunked read)",
        ),
        ("RST", "content-length: 99", '{"e', Conversation.reset, " (received 3 bytes, expected 99)"),
        ("nothing more", "content-length: 99", '{"e', Conversation.freeze, " (received 3 bytes, expected 99)"),
    ):
        notes = [f"the body of the response was cut: peer closed connection without sending complete message body{why}"]
        yield SessionRow(
            *(f"handshake refused, and cut: {what}", f"403 in place of 101, a part of the body, {what}", When.BEFORE),
            *(_refuses_in_part(framing, body, end), Fails(CLASS[403], facts={"status_code": 403, "__notes__": notes})),
            REQUEST_ID,
        )


def _errors() -> Iterator[SessionRow]:
    for type_, (error, status) in TYPES.items():
        outcome = Fails(error, facts={"status_code": status, "type": type_, "message": "it is so"})
        name, wire = f"error: {type_}", "an `error` message, close 1008"
        yield SessionRow(f"{name}, for `ready`", wire, When.READY, before_ready(_errs(type_)), outcome)
        yield SessionRow(f"{name}, in the speech", wire, When.SPEECH, in_speech(_errs(type_)), outcome)


def _closes() -> Iterator[SessionRow]:
    for code in (1000, 1001, 1005, 1008, 1011, 1013):
        name, wire = f"closed with {code}", f"close {code}" if code != 1005 else "a close frame without a code"
        says = "it is so" if code != 1005 else ""
        outcome = _closed(code, 0, says=says, unanswered=(), retry_safe=True)
        yield SessionRow(f"{name}, for `ready`", wire, When.READY, before_ready(_code(code)), outcome, REQUEST_ID)
    for code in (1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1011, 1012, 1013, 4000):
        name, wire = f"closed with {code}", f"close {code}" if code != 1005 else "a close frame without a code"
        outcome = _closed(code, says="it is so" if code != 1005 else "", retry_safe=None)
        yield SessionRow(f"{name}, in the speech", wire, When.SPEECH, in_speech(_code(code)), outcome, waits=True)
    for code in (1001, 1005, 1008, 1011, 1013):
        name, wire = f"closed with {code}", f"close {code}" if code != 1005 else "a close frame without a code"
        outcome = _closed(code, unanswered=())
        yield SessionRow(f"{name}, after finish", wire, When.FINISH, in_finish(_code(code)), outcome)


def _unreadable() -> Iterator[SessionRow]:
    for name, text in (
        ("no JSON", '{"type": "timestamps", '),
        ("a JSON list", '["timestamps"]'),
        ("a JSON number", "5"),
        ("JSON null", "null"),
        ("an empty text", ""),
        ("JSON of great depth", "[" * 100_000),
        ("no type", '{"nonce": 1}'),
        ("a type that is no text", '{"type": 5}'),
        ("timestamps that are no list", '{"type": "timestamps", "timestamps": "soon"}'),
        ("a timestamp with a text for a number", '{"type": "timestamps", "timestamps": [{"text": "a", "start": "x"}]}'),
        ("a nonce that is no number", '{"type": "flush_complete", "nonce": "one"}'),
        ("a flush_complete without its nonce", '{"type": "flush_complete"}'),
        ("a second ready", '{"type": "ready", "request_id": "req_another"}'),
        ("an answer to nothing", '{"type": "reset_complete", "nonce": 7}'),
    ):
        yield SessionRow(name, "a text frame with that", When.SPEECH, in_speech(_says(text)), _UNREADABLE)
    for name, text in (
        ("no JSON", "hello"),
        ("flush_complete before `ready`", '{"type": "flush_complete", "nonce": 1}'),
    ):
        row = f"{name}, for `ready`" if name == "no JSON" else name
        yield SessionRow(row, "a text frame with that", When.READY, before_ready(_says(text)), _UNREADABLE, REQUEST_ID)


def _retried(error: str) -> Fails:
    return Fails(error, attempts=2, facts={"retry_safe": True})


SESSION_TABLE: tuple[SessionRow, ...] = (
    SessionRow(
        *("connection refused", "RST in answer to SYN", When.BEFORE, Place.CLOSED_PORT),
        *(_retried("APIConnectionError"), None),
    ),
    SessionRow(
        *("unknown host", "the name service knows no such host", When.BEFORE, Place.UNKNOWN_HOST),
        *(_retried("APIConnectionError"), None),
    ),
    SessionRow(
        *("certificate of nobody", "a certificate that nobody vouches for", When.BEFORE, Place.UNTRUSTED),
        *(_retried("APIConnectionError"), None),
    ),
    SessionRow(
        *("connection closed at once", "FIN after SYN", When.BEFORE, Greets(closes_at_once)),
        *(_retried("APIConnectionError"), None),
    ),
    SessionRow(
        *("no answer to the connection", "nothing at all", When.BEFORE, Greets(says_nothing)),
        *(_retried("APITimeoutError"), None),
        connect_timeout=STALL,
    ),
    SessionRow(
        *("refused in an old manner", "400 with nothing in it", When.BEFORE, Greets(answers_in_the_clear)),
        *(Fails("BadRequestError", facts={"status_code": 400}), None),
    ),
    SessionRow(
        *("no answer to the handshake", "nothing after the request", When.BEFORE, _never_answers),
        *(_retried("APITimeoutError"), None),
        connect_timeout=STALL,
    ),
    SessionRow(
        *("hung up on the handshake", "FIN after the request", When.BEFORE, _hangs_up_on_the_request),
        *(_retried("APIConnectionError"), None),
    ),
    SessionRow(
        *("handshake answered with garbage", "another protocol", When.BEFORE, _answers_garbage),
        *(_retried("APIConnectionError"), None),
    ),
    SessionRow(
        *("handshake accepted wrongly", "101 with the Accept of another key", When.BEFORE, _accepts_wrongly),
        *(_retried("APIConnectionError"), None),
    ),
    SessionRow(
        *("handshake answered with a page", "200 and text/html", When.BEFORE, _answers_html),
        *(Fails("APIResponseValidationError", facts={"status_code": 200}), REQUEST_ID),
    ),
    SessionRow(
        *("handshake redirected", "307, which is not followed: the key would go there", When.BEFORE, _redirects),
        *(Fails("APIStatusError", facts={"status_code": 307}), REQUEST_ID),
    ),
    *_refusals(),
    *_cut_refusals(),
    SessionRow(
        *("connection lost, for `ready`", "FIN after `init`", When.READY, before_ready(Conversation.drop)),
        *(_closed(None, 0, retry_safe=True), REQUEST_ID),
    ),
    SessionRow(
        *("TCP reset, for `ready`", "RST after `init`", When.READY, before_ready(Conversation.reset)),
        *(_closed(None, 0), REQUEST_ID),
    ),
    SessionRow(
        *("never ready", "nothing after `init`", When.READY, before_ready(Conversation.freeze)),
        *(Fails("StreamTimeoutError", received=0, facts={"retry_safe": True}), REQUEST_ID),
        read_timeout=STALL,
    ),
    SessionRow(
        *(
            "audio before `ready`",
            "a binary frame after `init`",
            When.READY,
            before_ready(lambda peer: peer.audio(b"x")),
        ),
        *(_UNREADABLE, REQUEST_ID),
    ),
    *(row for row in _closes() if row.when is When.READY),
    *(row for row in _errors() if row.when is When.READY),
    *(row for row in _unreadable() if row.when is When.READY),
    *(row for row in _errors() if row.when is When.SPEECH),
    SessionRow(
        *(
            "error of a type nobody knows",
            "an `error` message, close 1008",
            When.SPEECH,
            in_speech(_errs("moon_error")),
        ),
        Fails("APIStatusError", facts={"type": "moon_error", "message": "it is so", "status_code": 0}),
    ),
    SessionRow(
        *("error with no close after it", "an `error` message, and nothing", When.SPEECH),
        *(in_speech(_errs("rate_limit_error", None)), Fails("RateLimitError")),
    ),
    SessionRow(
        *("error that is a text", "`error` holds a text, no object", When.SPEECH, in_speech(_error_shaped("it is so"))),
        Fails("APIStatusError", facts={"message": "it is so", "type": None}),
    ),
    *(row for row in _closes() if row.when is When.SPEECH),
    SessionRow(
        *("connection lost", "FIN between two frames", When.SPEECH, in_speech(Conversation.drop), _closed(None)),
        waits=True,
    ),
    SessionRow(
        *("connection lost in a frame", "FIN inside a frame", When.SPEECH, in_speech(_in_a_frame(Conversation.drop))),
        _closed(None),
        waits=True,
    ),
    SessionRow(
        *("connection lost in a message", "FIN between two fragments", When.SPEECH, in_speech(_in_a_message)),
        _closed(None),
        waits=True,
    ),
    SessionRow(
        *("TCP reset", "RST between two frames", When.SPEECH, in_speech(Conversation.reset)),
        # What had come before a reset may be lost with it.
        Fails("SessionClosedError", facts={"code": None}),
        waits=True,
    ),
    SessionRow(
        *("stall", "nothing more, no pong either", When.SPEECH, in_speech(Conversation.freeze), _STALLED),
        read_timeout=STALL,
    ),
    SessionRow(
        *(
            "stall in a frame",
            "half a frame, and nothing more",
            When.SPEECH,
            in_speech(_in_a_frame(Conversation.freeze)),
        ),
        _STALLED,
        read_timeout=STALL,
    ),
    SessionRow(
        *("pings and nothing else", "a ping, and nothing more", When.SPEECH, in_speech(_pings_and_stalls), _STALLED),
        read_timeout=STALL,
    ),
    *(row for row in _unreadable() if row.when is When.SPEECH),
    SessionRow(
        *("text that is no UTF-8", "a text frame with it", When.SPEECH, in_speech(_frame(Opcode.TEXT, b"\xff\xfe"))),
        _closed(1007),
    ),
    SessionRow(
        *("a masked frame", "what clients alone do", When.SPEECH, in_speech(_frame(Opcode.BINARY, b"x", mask=True))),
        _closed(1002),
    ),
    SessionRow(
        *("a message that is too big", "more than max_message_size", When.SPEECH),
        *(in_speech(_frame(Opcode.BINARY, bytes(20_001))), _closed(1009)),
        max_message_size=20_000,
    ),
    SessionRow(
        *("flush never answered", "audio, and nothing more", When.SPEECH, on_flush(lambda peer, _: peer.freeze())),
        Fails("StreamTimeoutError", received=SENT),
        read_timeout=STALL,
    ),
    SessionRow(
        *("flush answered with another nonce", "flush_complete 2 for flush 1", When.SPEECH),
        on_flush(lambda peer, nonce: (peer.send(type="flush_complete", nonce=nonce + 1), peer.freeze())),
        _UNREADABLE,
    ),
    SessionRow(
        *("flush answered as a reset", "reset_complete 1 for flush 1", When.SPEECH),
        on_flush(lambda peer, nonce: (peer.send(type="reset_complete", nonce=nonce), peer.freeze())),
        _UNREADABLE,
    ),
    SessionRow(
        *("flush answered twice", "flush_complete 1 once more", When.SPEECH),
        on_flush(_answers_twice),
        _UNREADABLE,
    ),
    SessionRow(
        *("closed with a flush unanswered", "audio, finish taken, close 1000", When.FINISH),
        on_flush(lambda peer, _: (peer.expect("finish"), peer.close(1000))),
        _closed(1000, unanswered=(1,), says="unanswered: 1"),
        without=(Way.FLUSH,),
    ),
    *(row for row in _closes() if row.when is When.FINISH),
    SessionRow(
        *("text that is no UTF-8, after finish", "a text frame with it, close 1000", When.FINISH),
        in_finish(lambda peer: (peer.frame(Opcode.TEXT, b"\xff\xfe"), peer.close(1000))),
        _closed(1007),
    ),
    SessionRow(
        *("connection lost, after finish", "FIN in place of close 1000", When.FINISH, in_finish(Conversation.drop)),
        _closed(None),
    ),
    SessionRow(
        *("TCP reset, after finish", "RST in place of close 1000", When.FINISH, in_finish(Conversation.reset)),
        Fails("SessionClosedError", facts={"code": None}),
    ),
    SessionRow(
        *("never closed", "audio, and no close 1000", When.FINISH, in_finish(Conversation.freeze), _STALLED),
        read_timeout=STALL,
    ),
    SessionRow("all is well", "audio, flush_complete, close 1000", When.SOUND, sound(), Succeeds()),
    SessionRow("newer server", "unknown messages and fields", When.SOUND, sound(_sends_what_is_new), Succeeds()),
    SessionRow(
        "fragments", "a message of two frames, a ping between", When.SOUND, sound(_sends_in_fragments), Succeeds()
    ),
    SessionRow(
        *("the connection is kept", "close 1000, and no FIN", When.SOUND),
        in_finish(lambda peer: (peer.audio(AUDIO[SENT:]), _closes_and_stays(peer))),
        Succeeds(),
        read_timeout=STALL,
    ),
)


def arguments(row: SessionRow) -> dict[str, Any]:
    """Return the arguments of `create`."""
    return {"voice": "leah", "format": "pcm_s16le", "max_message_size": row.max_message_size}
