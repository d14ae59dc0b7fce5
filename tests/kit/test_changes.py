# ruff: noqa: E501  # tables with a row on each line
"""What two versions differ in: on the wire, in Python, and what follows for a release."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, Run

sys.path.insert(0, str(ROOT / "scripts"))

import changes
from comparison import surface, wire
from comparison.change import Change, Effect, joined, with_python_side
from comparison.package import Surface
from comparison.release import changelog, is_enough, next_version
from comparison.reports import FORMATS, Report
from comparison.schemas import EFFECTS
from comparison.trees import Tree, last_tag

Edit = Callable[[dict[str, Any]], object]
B, A, N = Effect.BREAKING, Effect.ADDITION, Effect.NOTE

THING = {
    "type": "object",
    "required": ["id", "size"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 9},
        "size": {"type": "integer", "minimum": 0, "maximum": 9},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "note": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        "when": {"type": "string", "format": "date"},
        "always": {"const": "thing"},
        "way": {"type": "string", "default": "north"},
        "maybe": {"anyOf": [{"$ref": "#/components/schemas/Cat"}, {"type": "null"}]},
        "pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
        "inner": {"$ref": "#/components/schemas/Thing"},
        "rest": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://a"}],
    "security": [{"Key": []}],
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "put": {
                "operationId": "things.put",
                "x-retry-safe": True,
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 5}},
                    {
                        "name": "v",
                        "in": "header",
                        "x-client-header": True,
                        "schema": {"type": "string", "default": "1"},
                    },
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {
                    "200": {
                        "headers": {"request-id": {"required": True, "schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "404": {"description": "none"},
                },
            },
            "delete": {"operationId": "things.delete", "responses": {"204": {"description": "gone"}}},
        },
    },
    "x-websocket": {
        "things.watch": {"path": "/w", "send": "#/components/schemas/Cat", "receive": "#/components/schemas/Message"}
    },
    "components": {
        "securitySchemes": {
            "Key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "Bearer": {"type": "http", "scheme": "bearer"},
        },
        "schemas": {
            "Thing": THING,
            "More": {"allOf": [{"$ref": "#/components/schemas/Thing"}, {"properties": {"extra": {"type": "string"}}}]},
            "Kind": {"type": "string", "enum": ["big", "small"]},
            "Cat": {"type": "object", "properties": {"type": {"const": "cat"}, "name": {"type": "string"}}},
            "Dog": {"type": "object", "properties": {"type": {"const": "dog"}}},
            "Bird": {"type": "object", "properties": {"type": {"const": "bird"}}},
            "Message": {
                "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
                "discriminator": {"propertyName": "type"},
            },
        },
    },
}


def found(edit: Edit, document: dict[str, Any] = DOCUMENT) -> list[Change]:
    new = copy.deepcopy(document)
    edit(new)
    return joined(wire.compare(wire.Api(document), wire.Api(new)))


def schema(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what finds a schema by a path such as `Thing.size`."""

    def find(document: dict[str, Any]) -> dict[str, Any]:
        component, *rest = name.split(".")
        node: dict[str, Any] = document["components"]["schemas"][component]
        for step in rest:
            node = node["items"] if step == "[]" else node["properties"][step]
        return node

    return find


def put(name: str, **keywords: Any) -> Edit:
    return lambda document: schema(name)(document).update(keywords)


def drop(name: str, *keywords: str) -> Edit:
    return lambda document: [schema(name)(document).pop(keyword) for keyword in keywords]


def field(name: str, value: Any = None, required: bool = False) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        thing = schema("Thing")(document)
        if value is None:
            del thing["properties"][name]
        else:
            thing["properties"][name] = value
        if required:
            thing["required"] = [*thing["required"], name]

    return edit


REF = "#/components/schemas/"

# A change of what goes both ways: what it is, and what it means in the request and in the response.
BOTH_WAYS: list[tuple[str, Edit, str, str, Effect, Effect]] = [
    ("new required field", field("hue", {"type": "string"}, True), "required field added", "is new, and required", B, A),
    ("new field", field("hue", {"type": "string"}), "field added", "`Thing.hue` is new", A, A),
    ("removed field", field("note"), "field removed", "`Thing.note` was removed", B, B),
    ("optional to required", put("Thing", required=["id", "size", "note"]), "field became required", "is required", B, N),
    ("required to optional", put("Thing", required=["id"]), "field became optional", "`Thing.size` is optional", A, B),
    ("other type", put("Thing.size", type="string"), "type changed", "is string, was integer", B, B),
    ("integer to number", put("Thing.size", type="number"), "type widened", "is number, was integer", A, B),
    ("string to anything", drop("Thing.id", "type"), "type widened", "is of any type, was string", A, B),
    ("one type less", put("Thing", type="object"), "", "", N, N),
    ("null refused", put("Thing.note", type="string"), "null refused", "may not be null any more", B, N),
    ("null allowed", put("Thing.id", type=["string", "null"]), "null allowed", "`Thing.id` may be null", A, B),
    ("null by anyOf refused", field("maybe", {"$ref": f"{REF}Cat"}), "null refused", "`Thing.maybe` may not be null any more", B, N),
    ("value removed", put("Kind", enum=["big"]), "value removed", '`Kind` is never "small" any more', B, N),
    ("value added", put("Kind", enum=["big", "small", "odd"]), "value added", '`Kind` may be "odd"', A, A),
    ("values listed", put("Thing.id", enum=["a"]), "values limited", 'can only be "a"', B, N),
    ("values opened", drop("Kind", "enum"), "values opened", "may have any value", A, A),
    ("other constant", put("Thing.always", const="other"), "constant changed", 'always "other", was "thing"', B, B),
    ("maximum lowered", put("Thing.size", maximum=8), "limit narrowed", "has maximum 8, had 9", B, N),
    ("maximum raised", put("Thing.size", maximum=10), "limit widened", "has maximum 10, had 9", A, N),
    ("maximum dropped", drop("Thing.size", "maximum"), "limit widened", "has no maximum, had 9", A, N),
    ("minimum raised", put("Thing.size", minimum=1), "limit narrowed", "has minimum 1, had 0", B, N),
    ("minimum to zero", put("Thing.id", minLength=0), "limit widened", "has minLength 0, had 1", A, N),
    ("limit introduced", put("Thing.tags", minItems=1), "limit narrowed", "has minItems 1, had none", B, N),
    ("fewer items", put("Thing.tags", maxItems=2), "limit narrowed", "has maxItems 2, had 3", B, N),
    ("pattern", put("Thing.id", pattern="a+"), "limit narrowed", "has pattern a+, had none", B, N),
    ("item type", put("Thing.tags.[]", type="integer"), "type changed", "`Thing.tags[]` is integer, was string", B, B),
    ("map type", put("Thing.rest", additionalProperties={"type": "integer"}), "type changed", "`Thing.rest.*` is", B, B),
    ("map of one kind", put("Thing.rest", additionalProperties=True), "type widened", "`Thing.rest.*` is of any type", A, B),
    ("items of any kind", drop("Thing.tags", "items"), "type widened", "`Thing.tags[]` is of any type, was string", A, B),
    ("beside alternatives", put("Thing.pet", properties={"age": {}}), "field added", "`Thing.pet.age` is new", A, A),
    ("another rule", put("Thing.rest", patternProperties={}), "rule changed", "has another `patternProperties`", B, B),
    ("map closed", put("Thing", additionalProperties=False), "closed", "holds no other fields any more", B, N),
    ("other format", put("Thing.when", format="date-time"), "format changed", "`date-time`, had `date`", B, B),
    ("format added", put("Thing.id", format="uuid"), "format added", "has the format `uuid`, had none", B, N),
    ("format removed", drop("Thing.when", "format"), "format removed", "has no format, had `date`", A, B),
    ("format to hide it", put("Thing.id", format="password"), "", "", N, N),
    ("other default", put("Thing.way", default="south"), "default changed", "defaults to south, was north", B, N),
    ("default stated", put("Thing.id", default="x"), "default stated", "defaults to x, was not stated", N, N),
    ("default withdrawn", drop("Thing.way", "default"), "default withdrawn", "no stated default, had north", N, N),
    ("alternative removed", put("Thing.pet", oneOf=[{"$ref": f"{REF}Cat"}, {"$ref": f"{REF}Bird"}]), "alternative removed",
     "`Thing.pet` is no `Dog` any more", B, N),
    ("alternative added", put("Thing.pet", oneOf=[{"$ref": f"{REF}{each}"} for each in ("Cat", "Dog", "Bird")]),
     "alternative added", "`Thing.pet` may be a `Bird` too", A, B),
    ("inside an alternative", put("Cat.name", type="integer"), "type changed", "`Cat.name` is integer, was string", B, B),
    ("deprecated", put("Thing.note", deprecated=True), "deprecated", "`Thing.note` is deprecated", N, N),
    ("extension", put("Kind", **{"x-status": {}}), "extension changed", "`Kind` has another `x-status`", N, N),
    ("prose alone", put("Thing", description="Other words."), "", "", N, N),
    ("an alias for the same", field("note", {"allOf": [{"type": ["string", "null"]}]}), "", "", N, N),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "kind", "text", "request_effect", "response_effect"),
    [row[1:] for row in BOTH_WAYS],
    ids=[row[0] for row in BOTH_WAYS],
)
def test_each_direction_has_its_own_meaning(
    edit: Edit, kind: str, text: str, request_effect: Effect, response_effect: Effect
) -> None:
    told = [each for each in found(edit) if "things.put" in each.operations]
    if not kind:
        assert told == []
        return
    for side, effect in (("request", request_effect), ("response", response_effect)):
        (change,) = [each for each in told if each.kind == f"{side} {kind}"]
        assert text in change.text
        assert change.effect is effect


def test_every_kind_of_difference_is_tried() -> None:
    assert {row[2] for row in BOTH_WAYS if row[2]} | {"opened", "tagged alternative added", "type narrowed"} == set(
        EFFECTS
    )
    back = copy.deepcopy(DOCUMENT)
    schema("Thing")(back)["additionalProperties"] = False
    schema("Thing")(back)["properties"]["size"]["type"] = "number"
    told = {each.kind: each.effect for each in joined(wire.compare(wire.Api(back), wire.Api(DOCUMENT)))}
    assert told == {"request opened": A, "response opened": N, "request type narrowed": B, "response type narrowed": N}


@pytest.mark.parametrize(
    ("property_name", "mapping", "text"),
    [
        ("kind", {"a": f"{REF}Cat", "b": f"{REF}Dog"}, ""),
        ("kind", {"a": "Cat", "b": "Dog", "c": "Dog"}, ""),
        ("sort", {"a": f"{REF}Cat", "b": f"{REF}Dog"}, "is told apart by `sort`, was by `kind`"),
        ("kind", {"a": f"{REF}Dog", "b": f"{REF}Dog"}, "with the `kind` a is `Dog`, was `Cat`"),
        ("kind", {"b": f"{REF}Dog"}, "with the `kind` a is not told, was `Cat`"),
    ],
)
def test_what_tells_alternatives_apart(property_name: str, mapping: dict[str, str], text: str) -> None:
    old = copy.deepcopy(DOCUMENT)
    put("Thing.pet", discriminator={"propertyName": "kind", "mapping": {"a": f"{REF}Cat", "b": f"{REF}Dog"}})(old)
    told = found(put("Thing.pet", discriminator={"propertyName": property_name, "mapping": mapping}), old)
    assert {each.kind for each in told} == ({"request rule changed", "response rule changed"} if text else set())
    for each in told:
        assert text in each.text
        assert each.effect is B


def operation(document: dict[str, Any], method: str = "put") -> Any:
    return document["paths"]["/things/{id}"][method]


def parameter(document: dict[str, Any], number: int = 0) -> Any:
    return operation(document)["parameters"][number]


BEARER = [{"Bearer": []}]

# A change of anything else: what it is, and what it means.
ELSEWHERE: list[tuple[Edit, str, str, Effect]] = [
    (lambda d: d["paths"]["/things/{id}"].pop("delete"), "operation removed", "was removed", B),
    (lambda d: operation(d, "delete").update(operationId="things.drop"), "operation renamed", "is called `things.drop`", B),
    (lambda d: d["paths"].update({"/n": {"get": {"operationId": "things.new"}}}), "operation added", "is new", A),
    (lambda d: d["paths"].update({"/t/{id}": d["paths"].pop("/things/{id}")}), "address changed", "is DELETE /t/{id}, was DELETE /things/{id}", B),
    (lambda d: d.update(servers=[{"url": "https://b"}]), "server changed", "is at ['https://b']", B),
    (lambda d: operation(d).update(security=BEARER), "security changed", "http bearer, was by apiKey header X-Key", B),
    (lambda d: d.update(security=[{"Key": []}, *BEARER]), "security added", "is let in by http bearer too", A),
    (lambda d: operation(d).update(security=[]), "security changed", "is let in by nothing", B),
    (lambda d: d["components"]["securitySchemes"]["Key"].update(name="Y"), "security changed", "apiKey header Y", B),
    (lambda d: operation(d).update(deprecated=True), "operation deprecated", "is deprecated", N),
    (lambda d: operation(d).update({"x-retry-safe": False}), "extension changed", "`x-retry-safe` is False, was True", N),
    (lambda d: operation(d).update({"x-long-text": {"method": "put_long"}}), "extension changed", "`x-long-text` is {'method': 'put_long'}, was None", N),
    (lambda d: parameter(d, 1).pop("x-client-header"), "extension changed", "`x-client-header` is None, was True", N),
    (
        lambda d: operation(d)["responses"]["200"]["content"]["application/json"].update({"x-stream-end": "[DONE]"}),
        "extension changed",
        "`x-stream-end` is [DONE], was None",
        N,
    ),
    (lambda d: d["x-websocket"]["things.watch"].update({"x-end": 1}), "extension changed", "`x-end` is 1, was None", N),
    (lambda d: d["paths"]["/things/{id}"].update(query={"operationId": "things.ask"}), "operation added", "is new", A),
    (
        lambda d: d["paths"]["/things/{id}"].update(additionalOperations={"COPY": {"operationId": "things.copy"}}),
        "operation added",
        "is new",
        A,
    ),
    (lambda d: operation(d)["parameters"].pop(0), "request field removed", "`query limit` was removed", B),
    (
        lambda d: operation(d)["parameters"].append({"name": "q", "in": "query", "required": True}),
        "request required field added",
        "`query q` is new, and required",
        B,
    ),
    (lambda d: operation(d)["parameters"].append({"name": "q", "in": "query"}), "request field added", "`query q` is new", A),
    (
        lambda d: operation(d)["parameters"].append(
            {"name": "q", "in": "header", "required": True, "x-client-header": True, "schema": {"default": "1"}}
        ),
        "request field added",
        "`header q` is new",
        A,
    ),
    (lambda d: parameter(d).update({"in": "header"}), "parameter moved", "is in the header, was in the query", B),
    (lambda d: parameter(d).update(required=True), "request field became required", "`query limit` is required", B),
    (lambda d: parameter(d).update(explode=False), "parameter written otherwise", "explode False", B),
    (lambda d: parameter(d)["schema"].update(default=6), "request default changed", "defaults to 6, was 5", B),
    (lambda d: parameter(d, 1)["schema"].update(default="2"), "request default changed", "`header v` defaults to 2", B),
    (lambda d: operation(d)["requestBody"].update(required=True), "request field became required", "`body` is required", B),
    (lambda d: operation(d).pop("requestBody"), "request field removed", "`body` was removed", B),
    (
        lambda d: operation(d)["requestBody"]["content"].update({"text/plain": {}}),
        "request media type added",
        "body may be text/plain",
        A,
    ),
    (
        lambda d: operation(d)["requestBody"]["content"]["application/json"].update(encoding={"id": {}}),
        "request written otherwise",
        "body has another encoding",
        B,
    ),
    (
        lambda d: operation(d)["responses"]["200"].update(content={"text/plain": {"schema": {"type": "string"}}}),
        "response media type removed",
        "200 body is never application/json any more",
        B,
    ),
    (
        lambda d: operation(d)["responses"].update({"201": operation(d)["responses"].pop("200")}),
        "status changed",
        "succeeds with 201, was 200",
        B,
    ),
    (lambda d: operation(d)["responses"].update({"202": {}}), "success added", "may succeed with 202", B),
    (lambda d: operation(d)["responses"].update({"409": {}}), "error added", "states the error 409", N),
    (lambda d: operation(d)["responses"].pop("404"), "error removed", "does not state the error 404", N),
    (lambda d: operation(d)["responses"]["200"].pop("headers"), "response field removed", "header.request-id` was rem", B),
    (lambda d: d["x-websocket"]["things.watch"].update(path="/x"), "address changed", "is at /x, was at /w", B),
    (lambda d: d.pop("x-websocket"), "session removed", "was removed", B),
    (
        lambda d: schema("Message")(d)["oneOf"].append({"$ref": f"{REF}Bird"}),
        "response tagged alternative added",
        "`Message` may be a `Bird` too",
        A,
    ),
    (lambda d: schema("Cat")(d)["required"].append("name"), "request field became required", "`Cat.name` is required", B),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "kind", "text", "effect"), ELSEWHERE, ids=[row[1] for row in ELSEWHERE])
def test_what_is_no_schema(edit: Edit, kind: str, text: str, effect: Effect) -> None:
    document = copy.deepcopy(DOCUMENT)
    schema("Cat")(document)["required"] = []
    told = [each for each in found(edit, document) if each.kind == kind]
    assert told, found(edit, document)
    assert text in told[0].text
    assert told[0].effect is effect


def test_nothing_is_told_of_the_same_description() -> None:
    assert found(lambda document: document) == []
    assert found(lambda document: document["paths"].update(reversed(list(document["paths"].items())))) == []


def test_a_rename_is_guessed_and_still_two_changes() -> None:
    def rename(document: dict[str, Any]) -> None:
        properties = schema("Thing")(document)["properties"]
        properties["day"] = properties.pop("when")

    texts = [each.text for each in found(rename) if each.kind.startswith("request")]
    assert texts == ["request `Thing.when` was removed; `day` is new and like it", "request `Thing.day` is new"]


def test_a_change_is_told_once_with_all_the_operations_it_comes_from() -> None:
    document = copy.deepcopy(DOCUMENT)
    operation(document, "delete")["requestBody"] = {"content": {"application/json": {"schema": {"$ref": f"{REF}More"}}}}
    (change,) = [each for each in found(field("note"), document) if each.kind.startswith("request")]
    assert change.operations == ("things.delete", "things.put")
    assert change.text == "request `Thing.note` was removed"


def test_a_reference_that_leads_nowhere_is_named() -> None:
    with pytest.raises(changes.Failure, match="#/components/schemas/Not leads nowhere"):
        found(field("kind", {"$ref": f"{REF}Not"}))


# In Python

OLD = {
    "__init__.py": '__all__ = ["LIMIT", "Acme", "AsyncAcme", "Failed", "Gone", "__version__", "models"]\n'
    "from . import models\nfrom .client import Acme as Acme, AsyncAcme as AsyncAcme, Failed as Failed, Gone as Gone\n"
    'from .client import LIMIT as LIMIT\n__version__ = "1"\n',
    "client.py": "from functools import cached_property\nfrom . import things as _things\nLIMIT = 2\n\n\n"
    "class Failed(ValueError):\n    ...\n\n\nclass Gone(Failed):\n    ...\n\n\n"
    "class Acme:\n    def __init__(self, *, key: str | None = None, wait: float = 1) -> None: ...\n"
    "    def _private(self, a: int) -> None: ...\n    @cached_property\n    def things(self) -> _things.Things: ...\n\n\n"
    "class AsyncAcme:\n    @cached_property\n    def things(self) -> _things.AsyncThings: ...\n",
    "things.py": "class Things:\n    def put(self, id: str, *, size: int, hue: str | None = None) -> str: ...\n"
    "    def delete(self, id: str) -> None: ...\n\n\n"
    "class AsyncThings:\n    async def put(self, id: str, *, size: int, hue: str | None = None) -> str: ...\n"
    "    async def delete(self, id: str) -> None: ...\n",
    "models.py": '__all__ = ["Thing"]\n\n\nclass Thing:\n    id: str\n    note: str | None = None\n',
    "inside.py": "def helper(a, b): ...\n",
}


def python_changes(tmp_path: Path, *edits: tuple[str, str, str], operations: tuple[str, ...] = ()) -> list[str]:
    sides: list[Surface] = []
    for name in ("old", "new"):
        folder = tmp_path / name / "acme"
        folder.mkdir(parents=True)
        for file, text in OLD.items():
            for changed, before, after in edits if name == "new" else ():
                if changed == file:
                    assert before in text
                    text = text.replace(before, after)
            (folder / file).write_text(text, encoding="utf-8")
        sides.append(Surface(folder.parent, "acme", {"thing": operations}, operations))
    return [f"{each.effect.name} {each.text}" for each in joined(surface.compare(*sides))]


PYTHON: list[tuple[str, tuple[tuple[str, str, str], ...], list[str]]] = [
    ("nothing", (), []),
    (
        "what is not public",
        (
            ("inside.py", "a, b", "b"),
            ("client.py", "a: int", "b: int"),
            ("__init__.py", '__version__ = "1"', '__version__ = "2"'),
            ("client.py", "from . import things", "import os\nfrom . import things"),
        ),
        [],
    ),
    (
        "a class that moved and kept its name",
        (
            ("client.py", "class Gone(Failed):\n    ...", ""),
            ("inside.py", "def", "from .client import Failed\n\n\nclass Gone(Failed):\n    ...\n\n\ndef"),
            ("__init__.py", ", Gone as Gone\n", "\nfrom .inside import Gone as Gone\n"),
        ),
        [],
    ),
    ("name removed", (("__init__.py", '"Gone", ', ""),), ["BREAKING `Gone` is not in `__all__` any more"]),
    ("base removed", (("client.py", "Failed(ValueError)", "Failed"),), ["BREAKING `Failed` is no `ValueError` any more"]),
    ("name added", (("__init__.py", '"Gone", ', '"Gone", "annotations", '), ("__init__.py", "from . import models", "annotations = 1\nfrom . import models")), ["ADDITION `annotations` is new"]),
    ("constant", (("client.py", "LIMIT = 2", "LIMIT = 3"),), ["NOTE `LIMIT` is `3`, was `2`"]),
    ("resource removed", (("client.py", "def things", "def _things"),), ["BREAKING `Acme.things` was removed"]),
    ("method removed", (("things.py", "def delete", "def drop"),), ["BREAKING `Acme.things.delete` was removed", "ADDITION `Acme.things.drop` is new"]),
    ("argument removed", (("things.py", ", hue: str | None = None", ""),), ["BREAKING `Acme.things.put` takes no `hue` any more"]),
    ("argument needed", (("things.py", "hue: str | None = None", "hue: str | None"),), ["BREAKING `Acme.things.put` needs `hue`"]),
    ("new argument needed", (("things.py", "size: int,", "size: int, way: str,"),), ["BREAKING `Acme.things.put` needs `way`, which is new"]),
    ("new argument", (("things.py", "size: int,", "size: int, way: str = '',"),), ["ADDITION `Acme.things.put` takes `way`, which is new"]),
    ("argument by name alone", (("things.py", "id: str, *,", "*, id: str,"),), ["BREAKING `Acme.things.put` takes `id` as keyword-only, was positional or keyword"]),
    ("other default", (("client.py", "wait: float = 1", "wait: float = 9"),), ["BREAKING `Acme.__init__` has the default 9 for `wait`, was 1"]),
    ("argument takes more", (("things.py", "size: int", "size: float | int"),), ["ADDITION `Acme.things.put` takes `size: float | int`, was `int`"]),
    ("argument takes less", (("things.py", "hue: str | None", "hue: str"),), ["BREAKING `Acme.things.put` takes `hue: str`, was `str | None`"]),
    ("result gives more", (("things.py", "-> str", "-> str | None"),), ["BREAKING `Acme.things.put` returns `str | None`, was `str`"]),
    ("attribute gives more", (("models.py", "id: str", "id: str | None"),), ["BREAKING `models.Thing.id` is `str | None`, was `str`"]),
    ("attribute removed", (("models.py", "    note: str | None = None\n", ""),), ["BREAKING `models.Thing.note` was removed"]),
    ("model added", (("models.py", '["Thing"]', '["More", "Thing"]\n\n\nclass More: ...'),), ["ADDITION `models.More` is new"]),
    ("kind changed", (("models.py", "class Thing:\n    id: str\n    note: str | None = None\n", "Thing = str\n"),), ["BREAKING `models.Thing` turned from class to attribute"]),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "told"), [row[1:] for row in PYTHON], ids=[row[0] for row in PYTHON])
def test_what_changes_for_those_who_import_it(
    tmp_path: Path, edits: tuple[tuple[str, str, str], ...], told: list[str]
) -> None:
    assert python_changes(tmp_path, *edits) == told


def test_what_every_operation_gets_is_told_once(tmp_path: Path) -> None:
    edits = (("things.py", "id: str", "id: str, deadline: float = 1"),)
    told = python_changes(tmp_path, *edits, operations=("things.put", "things.delete"))
    assert told == ["ADDITION the method of every operation takes `deadline`, which is new"]


def test_what_callers_only_give_or_only_get_is_known_from_the_wire(tmp_path: Path) -> None:
    assert wire.Api(DOCUMENT).sides() == {
        **{name: {"request", "response"} for name in ("thing", "kind", "cat", "dog")},
        "message": {"response"},
    }
    for name, effect in (("request", "ADDITION"), ("response", "BREAKING")):
        sides = []
        for values in ("'a'", "'a', 'b'"):
            folder = tmp_path / name / str(len(values)) / "acme"
            folder.mkdir(parents=True)
            (folder / "__init__.py").write_text('__all__ = ["models"]\nfrom . import models\n', encoding="utf-8")
            (folder / "models.py").write_text(
                f"from typing import Literal, TypeAlias\n__all__ = ['Kind']\nKind: TypeAlias = Literal[{values}]\n",
                encoding="utf-8",
            )
            sides.append(Surface(folder.parent, "acme", {}, (), {"kind": [name]}))
        (change,) = surface.compare(*sides)
        assert change.effect.name == effect
        assert change.text.startswith("`models.Kind` may be `Literal['b']`")


def test_a_change_of_python_that_breaks_more_than_the_wire_stands_alone() -> None:
    api = [Change("API", A, "request field added", "x", ("a.b",), frozenset({"hue"}))]
    lighter = Change("client", A, "parameter added", "light", ("a.b",), frozenset({"hue"}))
    graver = Change("client", B, "name removed", "grave", ("a.b",), frozenset({"hue"}))
    other = Change("client", A, "parameter added", "other", ("c.d",), frozenset({"hue"}))
    merged = with_python_side(api, [lighter, graver, other])
    assert [(each.text, each.python) for each in merged] == [("x", ("light",)), ("grave", ()), ("other", ())]


# The release


@pytest.mark.parametrize(
    ("version", "effects", "proposed"),
    [
        ("0.1.0", [], "0.1.0"),
        ("0.1.0", [N], "0.1.1"),
        ("0.1.4", [A, N], "0.1.5"),
        ("0.1.4", [A, B], "0.2.0"),
        ("0.9.9", [B], "0.10.0"),
        ("1.2.3", [N], "1.2.4"),
        ("1.2.3", [N, A], "1.3.0"),
        ("1.2.3", [B], "2.0.0"),
        ("2", [A], "2.1.0"),
        ("0.2.0rc1", [B], "0.3.0"),
    ],
)
def test_the_next_version(version: str, effects: list[Effect], proposed: str) -> None:
    assert next_version(version, [Change("API", each, "", "") for each in effects]) == proposed


def test_when_a_version_is_high_enough() -> None:
    assert [is_enough(each, "0.2.0") for each in ("0.1.9", "0.2.0rc1", "0.2", "0.2.0", "0.10.0", "1.0.0")] == [
        False,
        *[True] * 5,
    ]
    with pytest.raises(changes.Failure, match="'new' is no version"):
        is_enough("new", "0.2.0")


TOLD = [Change("API", B, "", "request `A.b` was removed", ("x.y",)), Change("client", A, "", "`C` is new")]
API_TOLD, CLIENT_TOLD = "* **Breaking:** `x.y`: request `A.b` was removed.", "* `C` is new."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# Changelog\n\nWords.\n\n## 0.1.0, 2026-01-02\n\n### API\n\n* Old.\n",
            f"# Changelog\n\nWords.\n\n## 0.2.0, not yet released\n\n### API\n\n{API_TOLD}\n\n### Client\n\n{CLIENT_TOLD}\n\n"
            "## 0.1.0, 2026-01-02\n\n### API\n\n* Old.\n",
        ),
        (
            "# C\n\n## 0.1.1, not yet released\n\n### Client\n\n* Mine,\n  wrapped.\n\n### Server\n\n* S.\n\n## 0.1.0\n",
            f"# C\n\n## 0.2.0, not yet released\n\n### API\n\n{API_TOLD}\n\n"
            f"### Client\n\n* Mine,\n  wrapped.\n{CLIENT_TOLD}\n\n### Server\n\n* S.\n\n## 0.1.0\n",
        ),
        (
            f"# C\n\n## 0.3.0, not yet released\n\n### API\n\n{API_TOLD.replace(' was', chr(10) + '  was')}\n",
            f"# C\n\n## 0.3.0, not yet released\n\n### API\n\n{API_TOLD.replace(' was', chr(10) + '  was')}\n"
            f"### Client\n\n{CLIENT_TOLD}\n\n",
        ),
        ("# C\n", f"# C\n## 0.2.0, not yet released\n\n### API\n\n{API_TOLD}\n\n### Client\n\n{CLIENT_TOLD}\n\n"),
    ],
)
def test_the_changelog_gains_what_it_does_not_say(before: str, after: str) -> None:
    assert changelog(before, "0.2.0", TOLD) == after
    assert changelog(after, "0.2.0", TOLD) == after


@pytest.mark.parametrize(("version", "told"), [("0.1.0", "0.1.0: raise it there"), ("0.2.0", "says 0.2.0.")])
def test_the_report_says_what_to_do(tmp_path: Path, version: str, told: str) -> None:
    trees: list[Tree] = []
    for name, number in (("v0.1.0", "0.1.0"), ("the working tree", version)):
        (tmp_path / name / "openapi").mkdir(parents=True)
        settings = f"package: acme\nversion: {number}\n"
        (tmp_path / name / "openapi" / "generator.yaml").write_text(settings, encoding="utf-8")
        trees.append(Tree(name, tmp_path / name))
    report = Report(trees[0], trees[1], [replace(TOLD[0], python=("`C.b` was removed",)), *TOLD[1:]])
    assert (report.proposed, report.is_breaking, report.is_raised) == ("0.2.0", True, version == "0.2.0")
    assert FORMATS["text"](report).splitlines()[:8] == [
        "acme: from v0.1.0 to the working tree",
        "",
        "Breaking",
        "  API     x.y: request A.b was removed",
        "            in Python: C.b was removed",
        "",
        "New",
        "  client  C is new",
    ]
    assert told in FORMATS["text"](report)
    assert f"### API\n\n{API_TOLD}\n\n### Client\n\n{CLIENT_TOLD}" in FORMATS["markdown"](report)
    assert json.loads(FORMATS["json"](report))["changes"][0]["python"] == ["`C.b` was removed"]


# The command


def git(folder: Path, *arguments: str) -> None:
    name = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *name, *arguments], check=True, capture_output=True)


@pytest.fixture
def tree(kit: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of the project with one commit, for scripts/changes.py."""
    shutil.copyfile(ROOT / "CHANGELOG.md", kit / "CHANGELOG.md")
    git(kit, "init", "--quiet", "--initial-branch", "main")
    git(kit, "add", "--all")
    git(kit, "commit", "--quiet", "--message", "all")
    monkeypatch.setattr(changes, "ROOT", kit)
    return kit


def test_without_a_tag_there_is_nothing_to_compare_with(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tree, "tag", "not-a-version")
    assert changes.main(["--fail-on-version", "--fail-on-breaking", "--write"]) == 0
    assert (
        capsys.readouterr().err == "There is no tag yet, so no release to compare with: write CHANGELOG.md by hand.\n"
    )
    git(tree, "tag", "v0.1.0")
    git(tree, "commit", "--allow-empty", "--message", "later")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{tree}", "shallow")
    (tmp_path / "bare").mkdir()
    (tmp_path / "broken" / ".git").mkdir(parents=True)
    for folder, code, told in (
        ("shallow", 0, "This clone is shallow"),
        ("bare", 0, "no tag yet"),
        ("broken", 2, "git cannot list the tags"),
    ):
        monkeypatch.setattr(changes, "ROOT", tmp_path / folder)
        assert changes.main(["--fail-on-version"]) == code
        assert told in capsys.readouterr().err


def test_the_last_release_is_the_highest_version_behind_the_tree(tree: Path) -> None:
    for name in ("v0.9.0", "v0.10.0", "0.2", "v0.10.0rc1", "v9-not", "vendor"):
        git(tree, "tag", name)
    git(tree, "checkout", "--quiet", "-b", "aside")
    git(tree, "commit", "--allow-empty", "--message", "aside")
    git(tree, "tag", "v2.0.0")
    git(tree, "checkout", "--quiet", "main")
    assert last_tag(tree) == "v0.10.0"


def edit(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def test_from_a_change_of_the_description_to_the_changelog(
    tree: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tree, "tag", "v0.1.0")
    assert changes.main(["--fail-on-version", "--fail-on-breaking"]) == 0
    assert "Nothing changed for a caller." in capsys.readouterr().out
    edit(
        tree / "openapi" / "lmnt.yaml",
        ("enum: [instant]", "enum: [instant, professional]"),
        ("required: [id, name, owner, state]", "required: [id, name, owner]"),
        (
            "        top_p:\n",
            "        speed:\n          description: How fast.\n          type: number\n        top_p:\n",
        ),
    )
    code, told = run()
    assert code == 0, told
    assert changes.main(["--format", "json", "--fail-on-version"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["proposed"], report["breaking"], report["raised"]) == ("0.2.0", True, False)
    assert [(each["layer"], each["effect"], each["text"]) for each in report["changes"]] == [
        ("API", "breaking", "response `Voice.state` is optional"),
        ("API", "addition", "request `SpeechGenerateParams.speed` is new"),
        ("API", "addition", 'response `VoiceType` may be "professional"'),
    ]
    speaking, voices = ["speech.generate", "speech.generate_detailed"], ["create", "list", "retrieve", "update"]
    assert report["changes"][0]["operations"] == [f"voices.{each}" for each in voices]
    assert report["changes"][1]["operations"] == speaking
    assert {"`Lmnt.speech.generate` takes `speed`, which is new", "`models.SpeechGenerateParams.speed` is new"} <= set(
        report["changes"][1]["python"]
    )
    assert changes.main(["--write", "--fail-on-breaking"]) == 1
    assert "raise it there" in capsys.readouterr().out
    written = (tree / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## 0.2.0, not yet released" in written
    assert "**Breaking:** `voices.create`," in written


OVERLAYS = [
    (
        "errors/__init__.py",
        "class InvalidArgumentError(Error, ValueError)",
        "class InvalidArgumentError(Error, TypeError)",
    ),
    ("session/sync.py", "def interrupt(self)", "async def interrupt(self)"),
    ("values/files.py", '"file_from_path"', ""),
    ("values/model.py", "attrs.field(factory=dict)", "attrs.field()"),
    ("calls/requests.py", "    params: Query\n", "    params: Required[Query]\n"),
    ("calls/requests.py", "from typing import ", "from typing import Required, "),
    ("session/events.py", 'Literal["audio"]', 'Literal["sound"]'),
    ("session/events.py", "| UnknownEvent\n", "| UnknownEvent | bytes\n"),
]


def test_an_edit_of_an_overlay_that_breaks_callers_is_told(
    tree: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tree, "tag", "v0.1.0")
    for name, before, after in OVERLAYS:
        edit(tree / "overlays" / name, (before, after))
    code, told = run()
    assert code == 0, told
    assert changes.main(["--fail-on-version"]) == 1
    out = capsys.readouterr().out
    breaking = out.partition("\n\n")[2].partition("\n\n")[0]
    assert breaking.splitlines() == [
        "Breaking",
        "  client  InvalidArgumentError is no ValueError any more",
        "  client  Model.__init__ needs additional_properties",
        "  client  RequestOptions.params is required",
        "  client  SpeechSession.interrupt is async: it has to be awaited",
        "  client  SpeechSessionAudio.type is Literal['sound'], was Literal['audio']",
        "  client  SpeechSessionEvent may be bytes, which an exhaustive match does not expect",
        "  client  file_from_path was removed",
    ]


def test_a_wider_union_of_messages_is_what_it_is_for_a_type_checker(
    tree: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tree, "tag", "v0.1.0")
    message = "#/components/schemas/SpeechSession{}"
    for kind, union, sort, name in (
        ("Server", "ServerEvent", "reset_complete", "ResetComplete"),
        ("Client", "ClientMessage", "finish", "Finish"),
    ):
        edit(
            tree / "openapi" / "lmnt.yaml",
            (
                f'          {sort}: "{message.format(name)}"\n',
                f'          {sort}: "{message.format(name)}"\n          new_{sort}: "{message.format(f"New{kind}")}"\n',
            ),
            (
                f'        - $ref: "{message.format(name)}"\n',
                f'        - $ref: "{message.format(name)}"\n        - $ref: "{message.format(f"New{kind}")}"\n',
            ),
            (
                f"    SpeechSession{union}:\n",
                f"    SpeechSessionNew{kind}:\n      {{description: New., type: object, required: [type],\n"
                f"       properties: {{type: {{description: Its type., const: new_{sort}}}}}}}\n\n"
                f"    SpeechSession{union}:\n",
            ),
        )
    code, told = run()
    assert code == 0, told
    assert changes.main(["--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [(each["effect"], each["text"], each["python"]) for each in report["changes"]] == [
        (
            "addition",
            "request `SpeechSessionClientMessage` may be a `SpeechSessionNewClient` too",
            [
                "`models.SpeechSessionClientMessage` may be `models.SpeechSessionNewClient`",
                "`models.SpeechSessionNewClient` is new",
            ],
        ),
        (
            "addition",
            "response `SpeechSessionServerEvent` may be a `SpeechSessionNewServer` too",
            ["`models.SpeechSessionNewServer` is new"],
        ),
        *(
            (
                "breaking",
                f"`{name}` may be `models.SpeechSessionNewServer`, which an exhaustive `match` does not expect",
                [],
            )
            # What a session hands out, and the unions of the description that it is made of.
            for name in ("SpeechSessionEvent", "models.SpeechSessionServerEvent", "models.SpeechSessionServerMessage")
        ),
    ]


def test_what_cannot_be_compared(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, file in (("spoilt", "openapi/lmnt.yaml"), ("empty", None)):
        git(tree, "checkout", "--quiet", "--orphan", name)
        if file:
            (tree / file).write_text("[", encoding="utf-8")
        else:
            git(tree, "rm", "-r", "--quiet", "--force", "openapi", "generated")
        git(tree, "add", "--all")
        git(tree, "commit", "--quiet", "--message", name)
        git(tree, "checkout", "--quiet", "main")
    for arguments, told in (
        (["no-such-tag"], "'no-such-tag' is neither a folder with openapi/ in it nor a revision"),
        (["--", "--output=/tmp/x"], "is neither a folder"),
        (["HEAD", "/"], "'/' is neither a folder"),
        (["HEAD~1"], "is neither a folder"),
        (["empty"], "the revision 'empty' has no openapi and generated"),
        (["spoilt"], "is no YAML"),
    ):
        assert changes.main(arguments) == 2
        captured = capsys.readouterr()
        assert told in captured.err
        assert captured.out == ""


def test_what_a_change_brings_in_python_is_told_with_it(
    tree: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tree, "tag", "v0.1.0")
    edit(
        tree / "openapi" / "lmnt.yaml",
        (
            "paths:\n",
            "paths:\n"
            "  /v1/words:\n"
            "    post:\n"
            "      {operationId: words.add, tags: [words], security: [{ApiKey: []}], responses: {'204': {description: Done.}},\n"
            "       requestBody: {content: {application/json: {schema: {type: object, properties: {word: {type: string}}}}}}}\n",
        ),
        (
            "        - name: owner\n",
            "        - {name: page, in: query, schema: {type: integer}}\n        - name: owner\n",
        ),
    )
    code, told = run()
    assert code == 0, told
    assert changes.main(["--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {each["text"]: sorted(each["python"]) for each in report["changes"]} == {
        "request `query page` is new": [
            "`Lmnt.voices.list` takes `page`, which is new",
            "`types.VoiceListParams.page` is new",
        ],
        "is new": [
            "`Lmnt.words` is new",
            "`models.WordsAddParams` is new",
            "`resources.WordsResource` is new",
            "`types.WordsAddArguments` is new",
        ],
    }
