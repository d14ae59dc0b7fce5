"""Models (objects with fields), and the discriminators of unions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .description import Description
from .kind import OPEN, Form, Kind
from .kinds import NO_MEMBERS, Kinds
from .merging import component_name
from .naming import class_name, free_attribute, python_name
from .report import Failure, below, refuse


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
        """Whether only responses have it."""
        return bool(self.schema.get("readOnly"))

    @property
    def write_only(self) -> bool:
        """Whether only requests have it."""
        return bool(self.schema.get("writeOnly"))

    @property
    def secret(self) -> bool:
        """Whether it is hidden in reprs."""
        return self.schema.get("format") == "password"


@dataclass(frozen=True)
class Model:
    """An object with fields.

    Args:
        name: The name of its class.
        schema: The schema.
        properties: Its fields.
        rest: The kind of its additional properties; None if the description says nothing of them.
        closed: Whether additional properties are forbidden.
    """

    name: str
    schema: Mapping[str, Any]
    properties: list[Property]
    rest: Kind | None
    closed: bool


class Models:
    """The models of a description. They may refer to each other in a circle, so each is read when it is needed."""

    def __init__(self, description: Description, kinds: Kinds) -> None:
        self._description = description
        self._kinds = kinds
        self._read: dict[str, Model] = {}

    def model(self, name: str) -> Model:
        """Return a model by its class name."""
        if name not in self._read:
            self._read[name] = self._read_model(name)
        return self._read[name]

    def read_all(self) -> None:
        """Read all models; reading one may add another."""
        while left := [
            name for name, kind in self._kinds.components.items() if is_own_model(name, kind) and name not in self._read
        ]:
            for name in left:
                self.model(name)

    def _read_model(self, name: str) -> Model:
        pointer, schema = self._kinds.located(name)
        merged = self._kinds.merged(schema, pointer)
        self._kinds.tell_stray(merged, ["object"], pointer)
        if "discriminator" in merged:
            self._kinds.tell(below(pointer, "discriminator"), *NO_MEMBERS)
        required = set(merged.get("required", []))
        properties: list[Property] = []
        names: set[str] = set()
        for key, each in merged.get("properties", {}).items():
            here = below(pointer, "properties", key)
            called = free_attribute(python_name(key), names)
            names.add(called)
            properties.append(
                Property(key, called, self._kinds.of(each, here), key in required, self.shown(each), here)
            )
        for unknown in sorted(required - merged.get("properties", {}).keys()):
            self._kinds.tell(below(pointer, "required"), f"{unknown!r} is required, and no property")
            called = free_attribute(python_name(unknown), names)
            names.add(called)
            properties.append(
                Property(unknown, called, Kind(Form.ANYTHING), required=False, schema={}, pointer=pointer)
            )
        for limit in ("minProperties", "maxProperties"):
            if limit in merged:
                self._kinds.tell(below(pointer, limit), "a number of properties for an object with fields")
        if "patternProperties" in merged:
            means = "they are additional properties"
            self._kinds.tell(below(pointer, "patternProperties"), "properties by the pattern of their names", means)
        rest = merged.get("additionalProperties")
        if rest is False and (patterns := list(merged.get("patternProperties", {}).values())):
            rest = {"anyOf": patterns} if len(patterns) > 1 else patterns[0]
        closed = rest is False
        typed = self._kinds.of(rest, below(pointer, "additionalProperties")) if isinstance(rest, Mapping) else None
        if rest is True or (typed is not None and typed.form == Form.ANYTHING):
            typed = OPEN
        if "discriminator" in merged and typed is None:  # what its kinds have is no mistake of a caller's
            closed, typed = False, OPEN
        # The required ones first, in the order of the description.
        properties.sort(key=lambda prop: not prop.required)
        return Model(name, {**schema, **merged}, properties, typed, closed)

    def shown(self, schema: Any, around: tuple[int, ...] = ()) -> Mapping[str, Any]:
        """Return the text about a schema: its own, else that of its reference."""
        if not isinstance(schema, Mapping) or id(schema) in around:
            return {}
        around += (id(schema),)
        found: dict[str, Any] = {}
        for part in schema.get("allOf", []):
            found |= self.shown(part, around)
        if "$ref" in schema:
            found |= self.shown(self._description.resolve(schema), around)
        return found | dict(schema)

    def tell(self, pointer: str, found: str, means: str) -> None:
        """Note what the package is right without."""
        self._kinds.tell(pointer, found, means)

    def bytes_in(self, kind: Kind) -> bool:
        """Whether a kind contains bytes, which JSON cannot represent."""
        found = list(_within(kind))
        return any(each.form == Form.FILE or each.lost == "bytes" or each.name in self._with_bytes for each in found)

    @cached_property
    def _with_bytes(self) -> set[str]:
        """The models that contain bytes, directly or in another model."""
        holders: dict[str, set[str]] = {}
        found: list[str] = []
        for name, component in self._kinds.components.items():
            if is_own_model(name, component):
                kinds = [each for prop in self.model(name).properties for each in _within(prop.kind)]
                if any(each.form == Form.FILE or each.lost == "bytes" for each in kinds):
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

    def tags(self, union: Kind) -> tuple[str, dict[str | int, Kind]]:
        """Return the discriminating property of a union, and the member for each value.

        It is that of the discriminator, or a constant of each member; empty if there is neither. A member may refer to
        the union, so call this only when all components are known.
        """
        (said, pointer), kinds = union.said, list(union.inner)
        if said is not None:
            try:
                return self._said(said, pointer, kinds)
            except Failure as failure:
                self._description.report.tell_failure(failure, "the member is told by the fields that are there")
        return self._common_constant(kinds)

    def default_member(self, union: Kind) -> Kind | None:
        """Return the default member of a union, if it names one."""
        name = component_name((union.said[0] or {}).get("defaultMapping", ""))
        return next((each for each in union.inner if self._kinds.schema_name(each.name) == name), None)

    def fields_named(self, name: str, members: Mapping[str | int, Kind]) -> list[Property]:
        """Return the property of this name of each member."""
        return [prop for kind in members.values() for prop in self.model(kind.name).properties if prop.name == name]

    def _said(self, said: Mapping[str, Any], pointer: str, kinds: list[Kind]) -> tuple[str, dict[str | int, Kind]]:
        """Return the discriminator of a union, as described."""
        here, tag = below(pointer, "discriminator"), said["propertyName"]
        if strangers := [kind for kind in kinds if kind.form != Form.MODEL]:
            raise refuse(here, f"a member is no object but {strangers[0].form}", "make each member an object")
        by_name = {kind.name: kind for kind in kinds}
        own = {self._kinds.schema_name(name): name for name in by_name}
        mapping: dict[str | int, str] = {
            value: own.get(component_name(target), class_name(component_name(target)))
            for value, target in said.get("mapping", {}).items()
        }
        for name in by_name:
            if tag not in {prop.name for prop in self.model(name).properties}:
                raise refuse(here, f"{name} has no property {tag}", "describe it there")
        mapping |= self._implied(here, tag, [kind for kind in kinds if kind.name not in mapping.values()], mapping)
        for value, name in mapping.items():
            if name not in by_name:
                raise refuse(below(here, "mapping", value), f"{name} is no member", "list it under oneOf")
            constants = self._constants(by_name[name], tag)
            if constants and str(value) not in map(str, constants) and value in said.get("mapping", {}):
                found = f"{name} may have {' or '.join(map(repr, constants))} there, and not {value!r}"
                self._kinds.tell(below(here, "mapping", value), found, "the mapping holds")
        numbers = {str(each): each for name in by_name for each in self._constants(by_name[name], tag)}
        return tag, {numbers.get(str(value), value): by_name[name] for value, name in mapping.items()}

    def _implied(
        self, pointer: str, tag: str, members: list[Kind], said: Collection[str | int]
    ) -> dict[str | int, str]:
        """Return the member of each unmapped value: the only one that allows it, or the one with that schema name."""
        named = {self._kinds.schema_name(kind.name): kind.name for kind in members}
        claims: dict[str | int, list[str]] = {}
        for kind in members:
            for value in self._constants(kind, tag):
                if value not in said:
                    claims.setdefault(value, []).append(kind.name)
        found: dict[str | int, str] = {}
        for value, names in claims.items():
            alike = [name for name in named if name.casefold() == str(value).casefold()]
            if len(names) > 1 and len(alike) == 1:  # the name of a schema is often in lower case
                found[value] = named[alike[0]]
                continue
            if len(names) > 1 and value not in named:
                raise refuse(pointer, f"{value!r} may be {' or '.join(names)}", "say in `mapping` which it is")
            found[value] = names[0] if len(names) == 1 else named[str(value)]
        return found | {value: name for value, name in named.items() if name not in found.values()}

    def _common_constant(self, kinds: list[Kind]) -> tuple[str, dict[str | int, Kind]]:
        """Find a required property that is a different constant, a text or an integer, in each member."""
        if len(kinds) < 2 or any(kind.form != Form.MODEL for kind in kinds):
            return "", {}
        for prop in self.model(kinds[0].name).properties:
            values = [(value, kind) for kind in kinds for value in self._constant(kind, prop.name)]
            tags = dict(values)
            if len(tags) == len(values) and {kind.name for kind in tags.values()} == {kind.name for kind in kinds}:
                return prop.name, tags
        return "", {}

    def _constants(self, kind: Kind, name: str) -> list[str | int]:
        """Return the enumerated strings and integers of a property, if it has any."""
        for prop in self.model(kind.name).properties:
            if prop.name == name and prop.kind.form in (Form.CONST, Form.CHOICE):
                return [each for each in prop.kind.values if isinstance(each, str | int) and not isinstance(each, bool)]
        return []

    def _constant(self, kind: Kind, name: str) -> list[str | int]:
        """Return the constant of a property."""
        required = any(prop.name == name and prop.required for prop in self.model(kind.name).properties)
        values = self._constants(kind, name)
        return values if required and len(values) == 1 else []


def is_own_model(name: str, kind: Kind) -> bool:
    """Whether a component is an object with fields, and no other name of one."""
    return kind.form == Form.MODEL and kind.name == name


def _within(kind: Kind) -> Iterator[Kind]:
    """Yield a kind and all kinds in it, but not those of a model's fields, nor the file that may be a text."""
    yield kind
    for each in () if kind.is_file_or_text else kind.within:
        yield from _within(each)
