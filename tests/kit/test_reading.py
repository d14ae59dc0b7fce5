"""Descriptions as people write them: several files, keys that are numbers or stand twice, names of all kinds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
        (
            "https://example.com/a.yaml",
            "is at another place of the network; download it and refer to the file, or permit it with",
        ),
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


def test_merge_keys_are_merged(tmp_path: Path) -> None:
    document = document_of(
        """
openapi: 3.1.0
info: {title: A, version: "1"}
components:
  schemas:
    A: &a {type: object, description: One., properties: {a: {type: string}}}
    B: &b {description: Two., required: [a]}
    C: {<<: [*b, *a], description: Three.}
    D: {<<: *a, <<: *b}
""",
        tmp_path,
    )
    a = {"a": {"type": "string"}}
    schemas = document["components"]["schemas"]
    assert schemas["C"] == {"type": "object", "description": "Three.", "properties": a, "required": ["a"]}
    assert schemas["D"] == {"type": "object", "description": "One.", "properties": a, "required": ["a"]}
    with pytest.raises(Failure, match="a merge key << stands before something that is no mapping"):
        document_of("openapi: 3.1.0\nx: {<<: 5}\n", tmp_path)


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
    "the path and the method in the id": (
        [op("GET", "/items/{item_id}", "read_items__item_id__get", "items"), op("POST", "/a-b/", "add_a_b__post")],
        ["items.read", "a_b.add"],
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


def document_of(text: str, folder: Path, report: Report | None = None, *, allow_remote: bool = False) -> Any:
    """Return what is read of a description in YAML."""
    return load_description(write(folder, {"main.yaml": text}), report or Report(), allow_remote=allow_remote)


def schemas_of(text: str, folder: Path, version: str = "3.1.0", **more: str) -> tuple[dict[str, str], Report]:
    """Return the models of some components, and what was told."""
    head = f"openapi: {version}\ninfo: {{title: A, version: '1'}}\n"
    report = Report()
    files = {"main.yaml": f"{head}components:\n  schemas:\n{text}", **more}
    modules = made(write(folder, files), folder, report)
    return modules, report


def field_of(modules: dict[str, str], model: str, field: str) -> str:
    """Return the type of a field of a model."""
    lines = [each for each in modules[f"models/{model}.py"].splitlines() if each.strip().startswith(f"{field}: ")]
    return lines[0].partition(": ")[2].removesuffix(" | None = None")


def test_a_schema_with_an_id_of_its_own_is_the_base_of_what_is_in_it(tmp_path: Path) -> None:
    modules, report = schemas_of(
        """
    Tree:
      $id: https://example.com/tree
      type: object
      properties:
        leaf: {$ref: "#/$defs/leaf"}
        other: {$ref: "other.yaml"}
        anchored: {$ref: "#size"}
      $defs: {leaf: {type: integer}, size: {$anchor: size, type: number}}
    Other: {$id: "https://example.com/other.yaml", type: string, format: date}
""",
        tmp_path,
        **{"other.yaml": "type: boolean"},
    )
    assert (report.told, report.left_out) == ([], [])
    types = {name: field_of(modules, "tree", name) for name in ("leaf", "other", "anchored")}
    assert types == {"leaf": "int", "other": "_datetime.date", "anchored": "float"}


def test_a_file_that_has_a_name_refers_to_the_files_beside_it_all_the_same(tmp_path: Path) -> None:
    modules, report = schemas_of(
        '    Here: {$ref: "a.yaml"}\n',
        tmp_path,
        **{
            "a.yaml": "{$id: 'https://example.com/a', type: object, properties: {b: {$ref: b.yaml}}}",
            "b.yaml": "type: integer",
        },
    )
    assert report.left_out == []
    assert field_of(modules, "a", "b") == "int"


def test_a_description_says_where_it_is(tmp_path: Path) -> None:
    text = """
openapi: 3.2.0
$self: https://example.com/api/openapi.yaml
info: {title: A, version: "1"}
components:
  schemas:
    A:
      type: object
      properties:
        own: {$ref: "https://example.com/api/openapi.yaml#/components/schemas/B"}
        relative: {$ref: "openapi.yaml#/components/schemas/B"}
        file: {$ref: "shared.yaml#/C"}
    B: {type: integer}
"""
    report = Report()
    write(tmp_path, {"shared.yaml": "C: {type: boolean}"})
    modules = made(write(tmp_path, {"main.yaml": text}), tmp_path, report)
    assert (report.told, report.left_out) == ([], [])
    assert {name: field_of(modules, "a", name) for name in ("own", "relative", "file")} == {
        "own": "int",
        "relative": "int",
        "file": "bool",
    }


def test_a_reference_may_be_any_pointer(tmp_path: Path) -> None:
    modules, report = schemas_of(
        """
    A:
      type: object
      properties:
        tilde: {$ref: "#/components/schemas/a~0b"}
        slash: {$ref: "#/components/schemas/a~1b"}
        percent: {$ref: "#/components/schemas/a%20b"}
        sign: {$ref: "#/components/schemas/a%25b"}
        inner: {$ref: "#/components/schemas/A/properties/many/items/anyOf/1"}
        many: {type: array, items: {anyOf: [{type: string}, {type: integer}]}}
    a~b: {type: string}
    a/b: {type: integer}
    a b: {type: number}
    a%b: {type: boolean}
""",
        tmp_path,
    )
    assert (report.told, report.left_out) == ([], [])
    types = {name: field_of(modules, "a", name) for name in ("tilde", "slash", "percent", "sign", "inner")}
    assert types == {"tilde": "str", "slash": "int", "percent": "float", "sign": "bool", "inner": "int"}


def test_what_is_beside_a_reference_counts_from_3_1_on(tmp_path: Path) -> None:
    text = """
    A:
      type: object
      properties: {b: {$ref: "#/components/schemas/B", required: [c], description: Said., nullable: true}}
    B: {type: object, properties: {c: {type: string}}}
"""
    modules, report = schemas_of(text, tmp_path, "3.0.3")
    (found,) = report.told
    assert str(found).startswith("/components/schemas/A/properties/b/required: OpenAPI 3.0 ignores what stands beside")
    assert field_of(modules, "a", "b") == "_models.B"
    assert "Said." in modules["models/a.py"]
    modules, report = schemas_of(text, tmp_path, "3.1.0")
    assert report.told == []
    assert field_of(modules, "a", "b") == "_models.ABB"
    assert "    c: str\n" in modules["models/abb.py"]


def test_paths_in_a_circle_stop_the_run(tmp_path: Path) -> None:
    report = Report(["all"])
    document_of(
        """
openapi: 3.1.0
info: {title: A, version: "1"}
paths:
  /a: {$ref: "#/components/pathItems/A"}
  /b: {get: {operationId: b, responses: {"204": {description: ok}}}}
components:
  pathItems: {A: {$ref: "#/components/pathItems/B"}, B: {$ref: "#/components/pathItems/A"}}
""",
        tmp_path,
        report,
    )
    assert [str(each) for each in report.left_out] == [
        "/components/pathItems/B/$ref: '#/components/pathItems/A' leads back to itself; write what it means"
    ]


def test_a_path_and_what_stands_beside_its_reference_are_one(tmp_path: Path) -> None:
    document = document_of(
        """
openapi: 3.1.0
info: {title: A, version: "1"}
paths:
  /a/{id}:
    $ref: "#/components/pathItems/A"
    delete: {operationId: drop, responses: {"204": {description: ok}}}
components:
  pathItems: {A: {parameters: [{name: id, in: path, required: true, schema: {type: integer}}]}}
""",
        tmp_path,
    )
    assert document["paths"]["/a/{id}"].keys() == {"parameters", "delete"}


@pytest.fixture
def remote() -> Iterator[str]:
    """A server that has two files, of which one refers to the other, and to a file that is here."""
    files = {
        "/a.yaml": b"A: {type: object, properties: {b: {$ref: b.yaml}}}",
        "/b.yaml": b"type: integer",
        "/local.yaml": b"A: {$ref: 'file:///etc/passwd'}",
        "/bad.yaml": b"a: [",
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path)
            self.send_response(200 if content else 404)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


REMOTE = """
openapi: 3.1.0
info: {{title: A, version: "1"}}
components: {{schemas: {{Here: {{$ref: "{}"}}}}}}
"""


def test_other_places_of_the_network_are_read_where_that_is_permitted(remote: str, tmp_path: Path) -> None:
    text = REMOTE.format(f"{remote}/a.yaml#/A")
    with pytest.raises(Failure, match=r"download it and refer to the file, or permit it with --allow-remote"):
        made(write(tmp_path, {"main.yaml": text}), tmp_path, Report())
    document = document_of(text, tmp_path, allow_remote=True)
    assert document["components"]["schemas"]["A"]["properties"]["b"] == {"$ref": "#/components/schemas/B"}
    assert document["components"]["schemas"]["B"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("/none.yaml", r"/none\.yaml cannot be fetched: HTTP Error 404.*; download it and refer to the file"),
        ("/bad.yaml", r"/bad\.yaml is no YAML 1\.2 at line 1"),
    ],
)
def test_what_cannot_be_fetched_stops_the_run(place: str, told: str, remote: str, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=told):
        document_of(REMOTE.format(remote + place), tmp_path, allow_remote=True)


def test_what_was_fetched_reads_no_file_here(remote: str, tmp_path: Path) -> None:
    report = Report(["all"])
    document_of(REMOTE.format(f"{remote}/local.yaml#/A"), tmp_path, report, allow_remote=True)
    assert "'file:///etc/passwd' leads nowhere" in str(report.left_out[0])


VERSION_3_2 = """
openapi: 3.2.0
$self: https://example.com/api.yaml
info: {title: A, version: "1", summary: All of 3.2.}
servers: [{url: "https://a.example.com", name: main}]
tags: [{name: things, summary: Things, parent: all, kind: nav}, {name: all}]
paths:
  /things:
    query:
      operationId: things.search
      tags: [things]
      requestBody: {content: {application/json: {$ref: "#/components/mediaTypes/Filter"}}}
      responses: {"200": {summary: Found., content: {application/json: {$ref: "#/components/mediaTypes/Pet"}}}}
    additionalOperations:
      LINK: {operationId: things.link, tags: [things], responses: {"204": {description: ok}}}
    get:
      operationId: things.find
      tags: [things]
      parameters:
        - name: all
          in: querystring
          content:
            application/x-www-form-urlencoded:
              schema: {type: object, properties: {a: {type: string}, b: {type: integer}}}
      responses:
        "200": {description: ok, content: {application/jsonl: {itemSchema: {$ref: "#/components/schemas/Pet"}}}}
    post:
      operationId: things.send
      tags: [things]
      requestBody:
        content:
          multipart/mixed:
            prefixEncoding: [{contentType: application/json}]
            itemEncoding: {contentType: image/png}
      responses: {"204": {description: ok}}
components:
  mediaTypes:
    Filter: {schema: {type: object, properties: {name: {type: string}}}}
    Pet: {schema: {$ref: "#/components/schemas/Pet"}}
  schemas:
    Pet:
      type: object
      required: [kind]
      properties: {kind: {type: string}}
      discriminator: {propertyName: kind, mapping: {cat: Cat}, defaultMapping: Other}
    Cat: {allOf: [{$ref: "#/components/schemas/Pet"}, {properties: {lives: {type: integer}}}]}
    Other: {allOf: [{$ref: "#/components/schemas/Pet"}, {properties: {size: {type: integer}}}]}
  securitySchemes:
    Device:
      type: oauth2
      oauth2MetadataUrl: https://example.com/.well-known/oauth
      deprecated: true
      flows:
        deviceAuthorization:
          deviceAuthorizationUrl: https://example.com/device
          tokenUrl: https://example.com/token
          scopes: {}
security: [{Device: []}]
"""


def test_all_of_3_2_is_read(tmp_path: Path) -> None:
    report = Report()
    modules = made(write(tmp_path, {"main.yaml": VERSION_3_2}), tmp_path, report)
    assert report.left_out == []
    methods = {name: modules[f"operations/things_{name}.py"] for name in ("search", "link", "find", "send")}
    assert "method='QUERY'" in methods["search"]
    assert "name: str | Omit = omit" in methods["search"]
    assert "AnyPet" in methods["search"]
    assert "method='LINK'" in methods["link"]
    assert "default=_model.model(Other)" in modules["models/any_pet.py"]
    # What is told is of parts without names, the items of streams, and how a token is got.
    for each in report.told:
        assert any(word in str(each) for word in ("Encoding", "itemSchema", "flows", "MetadataUrl", "Device")), str(
            each
        )
