"""Nothing of a description is dropped silently: each thing in it is expressed, told, or left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.rendering import Package
from tests.descriptions.conftest import NAMES
from tests.descriptions.packages import HERE
from tests.descriptions.test_real import NO_FOLDER, chosen, entries, make

from .accounting import Accounting

pytestmark = pytest.mark.once


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        missing = pytest.param("", marks=pytest.mark.skip(reason=NO_FOLDER))
        metafunc.parametrize("name", chosen(metafunc.config) or [missing])


def accounted(path: Path, folder: Path) -> Accounting:
    return Accounting(make(path, "acme_client", folder).package, path)


def test_each_thing_of_a_real_description_is_one_of_three(name: str, tmp_path: Path) -> None:
    found = accounted(entries()[name][0], tmp_path)
    assert found.lost() == []
    assert sum(count for (kind, _), count in found.counts().items() if kind == "operation") == entries()[name][1]


@pytest.mark.parametrize("ours", NAMES)
def test_each_thing_of_ours_is_expressed_or_told(ours: str, tmp_path: Path) -> None:
    found = accounted(HERE / f"{ours}.yaml", tmp_path)
    assert found.lost() == []
    assert {outcome for _, outcome in found.counts()} <= {"expressed", "told"}


TEXT = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /a/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}, {name: q, in: query, schema: {}}]
      requestBody: {content: {application/json: {schema: {type: string}}}}
      responses: {"200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/A"}}}}}
components: {schemas: {A: {type: object, properties: {a: {type: string}}}}}
"""


@pytest.mark.parametrize("kind", ["operation", "parameter", "body", "response", "schema"])
def test_what_is_dropped_is_found(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT, encoding="utf-8")
    package: Package = make(path, "acme_client", tmp_path).package
    (call,) = package.calls
    if kind == "operation":
        package.calls.clear()
    elif kind == "parameter":
        call.arguments[:] = [each for each in call.arguments if each.place != "query"]
    elif kind == "body":
        monkeypatch.setitem(vars(call), "body", None)
    elif kind == "response":
        call.successes.clear()
    else:
        package.description.schemas.clear()
    assert [each.partition(" ")[0] for each in Accounting(package, path).lost()] == [kind]
