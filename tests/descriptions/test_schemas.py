"""What JSON becomes in Python for each kind of schema: read, written again as it came, and of the type that is said."""

from __future__ import annotations

import ast
import copy
import datetime
import decimal
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from generator.description import load
from generator.making import add_overlays, tidy
from generator.naming import class_name, python_name
from generator.reading import Reader
from generator.rendering import Package
from generator.report import Report
from tests.kit.checking import MYPY

from .packages import HERE, settings
from .packages import load as imported

pytestmark = pytest.mark.once(rows=True)

ROWS = load(HERE / "schemas.yaml")
NAME = "schemas"


def field_of(row: str) -> str:
    """Return the model that has a field of a row's schema."""
    return class_name(f"Row {row}")


def description() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for name, row in ROWS.items():
        schemas |= copy.deepcopy(row.get("components", {}))
        schemas[field_of(name)] = {
            "type": "object",
            "required": ["value"],
            "properties": {"value": copy.deepcopy(row["schema"])},
        }
    return {"openapi": "3.1.0", "info": {"title": "", "version": "1"}, "components": {"schemas": schemas}}


class Made:
    """The package of all rows."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.report = folder, Report()
        chosen = settings(NAME, folder)
        document = Reader(description(), folder / "schemas.json", self.report).document()
        package = Package(chosen, document, folder / NAME, self.report)
        package.build()
        tidy(folder)
        add_overlays(package.settings, folder)
        self.package = imported(NAME, folder)

    def model(self, row: str) -> Any:
        return getattr(self.package.models, field_of(row))

    def fields(self, name: str) -> dict[str, str]:
        """Return the fields of a model and their types, as they are written."""
        text = (self.folder / NAME / "models" / f"{python_name(name)}.py").read_text("utf-8")
        (found,) = (each for each in ast.parse(text).body if isinstance(each, ast.ClassDef))
        fields = (each for each in found.body if isinstance(each, ast.AnnAssign))
        return {ast.unparse(each.target): ast.unparse(each.annotation).replace("'", '"') for each in fields}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("schemas"))


@pytest.mark.parametrize("row", ROWS)
def test_what_is_read_is_written_again(row: str, made: Made) -> None:
    model, listed = made.model(row), ROWS[row]["values"]
    for value in listed:
        found = model.from_dict({"value": copy.deepcopy(value)})
        assert json.loads(found.to_json()) == {"value": value}
        assert import_module(f"{NAME}.values.model").write_model(model, found) == {"value": value}
    for name, value in zip(ROWS[row].get("classes", ()), listed, strict=False):
        assert type(model.from_dict({"value": value}).value).__name__ == name


@pytest.mark.parametrize("row", [row for row in ROWS if "refused" in ROWS[row]])
def test_what_is_not_described_is_not_sent(row: str, made: Made) -> None:
    for value in ROWS[row]["refused"]:
        with pytest.raises(import_module(f"{NAME}.values.codec").MismatchError):
            import_module(f"{NAME}.values.model").write_model(made.model(row), {"value": value})


@pytest.mark.parametrize("row", ROWS)
def test_the_type_says_it(row: str, made: Made) -> None:
    said = ROWS[row]["type"]
    found = made.fields(field_of(row))
    assert said in (found["value"], "*")
    if said == "*":
        assert "object" not in found["value"]
    if "fields" in ROWS[row]:
        assert made.fields(said.removeprefix("_models.")) == ROWS[row]["fields"]


@pytest.mark.parametrize("row", [row for row in ROWS if "python" in ROWS[row]])
def test_a_value_is_what_python_has_for_it(row: str, made: Made) -> None:
    names = {"datetime": datetime, "decimal": decimal}
    first = made.model(row).from_dict({"value": ROWS[row]["values"][0]}).value
    assert first == eval(ROWS[row]["python"], names)  # our own table


@pytest.mark.parametrize("row", [row for row in ROWS if "given" in ROWS[row]])
def test_a_mapping_is_sent_as_the_member_that_knows_most_of_it(row: str, made: Made) -> None:
    value = eval(ROWS[row]["given"], {"datetime": datetime})  # our own table
    written = import_module(f"{NAME}.values.model").write_model(made.model(row), {"value": value})
    assert written == {"value": ROWS[row].get("sent", ROWS[row]["values"][0])}


def test_what_cannot_be_said_is_told(made: Made) -> None:
    rows = {field_of(row): row for row in ROWS}
    for each in made.report.told:
        row = rows.get(each.pointer.split("/")[3], "")
        assert ROWS.get(row, {}).get("told", "nothing") in str(each)
    for name, row in rows.items():
        if "told" in ROWS[row]:
            assert any(f"/{name}/" in each.pointer for each in made.report.told), row
    assert made.report.left_out == []


SNIPPET = """
import datetime
from typing import assert_type

from schemas import models


def pets(pet: models.AnyPet, tree: models.Json, row: models.RowATuple) -> int:
    name, count = row.value
    assert_type(count, int)
    if isinstance(tree, list):
        assert_type(tree[0], models.Json)
    match pet:
        case models.Dog():
            return pet.pack
        case models.Cat():
            return pet.lives or 0
        case _:
            return len(pet.pet_type)


def value(row: models.RowADuration, other: models.RowNamesByPatternAndOthers) -> datetime.date | int:
    if isinstance(row.value, datetime.timedelta):
        return row.value.days
    return other.value["a"]


assert_type(models.RowOneOfBesideProperties.from_dict({}).value.id, str)
models.RowBytes(value="text")  # error
"""


@pytest.mark.once(first=True)
def test_type_checkers_see_it(made: Made) -> None:
    (made.folder / "snippet.py").write_text(SNIPPET, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", *MYPY, "--config-file=", "snippet.py", NAME],
        cwd=made.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    line = SNIPPET[: SNIPPET.index("models.RowBytes")].count("\n") + 1
    errors = [each for each in run.stdout.splitlines() if ": error:" in each]
    assert [each.split(": error:")[0] for each in errors] == [f"snippet.py:{line}"], run.stdout
