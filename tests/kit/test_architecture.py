"""docs/architecture.md has each hand-written module and who imports whom, and what it says of the ways is there."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT

OVERLAYS = ROOT / "overlays"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
INTRODUCTION, WAYS, TABLES = re.split(r"^## (?:The way of one call|Modules)$", PAGE, flags=re.MULTILINE)
ROOMS = {
    module: room
    for room, lines in re.findall(r"^### (\w+)\n(.*?)(?=^###|\Z)", TABLES, re.MULTILINE | re.DOTALL)
    for module in re.findall(r"^\| `([\w/]+\.py)` \| .", lines, re.MULTILINE)
}
"""The room of each module."""


def test_each_module_has_its_line() -> None:
    named = re.findall(r"^\| `([\w/]+\.py)` \| .", TABLES, re.MULTILINE)
    assert sorted(named) == sorted(path.relative_to(OVERLAYS).as_posix() for path in OVERLAYS.rglob("*.py"))


def imported(module: str) -> Iterator[str]:
    """Yield the hand-written modules that one imports, wherever it does."""
    for node in ast.walk(ast.parse((OVERLAYS / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = Path(module).parents[node.level - 1] / (node.module or "").replace(".", "/")
            for name in node.names:
                paths = (
                    f"{path.as_posix()}{end}"
                    for path in (folder / name.name, folder)
                    for end in (".py", "/__init__.py")
                )
                yield from [path for path in paths if path in ROOMS][:1]


def test_rooms_import_what_they_say_and_in_one_direction() -> None:
    told = re.findall(r"^\| (\w+) \| .* \| ?([\w, ]*)\|$", INTRODUCTION, re.MULTILINE)[1:]
    rooms = {room: set(re.findall(r"\w+", others)) for room, others in told}
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for module, room in ROOMS.items():
        found[room] |= {ROOMS[other] for other in imported(module)} - {room}
    assert found == rooms
    order = list(rooms)
    assert all(order.index(other) < order.index(room) for room, others in rooms.items() for other in others)


@pytest.mark.parametrize("room", dict.fromkeys(ROOMS.values()))
def test_a_room_says_what_it_is_for_and_what_it_imports(room: str) -> None:
    said = ast.get_docstring(ast.parse((OVERLAYS / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    (others,) = re.findall(rf"^\| {room} \| .* \| ?([\w, ]*)\|$", INTRODUCTION, re.MULTILINE)
    *some, last = others.strip().split(", ")
    listed = f"{', '.join(some)} and {last}" if some else last or "no other room"
    assert said.endswith(f"Imports {listed}.")


MODULES = {module.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for module in ROOMS}
NAMES = [name for name in dict.fromkeys(re.findall(r"`([\w.]+)`", WAYS)) if "." in name or name in MODULES]


@pytest.mark.parametrize("name", NAMES)
def test_what_the_ways_name_is_there(name: str) -> None:
    module = max((each for each in MODULES if f"{name}.".startswith(f"{each}.")), key=len)
    found: object = importlib.import_module(f"lmnt.{module}")
    for part in filter(None, name.removeprefix(module).split(".")):
        found = getattr(found, part)
