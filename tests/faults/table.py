"""THE table: every failure, what the wire shows of it, and what the caller gets. Data alone; `run` makes it happen.

A row says what is to happen on the wire: a fault that the local server is told, an act of a raw peer, or a place where
nobody answers. And it says what each kind of call gets from that: speech (read whole, as a stream, to a file), JSON
calls, uploads, which are never repeated once they may have arrived, and streams of items, which have rows of their own
in item_table.py and before the 200 are what any call is. Clients have max_retries=1, so two attempts are as many as
there can be.
"""

from __future__ import annotations

from typing import Final

from lmnt.settings.retries import RETRIED_STATUSES

from . import acts
from .bodies import SENT
from .item_table import ITEM_ROWS
from .rows import (
    ALL,
    ENCRYPTED,
    EVERY,
    ONE,
    TWO,
    Cause,
    Fails,
    Greets,
    Outcome,
    Outcomes,
    Place,
    Protocol,
    Raw,
    Row,
    Succeeds,
    Told,
    Where,
    by_protocol,
)

# ---- before the response

_STALL: Final = 1.5
"""Seconds that a client waits for what does not come."""


_NO_FILE: Final = frozenset({"over a file"})
"""Without a 200 there is nothing to write, so that one call to a file shows all there is to see."""


def _lost(attempts: int, error: str = "APIConnectionError", says: str = "", *, retry_safe: bool = True) -> Fails:
    return Fails(error, attempts, has_id=False, facts={"retry_safe": retry_safe}, says=says)


def _before(
    name: str,
    wire: str,
    cause: Cause,
    *,
    protocols: tuple[Protocol, ...] = EVERY,
    error: str = "APIConnectionError",
    unsent: bool = False,
    says: str = "",
    read_timeout: float = 10.0,
    connect_timeout: float = 10.0,
) -> Row:
    """Return a row of a call without an answer; unsent: nothing of it was acted on, so that all may be repeated."""
    return Row(
        name,
        wire,
        Where.BEFORE,
        cause,
        speech=_lost(2, error, says),
        json=_lost(2, error, says),
        upload=_lost(2 if unsent else 1, error, says, retry_safe=unsent),
        protocols=protocols,
        read_timeout=read_timeout,
        connect_timeout=connect_timeout,
        without=_NO_FILE,
    )


_BEFORE: Final = (
    _before("connection refused", "RST in answer to SYN", Place.CLOSED_PORT, unsent=True, says="refuses"),
    _before("unknown host", "the name service knows no such host", Place.UNKNOWN_HOST, unsent=True, says="not known"),
    _before(
        "certificate nobody vouches for",
        "a TLS handshake with a certificate of an unknown authority",
        Place.UNTRUSTED,
        protocols=ENCRYPTED,
        unsent=True,
        says="TLS",
    ),
    _before(
        "no TLS on the other side",
        "an HTTP/1.1 400 in the clear in answer to the ClientHello",
        Greets(acts.answers_in_the_clear),
        protocols=ENCRYPTED,
        unsent=True,
        says="TLS",
    ),
    _before(
        "closed in the TLS handshake",
        "FIN in answer to the ClientHello",
        Greets(acts.closes_at_once),
        protocols=ENCRYPTED,
        unsent=True,
    ),
    _before(
        "stalled in the TLS handshake",
        "nothing in answer to the ClientHello",
        Greets(acts.says_nothing),
        protocols=ENCRYPTED,
        error="APITimeoutError",
        unsent=True,
        connect_timeout=_STALL,
    ),
    _before(
        "closed on arrival",
        "FIN as soon as the connection is there",
        Greets(acts.closes_at_once),
        protocols=(Protocol.HTTP1,),
    ),
    _before("closed without an answer", "FIN after the request", Raw(acts.closes)),
    _before("reset without an answer", "RST after the request", Raw(acts.resets)),
    _before("garbage for an answer", "the greeting of an SSH server", Raw(acts.speaks_another_language)),
    _before("half a head", "the first bytes of the head, then FIN", Raw(acts.sends_half_a_head)),
    _before(
        "stalled before the response",
        "nothing after the request",
        Raw(acts.stalls),
        error="APITimeoutError",
        says="no response in time",
        read_timeout=_STALL,
    ),
    *(
        _before(
            f"stream reset before the response: {name}",
            f"RST_STREAM({name}) after the request",
            Raw(acts.resets_the_stream(code)),
            protocols=TWO,
            unsent=name == "REFUSED_STREAM",
        )
        for name, code in (("INTERNAL_ERROR", 2), ("REFUSED_STREAM", 7), ("CANCEL", 8), ("ENHANCE_YOUR_CALM", 11))
    ),
    _before(
        "GOAWAY with an error before the response",
        "GOAWAY(INTERNAL_ERROR) that names our stream as the last one looked at",
        Raw(acts.goes_away(2, without_us=False)),
        protocols=TWO,
    ),
    _before(
        "GOAWAY with an error, our stream not looked at",
        "GOAWAY(ENHANCE_YOUR_CALM) with a last stream below ours",
        Raw(acts.goes_away(11, without_us=True)),
        protocols=TWO,
        unsent=True,
    ),
    _before(
        "graceful GOAWAY before the response",
        "GOAWAY(NO_ERROR), then all of our stream; httpx2 fails the streams under way",
        Raw(acts.goes_away_and_sends_all),
        protocols=TWO,
    ),
    _before(
        "graceful GOAWAY, our stream not looked at",
        "GOAWAY(NO_ERROR) with a last stream below ours",
        Raw(acts.goes_away(0, without_us=True)),
        protocols=TWO,
        unsent=True,
    ),
)

# ---- statuses

CLASS: Final = {
    **dict.fromkeys(RETRIED_STATUSES, "APIStatusError"),
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "PaymentRequiredError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    408: "APIStatusError",
    409: "ConflictError",
    413: "APIStatusError",
    418: "APIStatusError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    501: "InternalServerError",
    502: "InternalServerError",
    503: "InternalServerError",
    504: "InternalServerError",
    520: "InternalServerError",
    529: "InternalServerError",
}
_DOCUMENTED: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "payment_required_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    **dict.fromkeys((500, 501, 502, 503, 504, 520, 529), "internal_server_error"),
}
_REPEATED: Final = {status for status in CLASS if status in RETRIED_STATUSES or status >= 500}


def _status(
    name: str,
    wire: str,
    status: int,
    details: str = "",
    *,
    attempts: int = 1,
    has_id: bool = True,
    says: str = "",
    **facts: object,
) -> Row:
    fails = Fails(CLASS[status], attempts, has_id=has_id, facts={"status_code": status, **facts}, says=says)
    once = Fails(CLASS[status], 1, has_id=has_id, facts={"status_code": status, **facts}, says=says)
    told = Told(f"status={status}{details}")
    return Row(name, wire, Where.STATUS, told, speech=fails, json=fails, upload=once, without=_NO_FILE)


def _redirect(name: str, wire: str, told: str, speech: Outcome, json: Outcome) -> Row:
    return Row(name, wire, Where.STATUS, Told(told), speech=speech, json=json, without=frozenset({"detailed"}))


_NOT_FOLLOWED: Final = Fails("APIStatusError", facts={"status_code": 302})
_ENDLESS: Final = Fails("APIStatusError", 6, facts={"status_code": 307})
_NOWHERE: Final = Fails("APIStatusError", facts={"status_code": 307})
_NO_WAIT: Final = "; retry-after=0"

_STATUSES: Final = (
    *(
        _status(
            f"status {status}",
            f"{status}, {'the API' if status in _DOCUMENTED else 'a proxy'} says why"
            + (", Retry-After: 0" if status in _REPEATED else ""),
            status,
            ("" if status in _DOCUMENTED else "; body=message") + (_NO_WAIT if status in _REPEATED else ""),
            attempts=2 if status in _REPEATED else 1,
            says=str(status),
            type=_DOCUMENTED.get(status),
        )
        for status in sorted(CLASS)
    ),
    Row(
        "status 409, of another type",
        "409, type invalid_request_error: the type says more than the status",
        Where.STATUS,
        Told("status=409; retry-after=0"),
        speech=Fails("BadRequestError", 2, facts={"status_code": 409, "type": "invalid_request_error"}),
        json=Fails("BadRequestError", 2, facts={"status_code": 409, "type": "invalid_request_error"}),
        upload=Fails("BadRequestError", 1, facts={"status_code": 409, "type": "invalid_request_error"}),
    ),
    _status("status 503 without Retry-After", "503", 503, attempts=2),
    _status("Retry-After that is nonsense", "503, Retry-After: soon", 503, "; retry-after=soon", attempts=2),
    _status(
        "Retry-After in milliseconds",
        "429, retry-after-ms: 5",
        429,
        "; retry-after-ms=5",
        attempts=2,
        retry_after=0.005,
    ),
    _status(
        "Retry-After of two minutes", "429, Retry-After: 120", 429, "; retry-after=120", attempts=1, retry_after=120.0
    ),
    _status(
        "error without a request id", "404, no id anywhere", 404, "; request-id=none", has_id=False, request_id=None
    ),
    _status("error with the request id in its body", "404, no request-id header", 404, "; request-id=body"),
    _status("error with no body", "502, no bytes", 502, "; body=empty" + _NO_WAIT, attempts=2, body="", type=None),
    _status(
        "error as HTML", "502, text/html", 502, "; body=html" + _NO_WAIT, attempts=2, says="<!doctype html>", type=None
    ),
    _status("error as plain text", "502, text/plain", 502, "; body=plain" + _NO_WAIT, attempts=2, says="asked for"),
    _status("error that breaks off", "400, JSON cut in the middle", 400, "; body=truncated", type=None, says="{"),
    _status("error as a text", '403, {"error": "text"}', 403, "; body=text", message="Invalid key", type=None),
    _status("error as a detail", '422, {"detail": […]}', 422, "; body=detail", type=None, says="Field required"),
    _status("error as a message", '401, {"message": "text"}', 401, "; body=message", message="Service down", type=None),
    _status("error of an unheard-of shape", "400, JSON of no known shape", 400, "; body=shape", type=None),
    _status("error that is null", "400, null", 400, "; body=null", body=None, type=None),
    _status("error that is a list", "400, a JSON list", 400, "; body=list", type=None),
    _status("error in the wrong charset", "400, ISO 8859-1 said to be UTF-8", 400, "; body=latin1", says="chou"),
    _status("error in no charset", "400, charset=utf-99", 400, "; body=charset", says="Ça a échoué"),
    _status("error of 10 MB", "400, JSON of ten million bytes", 400, "; body=huge", says="400"),
    _redirect(
        "redirect",
        "307 to the same place, then the answer",
        "redirect=307; times=1",
        Succeeds(attempts=2),
        Succeeds(attempts=2),
    ),
    _redirect("redirect without an end", "307 to the same place, each time", "redirect=307", _ENDLESS, _ENDLESS),
    _redirect(
        "redirect that may change the method",
        "302 to the same place, then the answer",
        "redirect=302; times=1",
        _NOT_FOLLOWED,
        Succeeds(attempts=2),
    ),
    _redirect("redirect to no URL", "307, Location: http://[", "redirect=307; location=http://[", _NOWHERE, _NOWHERE),
    _redirect(
        "redirect to another scheme", "307, Location: ftp://…", "redirect=307; location=ftp://h/", _NOWHERE, _NOWHERE
    ),
)

# ---- after the 200


def _truncated(received: int = SENT, says: str = "") -> Fails:
    return Fails("StreamTruncatedError", received=received, says=says)


def _reset(code: int | None, received: int = SENT) -> Fails:
    return Fails("StreamResetError", received=received, facts={"error_code": code})


def _stalled(received: int) -> Fails:
    return Fails("StreamTimeoutError", received=received)


def _after(
    name: str,
    wire: str,
    cause: Cause,
    outcome: Outcomes,
    *,
    items: Outcomes | None = None,
    protocols: tuple[Protocol, ...] = EVERY,
    read_timeout: float = 10.0,
    strict: bool = False,
) -> Row:
    """Return a row of an answer that begins well; what it gets does not depend on what was called.

    Args:
        items: What streams of items get, if that is something else.
    """
    by_raw_peer = outcome if isinstance(cause, Raw) else None
    return Row(
        name,
        wire,
        Where.AFTER,
        cause,
        speech=outcome,
        json=outcome,
        upload=by_raw_peer,
        events=items or by_raw_peer,
        lines=items or by_raw_peer,
        protocols=protocols,
        read_timeout=read_timeout,
        strict=strict,
    )


_MARKED: Final = Succeeds()
"""What a stream of items gets whose end mark has come: it is whole, whatever follows."""

_SHORT: Final = 100
"""Bytes of a cut JSON answer of the local server, and of its speech."""


def _unreadable(says: str = "") -> Fails:
    return Fails("APIResponseValidationError", facts={"status_code": 200}, says=says)


_AFTER: Final = (
    _after(
        "server fails in the body",
        "the end of the connection with the last chunk missing, or RST_STREAM(INTERNAL_ERROR)",
        Told(f"raise-after={_SHORT}"),
        by_protocol(_truncated(_SHORT), _reset(2, _SHORT)),
    ),
    _after(
        "server fails before the first byte",
        "a 200, and then the same",
        Told("raise-after=0"),
        by_protocol(_truncated(0), _reset(2, 0)),
    ),
    _after(
        "server stalls in the body",
        "nothing more",
        Told(f"stall-after={_SHORT}"),
        _stalled(_SHORT),
        read_timeout=_STALL,
    ),
    _after("connection lost", "FIN in the body", Raw(acts.is_cut), _truncated()),
    _after(
        "connection lost, with a Content-Length",
        "FIN before the length is reached",
        Raw(acts.is_cut_short_of_its_length),
        _truncated(),
    ),
    _after(
        "end missing",
        "the whole body and FIN, with no last chunk or END_STREAM",
        Raw(acts.is_cut_before_the_end_is_told),
        _truncated(ALL),
        items=_MARKED,
    ),
    _after("half of a chunk", "FIN inside a chunk", Raw(acts.is_cut_in_a_chunk), _truncated(), protocols=ONE),
    _after(
        "half of the last chunk",
        "0 CR LF, and FIN",
        Raw(acts.is_cut_in_the_last_chunk),
        _truncated(ALL),
        items=_MARKED,
        protocols=ONE,
    ),
    _after(
        "chunk size that is no number",
        "text where the size of a chunk belongs",
        Raw(acts.garbles_a_chunk_size),
        _truncated(),
        protocols=ONE,
    ),
    _after("TCP reset", "RST in the body", Raw(acts.is_reset), _reset(None), protocols=ONE),
    _after("TCP reset over HTTP/2", "RST in the body", Raw(acts.is_reset), _truncated(), protocols=TWO),
    _after(
        "broken TLS record", "a record that fails its check", Raw(acts.breaks_tls), _truncated(), protocols=ENCRYPTED
    ),
    *(
        _after(
            f"stream reset: {name}",
            f"RST_STREAM, code {code}, in the body",
            Raw(acts.resets_the_stream_in_the_body(code)),
            _reset(code),
            protocols=TWO,
        )
        for name, code in (
            ("NO_ERROR", 0),
            ("INTERNAL_ERROR", 2),
            ("REFUSED_STREAM", 7),
            ("CANCEL", 8),
            ("ENHANCE_YOUR_CALM", 11),
            ("a code nobody knows", 0xBEEF),
        )
    ),
    _after(
        "GOAWAY with an error",
        "GOAWAY(INTERNAL_ERROR) in the body, and FIN",
        Raw(acts.goes_away_in_the_body(2)),
        _reset(2),
        protocols=TWO,
    ),
    _after(
        "graceful GOAWAY in the body",
        "GOAWAY(NO_ERROR) in the body, then the rest of our stream; httpx2 fails the streams under way",
        Raw(acts.goes_away_in_the_body_and_sends_the_rest),
        _reset(0),
        protocols=TWO,
    ),
    _after(
        "graceful GOAWAY in two steps",
        "the same, after a GOAWAY(NO_ERROR) with the greatest stream",
        Raw(acts.goes_away_twice_and_sends_the_rest),
        _reset(0),
        protocols=TWO,
    ),
    _after(
        "graceful GOAWAY that is not kept",
        "GOAWAY(NO_ERROR) in the body, and FIN",
        Raw(acts.goes_away_in_the_body_and_is_cut),
        _reset(0),
        protocols=TWO,
    ),
    _after(
        "END_STREAM before the Content-Length",
        "END_STREAM with bytes missing",
        Raw(acts.ends_short_of_its_length),
        _truncated(),
        protocols=TWO,
    ),
    _after(
        "END_STREAM on DATA before the Content-Length",
        "one DATA with END_STREAM, and bytes missing",
        Raw(acts.ends_short_of_its_length_with_its_data),
        _truncated(0),  # h2 hands out nothing of what came with the broken rule
        protocols=TWO,
    ),
    _after(
        "trailers before the Content-Length",
        "trailers that end the stream, and bytes missing",
        Raw(acts.ends_short_of_its_length_with_trailers),
        _truncated(),
        protocols=TWO,
    ),
    _after(
        "informational response in the body",
        "HEADERS with 103 in the middle of the body, and END_STREAM",
        Raw(acts.sends_another_head_in_the_body(103)),
        _truncated(),
        protocols=TWO,
    ),
    Row(
        "second response in the body",
        "HEADERS with 200 in the middle of the body, and END_STREAM; h2 takes them for trailers",
        Where.AFTER,
        Raw(acts.sends_another_head_in_the_body(200)),
        speech=_truncated(says="frame"),
        json=_unreadable("the body begins"),
        upload=_unreadable("the body begins"),
        events=_truncated(),
        lines=_truncated(),
        protocols=TWO,
    ),
    _after(
        "chunks and a Content-Length that they do not reach",
        "both of them, and the last chunk before so many bytes",
        Raw(acts.sends_fewer_chunks_than_its_length),
        _truncated(),
        protocols=ONE,
    ),
    _after("206 that nobody asked for", "a part, says Content-Range", Raw(acts.sends_a_part), _truncated()),
    _after("200 that is a part", "a part, says Content-Range", Raw(acts.sends_a_part_as_a_200), _truncated()),
    _after(
        "206 short of its Content-Range", "fewer bytes than it says", Raw(acts.sends_less_than_its_part), _truncated()
    ),
    _after(
        "DATA beyond the Content-Length",
        "all that was announced, and then more",
        Raw(acts.sends_more_than_its_length_in_frames),
        _truncated(ALL),
        items=_MARKED,
        protocols=TWO,
    ),
    _after(
        "frame against the rules",
        "DATA on stream 0",
        Raw(acts.breaks_the_rules_of_frames),
        _truncated(),
        protocols=TWO,
    ),
    _after("stall in the body", "nothing more", Raw(acts.stalls_in_the_body), _stalled(SENT), read_timeout=_STALL),
    _after(
        "stall after the head", "a 200 and no byte", Raw(acts.stalls_after_the_head), _stalled(0), read_timeout=_STALL
    ),
    _after(
        "no framing, strict=True",
        "no length, no chunks: FIN is the end",
        Raw(acts.has_no_framing),
        _truncated(ALL),
        items=_MARKED,
        protocols=ONE,
        strict=True,
    ),
    Row(
        "no framing, cut inside a frame",
        "no length, no chunks: FIN inside a frame of the audio, or in the JSON",
        Where.AFTER,
        Raw(acts.has_no_framing_and_is_cut),
        speech=_truncated(),
        json=Fails("APIResponseValidationError", warns=True),
        events=_truncated(),
        lines=_truncated(),
        protocols=ONE,
    ),
    *(
        Row(
            f"ends inside: {what}",
            f"an end in all order inside {what}",
            Where.AFTER,
            Told(f"end-after={SENT}"),
            speech=_truncated(says=says),
            format=format,
        )
        for what, says, format in (
            ("an mp3 frame", "frame", "mp3"),
            ("an AAC frame", "frame", "aac"),
            ("a RIFF chunk", "RIFF", "wav"),
            ("a WebM element", "WebM", "webm"),
            ("a 16-bit sample", "sample", "pcm_s16le"),
            ("a 32-bit sample", "sample", "pcm_f32le"),
        )
    ),
    Row(
        "ends inside: the JSON",
        "an end in all order in the middle of the JSON",
        Where.AFTER,
        Told(f"end-after={_SHORT}"),
        json=Fails("APIResponseValidationError", facts={"status_code": 200}, says="the body begins"),
    ),
)

# ---- something else in the 200


def _content(name: str, wire: str, told: str, speech: Outcome | None, json: Outcome | None) -> Row:
    return Row(name, wire, Where.CONTENT, Told(told), speech=speech, json=json)


_CONTENTS: Final = (
    _content("no byte of it", "an end and nothing before it", "status=200; body=empty", _truncated(0), _unreadable()),
    _content(
        "204",
        "No Content",
        "status=204; body=empty",
        _truncated(0),
        Fails("APIResponseValidationError", facts={"status_code": 204}),
    ),
    Row(
        "no byte of it, chunked",
        "the last chunk, or END_STREAM, at once",
        Where.CONTENT,
        Raw(acts.sends_nothing),
        speech=_truncated(0),
        json=_unreadable(),
        upload=_unreadable(),
        events=_truncated(0),
        lines=_truncated(0),
    ),
    Row(
        "no byte of it, Content-Length: 0",
        "a length of nothing",
        Where.CONTENT,
        Raw(acts.sends_a_length_of_nothing),
        speech=_truncated(0),
        json=_unreadable(),
        upload=_unreadable(),
        events=_truncated(0),
        lines=_truncated(0),
    ),
    _content(
        "error in a 200",
        "the API's error envelope, application/json",
        "status=200; body=json",
        _unreadable("The request asked"),
        _unreadable("The request asked"),
    ),
    _content("HTML in a 200", "text/html", "status=200; body=html", _unreadable("<!doctype"), _unreadable("<!doctype")),
    _content(
        "text in a 200", "text/plain", "status=200; body=plain", _unreadable("asked for"), _unreadable("asked for")
    ),
    _content(
        "half of an error in a 200", "half the JSON", "status=200; body=truncated", _unreadable(), _unreadable("{")
    ),
    _content(
        "other JSON in a 200", "a shape nobody knows", "status=200; body=shape", _unreadable(), _unreadable("unheard")
    ),
    _content("null in a 200", "null", "status=200; body=null", _unreadable(), _unreadable("null")),
    _content("a list in a 200", "a JSON list", "status=200; body=list", _unreadable(), _unreadable("[")),
    _content(
        "wrong charset in a 200", "ISO 8859-1 said to be UTF-8", "status=200; body=latin1", _unreadable(), _unreadable()
    ),
    _content("nulls for values", "each value of the JSON is null", "nulls", None, _unreadable("null")),
    _content("gzip that is none", "Content-Encoding: gzip, and no gzip", "not-gzip", _truncated(0), _truncated(0)),
    _content(
        "gzip that breaks off",
        "a gzip stream without its end; HTTP ends in all order",
        f"gzip-cut={_SHORT}",
        _truncated(_SHORT),
        _truncated(_SHORT),
    ),
    _content(
        "gzip that goes bad",
        "a gzip stream that goes over into garbage",
        f"gzip-garbage={_SHORT}",
        _truncated(_SHORT),
        _truncated(_SHORT),
    ),
)

# ---- nothing is wrong


def _sound(
    name: str,
    wire: str,
    cause: Cause,
    *,
    protocols: tuple[Protocol, ...] = EVERY,
    complete: bool | None = True,
    where: Where = Where.SOUND,
) -> Row:
    outcome = Succeeds(complete)
    upload, items = (outcome, _MARKED) if isinstance(cause, Raw) else (None, None)
    return Row(name, wire, where, cause, outcome, outcome, upload, items, items, protocols=protocols)


_SOUND: Final = (
    _sound("chunks", "chunks and the last chunk, or DATA and END_STREAM", Raw(acts.sends_all)),
    _sound("Content-Length", "the length, and so many bytes", Raw(acts.sends_all_with_its_length)),
    _sound("gzip", "Content-Encoding: gzip, with its end", Told("gzip")),
    _sound("slow", "1000 bytes at a time", Told("drip=5")),
    _sound("early hints", "103 before the 200", Raw(acts.hints_first)),
    _sound("trailers", "a header field after the body", Raw(acts.sends_trailers)),
    _sound(
        "length in the trailers",
        "a Content-Length after the body, which means nothing there (RFC 9110 section 6.5.1)",
        Raw(acts.contradicts_itself_in_the_trailers),
    ),
    _sound("206 of everything", "a part, says Content-Range, and it is all", Raw(acts.sends_all_as_a_part)),
    _sound(
        "more than the Content-Length",
        "bytes after the announced ones, which are no part of the body; the connection is not used again",
        Raw(acts.sends_more_than_its_length),
        protocols=(Protocol.HTTP1, Protocol.TLS),
    ),
    Row(
        "newer server",
        "JSON with unknown fields and unknown values of enumerations",
        Where.SOUND,
        Raw(acts.sends_a_newer_voice),
        json=Succeeds(),
        without=frozenset({"detailed"}),
    ),
)

# ---- what nobody can tell

_MP3_FRAME: Final = 288
_LIMITS: Final = (
    _sound(
        "no framing",
        "no length, no chunks: FIN is the end, and nothing proves that it is",
        Raw(acts.has_no_framing),
        protocols=ONE,
        complete=None,
        where=Where.LIMIT,
    ),
    _sound(
        "206 of something of unknown size",
        "a part of `*`, says Content-Range",
        Raw(acts.sends_a_part_of_something),
        complete=None,
        where=Where.LIMIT,
    ),
    *(
        Row(
            f"ends between two {what}",
            f"an end in all order between two {what}",
            Where.LIMIT,
            Told(f"end-after={received}"),
            speech=Succeeds(received=received),
            format=format,
        )
        for what, format, received in (
            ("mp3 frames", "mp3", 40 * _MP3_FRAME),
            ("16-bit samples", "pcm_s16le", 12_000),
            ("samples of ulaw", "ulaw", 12_001),
        )
    ),
)

TABLE: Final[tuple[Row, ...]] = (*_BEFORE, *_STATUSES, *_AFTER, *_CONTENTS, *ITEM_ROWS, *_SOUND, *_LIMITS)
"""Every failure."""
