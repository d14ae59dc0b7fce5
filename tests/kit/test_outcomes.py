"""What a description says more than a package can: each thing is expressed, or told, or left out, or stops the run."""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.description import load
from generator.reading import Reader
from generator.rendering import Package
from generator.report import Failure, Report
from generator.settings import ROOT
from tests.descriptions.packages import settings

from .test_keywords import BASE

ELSEWHERE = "stands twice"
"""What is told before there is a document; test_reading.py has it."""

ROWS = load(Path(__file__).with_name("outcomes.yaml"))


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


def said(row: dict[str, Any], folder: Path, *permitted: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is said of a description: the outcome, the pointer and the words."""
    report = Report(permitted)
    try:
        document = Reader(described(row), folder / "base.yaml", report).document()
        made = replace(settings("base", folder), cli=row.get("cli", False))
        Package(made, document, folder / "base", report).modules()
    except Failure as failure:
        yield from (("stops", each.pointer, str(each)) for each in failure.problems)
    yield from (("told", each.pointer, str(each)) for each in report.told)
    yield from (("left out", each.pointer, str(each)) for left in report.left_out for each in left.problems)


class Met:
    """Remembers which lines of the generator said something."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: set[tuple[str, int]] = set()
        of, tell = Failure.of, Report.tell

        def noted_of(kind: type[Failure], problems: Any) -> Failure:
            self._note()
            plain = of(problems)
            found = kind(str(plain))
            found.problems = plain.problems
            return found

        def noted_tell(*arguments: Any) -> None:
            self._note()
            tell(*arguments)

        monkeypatch.setattr(Failure, "of", classmethod(noted_of))
        monkeypatch.setattr(Report, "tell", noted_tell)

    def _note(self) -> None:
        frame = sys._getframe(2)
        for _ in range(4):  # a method that tells is called from where it is known why
            self.lines.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
            if frame.f_back is None:
                return
            frame = frame.f_back


def test_each_has_its_outcome_with_place_reason_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    met = Met(monkeypatch)
    wrong: list[str] = []
    for number, (name, row) in enumerate(ROWS.items()):
        found = list(said(row, tmp_path / str(number), "all"))
        if row["outcome"] == "expressed":
            wrong += [f"{name}: {found}"] if found else []
        elif not any(
            (outcome, pointer) == (row["outcome"], row["at"]) and row["told"] in text and "; " in text
            for outcome, pointer, text in found
        ) or (row.get("only") and len(found) > 1):
            wrong.append(f"{name}: {found}")
    assert wrong == []
    assert list(unproved(met.lines)) == []


def test_what_is_left_out_stops_the_run_unless_that_is_permitted(tmp_path: Path) -> None:
    row = ROWS["an object of objects in the query"]
    with pytest.raises(Failure) as caught:
        package(row, tmp_path, Report())
    assert "a parameter is one value, an array of such, or an object of such; put" in str(caught.value)
    assert "Leave it out with --leave-out 'things.do', or all of it with --leave-out all." in str(caught.value)
    with pytest.raises(Failure, match=r"--leave-out 'things\.no': nothing of this id"):
        package(row, tmp_path, Report(["things.do", "things.no"]))
    report = Report(["things.do"])
    made = package(row, tmp_path, report)
    assert [each.id for each in report.left_out] == ["things.do"]
    assert "operations/things_do.py" not in made
    assert "def do(self" in made["resources/things.py"]
    assert "things.do was left out of this package: a parameter is one value" in made["resources/things.py"]


def package(row: dict[str, Any], folder: Path, report: Report) -> dict[str, str]:
    document = Reader(described(row), folder / "base.yaml", report).document()
    return Package(settings("base", folder), document, folder / "base", report).modules()


def unproved(met: set[tuple[str, int]]) -> Iterator[str]:
    """Yield the places in the generator's code that refuse or tell something, and that no row has met."""
    for path in sorted((ROOT / "scripts" / "generator").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            lines = range(node.lineno, (node.end_lineno or 0) + 1)
            if name in ("refuse", "tell", "_tell") and not any((path.name, line) in met for line in lines):
                source = ast.get_source_segment(text, node) or ""
                if ELSEWHERE not in source:
                    yield f"{path.name}:{node.lineno}: {source}"


def test_a_long_report_begins_with_what_there_is_of_each_kind() -> None:
    report = Report()
    for number in range(40):
        report.tell(f"/a/{number}", "a rule", "it is ignored")
    assert "Where that is" not in report.text()
    report.tell("/b", "a name", "it is unused")
    head, _, places = report.text().partition("Where that is:")
    assert "     40 a rule; it is ignored\n      1 a name; it is unused" in head
    assert all(each.pointer in places for each in report.told)
