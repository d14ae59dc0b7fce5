"""What a schema stands for, as the templates write it: a type for people and a codec for the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .description import Description
from .media_types import is_text
from .merging import Merging, component_name, types_of
from .naming import class_name, is_annotation, python_name
from .report import Failure, below, refuse

LIMITS = {
    **{"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"},
    **{"minItems": "min_length", "maxItems": "max_length", "uniqueItems": "unique"},
    **{"minProperties": "min_length", "maxProperties": "max_length", "multipleOf": "multiple_of"},
    **{"minimum": "minimum", "maximum": "maximum", "exclusiveMinimum": "above", "exclusiveMaximum": "below"},
}
"""The keywords that limit a value, as arguments of `codec.limited`."""

BY_TYPE: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format", "contentMediaType", "contentEncoding"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"}),
    "boolean": frozenset(),
    "null": frozenset(),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"properties", "required", "additionalProperties", "minProperties", "maxProperties"}),
}
"""The keywords that mean something for each type, beside those that mean something for all."""

NO_MEMBERS = (
    "a discriminator of an object that lists no kinds of itself",
    "the fields of this object are typed, those of its kinds are additional properties",
)

FORMATS = {"date": "day", "date-time": "moment", "uuid": "uuid", "binary": "file"}
"""The formats of text that are more than text; every other format is text that the server checks."""

# A value is read as the first kind that fits, so those that take less go first.
_ORDER = ("null", "const", "boolean", "integer", "number", "uuid", "moment", "day", "choice", "values", "string")


@dataclass(frozen=True)
class Kind:
    """What a schema stands for.

    Args:
        form: What it is: `string`, `array`, `model` and so on; the templates write each.
        name: The class of a model, or the type alias of a choice or a union.
        inner: The kind of the items of an array or the values of a map, or the kinds of a union's members.
        limits: The arguments of `codec.limited`.
        nullable: Whether it may be null.
        values: What a constant, or a list of values that has no name, may be.
        said: What a union says of itself: its discriminator, and where it stands.
        lost: Of what is anything: what was lost of it, `type` or `bytes`; empty if it is described so.
    """

    form: str
    name: str = ""
    inner: tuple[Kind, ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    nullable: bool = False
    values: tuple[Any, ...] = ()
    said: tuple[Mapping[str, Any] | None, str] = (None, "")
    lost: str = ""

    @property
    def module(self) -> str:
        """The module of the class or the alias."""
        return python_name(self.name)

    @property
    def takes_mappings(self) -> bool:
        """Whether a caller may give a mapping of fields in place of an object."""
        return self.form == "model" or (self.form == "union" and any(each.takes_mappings for each in self.inner))

    def named(self) -> Iterator[Kind]:
        """Yield all kinds in this one that have a module of their own."""
        if self.name:
            yield self
            return
        for each in self.inner:
            yield from each.named()


class Kinds:
    """What each schema of a description stands for."""

    def __init__(self, description: Description, origins: Mapping[str, str]) -> None:
        self._description = description
        self._origins = origins
        self._known: dict[str, Kind] = {}
        self._open: list[str] = []
        self._merging = Merging(description, origins)
        self._report = description.report

    @cached_property
    def components(self) -> dict[str, Kind]:
        """The components that get a module, by class name, in the order of the description."""
        found = {class_name(name): self.component(name) for name in self._origins}
        return {name: kind for name, kind in found.items() if kind.form != "file"}

    def schema(self, name: str) -> Mapping[str, Any]:
        """Return the schema of a component by its class name."""
        return self.by_class[name][1]

    @cached_property
    def by_class(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """The components by class name: where each stood, and its schema."""
        schemas = self._description.schemas
        return {
            class_name(name): (self._origins[name], each if isinstance(each, Mapping) else {})
            for name, each in schemas.items()
        }

    def component(self, name: str) -> Kind:
        """Return what a component stands for."""
        if name not in self._known:
            if name in self._open:
                raise refuse(
                    self._origins[name],
                    f"{' and '.join(self._open)} are made of themselves",
                    "let an object with properties stand between",
                )
            self._open.append(name)
            pointer = self._origins[name]
            try:
                found = self._component(name, self._description.schemas[name], pointer)
            except Failure as failure:
                found = self._anything(failure)
            self._known[name] = found
            self._open.pop()
        return self._known[name]

    def _component(self, name: str, schema: Any, pointer: str) -> Kind:
        if not isinstance(schema, Mapping):
            return Kind("anything")
        merged = self.merged(schema, pointer)
        if "$ref" not in merged and self._is_model(merged):
            return Kind("model", class_name(name), nullable="null" in types_of(merged))
        kind = self._plain(merged, pointer)
        if kind.form == "choice" or (kind.form == "union" and not kind.name):
            return replace(kind, name=class_name(name))
        return kind

    @staticmethod
    def _is_model(merged: Mapping[str, Any]) -> bool:
        types = [each for each in types_of(merged) if each != "null"]
        return types in ([], ["object"]) and ("properties" in merged or merged.get("additionalProperties") is False)

    def of(self, schema: Any, pointer: str) -> Kind:
        """Return what a schema stands for; references and `allOf` followed."""
        if not isinstance(schema, Mapping):
            return Kind("anything")
        try:
            return self._plain(self.merged(schema, pointer), pointer)
        except Failure as failure:
            return self._anything(failure)

    def _anything(self, failure: Failure) -> Kind:
        """Return what stands for a schema that no type of Python can say."""
        self._report.tell_failure(failure, "the value is passed on as it is, and its type is `object`")
        has_bytes = any("bytes" in each.reason for each in failure.problems)
        return Kind("anything", lost="bytes" if has_bytes else "type")

    def tell(self, pointer: str, found: str, means: str = "the client does not check it") -> None:
        """Note what the package is right without."""
        self._report.tell(pointer, found, means)

    def merged(self, schema: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        """Return a schema with all of its parts as one; what is a reference and nothing else that counts stays one."""
        return self._merging.merged(schema, pointer)

    def _plain(self, schema: Mapping[str, Any], pointer: str) -> Kind:
        if "$ref" in schema:
            return self.component(component_name(schema["$ref"]))
        types = types_of(schema)
        nullable = "null" in types
        types = [each for each in types if each != "null"]
        for key in ("oneOf", "anyOf"):
            if key in schema:
                return self._union(schema, key, pointer)
        if "discriminator" in schema:
            self.tell(below(pointer, "discriminator"), *NO_MEMBERS)
        if "const" in schema or "enum" in schema:
            return self._listed(schema, pointer)
        if not types:
            self._tell_untyped(schema, pointer)
            if nullable:
                return Kind("null")
            types = ["object"] if {"properties", "additionalProperties"} & schema.keys() else []
            types = ["array"] if "items" in schema else types
            if not types:
                return Kind("anything")
        kinds = [self._typed(each, schema, pointer) for each in types]
        self.tell_stray(schema, types, pointer)
        kind = kinds[0] if len(kinds) == 1 else Kind("union", inner=_sorted(kinds))
        return replace(kind, nullable=nullable)

    def _tell_untyped(self, schema: Mapping[str, Any], pointer: str) -> None:
        if "type" not in schema:
            for key in schema:
                if key in LIMITS or key == "format":
                    self.tell(below(pointer, key), "it limits a value of no stated type")

    def tell_stray(self, schema: Mapping[str, Any], types: list[str], pointer: str) -> None:
        """Tell of keywords that mean nothing for these types."""
        allowed = {key for each in types for key in BY_TYPE[each]} | {"type", "discriminator"}
        for key in schema:
            if key in ("oneOf", "anyOf") and not has_more_fields(schema):
                self.tell(below(pointer, key), "which fields go together")
            elif key in ("oneOf", "anyOf"):
                self.tell(
                    below(pointer, key),
                    "an object has fields of its own, and more by which of several it is",
                    "the fields of its own are typed, the others are additional properties",
                )
            elif key not in allowed and not is_annotation(key):
                self.tell(below(pointer, key), f"it means nothing for {' or '.join(types)}")

    def _typed(self, type_: str, schema: Mapping[str, Any], pointer: str) -> Kind:
        limits = self._limits(type_, schema, pointer)
        if type_ == "string":
            media_type = str(schema.get("contentMediaType", ""))
            is_file = media_type and "contentEncoding" not in schema and not is_text(media_type)
            form = "file" if is_file else FORMATS.get(schema.get("format", ""), "string")
            if form not in ("string", "file") and limits:
                self.tell(pointer, f"a limit of the text of a {schema['format']}")
                limits = {}
            return Kind(form, limits=limits)
        if type_ == "array":
            return Kind("array", inner=(self.of(schema.get("items"), below(pointer, "items")),), limits=limits)
        if type_ == "object":
            if self._is_model(schema):
                raise refuse(pointer, "an object with fields stands where it has no name", "name it under components")
            if schema.get("required"):
                self.tell(below(pointer, "required"), "names of no property are required")
            rest = schema.get("additionalProperties")
            return Kind("map", inner=(self.of(rest, below(pointer, "additionalProperties")),), limits=limits)
        return Kind(type_, limits=limits)

    def _limits(self, type_: str, schema: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        found = {LIMITS[key]: schema[key] for key in LIMITS if key in BY_TYPE[type_] and key in schema}
        if not found.get("unique", True):
            del found["unique"]
        if "pattern" in found:
            try:
                re.compile(found["pattern"])
            except re.error as error:
                self.tell(below(pointer, "pattern"), f"Python cannot read this regular expression ({error})")
                del found["pattern"]
        return found

    def _listed(self, schema: Mapping[str, Any], pointer: str) -> Kind:
        """Return the kind of a schema that lists its values."""
        listed = [schema["const"]] if "const" in schema else schema["enum"]
        values = tuple(each for each in listed if each is not None)
        nullable = len(values) < len(listed)
        for key in schema:
            if key not in ("type", "enum", "const", "format", "discriminator") and not is_annotation(key):
                self.tell(below(pointer, key), "it limits values that are listed")
        types = [each for each in types_of(schema) if each != "null"]
        if strangers := [each for each in values if types and not any(_is(each, type_) for type_ in types)]:
            self.tell(pointer, f"{strangers[0]!r} is listed, and no {' or '.join(types)}", "it is no value")
            values = tuple(each for each in values if each not in strangers)
            if not values:
                raise refuse(pointer, "no value of those listed is of its type", "let them agree")
        if any(isinstance(each, dict | list) for each in values):
            raise refuse(pointer, "a value that is an object or an array cannot be a constant", "describe its fields")
        if len(once := dict.fromkeys((type(each), each) for each in values)) < len(values):
            self.tell(pointer, "a value is listed twice", "it is one value")
            values = tuple(each for _, each in once)
        if not values:
            return Kind("null")
        if all(isinstance(each, bool) for each in values):
            return Kind("boolean" if len(values) == 2 else "const", values=values, nullable=nullable)
        if any(isinstance(each, bool) for each in values):
            raise refuse(pointer, "true or false cannot stand beside other values", "use oneOf with type: boolean")
        if len(values) == 1 and "const" in schema and isinstance(values[0], str | int):
            return Kind("const", values=values, nullable=nullable)
        inner = Kind({str: "string", int: "integer", float: "number"}[_widest(values)])
        if {type(each) for each in values} == {str, int}:
            inner = Kind("union", inner=(Kind("integer"), Kind("string")))
        if any(isinstance(each, float) for each in values):
            if any(isinstance(each, str) for each in values):
                raise refuse(pointer, "fractions cannot stand beside texts", "use oneOf")
            return Kind("values", inner=(inner,), values=values, nullable=nullable)
        return Kind("choice", inner=(inner,), values=values, nullable=nullable)

    def _union(self, schema: Mapping[str, Any], key: str, pointer: str) -> Kind:
        for other in schema:
            if other not in (key, "discriminator", "type") and not is_annotation(other):
                raise refuse(
                    below(pointer, other),
                    f"it stands beside {key}",
                    f"say it in each member, or beside {key} in an allOf",
                )
        parts = [(each, below(pointer, key, index)) for index, each in enumerate(schema[key])]
        kinds = [self.of(each, place) for each, place in parts]
        values = [kind for kind in kinds if kind.form != "null"]
        nullable = len(values) < len(kinds) or any(kind.nullable for kind in values)
        values = list({repr(kind): kind for kind in (replace(each, nullable=False) for each in values)}.values())
        if not values:
            return Kind("null")
        if any(kind.form == "anything" for kind in values):
            return Kind("anything")
        if any(kind.form == "file" for kind in values) and len(values) > 1:
            raise refuse(pointer, "bytes cannot be told from another kind of value", "leave one of them")
        types = [each for each in types_of(schema) if each != "null"]
        if types not in ([], ["object"]) or (types and any(kind.form not in ("model", "union") for kind in values)):
            raise refuse(below(pointer, "type"), f"it stands beside {key}", "say it in each member")
        said = schema.get("discriminator")
        if len(values) == 1 and said is None:
            return replace(values[0], nullable=nullable)
        return Kind("union", inner=_sorted(values), nullable=nullable, said=(said, pointer))


def has_more_fields(schema: Mapping[str, Any]) -> bool:
    """Whether an object has fields beside those that it lists: those of its kinds."""
    members = [each for key in ("oneOf", "anyOf") for each in schema.get(key, [])]
    listed = schema.get("properties", {}).keys()
    plain = [each for each in members if each.keys() <= {"required", "properties", "title", "description"}]
    if len(plain) < len(members) or any(each.get("properties", {}).keys() - listed for each in plain):
        return True
    return "discriminator" in schema


def _is(value: object, type_: str) -> bool:
    if isinstance(value, bool):
        return type_ == "boolean"
    kinds: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float)}
    return isinstance(value, kinds.get(type_, ()))


def _widest(values: tuple[Any, ...]) -> type:
    return next((kind for kind in (str, float, int) if any(type(each) is kind for each in values)), str)


def _sorted(kinds: list[Kind]) -> tuple[Kind, ...]:
    """Return the members of a union, those that take less first."""
    return tuple(sorted(kinds, key=lambda kind: _ORDER.index(kind.form) if kind.form in _ORDER else len(_ORDER)))
