"""Content codings: undone whole, in pieces of any size, or not at all."""

from __future__ import annotations

import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lmnt
from lmnt.transport.codings import PIECE, CodingError, Decoder
from tests.examples import many

from .modes import Sync
from .peers import response
from .test_any_bytes import pieces, sizes

FORMATS = {"gzip": 31, "x-gzip": 31, "deflate": 15, "Deflate": -15}


def undo(coding: str, parts: list[bytes]) -> bytes:
    decoder = Decoder(coding)
    undone = b"".join(piece for part in parts for piece in decoder.feed(part))
    decoder.end()
    return undone


@many
@given(st.binary(max_size=2000), st.sampled_from(sorted(FORMATS)), sizes)
def test_what_was_coded_is_undone(content: bytes, coding: str, sizes: list[int]) -> None:
    coded = zlib.compress(content * 50, wbits=FORMATS[coding])
    assert undo(coding, list(pieces(coded, sizes))) == content * 50


@many
@given(st.binary(max_size=200), st.sampled_from(sorted(FORMATS)), st.data(), sizes)
def test_what_was_cut_is_never_taken_for_whole(content: bytes, coding: str, data: Any, sizes: list[int]) -> None:
    coded = zlib.compress(content, wbits=FORMATS[coding])
    cut = coded[: data.draw(st.integers(1, len(coded) - 1))]
    with pytest.raises(CodingError, match="without its end"):
        undo(coding, list(pieces(cut, sizes)))


@many
@given(st.binary(max_size=500), st.sampled_from(sorted(FORMATS)), sizes)
def test_any_bytes_are_undone_or_refused_wherever_they_are_split(body: bytes, coding: str, sizes: list[int]) -> None:
    def verdict(parts: list[bytes]) -> bytes | None:
        try:
            return undo(coding, parts)
        except CodingError:
            return None

    assert verdict(list(pieces(body, sizes))) == verdict([body])


@many
@given(st.lists(st.binary(max_size=50), min_size=1), st.integers(0, 600), sizes)
def test_gzip_may_have_members_and_zeros_after_them(contents: list[bytes], zeros: int, sizes: list[int]) -> None:
    coded = b"".join(zlib.compress(content, wbits=31) for content in contents) + bytes(zeros)
    assert undo("gzip", list(pieces(coded, sizes))) == b"".join(contents)


@pytest.mark.parametrize("coding", ["", "identity", "utf-8", "identity, aws-chunked"])
def test_what_is_no_coding_leaves_the_body_as_it_is(coding: str) -> None:
    assert undo(coding, [b"as", b"", b" it is"]) == b"as it is"


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "deflate,BR"])
def test_what_nobody_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(CodingError, match="where one of gzip, deflate can be undone"):
        Decoder(coding)


def test_pieces_are_bounded() -> None:
    coded = zlib.compress(bytes(100 << 20), wbits=31)
    decoder = Decoder("gzip")
    tracemalloc.start()
    total = 0
    for piece in decoder.feed(coded):
        assert len(piece) <= PIECE
        total += len(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    decoder.end()
    assert total == 100 << 20
    assert peak < 8 << 20


CODED = zlib.compress(b'["a sentence"]', wbits=31)


@pytest.mark.parametrize(
    ("content", "coding", "is_proved"),
    [
        (b'["a sentence"]', {}, True),
        (CODED, {"content-encoding": "gzip"}, False),
        # httpx tells neither of these: the trailer is cut, and the second member is left out.
        (CODED[:-8], {"content-encoding": "gzip"}, False),
        (CODED + zlib.compress(b" and another", wbits=31), {"content-encoding": "gzip"}, False),
    ],
    ids=["as it is", "gzip", "gzip, cut", "gzip, two members"],
)
def test_a_body_that_a_hook_has_read_is_taken_as_httpx_has_it(
    mode: Sync, peer: Callable[..., Any], content: bytes, coding: dict[str, str], is_proved: bool
) -> None:
    def read(answer: httpx.Response) -> Any:
        return answer.read() if mode.name == "sync" else answer.aread()

    async def aread(answer: httpx.Response) -> None:
        await read(answer)

    def client(**arguments: Any) -> Any:
        hooks = {"response": [read if mode.name == "sync" else aread]}
        http = mode.http_kind(event_hooks=hooks)
        url = peer(response(200, content, {**coding, "content-type": "text/plain"})).base_url
        return mode.client(http_client=http, base_url=url, max_retries=0, **arguments)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert mode.run(client().get("/text", cast_to=bytes)) == b'["a sentence"]'
    assert [each.category for each in told] == [lmnt.UnverifiedStreamWarning] * (not is_proved)
    if not is_proved:
        with pytest.raises(
            lmnt.StreamTruncatedError, match="an event hook read it, and httpx tells no gzip that was cut"
        ):
            mode.run(client(strict=True).get("/text", cast_to=bytes))


def test_what_is_asked_for(mode: Sync, peer: Callable[..., Any]) -> None:
    listening = peer(response(200, b"[]", {"content-type": "application/json"}))
    client = mode.client(base_url=listening.base_url)
    mode.run(client.voices.list())
    with pytest.raises(lmnt.APIResponseValidationError):
        mode.run(client.speech.generate(text="hi", voice="leah"))
    assert [each.headers["accept-encoding"] for each in listening.requests] == ["gzip, deflate", "identity"]
