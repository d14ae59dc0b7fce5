"""Descriptions that other people published, with every name and text replaced by one that tries to become code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.reading import Reader
from generator.rendering import Package
from generator.report import Report
from generator.settings import Settings

from .test_real import NO_FOLDER, chosen, entries, load_loose

pytestmark = pytest.mark.once(rows=True)

NAME = "\"\"\"'''\\; __import__('os').system('true') "
TEXT = NAME + "\n{{ 7 * 7 }}{% raw %}\r\u2028\nimport os\n"
MEANING = {
    "openapi",
    "$ref",
    "type",
    "in",
    "format",
    "style",
    "scheme",
    "mapping",
    "contentMediaType",
    "pattern",
    "flows",
}
"""Keys whose values say how the rest is read."""
NAMED = {
    "properties",
    "patternProperties",
    "securitySchemes",
    "examples",
    "variables",
    "encoding",
    "callbacks",
    "links",
}
"""Keys of maps whose keys are names."""
SAID = {"description", "summary", "title", "termsOfService", "example", "default"}


def hostile(value: Any, key: str = "") -> Any:
    """Return a part of a description with hostile texts and names; what names the same thing before does so after."""
    if isinstance(value, Mapping):
        return {
            hostile_key(each, key): inner if is_kept(each, key) else hostile(inner, "" if key in NAMED else each)
            for each, inner in value.items()
        }
    if isinstance(value, list):
        return [hostile(each, key) for each in value]
    if not isinstance(value, str):
        return value
    return value + (TEXT if key in SAID else NAME)


def is_kept(key: str, owner: str) -> bool:
    return key in MEANING and owner not in NAMED


def hostile_key(key: str, owner: str) -> str:
    if owner == "paths" and not key.startswith("x-"):
        return re.sub(r"\{([^{}]*)\}", lambda found: "{" + found[1] + NAME + "}", key) + NAME.replace("/", "")
    return key + NAME if owner in NAMED or owner == "security" else key


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        missing = pytest.param("", marks=pytest.mark.skip(reason=NO_FOLDER))
        metafunc.parametrize("name", chosen(metafunc.config) or [missing])


def modules(document: dict[str, Any], path: Path, folder: Path) -> Iterator[tuple[str, str]]:
    report = Report(["all"])
    read = Reader(document, path, report).document()
    package = Package(Settings.read(path, "acme", folder), read, folder / "acme", report)
    assert package.calls or not package.left_out or len(package.left_out) <= len(package.description.operations)
    yield from package.modules().items()


def code_of(source: str) -> set[str]:
    """Return the names that a module uses, of those that hostile texts hold."""
    tree = ast.parse(source)
    names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    names |= {
        each.func.attr for each in ast.walk(tree) if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
    }
    names |= {
        alias.name
        for each in ast.walk(tree)
        if isinstance(each, ast.Import)
        for alias in each.names
        if not alias.asname
    }
    return names & {"__import__", "os", "system"}


def test_no_text_of_any_description_becomes_code(name: str, tmp_path: Path) -> None:
    path = entries()[name][0]
    document = hostile(load_loose(path))
    found = dict(modules(document, path, tmp_path))
    assert [each for each, source in found.items() if each.endswith(".py") and code_of(source)] == []
    assert "7 * 7" in "".join(found.values())


@pytest.mark.parametrize("source", ["__import__('x')", "import os", "a.system()"])
def test_code_is_found(source: str) -> None:
    assert code_of(source)
