"""A schema with references and allOf resolved, so that two can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.report import Failure

ANY = frozenset({"object", "array", "string", "number", "integer", "boolean"})
PYTHON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


class Absent:
    """Stands for what a schema does not say, where null would be a value."""


ABSENT = Absent()


@dataclass(frozen=True)
class Shape:
    """What a schema allows.

    Args:
        name: The component it is, if it is one.
        types: The JSON types, without null; an integer is a number too.
        nullable: Whether null is allowed.
        values: The only values there are, as JSON; None if any will do.
        properties: The schema of each property.
        required: The properties that must be there.
        items: The schema of each item of an array.
        rest: The schema of properties that are not listed; False if there may be none.
        variants: The alternatives, by what names them.
        tagged: Whether a property tells which alternative it is.
        keywords: Everything else that was written, by keyword.
    """

    name: str
    types: frozenset[str]
    nullable: bool
    values: tuple[str, ...] | None
    properties: Mapping[str, Any]
    required: frozenset[str]
    items: Any
    rest: Any
    variants: Mapping[str, Any]
    tagged: bool
    keywords: Mapping[str, Any]


class Schemas:
    """The schemas of one description."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def resolve(self, node: Any) -> Any:
        """Follow a reference; raises Failure if it leads nowhere."""
        seen: list[str] = []
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            pointer = str(node["$ref"])
            if not pointer.startswith("#/") or pointer in seen:
                raise Failure(f"the reference {pointer} cannot be followed")
            seen.append(pointer)
            target: Any = self.document
            for step in pointer.removeprefix("#/").split("/"):
                target = target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, Mapping) else None
            if target is None:
                raise Failure(f"the reference {pointer} leads nowhere")
            node = target
        return node

    def name(self, schema: Any) -> str:
        """Return the name of the component that a schema refers to, itself or as its one allOf."""
        while isinstance(schema, Mapping) and "$ref" not in schema and len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0]
        return str(schema["$ref"]).rsplit("/", 1)[-1] if isinstance(schema, Mapping) and "$ref" in schema else ""

    def owner(self, schema: Any, name: str) -> str:
        """Return the component that a property is written in, which may be one that the schema builds on."""
        if not isinstance(schema, Mapping) or name in schema.get("properties", {}):
            return ""
        if "$ref" in schema:
            component = self.resolve({"$ref": schema["$ref"]})
            inner = self.owner(component, name)
            return inner or (self.name(schema) if name in self.merged(component).get("properties", {}) else "")
        return next(filter(None, (self.owner(part, name) for part in schema.get("allOf", ()))), "")

    def merged(self, schema: Any) -> dict[str, Any]:
        """Return the keywords of a schema together with those of what it refers to and of its allOf; its own win."""
        if not isinstance(schema, Mapping):  # true and false are schemas too
            return {} if schema in (True, None) else {"not": {}}
        parts = [self.merged(part) for part in schema.get("allOf", ())]
        if "$ref" in schema:
            parts.append(self.merged(self.resolve({"$ref": schema["$ref"]})))
        parts.append({key: value for key, value in schema.items() if key not in ("$ref", "allOf")})
        found: dict[str, Any] = {}
        for part in parts:
            properties = {**found.get("properties", {}), **part.get("properties", {})}
            required = [*found.get("required", ()), *part.get("required", ())]
            found |= part
            found |= {key: value for key, value in (("properties", properties), ("required", required)) if value}
        return found

    def shape(self, schema: Any) -> Shape:
        """Return what a schema allows."""
        merged = self.merged(schema)
        found = merged
        variants = list(merged.get("oneOf") or merged.get("anyOf") or ())
        real = [each for each in variants if self.merged(each).get("type") != "null"]
        if len(real) == 1:
            found = {**merged, **self.merged(real[0])}
        declared = found.get("type", ())
        types = {declared} if isinstance(declared, str) else set(declared)
        values = found.get("enum", [found["const"]] if "const" in found else None)
        if not types and values is not None:
            types = {PYTHON_TYPES.get(type(each), "null") for each in values}
        nullable = "null" in types or len(real) < len(variants)
        if not types - {"null"}:
            types |= {"object"} if "properties" in found else {"array"} if "items" in found else ANY
        if "number" in types:
            types.add("integer")
        several = real if len(real) > 1 else []
        return Shape(
            name=self.name(schema) or (self.name(real[0]) if len(real) == 1 else ""),
            types=frozenset() if several else frozenset(types - {"null"}),
            nullable=nullable,
            values=None if values is None else tuple(json.dumps(each) for each in values if each is not None),
            properties=found.get("properties", {}),
            required=frozenset(found.get("required", ())),
            items=found.get("items"),
            rest=found.get("additionalProperties", True),
            variants={self._variant_name(each): each for each in several},
            tagged="discriminator" in found,
            keywords=found,
        )

    def _variant_name(self, schema: Any) -> str:
        return self.name(schema) or str(self.merged(schema).get("type", json.dumps(schema, sort_keys=True)))
