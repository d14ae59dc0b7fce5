"""Classes whose fields make their `__init__`: dataclasses, attrs classes and named tuples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import griffe

from .expressions import Member, arguments_of, constant, members_of, path_of
from .reading import QUALIFIERS
from .terms import runtime_class

POSITIONAL, KEYWORD = griffe.ParameterKind.positional_or_keyword, griffe.ParameterKind.keyword_only


@dataclass(frozen=True)
class Flavour:
    """The options of a class made of fields, from its decorator; the defaults are those of `attrs.define`.

    Args:
        name: What it is called.
        marked: Whether only what is called a field is one; None if that is so as soon as one field has no annotation.
        order: Whether it is ordered; None if that is so where it is compared by value.
        auto_exc: Whether an exception is compared by identity all the same.
    """

    name: str = "attrs class"
    marked: bool | None = None
    init: bool = True
    kw_only: bool = False
    frozen: bool = False
    slots: bool = True
    weakref_slot: bool = True
    eq: bool = True
    order: bool | None = False
    unsafe_hash: bool = False
    match_args: bool = True
    auto_exc: bool = True


NAMES = Flavour.__annotations__.keys() - {"name", "marked"}
OLD_ATTRS = Flavour(marked=True, slots=False, order=None, auto_exc=False)
FLAVOURS: Mapping[str, Flavour] = {
    "dataclasses.dataclass": Flavour("dataclass", marked=False, slots=False, weakref_slot=False, auto_exc=False),
    **{f"{package}.{name}": Flavour() for package in ("attr", "attrs") for name in ("define", "mutable")},
    **{f"{package}.frozen": Flavour(frozen=True) for package in ("attr", "attrs")},
    **{f"attr.{name}": OLD_ATTRS for name in ("s", "attrs", "attributes")},
    "attr.dataclass": replace(OLD_ATTRS, marked=False),
}
OPTIONS = {"hash": "unsafe_hash", "cmp": "eq"}
"""Older names of options."""

FIELDS = {f"{package}.{name}" for package in ("attr", "attrs") for name in ("field", "ib", "attrib")}
FIELDS.add("dataclasses.field")


@cache
def flavour(member: Member) -> Flavour | None:
    """Return what a class made of fields does; None for any other class."""
    for decorator in member.decorators:
        if (known := FLAVOURS.get(path_of(decorator.value))) is not None:
            _, given = arguments_of(decorator.value)
            said = {
                name: bool(value[0])
                for name, each in given.items()
                if (value := constant(each)) and value[0] is not None
            }
            marked = False if said.get("auto_attribs") else known.marked
            options: dict[str, Any] = {OPTIONS.get(name, name): value for name, value in said.items()}
            made = replace(known, marked=marked, **{name: options[name] for name in options.keys() & NAMES})
            if made.auto_exc and _is_exception(member):
                return replace(made, eq=False, order=False)
            return replace(made, order=made.eq) if made.order is None else made
    return None


def _is_exception(member: Member) -> bool:
    bases = (runtime_class(path_of(base)) for each in (member, *member.mro()) for base in each.bases)
    return any(base is not None and issubclass(base, BaseException) for base in bases)


def is_named_tuple(member: Member) -> bool:
    """Whether a class is a tuple whose items have names."""
    return member.is_class and any(path_of(base) == "typing.NamedTuple" for base in member.bases)


@cache
def has_fields(owner: Member) -> bool:
    """Whether the attributes of a class are what it is made of, so that who makes one says them."""
    made = owner.is_class and (flavour(owner) or is_named_tuple(owner) or is_typed_dict(owner))
    return bool(made)


@cache
def is_typed_dict(member: Member) -> bool:
    """Whether a class says which keys a dict has."""
    line = (member, *member.mro()) if member.is_class else ()
    return any(path_of(base) == "typing.TypedDict" for each in line for base in each.bases)


def key_traits(member: Member) -> set[str]:
    """Return whether a key of a TypedDict is required, and read-only."""
    found = set() if str(member.parent.keywords.get("total")) == "False" else {"required"}
    annotation = member.annotation
    while path_of(annotation) in QUALIFIERS and isinstance(annotation, griffe.ExprSubscript):
        match path_of(annotation):
            case "typing.Required":
                found.add("required")
            case "typing.NotRequired":
                found.discard("required")
            case "typing.ReadOnly":
                found.add("read-only")
        inner = annotation.slice
        annotation = inner.elements[0] if isinstance(inner, griffe.ExprTuple) else inner
    return found


def made_of(init: Member) -> set[str] | None:
    """Return the attributes of a class that its `__init__` is made of; None if it is not made of any."""
    if init.lineno != 0 or not has_fields(init.parent):
        return None
    return {name for name, each in members_of(init.parent).items() if each.is_attribute}


def fields(member: Member) -> Iterator[griffe.Parameter]:
    """Yield the arguments that the fields of a class take, those of its bases first."""
    own = {each.name: each for each in _own_fields(member)}
    line = [each for each in reversed(member.mro()) if flavour(each) or is_named_tuple(each)]
    inherited = {each.name: each for base in line for each in _own_fields(base)}
    made = flavour(member)
    if made is not None and made.name == "attrs class":  # a field again goes to the end
        inherited = {name: each for name, each in inherited.items() if name not in own}
    yield from sorted((inherited | own).values(), key=lambda each: each.kind is KEYWORD)


def _own_fields(member: Member) -> Iterator[griffe.Parameter]:
    made = flavour(member) or Flavour(marked=False)
    attributes = {
        name: each
        for name, each in member.members.items()
        if not each.is_alias
        and each.is_attribute
        and "property" not in each.labels
        and "instance-attribute" in each.labels
    }
    called = {name: arguments_of(each.value)[1] for name, each in attributes.items() if path_of(each.value) in FIELDS}
    marked = made.marked
    if marked is None:
        marked = any(attributes[name].annotation is None for name in called)
    computed = {
        path_of(decorator.value).rpartition(".")[0].rpartition(".")[2]
        for each in member.members.values()
        if not each.is_alias and each.is_function
        for decorator in each.decorators
        if path_of(decorator.value).endswith(".default")
    }
    kw_only = made.kw_only
    for name, each in attributes.items():
        said = called.get(name, {})
        if path_of(each.annotation) == "dataclasses.KW_ONLY":
            kw_only = True
            continue
        if (marked and name not in called) or (each.annotation is None and name not in called):
            continue
        if said.get("init") == "False":
            continue
        factory = said.get("factory", said.get("default_factory"))
        default = said.get("default") if name in called else each.value
        if factory is not None:
            default = griffe.ExprCall(function=factory, arguments=[])
        elif name in computed:
            default = f"{name}.default"
        yield griffe.Parameter(
            str((constant(said.get("alias")) or (name.lstrip("_"),))[0]),
            annotation=None if "converter" in said else each.annotation,
            kind=KEYWORD if said.get("kw_only", str(kw_only)) == "True" else POSITIONAL,
            default=default,
        )
