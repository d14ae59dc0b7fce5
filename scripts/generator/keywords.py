"""What becomes of every keyword that OpenAPI 3.1 and JSON Schema 2020-12 have, wherever it may stand.

A keyword is used, or is documentation that a caller loses nothing without, or stops the run. One that no table names
stops the run too, so that nothing in a description can be passed over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .description import Problem, below
from .extensions import unclear


@dataclass(frozen=True)
class Use:
    """What becomes of one keyword.

    Args:
        child: The table of the object that is its value, if it is one.
        shape: Whether the value is `one` such object, a `list` of them, or a `map` to them.
        why: For documentation, why nothing is lost; for what is refused, the reason.
        hint: What to write in its place; given for what is refused, and for nothing else.
    """

    child: str = ""
    shape: str = "one"
    why: str = ""
    hint: str = ""


def used(child: str = "", shape: str = "one") -> Use:
    """A keyword that shapes the package."""
    return Use(child, shape)


def documents(why: str, child: str = "", shape: str = "one") -> Use:
    """A keyword that a caller loses nothing without."""
    return Use(child, shape, why)


def refused(reason: str, hint: str) -> Use:
    """A keyword that cannot be expressed."""
    return Use(why=reason, hint=hint)


FOR_PEOPLE = documents("for readers of the description")
AN_EXAMPLE = documents("an example binds nobody")
TEXT_OF_HEADERS = documents("response headers are handed out as they came, by with_raw_response")
NO_ASSERTION = "a client cannot check it without a whole JSON Schema validator"
LEAVE_IT = "leave it to the server: say it in the description, as text"
BASE_URL = "leave it out; whoever calls says another place with base_url"

TABLES: Mapping[str, Mapping[str, Use]] = {
    "document": {
        "openapi": used(),
        "info": used("info"),
        "jsonSchemaDialect": refused("schemas of another dialect cannot be read", "leave it out"),
        "servers": used("server", "list"),
        "paths": used("pathItem", "map"),
        "webhooks": refused(
            "a client calls, and nothing calls it", "put the schemas of the messages under /components/schemas"
        ),
        "components": used("components"),
        "security": used(),
        "tags": used("tag", "list"),
        "externalDocs": FOR_PEOPLE,
    },
    "info": {
        "title": used(),
        "summary": used(),
        "description": used(),
        "version": used(),
        **dict.fromkeys(("termsOfService", "contact", "license"), FOR_PEOPLE),
    },
    "server": {"url": used(), "description": FOR_PEOPLE, "variables": used("serverVariable", "map")},
    "serverVariable": {
        "default": used(),
        "enum": documents("whoever calls says another place with base_url"),
        "description": FOR_PEOPLE,
    },
    "components": {
        "schemas": used("schema", "map"),
        "responses": used("response", "map"),
        "parameters": used("parameter", "map"),
        "requestBodies": used("requestBody", "map"),
        "headers": used("header", "map"),
        "securitySchemes": used("securityScheme", "map"),
        "examples": AN_EXAMPLE,
        "links": documents("a link says which operation takes a result further; the caller decides"),
        "callbacks": refused("a client calls, and nothing calls it", "leave them out"),
        "pathItems": refused("paths are read under /paths alone", "write each path there"),
    },
    "pathItem": {
        "$ref": refused("paths are read under /paths alone", "write the path there in full"),
        "summary": FOR_PEOPLE,
        "description": FOR_PEOPLE,
        "servers": refused("a package has one place to call", BASE_URL),
        "parameters": used("parameter", "list"),
        **dict.fromkeys(
            ("get", "put", "post", "delete", "options", "head", "patch", "trace"),
            used("operation"),
        ),
    },
    "operation": {
        "tags": used(),
        "summary": used(),
        "description": used(),
        "externalDocs": FOR_PEOPLE,
        "operationId": used(),
        "parameters": used("parameter", "list"),
        "requestBody": used("requestBody"),
        "responses": used("response", "map"),
        "callbacks": refused("a client calls, and nothing calls it", "leave them out"),
        "deprecated": used(),
        "security": used(),
        "servers": refused("a package has one place to call", BASE_URL),
    },
    "parameter": {
        "name": used(),
        "in": used(),
        "description": used(),
        "required": used(),
        "deprecated": used(),
        "style": used(),
        "explode": used(),
        "schema": used("schema"),
        "example": AN_EXAMPLE,
        "examples": AN_EXAMPLE,
        "allowEmptyValue": documents("an empty text can always be given"),
        "allowReserved": refused("every reserved character is percent-encoded", "leave it out"),
        "content": refused("a parameter that is a document of its own cannot be written", "give it a schema"),
    },
    "requestBody": {"description": FOR_PEOPLE, "content": used("mediaType", "map"), "required": used()},
    "mediaType": {
        "schema": used("schema"),
        "example": AN_EXAMPLE,
        "examples": AN_EXAMPLE,
        "encoding": used("encoding", "map"),
    },
    "encoding": {
        "contentType": used(),
        "headers": refused("headers of a part are the caller's", "leave them out: a file's tuple can hold headers"),
        **dict.fromkeys(
            ("style", "explode", "allowReserved"),
            refused("the fields of a form are written in one way, an array by repeating its name", "leave it out"),
        ),
    },
    "response": {
        "description": used(),
        "headers": used("header", "map"),
        "content": used("mediaType", "map"),
        "links": documents("a link says which operation takes a result further; the caller decides"),
    },
    "header": {
        "description": FOR_PEOPLE,
        **dict.fromkeys(
            ("required", "deprecated", "style", "explode", "example", "examples", "content"), TEXT_OF_HEADERS
        ),
        "schema": documents(TEXT_OF_HEADERS.why, "schema"),
    },
    "securityScheme": {
        "type": used(),
        "name": used(),
        "in": used(),
        "scheme": used(),
        "description": used(),
        "bearerFormat": FOR_PEOPLE,
        "flows": refused("the client is given a token, it does not fetch one", "describe it as http with bearer"),
        "openIdConnectUrl": refused(
            "the client is given a token, it does not fetch one", "describe it as http with bearer"
        ),
    },
    "tag": {"name": used(), "description": used(), "externalDocs": FOR_PEOPLE},
    "discriminator": {"propertyName": used(), "mapping": used()},
    "schema": {
        "$ref": used(),
        "type": used(),
        "enum": used(),
        "const": used(),
        "format": used(),
        "properties": used("schema", "map"),
        "required": used(),
        "additionalProperties": used("schema"),
        "items": used("schema"),
        "allOf": used("schema", "list"),
        "oneOf": used("schema", "list"),
        "anyOf": used("schema", "list"),
        "discriminator": used("discriminator"),
        **dict.fromkeys(("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"), used()),
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), used()),
        **dict.fromkeys(("minProperties", "maxProperties"), used()),
        **dict.fromkeys(("description", "default", "deprecated", "readOnly", "writeOnly"), used()),
        "contentMediaType": used(),
        "contentEncoding": used(),
        **dict.fromkeys(("example", "examples"), AN_EXAMPLE),
        **dict.fromkeys(("title", "externalDocs", "$comment"), FOR_PEOPLE),
        "xml": documents("XML is handed out and taken as text"),
        "contentSchema": documents("the text is handed out and taken as text"),
        **dict.fromkeys(
            (
                *("not", "if", "then", "else", "dependentSchemas", "dependentRequired", "propertyNames"),
                *("contains", "minContains", "maxContains", "unevaluatedItems"),
            ),
            refused(NO_ASSERTION, LEAVE_IT),
        ),
        "unevaluatedProperties": refused(NO_ASSERTION, "additionalProperties: false says it of one object"),
        "prefixItems": refused("an array has items of one kind", "make it an object with named fields"),
        "patternProperties": refused("a map has values of one kind", "use additionalProperties"),
        "nullable": refused("OpenAPI 3.1 has no such keyword", 'use type: [string, "null"] or oneOf with type: "null"'),
        **dict.fromkeys(
            ("$defs", "definitions"), refused("schemas are named in one place", "move them to /components/schemas")
        ),
        **dict.fromkeys(
            (
                *("$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$recursiveRef"),
                *("$recursiveAnchor", "dependencies"),
            ),
            refused("a schema is named by its place under /components/schemas", "refer to that with $ref"),
        ),
    },
}

MAPS_WITH_EXTENSIONS = frozenset({"document.paths", "operation.responses"})
"""The maps whose keys may be extensions (x-…) and not names."""


def problems(node: object, table: str = "document", pointer: str = "") -> Iterator[Problem]:
    """Yield every keyword of an object, and of all that it holds, that cannot be expressed."""
    if not isinstance(node, Mapping):
        if table == "schema" and node is False:
            yield Problem(pointer, "nothing can be given here", "leave it out")
        return
    if "$ref" in node and table != "pathItem":
        yield from _reference(node, table, pointer)
    for key, value in node.items():
        here = below(pointer, key)
        use = TABLES[table].get(key)
        if str(key).startswith("x-"):
            yield from unclear(str(key), value, table, pointer)
        elif "$ref" in node and table not in ("schema", "pathItem"):
            continue
        elif use is None:
            yield Problem(here, f"{key!r} is no keyword of this place", "mend its spelling, or call it x-…")
        elif use.hint:
            yield Problem(here, use.why, use.hint)
        elif not use.why and (infinite := [each for each in _values(value) if not math.isfinite(each)]):
            yield Problem(here, f"JSON has no number {infinite[0]}", "write a number, or leave it out")
        elif key == "additionalProperties" and value is False:
            continue
        elif use.child:
            for step, each in _children(use, value):
                if not (f"{table}.{key}" in MAPS_WITH_EXTENSIONS and str(step).startswith("x-")):
                    yield from problems(each, use.child, here if step is None else below(here, step))


def _values(value: Any) -> list[float]:
    """Return the fractions among a value, or among those that it lists."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, float)]


def _children(use: Use, value: Any) -> Iterator[tuple[Any, Any]]:
    if use.shape == "list" and isinstance(value, list):
        yield from enumerate(value)
    elif use.shape == "map" and isinstance(value, Mapping):
        yield from value.items()
    else:
        yield None, value


_PLACES = {
    "schema": "schemas",
    "parameter": "parameters",
    "response": "responses",
    "requestBody": "requestBodies",
    "header": "headers",
    "securityScheme": "securitySchemes",
}


def _reference(node: Mapping[str, Any], table: str, pointer: str) -> Iterator[Problem]:
    """Yield what is wrong with a reference: it must name a component of this description."""
    start = f"#/components/{_PLACES.get(table, '…')}/"
    target = node["$ref"]
    if not (isinstance(target, str) and target.startswith(start) and "/" not in target.removeprefix(start)):
        yield Problem(
            below(pointer, "$ref"),
            f"a reference to {target!r} cannot be followed",
            f"put what it refers to in this file and write {start}NAME",
        )
