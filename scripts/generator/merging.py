"""Merging schemas: `allOf`, and a reference with further keywords."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .description import Description
from .naming import is_annotation
from .report import Failure, below, refuse

OWN_CLASS = "x-own-class"
"""Marks a component that is a class of its own although it adds nothing to the one that it extends: a subtype."""

AGREE = "let them agree"


class Contradiction(Failure):
    """The schemas contradict each other: no value satisfies all."""


class Merging:
    """Merges the parts of a schema."""

    def __init__(self, description: Description, origins: Mapping[str, str]) -> None:
        self._description = description
        self._origins = origins
        self._opening: list[str] = []

    def merged(self, schema: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        """Return a schema merged with its `allOf` and with keywords beside a reference.

        A schema that is just a reference, besides annotations, stays one.
        """
        own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        parts = [(each, below(pointer, "allOf", index)) for index, each in enumerate(schema.get("allOf", []))]
        if "$ref" in schema:
            parts.insert(0, ({"$ref": schema["$ref"]}, pointer))
        parts = [each for each in parts if not all(is_annotation(key) for key in each[0])]
        if not parts:
            return own
        is_alias = OWN_CLASS not in own
        if is_alias and len(parts) == 1 and all(is_annotation(key) for key in own):
            part, place = parts[0]
            return self.merged(part, place) | own if "$ref" not in part else {**part, **own}
        merged: dict[str, Any] = {}
        opened = [self.opened(part, place) for part, place in [*parts, (own, pointer)]]
        self._open_closed(opened, pointer)
        for part in opened:
            self._add(merged, part, pointer)
        for (part, _), whole in zip(parts, opened, strict=False):
            if is_alias and "$ref" in part and _says(whole) == _says(merged):  # the others add nothing
                return {**{key: own[key] for key in own if is_annotation(key)}, **part}
        return merged

    def opened(self, part: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        """Return a part of an allOf, its reference resolved."""
        merged = self.merged(part, pointer)
        if "$ref" not in merged:
            return merged
        name = component_name(merged["$ref"])
        if name in self._opening:
            self._tell(self._origins[name], "its allOf leads back to itself", "that part is ignored")
            return {}
        self._opening.append(name)
        try:
            inner = self.opened(self._description.schemas[name], self._origins[name])
        finally:
            self._opening.pop()
        return {key: value for key, value in inner.items() if not is_annotation(key)}

    def _add(self, merged: dict[str, Any], part: Mapping[str, Any], pointer: str) -> None:
        for key, value in part.items():
            if key == "properties":
                properties = merged.setdefault(key, {})
                both = [name for name in value if name in properties and properties[name] != value[name]]
                merged[key] = {**properties, **value} | {
                    name: self._narrower(properties[name], value[name]) for name in both
                }
            elif key == "required":
                merged[key] = [*merged.get(key, []), *value]
            elif key == "type" and key in merged:
                merged[key] = self._common_types(merged[key], value, pointer)
            elif key in ("enum", "const") and ("enum" in merged or "const" in merged):
                allowed = [merged["const"]] if "const" in merged else merged["enum"]
                values = [each for each in ([value] if key == "const" else value) if each in allowed]
                if not values:
                    raise refuse(pointer, "the parts of its allOf leave no value", AGREE, Contradiction)
                merged.pop("const", None)
                merged["enum"] = values
            elif key in merged and merged[key] != value and not is_annotation(key):
                merged[key] = self._both(key, merged[key], value, pointer)
            else:
                merged[key] = value

    def _narrower(self, first: Any, second: Any) -> Any:
        """Return the schema of a property of two parts: a member of a union replaces the union, else both apply."""
        for one, other in ((first, second), (second, first)):
            if isinstance(one, Mapping) and isinstance(other, Mapping) and "$ref" in one and "$ref" in other:
                wide = self._description.schemas.get(component_name(other["$ref"]))
                if isinstance(wide, Mapping) and {"$ref": one["$ref"]} in [
                    *wide.get("oneOf", []),
                    *wide.get("anyOf", []),
                ]:
                    return one
        return joined(first, second)

    def _tell(self, pointer: str, found: str, means: str) -> None:
        self._description.report.tell(pointer, found, means)

    def _both(self, key: str, first: Any, second: Any, pointer: str) -> Any:
        """Return the merged value of a keyword that two parts have."""
        if key in _TIGHTER:
            return _TIGHTER[key](first, second)
        if key in ("items", "additionalProperties"):
            return joined(first, second) if isinstance(first, Mapping) and isinstance(second, Mapping) else second
        if key in ("oneOf", "anyOf"):
            if len(first) * len(second) > _MOST_MEMBERS:
                raise refuse(pointer, f"two parts of its allOf have {key}, of very many members", "say it once")
            return [joined(one, other) for one in first for other in second]
        self._tell(pointer, f"the parts of its allOf say {key} in two ways", "the last one holds")
        return second

    def _open_closed(self, parts: list[dict[str, Any]], pointer: str) -> None:
        """Allow a closed part the properties of the others: the server checks which an object may have."""
        names = {name for part in parts for name in part.get("properties", {})}
        for part in parts:
            if part.get("additionalProperties") is False and names - part.get("properties", {}).keys():
                self._tell(
                    pointer,
                    "a part of its allOf has additionalProperties: false, and another one has more",
                    "what all parts have can be given",
                )
                del part["additionalProperties"]

    @staticmethod
    def _common_types(first: Any, second: Any, pointer: str) -> list[str]:
        one, other = types_of({"type": first}), types_of({"type": second})
        common = [each for each in one if each in other or (each == "integer" and "number" in other)]
        common += [each for each in other if each == "integer" and "number" in one and each not in common]
        if not common:
            reason = f"the parts of its allOf have no type in common: {one} and {other}"
            raise refuse(pointer, reason, AGREE, Contradiction)
        return common


def joined(first: Any, second: Any) -> dict[str, Any]:
    """Return two schemas merged, each part once, so that recursive schemas end."""
    parts: list[Any] = []
    for schema in (first, second):
        listed = schema["allOf"] if isinstance(schema, Mapping) and schema.keys() == {"allOf"} else [schema]
        parts += [each for each in listed if each not in parts]
    return {"allOf": parts}


def _says(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of a schema that constrain values."""
    found = {key: each for key, each in schema.items() if not is_annotation(key)}
    implied = ["object"] if "properties" in schema else []
    return found | {"type": sorted(types_of(schema)) or implied, "required": set(schema.get("required", ()))}


_MOST_MEMBERS = 64
"""The maximum number of combinations of the unions of two parts."""

_TIGHTER: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "uniqueItems": max,
}
"""How two limits are merged."""


def component_name(reference: str) -> str:
    """Return the name of the component of a reference."""
    return reference.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema lists."""
    given = schema.get("type", [])
    return list(given) if isinstance(given, list) else [given]
