"""Requests of any method and path, results of any type, and streams of events."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import httpx
import pytest

import lmnt
from lmnt.calls.responses import AsyncBinaryAPIResponse, BinaryAPIResponse
from lmnt.models import Voice

from .modes import Sync
from .peers import Connection, head, json_response, response

pytestmark = pytest.mark.once(rows=True)

VOICE = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready"}
ID = {"request-id": "req_1"}


def cut(data: bytes) -> Callable[[Connection], None]:
    """Return what sends so much and closes the connection."""

    def answer(connection: Connection) -> None:
        connection.send(data)
        connection.close()

    return answer


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_each_method(mode: Sync, peer: Callable[..., Any], method: str) -> None:
    started = peer(json_response({"a": 1}, 200, ID))
    client = mode.client(base_url=f"{started.base_url}/below", default_query={"q": "1"})
    body = {} if method == "get" else {"body": {"ö": [1]}}
    options = {"headers": {"x-one": "1"}, "params": {"p": True}, "timeout": 20, "max_retries": 0, "deadline": 20}
    found = mode.run(getattr(client, method)("one/two?own=a%20b", cast_to=dict[str, int], options=options, **body))
    assert found == {"a": 1}
    (received,) = started.requests
    assert (received.method, received.target) == (method.upper(), "/below/one/two?own=a%20b&q=1&p=true")
    assert (received.headers["x-one"], received.headers["accept"]) == ("1", "application/json")
    assert json.loads(received.body or b"{}") == body.get("body", {})


def test_only_safe_methods_are_repeated(mode: Sync, peer: Callable[..., Any]) -> None:
    for method, tries in (("get", 3), ("post", 1), ("put", 1), ("delete", 1)):
        started = peer(*[Connection.close] * 3)
        with pytest.raises(lmnt.APIConnectionError):
            mode.run(getattr(mode.client(base_url=started.base_url), method)("/", cast_to=object))
        assert len(started.requests) == tries, method


CASTS = [
    (b'{"a": 1}', object, {"a": 1}),
    (b'{"a": 1}', dict, {"a": 1}),
    (b"[1, 2]", list[int], [1, 2]),
    (b"[1, 2]", list, [1, 2]),
    (b"null", int | None, 0),
    (b'"b"', Literal["a", "b"], "b"),
    (b'["2026-01-02"]', list[date], [date(2026, 1, 2)]),
    (b'{"a": {"b": true}}', dict[str, dict[str, bool]], {"a": {"b": True}}),
    (b'{"a": 1}', Annotated[dict[str, int], "counts"], {"a": 1}),
    (b"text", str, "text"),
    (b"text", bytes, b"text"),
    (b"7", int, 7),
    (b"7.5", float, 7.5),
    (b"True", bool, True),
    (b"", lmnt.NoneType, None),
]


@pytest.mark.parametrize(("body", "kind", "wanted"), CASTS, ids=str)
def test_casts(mode: Sync, peer: Callable[..., Any], body: bytes, kind: Any, wanted: object) -> None:
    client = mode.client(base_url=peer(response(200, body, ID)).base_url)
    found = mode.run(client.get("/", cast_to=kind))
    assert found == (None if kind == int | None else wanted)


def test_a_result_knows_its_request(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(json_response([VOICE], 200, ID), json_response(VOICE, 200, ID)).base_url)
    voices = mode.run(client.get("/", cast_to=list[Voice]))
    assert (voices.request_id, voices[0].request_id, type(voices[0])) == ("req_1", "req_1", Voice)
    answer = mode.run(client.get("/", cast_to=httpx.Response))
    assert (answer.json(), answer.headers["request-id"], answer.is_closed) == (VOICE, "req_1", True)


@pytest.mark.parametrize(
    ("body", "kind"), [(b"{", object), (b'{"id": 1}', Voice), (b"x", int), (b'{"a": "b"}', dict[str, int])]
)
def test_what_cannot_be_read(mode: Sync, peer: Callable[..., Any], body: bytes, kind: Any) -> None:
    client = mode.client(base_url=peer(response(200, body, ID)).base_url)
    with pytest.raises(lmnt.APIResponseValidationError, match=r"GET /x: .+\(request req_1\)") as caught:
        mode.run(client.get("/x", cast_to=kind))
    assert caught.value.response is not None
    assert caught.value.response.content == body


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example/"])
def test_the_key_goes_nowhere_else(mode: Sync, path: str) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match="make another client"):
        mode.run(mode.client().get(path, cast_to=object))


def test_models_made_of_others(mode: Sync, peer: Callable[..., Any]) -> None:
    class Local(lmnt.BaseModel):
        other: Unknown  # type: ignore[name-defined]  # noqa: F821  # what is tried here

    class Ours(Voice):
        new: int

    client = mode.client(base_url=peer(json_response({**VOICE, "new": 1}, 200, ID)).base_url)
    assert (found := mode.run(client.get("/", cast_to=Ours))).new == 1
    assert (type(found), found.id) == (Ours, "leah")
    with pytest.raises(lmnt.InvalidArgumentError, match="Local: name 'Unknown' is not defined"):
        mode.run(client.get("/", cast_to=Local))


def test_mistakes(mode: Sync) -> None:
    client = mode.client(base_url="http://127.0.0.1:9", max_retries=0, timeout=20)
    for arguments, message in (
        ({"cast_to": complex}, "complex"),
        ({"cast_to": []}, "is no type that a response can be read as"),
        ({"cast_to": object, "body": [1], "options": {"extra_json": {"a": 1}}}, "to an object alone"),
        ({"cast_to": object, "options": {"retries": 1}}, "unknown options retries"),
        ({"cast_to": object, "body": [1], "files": {"file": b"x"}}, "a mapping of fields"),
        ({"cast_to": object, "files": {"file": "name"}}, "Path"),
        ({"cast_to": object, "body": {"a": object()}}, "cannot be written as JSON"),
        ({"cast_to": object, "options": {"headers": {"a b": "c"}}}, "no header name"),
    ):
        with pytest.raises(lmnt.InvalidArgumentError, match=message):
            mode.run(client.post("/", **arguments))
    for path in ("/\ud800", "http://[", "/a?b=\udfff"):
        with pytest.raises(lmnt.InvalidArgumentError, match="is no path"):
            mode.run(client.get(path, cast_to=object))


def test_files(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(json_response({}))
    options = {"headers": {"Content-Type": "multipart/form-data"}, "extra_json": {"more": "1"}}
    arguments = {"body": {"name": "n"}, "files": [("file", ("a.wav", b"RIFF"))], "options": options}
    mode.run(mode.client(base_url=started.base_url).post("/", cast_to=object, **arguments))
    (received,) = started.requests
    assert received.headers["content-type"].startswith("multipart/form-data; boundary=")
    for text in (b'name="file"; filename="a.wav"', b'name="name"\r\n\r\nn\r\n', b'name="more"\r\n\r\n1\r\n'):
        assert text in received.body


def test_redirects_can_be_left(mode: Sync, peer: Callable[..., Any]) -> None:
    moved = response(307, b"", {"location": "/there", **ID})
    client = mode.client(base_url=peer(moved, json_response({}), moved).base_url)
    assert mode.run(client.get("/", cast_to=object)) == {}
    with pytest.raises(lmnt.APIStatusError) as caught:
        mode.run(client.get("/", cast_to=object, options={"follow_redirects": False}))
    assert caught.value.status_code == 307


def test_audio(mode: Sync, peer: Callable[..., Any]) -> None:
    broken = cut(head(200, {"content-length": "10", **ID}) + b"12345")
    client = mode.client(base_url=peer(response(200, b"12345", ID), broken).base_url)
    kind = BinaryAPIResponse if mode.name == "sync" else AsyncBinaryAPIResponse
    assert mode.run(mode.run(client.post("/", cast_to=kind)).read()) == b"12345"
    with pytest.raises(lmnt.StreamTruncatedError):
        mode.run(client.post("/", cast_to=kind))


def stream_kind(mode: Sync) -> Any:
    return lmnt.Stream if mode.name == "sync" else lmnt.AsyncStream


def test_a_stream_of_events(mode: Sync, peer: Callable[..., Any]) -> None:
    data = f"data: {json.dumps(VOICE)}\n\n".encode() * 3
    started = peer(*[response(200, data, {"content-type": "text/event-stream", **ID})] * 2)
    client = mode.client(base_url=started.base_url)
    stream = mode.run(client.get("/", cast_to=object, stream=True, stream_cls=stream_kind(mode)[Voice]))
    assert type(stream) is stream_kind(mode)
    assert (stream.request_id, stream.response.status_code) == ("req_1", 200)
    assert [voice.id for voice in mode.each(stream)] == ["leah"] * 3
    stream = mode.run(client.post("/", cast_to=Voice, stream=True, stream_cls=stream_kind(mode)))
    with mode.entered(stream) as entered:
        assert next(iter(mode.each(entered))).name == "Leah"
    assert stream.response.is_closed


def test_a_stream_that_breaks_off(mode: Sync, peer: Callable[..., Any]) -> None:
    broken = cut(head(200, {"content-length": "99", **ID}) + b'data: {"a": 1}\n\ndata: {"a"')
    client = mode.client(base_url=peer(broken, response(200, b"data: {\n\n", ID)).base_url)
    found: list[object] = []
    with pytest.raises(lmnt.StreamTruncatedError):
        found.extend(mode.each(mode.run(client.get("/", cast_to=object, stream=True, stream_cls=stream_kind(mode)))))
    with pytest.raises(lmnt.APIResponseValidationError, match="GET /"):
        found.extend(mode.each(mode.run(client.get("/", cast_to=object, stream=True, stream_cls=stream_kind(mode)))))
    assert found == [{"a": 1}]


@pytest.mark.parametrize("ends", ["\n\n", "\r\n\r\n", "\r\r"])
def test_the_last_event_is_there_whatever_ends_it(mode: Sync, peer: Callable[..., Any], ends: str) -> None:
    data = f'data: 1{ends}: a comment{ends}data: "two"{ends}'.encode()
    client = mode.client(base_url=peer(response(200, data, {"content-type": "text/event-stream", **ID})).base_url)
    stream = mode.run(client.get("/", cast_to=object, stream=True, stream_cls=stream_kind(mode)))
    assert list(mode.each(stream)) == [1, "two"]
    assert (stream.complete, stream.bytes_received) == (None, len(data))  # no mark proves that this is all


@pytest.mark.parametrize("rest", ["data: 2", "data: 2\n", "data: 2\r", "da", "data: 2\n\ufeff", "data: 2\nid: 3\n"])
def test_an_event_that_no_blank_line_ends(mode: Sync, peer: Callable[..., Any], rest: str) -> None:
    data = f"data: 1\n\n{rest}".encode()
    client = mode.client(base_url=peer(response(200, data, {"content-type": "text/event-stream", **ID})).base_url)
    stream = mode.run(client.get("/", cast_to=object, stream=True, stream_cls=stream_kind(mode)))
    found: list[object] = []
    with pytest.raises(lmnt.StreamTruncatedError, match="in the middle of an item") as caught:
        found.extend(mode.each(stream))
    assert found == [1]
    assert stream.complete is False
    assert (caught.value.bytes_received, caught.value.request_id) == (len(data), "req_1")


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("application/json", b'{"id": 1}\n'),
        ("text/html", b"<html>\n\n</html>\n"),
        ("text/event-stream", b": still there\n\n: still there\n\n"),
        ("text/event-stream", b"event: done\n\n"),
    ],
)
def test_a_body_in_which_no_event_is(mode: Sync, peer: Callable[..., Any], media_type: str, data: bytes) -> None:
    client = mode.client(base_url=peer(response(200, data, {"content-type": media_type, **ID})).base_url)
    stream = mode.run(client.get("/", cast_to=object, stream=True, stream_cls=stream_kind(mode)))
    with pytest.raises(lmnt.APIResponseValidationError, match=f"no item .* as {media_type}") as caught:
        list(mode.each(stream))
    assert caught.value.request_id == "req_1"
    assert stream.complete is False
    with pytest.raises(lmnt.APIResponseValidationError):
        next(iter(mode.each(stream)))


class Inner(lmnt.BaseModel):
    """Part of a model of the application's own."""

    number: float


class Own(lmnt.BaseModel):
    """A model of the application's own."""

    id: str
    inner: Inner
    many: list[Inner] | None = None
    kind: Literal["a", "b"] = "a"
    day: date | None = None


def test_a_model_of_the_applications_own(mode: Sync, peer: Callable[..., Any]) -> None:
    data = {"id": "x", "inner": {"number": 1}, "many": [{"number": 2.5}], "day": "2026-01-02", "new": [1]}
    started = peer(json_response(data, 200, ID), json_response(VOICE, 200, ID))
    client = mode.client(base_url=started.base_url)
    own: Any = mode.run(client.get("/", cast_to=Own))
    assert (own.id, own.inner.number, own.many[0].number, own.kind, own.day) == ("x", 1, 2.5, "a", date(2026, 1, 2))
    assert (own.new, own.request_id) == ([1], "req_1")
    assert own.to_dict(mode="json", exclude_defaults=True) == data
    assert own == Own(
        id="x",
        inner=Inner(number=1),
        many=[Inner(number=2.5)],
        day=date(2026, 1, 2),
        additional_properties={"new": [1]},
    )
    with pytest.raises(lmnt.APIResponseValidationError, match="inner must be there"):
        mode.run(client.get("/", cast_to=Own))
    assert isinstance(own, lmnt.Model)
    assert isinstance(Voice(**VOICE), lmnt.BaseModel)


def test_a_raw_response_as_another_type(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(json_response(VOICE, 200, ID)).base_url)
    raw = mode.run(client.voices.with_raw_response.retrieve("leah"))
    assert mode.run(raw.parse()).id == mode.run(raw.parse(to=dict))["id"] == "leah"
    assert mode.run(raw.parse(to=str)) == raw.http_response.text == json.dumps(VOICE)
    assert mode.run(raw.parse(to=bytes)) == mode.run(raw.read()) == raw.http_response.content
    with pytest.raises(lmnt.APIResponseValidationError):
        mode.run(raw.parse(to=int))
    with pytest.raises(lmnt.InvalidArgumentError):
        mode.run(raw.parse(to=Connection))
