"""The treatment of every keyword of OpenAPI 3.0 to 3.2 and JSON Schema 2020-12, in each object that may have it.

A keyword is used, or is documentation that callers do not need, or is told (reported). One that is in no table is told
too, so that no part of a description is ignored silently.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .naming import METHODS, WEBHOOKS


@dataclass(frozen=True)
class Use:
    """The treatment of one keyword.

    Args:
        child: The table of the object that is its value, if any.
        shape: Whether the value is `one` such object, a `list` of them, or a `map` to them; without a table a key of
            SHAPES.
        why: For documentation, why nothing is lost; for a told keyword, its description in the report.
        means: For a told keyword only: what it means for a caller.
    """

    child: str = ""
    shape: str = "one"
    why: str = ""
    means: str = ""


def used(child: str = "", shape: str = "one") -> Use:
    """A keyword that shapes the package."""
    return Use(child, shape)


def plain(shape: str) -> Use:
    """A keyword that shapes the package and has no objects in it."""
    return Use("", shape)


def documents(why: str, child: str = "", shape: str = "one") -> Use:
    """A keyword that callers do not need."""
    return Use(child, shape, why)


def told(found: str, means: str) -> Use:
    """A keyword without which the package is right, but which is reported."""
    return Use(why=found, means=means)


def _all(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return type(value) is int or (isinstance(value, float) and math.isfinite(value))


def _is_whole(value: Any) -> bool:
    return (type(value) is int or (isinstance(value, float) and value.is_integer())) and value >= 0


def _is_json(value: Any) -> bool:
    """Whether a value can be in JSON, which has no NaN or infinity."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_is_json, value.values()))
    return all(map(_is_json, value)) if isinstance(value, list) else True


def _is_map_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and all(map(check, value.values()))


TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")

SHAPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text", _is_text),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "number": ("a number", _is_number),
    "limit": ("a number, or true or false", lambda value: isinstance(value, bool) or _is_number(value)),
    "whole": ("a whole number from 0 on", _is_whole),
    "texts": ("a list of texts", _all(_is_text)),
    "list": ("a list of values of JSON", lambda value: isinstance(value, list) and _is_json(value)),
    "value": ("a value of JSON", _is_json),
    "needs": ("a list of security requirements", _all(_is_map_of(_all(_is_text)))),
    "map": ("a map of texts", _is_map_of(_is_text)),
    "type": (
        f"one of {', '.join(TYPES)}, or a list of such",
        lambda value: (
            value in TYPES if isinstance(value, str) else bool(value) and _all(lambda each: each in TYPES)(value)
        ),
    ),
}
"""The required values of keywords, in words and as a check."""


FOR_PEOPLE = documents("for readers of the description")
AN_EXAMPLE = documents("an example binds nobody")
TEXT_OF_HEADERS = documents("response headers are handed out as they came, by with_raw_response")
NO_ASSERTION = "a rule that only a whole JSON Schema validator could check"
SERVER_CHECKS = told(NO_ASSERTION, "the server checks it, the client does not")
WHERE_REFERRED_TO = documents("read where it is referred to")
OF_RECEIVERS = documents("it is for whoever receives the message")
TEXT, FLAG, WHOLE, VALUE = plain("text"), plain("flag"), plain("whole"), plain("value")

TABLES: Mapping[str, Mapping[str, Use]] = {
    "document": {
        "openapi": TEXT,
        "$self": FOR_PEOPLE,
        "info": used("info"),
        "jsonSchemaDialect": told("a dialect of JSON Schema", "schemas are read as JSON Schema 2020-12"),
        "servers": used("server", "list"),
        "paths": used("pathItem", "map"),
        **dict.fromkeys(WEBHOOKS, used("webhook", "map")),
        "components": used("components"),
        "security": plain("needs"),
        "tags": used("tag", "list"),
        "externalDocs": FOR_PEOPLE,
    },
    "info": {
        "title": TEXT,
        "summary": TEXT,
        "description": TEXT,
        "version": VALUE,
        **dict.fromkeys(("termsOfService", "contact", "license"), FOR_PEOPLE),
    },
    "server": {"url": TEXT, "name": TEXT, "description": TEXT, "variables": used("serverVariable", "map")},
    "serverVariable": {"default": VALUE, "enum": plain("list"), "description": TEXT},
    "components": {
        "schemas": used("schema", "map"),
        "responses": used("response", "map"),
        "parameters": used("parameter", "map"),
        "requestBodies": used("requestBody", "map"),
        "headers": used("header", "map"),
        "securitySchemes": used("securityScheme", "map"),
        "examples": AN_EXAMPLE,
        "links": documents("a link says which operation takes a result further; the caller decides"),
        **dict.fromkeys(("callbacks", "pathItems", "mediaTypes"), WHERE_REFERRED_TO),
    },
    "pathItem": {
        "$ref": TEXT,
        "summary": FOR_PEOPLE,
        "description": FOR_PEOPLE,
        "servers": used("server", "list"),
        "parameters": used("parameter", "list"),
        **dict.fromkeys(METHODS, used("operation")),
        "additionalOperations": used("operation", "map"),
    },
    "operation": {
        "tags": plain("texts"),
        "summary": TEXT,
        "description": TEXT,
        "externalDocs": FOR_PEOPLE,
        "operationId": TEXT,
        "parameters": used("parameter", "list"),
        "requestBody": used("requestBody"),
        "responses": used("response", "map"),
        "callbacks": used("callback", "map"),
        "deprecated": FLAG,
        "security": plain("needs"),
        "servers": used("server", "list"),
    },
    "callback": {"*": used("webhook")},
    "webhook": {
        "$ref": TEXT,
        **dict.fromkeys(("summary", "description"), FOR_PEOPLE),
        **dict.fromkeys(("servers", "parameters"), OF_RECEIVERS),
        **dict.fromkeys(METHODS, used("message")),
        "additionalOperations": used("message", "map"),
    },
    "message": {
        **dict.fromkeys(("tags", "summary", "description", "externalDocs", "operationId", "deprecated"), FOR_PEOPLE),
        "requestBody": used("requestBody"),
        **dict.fromkeys(("parameters", "responses", "callbacks", "security", "servers"), OF_RECEIVERS),
    },
    "parameter": {
        "name": TEXT,
        "in": TEXT,
        "description": TEXT,
        "required": FLAG,
        "deprecated": FLAG,
        "style": TEXT,
        "explode": FLAG,
        "schema": used("schema"),
        "example": AN_EXAMPLE,
        "examples": AN_EXAMPLE,
        "allowEmptyValue": documents("an empty text can always be given"),
        "allowReserved": FLAG,
        "content": used("mediaType", "map"),
    },
    "requestBody": {"description": FOR_PEOPLE, "content": used("mediaType", "map"), "required": FLAG},
    "mediaType": {
        "schema": used("schema"),
        "example": AN_EXAMPLE,
        "examples": AN_EXAMPLE,
        "encoding": used("encoding", "map"),
        "itemSchema": used("schema"),
        **dict.fromkeys(
            ("prefixEncoding", "itemEncoding"),
            told("how the parts of a body without names are written", "the body is bytes that the caller makes"),
        ),
    },
    "encoding": {
        "contentType": TEXT,
        "headers": used("header", "map"),
        "style": TEXT,
        "explode": FLAG,
        "allowReserved": FLAG,
        **dict.fromkeys(
            ("encoding", "prefixEncoding", "itemEncoding"),
            told("how the parts in a part are written", "a part that has parts is bytes that the caller makes"),
        ),
    },
    "response": {
        "summary": FOR_PEOPLE,
        "description": TEXT,
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
        "type": TEXT,
        "name": TEXT,
        "in": TEXT,
        "scheme": TEXT,
        "description": TEXT,
        "bearerFormat": FOR_PEOPLE,
        "deprecated": FOR_PEOPLE,
        "flows": used("flows"),
        "openIdConnectUrl": TEXT,
        "oauth2MetadataUrl": documents("the place of tokens is described, and can be another: token_url"),
    },
    "flows": {
        "clientCredentials": used("flow"),
        **dict.fromkeys(
            ("implicit", "password", "authorizationCode", "deviceAuthorization"),
            documents("a person takes part in it; the token that comes of it is given to the client"),
        ),
    },
    "flow": {
        "tokenUrl": TEXT,
        "scopes": documents("those that operations need are asked for"),
        "refreshUrl": documents("another token is got as the first was"),
    },
    "tag": {
        "name": TEXT,
        "description": TEXT,
        **dict.fromkeys(("externalDocs", "summary", "parent", "kind"), FOR_PEOPLE),
    },
    "discriminator": {
        "propertyName": TEXT,
        "mapping": plain("map"),
        "defaultMapping": TEXT,
    },
    "schema": {
        "$ref": TEXT,
        "type": plain("type"),
        "enum": plain("list"),
        "const": VALUE,
        "format": TEXT,
        "properties": used("schema", "map"),
        "required": plain("texts"),
        "additionalProperties": used("schema"),
        "items": used("schema"),
        "prefixItems": used("schema", "list"),
        "patternProperties": used("schema", "map"),
        "allOf": used("schema", "list"),
        "oneOf": used("schema", "list"),
        "anyOf": used("schema", "list"),
        "discriminator": used("discriminator"),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), WHOLE),
        **dict.fromkeys(("minimum", "maximum", "multipleOf"), plain("number")),
        **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), plain("limit")),
        **dict.fromkeys(("description", "pattern", "contentMediaType", "contentEncoding"), TEXT),
        **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), FLAG),
        "nullable": FLAG,
        "default": VALUE,
        **dict.fromkeys(("example", "examples"), AN_EXAMPLE),
        **dict.fromkeys(("title", "externalDocs", "$comment"), FOR_PEOPLE),
        "xml": documents("XML is handed out and taken as text"),
        "contentSchema": used("schema"),
        **dict.fromkeys(
            (
                *("not", "if", "then", "else", "dependentSchemas", "dependentRequired", "propertyNames"),
                *("contains", "minContains", "maxContains", "unevaluatedItems", "unevaluatedProperties"),
                "dependencies",
            ),
            SERVER_CHECKS,
        ),
        **dict.fromkeys(("$defs", "definitions"), documents("read where it is referred to")),
        **dict.fromkeys(
            ("$id", "$schema", "$anchor", "$dynamicAnchor", "$vocabulary", "$recursiveAnchor"),
            documents("it says how schemas find each other"),
        ),
        **dict.fromkeys(
            ("$dynamicRef", "$recursiveRef"),
            told("a reference that depends on its use", "what stands here may be anything"),
        ),
    },
}

MAPS_WITH_EXTENSIONS = frozenset({"document.paths", "operation.responses"})
"""The maps whose keys may be extensions (x-…) and not names."""
