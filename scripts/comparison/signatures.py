"""Differences between two functions, for callers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import griffe

from .change import Effect, Told
from .expressions import Member
from .positions import POSITION_ALONE, POSITIONAL, VARIADIC, Call, aligned, call, calls
from .relation import Relation
from .terms import Type, shown

ADDITION, BREAKING = Effect.ADDITION, Effect.BREAKING

# What griffe calls a breakage of a function, and what it is for a caller.
BREAKAGES = {
    griffe.BreakageKind.PARAMETER_REMOVED: "takes no `{name}` any more",
    griffe.BreakageKind.PARAMETER_MOVED: "takes `{name}` at another position",
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: "takes `{name}` as {new.kind.value}, was {old.kind.value}",
    griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT: "has the default {new.default} for `{name}`, was {old.default}",
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "needs `{name}`",
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "needs `{name}`, which is new",
}
ROOMY = (POSITIONAL, *VARIADIC)
"""Kinds that take no less than another did."""

MANY_CASES = 256
"""Combinations of alternatives; above it, unions are taken as a whole."""


def function_changes(before: Member, after: Member, relation: Relation) -> Iterator[Told]:
    """Yield what differs for those who call a function, beside the types of what has no overloads."""
    told = list(_shape(call(before, relation.old), call(after, relation.new)))
    yield from told
    if before.overloads or after.overloads:
        told_so = any(effect is BREAKING for effect, *_ in told)
        found = _overloads(calls(before, relation.old), calls(after, relation.new), relation)
        yield from (each for each in found if not (told_so and each[1] == "overload removed"))


def _shape(old: Call, new: Call) -> Iterator[Told]:
    old, new = aligned(old, new)
    if _facts(old) == _facts(new):
        return
    before, after = griffe.Module("before"), griffe.Module("after")
    for module, each in ((before, old), (after, new)):
        module.set_member("called", griffe.Function("called", parameters=griffe.Parameters(*each.parameters)))
    for breakage in griffe.find_breaking_changes(before, after):
        was, now = breakage.old_value, breakage.new_value
        if "..." in (getattr(was, "default", None), getattr(now, "default", None)) and "DEFAULT" in breakage.kind.name:
            continue  # a stub does not say
        name = new.names[now.name] if now is not None else old.names[was.name]
        text = BREAKAGES[breakage.kind].format(name=name, old=was, new=now)
        yield BREAKING, breakage.kind.name.lower().replace("_", " "), text, name
    yield from _room(old, new)


def _facts(found: Call) -> list[tuple[str, object, object]]:
    return [(each.name, each.kind, each.default) for each in found.parameters]


def _room(old: Call, new: Call) -> Iterator[Told]:
    """Yield where a call may be written in more ways, and what `*` takes less of."""
    known = {each.name: each for each in old.parameters}
    positional = sum(each.kind in (POSITIONAL, POSITION_ALONE) for each in old.parameters)
    for place, each in enumerate(new.parameters):
        was, name = known.get(each.name), new.names[each.name]
        if was is None:
            if "*" in known and place >= positional and each.kind in (POSITIONAL, POSITION_ALONE):
                yield BREAKING, "parameter moved", f"takes `{name}` before `{old.names['*']}`", name
            elif not each.required:
                yield ADDITION, "parameter added", f"takes `{name}`, which is new", name
        elif each.kind is not was.kind and each.kind in ROOMY:
            text = BREAKAGES[griffe.BreakageKind.PARAMETER_CHANGED_KIND].format(name=name, old=was, new=each)
            yield ADDITION, "parameter kind widened", text, name
        if was is not None and was.required and not each.required:
            yield ADDITION, "parameter became optional", f"does not need `{name}` any more", name


def _overloads(old: list[Call], new: list[Call], relation: Relation) -> Iterator[Told]:
    """Yield what becomes of each call that an overload of either is for, when they are tried in their order."""
    for way in [*old, *(each for each in new if each.text not in [was.text for was in old])]:
        before, after = _outcome(old, way, relation), _outcome(new, way, relation)
        if before is None and after is not None:
            yield ADDITION, "overload added", f"may be called as `{way.text}`", ""
        elif before is not None and after is None:
            yield BREAKING, "overload removed", f"cannot be called as `{way.text}` any more", ""
        elif before and after and not relation.holds(before, after):
            text = f"returns `{shown(after)}` when called as `{way.text}`, was `{shown(before)}`"
            yield BREAKING, "type changed", text, ""


def _outcome(ways: list[Call], call: Call, relation: Relation) -> Type | None:
    """Return what comes of a call, by the first of the ways that takes it; None if none does."""
    found = [next((way for way in ways if _takes(way, call, case, relation)), None) for case in _cases(call)]
    taken = [way for way in found if way is not None]
    return frozenset(part for way in taken for part in way.returns or ()) if len(taken) == len(found) else None


def _cases(found: Call) -> Iterator[dict[str, Type]]:
    """Yield the types of the arguments with one alternative each: a union may be taken by several overloads."""
    alternatives = [[frozenset({term}) for term in each] for each in found.takes.values()]
    if prod(map(len, alternatives)) > MANY_CASES:
        yield found.takes
    else:
        yield from (dict(zip(found.takes, each, strict=True)) for each in product(*alternatives))


def _takes(way: Call, other: Call, types: dict[str, Type], relation: Relation) -> bool:
    """Whether arguments of these types, given in the way that another call takes them, are taken."""
    if any(effect is BREAKING for effect, *_ in _shape(other, way)):
        return False
    return all(relation.holds(way.takes[name], each) for name, each in types.items() if name in way.takes)
