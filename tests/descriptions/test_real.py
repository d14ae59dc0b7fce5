"""Descriptions that other people published: every operation of each is in the package, or said to be left out.

They lie beside the project, in `../shared/descriptions`, and are no part of it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from generator.making import add_overlays, tidy
from generator.naming import METHODS, python_name
from generator.reading import load_description
from generator.rendering import Package
from generator.report import Report
from generator.settings import ROOT, Settings
from lmnt_server.documents import read

from .packages import check, import_all

pytestmark = pytest.mark.once(rows=True)

FOLDER = ROOT.parent / "shared" / "descriptions"
NO_FOLDER = "../shared/descriptions is not here"
QUICK = {"redocly-cafe-split-32", "ogen-parameters", "swashbuckle-31", "nhs-pds", "rswag-rails", "typespec-sse-32"}
"""Those that a run of all tests takes; `--real` takes each."""

LEFT_OUT = ("nestjs-cats", "opc-baseline-31")
"""Those of which one operation cannot be expressed; of the others all can."""


@cache
def entries() -> dict[str, tuple[Path, int]]:
    """Return the first file of each, and how many operations it has."""
    index = FOLDER / "INDEX.tsv"
    if not index.is_file():
        return {}
    with index.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["short-name"]: (FOLDER / row["entry"], int(row["operations"])) for row in rows}


@dataclass(frozen=True)
class Made:
    """What became of a description."""

    package: Package
    report: Report

    @property
    def expressed(self) -> set[tuple[str, str]]:
        """The operations in the package, as METHOD and path."""
        return {(call.operation.method, call.operation.path) for call in self.package.calls}


def make(path: Path, package: str, folder: Path) -> Made:
    report = Report(["all"])
    settings = Settings.read(path, package, folder)
    return Made(Package(settings, load_description(path, report), folder / package, report), report)


def written(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the operations of a description as METHOD and path, without the generator's reading of it."""
    document = load_loose(path)
    for name, item in document.get("paths", {}).items():
        if name.startswith("x-"):
            continue
        where = path
        while "$ref" in item and not any(method in item for method in METHODS):
            item, where = followed(item["$ref"], where, document)
        for method in METHODS:
            if method in item:
                yield method.upper(), name
        yield from ((method, name) for method in item.get("additionalOperations", {}))


def followed(reference: str, path: Path, document: Any) -> tuple[Any, Path]:
    file, _, pointer = reference.partition("#")
    where = path.parent / file if file else path
    target = load_loose(where) if file else document
    for step in pointer.split("/")[1:]:
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return target, where


def load_loose(path: Path) -> dict[str, Any]:
    return read(path, lambda _key, _place: None)


def chosen(config: pytest.Config) -> list[str]:
    return [name for name in entries() if config.getoption("--real") or name in QUICK]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = chosen(metafunc.config)
    missing = pytest.param("", marks=pytest.mark.skip(reason=NO_FOLDER))
    metafunc.parametrize("name", names or [missing])


def test_every_operation_is_accounted_for(name: str, tmp_path: Path) -> None:
    path, count = entries()[name]
    made = make(path, "acme_client", tmp_path)
    there = set(written(path))
    left_out = made.package.left_out
    assert made.expressed | {each.key for each in left_out} == there
    assert len(made.expressed) + len(left_out) == len(there) == made.report.expressed + len(left_out)
    assert len(there) == count
    assert {each.operation.id for each in left_out} <= {each.id for each in made.report.left_out}
    assert len(left_out) == (name in LEFT_OUT)


def test_the_package_can_be_imported(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = f"real_{python_name(name)}"
    made = make(entries()[name][0], package, tmp_path)
    made.package.build()
    tidy(tmp_path)
    add_overlays(made.package.settings, tmp_path)
    check(tmp_path / package)
    monkeypatch.syspath_prepend(tmp_path)
    import_all(import_module(package))


def test_the_report_is_json(name: str, tmp_path: Path) -> None:
    made = make(entries()[name][0], "acme_client", tmp_path)
    read = json.loads(made.report.json())
    assert read["expressed"] == {"operations": len(made.package.calls)}
    assert all(each["pointer"] is not None and each["found"] and each["means"] for each in read["told"])
    assert all(each["id"] and each["problems"] for each in read["left_out"])
