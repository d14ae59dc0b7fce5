"""Four small services: each becomes a client that is driven against a server made of the same description."""

from __future__ import annotations

import datetime
import io
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Driver
from .mock import BINARY, REQUEST_ID

pytestmark = pytest.mark.once(rows=True)

PNG = b"\x89PNG" + bytes(200_000)
ID = uuid.UUID("0b0e0c4e-8e0b-4f0e-9d5c-6f2f4d1f8a01")
DAY = datetime.date(2026, 2, 28)
NOON = datetime.datetime(2026, 2, 28, 12, tzinfo=datetime.UTC)


# What is called, what the server must have seen (a subset of its request), and what must come back.
ROWS: list[tuple[str, str, tuple[Any, ...], dict[str, Any], dict[str, Any], Callable[[Any], object]]] = [
    (
        "petshop",
        "pet.list_pets",
        (),
        {"status": ["sold", "pending"], "tags": ["a,b", "c&d"], "limit": 5, "born_after": DAY},
        {
            "target": "/pets?status=sold&status=pending&tags=a%2Cb,c%26d&limit=5&born-after=2026-02-28"
            "&api_key=key%3Aof-the-mock"
        },
        lambda pets: pets[0].name == "Rex" and pets[0].request_id == REQUEST_ID and pets.request_id == REQUEST_ID,
    ),
    (
        "petshop",
        "pet.add_pet",
        (),
        {
            "name": "Tom",
            "photo_urls": ["a.png"],
            "category": {"name": "cats", "parent": {"name": "animals"}},
            "weight": 1.5,
        },
        {
            "body": {
                "name": "Tom",
                "photo_urls": ["a.png"],
                "category": {"name": "cats", "parent": {"name": "animals"}},
                "weight": 1.5,
            }
        },
        lambda pet: pet.id == 7 and pet.category.parent.name == "animals" and pet.request_id == REQUEST_ID,
    ),
    (
        "petshop",
        "pet.get_pet",
        (1,),
        {},
        {"target": "/pets/1"},
        lambda pet: pet.status == "on-loan" and pet.additional_properties == {"unknown": 1} and pet.weight == 3.5,
    ),
    (
        "petshop",
        "pet.update_pet_with_form",
        (1,),
        {"name": "Rex & Co", "nicknames": ["a=b", "ü"], "friendly": True},
        {"body": {"name": "Rex & Co", "nicknames": ["a=b", "ü"], "friendly": True}},
        lambda result: result is None,
    ),
    ("petshop", "pet.update_pet_with_form", (1,), {}, {"body": None}, lambda result: result is None),
    (
        "petshop",
        "pet.add_photos",
        (1,),
        {
            "photos": [PNG, ("b.jpg", io.BytesIO(b"jpeg"), "image/jpeg")],
            "thumbnail": b"small",
            "place": {"lat": 1.5, "lon": 2},
            "labels": ["x", "y"],
            "caption": None,
        },
        {
            "body": {
                "photos": ["<bytes>"] * 2,
                "thumbnail": "<bytes>",
                "place": {"lat": 1.5, "lon": 2},
                "labels": ["x", "y"],
            },
            "files": {
                "photos": [("upload", "application/octet-stream", PNG), ("b.jpg", "image/jpeg", b"jpeg")],
                "thumbnail": [("upload", "image/png", b"small")],
            },
        },
        lambda counts: counts == {"photos": 2} and counts.request_id == REQUEST_ID,
    ),
    (
        "petshop",
        "pet.replace_photo",
        (1,),
        {"body": PNG, "x_checksum": ["a", "b"]},
        {"body": PNG, "header": {"X-Checksum": ["a", "b"]}},
        lambda text: text == "https://example.com/a.png" and text.request_id == REQUEST_ID,
    ),
    (
        "petshop",
        "pet.replace_photo",
        (1,),
        {"body": ("a.jpg", io.BytesIO(PNG), "image/jpeg")},
        {"body": PNG},
        lambda text: text == "https://example.com/a.png",
    ),
    (
        "chat",
        "chats.create",
        (),
        {
            "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi", "sent": NOON}],
            "stop": ["a", "b"],
            "tool": {"tool": "clock", "zone": "UTC"},
            "options": {"style": "short"},
        },
        {
            "body": {
                "messages": [
                    {"role": "system", "content": "Be brief"},
                    {"role": "user", "content": "Hi", "sent": "2026-02-28T12:00:00+00:00"},
                ],
                "stop": ["a", "b"],
                "tool": {"tool": "clock", "zone": "UTC"},
                "options": {"style": "short"},
            }
        },
        lambda answer: (
            [type(part).__name__ for part in answer.parts] == ["Text", "Picture", "Result"]
            and answer.parts[2].additional_properties == {"kind": "dream", "of": "sheep"}
            and answer.next.query == "sheep"
        ),
    ),
    (
        "chat",
        "chats.create",
        (),
        {"messages": [{"role": "system", "content": "x"}], "stop": None, "tool": None},
        {"body": {"messages": [{"role": "system", "content": "x"}], "stop": None, "tool": None}},
        lambda answer: answer.role == "assistant",
    ),
    (
        "chat",
        "chats.events",
        ("a/b c",),
        {},
        {"path": {"id": "a/b c"}},
        lambda text: text == "data: one\n\ndata: two\n\n",
    ),
    (
        "chat",
        "evaluations.create",
        (),
        {"body": {"left": 1, "right": {"left": 2, "right": 3.5}}},
        {"body": {"left": 1, "right": {"left": 2, "right": 3.5}}},
        lambda number: number == 4.5,
    ),
    (
        "chat",
        "shapes.list",
        (),
        {},
        {},
        lambda shapes: [type(shape).__name__ for shape in shapes] == ["Circle", "Square", "Square"],
    ),
    (
        "diary",
        "events.get",
        (ID,),
        {"at": NOON, "if_modified_since_day": DAY},
        {
            "target": f"/events/{ID}?at=2026-02-28T12%3A00%3A00%2B00%3A00",
            "header": {"If-Modified-Since-Day": "2026-02-28"},
        },
        lambda event: (
            (event.id, event.day, event.starts) == (ID, DAY, NOON)
            and event.state.label == "moved"
            and event.attendance["ann"].since == datetime.date(2026, 2, 1)
            and event.attendance["ann"].answers == ["yes", "no"]
            and event.times["vienna"] == NOON
            and event.deadline is None
            and event.any == {"deep": [1, {"x": None}]}
        ),
    ),
    (
        "diary",
        "events.update",
        (ID,),
        {"day": DAY, "deadline_": None, "priority": 2},
        {"body": {"day": "2026-02-28", "deadline": None, "priority": 2}},
        lambda event: event.title == "Lunch",
    ),
    ("diary", "events.update", (ID,), {}, {"body": None}, lambda event: event.title == "Lunch"),
    (
        "diary",
        "events.create",
        (),
        {
            "id": ID,
            "title": "Tea",
            "state": {"code": 1},
            "attendance": {"bob": {"since": DAY, "answers": ["no"]}},
            "holidays": [DAY],
            "times": {"rome": NOON},
            "rank": 0.5,
            "owner": {"name": "Ann", "phone": "1"},
            "any": [1, None],
        },
        {
            "body": {
                "id": str(ID),
                "title": "Tea",
                "state": {"code": 1},
                "attendance": {"bob": {"since": "2026-02-28", "answers": ["no"]}},
                "holidays": ["2026-02-28"],
                "times": {"rome": "2026-02-28T12:00:00+00:00"},
                "rank": 0.5,
                "owner": {"name": "Ann", "phone": "1"},
                "any": [1, None],
            }
        },
        lambda event: event.request_id == REQUEST_ID,
    ),
    (
        "diary",
        "holidays.list",
        (),
        {},
        {},
        lambda days: days["at"] == [datetime.date(2026, 10, 26)] and days.request_id == REQUEST_ID,
    ),
    (
        "diary",
        "holidays.replace",
        (),
        {"body": {"at": [DAY]}},
        {"body": {"at": ["2026-02-28"]}},
        lambda count: count == 3,
    ),
    (
        "printing",
        "print_jobs.print",
        (),
        {"body": "Grüße", "printers": ["a b", "c"], "theme": "dark", "visited": [1, 2], "x_trace": True},
        {
            "target": "/jobs?printers=a%20b%20c",
            "body": "Grüße",
            "cookie": {"theme": "dark", "visited": [1, 2]},
            "header": {"X-Trace": True},
        },
        lambda result: result is None,
    ),
    ("printing", "print_jobs.cancel", ([1, 2],), {}, {"path": {"ids": [1, 2]}}, lambda result: result is None),
    (
        "printing",
        "print_jobs.log",
        ([3],),
        {"lines": 2},
        {"query": {"lines": 2}},
        lambda text: text == "1: grün\n2: done",
    ),
    ("printing", "print_jobs.exists", ([3],), {}, {"target": "/jobs/3"}, lambda result: result is None),
    ("printing", "print_jobs.report", (), {}, {}, lambda text: text.splitlines() == ["printer,pages", "a,1"]),
    (
        "printing",
        "print_jobs.load",
        (),
        {"body": ["a4", "a3"]},
        {"body": ["a4", "a3"]},
        lambda result: result.loaded is None,
    ),
    ("printing", "print_jobs.load", (), {}, {"body": None}, lambda result: result.by is None),
    (
        "hostile",
        "import_.class_",
        ("a/b", '"'),
        {
            "timeout_": 5,
            "extra_headers_": "e",
            "omit_": True,
            "type": "\\",
            "type_header": "h",
            "type_cookie": "c",
            "lambda_": "l",
            "a_bcd": "v",
        },
        {
            "path": {"class": "a/b", "self": '"'},
            "query": {"timeout": 5, "extra_headers": "e", "omit": True, "type": "\\", "lambda": "l", 'a b&c=d"': "v"},
            "header": {"Type": "h"},
            "cookie": {"type": "c"},
        },
        lambda found: (
            (found.request_id, found.list_, found.type, found.format) == ("r", [1], "t", "f")
            and (found.self_, found.class_, found.größe, found.xy, found.field_class_) == ("s", "c", 1, 2, "k")
            and found.field_ == "m"
        ),
    ),
    ("hostile", "import_.list", ("a", "b"), {}, {}, lambda found: found == [["a"], []] and found.request_id),
    ("hostile", "copy_.with_raw_response_", (), {}, {}, lambda found: found is None),
    (
        "hostile",
        "copy_.dict",
        (),
        {"sequence": "s", "from_dict_": "d"},
        {"body": {"Sequence": "s", "from_dict": "d"}},
        lambda found: found == {"a": {"b": ["c"]}},
    ),
    (
        "hostile",
        "thing.print",
        (),
        {
            **{"class_": "c", "self_": "s", "deadline_": "d", "json_fields_": "j", "str_": 1, "dict_": {"a": "b"}},
            **{"none_": True, "file": "f", "field_123": "1", "field_": "e", "field_1": "m"},
        },
        {
            "body": {
                **{"class": "c", "self": "s", "deadline": "d", "json_fields": "j", "str": 1, "dict": {"a": "b"}},
                **{"None": True, "ﬁle": "f", "123": "1", "": "e", "-1": "m"},
            }
        },
        lambda found: type(found).__name__ == "ThingB",
    ),
    (
        "ours",
        "get_.get",
        (),
        {"stream": "a", "options": "o", "cast_to": 2},
        {"query": {"stream": "a", "options": "o", "cast_to": 2}},
        lambda found: type(found).__name__ == "Client" and found.transport.stream == "a",
    ),
    (
        "ours",
        "types.types",
        (),
        {"total": True, "required": 1},
        {"body": {"total": True, "required": 1}},
        lambda found: (found.model_dump_, found.to_dict()) == (1, {"model_dump": 1, "copy": "c"}),
    ),
    (
        "ours",
        "params.params",
        (),
        {"headers": {"a": "b"}, "params": ["p"], "timeout_": 2.5, "model": "n", "timeout": 20},
        {"body": {"headers": {"a": "b"}, "params": ["p"], "timeout": 2.5, "model": "n"}},
        lambda found: found[0] == "text" and found[1].stream == "b",
    ),
    ("ours", "models.list", (), {"models": ["m"]}, {"target": "/models?models=m"}, lambda found: found is None),
    *(
        ("ours", path, (), {}, {"target": "/" + target}, lambda found: found is None)
        for path, target in (
            *(("resources.resources", "resources"), ("raw.raw", "raw"), ("async_raw.get", "async_raw")),
            *(("sync.get", "sync"), ("async_.get", "async"), ("ssl.get", "ssl")),
            *(("lazy_property_.get", "lazy_property"), ("x.omit_", "x/omit"), ("x.not_given_", "x/not_given")),
            *(("x.uuid", "x/uuid"), ("x.builtins", "x/builtins"), ("x.http_types", "x/http_types")),
        )
    ),
    ("ours", "x.datetime", (), {"a": DAY}, {"query": {"a": "2026-02-28"}}, lambda found: found == [NOON]),
    ("ours", "x.resource", (), {"setting": "b"}, {"target": "/x/resource?setting=b"}, lambda found: found is None),
    ("ours", "x.resources", (), {}, {}, lambda found: found.hidden == "a"),
    ("ours", "x.list", (), {}, {}, lambda found: found == [[1]] and found.request_id == REQUEST_ID),
    ("ours", "日本.日本", (), {"日本": "a"}, {"body": {"日本": "a"}}, lambda found: found is None),
]


@pytest.mark.parametrize(
    ("name", "path", "args", "kwargs", "seen", "expected"), ROWS, ids=[f"{r[1]}-{i}" for i, r in enumerate(ROWS)]
)
def test_calls(
    driver: Callable[[str], Driver],
    name: str,
    path: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    seen: dict[str, Any],
    expected: Callable[[Any], object],
) -> None:
    it = driver(name)
    for access in ("", "with_raw_response", "with_streaming_response"):
        result = it.call(path, *args, access=access, **kwargs)
        if access == "with_raw_response":
            assert (result.status_code, result.request_id) == (result.http_response.status_code, REQUEST_ID)
            result = it.wait(result.parse())
        assert expected(result), result
        (request,) = it.server.seen
        assert request.problems == []
        for key, value in seen.items():
            assert getattr(request, key) == value, key


def test_bytes_are_streamed_and_written_to_files(driver: Callable[[str], Driver], tmp_path: Path) -> None:
    for name, path, args in (("petshop", "pet.get_photo", (1,)), ("chat", "chats.voice", ("a",))):
        it = driver(name)
        audio = it.call(path, *args)
        assert (it.wait(audio.read()), audio.complete, audio.request_id) == (BINARY, True, REQUEST_ID)
        it.wait(audio.write_to_file(tmp_path / name))
        assert (tmp_path / name).read_bytes() == BINARY


def test_each_success_is_read_as_its_status_says(driver: Callable[[str], Driver]) -> None:
    it = driver("petshop")
    pet = {"name": "Tom", "photo_urls": []}
    for status, kind in ((201, "Pet"), (202, "Ticket"), (204, "NoneType")):
        it.server.statuses.append(status)
        assert type(it.call("pet.add_pet", **pet)).__name__ == kind


def test_a_text_in_lines_is_read_as_it_comes(drivers: dict[tuple[str, bool], Driver]) -> None:
    with drivers[("chat", False)].client.chats.with_streaming_response.events("a") as response:
        assert list(response.iter_lines()) == ["data: one", "", "data: two", ""]


def test_errors_are_those_of_the_package(driver: Callable[[str], Driver]) -> None:
    it = driver("petshop")
    it.server.statuses.append(409)
    with pytest.raises(petshop_error("ConflictError")) as caught:
        it.call("pet.add_pet", name="Tom", photo_urls=[])
    assert isinstance(caught.value, petshop_error("PetshopError"))
    assert caught.value.message == "text"
    assert caught.value.request_id == REQUEST_ID


def petshop_error(name: str) -> type[Exception]:
    kind: type[Exception] = getattr(sys.modules["petshop"], name)
    return kind
