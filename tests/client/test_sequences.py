"""The items of a body that is a series of them, however it was cut on its way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmnt.streams.sequences import (
    Decoder,
    EventDecoder,
    LineDecoder,
    PartDecoder,
    SequenceDecoder,
    SequenceError,
    ServerSentEvent,
    decoder,
)
from tests.examples import many


def read(found: Decoder, *pieces: bytes) -> tuple[list[ServerSentEvent], bool]:
    """Return the items, and whether the body ended in the middle of one."""
    items = [item for piece in pieces for item in found.feed(piece)]
    items += found.end()
    return items, found.is_cut


def everywhere(make: Callable[[], Decoder], body: bytes) -> tuple[list[ServerSentEvent], bool]:
    """Read a body whole, cut once at each place, and byte by byte: it must be the same."""
    whole = read(make(), body)
    for place in range(len(body)):
        assert read(make(), body[:place], body[place:]) == whole, place
    assert read(make(), *(bytes([each]) for each in body)) == whole
    return whole


# What the HTML standard says of a stream (section 9.2.6), as bodies and what is in them.
EVENTS: dict[str, tuple[bytes, list[ServerSentEvent]]] = {
    "one": (b"data: one\n\n", [ServerSentEvent("one")]),
    "no space": (b"data:one\n\n", [ServerSentEvent("one")]),
    "two spaces": (b"data:  one\n\n", [ServerSentEvent(" one")]),
    "several lines": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [ServerSentEvent("YHOO\n+2\n10")]),
    "an empty line of data": (b"data\n\ndata\ndata\n\n", [ServerSentEvent(""), ServerSentEvent("\n")]),
    "a comment": (b": hello\n\ndata: one\n: more\n\n", [ServerSentEvent("one")]),
    "a name": (b"event: add\ndata: 73\n\ndata: 74\n\n", [ServerSentEvent("73", "add"), ServerSentEvent("74")]),
    "a name without data": (b"event: add\n\ndata: 1\n\n", [ServerSentEvent("1")]),
    "an id stays": (
        b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
        [ServerSentEvent("a", id="1"), ServerSentEvent("b", id="1"), ServerSentEvent("c", id="")],
    ),
    "an id with a NUL": (b"id: 1\0\ndata: a\n\n", [ServerSentEvent("a")]),
    "a retry": (
        b"retry: 100\ndata: a\n\nretry: 1s\ndata: b\n\n",
        [ServerSentEvent("a", retry=100), ServerSentEvent("b")],
    ),
    "a retry of nobody": (b"retry: %b\ndata: a\n\n" % (b"9" * 5000), [ServerSentEvent("a")]),
    "an unknown field": (b"foo: bar\ndata: a\n\n", [ServerSentEvent("a")]),
    "a colon in data": (b"data: a: b\n\n", [ServerSentEvent("a: b")]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", [ServerSentEvent("a")]),
    "a second one": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [ServerSentEvent("b")]),
    "returns": (b"data: a\r\rdata: b\r\r", [ServerSentEvent("a"), ServerSentEvent("b")]),
    "returns and feeds": (
        b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n",
        [ServerSentEvent("a\nb"), ServerSentEvent("c")],
    ),
    "all kinds of ends": (b"data: a\n\r\ndata: b\r\n\rdata: c\r\n\n", [ServerSentEvent(each) for each in "abc"]),
    "many blank lines": (b"\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [ServerSentEvent("a"), ServerSentEvent("b")]),
    "other ends of lines": ("data: a\u2028b\u0085c\n\n".encode(), [ServerSentEvent("a\u2028b\u0085c")]),
    "letters": ("data: ö😀\n\n".encode(), [ServerSentEvent("ö😀")]),
}


@pytest.mark.parametrize("name", EVENTS)
def test_events(name: str) -> None:
    body, items = EVENTS[name]
    assert everywhere(EventDecoder, body) == (items, False)


@pytest.mark.parametrize("rest", [b"data: b", b"data: b\n", b"event: x\n", b"id: 1\r\n", b"x", b"data: b\r"])
def test_an_event_that_no_blank_line_ends_is_cut(rest: bytes) -> None:
    assert everywhere(EventDecoder, b"data: a\n\n" + rest) == ([ServerSentEvent("a")], True)


@pytest.mark.parametrize("rest", [b"", b"\n", b"\r\n", b": ping", b": ping\n"])
def test_a_comment_at_the_end_is_no_cut(rest: bytes) -> None:
    assert everywhere(EventDecoder, b"data: a\n\n" + rest) == ([ServerSentEvent("a")], False)


@pytest.mark.parametrize(
    ("body", "items", "is_cut"),
    [
        (b'{"a": 1}\n{"a": 2}\n', ['{"a": 1}', '{"a": 2}'], False),
        (b'{"a": 1}\r\n\r\n\n{"a": 2}', ['{"a": 1}', '{"a": 2}'], False),
        (b'{"a": 1}\n{"a"', ['{"a": 1}'], True),
        (b'{"a": 1}\n"\xc3', ['{"a": 1}'], True),
        ('"\u2028\u0085"\n'.encode(), ['"\u2028\u0085"'], False),
        (b"\xef\xbb\xbf[1]\n", ["[1]"], False),
        (b"", [], False),
    ],
)
def test_lines(body: bytes, items: list[str], is_cut: bool) -> None:
    found, cut = everywhere(LineDecoder, body)
    assert ([item.data for item in found], cut) == (items, is_cut)


@pytest.mark.parametrize(
    ("body", "items", "is_cut"),
    [
        (b'\x1e{"a": 1}\n\x1e{"a":\n2}\n', ['{"a": 1}', '{"a":\n2}'], False),
        (b'\x1e\x1e{"a": 1}\n', ['{"a": 1}'], False),
        (b"\x1e12\n\x1e1", ["12"], True),
        (b'\x1e{"a": 1}\n\x1e{"a"', ['{"a": 1}'], True),
        (b'\x1e{"a": 1}\n\x1e"\xc3', ['{"a": 1}'], True),
    ],
)
def test_sequences(body: bytes, items: list[str], is_cut: bool) -> None:
    found, cut = everywhere(SequenceDecoder, body)
    assert ([item.data for item in found], cut) == (items, is_cut)


@pytest.mark.parametrize(
    ("body", "items", "is_cut"),
    [
        (
            b'--b\r\nContent-Type: application/json\r\n\r\n{"a": 1}\r\n--b\r\n\r\ntext\r\n--b--\r\n',
            [('{"a": 1}', "application/json"), ("text", "text/plain")],
            False,
        ),
        (b"before\r\n--b  \r\n\r\none\r\n--b--", [("one", "text/plain")], False),
        (b"--b\r\n\r\none\r\n--b\r\n\r\ntw", [("one", "text/plain")], True),
        (b"--b\r\n\r\none\r\n--b", [("one", "text/plain")], True),
    ],
)
def test_parts(body: bytes, items: list[tuple[str, str]], is_cut: bool) -> None:
    found, cut = everywhere(lambda: PartDecoder("b"), body)
    assert ([(item.data, item.event) for item in found], cut) == (items, is_cut)


@pytest.mark.parametrize("body", [b"data: \xff\n\n", b"data: a\xc3\n\n", b"data: \xed\xa0\x80\n\n"])
def test_what_is_no_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(SequenceError, match="UTF-8"):
        read(EventDecoder(), body)


@pytest.mark.parametrize("make", [EventDecoder, LineDecoder, SequenceDecoder])
def test_an_item_that_is_too_long(make: Callable[[int], Decoder]) -> None:
    start = {EventDecoder: b"data: ", SequenceDecoder: b"\x1e"}.get(make, b"")
    for pieces in ([start + b'"' + b"x" * 2000 + b'"\n\n'], [start, *[b"x" * 100] * 20]):
        with pytest.raises(SequenceError, match="more than 1000 bytes"):
            read(make(1000), *pieces)


def test_an_item_has_sixteen_mebibytes_at_most() -> None:
    for more, is_read in ((0, True), (1, False)):
        body = b"data: " + b"x" * ((16 << 20) - 6 + more) + b"\n\n"
        items, problem = outcome(
            EventDecoder(), [body[start : start + (1 << 20)] for start in range(0, len(body), 1 << 20)]
        )
        assert (len(items), problem) == ((1, False) if is_read else (0, "an item has more than 16777216 bytes"))


@pytest.mark.parametrize(
    ("said", "described", "kind"),
    [
        ("text/event-stream; charset=utf-8", "application/jsonl", EventDecoder),
        ("application/x-ndjson", "text/event-stream", LineDecoder),
        ("application/octet-stream", "application/json-seq", SequenceDecoder),
        ("Application/Geo+JSON-Seq", "", SequenceDecoder),
        ("", "application/jsonl", LineDecoder),
        ('multipart/mixed; boundary="x y"', "", PartDecoder),
    ],
)
def test_the_media_type_says_how_it_is_read(said: str, described: str, kind: type[Decoder]) -> None:
    assert type(decoder(said, described, 1000)) is kind


def test_parts_without_a_boundary() -> None:
    with pytest.raises(SequenceError, match="boundary"):
        decoder("multipart/mixed", "", 1000)


def test_a_text_of_many_lines_that_come_one_by_one() -> None:
    """To see whether it is whole takes no more than some looks at all of it; the end of the body tells in any case."""
    value = [{"a": number} for number in range(10_000)]
    found, since = SequenceDecoder(), time.process_time()
    items = [item for line in json.dumps(value, indent=1).splitlines() for item in found.feed(line.encode() + b"\n")]
    items += found.end()
    assert [json.loads(item.data) for item in items] == [value]
    assert time.process_time() - since < 5  # a look at each line would take minutes


def cuts(body: bytes, steps: bytes) -> list[int]:
    """Return where a body is cut: anywhere, from one place to the next."""
    return sorted({0, len(body), *(place % (len(body) + 1) for place in accumulate(steps))})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(values=st.lists(TEXTS, max_size=6), ends=st.sampled_from(["\n", "\r\n", "\r"]), places=st.binary(max_size=12))
@many
def test_what_was_written_is_read(values: list[str], ends: str, places: bytes) -> None:
    def cut(body: bytes) -> list[bytes]:
        return [body[start:end] for start, end in pairwise(cuts(body, places))]

    texts = [json.dumps(value, ensure_ascii=False) for value in values]
    events = "".join(f"data: {text}{ends}{ends}" for text in texts).encode()
    lines = "".join(f"{text}\n" for text in texts).encode()
    for make, body in ((EventDecoder, events), (LineDecoder, lines)):
        items, is_cut = read(make(), *cut(body))
        assert ([json.loads(item.data) for item in items], is_cut) == (values, False)


LONGEST = 24
LINE_PARTS = [
    b"\n",
    b"\r",
    b"\r\n",
    b'{"a"',
    b": 1}",
    b'"\xc3\xb6"',
    b"\xc3",
    b"\xff",
    b" ",
    b"\xef\xbb\xbf",
    b"[" * LONGEST,
]
ALPHABETS: dict[Callable[[], Decoder], list[bytes]] = {
    lambda: EventDecoder(LONGEST): [
        *(b"\n", b"\n\n", b"\r", b"\r\n", b"data: ", b"data", b"event: a", b"id: 7", b"id", b"retry: 5", b": c", b":"),
        *(b"\xef\xbb\xbf", b"\xc3\xb6", b"\xc3", b"\xff", b"\0", b"x" * LONGEST, b"data: " + b"y" * (LONGEST - 6)),
    ],
    lambda: LineDecoder(LONGEST): [*LINE_PARTS, b"z" * LONGEST],
    lambda: SequenceDecoder(LONGEST): [
        b"\x1e" + each for each in (b"", b"1\n", b'{"a":\n1}\n', b'"\xc3\n', b"12", b"[" * LONGEST)
    ],
    lambda: PartDecoder("b", LONGEST): [
        *(
            b"--b",
            b"\r\n",
            b"\r\n--b\r\n\r\n",
            b"\r\n--b--",
            b"content-type: a/b",
            b"--",
            b"x",
            b"\xff",
            b"-" * LONGEST,
        ),
    ],
}


def outcome(found: Decoder, pieces: list[bytes]) -> tuple[list[ServerSentEvent], object]:
    """Return the items, and what is wrong with what follows them."""
    items: list[ServerSentEvent] = []
    try:
        for piece in pieces:
            items.extend(found.feed(piece))
        items.extend(found.end())
    except SequenceError as error:
        return items, str(error)
    return items, found.is_cut


# A letter is a byte, and so is a place: bytes are drawn several times as fast as a list of anything else.
@pytest.mark.parametrize("make", ALPHABETS, ids=["events", "lines", "sequences", "parts"])
@given(letters=st.binary(max_size=12), ends=st.binary(max_size=8))
@many
def test_how_it_was_cut_on_its_way_makes_no_difference(
    make: Callable[[], Decoder], letters: bytes, ends: bytes
) -> None:
    """Whatever came: the items are the same, and so is what is wrong with what follows them."""
    alphabet = ALPHABETS[make]
    body = b"".join(alphabet[each % len(alphabet)] for each in letters)
    cut = [body[start:end] for start, end in pairwise(cuts(body, ends))]
    whole = outcome(make(), [body])
    assert outcome(make(), cut) == whole
    assert outcome(make(), [bytes([each]) for each in body]) == whole
