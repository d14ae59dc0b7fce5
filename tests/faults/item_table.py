"""The rows of the table that are of streams of items alone: what is sent in place of an item, or of the end mark."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from . import acts
from .bodies import ITEMS, PATHS, REQUEST_ID, Body, event, items, line
from .peer import Act, Exchange
from .rows import EVERY, ONE, TWO, Fails, Outcome, Protocol, Raw, Row, Succeeds, Where

_SENT: Final = 30
"""Items that are sound, before what is not."""

_LONGEST: Final = 1_000
"""Bytes that an item may have where it is seen that there is a limit."""

Written = Callable[[list[bytes]], bytes]
"""How items are written."""

# ---- what the peer does


def _is_events(exchange: Exchange) -> bool:
    return exchange.request.path == PATHS["events"]


def _ends(exchange: Exchange) -> None:
    exchange.end()


def _goes_on(exchange: Exchange) -> None:
    """Send the rest, so that only who looks at each item sees that one is wrong."""
    exchange.body(b"".join(items(exchange.request.path)[_SENT + 1 :]))
    exchange.end()


def _resets(exchange: Exchange) -> None:
    exchange.reset()


def _sends(instead: tuple[bytes, bytes], then: Act = _goes_on, sent: int = _SENT) -> Act:
    """Send sound items, and this in place of the next event or line."""

    def act(exchange: Exchange) -> None:
        exchange.head()
        exchange.body(b"".join(items(exchange.request.path)[:sent]) + instead[not _is_events(exchange)])
        then(exchange)

    return act


def _writes(events: Written, lines: Written, then: Act = _ends) -> Act:
    """Send all items, written in some way."""

    def act(exchange: Exchange) -> None:
        exchange.head()
        exchange.body((events if _is_events(exchange) else lines)(items(exchange.request.path)))
        then(exchange)

    return act


def _sends_a_little_at_a_time(exchange: Exchange) -> None:
    exchange.head()
    content = exchange.whole.content
    for start in range(0, len(content), 7):
        exchange.body(content[start : start + 7])
    exchange.end()


def _sends_something_else(media_type: str, content: bytes) -> Act:
    def act(exchange: Exchange) -> None:
        exchange.head(body=Body(media_type, content))
        exchange.body(content)
        exchange.end()

    return act


def _has_no_content(exchange: Exchange) -> None:
    exchange.send_head([("request-id", REQUEST_ID)], 204)
    exchange.end()


# ---- what is wrong


def _wrong(
    name: str,
    wire: str,
    act: Act,
    events: Outcome | None,
    lines: Outcome | None = None,
    *,
    protocols: tuple[Protocol, ...] = EVERY,
    read_timeout: float = 10.0,
    longest_item: int | None = None,
) -> Row:
    """Return a row; what lines get is the same, unless it is said."""
    return Row(
        name,
        wire,
        Where.ITEMS,
        Raw(act),
        events=events,
        lines=lines or events,
        protocols=protocols,
        read_timeout=read_timeout,
        longest_item=longest_item,
    )


def _cut(error: str, says: str, more: tuple[bytes, bytes] = (b"", b""), sent: int = _SENT) -> tuple[Outcome, Outcome]:
    """Return what is got of a stream that stops after so many items, and perhaps the start of another."""
    sizes = [len(b"".join(items(path)[:sent]) + each) for path, each in zip(PATHS.values(), more, strict=True)]
    events, lines = (Fails(error, received=size, items=sent, says=says) for size in sizes)
    return events, lines


def _unreadable(says: str, sent: int = _SENT) -> Fails:
    return Fails("APIResponseValidationError", items=sent, says=says)


def _refused(error: str, says: str, status: int) -> Fails:
    return Fails(error, items=_SENT, says=says, facts={"status_code": status})


_NEXT: Final = (event(_SENT + 1), line(_SENT + 1))
_HALF: Final = (_NEXT[0][:-9], _NEXT[1][:-9])
_HALF_A_LETTER: Final = (_NEXT[0][: _NEXT[0].index(b"\xc3") + 1], _NEXT[1][: _NEXT[1].index(b"\xc3") + 1])
_NOTHING: Final = (b"", b"")
_BUSY: Final = b'{"error": {"type": "overloaded", "message": "Later."}}'
_SLOW_DOWN: Final = (
    b'data: {"type": "answer.failed", "why": {"text": "Slow down.", "code": "too_many", "status": 429}}\n\n',
    b'{"count": 0, "done": true, "error": {"type": "too_many", "message": "Slow down."}}\n',
)


def _with(data: bytes) -> tuple[bytes, bytes]:
    return b"event: answer.piece\ndata: " + data + b"\n\n", data + b"\n"


_WRONG: Final = (
    _wrong(
        "items without the end mark",
        "all items but the last, and an end in all order",
        _sends(_NOTHING, _ends, ITEMS - 1),
        *_cut("StreamTruncatedError", "without its end mark", sent=ITEMS - 1),
    ),
    _wrong(
        "end between two items",
        "some items, and an end in all order",
        _sends(_NOTHING, _ends),
        *_cut("StreamTruncatedError", "without its end mark"),
    ),
    _wrong(
        "end inside an item",
        "half an item, and an end in all order",
        _sends(_HALF, _ends),
        *_cut("StreamTruncatedError", "in the middle of an item", _HALF),
    ),
    _wrong(
        "end inside a letter",
        "the first of the two bytes of a letter, and an end in all order",
        _sends(_HALF_A_LETTER, _ends),
        *_cut("StreamTruncatedError", "in the middle of an item", _HALF_A_LETTER),
    ),
    _wrong(
        "cut between two items",
        "FIN between two items",
        _sends(_NOTHING, acts.closes),
        *_cut("StreamTruncatedError", ""),
    ),
    _wrong(
        "TCP reset between two items",
        "RST between two items",
        _sends(_NOTHING, _resets),
        *_cut("StreamResetError", ""),
        protocols=ONE,
    ),
    _wrong(
        "stream reset between two items",
        "RST_STREAM(INTERNAL_ERROR) between two items",
        _sends(_NOTHING, acts.resets_the_stream(2)),
        *_cut("StreamResetError", ""),
        protocols=TWO,
    ),
    _wrong(
        "stall between two items",
        "nothing more after an item",
        _sends(_NOTHING, acts.stalls),
        *_cut("StreamTimeoutError", ""),
        read_timeout=1.5,
    ),
    _wrong(
        "error item",
        "`event: error`, or a line with `error`, of a type that the description knows",
        _sends((b"event: error\ndata: " + _BUSY + b"\n\n", _BUSY + b"\n")),
        _refused("InternalServerError", "Later.", 529),
    ),
    _wrong(
        "error item of no type",
        "`event: error`, or a line with `error`, and a text",
        _sends((b"event: error\ndata: No room.\n\n", b'{"error": "No room."}\n')),
        Fails("APIStatusError", items=_SENT, says="No room."),
    ),
    _wrong(
        "error item that ends the stream, too",
        "an item that the description calls an error, with a status or the end mark in it",
        _sends(_SLOW_DOWN),
        _refused("RateLimitError", "Slow down.", 429),
    ),
    _wrong("bad JSON", "an item that is no JSON", _sends(_with(b'{"count": ')), _unreadable("item 31 is no JSON")),
    _wrong(
        "bad UTF-8", "an item with a byte that is no UTF-8", _sends(_with(b'"\xff"')), _unreadable("it is no UTF-8")
    ),
    _wrong(
        "item of another shape",
        "an item whose field is of another type",
        _sends((event(31, text=[]), line(31, count=[]))),
        _unreadable("item 31: "),
    ),
    _wrong("item that is null", "null", _sends(_with(b"null")), _unreadable("item 31: ")),
    _wrong(
        "item nested beyond reason",
        "20,000 arrays in each other",
        _sends(_with(b"[" * 20_000 + b"]" * 20_000)),
        _unreadable("item 31"),
    ),
    _wrong(
        "item over the limit",
        f"an item of more bytes than `max_item_size`, here {_LONGEST}",
        _sends((event(31, padding="x" * _LONGEST), line(31, padding="x" * _LONGEST))),
        _unreadable(f"more than {_LONGEST} bytes"),
        longest_item=_LONGEST,
    ),
    _wrong(
        "item over the limit that never ends",
        f"an item of which more than {_LONGEST} bytes have come, and then nothing",
        _sends((_HALF[0] + b"x" * _LONGEST, _HALF[1] + b"x" * _LONGEST), acts.stalls),
        _unreadable(f"more than {_LONGEST} bytes"),
        longest_item=_LONGEST,
    ),
    _wrong(
        "JSON in place of a stream",
        "application/json: the answer of the same operation without a stream",
        _sends_something_else("application/json", b'{"text": "a"}'),
        _unreadable("as application/json", sent=0),
    ),
    _wrong(
        "a page in place of a stream",
        "text/html",
        _sends_something_else("text/html", b"<!doctype html>\n<title>Welcome</title>\n"),
        _unreadable("as text/html", sent=0),
    ),
    _wrong("no content in place of a stream", "204", _has_no_content, Fails("StreamTruncatedError", received=0)),
)

# ---- what is sound


def _sound(name: str, wire: str, act: Act, *, events: bool = True, lines: bool = True) -> Row:
    whole = Succeeds(received=None)
    return Row(name, wire, Where.SOUND, Raw(act), events=whole if events else None, lines=whole if lines else None)


def _changed(change: Callable[[bytes], bytes]) -> Act:
    """Send all items, each of them changed."""

    def write(given: Iterable[bytes]) -> bytes:
        return b"".join(map(change, given))

    return _writes(write, write)


def _after_the_mark(then: Act) -> Act:
    return _writes(b"".join, b"".join, then)


def _sends_more(exchange: Exchange) -> None:
    exchange.body(b"".join(_NEXT) + b"\xff")
    exchange.end()


_SOUND: Final = (
    _sound("items: a little at a time", "seven bytes at a time", _sends_a_little_at_a_time),
    _sound(
        "items: heartbeats",
        "comments between events and in them, empty lines between lines",
        _writes(lambda each: b": ping\n\n".join(each).replace(b"\ndata", b"\n:\ndata"), b"\n".join),
    ),
    _sound(
        "items: heartbeats with a name",
        "`event: ping`, of which the description says that it is no item",
        _writes(b"event: ping\ndata: {}\n\n".join, b"".join),
        lines=False,
    ),
    _sound(
        "items: ids, retries, unknown fields",
        "`id`, `retry` and `more` in each event",
        _changed(lambda each: b"id: 7\nretry: 3000\nmore\n" + each),
        lines=False,
    ),
    _sound(
        "items: data over several lines",
        "`data` more than once in an event",
        _changed(lambda each: each.replace(b", ", b",\ndata: ")),
        lines=False,
    ),
    _sound("items: CR LF", "lines that end with CR LF", _changed(lambda each: each.replace(b"\n", b"\r\n"))),
    _sound("items: CR", "lines that end with CR", _changed(lambda each: each.replace(b"\n", b"\r")), lines=False),
    _sound(
        "items: byte order mark",
        "U+FEFF at the start",
        _writes(lambda each: b"\xef\xbb\xbf" + b"".join(each), lambda each: b"\xef\xbb\xbf" + b"".join(each)),
    ),
    _sound(
        "items: separators of Unicode",
        "U+2028 and U+0085 in a text, which end no line here",
        _changed(lambda each: each.replace("öö".encode(), "\u2028\u0085".encode())),
    ),
    _sound(
        "items: of an unknown kind",
        "items of a type that the description does not know",
        _changed(lambda each: each.replace(b"answer.piece", b"answer.new")),
        lines=False,
    ),
    _sound(
        "items: no end of the last line",
        "the end mark without LF, and an end in all order",
        _writes(b"".join, lambda each: b"".join(each)[:-1]),
        events=False,
    ),
    _sound("items: more after the end mark", "items, and a byte that is no UTF-8", _after_the_mark(_sends_more)),
    _sound("items: no end after the end mark", "nothing more", _after_the_mark(acts.stalls)),
    _sound("items: a reset after the end mark", "RST", _after_the_mark(_resets)),
)

ITEM_ROWS: Final[tuple[Row, ...]] = (*_WRONG, *_SOUND)
