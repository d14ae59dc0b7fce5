"""Descriptions as people write them: several files, keys that are numbers or stand twice, names of all kinds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.operation_names import Name, Written, operation_names
from generator.reading import load_description
from generator.rendering import Package
from generator.report import Failure, Report
from tests.descriptions.packages import settings

ONE_OPERATION = """
openapi: 3.0.3
info: {title: Split, version: 1.0.0}
paths:
  /things/{id}:
    $ref: paths/thing.yaml
"""

FILES = {
    "main.yaml": ONE_OPERATION,
    "paths/thing.yaml": """
get:
  parameters:
    - $ref: ../parameters.yaml#/Id
  responses:
    200:
      description: It.
      content:
        application/json:
          schema: {$ref: ../schemas/Thing.yaml}
    404: {$ref: "../responses.json#/Missing"}
""",
    "parameters.yaml": "Id: {name: id, in: path, required: true, schema: {type: integer}}",
    "schemas/Thing.yaml": """
type: object
properties:
  parent: {$ref: Thing.yaml}
  owner: {$ref: "people.yaml#/$defs/a~1person"}
  label: {$ref: "#/properties/kind"}
  kind: {type: string, enum: [big, small]}
""",
    "schemas/people.yaml": "$defs: {a/person: {type: object, properties: {name: {type: string}}}}",
    "responses.json": json.dumps({"Missing": {"description": "There is none."}}),
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files; return the first one."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / next(iter(files))


def made(path: Path, folder: Path, report: Report, **names: str) -> dict[str, str]:
    """Return the modules of a description."""
    document = load_description(path, report)
    chosen = settings("base", folder)
    object.__setattr__(chosen, "names", names)
    return Package(chosen, document, folder / "base", report).modules()


def test_what_is_in_other_files_becomes_one_document(tmp_path: Path) -> None:
    report = Report()
    modules = made(write(tmp_path, FILES), tmp_path, report)
    assert (report.told, report.left_out) == ([], [])
    assert {"models/thing.py", "models/a_person.py", "models/thing_kind.py"} <= modules.keys()
    assert "parent: _models.Thing | None = None" in modules["models/thing.py"]
    assert "owner: _models.APerson | None = None" in modules["models/thing.py"]
    assert "id: int" in modules["operations/things_get_things_by_id.py"]


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("schemas/Nothing.yaml", "'schemas/Nothing.yaml' leads nowhere; write where it is"),
        ("parameters.yaml#/Nothing", "'parameters.yaml#/Nothing' leads nowhere"),
        ("parameters.yaml#/Id/name/x", "'parameters.yaml#/Id/name/x' leads nowhere"),
        ("https://example.com/a.yaml", "is at another place of the network; download it and refer to the file"),
        ("http://[", "leads nowhere"),
        ("#nothing", "'#nothing' leads nowhere"),
    ],
)
def test_a_reference_to_nowhere_stops_the_run(reference: str, told: str, tmp_path: Path) -> None:
    files = FILES | {"schemas/Thing.yaml": json.dumps({"properties": {"a": {"$ref": reference}}})}
    path = write(tmp_path, files)
    with pytest.raises(Failure) as caught:
        made(path, tmp_path, Report())
    assert "schemas/Thing.yaml#/properties/a/$ref: " in str(caught.value)
    assert told in str(caught.value)


def test_a_file_that_cannot_be_read_stops_the_run(tmp_path: Path) -> None:
    path = write(tmp_path, FILES | {"schemas/Thing.yaml": "a: ["})
    with pytest.raises(Failure, match=r"Thing\.yaml is no YAML 1\.2 at line 1"):
        made(path, tmp_path, Report())


def test_of_a_key_that_stands_twice_the_last_one_holds(tmp_path: Path) -> None:
    for name, text in (
        ("twice.yaml", ONE_OPERATION.replace("$ref: paths/thing.yaml", "summary: A\n    summary: B")),
        ("twice.json", '{"openapi": "3.1.0", "info": {"title": "A", "title": "B", "version": "1"}}'),
    ):
        report = Report()
        document = load_description(write(tmp_path, {name: text}), report)
        assert "B" in json.dumps(document)
        assert "A" not in json.dumps(document)
        (found,) = report.told
        assert "stands twice, at line" in str(found)
        assert str(found).endswith("the last one holds")


def test_schemas_find_each_other_by_anchor_and_id(tmp_path: Path) -> None:
    schemas: dict[str, Any] = {
        "A": {"type": "object", "properties": {"b": {"$ref": "#b"}, "c": {"$ref": "https://example.com/c"}}},
        "B": {"$anchor": "b", "type": "string"},
        "C": {"$id": "https://example.com/c", "type": "integer"},
    }
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "components": {"schemas": schemas}}
    report = Report()
    modules = made(write(tmp_path, {"main.json": json.dumps(document)}), tmp_path, report)
    assert (report.told, report.left_out) == ([], [])
    assert "b: str | None = None" in modules["models/a.py"]
    assert "c: int | None = None" in modules["models/a.py"]


def test_schemas_of_the_same_name_in_python_are_numbered(tmp_path: Path) -> None:
    schemas = {
        name: {"type": "object", "properties": {name: {"type": "string"}}} for name in ("Thing", "thing", "THING")
    }
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "components": {"schemas": schemas}}
    modules = made(write(tmp_path, {"main.json": json.dumps(document)}), tmp_path, Report())
    assert len({name.lower() for name in modules if name.startswith("models/thing")}) == 3


def op(method: str, path: str, id_: str = "", *tags: str) -> Written:
    data: dict[str, Any] = {"tags": list(tags)} if tags else {}
    return Written(method, path, data | ({"operationId": id_} if id_ else {}))


def shown(name: Name) -> str:
    return f"{name.resource}.{name.method}"


NAMES = {
    "a tag and an id": ([op("GET", "/x", "things.list", "things")], ["things.list"]),
    "an id of another shape": (
        [op("GET", "/x", "ThingsController_findAll", "things")],
        ["things.things_controller_find_all"],
    ),
    "no tag": ([op("GET", "/api/v1/users/{id}", "getUser")], ["users.get_user"]),
    "no tag and no part": ([op("GET", "/", "home")], ["root.home"]),
    "many tags": ([op("GET", "/x", "a", "first", "second")], ["first.a"]),
    "no id": ([op("GET", "/users/{id}/posts", "", "users")], ["users.get_users_by_id_posts"]),
    "the same id twice": (
        [op("GET", "/a", "list", "a"), op("GET", "/b", "list", "b"), op("GET", "/c", "list", "b")],
        ["a.list", "b.get_b", "b.get_c"],
    ),
    "tags of one name": (
        [op("GET", "/a", "a", "My Pets"), op("GET", "/b", "b", "my_pets")],
        ["my_pets.a", "my_pets.b"],
    ),
    "paths that differ in what no name can hold": (
        [op("GET", "/a-b", "", "t"), op("GET", "/a_b", "", "t")],
        ["t.get_a_b", "t.get_a_b_2"],
    ),
    "other letters": ([op("GET", "/x", "übersicht", "größen")], ["größen.übersicht"]),
    "no letters": ([op("GET", "/x", "🙂", "🙂")], ["x.get_x"]),
    "words of Python": ([op("DELETE", "/x", "import", "class")], ["class_.import_"]),
}


@pytest.mark.parametrize("row", NAMES)
def test_each_operation_has_a_name(row: str) -> None:
    operations, names = NAMES[row]
    found = operation_names(operations, {})
    assert [shown(each) for each in found] == names
    assert len({each.module for each in found}) == len({each.id for each in found}) == len(found)


def test_a_name_does_not_depend_on_the_order_or_on_other_operations() -> None:
    operations = [each for row, (listed, _) in NAMES.items() if "differ" not in row for each in listed]
    together = {each.path: shown(name) for each, name in zip(operations, operation_names(operations, {}), strict=True)}
    turned = operations[::-1]
    assert together == {
        each.path: shown(name) for each, name in zip(turned, operation_names(turned, {}), strict=True)
    } or (len(together) < len(operations))
    alone = [op("GET", "/a", "one", "t"), op("GET", "/b", "two", "t")]
    more = [op("PUT", "/c", "three", "t"), *alone, op("PUT", "/d", "three", "t")]
    assert operation_names(alone, {}) == operation_names(more, {})[1:3]


def test_generator_yaml_chooses_names() -> None:
    operations = [op("GET", "/a", "list", "a"), op("GET", "/b", "list", "a")]
    names = operation_names(operations, {"GET /b": "bees.all"})
    assert [shown(each) for each in names] == ["a.list", "bees.all"]
    with pytest.raises(Failure, match="names: 'GET /c' is no operation"):
        operation_names(operations, {"GET /c": "a.b"})
    with pytest.raises(Failure, match="'bees' is not <resource>"):
        operation_names(operations, {"GET /b": "bees"})
