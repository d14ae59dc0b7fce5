"""What a schema stands for, as the templates write it: a type for people and a codec for the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .description import Description, below, refuse
from .naming import class_name, is_annotation, python_name

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
    """

    form: str
    name: str = ""
    inner: tuple[Kind, ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    nullable: bool = False
    values: tuple[Any, ...] = ()
    said: tuple[Mapping[str, Any] | None, str] = (None, "")

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


@dataclass(frozen=True)
class Property:
    """One property of a model."""

    name: str
    python_name: str
    kind: Kind
    required: bool
    schema: Mapping[str, Any]
    pointer: str

    @property
    def read_only(self) -> bool:
        """Whether a response alone holds it."""
        return bool(self.schema.get("readOnly"))

    @property
    def write_only(self) -> bool:
        """Whether a request alone holds it."""
        return bool(self.schema.get("writeOnly"))

    @property
    def secret(self) -> bool:
        """Whether no repr shows it."""
        return self.schema.get("format") == "password"


@dataclass(frozen=True)
class Model:
    """An object with fields.

    Args:
        name: Its class.
        schema: The schema, as it was written.
        properties: Its fields.
        rest: The kind of its other fields; None if they may be anything.
        closed: Whether it has no other fields.
    """

    name: str
    schema: Mapping[str, Any]
    properties: list[Property]
    rest: Kind | None
    closed: bool


class Kinds:
    """What each schema of a description stands for."""

    def __init__(self, description: Description, origins: Mapping[str, str]) -> None:
        self._description = description
        self._origins = origins
        self._known: dict[str, Kind] = {}
        self._open: list[str] = []
        self._opening: list[str] = []
        self._read: dict[str, Model] = {}
        self._check_names()

    def _check_names(self) -> None:
        taken: dict[str, str] = {}
        for name, pointer in self._origins.items():
            for each in (class_name(name), python_name(class_name(name))):
                if each in taken:
                    raise refuse(pointer, f"it would be called {each}, as {taken[each]} is", "rename one of them")
            taken |= dict.fromkeys((class_name(name), python_name(class_name(name))), pointer)

    @cached_property
    def components(self) -> dict[str, Kind]:
        """The components that get a module, by class name, in the order of the description."""
        found = {class_name(name): self.component(name) for name in self._origins}
        return {name: kind for name, kind in found.items() if kind.form != "file"}

    def schema(self, name: str) -> Mapping[str, Any]:
        """Return the schema of a component by its class name."""
        return self._by_class[name][1]

    @cached_property
    def _by_class(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
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
            self._known[name] = self._component(name, self._description.schemas[name], self._origins[name])
            self._open.pop()
        return self._known[name]

    def _component(self, name: str, schema: Any, pointer: str) -> Kind:
        if not isinstance(schema, Mapping):
            return Kind("anything")
        merged = self._merged(schema, pointer)
        if "$ref" not in merged and self._is_model(merged):
            return Kind("model", class_name(name), nullable="null" in _types(merged))
        kind = self._plain(merged, pointer)
        if kind.form == "choice" or (kind.form == "union" and not kind.name):
            return replace(kind, name=class_name(name))
        return kind

    @staticmethod
    def _is_model(merged: Mapping[str, Any]) -> bool:
        return "properties" in merged or merged.get("additionalProperties") is False

    def of(self, schema: Any, pointer: str) -> Kind:
        """Return what a schema stands for; references and `allOf` followed."""
        if not isinstance(schema, Mapping):
            return Kind("anything")
        return self._plain(self._merged(schema, pointer), pointer)

    # -- one schema out of many

    def _merged(self, schema: Mapping[str, Any], pointer: str) -> dict[str, Any]:
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
            return self._merged(part, place) | own if "$ref" not in part else {**part, **own}
        merged: dict[str, Any] = {}
        for part, place in [*parts, (own, pointer)]:
            self._add(merged, self._opened(part, place), pointer)
        return merged

    def _opened(self, part: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        """Return a part of an allOf, what it refers to in its place."""
        merged = self._merged(part, pointer)
        if "$ref" not in merged:
            return merged
        name = _component_name(merged["$ref"])
        if name in self._opening:
            raise refuse(self._origins[name], "its allOf leads back to itself", "leave that part out")
        self._opening.append(name)
        inner = self._opened(self._description.schemas[name], self._origins[name])
        self._opening.pop()
        return {key: value for key, value in inner.items() if not is_annotation(key)}

    def _add(self, merged: dict[str, Any], part: Mapping[str, Any], pointer: str) -> None:
        for key, value in part.items():
            if key == "properties":
                properties = merged.setdefault(key, {})
                both = {name for name in value if name in properties and properties[name] != value[name]}
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
                raise refuse(
                    pointer,
                    f"the parts of its allOf say {key} in two ways, {merged[key]!r} and {value!r}",
                    "say it once, in one schema",
                )
            else:
                merged[key] = value

    @staticmethod
    def _common_types(first: Any, second: Any, pointer: str) -> list[str]:
        one, other = _types({"type": first}), _types({"type": second})
        common = [each for each in one if each in other or (each == "integer" and "number" in other)]
        common += [each for each in other if each == "integer" and "number" in one and each not in common]
        if not common:
            raise refuse(pointer, f"the parts of its allOf have no type in common: {one} and {other}", "let them agree")
        return common

    # -- what a merged schema stands for

    def _plain(self, schema: Mapping[str, Any], pointer: str) -> Kind:
        if "$ref" in schema:
            return self.component(_component_name(schema["$ref"]))
        types = _types(schema)
        nullable = "null" in types
        types = [each for each in types if each != "null"]
        for key in ("oneOf", "anyOf"):
            if key in schema:
                return self._union(schema, key, pointer)
        if "discriminator" in schema:
            raise refuse(
                below(pointer, "discriminator"),
                "it names no members",
                "list them with oneOf; what they share is an allOf of each",
            )
        if "const" in schema or "enum" in schema:
            return self._listed(schema, pointer)
        if not types:
            self._refuse_untyped(schema, pointer)
            if nullable:
                return Kind("null")
            types = ["object"] if {"properties", "additionalProperties"} & schema.keys() else []
            types = ["array"] if "items" in schema else types
            if not types:
                return Kind("anything")
        kinds = [self._typed(each, schema, pointer) for each in types]
        self._refuse_stray(schema, types, pointer)
        kind = kinds[0] if len(kinds) == 1 else Kind("union", inner=_sorted(kinds))
        return replace(kind, nullable=nullable)

    def _refuse_untyped(self, schema: Mapping[str, Any], pointer: str) -> None:
        stray = [key for key in schema if key in LIMITS or key == "format"]
        if stray and "type" not in schema:
            raise refuse(pointer, f"{', '.join(stray)} limits a value of no stated type", "say its type")

    def _refuse_stray(self, schema: Mapping[str, Any], types: list[str], pointer: str) -> None:
        allowed = {key for each in types for key in BY_TYPE[each]} | {"type"}
        for key in schema:
            if key not in allowed and not is_annotation(key):
                raise refuse(below(pointer, key), f"it means nothing for {' or '.join(types)}", "leave it out")

    def _typed(self, type_: str, schema: Mapping[str, Any], pointer: str) -> Kind:
        limits = self._limits(type_, schema, pointer)
        if type_ == "string":
            media_type = str(schema.get("contentMediaType", ""))
            is_file = media_type and "contentEncoding" not in schema and not is_text(media_type)
            form = "file" if is_file else FORMATS.get(schema.get("format", ""), "string")
            if form not in ("string", "file") and limits:
                raise refuse(pointer, f"a {schema['format']} has no {', '.join(limits)}", "leave it out")
            return Kind(form, limits=limits)
        if type_ == "array":
            return Kind("array", inner=(self.of(schema.get("items"), below(pointer, "items")),), limits=limits)
        if type_ == "object":
            if self._is_model(schema):
                raise refuse(pointer, "an object with fields stands where it has no name", "name it under components")
            if schema.get("required"):
                raise refuse(below(pointer, "required"), "these names have no property", "describe them in properties")
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
                raise refuse(
                    below(pointer, "pattern"),
                    f"Python cannot read this regular expression ({error})",
                    "write it in what ECMA-262 and Python have in common",
                ) from error
        return found

    def _listed(self, schema: Mapping[str, Any], pointer: str) -> Kind:
        """Return the kind of a schema that lists its values."""
        listed = [schema["const"]] if "const" in schema else schema["enum"]
        values = tuple(each for each in listed if each is not None)
        nullable = len(values) < len(listed)
        for key in schema:
            if key not in ("type", "enum", "const", "format") and not is_annotation(key):
                raise refuse(below(pointer, key), "the values are listed, which says all", "leave it out")
        types = [each for each in _types(schema) if each != "null"]
        if strangers := [each for each in values if types and not any(_is(each, type_) for type_ in types)]:
            raise refuse(pointer, f"{strangers[0]!r} is no {' or '.join(types)}", "let the values and the type agree")
        if any(isinstance(each, dict | list) for each in values):
            raise refuse(pointer, "a value that is an object or an array cannot be a constant", "describe its fields")
        if len({(type(each), each) for each in values}) < len(values):
            raise refuse(pointer, "a value stands twice", "list it once")
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

    # -- unions

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
        types = [each for each in _types(schema) if each != "null"]
        if types not in ([], ["object"]) or (types and any(kind.form not in ("model", "union") for kind in values)):
            raise refuse(below(pointer, "type"), f"it stands beside {key}", "say it in each member")
        said = schema.get("discriminator")
        if len(values) == 1 and said is None:
            return replace(values[0], nullable=nullable)
        return Kind("union", inner=_sorted(values), nullable=nullable, said=(said, pointer))

    def tags(self, union: Kind) -> tuple[str, dict[str, Kind]]:
        """Return the property that tells the members of a union apart, and the member of each value.

        It is what the union says, or a constant that each member has; empty if there is neither. A member may refer to
        the union, so this is asked for when all components are known.
        """
        (said, pointer), kinds = union.said, list(union.inner)
        if said is None:
            return self._common_constant(kinds)
        here, tag = below(pointer, "discriminator"), said["propertyName"]
        if strangers := [kind for kind in kinds if kind.form != "model"]:
            raise refuse(here, f"a member is no object but {strangers[0].form}", "make each member an object")
        by_name = {kind.name: kind for kind in kinds}
        mapping = {value: class_name(_component_name(target)) for value, target in said.get("mapping", {}).items()}
        for name, each in by_name.items():
            if tag not in {prop.name for prop in self.model(name).properties}:
                raise refuse(here, f"{name} has no property {tag}", "describe it there")
            if name not in mapping.values():
                # Without a mapping, a member is called by the name of its schema.
                mapping |= dict.fromkeys(self._constants(each, tag) or [self._schema_name(name)], name)
        for value, name in mapping.items():
            if name not in by_name:
                raise refuse(below(here, "mapping", value), f"{name} is no member", "list it under oneOf")
        return tag, {value: by_name[name] for value, name in mapping.items()}

    def _schema_name(self, name: str) -> str:
        return next(each for each in self._description.schemas if class_name(each) == name)

    def _common_constant(self, kinds: list[Kind]) -> tuple[str, dict[str, Kind]]:
        """Find a required property that is a different constant text in each member."""
        if len(kinds) < 2 or any(kind.form != "model" for kind in kinds):
            return "", {}
        for prop in self.model(kinds[0].name).properties:
            values = [(value, kind) for kind in kinds for value in self._constant(kind, prop.name)]
            tags = dict(values)
            if len(tags) == len(values) and {kind.name for kind in tags.values()} == {kind.name for kind in kinds}:
                return prop.name, tags
        return "", {}

    def _constants(self, kind: Kind, name: str) -> list[str]:
        """Return the texts that a property of a model may be, if they are listed."""
        for prop in self.model(kind.name).properties:
            if prop.name == name and prop.kind.form in ("const", "choice"):
                return [str(each) for each in prop.kind.values if isinstance(each, str)]
        return []

    def _constant(self, kind: Kind, name: str) -> list[str]:
        """Return the one text that a property of a model always is."""
        required = any(prop.name == name and prop.required for prop in self.model(kind.name).properties)
        values = self._constants(kind, name)
        return values if required and len(values) == 1 else []

    # -- models

    def model(self, name: str) -> Model:
        """Return a model by its class name."""
        if name not in self._read:
            self._read[name] = self._read_model(name)
        return self._read[name]

    def _read_model(self, name: str) -> Model:
        pointer, schema = self._by_class[name]
        merged = self._merged(schema, pointer)
        self._refuse_stray(merged, ["object"], pointer)
        required = set(merged.get("required", []))
        properties: list[Property] = []
        for key, each in merged.get("properties", {}).items():
            here = below(pointer, "properties", key)
            shown = self.shown(each)
            properties.append(Property(key, python_name(key), self.of(each, here), key in required, shown, here))
        seen: dict[str, str] = {}
        for prop in properties:
            if prop.python_name in seen:
                raise refuse(
                    prop.pointer,
                    f"it would be called {prop.python_name}, as {seen[prop.python_name]!r} is",
                    "rename one; an object of a client cannot have both",
                )
            seen[prop.python_name] = prop.name
        if unknown := required - merged.get("properties", {}).keys():
            raise refuse(below(pointer, "required"), f"{sorted(unknown)[0]!r} is no property", "describe it there")
        for limit in ("minProperties", "maxProperties"):
            if limit in merged:
                raise refuse(below(pointer, limit), "an object with fields has them by name", "leave it out")
        rest = merged.get("additionalProperties")
        closed = rest is False
        typed = self.of(rest, below(pointer, "additionalProperties")) if isinstance(rest, Mapping) else None
        if typed is not None and typed.form == "anything":
            typed = None
        # The required ones first, in the order of the description.
        properties.sort(key=lambda prop: not prop.required)
        return Model(name, {**schema, **merged}, properties, typed, closed)

    def shown(self, schema: Any) -> Mapping[str, Any]:
        """Return what is said of a schema: of its own, else of what it refers to."""
        if not isinstance(schema, Mapping):
            return {}
        found: dict[str, Any] = {}
        for part in schema.get("allOf", []):
            found |= self.shown(part)
        if "$ref" in schema:
            found |= self.shown(self._description.resolve(schema))
        return found | dict(schema)

    def bytes_in(self, kind: Kind) -> bool:
        """Whether there are bytes in a kind, which JSON cannot hold."""
        found = list(_within(kind))
        return any(each.form == "file" or each.name in self._with_bytes for each in found)

    @cached_property
    def _with_bytes(self) -> set[str]:
        """The models that hold bytes, or a model that does."""
        holders: dict[str, set[str]] = {}
        found: list[str] = []
        for name, component in self.components.items():
            if component.form == "model" and component.name == name:
                kinds = [each for prop in self.model(name).properties for each in _within(prop.kind)]
                if any(each.form == "file" for each in kinds):
                    found.append(name)
                for each in kinds:
                    holders.setdefault(each.name, set()).add(name)
        done: set[str] = set()
        while found:
            name = found.pop()
            if name not in done:
                done.add(name)
                found += holders.get(name, ())
        return done


def _within(kind: Kind) -> Iterator[Kind]:
    """Yield a kind and all in it; a model is not looked into."""
    yield kind
    for each in kind.inner:
        yield from _within(each)


def is_text(media_type: str) -> bool:
    """Whether a media type is text."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare.startswith("text/") or bare.endswith(("json", "xml")) or bare in _TEXTS


_TEXTS = {"application/x-ndjson", "application/jsonl", "application/yaml", "application/javascript"}


def _component_name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")


def _types(schema: Mapping[str, Any]) -> list[str]:
    given = schema.get("type", [])
    return list(given) if isinstance(given, list) else [given]


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
