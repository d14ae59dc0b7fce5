"""What a description says with keywords that are known, and that still cannot be generated."""

from __future__ import annotations

import ast
import copy
import re
import traceback
from pathlib import Path
from typing import Any

import pytest

from generator.description import Failure, load
from generator.rendering import Package
from generator.settings import ROOT
from tests.descriptions.packages import settings

from .test_keywords import BASE

ROWS = load(Path(__file__).with_name("refusals.yaml"))
ELSEWHERE = {"is no version that can be read"}
"""Words of refusals that come before there is a description to render; test_keywords.py has them."""


def described(row: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a row."""
    document = copy.deepcopy(BASE)
    changes = [*row.get("set", {}).items(), *((pointer, None) for pointer in row.get("remove", []))]
    for pointer, value in changes:
        *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        target: Any = document
        for step in steps:
            target = target[int(step)] if isinstance(target, list) else target[step]
        if pointer in row.get("remove", []):
            del target[last]
        else:
            target[int(last) if isinstance(target, list) else last] = copy.deepcopy(value)
    return document


def generate(row: dict[str, Any], folder: Path) -> None:
    Package(settings("base", folder), described(row), folder).modules()


def test_each_is_named_with_its_place_the_reason_and_a_hint(tmp_path: Path) -> None:
    wrong: list[str] = []
    raised: set[tuple[str, int]] = set()
    for number, (name, row) in enumerate(ROWS.items()):
        with pytest.raises(Failure) as caught:
            generate(row, tmp_path / str(number))
        place = re.escape(row["at"])
        line = rf"  {place}: .*{re.escape(row['told'])}.*; .+" if place else rf".*{re.escape(row['told'])}.*"
        if not any(re.fullmatch(line, each) for each in str(caught.value).splitlines()):
            wrong.append(f"{name}: {caught.value}")
        frames = [each for each in traceback.extract_tb(caught.value.__traceback__) if "/generator/" in each.filename]
        raised |= {(Path(frames[-1].filename).name, frames[-1].lineno or 0)}
    assert wrong == []
    assert list(unproved(raised)) == []


def unproved(raised: set[tuple[str, int]]) -> Any:
    """Yield the refusals in the generator's code that no row has met."""
    for path in sorted((ROOT / "scripts" / "generator").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            source = ast.get_source_segment(text, node) or ""
            lines = range(node.lineno, (node.end_lineno or 0) + 1)
            is_met = any((path.name, line) in raised for line in lines)
            if getattr(node.exc.func, "id", "") == "refuse" and not is_met and not any(e in source for e in ELSEWHERE):
                yield f"{path.name}:{node.lineno}: {source}"
