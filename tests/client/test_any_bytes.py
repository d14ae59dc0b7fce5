"""Whatever a server sends, in whatever pieces: errors of ours alone come out, the same for every split."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lmnt
from lmnt.streams.containers import AAC, BY_MEDIA_TYPE, MP3, PCM16, PCM32, WAV, Container, WebM
from tests.examples import many

from .modes import KEY

REQUEST_ID = "req_anything"

VOICE = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready", "tags": ["a"], "starred": None}
DOCUMENTS = [
    VOICE,
    [VOICE, VOICE],
    {"voice": VOICE},
    {"plan": {"type": "pro", "character_limit": 1, "commercial_use_allowed": True}, "usage": {"characters": 7}},
    {"audio": "AAAA", "timestamps": [{"text": "a", "start": 0.5, "duration": 1}]},
    {"type": "error", "error": {"type": "not_found_error", "message": "no"}, "request_id": "req_body"},
    {"error": "no"},
    {"detail": [{"loc": ["body", "text"], "msg": "no", "type": "missing"}]},
    {"message": "no", "status": 401},
    [],
    {},
]
VALUES = r'null true -1 1.5 1e999 NaN 99999999999999999999 "" "\ud800" [] {} [{}] [[[[ {"a": "x [null] : , "\u'
values = st.sampled_from([b"", b"\xff\xfe", *(each.encode() for each in VALUES.split())]) | st.binary(max_size=20)
places = st.integers(0, 120)


def spliced(document: object, start: int, end: int, value: bytes) -> bytes:
    """Return a document as JSON with another text in the place of a part of it."""
    text = json.dumps(document).encode()
    return text[:start] + value + text[max(start, end) :]


bodies = st.builds(spliced, st.sampled_from(DOCUMENTS), places, places, values) | st.binary(max_size=200)
# Two sizes in turn: one number is drawn several times as fast as a list.
sizes = st.integers(0, 1599).map(lambda number: [1 + number % 40, 1 + number // 40])
STARTS = ["", "52494646ffffffff57415645", "524946461000000057415645", "1a45dfa3", "fff384c4", "494433040000"]
starts = st.sampled_from([bytes.fromhex(each) for each in STARTS])


def pieces(body: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    start, turn = 0, 0
    while start < len(body):
        size = sizes[turn % len(sizes)]
        yield body[start : start + size]
        start, turn = start + size, turn + 1


class Body(httpx.SyncByteStream):
    def __init__(self, body: bytes, sizes: Sequence[int]) -> None:
        self._pieces = pieces(body, sizes)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


class Answering(httpx.BaseTransport):
    """Answers with one response, its body in pieces: what a socket cuts by chance is cut here on purpose."""

    def __init__(self) -> None:
        self.next = httpx.Response(200)

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002  # its protocol
        return self.next


TRANSPORT = Answering()
CLIENT = lmnt.Lmnt(
    api_key=KEY, base_url="http://localhost", max_retries=0, http_client=httpx.Client(transport=TRANSPORT)
)


def check(error: lmnt.APIError) -> None:
    assert error.request_id == REQUEST_ID
    assert str(error).endswith(f"(request {REQUEST_ID})")
    # As text: a NaN in a body is not equal to itself.
    assert repr(pickle.loads(pickle.dumps(error)).__dict__) == repr(error.__dict__)


def outcome(call: Callable[[], Any], status: int, media_type: str, body: bytes, sizes: Sequence[int]) -> Any:
    """Return what comes of a response, to be compared; raises what is no error of ours."""
    TRANSPORT.next = httpx.Response(
        status,
        headers={"content-type": media_type, "request-id": REQUEST_ID},
        stream=Body(body, sizes),
        extensions={"http_version": b"HTTP/2"},
    )
    try:
        return repr(call())
    except lmnt.APIError as error:
        check(error)
        return type(error), error


def same(call: Callable[[], Any], status: int, media_type: str, body: bytes, sizes: Sequence[int]) -> Any:
    """Return the outcome, which is the same for a body in pieces and in one."""
    split, whole = (outcome(call, status, media_type, body, each) for each in (sizes, [len(body) or 1]))
    if isinstance(split, tuple):
        assert isinstance(whole, tuple)
        assert split[0] is whole[0]
        assert (str(split[1]), repr(split[1].__dict__)) == (str(whole[1]), repr(whole[1].__dict__))
    else:
        assert split == whole
    return whole


@many
@given(
    body=bodies,
    sizes=sizes,
    status=st.sampled_from([400, 401, 402, 403, 404, 409, 418, 422, 429, 500, 502, 529, 599]),
    kind=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
)
def test_any_bytes_as_an_error(body: bytes, sizes: list[int], status: int, kind: str) -> None:
    error = same(lambda: CLIENT.voices.retrieve("x"), status, f"text/{kind}", body, sizes)
    assert issubclass(error[0], lmnt.APIStatusError)
    assert error[1].status_code == status


JSON_CALLS: dict[str, Callable[[], Any]] = {
    "voices.retrieve": lambda: CLIENT.voices.retrieve("x"),
    "voices.list": lambda: CLIENT.voices.list(),
    "voices.update": lambda: CLIENT.voices.update("x", starred=True),
    "accounts.retrieve": lambda: CLIENT.accounts.retrieve(),
    "speech.generate_detailed": lambda: CLIENT.speech.generate_detailed(text="hi", voice="x"),
}


@many
@given(body=bodies, sizes=sizes, call=st.sampled_from(sorted(JSON_CALLS)), kind=st.sampled_from(["json", "html", ""]))
def test_any_bytes_as_a_json_success(body: bytes, sizes: list[int], call: str, kind: str) -> None:
    error = same(JSON_CALLS[call], 200, f"application/{kind}", body, sizes)
    if isinstance(error, tuple):
        assert error[0] is lmnt.APIResponseValidationError


@many
@given(start=starts, rest=st.binary(max_size=200), sizes=sizes, media_type=st.sampled_from(sorted(BY_MEDIA_TYPE)))
def test_any_bytes_as_audio(start: bytes, rest: bytes, sizes: list[int], media_type: str) -> None:
    def call() -> Any:
        got = CLIENT.speech.generate(text="hi", voice="x")
        return got.read(), got.complete

    body = start + rest
    split, whole = (outcome(call, 200, media_type, body, each) for each in (sizes, [len(body) or 1]))
    assert split == whole == repr((body, True)) or split[0] is whole[0] is lmnt.StreamTruncatedError


@many
@given(
    make=st.sampled_from([MP3, AAC, WAV, WebM, PCM16, PCM32]), start=starts, rest=st.binary(max_size=200), sizes=sizes
)
def test_any_bytes_in_a_container(make: Callable[[], Container], start: bytes, rest: bytes, sizes: list[int]) -> None:
    body, verdicts = start + rest, []
    for each in (sizes, [len(body) or 1]):
        container = make()
        for piece in pieces(body, each):
            container.feed(piece)
        verdicts.append((container.problem(), container.is_text))
    assert verdicts[0] == verdicts[1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["id", "name", "owner", "state", "tags", "starred", "error", "detail", "message", "request_id", "plan"]
shaped = st.dictionaries(st.sampled_from(NAMES), json_values)


@pytest.mark.once
@settings(max_examples=300, deadline=None, database=None)
@given(
    value=json_values | shaped | st.fixed_dictionaries({"error": shaped}),
    status=st.sampled_from([200, 400, 404, 500]),
    sizes=sizes,
)
def test_any_json_of_any_shape(value: Any, status: int, sizes: list[int]) -> None:
    for call in (lambda: CLIENT.voices.retrieve("x"), lambda: CLIENT.voices.delete("x")):
        error = same(call, status, "application/json", json.dumps(value).encode(), sizes)
        assert status == 200 or issubclass(error[0], lmnt.APIStatusError)


def test_what_is_no_error_of_ours_would_be_seen() -> None:
    def fail() -> None:
        raise KeyError("a third party's")

    with pytest.raises(KeyError):
        outcome(fail, 200, "application/json", b"", [1])
