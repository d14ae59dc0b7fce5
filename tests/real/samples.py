"""Values that a schema allows, made from the schema alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, cached_property
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
    "base64": "aGVsbG8=",
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


_HERE = "urn:description"
_NOTHING = object()


class NoSampleError(Exception):
    """No value could be made that the schema allows."""


def contradicts(error: Any) -> bool:
    """Whether an error is of a description that leaves no value: then it is the closest one that is sent.

    A union may list a member twice, or members that nothing tells apart; a closed part of an allOf may forbid what
    another one has.
    """
    said = ("more than one", "Additional properties are not allowed", "False schema does not allow")
    if any(each in error.message for each in said):
        return True
    if hasattr(error.kind, "property"):  # required, there, and not allowed
        return error.kind.property in error.instance
    return any(each and all(map(contradicts, each)) for each in getattr(error.kind, "context", ()))


class Samples:
    """Makes values for the schemas of one document, whose references name its own components."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas = document.get("components", {}).get("schemas", {})
        self._validators: dict[int, tuple[Any, Any]] = {}
        self._open: Counter[int] = Counter()
        self._unions: dict[int, tuple[Any, Any]] = {}

    def value(
        self,
        schema: Any,
        *,
        sends: bool = True,
        fits: Callable[[Any], bool] = lambda _: True,
        examples: Iterable[Any] = (),
    ) -> Any:
        """Return a value that the schema allows; raises NoSampleError if none was found.

        It has all properties down to some depth, else those alone that it must have, else it is the example.

        Args:
            schema: The schema.
            sends: Whether it stands in a request.
            fits: What else it must be.
            examples: The examples beside the schema.
        """
        made: list[Any] = []
        for deepest in (DEEPEST, 2, 1, 0):
            with suppress(NoSampleError):
                made.append(self._value(schema, DEEPEST - deepest, "readOnly" if sends else "writeOnly"))
        target = self._target(schema) if isinstance(schema, Mapping) else {}
        given = [
            each for each in (target.get("example"), *(target.get("examples") or []), *examples) if each is not None
        ]
        for found in [*made, *given]:
            if self.allows(schema, found, sends=sends) and fits(found):
                return found
        for found in made:
            errors = self._validator(schema).iter_errors(found)
            if all(self._is_excused(error, sends=sends) for error in errors) and fits(found):
                return found
        raise NoSampleError

    def allows(self, schema: Any, value: Any, *, sends: bool) -> bool:
        """Whether a validator of JSON Schema, which is none of ours, finds nothing wrong."""
        return all(self._may_be_missing(error, sends=sends) for error in self._validator(schema).iter_errors(value))

    def _is_excused(self, error: Any, *, sends: bool) -> bool:
        """Whether it is the description that is wrong, or the direction, in one member of a union at least."""
        members = getattr(error.kind, "context", ())
        return (
            contradicts(error)
            or self._may_be_missing(error, sends=sends)
            or any(each and all(self._is_excused(one, sends=sends) for one in each) for each in members)
        )

    def _may_be_missing(self, error: Any, *, sends: bool) -> bool:
        """Whether a property that is required is not sent in this direction."""
        hidden, name = "readOnly" if sends else "writeOnly", getattr(error.kind, "property", None)
        listed = (each.get("properties") or {} for each in self._schemas.values() if isinstance(each, Mapping))
        return any(name in each and self._is_hidden(each[name], hidden) for each in listed)

    def _validator(self, schema: Any) -> Any:
        if id(schema) not in self._validators:
            try:
                found = jsonschema_rs.Draft202012Validator(
                    _absolute(schema), validate_formats=False, registry=self._registry
                )
            except (ValueError, jsonschema_rs.ReferencingError) as error:
                raise NoSampleError from error
            self._validators[id(schema)] = (schema, found)
        return self._validators[id(schema)][1]

    @cached_property
    def _registry(self) -> Any:
        return jsonschema_rs.Registry(
            [(_HERE, {"components": {"schemas": self._schemas}})], draft=jsonschema_rs.Draft202012
        )

    def _target(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a reference."""
        for _ in range(20):
            if "$ref" not in schema:
                break
            schema = self._schemas.get(schema["$ref"].rpartition("/")[2].replace("~1", "/").replace("~0", "~"), {})
        return schema if isinstance(schema, Mapping) else {}

    def _parts(self, schema: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
        """Yield what a schema is made of: itself, what it refers to, and the parts of its allOf."""
        if depth > 30:
            raise NoSampleError
        if "$ref" in schema:
            yield from self._parts(self._target({"$ref": schema["$ref"]}), depth + 1)
        for each in schema.get("allOf", []):
            if isinstance(each, Mapping):
                yield from self._parts(each, depth + 1)
        if own := {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}:
            yield own

    def _is_hidden(self, schema: Any, hidden: str) -> bool:
        return isinstance(schema, Mapping) and any(part.get(hidden) for part in self._parts(schema))

    def _whole(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a schema of several parts as one."""
        whole: dict[str, Any] = {}
        for part in self._parts(schema):
            for key, value in part.items():
                if key == "properties":
                    known = whole.get(key, {})
                    both = {name: {"allOf": [known[name], value[name]]} for name in known.keys() & value.keys()}
                    whole[key] = {**known, **value, **both}
                elif key == "items" and isinstance(whole.get(key), Mapping):
                    whole[key] = {"allOf": [whole[key], value]}
                elif key == "required":
                    whole[key] = [*whole.get(key, []), *value]
                elif key in ("oneOf", "anyOf") and not any(
                    _shapes(each) for each in value if isinstance(each, Mapping)
                ):
                    continue
                elif key == "type" and "type" in whole:
                    narrow = [each for each in _listed(value) if each in _listed(whole[key])]
                    whole[key] = narrow or value
                else:
                    whole[key] = value
        return whole

    def _value(self, schema: Any, depth: int, hidden: str) -> Any:
        if not isinstance(schema, Mapping):
            return {}
        if depth > 60:
            raise NoSampleError
        if "$ref" in schema or "allOf" in schema:
            schema = self._whole(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        for key in ("oneOf", "anyOf"):
            if schema.get(key):
                return self._chosen(schema, key, depth, hidden)
        return self._typed(schema, depth, hidden)

    def _chosen(self, schema: Mapping[str, Any], key: str, depth: int, hidden: str) -> Any:
        """Return a value of the first member of a union that makes one which the whole allows."""
        if self._open[id(schema[key])] > 1:
            raise NoSampleError  # it is within itself
        self._open[id(schema[key])] += 1
        try:
            return self._first_fitting(schema, key, depth, hidden)
        finally:
            self._open[id(schema[key])] -= 1

    def _first_fitting(self, schema: Mapping[str, Any], key: str, depth: int, hidden: str) -> Any:
        own = {name: value for name, value in schema.items() if name != key}
        members = sorted(schema[key], key=lambda each: each == {"type": "null"})
        first: Any = _NOTHING
        for member in members:
            is_open = isinstance(member, Mapping) and not member.keys() & _SHAPING
            both = {"allOf": [own, member]} if "properties" in own or is_open else member
            for deeper in dict.fromkeys((depth, max(depth, DEEPEST))):
                try:
                    found = self._value(both, deeper + 1, hidden)
                except NoSampleError:
                    continue
                found = self._tagged(schema, member, found, sends=hidden == "readOnly")
                first = found if first is _NOTHING else first
                if len(members) == 1 or self.allows(self._kept(schema, key), found, sends=hidden == "readOnly"):
                    return found
        if first is _NOTHING:
            raise NoSampleError
        return first

    def _tagged(self, schema: Mapping[str, Any], member: Any, found: Any, *, sends: bool) -> Any:
        """Return an object with the value of the discriminator that stands for its kind."""
        said = schema.get("discriminator", {})
        if not isinstance(found, dict) or "propertyName" not in said or "$ref" not in member:
            return found
        names = [value for value, target in said.get("mapping", {}).items() if target == member["$ref"]]
        for name in [*names, member["$ref"].rpartition("/")[2]]:
            tagged = {**found, said["propertyName"]: name}
            errors = self._validator(member).iter_errors(tagged)
            if all(self._is_excused(error, sends=sends) for error in errors):
                return tagged
        return found

    def _kept(self, schema: Mapping[str, Any], key: str) -> Any:
        """Return the union alone: one object for each, so that its validator is made once."""
        members = schema[key]
        if id(members) not in self._unions:
            self._unions[id(members)] = (members, {key: members})
        return self._unions[id(members)][1]

    def _typed(self, schema: Mapping[str, Any], depth: int, hidden: str) -> Any:
        implied = (
            "object"
            if schema.keys() & {"properties", "required", "additionalProperties"}
            else "array"
            if "items" in schema
            else "string"
        )
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
                if not self._is_hidden(names[name], hidden)
            }
            found |= {name: "x" for name in required if name not in names}
            rest = schema.get("additionalProperties")
            if not found and schema.get("minProperties"):
                found["x"] = self._value(rest, depth + 1, hidden) if rest else "x"
            return found
        if kind == "array":
            count = max(schema.get("minItems", 0), 1 if depth < DEEPEST else 0)
            if first := schema.get("prefixItems"):
                return [self._value(each, depth + 1, hidden) for each in first]
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
    is_base64 = str(schema.get("contentEncoding", "")).lower() == "base64"
    found = FORMATS["byte"] if is_base64 else FORMATS.get(schema.get("format", ""), "sample")
    if "pattern" in schema:  # what may be no day is a text: another one than a day is given for
        found = found.translate({ord("8"): "9", ord("3"): "4"})
    if "pattern" in schema and not re.search(schema["pattern"], found):
        return _matching(schema["pattern"], schema.get("minLength", 0), schema.get("maxLength", 10**6))
    if found == "sample" or "maxLength" in schema:
        found = found.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 10**6)]
    return found


def _absolute(schema: Any) -> Any:
    """Return a schema whose references say which document they are of."""
    if isinstance(schema, list):
        return [_absolute(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: _HERE + each if key == "$ref" and isinstance(each, str) else _absolute(each)
        for key, each in schema.items()
    }


def _listed(types: Any) -> list[Any]:
    return [types] if isinstance(types, str) else list(types)


@cache
def _matching(pattern: str, shortest: int, longest: int) -> str:
    """Return a text that a regular expression matches."""
    found: list[str] = []
    try:
        re.compile(pattern)
    except re.error as error:
        raise NoSampleError from error

    for lowest in (33, 32):  # with a space if there must be one

        @settings(
            max_examples=30, derandomize=True, database=None, suppress_health_check=list(HealthCheck), deadline=None
        )
        @given(st.from_regex(pattern, alphabet=st.characters(min_codepoint=lowest, max_codepoint=126)))
        def collect(text: str) -> None:
            if shortest <= len(text) <= longest and "\n" not in text:
                found.append(text)

        with suppress(Exception):  # an expression that needs other characters
            collect()
        if found:
            return found[-1]
    raise NoSampleError
