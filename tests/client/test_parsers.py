"""What reads responses on the direct road, fed with anything, in pieces of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, product, repeat
from typing import NamedTuple

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lmnt.transport.direct.parsing import LONGEST_HEAD, MOST_HEADERS, Head, Parser, ProtocolError
from tests.examples import many

from .modes import PARSERS


class Verdict(NamedTuple):
    """What a response comes to."""

    head: Head | None
    body: bytes
    error: str | None
    is_reusable: bool

    @property
    def is_whole(self) -> bool:
        return self.head is not None and self.error is None


def judged(kind: type[Parser], pieces: Sequence[bytes], method: str = "POST") -> Verdict:
    """Read a response as a connection does, the end of which follows the pieces."""
    parser = kind(method)
    left = iter([*filter(None, pieces), b""])
    body = b""
    head = None
    try:
        while (head := parser.head()) is None:
            parser.receive(next(left))
        while (data := parser.body()) != b"":
            if data is None:
                parser.receive(next(left))
            else:
                body += data
    except ProtocolError as error:
        return Verdict(head, body, str(error), is_reusable=False)
    # What comes later is seen by who looks whether a connection is stale.
    return Verdict(head, body, None, parser.is_reusable and not any(left))


def read(parser: Parser, pieces: Iterator[bytes]) -> None:
    for piece in pieces:
        parser.receive(piece)
        if parser.head() is not None:
            parser.body()


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({each % (len(data) + 1) for each in places})
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

BOTH_TAKE: dict[str, tuple[bytes, bytes, bool]] = {
    "a length": (OK + b"Content-Length: 3\r\n\r\nabc", b"abc", True),
    "a length of none": (OK + b"Content-Length: 0\r\n\r\n", b"", True),
    "chunks": (CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", b"abc", True),
    "an extension of a chunk": (CHUNKED + b'3;a=b;c="d"\r\nabc\r\n0\r\n\r\n', b"abc", True),
    "zeros before the size of a chunk": (CHUNKED + b"0003\r\nabc\r\n000\r\n\r\n", b"abc", True),
    "spaces after the size of a chunk": (CHUNKED + b"3  \r\nabc\r\n0\r\n\r\n", b"abc", True),
    "trailers": (CHUNKED + b"3\r\nabc\r\n0\r\nX: y\r\n\r\n", b"abc", True),
    "framing among the trailers": (CHUNKED + b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n", b"abc", True),
    "chunks and a length": (
        OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"abc",
        True,
    ),
    "the end of the connection": (OK + b"\r\nabc", b"abc", False),
    "what says close": (OK + b"Connection: close\r\nContent-Length: 3\r\n\r\nabc", b"abc", False),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc", False),
    "chunks of HTTP/1.0": (
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"abc",
        False,
    ),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc", b"abc", True),
    "lines of a head that end in LF alone": (b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", b"abc", True),
    "an empty value": (OK + b"X:\r\nContent-Length: 3\r\n\r\nabc", b"abc", True),
    "bytes above ASCII": (OK + b"X: \xff\xe2\r\nContent-Length: 3\r\n\r\nabc", b"abc", True),
    "a 204 with a length": (b"HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n", b"", True),
    "a 304 with a length": (b"HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", b"", True),
    "informational ones": (
        b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + OK + b"Content-Length: 3\r\n\r\nabc",
        b"abc",
        True,
    ),
    "more after a length": (OK + b"Content-Length: 3\r\n\r\nabcd", b"abc", False),
    "another response": ((OK + b"Content-Length: 3\r\n\r\nabc") * 2, b"abc", False),
    "more after chunks": (CHUNKED + b"3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nxyz", b"abc", False),
    "more after a 204": (b"HTTP/1.1 204 No\r\n\r\nabc", b"", False),
    "a status without a name": (b"HTTP/1.1 599 ?\r\nContent-Length: 3\r\n\r\nabc", b"abc", True),
}
"""What both parsers take: the body, and whether the connection is used again."""

BOTH_REFUSE: dict[str, bytes] = {
    "nothing": b"",
    "half a head": OK + b"Content-Le",
    "no HTTP": b"220 mail.test ESMTP\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x16",
    "HTTP/2": b"HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a status below 100": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 Now\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc",
    "a short body": OK + b"Content-Length: 4\r\n\r\nabc",
    "chunks without an end": CHUNKED + b"3\r\nabc\r\n",
    "a cut chunk": CHUNKED + b"4\r\nabc",
    "a cut last chunk": CHUNKED + b"3\r\nabc\r\n0\r\n",
    "a chunk without its end": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "a chunk of no number": CHUNKED + b"x\r\nabc\r\n0\r\n\r\n",
    "a chunk of a negative number": CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
    "a chunk of a number like Python's": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "an endless number": CHUNKED + b"f" * 30 + b"\r\nabc\r\n0\r\n\r\n",
    "chunks whose sizes end in LF alone": CHUNKED + b"3\nabc\r\n0\r\n\r\n",
    "two lengths": OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a length that is none": OK + b"Content-Length: +3\r\n\r\nabc",
    "an empty length": OK + b"Content-Length:\r\n\r\nabc",
    "a huge length": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabc",
    "another coding": OK + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "two codings": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "chunked twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "a space after a name": OK + b"X : y\r\nContent-Length: 3\r\n\r\nabc",
    "no name": OK + b": y\r\nContent-Length: 3\r\n\r\nabc",
    "a zero in a value": OK + b"X: \0\r\nContent-Length: 3\r\n\r\nabc",
    "too many headers": OK + b"A: b\r\n" * (MOST_HEADERS + 1) + b"Content-Length: 3\r\n\r\nabc",
}

DIFFERENT: dict[str, tuple[bytes, bool, bool]] = {
    "a folded header": (OK + b"A: b\r\n c\r\nContent-Length: 3\r\n\r\nabc", True, False),
    "one length twice": (OK + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", True, False),
    "one length twice in a line": (OK + b"Content-Length: 3, 3\r\n\r\nabc", True, False),
    "a control character in a value": (OK + b"X: \x01\r\nContent-Length: 3\r\n\r\nabc", True, False),
    "HTTP/1.2": (b"HTTP/1.2 200 OK\r\nContent-Length: 3\r\n\r\nabc", True, False),
    "empty lines before a response": (b"\r\n\r\n" + OK + b"Content-Length: 3\r\n\r\nabc", False, True),
    "RTSP": (b"RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", False, True),
}
"""What h11 takes, and what llhttp: nothing of it leaves a doubt how long the body is."""


@pytest.mark.parametrize("kind", PARSERS.values(), ids=PARSERS)
@pytest.mark.parametrize("name", BOTH_TAKE)
def test_what_both_take(name: str, kind: type[Parser]) -> None:
    wire, body, is_reusable = BOTH_TAKE[name]
    for pieces in ([wire], cut(wire, range(len(wire)))):
        verdict = judged(kind, pieces)
        assert (verdict.error, verdict.body, verdict.is_reusable) == (None, body, is_reusable)


@pytest.mark.parametrize("kind", PARSERS.values(), ids=PARSERS)
@pytest.mark.parametrize("name", BOTH_REFUSE)
def test_what_both_refuse(name: str, kind: type[Parser]) -> None:
    for pieces in ([BOTH_REFUSE[name]], cut(BOTH_REFUSE[name], range(len(BOTH_REFUSE[name])))):
        assert judged(kind, pieces).error is not None


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_one_of_them_takes(name: str) -> None:
    wire, *takes = DIFFERENT[name]
    for kind, is_taken in zip((PARSERS["h11"], PARSERS["llhttp"]), takes, strict=True):
        for pieces in ([wire], cut(wire, range(len(wire)))):
            verdict = judged(kind, pieces)
            assert (verdict.error is None) == is_taken, kind
            assert not is_taken or verdict.body == b"abc"


@pytest.mark.parametrize("kind", PARSERS.values(), ids=PARSERS)
def test_the_body_of_an_answer_to_head_is_none(kind: type[Parser]) -> None:
    for framing in (b"Content-Length: 3\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"):
        verdict = judged(kind, [OK + framing], "HEAD")
        assert (verdict.error, verdict.body) == (None, b"")
        # llhttp does not know that nothing follows.
        assert verdict.is_reusable == (kind is PARSERS["h11"])
        assert not judged(kind, [OK + framing + b"abc"], "HEAD").is_reusable


ENDLESS: dict[str, Callable[[], Iterator[bytes]]] = {
    "headers": lambda: chain([OK], repeat(b"A: b\r\n" * 100)),
    "a header": lambda: chain([OK + b"A: "], repeat(b"b" * 500)),
    "spaces before a value": lambda: chain([OK + b"A:"], repeat(b" " * 500)),
    "a name": lambda: chain([OK], repeat(b"a" * 500)),
    "a reason": lambda: chain([b"HTTP/1.1 200 "], repeat(b"a" * 500)),
    "informational ones": lambda: repeat(b"HTTP/1.1 100 Go on\r\n\r\n"),
    "long informational ones": lambda: repeat(b"HTTP/1.1 103 Hints\r\nA: " + b"a" * 5000 + b"\r\n\r\n"),
    "the extension of a chunk": lambda: chain([CHUNKED + b"3;a="], repeat(b"b" * 500)),
    "zeros before the size of a chunk": lambda: chain([CHUNKED], repeat(b"0" * 500)),
    "trailers": lambda: chain([CHUNKED + b"3\r\nabc\r\n0\r\n"], repeat(b"A: b\r\n" * 100)),
    "a trailer": lambda: chain([CHUNKED + b"3\r\nabc\r\n0\r\nA: "], repeat(b"b" * 500)),
    "empty lines": lambda: repeat(b"\r\n" * 250),
}


@pytest.mark.parametrize("size", [1000, 65_536, 300_000])
@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("kind", PARSERS.values(), ids=PARSERS)
def test_what_never_ends_is_given_up(kind: type[Parser], name: str, size: int) -> None:
    source = ENDLESS[name]()

    def pieces() -> Iterator[bytes]:
        came = 0
        while came < 4 * LONGEST_HEAD + size:
            piece = b""
            while len(piece) < size:
                piece += next(source)
            came += len(piece)
            yield piece

    parser = kind("POST")
    with pytest.raises(ProtocolError):
        read(parser, pieces())


@pytest.mark.parametrize("kind", PARSERS.values(), ids=PARSERS)
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_the_longest_head_does_not_depend_on_how_it_is_cut(kind: type[Parser], over: int) -> None:
    frame = OK + b"A: %b\r\nContent-Length: 3\r\n\r\n"
    wire = frame.replace(b"%b", b"a" * (LONGEST_HEAD + over - len(frame) + 2))
    assert len(wire) == LONGEST_HEAD + over
    for step in (1000, 4096, 65_536, 10**6):
        assert judged(kind, cut(wire + b"abc", range(0, len(wire), step))).is_whole == (over <= 0)


@pytest.mark.parametrize("kind", PARSERS.values(), ids=PARSERS)
@pytest.mark.parametrize("more", [b"", b"b"])
@pytest.mark.parametrize("size", [LONGEST_HEAD - 100, LONGEST_HEAD, 3 * LONGEST_HEAD])
def test_a_long_body_may_come_with_its_head_in_one_piece(kind: type[Parser], size: int, more: bytes) -> None:
    body = b"a" * size
    verdict = judged(kind, [OK + b"Content-Length: %d\r\n\r\n" % size + body + more])
    assert verdict.is_whole
    assert verdict.body == body
    assert verdict.is_reusable is (not more)


@pytest.mark.parametrize("kind", PARSERS.values(), ids=PARSERS)
@pytest.mark.parametrize("length", [50_000, 99_000, 105_000, 150_000, 190_000, 210_000])
def test_a_long_extension_does_not_depend_on_how_it_is_cut(kind: type[Parser], length: int) -> None:
    wire = CHUNKED + b"3\r\nabc\r\n3;a=" + b"b" * length + b"\r\nabc\r\n0\r\n\r\n"
    whole, *others = (judged(kind, cut(wire, range(0, len(wire), step))) for step in (10**6, 1000, 4096, 65_536))
    assert all(other == whole for other in others)


# Each byte is a choice: bytes are drawn several times as fast as a list of anything else.
FIELDS = [
    b"Content-Length: 7",
    b"Content-Length: 0",
    b"Content-Length: 70",
    b"Transfer-Encoding: chunked",
    b"transfer-encoding:chunked",
    b"Connection: close",
    b"Upgrade: x",
    b"X-Long: " + b"y" * 500,
    b"Content-Type: audio/pcm",
    b"Folded: a\r\n b",
    b"Empty:",
    b"Bad\x00: z",
]
HEADS = st.binary(max_size=4).map(lambda picks: [FIELDS[each % len(FIELDS)] for each in picks])
STATUS = st.sampled_from(
    [
        OK,
        OK,
        OK,
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.1 204 No\r\n",
        b"HTTP/1.1 100 On\r\n\r\nHTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 500\n",
    ]
)
CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=4).map(
    lambda chunks: b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks) + b"0\r\n\r\n"
)
BODIES = st.one_of(CHUNKS, st.binary(max_size=80), st.just(b"abcdefg"))
NEW = [b"", b"\r\n", b"\n", b"\0", b"9", b";", b" ", b":"]
CHANGES = st.lists(st.integers(0, 2000 * len(NEW)).map(lambda pick: (pick // len(NEW), NEW[pick % len(NEW)])))


@st.composite
def wires(draw: st.DrawFn) -> bytes:
    """A response, a bit wrong."""
    wire = draw(STATUS) + b"".join(line + b"\r\n" for line in draw(HEADS)) + b"\r\n" + draw(BODIES)
    for place, new in draw(CHANGES):
        at = place % (len(wire) + 1)
        wire = wire[:at] + new + wire[at + 1 :]
    return wire[: draw(st.integers(0, len(wire)))] if draw(st.booleans()) else wire


@pytest.mark.parametrize("kind", PARSERS.values(), ids=PARSERS)
@given(
    wire=st.one_of(wires(), st.binary(max_size=200)),
    places=st.binary(max_size=12).map(lambda steps: [*accumulate(steps)]),
    method=st.sampled_from(["POST", "HEAD"]),
)
@example(CHUNKED + b"3\r\nabcX\r\n0\r\n\r\n", list(range(80)), "POST")
@many
def test_a_verdict_does_not_depend_on_how_what_came_was_cut(
    kind: type[Parser], wire: bytes, places: list[int], method: str
) -> None:
    whole = judged(kind, [wire], method)
    for pieces in (cut(wire, places), cut(wire, range(len(wire)))):
        other = judged(kind, pieces, method)
        # The text of an error may tell of the part that was seen.
        assert (other.error is None) == (whole.error is None), (whole, other)
        # llhttp passes over empty lines that follow, and the next response may begin with.
        passes = kind is PARSERS["llhttp"] and wire.endswith((b"\r", b"\n"))
        assert other[:2] == whole[:2]
        assert other.is_reusable == whole.is_reusable or passes
    # What is handed out came so.
    assert len(whole.body) <= len(wire)


@given(wire=wires())
@many
def test_what_both_take_is_the_same_to_both(wire: bytes) -> None:
    first, second = (judged(kind, [wire]) for kind in PARSERS.values())
    if first.is_whole and second.is_whole:
        assert first.body == second.body
        assert first.head is not None
        assert second.head is not None
        assert first.head.status_code == second.head.status_code
        assert first.head.headers == second.head.headers


SIZES = [
    b"3",
    b"003",
    b"a",
    b"0A",
    b"3;x=y",
    b"3 ",
    b" 3",
    b"0x3",
    b"+3",
    b"0",
    b"00",
    b"3_0",
    b"",
    b"f" * 12,
    b"f" * 25,
]
PARTS = [b"%b\r\n%b%b" % each for each in product(SIZES, [b"abc", b"abcdefghij", b""], [b"\r\n", b"\n", b""])]


@given(
    chunks=st.binary().map(lambda picks: b"".join(PARTS[each % len(PARTS)] for each in picks)),
    end=st.sampled_from(
        [b"0\r\n\r\n", b"0\r\nA: b\r\n\r\n", b"0\r\n\r\nmore", b"00\r\n\r\n", b"0;a\r\n\r\n", b"0\n\n", b""]
    ),
    places=st.binary(max_size=6).map(lambda picks: [60 + each for each in picks]),
)
@many
def test_chunks_are_what_h11_alone_finds_in_them(chunks: bytes, end: bytes, places: list[int]) -> None:
    wire = CHUNKED + chunks + end
    alone, body, has_ended = h11.Connection(h11.CLIENT), b"", False
    alone.send(h11.Request(method="POST", target="/", headers=[("host", "a")]))
    alone.send(h11.EndOfMessage())
    alone.receive_data(wire)
    try:
        while (event := alone.next_event()) is not h11.NEED_DATA and event is not h11.PAUSED and not has_ended:
            body += bytes(event.data) if isinstance(event, h11.Data) else b""
            has_ended = isinstance(event, h11.EndOfMessage)
    except h11.RemoteProtocolError:
        has_ended = False
    ours = judged(PARSERS["h11"], cut(wire, places))
    assert (ours.is_whole, ours.body) == (has_ended, body)
    assert ours.is_reusable == (has_ended and not alone.trailing_data[0])
