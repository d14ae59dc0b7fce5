"""Values that a schema allows, made from the schema alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FORMATS = {
    "date": "2026-11-28",
    "date-time": "2026-11-28T10:15:30Z",
    "uuid": "6f1c1c34-9c3e-4d2b-8a3b-2c1d7e5f9a10",
    "email": "ann@example.com",
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "byte": "aGVsbG8=",
    "ipv4": "192.0.2.1",
    "time": "10:15:30Z",
    "duration": "P1D",
    "decimal": "12.50",
}
DEEPEST = 6
_SHAPING = {"$ref", "type", "enum", "const", "properties", "required", "items", "allOf", "oneOf", "anyOf"}
"""Keywords that say what a value is, and not how it is limited."""


def _shapes(schema: Mapping[str, Any]) -> bool:
    """Whether a schema says what a value is; one that only adds null to anything does not."""
    found = schema.keys() & _SHAPING - {"required", "oneOf", "anyOf"}
    return bool(found) or any(
        _shapes(each) for key in ("oneOf", "anyOf") for each in schema.get(key, []) if each != {"type": "null"}
    )


class NoSampleError(Exception):
    """No value could be made that the schema allows."""


class Samples:
    """Makes values for the schemas of one document, whose references name its own components."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas = document.get("components", {}).get("schemas", {})

    def value(self, schema: Any, *, sends: bool = True) -> Any:
        """Return a value that the schema allows; raises NoSampleError if none was found."""
        found = self._value(schema, 0, "readOnly" if sends else "writeOnly")
        if not self.allows(schema, found, sends=sends):
            raise NoSampleError
        return found

    def allows(self, schema: Any, value: Any, *, sends: bool) -> bool:
        """Whether a validator of JSON Schema, which is none of ours, finds nothing wrong."""
        whole = {"allOf": [schema], "components": {"schemas": self._schemas}}
        try:
            validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=False)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise NoSampleError from error
        hidden = "readOnly" if sends else "writeOnly"
        return all(
            error.schema_path and error.schema_path[-1] == "required" and hidden in str(whole)
            for error in validator.iter_errors(value)
        )

    def _value(self, schema: Any, depth: int, hidden: str) -> Any:
        if not isinstance(schema, Mapping):
            return {}
        if depth > 60:
            raise NoSampleError
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            own = {key: value for key, value in schema.items() if key not in ("$ref", "description", "default")}
            target = self._schemas.get(name, {})
            return self._value({"allOf": [target, own]} if own.keys() - {"title"} else target, depth + 1, hidden)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        if "allOf" in schema:
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            parts = [self._value(each, depth + 1, hidden) for each in schema["allOf"] if _shapes(each)]
            own = self._value(rest, depth + 1, hidden) if _shapes(rest) else None
            found: Any = own
            for part in parts:
                found = {**found, **part} if isinstance(found, dict) and isinstance(part, dict) else part
            return {**found, **own} if isinstance(found, dict) and isinstance(own, dict) else found
        for key in ("oneOf", "anyOf"):
            if schema.get(key):
                chosen = next((each for each in schema[key] if each != {"type": "null"}), {"type": "null"})
                found = self._value(chosen, depth + 1, hidden)
                own = {name: value for name, value in schema.items() if name != key}
                if isinstance(found, dict) and "properties" in own:
                    return {**self._value(own, depth + 1, hidden), **found}
                return found
        return self._typed(schema, depth, hidden)

    def _typed(self, schema: Mapping[str, Any], depth: int, hidden: str) -> Any:
        implied = "object" if schema.keys() & {"properties", "required"} else "array" if "items" in schema else "string"
        types = schema.get("type", implied)
        types = [types] if isinstance(types, str) else types
        kind = next((each for each in types if each != "null"), "null")
        if kind == "object":
            names = schema.get("properties", {})
            required = schema.get("required", [])
            wanted = [name for name in names if name in required or depth < DEEPEST]
            found = {
                name: self._value(names[name], depth + 1, hidden)
                for name in wanted
                if not (isinstance(names[name], Mapping) and names[name].get(hidden))
            }
            found |= {name: "x" for name in required if name not in names}
            rest = schema.get("additionalProperties")
            if not found and schema.get("minProperties"):
                found["x"] = self._value(rest, depth + 1, hidden) if rest else "x"
            return found
        if kind == "array":
            count = max(schema.get("minItems", 1), 1 if depth < DEEPEST else 0)
            return [self._value(schema.get("items", {}), depth + 1, hidden) for _ in range(count)]
        if kind == "string":
            return _text(schema)
        if kind in ("integer", "number"):
            low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
            number = max(low, schema.get("multipleOf", 1)) if schema.get("maximum", 1) >= 1 else low
            return int(number) if kind == "integer" else float(number)
        return {"boolean": True, "null": None}[kind]


def _text(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema and schema.get("format") not in FORMATS:
        return _matching(schema["pattern"], schema.get("minLength", 0), schema.get("maxLength", 10**6))
    found = FORMATS.get(schema.get("format", ""), "sample")
    if found == "sample" or "maxLength" in schema:
        found = found.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 10**6)]
    return found


@cache
def _matching(pattern: str, shortest: int, longest: int) -> str:
    """Return a text that a regular expression matches."""
    found: list[str] = []
    try:
        re.compile(pattern)
    except re.error as error:
        raise NoSampleError from error

    @settings(max_examples=30, derandomize=True, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.from_regex(pattern, alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
    def collect(text: str) -> None:
        if shortest <= len(text) <= longest and "\n" not in text:
            found.append(text)

    try:
        collect()
    except Exception as error:  # an expression that needs other characters
        raise NoSampleError from error
    if not found:
        raise NoSampleError
    return found[-1]
