"""The positions where values pass between a caller and a package, and their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import griffe

from .expressions import Expression, Member, members_of, path_of
from .fields import is_typed_dict, key_traits
from .reading import Reader, Scope
from .terms import Type

Role = Literal["argument", "result"]
"""Whether a caller gives what is there or gets it."""

RETURNS = "->"
KINDS = griffe.ParameterKind
POSITION_ALONE, POSITIONAL = KINDS.positional_only, KINDS.positional_or_keyword
VARIADIC: Mapping[KINDS | None, str] = {KINDS.var_positional: "*", KINDS.var_keyword: "**"}


@dataclass(frozen=True)
class Position:
    """A parameter, a result or an attribute.

    Args:
        slot: What tells it from the others of the same function or attribute.
        role: Whether a caller gives or gets what is there; None for an attribute, which may be a field.
        sentence: How to say what is there, with `{}` for the type.
        text: The annotation as it is written; empty if there is none.
        type: What it means; None if nothing says it.
        mentions: The aliases that it names, by path.
    """

    slot: str
    role: Role | None
    sentence: str
    text: str
    type: Type | None
    mentions: frozenset[str]


@dataclass(frozen=True)
class Call:
    """One way to call a function.

    Args:
        parameters: The parameters without `self`. What nobody can name is called after its place, so that another
            name for it is no change.
        names: What the parameters are called in the function.
        positions: The parameters and the result, by slot.
        text: How it is written.
    """

    parameters: tuple[griffe.Parameter, ...]
    names: dict[str, str]
    positions: dict[str, Position]
    text: str

    @property
    def returns(self) -> Type | None:
        """What comes of it, if it says so."""
        return self.positions[RETURNS].type

    @property
    def takes(self) -> dict[str, Type]:
        """What the parameters take that say so."""
        return {slot: each.type for slot, each in self.positions.items() if slot != RETURNS and each.type is not None}


def call(function: Member, reader: Reader, whole: Member | None = None) -> Call:
    """Return a function, or an overload of the whole, as its callers see it."""
    whole = whole or function
    bound = whole.parent.is_class and "staticmethod" not in whole.labels
    own = [part for each in list(function.parameters)[1 if bound else 0 :] for part in _unpacked(each, reader)]
    scope = reader.scope(whole)
    names: dict[str, str] = {}
    parameters: list[griffe.Parameter] = []
    found: list[Position] = []
    for place, each in enumerate(own):
        stars = VARIADIC.get(each.kind, "")
        name = stars or (f"/{place}" if each.kind is POSITION_ALONE else each.name)
        default = each.default if function is whole or each.default is None else "..."  # overloads do not say
        names[name] = f"{stars}{each.name}"
        parameters.append(griffe.Parameter(name, kind=each.kind, default=reader.value(default)))
        found.append(_position(name, "argument", f"takes `{names[name]}: {{}}`", each.annotation, scope, reader))
    found.append(_position(RETURNS, "result", "returns `{}`", function.returns, scope, reader))
    signature = griffe.Function("", parameters=griffe.Parameters(*own))
    return Call(tuple(parameters), names, {each.slot: each for each in found}, signature.signature(return_type=False))


def _unpacked(parameter: griffe.Parameter, reader: Reader) -> Iterator[griffe.Parameter]:
    """Yield the arguments that the keys of a TypedDict are, for `**arguments: Unpack[Keys]`; else the parameter."""
    annotation = parameter.annotation
    inner = annotation.slice if isinstance(annotation, griffe.ExprSubscript) else ""
    keys = reader.find(path_of(inner)) if path_of(annotation) == "typing.Unpack" else None
    if parameter.kind is not KINDS.var_keyword or keys is None or not is_typed_dict(keys):
        yield parameter
        return
    for name, each in members_of(keys).items():
        default = None if "required" in key_traits(each) else "..."
        yield griffe.Parameter(name, annotation=each.annotation, kind=KINDS.keyword_only, default=default)


def aligned(old: Call, new: Call) -> tuple[Call, Call]:
    """Return two calls in which a parameter that has a name in one of them alone is called by it in both."""
    names = {
        nameless.name: named.name
        for pair in zip(old.parameters, new.parameters, strict=False)
        for nameless, named in (pair, pair[::-1])
        if nameless.kind is POSITION_ALONE and named.kind is POSITIONAL
    }
    return _renamed(old, names), _renamed(new, names)


def _renamed(way: Call, names: dict[str, str]) -> Call:
    return Call(
        tuple(
            griffe.Parameter(names.get(each.name, each.name), kind=each.kind, default=each.default)
            for each in way.parameters
        ),
        {names.get(slot, slot): name for slot, name in way.names.items()},
        {names.get(slot, slot): each for slot, each in way.positions.items()},
        way.text,
    )


def calls(function: Member, reader: Reader) -> list[Call]:
    """Return the ways to call a function: its overloads, or itself."""
    return [call(each, reader, function) for each in function.overloads or [function]]


def positions(member: Member, reader: Reader) -> Iterator[Position]:
    """Yield the positions of a function or an attribute."""
    if member.is_function:
        yield from (each for way in calls(member, reader) for each in way.positions.values())
    elif member.is_attribute and not reader.is_alias(member):
        scope = reader.scope(member)
        type_ = reader.annotated(member, scope)
        yield Position("", None, "is `{}`", str(member.annotation or ""), type_, frozenset(scope.mentions))
        if member.setter is not None and len(member.setter.parameters) > 1:
            given = member.setter.parameters[1].annotation
            yield _position("=", "argument", "is set to `{}`", given, reader.scope(member), reader)


def _position(slot: str, role: Role, sentence: str, annotation: Expression, scope: Scope, reader: Reader) -> Position:
    scope.mentions = set()
    found = None if annotation is None else reader.type(annotation, scope)
    return Position(slot, role, sentence, str(annotation or ""), found, frozenset(scope.mentions))
