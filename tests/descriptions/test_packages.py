"""What holds for the packages of the descriptions as packages: keys, names, and texts that do not become code."""

from __future__ import annotations

import ast
import datetime
import inspect
import io
import logging
import re
import sys
import threading
import traceback
import typing
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import create_autospec

import pytest

from generator.naming import method_name, python_name, resource_name
from generator.report import Failure
from tests.hints import Walk

from . import mock
from .conftest import CONTEXT, NAMES, Driver
from .mock import KEY, Mock, key_of
from .packages import document, load, make_all

CALLS = {"petshop": "pet.list_pets", "chat": "shapes.list", "diary": "holidays.list", "printing": "print_jobs.report"}


@pytest.mark.parametrize("name", CALLS)
def test_no_text_holds_the_key(
    name: str, driver: Callable[[str], Driver], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = driver(name)
    package = sys.modules[name]
    with caplog.at_level(logging.DEBUG):
        response = it.call(CALLS[name], access="with_raw_response")
        # A server that repeats all it was sent.
        monkeypatch.setattr(it.server, "_key", lambda seen, *_: seen.problems.append(f"{seen.target} {seen.headers}"))
        with pytest.raises(package.BadRequestError) as caught:
            it.call(CALLS[name])
    shown = [str(caught.value), repr(caught.value), repr(caught.value.body), repr(vars(caught.value)), repr(it.client)]
    shown += [repr(response), str(response.url), caplog.text, "".join(traceback.format_exception(caught.value))]
    assert "/" in caught.value.message
    for text in shown:
        assert KEY not in text
        assert KEY.replace(":", "%3A") not in text
        assert "a2V5Om9mLXRoZS1tb2Nr" not in text  # the key in base64


def test_a_redirect_takes_the_key_to_no_other_host(drivers: dict[tuple[str, bool], Driver]) -> None:
    for name, path in CALLS.items():
        it = drivers[(name, False)]
        it.server.seen.clear()

        class Redirect(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(307)
                self.send_header("location", it.server.url + self.path.partition("?")[0])  # noqa: B023  # used in this turn
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        other = ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
        threading.Thread(target=other.serve_forever, args=(0.01,), daemon=True).start()
        client = it.client.with_options(base_url=f"http://127.0.0.1:{other.server_port}")
        resource, method = path.split(".")
        with pytest.raises(sys.modules[name].BadRequestError):
            getattr(getattr(client, resource), method)()
        (seen,) = it.server.seen
        assert seen.problems == [f"the key is None, not {KEY!r}"]
        other.shutdown()
        other.server_close()


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("name", "key", "told"),
    [
        ("petshop", {"api_key": "a\nb"}, "pasted whole"),
        ("chat", {"api_key": "a;b"}, "pasted whole"),
        ("chat", {"api_key": "a b"}, "goes in a cookie and holds a space"),
        ("chat", {}, "there is no API key: pass api_key=… or set the environment variable CHAT_API_KEY"),
        ("diary", {"api_key": "a\tb"}, "pasted whole"),
        ("diary", {"api_key": " "}, "api_key is empty"),
        ("diary", {"api_key": 5}, "api_key must be a text"),
        ("printing", {"username": "a:b", "password": ""}, "username holds a colon"),
        ("printing", {"username": "a", "password": "\ud800"}, "password holds a control character"),
    ],
)
def test_a_key_that_cannot_be_sent_is_refused(name: str, key: dict[str, Any], told: str) -> None:
    package = sys.modules[name]
    with pytest.raises(package.InvalidArgumentError, match=told):
        getattr(package, name.capitalize())(**key, base_url="http://localhost")


@pytest.mark.parametrize(
    ("name", "key", "bare"),
    [
        ("petshop", {"api_key": " My API Key\n"}, "My API Key"),
        ("chat", {"api_key": "\tkey=1\r\n"}, "key=1"),
        ("diary", {"api_key": "My Bearer Token "}, "My Bearer Token"),
        ("printing", {"username": "me", "password": "a password \r\n"}, "me:a password "),
    ],
)
def test_a_key_arrives_without_what_is_around_it(
    name: str, key: dict[str, str], bare: str, driver: Callable[[str], Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = driver(name)
    monkeypatch.setattr(mock, "KEY", bare)
    with pytest.warns(UserWarning, match="the (API key|password) had white space around it"):
        monkeypatch.setattr(it, "client", it.client.with_options(**key))
    it.call(CALLS[name])


def test_white_space_around_a_described_header_is_taken_off(drivers: dict[tuple[str, bool], Driver]) -> None:
    it = drivers[("petshop", False)]
    with pytest.warns(UserWarning, match="header X-Checksum had white space"):
        it.call("pet.replace_photo", pet_id=1, body=("a", b"x", "image/png"), x_checksum=[" a b\n"])
    assert it.server.seen[0].headers["x-checksum"] == "a b"


@pytest.mark.usefixtures("made")
def test_where_to_call_is_the_first_server() -> None:
    places = {
        name: str(getattr(sys.modules[name], name.capitalize())(**key_of(document(name))).base_url)
        for name in ("petshop", "chat", "diary")
    }
    assert places == {
        "petshop": "https://pets.example.com/v3/",
        "chat": "https://chat.example.com",
        "diary": "https://diary.example.com/api/",
    }
    with pytest.raises(sys.modules["printing"].InvalidArgumentError, match="PRINTING_BASE_URL"):
        sys.modules["printing"].Printing(username="a")


@pytest.mark.usefixtures("made")
def test_packages_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import lmnt

    packages = [lmnt, *(sys.modules[name] for name in NAMES)]
    for name in ("Error", "NotFoundError", "Model", "NotGiven"):
        kinds = [getattr(each, f"{each.__name__.capitalize()}Error" if name == "Error" else name) for each in packages]
        assert len(set(kinds)) == len(packages)
    monkeypatch.setenv("PETSHOP_API_KEY", "of-the-petshop")
    monkeypatch.setenv("CHAT_API_KEY", "of-the-chat")
    assert sys.modules["petshop"].Petshop().api_key == "of-the-petshop"
    assert sys.modules["chat"].Chat().api_key == "of-the-chat"


def test_a_description_without_a_key_has_no_argument_for_one(tmp_path: Path) -> None:
    plain = document("printing")
    del plain["components"], plain["security"]
    make_all({"plain": plain}, tmp_path)
    with Mock(plain) as server:
        client = load("plain", tmp_path).Plain(base_url=server.url)
        assert client.print_jobs.report() == "printer,pages\na,1\n"
        assert server.seen[0].problems == []
        assert "authorization" not in server.seen[0].headers
    with pytest.raises(TypeError):
        load("plain", tmp_path).Plain(api_key=KEY)


def test_no_text_of_a_description_becomes_code(made: Path) -> None:
    texts: list[str] = []
    for path in (made / "hostile").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if source.startswith("# Generated by "):
            tree = ast.parse(source)
            names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
            assert not names & {"__import__", "os", "system"}, path
            texts += [e.value for e in ast.walk(tree) if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    shown = "\n".join(texts)
    for each in (
        "{{ 7 * 7 }} {% raw %} \\N{DIGIT ONE} \\",
        'ends in a quote"',
        'ends in three """',
        "import os def f()",
    ):
        assert each in shown


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", [*NAMES, "lmnt"])
def test_the_types_of_arguments_can_be_looked_at(name: str) -> None:
    package = import_module(name)
    found = [getattr(package.types, each) for each in package.types.__all__]
    types = [each for each in found if isinstance(each, type) and typing.is_typeddict(each)]
    assert types
    for each in types:
        hints = typing.get_type_hints(each)
        assert each.__required_keys__ | each.__optional_keys__ == hints.keys()
    if name == "ours":
        assert package.types.ParamsParamsArguments.__required_keys__ == {"headers"}
        assert typing.get_type_hints(package.types.DatetimeArguments) == {"a": datetime.date}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("made")
def test_all_annotations_can_be_looked_at(name: str) -> None:
    walk = Walk(sys.modules[name])
    assert walk.problems == []
    client = sys.modules[name].Client
    for resource, kind in inspect.getmembers(client, inspect.isclass):
        if kind.__module__.startswith(f"{name}.resources."):
            for method in vars(kind):
                if not method.startswith(("_", "with_")):
                    assert f"{kind.__module__}.{kind.__name__}.{method}" in walk.asked, resource


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("made")
def test_a_mock_has_what_a_client_has(name: str) -> None:
    package = sys.modules[name]
    for kind in (package.Client, package.AsyncClient):
        mock = create_autospec(kind, instance=True)
        for place in (mock, mock.with_raw_response, mock.with_streaming_response):
            for each in vars(kind):
                if inspect.isclass(getattr(kind, each)) and not each.startswith("with_"):
                    for method in vars(getattr(kind, each)):
                        if not method.startswith(("_", "with_")):
                            with pytest.raises(TypeError):
                                getattr(getattr(place, each), method)(no_such_argument=1)


@pytest.mark.usefixtures("made")
def test_each_name_of_a_package_is_what_it_is_called() -> None:
    package = import_module("ours")
    for folder in (package.models, package.resources, package.types):
        for name in folder.__all__:
            assert not isinstance(getattr(folder, name), ModuleType), name
    resources = [getattr(package.resources, name) for name in package.resources.__all__]
    assert {each.__name__ for each in resources} == {*package.resources.__all__}
    assert {each.__module__ for each in resources if "Raw" not in each.__name__} >= {
        f"ours.resources.{name}" for name in ("sync", "async_", "streamed_binary")
    }


def test_a_tag_or_a_field_takes_the_name_of_nothing_that_we_have() -> None:
    package = import_module("lmnt")

    def public(*kinds: type) -> set[str]:
        return {name for kind in kinds for name in dir(kind) if not name.startswith("_")}

    clients = public(
        *(import_module("lmnt.calls.http_methods").__dict__[f"{each}Requests"] for each in ("Sync", "Async"))
    )
    assert {resource_name(name) for name in clients} & clients == set()
    resources = public(
        *(import_module("lmnt.calls.resource").__dict__[f"{each}Resource"] for each in ("Sync", "Async"))
    )
    assert {method_name(name, "x") for name in resources} & resources == set()
    model = public(package.Model)
    assert {python_name(name) for name in model} & model == set()


def test_a_description_of_nothing_but_a_call_is_enough(tmp_path: Path) -> None:
    least = {
        "openapi": "3.1.0",
        "info": {"title": "Least", "version": "1"},
        "paths": {
            "/": {"get": {"operationId": "all.get", "tags": ["all"], "responses": {"204": {"description": "None."}}}}
        },
    }
    make_all({"least": least}, tmp_path)
    package = load("least", tmp_path)
    assert (package.models.__all__, package.types.__all__) == ([], [])
    with Mock(least) as server:
        assert package.Least(base_url=server.url).all.get() is None


@pytest.mark.parametrize("name", ["my_api", "_my__api_", "MY_API"])
def test_no_header_has_an_underscore_in_its_name(tmp_path: Path, name: str) -> None:
    make_all({name: document("printing")}, tmp_path)
    package = load(name, tmp_path)
    with Mock(document("printing")) as server:
        client = package.Client(**key_of(server.document), base_url=server.url, ssl_context=CONTEXT)
        client.print_jobs.report()
        headers = server.seen[0].headers
    assert [each for each in headers if "_" in each] == []
    assert headers["x-my--api-retry-count" if "__" in name else "x-my-api-retry-count"] == "0"


@pytest.mark.parametrize(
    ("name", "taken"),
    [("stream", "Stream"), ("file", "FileError"), ("secret", "Secret"), ("requests", "AsyncRequests")],
)
def test_a_client_takes_the_name_of_nothing_that_we_have(tmp_path: Path, name: str, taken: str) -> None:
    with pytest.raises(Failure, match=f"--package '{name}': {taken} is another name of the package"):
        make_all({name: document("printing")}, tmp_path)


@pytest.mark.usefixtures("made")
def test_the_constants_are_those_of_the_description() -> None:
    facts: Any = import_module("hostile.description")
    assert facts.API_VERSION == '1"\\'
    assert facts.BASE_URL == 'https://example.com/x""""'


def test_a_redirect_to_the_same_host_sends_the_key_once(drivers: dict[tuple[str, bool], Driver]) -> None:
    targets: list[str] = []

    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            targets.append(self.path)
            is_first = len(targets) == 1
            self.send_response(307 if is_first else 200)
            if is_first:
                self.send_header("location", self.path.replace("?", "/?"))
            self.send_header("content-length", "0" if is_first else "2")
            self.end_headers()
            self.wfile.write(b"" if is_first else b"[]")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    client = drivers[("petshop", False)].client.with_options(base_url=f"http://127.0.0.1:{server.server_port}")
    assert client.pet.list_pets(limit=5) == []
    assert targets == ["/pets?limit=5&api_key=key%3Aof-the-mock", "/pets/?limit=5&api_key=key%3Aof-the-mock"]
    server.shutdown()
    server.server_close()


PHOTOS = {"pet_id": 1, "photos": [b""]}


@pytest.mark.parametrize(
    ("call", "arguments", "told"),
    [
        ("pet.list_pets", {"tags": ["a"] * 4}, "tags must be at most 3 items long"),
        ("pet.list_pets", {"limit": 0}, "limit must be at least 1"),
        ("pet.list_pets", {"born_after": "2026-02-28"}, "born-after must be a date"),
        ("pet.add_pet", {"name": "a", "photo_urls": [], "weight": 1.2}, "weight must be a multiple of 0.5"),
        ("pet.add_pet", {"name": "a", "photo_urls": [], "category": {}}, "category.name must be given"),
        ("pet.add_photos", {"pet_id": 1, "photos": []}, "photos must be at least 1 item long"),
        ("pet.add_photos", {**PHOTOS, "place": {"lat": 1, "lon": 2, "at": 3}}, "place.at must be no field that"),
        ("pet.add_photos", {**PHOTOS, "extra_body": {"x": {"y": object()}}}, "x must be what JSON can hold"),
        ("pet.replace_photo", {"pet_id": 1, "body": "a.png"}, "body must be a pathlib.Path"),
        ("pet.replace_photo", {"pet_id": 1, "body": b"", "extra_body": {"a": 1}}, "to an object alone"),
        ("pet.replace_photo", {"pet_id": 1, "body": iter([b"a"])}, "body must be a pathlib.Path"),
        (
            "pet.replace_photo",
            {"pet_id": 1, "body": b"", "x_checksum": ["a,b", "c"]},
            "X-Checksum must be texts without",
        ),
        ("pet.replace_photo", {"pet_id": 1, "body": b"", "x_checksum": ["a\nb"]}, "without control characters"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    drivers: dict[tuple[str, bool], Driver], call: str, arguments: dict[str, Any], told: str
) -> None:
    it = drivers[("petshop", False)]
    with pytest.raises(sys.modules["petshop"].InvalidArgumentError, match=re.escape(told)):
        it.call(call, **arguments)
    assert it.server.seen == []


class Once:
    """What can be read once."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


def test_what_can_be_read_once_is_sent_again_if_need_be(driver: Callable[[str], Driver]) -> None:
    it = driver("petshop")
    it.server.statuses += [409, 409]
    it.call("pet.replace_photo", pet_id=1, body=("a.png", Once(b"photo" * 9), "image/png"), max_retries=2)
    assert [each.body for each in it.server.seen] == [b"photo" * 9] * 3
    assert it.server.seen[0].headers["content-length"] == "45"


def test_the_title_of_a_problem_is_its_message_if_there_is_no_detail(
    drivers: dict[tuple[str, bool], Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = drivers[("petshop", False)]
    problem = it.server.document["components"]["responses"]["Problem"]["content"]["application/problem+json"]
    monkeypatch.setitem(problem, "example", {"title": "No"})
    it.server.statuses.append(409)
    with pytest.raises(sys.modules["petshop"].ConflictError, match="409: No"):
        it.call("pet.add_pet", name="a", photo_urls=[])
