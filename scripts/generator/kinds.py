"""Kinds: what each schema is, as the templates write it: a type for people and a codec for the wire."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from .bytes_held import Held, has_texts_alone
from .description import Description
from .kind import FILE_OR_TEXT, Form, Kind, any_of, in_order
from .media_types import is_text
from .merging import Contradiction, Merging, component_name, joined, types_of
from .naming import Namer, class_name, is_annotation
from .report import Failure, below, refuse

LIMITS = {
    **{"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"},
    **{"minItems": "min_length", "maxItems": "max_length", "uniqueItems": "unique"},
    **{"minProperties": "min_length", "maxProperties": "max_length", "multipleOf": "multiple_of"},
    **{"minimum": "minimum", "maximum": "maximum", "exclusiveMinimum": "above", "exclusiveMaximum": "below"},
}
"""The validation keywords, as arguments of `codec.limited`."""

BY_TYPE: Mapping[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format", "contentMediaType", "contentEncoding"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"}),
    "boolean": frozenset(),
    "null": frozenset(),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset(
        {"properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"}
    ),
}
"""The keywords that apply to each type, besides those that apply to all."""

NO_MEMBERS = (
    "a discriminator of an object that has no kinds",
    "the fields of this object are typed, those of its kinds are additional properties",
)

FORMATS = {
    **{"date": Form.DAY, "date-time": Form.MOMENT, "time": Form.CLOCK, "duration": Form.DURATION, "uuid": Form.UUID},
    **{"byte": Form.OCTETS, "base64": Form.OCTETS, "decimal": Form.DECIMAL, "binary": Form.FILE},
}
"""The formats of strings that have a Python type; every other format is a str that the server checks."""

ONE_SPELLING = (Form.STRING, Form.FILE, Form.OCTETS, Form.DECIMAL)
"""Those whose limits can be checked: a time can be written in several ways."""


class Kinds:
    """What each schema of a description stands for."""

    def __init__(self, description: Description, namer: Namer) -> None:
        self._description = description
        self._namer = namer
        self._origins = origins = namer.origins
        self._known: dict[str, Kind] = {}
        self._all: dict[str, Kind] = {}
        self._components: dict[str, Kind] = {}
        self._open: list[str] = []
        self._recursive: set[str] = set()
        self._merging = Merging(description, origins)
        self._report = description.report
        self._by_class: dict[str, str] = {class_name(name): name for name in origins}
        self._joined: dict[tuple[tuple[str, ...], str], str] = {}
        """By what it stands in and what is said of it: the component that was made of several schemas."""
        self.stands_for: dict[str, str] = {}
        """By class name: the component of a union that it is, with what stands beside the union."""

    @property
    def components(self) -> dict[str, Kind]:
        """The components that get a module, by class name, in the order of the description."""
        if len(self._all) != len(self._origins):  # some were made of several schemas since
            found = {class_name(name): self.component(name) for name in list(self._origins)}
            self._components = {name: kind for name, kind in found.items() if kind.form != Form.FILE}
            self._all = found
        return self._components

    def schema(self, name: str) -> Mapping[str, Any]:
        """Return the schema of a component by its class name."""
        return self.located(name)[1]

    def schema_name(self, name: str) -> str:
        """Return the component that is called by a class name, or stands for another one, by its own name."""
        return self.stands_for.get(name, self._by_class[name])

    def located(self, name: str) -> tuple[str, Mapping[str, Any]]:
        """Return where the component of a class name stood, and its schema."""
        own = self._by_class[name]
        schema = self._description.schemas[own]
        return self._origins[own], schema if isinstance(schema, Mapping) else {}

    def _join(self, schema: Mapping[str, Any], pointer: str) -> Kind:
        """Return the object with fields that several schemas say together, as a component."""
        key = tuple(pointer.split("/")[:4]), json.dumps(schema, sort_keys=True, default=str)
        if key not in self._joined:
            self._joined[key] = name = self._namer.add(schema, pointer)
            self._by_class[class_name(name)] = name
        return self.component(self._joined[key])

    def component(self, name: str) -> Kind:
        """Return what a component stands for."""
        if name not in self._known:
            if name in self._open:
                around = self._open[self._open.index(name) :]
                if _COLLECTION in around:
                    self._recursive.add(name)
                    return Kind(Form.LATER, class_name(name))
                raise refuse(
                    self._origins[name],
                    f"{' and '.join(around)} {'are made of themselves' if len(around) > 1 else 'is made of itself'}",
                    "let an object or an array stand between",
                )
            self._open.append(name)
            pointer = self._origins[name]
            try:
                found = self._component(name, self._description.schemas[name], pointer)
            except Failure as failure:
                found = self._anything(failure)
            if name in self._recursive:
                inner = found.inner if found.form == Form.UNION else (replace(found, nullable=False),)
                null = (Kind(Form.NULL),) if found.nullable else ()  # what is in it means all of it
                found = Kind(Form.UNION, class_name(name), inner=(*null, *inner), said=found.said)
            self._known[name] = found
            self._open.pop()
        return self._known[name]

    def _component(self, name: str, schema: Any, pointer: str) -> Kind:
        if not isinstance(schema, Mapping):
            return Kind(Form.ANYTHING)
        merged = self.merged(schema, pointer)
        if "$ref" not in merged and self._is_model(merged):
            return Kind(Form.MODEL, class_name(name), nullable="null" in types_of(merged))
        kind = self._plain(merged, pointer)
        if kind.form == Form.CHOICE or (kind.form == Form.UNION and not kind.name):
            return replace(kind, name=class_name(name))
        return kind

    @staticmethod
    def _is_model(merged: Mapping[str, Any]) -> bool:
        types = [each for each in types_of(merged) if each != "null"]
        if types not in ([], ["object"]):
            return False
        has_fields = "properties" in merged or merged.get("additionalProperties") is False
        is_map = "patternProperties" in merged and "properties" not in merged
        return has_fields and not is_map and not has_more_fields(merged)

    def of(self, schema: Any, pointer: str) -> Kind:
        """Return what a schema stands for; references and `allOf` followed."""
        if not isinstance(schema, Mapping):
            return Kind(Form.ANYTHING)
        try:
            return self._plain(self.merged(schema, pointer), pointer)
        except Failure as failure:
            return self._anything(failure)

    def _anything(self, failure: Failure) -> Kind:
        """Return what stands for a schema that no type of Python can say."""
        self._report.tell_failure(failure, "the value is passed on as it is, and its type is `object`")
        has_bytes = any("bytes" in each.reason for each in failure.problems)
        return Kind(Form.ANYTHING, lost="bytes" if has_bytes else "type")

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
                return Kind(Form.NULL)
            types = ["object"] if {"properties", "additionalProperties", "patternProperties"} & schema.keys() else []
            types = ["array"] if {"items", "prefixItems"} & schema.keys() else types
            if not types:
                return Kind(Form.ANYTHING)
        kinds = [self._typed(each, schema, pointer) for each in types]
        self.tell_stray(schema, types, pointer)
        kind = kinds[0] if len(kinds) == 1 else Kind(Form.UNION, inner=in_order(kinds))
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
            if key in ("oneOf", "anyOf"):
                self.tell(below(pointer, key), "which fields go together")
            elif key not in allowed and not is_annotation(key):
                self.tell(below(pointer, key), f"it means nothing for {' or '.join(types)}")

    def _typed(self, type_: str, schema: Mapping[str, Any], pointer: str) -> Kind:
        limits = self._limits(type_, schema, pointer)
        if type_ == "string":
            media_type = str(schema.get("contentMediaType", ""))
            is_file = media_type and "contentEncoding" not in schema and not is_text(media_type)
            is_base64 = str(schema.get("contentEncoding", "")).lower() == "base64"  # other encodings are the caller's
            form = FORMATS.get(schema.get("format", ""), Form.FILE if is_file else Form.STRING)
            form = Form.OCTETS if is_base64 else form
            if form == Form.FILE:
                return self._of_bytes(pointer, limits)
            has_comma = form == Form.DECIMAL and re.search(r",(?![^{]*\})", limits.get("pattern", ""))
            if has_comma or (form not in ONE_SPELLING and "pattern" in limits):
                form = (
                    Form.STRING
                )  # the pattern may allow what Python has no such value for, a day in place of a moment
            if form not in ONE_SPELLING and limits:
                self.tell(pointer, f"a limit of the text of a {schema['format']}")
                limits = {}
            return Kind(form, limits=limits)
        if type_ == "array" or (type_ == "object" and not self._is_model(schema)):
            self._open.append(_COLLECTION)
            kind = (self._array if type_ == "array" else self._map)(schema, pointer, limits)
            self._open.pop()
            return kind
        if type_ == "object":
            return self._join(schema, pointer)
        return Kind(Form(type_), limits=limits)

    def _of_bytes(self, pointer: str, limits: Mapping[str, Any]) -> Kind:
        """Return the kind of bytes: they are a file, but for where there are none, in JSON and forms of texts."""
        owner = self._namer.owner(pointer, self._held.all)
        content = re.findall(r"/content/([^/]+)/schema", pointer)
        is_one = owner in self._held.as_texts if owner else has_texts_alone("".join(content[-1:]).replace("~1", "/"))
        if is_one and owner not in self._held.as_files:
            self.tell(pointer, "bytes, which JSON cannot hold", "they are the text that JSON has in their place")
            return Kind(Form.STRING, limits=limits)
        if owner in self._held.sent_as_texts:
            self.tell(pointer, "bytes, also in a body that cannot hold them", "there a text has to be given")
            return FILE_OR_TEXT
        return Kind(Form.FILE, limits=limits)

    @cached_property
    def _held(self) -> Held:
        return Held(self._description)

    def _map(self, schema: Mapping[str, Any], pointer: str, limits: Mapping[str, Any]) -> Kind:
        """Return the kind of an object whose names are not listed."""
        if schema.get("required"):
            self.tell(below(pointer, "required"), "names of no property are required")
        rest = None
        if (others := schema.get("additionalProperties", {})) is not False:
            rest = self.of(others, below(pointer, "additionalProperties"))
        here = below(pointer, "patternProperties")
        patterns = {
            key: self.of(each, below(here, key))
            for key, each in schema.get("patternProperties", {}).items()
            if self._can_read(key, below(here, key))
        }
        if not patterns:
            return Kind(Form.MAP, inner=(rest or Kind(Form.ANYTHING),), limits=limits)
        inner = any_of([*patterns.values(), *([rest] if rest else [])])
        return Kind(Form.MAP, inner=(inner,), places=tuple(patterns.items()), rest=rest, limits=limits)

    def _array(self, schema: Mapping[str, Any], pointer: str, limits: Mapping[str, Any]) -> Kind:
        """Return the kind of an array, whose first items may have kinds of their own."""
        first = [
            self.of(each, below(pointer, "prefixItems", index))
            for index, each in enumerate(schema.get("prefixItems", []))
        ]
        closed = schema.get("items") is False
        if closed:
            limits = {**limits, "max_length": len(first)}
        ends = closed or schema.get("maxItems", math.inf) <= len(first)
        rest = None if ends and first else self.of(schema.get("items", {}), below(pointer, "items"))
        inner = any_of([*first, *([rest] if rest else [])])
        places = tuple(("", each) for each in first)
        return Kind(Form.ARRAY, inner=(inner,), places=places, rest=rest if places else None, limits=limits)

    def _limits(self, type_: str, schema: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        found = {LIMITS[key]: schema[key] for key in LIMITS if key in BY_TYPE[type_] and key in schema}
        if not found.get("unique", True):
            del found["unique"]
        if "pattern" in found and not self._can_read(found["pattern"], below(pointer, "pattern")):
            del found["pattern"]
        return found

    def _can_read(self, pattern: str, pointer: str) -> bool:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # of what another Python will read in another way
                re.compile(pattern)
        except (re.error, FutureWarning, DeprecationWarning) as error:
            self.tell(pointer, f"Python cannot read this regular expression ({error})")
            return False
        return True

    def _listed(self, schema: Mapping[str, Any], pointer: str) -> Kind:
        """Return the kind of a schema that lists its values."""
        listed = [schema["const"]] if "const" in schema else schema["enum"]
        values = tuple(each for each in listed if each is not None)
        nullable = len(values) < len(listed)
        types = [each for each in types_of(schema) if each != "null"]
        if strangers := [each for each in values if types and not any(_is(each, type_) for type_ in types)]:
            found = f"values are listed that are no {' or '.join(types)}"
            if len(types) == 1 and types[0] in _AS_TYPE and all(isinstance(each, str | int) for each in values):
                self.tell(pointer, found, "each is passed on as it is, and as what it is of that type")
                return self._either(types[0], values, nullable=nullable)
            values = tuple(each for each in values if each not in strangers)
            if not values:  # often those of the items of an array
                self.tell(pointer, found, "no other is listed: one of them is passed on, and any value of the type")
                said = self._plain({key: schema[key] for key in schema if key not in ("const", "enum")}, pointer)
                return any_of([said, self._listed({"enum": listed}, pointer)])
            self.tell(pointer, found, "they are no values")
        for key in schema:
            if key not in ("type", "enum", "const", "format", "discriminator") and not is_annotation(key):
                self.tell(below(pointer, key), "it limits values that are listed")
        once: dict[str, Any] = {json.dumps(each, sort_keys=True): each for each in values}
        if len(once) < len(values):
            self.tell(pointer, "a value is listed twice", "it is one value")
            values = tuple(once.values())
        if not values:
            return Kind(Form.NULL)
        kinds = {type(each): Kind(_PLAIN[type(each)], inner=_inner(each)) for each in values}
        if kinds.keys() == {bool}:
            return Kind(Form.BOOLEAN if len(values) == 2 else Form.CONST, values=values, nullable=nullable)
        if {int, float} <= kinds.keys():
            del kinds[int]
        if len(values) == 1 and "const" in schema and isinstance(values[0], str | int):
            return Kind(Form.CONST, values=values, nullable=nullable)
        form = Form.CHOICE if kinds.keys() <= {str, int, bool} else Form.VALUES
        return Kind(form, inner=(any_of(list(kinds.values())),), values=values, nullable=nullable)

    @staticmethod
    def _either(type_: str, values: tuple[Any, ...], *, nullable: bool) -> Kind:
        """Return the kind of values that are of another type than is said, as texts are of numbers, or of both."""
        kind = any_of([Kind(Form(type_)), *(Kind(_PLAIN[type(each)]) for each in values)])
        meant = [each if _is(each, type_) else _AS_TYPE[type_](each) for each in values]
        if None in meant:
            return replace(kind, nullable=nullable)
        once = {json.dumps(each): each for pair in zip(values, meant, strict=True) for each in pair}
        return Kind(Form.CHOICE, inner=(kind,), values=tuple(once.values()), nullable=nullable)

    def _union(self, schema: Mapping[str, Any], key: str, pointer: str) -> Kind:
        beside = {
            name: each
            for name, each in schema.items()
            if name not in (key, "discriminator") and not is_annotation(name)
        }
        kinds: list[Kind] = []
        for index, each in enumerate(schema[key]):
            kinds += self._member(each, beside, below(pointer, key, index))
        if schema[key] and not kinds:
            raise refuse(below(pointer, key), "nothing can be any of these and what stands beside", "let them agree")
        values = [kind for kind in kinds if kind.form != Form.NULL]
        nullable = len(values) < len(kinds) or any(kind.nullable for kind in values)
        values = list({repr(kind): kind for kind in (replace(each, nullable=False) for each in values)}.values())
        if not values:
            return Kind(Form.NULL)
        if any(kind.form == Form.ANYTHING for kind in values):
            return Kind(Form.ANYTHING)
        if any(kind.form == Form.FILE for kind in values) and len(values) > 1:
            raise refuse(pointer, "bytes cannot be told from another kind of value", "leave one of them")
        said = schema.get("discriminator")
        if len(values) == 1 and said is None:
            return replace(values[0], nullable=nullable)
        return Kind(Form.UNION, inner=in_order(values), nullable=nullable, said=(said, pointer))

    def _member(self, member: Any, beside: Mapping[str, Any], pointer: str) -> Iterator[Kind]:
        """Yield what a member of a union is together with what stands beside it; nothing if that can never be."""
        if not isinstance(member, Mapping):
            yield Kind(Form.ANYTHING)
            return
        name = component_name(member["$ref"]) if "$ref" in member else ""
        try:
            if types_of(self._merging.opened(member, pointer)) == [
                "null"
            ]:  # beside what is an object, as some write it
                yield Kind(Form.NULL)
                return
            merged = self.merged(joined(beside, member) if beside else member, pointer)
        except Contradiction as failure:
            self._report.tell_failure(failure, "it is none of the kinds")
            return
        if "$ref" not in merged and (title := member.get("title", name)):
            merged["title"] = title
        kind = self.of(merged, pointer)
        if name and kind.form == Form.MODEL:
            self.stands_for.setdefault(kind.name, name)
        yield kind


_COLLECTION = ""
"""Stands for an array or a map among the names of components."""

_PLAIN: Mapping[type, Form] = {
    **{str: Form.STRING, int: Form.INTEGER, float: Form.NUMBER, bool: Form.BOOLEAN, dict: Form.MAP, list: Form.ARRAY}
}
"""What a value of JSON is."""


_AS_TYPE: Mapping[str, Callable[[Any], Any]] = {
    "string": lambda value: json.dumps(value),
    "integer": lambda value: int(value) if re.fullmatch(r"-?\d{1,18}", str(value), re.ASCII) else None,
    "boolean": {"true": True, "false": False}.get,
}
"""How a scalar of another type is written as one of this type; None if it cannot be."""


def _inner(value: object) -> tuple[Kind, ...]:
    return (Kind(Form.ANYTHING),) if isinstance(value, dict | list) else ()


def has_more_fields(schema: Mapping[str, Any]) -> bool:
    """Whether an object has fields beside those that it lists: those of its kinds."""
    members = [each for key in ("oneOf", "anyOf") for each in schema.get(key, []) if each != {"type": "null"}]
    listed = schema.get("properties", {}).keys()
    plain = [each for each in members if each.keys() <= {"required", "properties", "title", "description", "type"}]
    return len(plain) < len(members) or any(each.get("properties", {}).keys() - listed for each in plain)


def _is(value: object, type_: str) -> bool:
    if isinstance(value, bool):
        return type_ == "boolean"
    kinds: dict[str, tuple[type, ...]] = {
        **{"string": (str,), "integer": (int,), "number": (int, float), "object": (dict,), "array": (list,)},
    }
    return isinstance(value, kinds.get(type_, ()))
