"""The command that the kit makes of a description calls each of its operations, as a mock of the description checks."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import regenerate
from generator.making import render
from generator.reading import load_description
from generator.report import Failure, Report
from generator.settings import Settings
from lmnt.vendor.copying import files_of_copy
from tests.client.peers import Listener, serving
from tests.descriptions.mock import BINARY, KEY, Mock
from tests.descriptions.packages import HERE, document

from .made import Command, environment, make

pytestmark = pytest.mark.once(rows=True)

NAMES = ("petshop", "chat", "diary", "library", "printing", "hostile", "zoo")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("commands")
    return {name: make(HERE / f"{name}.yaml", f"{name}_command", folder) for name in NAMES}


@pytest.fixture(params=NAMES)
def mock(request: pytest.FixtureRequest) -> Iterator[tuple[str, Mock]]:
    request.getfixturevalue("packages")
    name = f"{request.param}_command"
    user, _, password = KEY.partition(":")
    keys = {"API_KEY": KEY, "USERNAME": user, "PASSWORD": password}
    prefix = name.upper()
    with (
        Mock(document(request.param)) as server,
        environment(**{f"{prefix}_{key}": value for key, value in keys.items()}, **{f"{prefix}_BASE_URL": server.url}),
    ):
        yield name, server


INSTEAD = {"animals.add": ("--body", '{"animalType": "dog"}')}
"""Arguments in place of those of the example, which fits several members of a union."""


def test_each_operation_is_called_by_its_example(
    mock: tuple[str, Mock], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name, server = mock
    file = tmp_path / "file.bin"
    command = Command(name, capsys)
    called = []
    for row, words in command.examples(file):
        if row.id in ("terms.beta", "terms.one"):  # the mock knows no query in a path, and no fragment
            continue
        file.write_bytes(b"content")
        words = [*row.path, *INSTEAD[row.id]] if row.id in INSTEAD else words
        ran = command(*words)
        assert ran.code in (0, 9), (words, ran)
        assert server.seen[-1].operation == row.id, words
        assert server.seen[-1].problems == [], words
        called.append(row.id)
    assert called


@pytest.fixture(scope="module")
def petshop(packages: dict[str, Any]) -> Iterator[Mock]:  # noqa: ARG001  # it is made with the others
    with (
        Mock(document("petshop")) as server,
        environment(PETSHOP_COMMAND_API_KEY=KEY, PETSHOP_COMMAND_BASE_URL=server.url),
    ):
        yield server


def last(server: Mock) -> Any:
    assert server.seen[-1].problems == []
    return server.seen[-1]


def test_arguments_of_each_kind(petshop: Mock, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = Command("petshop_command", capsys)
    listed = ["--status", "sold", "--status", "pending", "--tags", "a", "--limit", "3", "--born-after", "2026-01-31"]
    assert json.loads(run("pet", "list-pets", *listed, "--json").out)[0]["name"] == "Rex"
    assert last(petshop).query == {"status": ["sold", "pending"], "tags": ["a"], "limit": 3, "born-after": "2026-01-31"}
    (tmp_path / "pet.json").write_text(
        '{"name": "Tom", "photo_urls": [], "category": {"name": "cats"}}', encoding="utf-8"
    )
    assert run("pet", "add-pet", "--input", str(tmp_path / "pet.json"), "--name", "Tim").code == 0
    assert last(petshop).body == {"name": "Tim", "photo_urls": [], "category": {"name": "cats"}}
    (tmp_path / "cats.json").write_text('{"name": "cats", "parent": {"name": "animals"}}', encoding="utf-8")
    category = f"@{tmp_path / 'cats.json'}"
    assert run("pet", "add-pet", "--name", "Tom", "--photo-urls", "a.png", "--category", category).code == 0
    assert last(petshop).body["category"]["parent"] == {"name": "animals"}
    for words, said in (
        (["--limit", "many"], "Invalid value for '--limit'"),
        (["--born-after", "yesterday"], "a date (RFC 3339)"),
        (["--status", "stolen"], "'stolen' is not one of"),
    ):
        ran = run("pet", "list-pets", *words)
        assert (ran.code, said in ran.err) == (2, True), ran


def test_bytes_go_to_a_file_and_never_to_a_terminal(
    petshop: Mock, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Command("petshop_command", capsys)
    (row,) = [each for each in run.rows.rows() if each.id == "getPhoto"]
    words = shlex.split(row.examples[0])[1:-2]
    assert run(*words, "-o", str(tmp_path / "photo")).code == 0
    assert (tmp_path / "photo").read_bytes() == BINARY
    assert last(petshop).operation == "getPhoto"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    ran = run(*words)
    assert (ran.code, "a terminal cannot show bytes" in ran.err) == (2, True)


FEED = """
openapi: 3.2.0
info: {title: Feed, version: "1"}
paths:
  /news:
    get:
      operationId: news.follow
      tags: [news]
      x-stream-end: "[DONE]"
      responses:
        "200": {description: News., content: {text/event-stream: {itemSchema: {$ref: "#/components/schemas/News"}}}}
components:
  schemas:
    News: {type: object, properties: {data: {type: string, contentSchema: {type: object}}}}
"""


class Events(Listener):
    """A server that answers each request with two events and the end mark."""

    def serve(self, sock: socket.socket) -> None:
        sock.recv(65_536)
        events = "".join(f"data: {each}\n\n" for each in ('{"text": "a\x9b"}', '{"text": "b"}', "[DONE]")).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(events)}\r\n\r\n"
        sock.sendall(head.encode() + events)


def test_items_are_lines_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "feed.yaml").write_text(FEED, encoding="utf-8")
    make(tmp_path / "feed.yaml", "feed_command", tmp_path)
    with serving(Events()) as server, environment(FEED_COMMAND_BASE_URL=server.base_url):
        ran = Command("feed_command", capsys)("news", "follow")
        assert ran.code == 0, ran
        assert [json.loads(line) for line in ran.out.splitlines()] == [
            {"text": "a\x9b"},
            {"text": "b"},
        ]
        assert "\x9b" not in ran.out


NAMED = """
openapi: 3.1.0
info: {title: Named, version: "1"}
paths:
  /a: {get: {operationId: things.one, tags: [things], x-command: %s, responses: {"204": {description: ""}}}}
  /b: {get: {operationId: things.two, tags: [things], responses: {"204": {description: ""}}}}
  /c: {get: {operationId: doctor.see, tags: [doctor], responses: {"204": {description: ""}}}}
"""


@pytest.mark.parametrize(
    ("said", "paths"),
    [
        ("look", [("look",), ("things", "two"), ("doctor-group", "see")]),
        ("things look", [("things", "look"), ("things", "two"), ("doctor-group", "see")]),
        ("false", [("things", "two"), ("doctor-group", "see")]),
        ("doctor", "another command is `doctor` already"),
        ("things two", "another command is `things two` already"),
        ("things", "another command is `things` already"),
        ("Look Here", ""),
    ],
)
def test_commands_are_named_by_the_description(said: str, paths: Any, tmp_path: Path) -> None:
    spec = tmp_path / "named.yaml"
    spec.write_text(NAMED % said, encoding="utf-8")
    settings = replace(Settings.read(spec, "named", tmp_path), cli=True)
    report = Report()
    if isinstance(paths, str) and paths:
        with pytest.raises(Failure, match=re.escape(paths)):
            render(settings, load_description(spec, report), tmp_path, report)
        return
    package = render(settings, load_description(spec, report), tmp_path, report)
    if paths:
        assert [row.path for row in package.command_rows] == paths
    else:
        assert any(each.pointer.endswith("/x-command") for each in report.told)


SHARED = Path(__file__).parents[3] / "shared" / "descriptions"


@pytest.mark.once
@pytest.mark.parametrize("name", ["cartesia", "ollama"])
def test_descriptions_of_others(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One call of each kind of operation: what it gives, and the kinds of what it takes."""
    spec = SHARED / f"{name}.yaml"
    if not spec.is_file():
        pytest.skip(f"{spec.name} is not beside the project")
    package = f"{name}_command"
    make(spec, package, tmp_path)
    file = tmp_path / "file.bin"
    run, prefix = Command(package, capsys), package.upper()
    keys = importlib.import_module(f"{package}.command.table").KEYS
    kinds = set()
    with (
        Mock(load_description(spec, Report(["all"]))) as server,
        environment(**dict.fromkeys(keys, KEY), **{f"{prefix}_BASE_URL": server.url}),
    ):
        for row, words in run.examples(file):
            file.write_bytes(b"content")
            ran = run(*words, "--max-retries", "0")
            assert server.seen[-1].operation == row.id, words
            if server.seen[-1].problems == ["a body of 0 bytes and type ''"]:
                continue  # all of it may be left out, and the mock wants one
            # The examples of some answers are not what their own schemas say (7), or break off (9).
            assert (ran.code in (0, 7, 9), server.seen[-1].problems) == (True, []), (words, ran)
            kinds.add((row.gives, row.has_stream, frozenset(each[5].partition(":")[0] for each in row.arguments)))
    assert len(kinds) > 3


def test_the_option_of_the_generator_gives_a_command(tmp_path: Path) -> None:
    given = ["--spec", str(HERE / "places.yaml"), "--package", "places_command", "--out", str(tmp_path)]
    assert regenerate.main(given) == 0
    assert not (tmp_path / "places_command" / "__main__.py").exists()
    assert regenerate.main([*given, "--cli"]) == 0
    ran = subprocess.run(
        [sys.executable, "-m", "places_command", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("Usage: places_command [OPTIONS] COMMAND")


def test_a_copy_has_the_command_if_it_has_all_resources() -> None:
    assert {"command/main.py", "__main__.py"} <= files_of_copy(None).keys()
    assert not [name for name in files_of_copy(["voices"]) if name.startswith(("command/", "__main__"))]
