"""A client made from the description that an application of FastAPI's serves, driven against that very application."""

from __future__ import annotations

import asyncio
import datetime
import json
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from generator.making import add_overlays, tidy
from generator.reading import load_description
from generator.rendering import Package
from generator.report import Report
from generator.settings import ROOT, Settings

from . import shop

pytestmark = pytest.mark.once(rows=True)

UUID = uuid.UUID("6f1c1c34-9c3e-4d2b-8a3b-2c1d7e5f9a10")
TOLD = {
    "a rule that only a whole JSON Schema validator could check": 2,
    "bytes, which JSON cannot hold": 2,
    "a response to HEAD has no body": 1,
    "'both' stands more than once": 2,
}
"""What is told of it, and how often."""

EVERYTHING: dict[str, Any] = {
    "size": "big",
    "level": 2,
    "literal": None,
    "day": datetime.date(2026, 11, 28),
    "moment": datetime.datetime(2026, 11, 28, 10, 15, tzinfo=datetime.UTC),
    "clock": datetime.time(10, 15, 30),
    "span": datetime.timedelta(days=1, hours=2),
    "price": "12.50",
    "id": UUID,
    "raw": "as text",
    "encoded": bytes(range(20)),
    "pair": (1, "one"),
    "numbers": [1.5, 2],
    "tags": ["a"],
    "maps": {"a": {"b": [{"name": "c", "parent": {"name": "d"}}]}},
    "by_level": {"2": 1},
    "inner": {"name": "x"},
    "either": [1, 2],
    "text": "[1, 2]",
    "anything": {"a": [None, 1]},
    "other": [1],
    "bounded": 4,
}

CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any], Any]] = {
    "root.home": ((), {}, {"hello": "world"}),
    "items.read_item": (
        (5,),
        {
            "q": "ö&?",
            "short": True,
            "many": [1, 2],
            "item_query": "abc",
            "day": datetime.date(2026, 1, 2),
            "size": "big",
        },
        {"id": 5, "q": "ö&?", "short": True, "many": [1, 2], "alias": "abc", "day": "2026-01-02", "size": "big"},
    ),
    "items.delete_item": ((5,), {}, None),
    "sizes.path_kinds": (("big", UUID), {}, ["big", str(UUID)]),
    "files.read_path": (("a/b c.txt",), {}, "a/b c.txt"),
    "filters.query_model": ((), {"limit": 5, "tags": ["a", "b"]}, {"limit": 5, "order": "up", "tags": ["a", "b"]}),
    "headers.headers": ((), {"x_token": "t", "x_many": ["a"]}, ["t", "a"]),
    "header_model.header_model": ((), {"x_first": "t", "x_many": ["a"]}, {"x_first": "t", "x_many": ["a"]}),
    "cookies.cookies": ((), {"session": "abc"}, "abc"),
    "camel.camel": ((), {"first_name": "A"}, {"firstName": "A", "lastName": None}),
    "open.opened": ((), {"a": 1, "extra_body": {"b": 2}}, {"a": 1, "b": 2}),
    "pets.create_pet": ((), {"body": {"kind": "hound", "barks": True}}, {"kind": "hound", "barks": True}),
    "either.either": ((), {"body": {"wings": 2}}, {"wings": 2}),
    "list.a_list": ((), {"body": [{"name": "a"}]}, [{"name": "a", "parent": None}]),
    "map.a_map": ((), {"body": {"a": 1}}, {"a": 1}),
    "names.names": ((), {"body": ["a"]}, ["a"]),
    "several.several": (
        (1,),
        {"first": {"name": "a"}, "second": {"firstName": "B"}, "count": 3},
        [1, {"name": "a", "parent": None}, {"firstName": "B", "lastName": None}, 3],
    ),
    "scalar.scalar": ((), {"body": 5}, 5),
    "embedded.embedded": ((), {"value": {"name": "a"}}, {"name": "a", "parent": None}),
    "partial.partial": ((), {}, None),
    "page.page": ((), {}, {"items": [{"name": "a", "parent": None}], "total": 1}),
    "login.login": ((), {"name": "a b&c", "again": True}, ["a b&c", True]),
    "form_model.form_model": ((), {"name": "a"}, {"name": "a", "again": False}),
    "uploads.upload": (
        (),
        {"file": ("a.txt", b"abc"), "note": "n", "files": [b"1", b"2"], "data": b"12"},
        ["a.txt", 3, "n", 2, 2],
    ),
    "text.text": ((), {}, "text ö"),
    "html.html": ((), {}, "<p>"),
    "plain_response.plain_response": ((), {}, {"a": 1}),
    "bytes.some_bytes": ((), {}, None),
    "download.download": ((), {}, None),
    "background.background": ((), {}, {"started": True}),
    "both.get_both": ((), {}, "both"),
    "both.post_both": ((), {}, "both"),
    "head.head": ((), {}, None),
    "options.options": ((), {}, ["GET"]),
    "things.me": ((), {}, "the key"),
    "things.list_things": ((), {}, [{"a": 1, "b": 2}]),
}
"""By operation: what it is called with, and what it returns in JSON."""
OTHERS = {"everything.everything", "missing.missing", "stream.stream", "stream_sync.stream_sync"}
"""Those that have a test of their own."""


@dataclass
class Made:
    """The package, and where the application runs."""

    package: Any
    made: Package
    report: Report
    url: str

    def call(self, operation: str, *args: Any, awaits: bool, **kwargs: Any) -> Any:
        """Call an operation, waiting or awaiting; return what comes of it, bytes for a stream of them."""
        (resource, method), raw = operation.split("."), kwargs.pop("with_raw", False)
        options = {"api_key": "the key", "base_url": self.url, "max_retries": 0}
        if not awaits:
            with self.package.Shop(**options) as client:
                owner = getattr(client, resource)
                found = getattr(owner.with_raw_response if raw else owner, method)(*args, **kwargs)
                if method.startswith("stream"):
                    return list(found)
                return found.read() if hasattr(found, "read") else found

        async def run() -> Any:
            async with self.package.AsyncShop(**options) as client:
                owner = getattr(client, resource)
                found = await getattr(owner.with_raw_response if raw else owner, method)(*args, **kwargs)
                if method.startswith("stream"):
                    return [each async for each in found]
                return await found.read() if hasattr(found, "read") else found

        return asyncio.run(run())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), f"{shop.__name__}:app"]
    folder = tmp_path_factory.mktemp("fastapi")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        (folder / "shop.json").write_bytes(_fetched(f"{url}/openapi.json", process))
        report, settings = Report(), Settings.read(folder / "shop.json", "shop", folder)
        package = Package(settings, load_description(settings.spec, report), folder / "shop", report)
        package.build()
        tidy(folder / "shop")
        add_overlays(package.settings, folder)
        sys.path.insert(0, str(folder))
        yield Made(import_module("shop"), package, report, url)
        sys.path.remove(str(folder))
    finally:
        process.terminate()
        process.wait(20)


def _fetched(url: str, process: subprocess.Popen[bytes]) -> bytes:
    """Return what a server says, once it listens."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=20) as response:
                return bytes(response.read())
        except OSError:
            assert process.poll() is None
            time.sleep(0.05)
    raise AssertionError(f"nothing listens at {url}")


def plain(value: Any) -> Any:
    """Return a result as JSON has it."""
    if hasattr(value, "to_json"):
        return json.loads(value.to_json())
    return [plain(each) for each in value] if isinstance(value, list) else value


def test_nothing_is_left_out(made: Made) -> None:
    assert made.report.left_out == []
    counts = {words: sum(each.found == words for each in made.report.told) for words in TOLD}
    assert (counts, sum(counts.values())) == (TOLD, len(made.report.told))
    assert {f"{call.resource.rstrip('_')}.{call.method}" for call in made.made.calls} == CALLS.keys() | OTHERS


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("operation", CALLS)
def test_a_call_returns_what_the_application_does(operation: str, made: Made, *, awaits: bool) -> None:
    args, kwargs, expected = CALLS[operation]
    resources = {call.resource.rstrip("_"): call.resource for call in made.made.calls}
    resource, method = operation.split(".")
    assert plain(made.call(f"{resources[resource]}.{method}", *args, awaits=awaits, **kwargs)) == expected


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
def test_a_field_of_each_type_comes_back_as_it_was_given(made: Made, *, awaits: bool) -> None:
    found = made.call("everything.everything", awaits=awaits, **EVERYTHING)
    for name, value in EVERYTHING.items():
        given = getattr(found, name)
        assert (plain(given) if name in ("maps", "inner") else given) is not None or value is None, name
        if name not in ("maps", "inner", "text"):
            assert given == value, name
    assert found.always == "always"
    assert found.maps["a"]["b"][0].parent.name == "d"
    assert found.inner.name == "x"
    assert found.text == [1, 2]  # what is JSON in a text on its way there comes back as what it is
    assert Decimal(found.price) == Decimal("12.50")


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
def test_a_body_that_the_description_is_silent_of_is_in_the_raw_response(made: Made, *, awaits: bool) -> None:
    assert made.call("bytes_.some_bytes", awaits=awaits, with_raw=True) == b"a" * 1000 + b"b"
    assert made.call("download.download", awaits=awaits, with_raw=True) == Path(shop.__file__).read_bytes()


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
def test_the_items_of_a_stream_are_models(made: Made, *, awaits: bool) -> None:
    found = made.call("stream.stream", awaits=awaits)
    assert [each.number for each in found] == [0, 1, 2]
    assert {type(each) for each in found} == {made.package.models.Event}
    assert [each.number for each in made.call("stream_sync.stream_sync", awaits=awaits)] == [1]


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
def test_errors_are_those_of_the_application(made: Made, *, awaits: bool) -> None:
    with pytest.raises(made.package.NotFoundError, match="there is none"):
        made.call("missing.missing", awaits=awaits)
    with pytest.raises(made.package.UnprocessableEntityError):
        made.call("camel.camel", awaits=awaits, first_name="A", extra_body={"more": 1})
    with pytest.raises(made.package.InvalidArgumentError, match="at least 1"):
        made.call("items.read_item", 0, awaits=awaits)
