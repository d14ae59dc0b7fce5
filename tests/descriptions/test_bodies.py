"""What is sent as a body: several media types, whole values, and forms with ways of their own, to a real server."""

from __future__ import annotations

import email.parser
import email.policy
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from generator.report import Report

from .echo import Caller, Echo, Seen, made

pytestmark = pytest.mark.once(rows=True)


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Report]:
    return made("letters", tmp_path_factory.mktemp("letters"))


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest, letters: tuple[Any, Report], echo: Echo) -> Caller:
    return Caller(letters[0], echo, awaits=request.param)


FORM = "application/x-www-form-urlencoded"

# The operation, its arguments, the media type that arrives, and the body.
SENT: list[tuple[str, dict[str, Any], str, str]] = [
    ("several", {"to": "Ann", "pages": 2}, "application/json", '{"to":"Ann","pages":2}'),
    ("several", {"body_json": {"to": None}}, "application/merge-patch+json", '{"to":null}'),
    ("several", {"body_form": {"code": 7, "tags": ["a b", "c"]}}, FORM, "code=7&tags=a+b&tags=c"),
    ("several", {"body_plain": "Grüße"}, "text/plain; charset=utf-8", "Grüße"),
    ("several", {"body_csv": "a,b"}, "text/csv; charset=utf-8", "a,b"),
    ("several", {"body_xml": "<a/>"}, "application/xml; charset=utf-8", "<a/>"),
    ("several", {"body_bytes": b"PNG"}, "image/png", "PNG"),
    ("several", {"body_bytes": ("a.gif", io.BytesIO(b"GIF"), "image/gif")}, "image/gif", "GIF"),
    ("optional", {"body": [1, 2]}, "application/json", "[1,2]"),
    ("optional", {"body_text": "t"}, "text/plain; charset=utf-8", "t"),
    ("optional", {}, "", ""),
    ("same", {"to": "a b"}, FORM, "to=a+b"),
    ("union", {"body": {"to": "x"}}, "application/vnd.letter+json", '{"to":"x"}'),
    ("union", {"body": "x"}, "application/vnd.letter+json", '"x"'),
    ("union", {"body": None}, "application/vnd.letter+json", "null"),
    ("number", {"body": 1.5}, "application/json", "1.5"),
    ("number", {}, "", ""),
    ("stamp_json", {"image": "R0lG"}, "application/json", '{"image":"R0lG"}'),
    ("stamp_form", {"image": "R0lG"}, FORM, "image=R0lG"),
    ("settings", {}, "application/merge-patch+json", "{}"),
    ("settings", {"body_text": "<a/>"}, "application/xml; charset=utf-8", "<a/>"),
    ("lines", {"body": [{"to": "A"}, {"to": "B"}]}, "application/jsonl", '{"to":"A"}\n{"to":"B"}\n'),
    ("lines", {"body": []}, "application/jsonl", ""),
    ("lines", {"body_items": [1, 2]}, "application/json-seq", "\x1e1\n\x1e2\n"),
    ("picture", {"body": b"?"}, "image/*", "?"),
    ("picture", {"body": ("a.gif", b"GIF")}, "image/gif", "GIF"),
    ("note", {"body": "x"}, "text/plain; charset=utf-8", "x"),
    ("any_form", {"body": {"a b": "c&d", "ü": "="}}, FORM, "a+b=c%26d&%C3%BC=%3D"),
    ("text_form", {"body": "a=b&c"}, f"{FORM}; charset=utf-8", "a=b&c"),
    ("form", {"plain": ["a,b", "c d"]}, FORM, "plain=a%2Cb&plain=c+d"),
    ("form", {"commas": ["a,b", "c"], "pipes": [1, 2]}, FORM, "commas=a%2Cb,c&pipes=1%7C2"),
    ("form", {"spread": {"x": 1, "y": 2}, "flat": {"x": 1, "y": 2}}, FORM, "x=1&y=2&flat=x,1,y,2"),
    ("form", {"deep": {"x": 1, "y": 2}}, FORM, "deep%5Bx%5D=1&deep%5By%5D=2"),
    ("form", {"within": {"at": {"x": 1}}}, FORM, "within%5Bat%5D%5Bx%5D=1"),
    (
        *("form", {"within": {"all": [{"x": 1, "y": 2}, {"x": 3}]}}, FORM),
        "within%5Ball%5D%5B0%5D%5Bx%5D=1&within%5Ball%5D%5B0%5D%5By%5D=2&within%5Ball%5D%5B1%5D%5Bx%5D=3",
    ),
    ("form", {"several": ["a", "b"]}, FORM, "several%5B%5D=a&several%5B%5D=b"),
    ("form", {"unset": ""}, FORM, "unset="),
    ("form", {"unset": {"x": 1}}, FORM, "unset%5Bx%5D=1"),
    ("form", {"nested": {"at": {"x": 1}}}, FORM, "nested=%7B%22at%22%3A%7B%22x%22%3A1%7D%7D"),
    ("form", {"many": [{"x": 1}, {"y": 2}]}, FORM, "many=%7B%22x%22%3A1%7D&many=%7B%22y%22%3A2%7D"),
    ("form", {"where": "a/b?c=d&e f#g+h%2Fi"}, FORM, "where=a/b?c=d%26e%20f%23g%2Bh%2Fi"),
    ("form", {"free": True}, FORM, "free=true"),
    ("form", {"free": [1, {"a": None}]}, FORM, "free=1&free=%7B%22a%22%3Anull%7D"),
    ("form", {}, FORM, ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "media_type", "body"), SENT)
def test_the_body_is_that_of_the_argument(
    name: str, arguments: dict[str, Any], media_type: str, body: str, caller: Caller
) -> None:
    caller.call(f"letter.{name}", **arguments)
    (seen,) = caller.echo.seen
    assert (seen.headers.get("content-type", ""), seen.body.decode()) == (media_type, body)


def parts(seen: Seen) -> list[tuple[str | None, dict[str, str], str]]:
    """Return the parts of a multipart body: name, headers, content."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    message: Any = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + seen.body)
    found: list[tuple[str | None, dict[str, str], str]] = []
    for each in message.iter_parts():
        headers = {key.lower(): value for key, value in each.items() if key.lower() != "content-disposition"}
        name = each.get_param("name", header="content-disposition")
        found.append((name, headers, each.get_payload(decode=True).decode()))
    return found


JSON = {"content-type": "application/json"}
OCTETS = {"content-type": "application/octet-stream"}

PARTS: list[tuple[str, dict[str, Any], list[tuple[str, dict[str, str], str]]]] = [
    ("multipart", {"note": "n"}, [("note", {}, "n")]),
    ("multipart", {"table": "a,b"}, [("table", {"content-type": "text/csv", "X-Kind": "table"}, "a,b")]),
    ("multipart", {"point": {"x": 1}}, [("point", {"content-type": "application/vnd.point+json"}, '{"x":1}')]),
    ("multipart", {"nested": {"all": [{"y": 2}]}}, [("nested", JSON, '{"all":[{"y":2}]}')]),
    ("multipart", {"deep": {"x": 1, "y": 2}}, [("deep[x]", {}, "1"), ("deep[y]", {}, "2")]),
    ("multipart", {"commas": ["a b", "c"]}, [("commas", {}, "a b,c")]),
    ("multipart", {"image": b"P"}, [("image", {"content-type": "image/png", "X-Size": "5"}, "P")]),
    (
        "multipart",
        {"image": ("i", b"P", "image/gif", {"X-Size": "6"})},
        [("image", {"content-type": "image/gif", "X-Size": "6"}, "P")],
    ),
    ("stamp", {"image": b"P"}, [("image", OCTETS, "P")]),
    ("multipart", {"either": b"1"}, [("either", OCTETS, "1")]),
    ("multipart", {"either": [b"1", ("n", b"2")]}, [("either", OCTETS, "1"), ("either", OCTETS, "2")]),
    ("multipart", {"usual": {"x": 1}}, [("x", {}, "1")]),
    ("several", {"body_multipart": {"content": b"c", "label": "l"}}, [("content", OCTETS, "c"), ("label", {}, "l")]),
    (
        "any_parts",
        {"body": {"file": b"f", "texts": ["a", "b"], "data": {"k": [1]}, "none": None}},
        [
            ("file", OCTETS, "f"),
            ("texts", {}, "a"),
            ("texts", {}, "b"),
            ("data", JSON, '{"k":[1]}'),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "expected"), PARTS)
def test_each_part_is_as_its_encoding_says(
    name: str, arguments: dict[str, Any], expected: list[tuple[str, dict[str, str], str]], caller: Caller
) -> None:
    caller.call(f"letter.{name}", **arguments)
    lower = [(part, {key.lower(): value for key, value in headers.items()}, text) for part, headers, text in expected]
    assert parts(caller.echo.seen[0]) == lower


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("stamp_json", {"image": b"P"}, "it holds a file; give a text"),
    ("stamp_form", {"image": b"P"}, "image must be a text, since this form holds no files; got a file"),
    ("several", {}, "a body, by its fields or as one of body_json, body_form"),
    ("several", {"pages": 2}, "to must be given; got nothing"),
    ("several", {"to": "a", "body_csv": "b"}, "body_csv beside the other fields"),
    ("several", {"body_plain": "a", "body_csv": "b"}, "must be one body; got body_plain and body_csv"),
    ("several", {"body_plain": "x" * 21}, "body_plain must be at most 20"),
    ("several", {"body_form": {"tags": []}}, "code"),
    ("optional", {"body": [1], "body_text": "b"}, "body_text beside"),
    ("any_form", {"body": 5}, "an object"),
    ("any_parts", {"body": [1]}, "an object"),
    ("any_parts", {"body": {"a": object()}}, "a must be a pathlib.Path"),
    ("form", {"deep": {"x": "no"}}, "deep"),
    ("form", {"free": [[float("nan")]]}, "free must be what JSON can hold"),
]


@pytest.mark.parametrize(("name", "arguments", "told"), REFUSED)
def test_what_is_no_body_is_refused(name: str, arguments: dict[str, Any], told: str, caller: Caller) -> None:
    with pytest.raises(caller.package.InvalidArgumentError) as raised:
        caller.call(f"letter.{name}", **arguments)
    assert told in str(raised.value)
    assert caller.echo.seen == []


def test_fields_can_be_added_to_any_of_them(caller: Caller) -> None:
    caller.call("letter.several", body_json={"to": "a"}, extra_body={"more": 1})
    assert json.loads(caller.echo.seen[0].body) == {"to": "a", "more": 1}
    caller.call("letter.form", plain=["a"], extra_body={"more": "b c"})
    assert caller.echo.seen[0].body == b"plain=a&more=b+c"


def test_the_header_of_a_part_that_only_the_caller_knows_is_told(letters: tuple[Any, Report]) -> None:
    assert [each.pointer.rpartition("/")[2] for each in letters[1].told] == [
        "image",
        "either",
        *["style"] * 3,
        "X-Other",
    ]
    assert letters[1].left_out == []
