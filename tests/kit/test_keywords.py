"""No keyword of OpenAPI is passed over: each shapes the package, or is documentation, or is told."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema_specifications import REGISTRY

from generator.keywords import TABLES
from generator.naming import METHODS
from generator.reading import Reader, load_description
from generator.rendering import Package
from generator.report import Failure, Report
from generator.settings import ROOT, Settings
from tests.descriptions.packages import settings

BASE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Base", "version": "1"},
    "security": [{"Key": []}],
    "paths": {
        "/things/{id}": {
            "post": {
                "operationId": "things.do",
                "tags": ["things"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "many", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                ],
                "requestBody": {
                    "content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Params"}}}
                },
                "responses": {
                    "200": {
                        "description": "Done.",
                        "headers": {"x-one": {"schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Params": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}, "note": {"type": "string"}},
            },
            "Thing": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "number": {"type": "number"},
                    "list": {"type": "array", "items": {"type": "string"}},
                    "map": {"type": "object", "additionalProperties": {"type": "string"}},
                    "union": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
                    "plain": {},
                },
            },
            "Cat": {"type": "object", "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
            "Dog": {"type": "object", "properties": {"kind": {"type": "string"}, "barks": {"type": "boolean"}}},
        },
        "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "x-key"}},
    },
}

OPERATION = ("paths", "/things/{id}", "post")
PARAMETER = (*OPERATION, "parameters", 1)
FORM = (*OPERATION, "requestBody", "content", "multipart/form-data")
THING = ("components", "schemas", "Thing")
TEXT, NUMBER, LIST, MAP, UNION, PLAIN = (
    (*THING, "properties", name) for name in BASE["components"]["schemas"]["Thing"]["properties"]
)
REMOVED = object()
RESERVED_FORM = {
    "application/x-www-form-urlencoded": {
        "schema": {"$ref": "#/components/schemas/Cat"},
        "encoding": {"kind": {"allowReserved": True}},
    }
}
TOKENS = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.example.com/token", "scopes": {}}}}
MESSAGE = {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}}}

# What each keyword that is used changes: where it is set, and to what.
CHANGES: dict[str, list[tuple[tuple[Any, ...], Any]]] = {
    "document.info": [(("info",), {"title": "Other", "version": "1"})],
    "document.servers": [(("servers",), [{"url": "https://a.example.com"}])],
    "document.paths": [
        (("paths", "/more"), {"get": {"operationId": "a.b", "tags": ["a"], "responses": {"204": {"description": ""}}}})
    ],
    "document.components": [(("components", "schemas", "New"), {"type": "string"})],
    "document.security": [(("security",), [{"Key": []}, {}])],
    "document.tags": [(("tags",), [{"name": "things", "description": "All things."}])],
    "info.title": [(("info", "title"), "Other")],
    "info.summary": [(("info", "summary"), "It does.")],
    "info.description": [(("info", "description"), "It does more.")],
    "info.version": [(("info", "version"), "2")],
    "server.url": [(("servers",), [{"url": "https://b.example.com"}])],
    "server.variables": [(("servers",), [{"url": "https://{x}.example.com", "variables": {"x": {"default": "c"}}}])],
    "serverVariable.default": [
        (("servers",), [{"url": "https://{x}.example.com", "variables": {"x": {"default": "d"}}}])
    ],
    "server.name": [(("servers",), [{"url": "/a", "name": "near"}, {"url": "/b"}])],
    "server.description": [(("servers",), [{"url": "/a", "description": "Far."}, {"url": "/b"}])],
    "serverVariable.enum": [
        (("servers",), [{"url": "https://{x}.example.com", "variables": {"x": {"default": "c", "enum": ["c"]}}}])
    ],
    "serverVariable.description": [
        (("servers",), [{"url": "https://{x}.example.com", "variables": {"x": {"default": "c", "description": "X."}}}])
    ],
    "components.schemas": [(("components", "schemas", "New"), {"type": "string"})],
    "components.responses": [
        (("components", "responses"), {"R": {"description": "From there."}}),
        ((*OPERATION, "responses", "200"), {"$ref": "#/components/responses/R"}),
    ],
    "components.parameters": [
        (("components", "parameters"), {"P": {"name": "from-there", "in": "query", "schema": {"type": "string"}}}),
        (PARAMETER, {"$ref": "#/components/parameters/P"}),
    ],
    "components.requestBodies": [
        (("components", "requestBodies"), {"B": {"content": {"text/plain": {"schema": {"type": "string"}}}}}),
        ((*OPERATION, "requestBody"), {"$ref": "#/components/requestBodies/B"}),
    ],
    "components.headers": [
        (("components", "headers"), {"H": {"x-request-id": True, "schema": {"type": "string"}}}),
        ((*OPERATION, "responses", "200", "headers", "trace"), {"$ref": "#/components/headers/H"}),
    ],
    "components.securitySchemes": [(("components", "securitySchemes"), {"Key": {"type": "http", "scheme": "bearer"}})],
    "pathItem.parameters": [
        (("paths", "/things/{id}", "parameters"), [{"name": "shared", "in": "query", "schema": {"type": "string"}}])
    ],
    **{
        f"pathItem.{method}": [
            (
                ("paths", "/more"),
                {method: {"operationId": "a.b", "tags": ["a"], "responses": {"204": {"description": ""}}}},
            )
        ]
        for method in ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    },
    "pathItem.query": [
        (
            ("paths", "/more"),
            {"query": {"operationId": "a.b", "tags": ["a"], "responses": {"204": {"description": ""}}}},
        )
    ],
    "pathItem.additionalOperations": [
        (
            ("paths", "/more"),
            {
                "additionalOperations": {
                    "LINK": {"operationId": "a.b", "tags": ["a"], "responses": {"204": {"description": ""}}}
                }
            },
        )
    ],
    "pathItem.$ref": [
        (
            ("components", "pathItems"),
            {"P": {"get": {"operationId": "a.b", "tags": ["a"], "responses": {"204": {"description": ""}}}}},
        ),
        (("paths", "/more"), {"$ref": "#/components/pathItems/P"}),
    ],
    "pathItem.servers": [(("paths", "/things/{id}", "servers"), [{"url": "https://c.example.com"}])],
    "operation.servers": [
        (("servers",), [{"url": "https://a.example.com"}]),
        ((*OPERATION, "servers"), [{"url": "https://a.example.com"}]),
    ],
    "document.webhooks": [(("webhooks",), {"thing.made": {"post": MESSAGE}})],
    "document.x-webhooks": [(("x-webhooks",), {"thing.made": {"post": MESSAGE}})],
    "operation.callbacks": [((*OPERATION, "callbacks"), {"done": {"{$request.body#/url}": {"post": MESSAGE}}})],
    "callback.*": [((*OPERATION, "callbacks"), {"done": {"{$request.body#/other}": {"post": MESSAGE}}})],
    "webhook.$ref": [
        (("components", "pathItems"), {"W": {"post": MESSAGE}}),
        (("webhooks",), {"thing.made": {"$ref": "#/components/pathItems/W"}}),
    ],
    **{f"webhook.{method}": [(("webhooks",), {"thing.made": {method: MESSAGE}})] for method in METHODS},
    "webhook.additionalOperations": [(("webhooks",), {"thing.made": {"additionalOperations": {"TELL": MESSAGE}}})],
    "message.requestBody": [(("webhooks",), {"thing.made": {"post": MESSAGE}})],
    "operation.tags": [((*OPERATION, "tags"), ["other"])],
    "operation.summary": [((*OPERATION, "summary"), "Does it.")],
    "operation.description": [((*OPERATION, "description"), "Does it well.")],
    "operation.operationId": [((*OPERATION, "operationId"), "things.make")],
    "operation.parameters": [((*OPERATION, "parameters"), BASE["paths"]["/things/{id}"]["post"]["parameters"][:1])],
    "operation.requestBody": [((*OPERATION, "requestBody"), REMOVED)],
    "operation.responses": [((*OPERATION, "responses"), {"204": {"description": ""}})],
    "operation.deprecated": [((*OPERATION, "deprecated"), True)],
    "operation.security": [((*OPERATION, "security"), [{"Key": []}])],
    "parameter.name": [((*PARAMETER, "name"), "other")],
    "parameter.in": [((*PARAMETER, "in"), "header")],
    "parameter.description": [((*PARAMETER, "description"), "How many.")],
    "parameter.required": [((*PARAMETER, "required"), True)],
    "parameter.deprecated": [((*PARAMETER, "deprecated"), True)],
    "parameter.style": [((*PARAMETER, "style"), "pipeDelimited")],
    "parameter.explode": [((*PARAMETER, "explode"), False)],
    "parameter.schema": [((*PARAMETER, "schema"), {"type": "integer"})],
    "parameter.content": [
        (PARAMETER, {"name": "many", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}})
    ],
    "parameter.allowReserved": [((*PARAMETER, "allowReserved"), True)],
    "encoding.headers": [((*FORM, "encoding"), {"file": {"headers": {"X-A": {"schema": {"const": "a"}}}}})],
    "encoding.allowReserved": [((*OPERATION, "requestBody", "content"), RESERVED_FORM)],
    "encoding.style": [((*FORM, "encoding"), {"note": {"style": "form"}, "file": {"contentType": "image/png"}})],
    "encoding.explode": [((*FORM, "encoding"), {"note": {"explode": True}, "file": {"contentType": "image/png"}})],
    "requestBody.content": [((*OPERATION, "requestBody", "content"), {"text/plain": {"schema": {"type": "string"}}})],
    "requestBody.required": [((*OPERATION, "requestBody", "required"), True)],
    "mediaType.schema": [((*FORM, "schema"), {"$ref": "#/components/schemas/Cat"})],
    "mediaType.itemSchema": [
        ((*OPERATION, "responses", "200", "content"), {"application/jsonl": {"itemSchema": {"type": "string"}}})
    ],
    "mediaType.encoding": [((*FORM, "encoding"), {"file": {"contentType": "image/png"}})],
    "encoding.contentType": [((*FORM, "encoding"), {"file": {"contentType": "image/jpeg"}})],
    "response.description": [((*OPERATION, "responses", "200", "description"), "Well done.")],
    "response.headers": [((*OPERATION, "responses", "200", "headers"), {"request-id": {}})],
    "response.content": [((*OPERATION, "responses", "200", "content"), {"text/plain": {}})],
    "securityScheme.type": [(("components", "securitySchemes", "Key"), {"type": "http", "scheme": "basic"})],
    "securityScheme.name": [(("components", "securitySchemes", "Key", "name"), "other")],
    "securityScheme.in": [(("components", "securitySchemes", "Key", "in"), "query")],
    "securityScheme.scheme": [(("components", "securitySchemes", "Key"), {"type": "http", "scheme": "bearer"})],
    "securityScheme.description": [(("components", "securitySchemes", "Key", "description"), "Yours.")],
    "securityScheme.flows": [(("components", "securitySchemes", "Key"), TOKENS)],
    "securityScheme.openIdConnectUrl": [
        (
            ("components", "securitySchemes", "Key"),
            {"type": "openIdConnect", "openIdConnectUrl": "https://a.example.com"},
        )
    ],
    "flows.clientCredentials": [(("components", "securitySchemes", "Key"), TOKENS)],
    "flow.tokenUrl": [(("components", "securitySchemes", "Key"), TOKENS)],
    "tag.name": [(("tags",), [{"name": "things", "description": "These."}])],
    "tag.description": [(("tags",), [{"name": "things", "description": "Those."}])],
    "discriminator.propertyName": [((*UNION, "discriminator"), {"propertyName": "kind"})],
    "discriminator.mapping": [
        ((*UNION, "discriminator"), {"propertyName": "kind", "mapping": {"c": "Cat", "d": "Dog"}})
    ],
    "discriminator.defaultMapping": [((*UNION, "discriminator"), {"propertyName": "kind", "defaultMapping": "Cat"})],
    "schema.$ref": [(TEXT, {"$ref": "#/components/schemas/Cat"})],
    "schema.type": [(TEXT, {"type": "boolean"})],
    "schema.enum": [((*TEXT, "enum"), ["a", "b"])],
    "schema.const": [((*TEXT, "const"), "a")],
    "schema.format": [((*TEXT, "format"), "date")],
    "schema.properties": [((*THING, "properties", "new"), {"type": "string"})],
    "schema.required": [((*THING, "required"), ["text"])],
    "schema.additionalProperties": [((*THING, "additionalProperties"), False)],
    "schema.items": [((*LIST, "items"), {"type": "integer"})],
    "schema.prefixItems": [((*LIST, "prefixItems"), [{"type": "integer"}])],
    "schema.patternProperties": [((*MAP, "patternProperties"), {"^a": {"type": "integer"}})],
    "schema.allOf": [((*THING, "allOf"), [{"$ref": "#/components/schemas/Cat"}])],
    "schema.oneOf": [(PLAIN, {"oneOf": [{"type": "string"}, {"type": "integer"}]})],
    "schema.contentSchema": [
        (
            (*OPERATION, "responses", "200", "content"),
            {
                "text/event-stream": {
                    "schema": {"type": "string", "contentSchema": {"$ref": "#/components/schemas/Cat"}}
                }
            },
        )
    ],
    "schema.anyOf": [(PLAIN, {"anyOf": [{"type": "string"}, {"type": "null"}]})],
    "schema.discriminator": [((*UNION, "discriminator"), {"propertyName": "kind"})],
    **{f"schema.{key}": [((*TEXT, key), 3)] for key in ("minLength", "maxLength")},
    "schema.pattern": [((*TEXT, "pattern"), "^a")],
    **{f"schema.{key}": [((*LIST, key), 3)] for key in ("minItems", "maxItems")},
    "schema.uniqueItems": [((*LIST, "uniqueItems"), True)],
    **{
        f"schema.{key}": [((*NUMBER, key), 3)]
        for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    },
    **{f"schema.{key}": [((*MAP, key), 3)] for key in ("minProperties", "maxProperties")},
    "schema.nullable": [((*TEXT, "nullable"), True)],
    "schema.description": [((*TEXT, "description"), "A text.")],
    "schema.default": [(("components", "schemas", "Params", "properties", "note", "default"), "x")],
    "schema.deprecated": [((*TEXT, "deprecated"), True)],
    "schema.readOnly": [((*TEXT, "readOnly"), True)],
    "schema.writeOnly": [((*TEXT, "writeOnly"), True)],
    "schema.contentMediaType": [
        (("components", "schemas", "Params", "properties", "note", "contentMediaType"), "image/png")
    ],
    "schema.contentEncoding": [
        (
            ("components", "schemas", "Params", "properties", "file"),
            {"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"},
        )
    ],
}

OPERATION_OBJECTS = {
    "openapi": "document",
    "path-item": "pathItem",
    "request-body": "requestBody",
    "media-type": "mediaType",
    "security-scheme": "securityScheme",
    "server-variable": "serverVariable",
    **dict.fromkeys(
        ("info", "server", "components", "operation", "parameter", "encoding", "response", "header", "tag")
    ),
}
DISCRIMINATOR, XML_AND_DOCS = {"propertyName", "mapping"}, {"discriminator", "xml", "externalDocs", "example"}


def changed(changes: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    document = copy.deepcopy(BASE)
    for path, value in changes:
        *steps, last = path
        target: Any = document
        for step in steps:
            target = target[step]
        if value is REMOVED:
            del target[last]
        else:
            target[last] = copy.deepcopy(value)
    return document


def rendered(document: dict[str, Any], folder: Path, report: Report | None = None) -> dict[str, str] | str:
    """Return what is made of a description, or why nothing is."""
    report = report or Report()
    try:
        read = Reader(copy.deepcopy(document), folder / "base.json", report).document()
        return Package(settings("base", folder), read, folder / "base", report).modules()
    except Failure as failure:
        return str(failure)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    made = rendered(BASE, tmp_path_factory.mktemp("base"))
    assert isinstance(made, dict), made
    return made


@cache
def keywords() -> dict[str, set[str]]:
    """Return every keyword by the object it may stand in, as the standards' own schemas list them."""
    schema = json.loads(
        files("openapi_spec_validator").joinpath("resources/schemas/v3.1/schema.json").read_text("utf-8")
    )
    found = {"document": set(schema["properties"]), "discriminator": DISCRIMINATOR, "schema": set(XML_AND_DOCS)}
    for name, table in OPERATION_OBJECTS.items():
        found[table or name] = found.get(table or name, set()) | set(_properties(schema["$defs"].get(name, {}), schema))
    for uri in REGISTRY:
        if uri.startswith("https://json-schema.org/draft/2020-12/meta/"):
            found["schema"] |= set(REGISTRY[uri].contents.get("properties", {}))
    return found


def _properties(node: Any, schema: Any) -> Iterator[str]:
    """Yield the names of the properties that an object of the OpenAPI schema may have."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str) and "examples" in node["$ref"]:
            yield from ("example", "examples")
        yield from node.get("properties", {})
        for key in ("allOf", "oneOf", "anyOf", "dependentSchemas", "$defs"):
            children = node.get(key, [])
            for each in children.values() if isinstance(children, dict) else children:
                yield from _properties(each, schema)
        for key in ("then", "else", "if"):
            if key in node:
                yield from _properties(node[key], schema)


def test_every_keyword_of_the_standards_is_in_the_tables() -> None:
    for table, names in keywords().items():
        assert len(names) > 1, table
        assert names - TABLES[table].keys() == set(), table


def test_what_is_documentation_has_a_reason() -> None:
    for table in TABLES.values():
        for use in table.values():
            assert use.why or not use.means


USED = [f"{table}.{key}" for table, uses in TABLES.items() for key, use in uses.items() if not use.why]
USED.remove("document.openapi")
TOLD = [f"{table}.{key}" for table, uses in TABLES.items() for key, use in uses.items() if use.means]


@pytest.mark.parametrize("keyword", USED)
def test_what_is_used_changes_the_package_or_stops_the_run(keyword: str, base: dict[str, str], tmp_path: Path) -> None:
    made = rendered(changed(CHANGES[keyword]), tmp_path)
    assert isinstance(made, dict), made
    assert made != base


def test_another_version_of_openapi_stops_the_run(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    for version in ("4.0.0", "2.0", "3"):
        path.write_text(json.dumps(BASE | {"openapi": version}), encoding="utf-8")
        with pytest.raises(Failure, match=r"/openapi: .* is no version that can be read; write"):
            load_description(path)
    path.write_text(json.dumps({"swagger": "2.0", "paths": {}}), encoding="utf-8")
    with pytest.raises(Failure, match=r"/swagger: this is Swagger 2.0; convert it to OpenAPI 3 first"):
        load_description(path)


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1", "3.2.0"])
def test_what_each_version_says_in_its_own_words_is_said_in_those_of_3_1(version: str, tmp_path: Path) -> None:
    schemas: dict[str, Any] = {
        "Part": {"type": "object", "properties": {"a": {"type": "string", "nullable": True}}},
        "Whole": {
            "type": "object",
            "properties": {
                "part": {
                    "allOf": [{"$ref": "#/components/schemas/Part"}],
                    "nullable": True,
                    "readOnly": True,
                    "description": "Made there.",
                },
                "same": {"$ref": "#/components/schemas/Part", "nullable": True, "description": "Or none."},
                "level": {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 9},
            },
        },
    }
    document = BASE | {"openapi": version, "components": {"schemas": BASE["components"]["schemas"] | schemas}}
    read = Reader(copy.deepcopy(document), tmp_path / "base.json", Report()).document()["components"]["schemas"]
    assert read["Part"]["properties"]["a"] == {"type": ["string", "null"]}
    assert read["Whole"]["properties"] == {
        "part": {
            "oneOf": [
                {
                    "allOf": [{"$ref": "#/components/schemas/Part"}],
                    "readOnly": True,
                    "description": "Made there.",
                },
                {"type": "null"},
            ],
            "readOnly": True,
            "description": "Made there.",
        },
        "same": {
            "oneOf": [{"$ref": "#/components/schemas/Part", "description": "Or none."}, {"type": "null"}],
            "description": "Or none.",
        },
        "level": {"type": "integer", "exclusiveMinimum": 1, "maximum": 9},
    }


def test_the_default_of_a_header_of_the_client_is_written_as_json_has_it(tmp_path: Path) -> None:
    for default, sent in ((True, "'true'"), (2, "'2'"), ("b", "'b'")):
        parameter = {"name": "x-mine", "in": "header", "x-client-header": True, "schema": {"default": default}}
        made = rendered(changed([(PARAMETER, parameter)]), tmp_path)
        assert isinstance(made, dict), made
        assert f"'x-mine': {sent}" in made["description.py"]


# Where an object of each kind stands in BASE, or can.
PLACES: dict[str, tuple[Any, ...]] = {
    "document": (),
    "components": ("components",),
    "pathItem": ("paths", "/things/{id}"),
    "operation": OPERATION,
    "parameter": PARAMETER,
    "mediaType": FORM,
    "encoding": (*FORM, "encoding", "file"),
    "securityScheme": ("components", "securitySchemes", "Key"),
    "schema": TEXT,
}


@pytest.mark.parametrize("keyword", TOLD)
def test_what_is_told_is_in_the_report_and_changes_nothing(keyword: str, base: dict[str, str], tmp_path: Path) -> None:
    table, key = keyword.split(".")
    report = Report()
    changes: list[tuple[tuple[Any, ...], Any]] = [((*FORM, "encoding"), {"file": {}})]
    made = rendered(changed([*changes, ((*PLACES[table], key), {"a": {}})]), tmp_path, report)
    assert isinstance(made, dict), made
    pointer = "".join("/" + str(step).replace("/", "~1") for step in (*PLACES[table], key))
    use = TABLES[table][key]
    assert [str(each) for each in report.told] == [f"{pointer}: {use.why}; {use.means}"]
    assert undated(made) == undated(base)


def undated(made: dict[str, str]) -> dict[str, str]:
    """Return modules without the digest of the description."""
    return {name: re.sub(r"DIGEST = '\w+'", "", text) for name, text in made.items()}


def test_a_keyword_that_nobody_knows_is_told(base: dict[str, str], tmp_path: Path) -> None:
    for table, place in PLACES.items():
        report = Report()
        document = changed(
            [((*FORM, "encoding"), {"file": {}}), ((*place, "x-mine"), 1), ((*place, "descripton"), "x")]
        )
        made = rendered(document, tmp_path, report)
        assert isinstance(made, dict), made
        (found,) = report.told
        assert found.pointer.endswith("/descripton"), table
        assert "no keyword of this place" in found.found
        assert undated(made) == undated(base)


def test_of_our_own_description_nothing_is_told_or_left_out(tmp_path: Path) -> None:
    report = Report()
    document = load_description(ROOT / "openapi" / "lmnt.yaml", report)
    Package(Settings.read(), document, tmp_path / "lmnt", report).modules()
    assert (report.told, report.left_out) == ([], [])
    assert report.expressed == len([key for item in document["paths"].values() for key in item if key != "parameters"])


VALUES: list[Any] = [None, True, 7, -1.5, "text", [], ["text"], [{}], {}, {"a": {}}, {"a": 1}, {"$ref": "#/nowhere"}]


@pytest.mark.parametrize("keyword", [f"{table}.{key}" for table in PLACES for key in TABLES[table]])
def test_no_value_of_any_keyword_ends_in_a_traceback(keyword: str, tmp_path: Path) -> None:
    """Whatever stands there: a package, or a sentence."""
    table, key = keyword.split(".")
    for value in VALUES:
        changes: list[tuple[tuple[Any, ...], Any]] = [((*FORM, "encoding"), {"file": {}})]
        document = changed([*changes, ((*PLACES[table], key), value)])
        report = Report(["all"])
        try:
            read = Reader(copy.deepcopy(document), tmp_path / "base.json", report).document()
            Package(settings("base", tmp_path), read, tmp_path / "base", report)
        except Failure:
            continue
