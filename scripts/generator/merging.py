"""One schema out of several: an `allOf`, and a reference that is limited further."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .description import Description
from .naming import is_annotation
from .report import below, refuse


class Merging:
    """What the parts of a schema say together."""

    def __init__(self, description: Description, origins: Mapping[str, str]) -> None:
        self._description = description
        self._origins = origins
        self._opening: list[str] = []

    def merged(self, schema: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        """Return a schema with its `allOf`, and what limits a reference further, as one.

        What is a reference and nothing else that counts stays one.
        """
        own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        parts = [(each, below(pointer, "allOf", index)) for index, each in enumerate(schema.get("allOf", []))]
        if "$ref" in schema:
            parts.insert(0, ({"$ref": schema["$ref"]}, pointer))
        parts = [each for each in parts if not all(is_annotation(key) for key in each[0])]
        if not parts:
            return own
        if len(parts) == 1 and all(is_annotation(key) for key in own):
            part, place = parts[0]
            return self.merged(part, place) | own if "$ref" not in part else {**part, **own}
        merged: dict[str, Any] = {}
        opened = [self._opened(part, place) for part, place in [*parts, (own, pointer)]]
        self._open_closed(opened, pointer)
        for part in opened:
            self._add(merged, part, pointer)
        return merged

    def _opened(self, part: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        """Return a part of an allOf, what it refers to in its place."""
        merged = self.merged(part, pointer)
        if "$ref" not in merged:
            return merged
        name = component_name(merged["$ref"])
        if name in self._opening:
            self._tell(self._origins[name], "its allOf leads back to itself", "that part is ignored")
            return {}
        self._opening.append(name)
        try:
            inner = self._opened(self._description.schemas[name], self._origins[name])
        finally:
            self._opening.pop()
        return {key: value for key, value in inner.items() if not is_annotation(key)}

    def _add(self, merged: dict[str, Any], part: Mapping[str, Any], pointer: str) -> None:
        for key, value in part.items():
            if key == "properties":
                properties = merged.setdefault(key, {})
                both = [name for name in value if name in properties and properties[name] != value[name]]
                merged[key] = {**properties, **value} | {
                    name: {"allOf": [properties[name], value[name]]} for name in both
                }
            elif key == "required":
                merged[key] = [*merged.get(key, []), *value]
            elif key == "type" and key in merged:
                merged[key] = self._common_types(merged[key], value, pointer)
            elif key in ("enum", "const") and ("enum" in merged or "const" in merged):
                allowed = [merged["const"]] if "const" in merged else merged["enum"]
                values = [each for each in ([value] if key == "const" else value) if each in allowed]
                if not values:
                    raise refuse(pointer, "the parts of its allOf leave no value", "let them agree")
                merged.pop("const", None)
                merged["enum"] = values
            elif key in merged and merged[key] != value and not is_annotation(key):
                merged[key] = self._both(key, merged[key], value, pointer)
            else:
                merged[key] = value

    def _tell(self, pointer: str, found: str, means: str) -> None:
        self._description.report.tell(pointer, found, means)

    def _both(self, key: str, first: Any, second: Any, pointer: str) -> Any:
        """Return what a keyword says that two parts have."""
        if key in _TIGHTER:
            return _TIGHTER[key](first, second)
        if key in ("items", "additionalProperties"):
            return {"allOf": [first, second]} if isinstance(first, Mapping) and isinstance(second, Mapping) else second
        if key in ("oneOf", "anyOf"):
            raise refuse(pointer, f"two parts of its allOf have {key}", "say it once")
        self._tell(pointer, f"the parts of its allOf say {key} in two ways", "the last one holds")
        return second

    def _open_closed(self, parts: list[dict[str, Any]], pointer: str) -> None:
        """Open a part that forbids what the others have: the server checks what an object may have."""
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
            raise refuse(pointer, f"the parts of its allOf have no type in common: {one} and {other}", "let them agree")
        return common


_TIGHTER: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "uniqueItems": max,
}
"""What two limits say together."""


def component_name(reference: str) -> str:
    """Return the component that a reference names."""
    return reference.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema lists."""
    given = schema.get("type", [])
    return list(given) if isinstance(given, list) else [given]
