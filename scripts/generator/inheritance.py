"""Inheritance by `allOf`: a reference to a parent with a discriminator accepts any of its subtypes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .merging import OWN_CLASS, component_name
from .naming import free_name, is_annotation, python_names
from .report import below


def open_parents(document: dict[str, Any], moved: dict[str, str]) -> None:
    """Make a union of the subtypes of each parent with a discriminator, and refer to that in place of the parent.

    The parent itself is a member: an object of an unknown subtype is read as it.

    Args:
        document: The document, which is changed in place.
        moved: The original pointer of each component that was moved.
    """
    family = _Family(document.get("components", {}).get("schemas", {}))
    taken = {each for name in family.schemas for each in python_names(name)}
    for name in list(family.schemas):
        said, heirs = family.discriminator(name), family.heirs(name)
        if said is None or not heirs or not family.listed(name) <= {*heirs, name}:
            continue
        union = free_name(f"Any{name}", taken)
        moved.setdefault(union, moved.get(name, below("", "components", "schemas", name)))
        family.unions[_reference(name)] = (_reference(union), family.union(name, said, [*heirs, name]))
        for heir in heirs:
            family.schemas[heir][OWN_CLASS] = True
    for name in [component_name(each) for each in family.unions]:
        for part in (family.schemas[name], *_parts(family.schemas[name])):
            for key in ("discriminator", "oneOf", "anyOf"):
                part.pop(key, None)
    if family.unions:
        family.refer(document)
    family.schemas.update({component_name(reference): schema for reference, schema in family.unions.values()})


def _reference(name: str) -> str:
    return "#/components/schemas/" + name.replace("~", "~0").replace("/", "~1")


def _target(schema: Any) -> str:
    """Return the reference of a schema; empty if it has none."""
    found = schema.get("$ref") if isinstance(schema, Mapping) else None
    return found if isinstance(found, str) else ""


def _parts(schema: Any, key: str = "allOf") -> list[Any]:
    found = schema.get(key) if isinstance(schema, Mapping) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


class _Family:
    """The components of a description and which of them extend which."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas
        self.unions: dict[str, tuple[str, dict[str, Any]]] = {}
        """By the reference to a parent: the reference to the union of its subtypes, and the union."""
        self._components = {id(each) for each in schemas.values()}
        parents = {
            name: [component_name(_target(part)) for part in _parts(schema) if _target(part)]
            for name, schema in schemas.items()
        }
        self._ancestors = {name: _reached(name, parents) for name in schemas}
        self._heirs: dict[str, list[str]] = {}
        for name, ancestors in self._ancestors.items():
            for each in ancestors:
                self._heirs.setdefault(each, []).append(name)

    def heirs(self, name: str) -> list[str]:
        """Return the direct and indirect subtypes of a component."""
        return [each for each in self._heirs.get(name, []) if each != name]

    def listed(self, name: str) -> set[str]:
        """Return the subtypes that a component lists itself; one that is no component is an empty name."""
        return {component_name(_target(each)) for key in ("oneOf", "anyOf") for each in _parts(self.schemas[name], key)}

    def discriminator(self, name: str) -> Mapping[str, Any] | None:
        """Return the discriminator of a component or of one that it extends."""
        for each in [name, *self._ancestors[name]]:
            for part in (self.schemas.get(each), *_parts(self.schemas.get(each))):
                said = part.get("discriminator") if isinstance(part, Mapping) else None
                if isinstance(said, Mapping) and "propertyName" in said:
                    return said if each == name else {key: said[key] for key in said if key != "defaultMapping"}
        return None

    def union(self, name: str, said: Mapping[str, Any], members: list[str]) -> dict[str, Any]:
        """Return the union of the subtypes of a component."""
        about = {key: self.schemas[name][key] for key in ("description",) if key in self.schemas[name]}
        default = said.get("defaultMapping", _reference(name))
        return {
            **about,
            "oneOf": [{"$ref": _reference(each)} for each in members],
            "discriminator": {**_among(said, members), "defaultMapping": default},
        }

    def refer(self, node: Any) -> None:
        """Have every reference to a parent mean its union, except those by which a subtype extends it."""
        if isinstance(node, list):
            for each in node:
                self.refer(each)
        if not isinstance(node, dict):
            return
        if (reference := _target(node)) in self.unions:
            node["$ref"] = self.unions[reference][0]
        parts = _parts(node)
        extends = id(node) in self._components or len(parts) > 1 or not all(map(is_annotation, node.keys() - {"allOf"}))
        kept = [*(parts if extends else [])]
        for key in ("oneOf", "anyOf"):
            self._tell_apart(node, key)
            kept += _parts(node, key) if "discriminator" in node else []
        for each in node.values():
            for inner in each if isinstance(each, list) else [each]:
                if not (_target(inner) and any(inner is other for other in kept)):
                    self.refer(inner)

    def _tell_apart(self, node: dict[str, Any], key: str) -> None:
        """Give a list of subtypes of one parent the discriminator of the parent."""
        members = [component_name(_target(each)) for each in _parts(node, key) if each != {"type": "null"}]
        if len(members) < 2 or "discriminator" in node:
            return
        for parent, (_, union) in self.unions.items():
            if set(members) <= set(self.heirs(component_name(parent))):
                node["discriminator"] = _among(union["discriminator"], members)
                return


def _among(said: Mapping[str, Any], members: list[str]) -> dict[str, Any]:
    """Return the discriminator of these members."""
    mapping = {value: each for value, each in said.get("mapping", {}).items() if component_name(each) in members}
    return {"propertyName": said["propertyName"], "mapping": mapping}


def _reached(name: str, parents: Mapping[str, list[str]]) -> list[str]:
    found: dict[str, None] = {}
    left = list(parents.get(name, ()))
    while left:
        each = left.pop(0)
        if each not in found:
            found[each] = None
            left += parents.get(each, ())
    return list(found)
