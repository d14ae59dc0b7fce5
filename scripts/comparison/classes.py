"""Differences between two classes, other than their members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .change import Effect, Told
from .expressions import Member, constant, members_of
from .fields import POSITIONAL, fields, flavour, is_named_tuple
from .reading import PLUMBING, Reader
from .relation import Relation
from .terms import PRIVATE, Term, shown

NOTE, ADDITION, BREAKING = Effect.NOTE, Effect.ADDITION, Effect.BREAKING

VARIANCES: Mapping[tuple[str, str], Effect] = {
    ("invariant", "covariant"): ADDITION,
    ("invariant", "contravariant"): ADDITION,
}
"""What another variance of a type parameter does; any other breaks."""


def class_changes(before: Member, after: Member, relation: Relation) -> Iterator[Told]:
    """Yield differences for callers that name a class, subclass it, or have an instance."""
    yield from _bases(before, after, relation)
    yield from _parameters(before, after, relation)
    for name, find in (("metaclass", _metaclass), ("items", _items), ("rule for other keys", _other_keys)):
        was, now = find(before), find(after)
        if was != now:
            yield BREAKING, f"{name} changed", f"has the {name} `{now}`, had `{was}`", ""
    was, now = _matched(before), _matched(after)
    if now[: len(was)] != was:
        yield BREAKING, "match changed", f"is matched by position as `{now}`, was `{was}`", ""


def _bases(before: Member, after: Member, relation: Relation) -> Iterator[Told]:
    old, new = relation.old.ancestors(before), relation.new.ancestors(after)
    lost, gained = [each for each in old if each not in new], [each for each in new if each not in old]
    bases = {each.name: each for each in relation.old.bases(before) if not each.name.startswith(PRIVATE)}
    for now in relation.new.bases(after):
        if (was := bases.get(now.name)) is None or now.name in PLUMBING:
            continue
        # What this one lost or gained is told of it.
        above = relation.old.above(now.name), relation.new.above(now.name)
        lost = [each for each in lost if each not in above[0] or each in above[1]]
        gained = [each for each in gained if each not in above[1] or each in above[0]]
        less, more = relation.differ(frozenset({was}), frozenset({now}))
        if less or more:
            yield BREAKING if more else NOTE, "base changed", f"is a `{now}`, was `{was}`", ""
    for name in _nearest(lost, relation.old):
        yield BREAKING, "base removed", f"is no `{Term(name)}` any more", ""
    for name in _nearest(gained, relation.new):
        yield ADDITION, "base added", f"is a `{Term(name)}` too", ""
    if (kept := [each for each in new if each in old]) != [each for each in old if each in new]:
        order = ", ".join(f"`{Term(each)}`" for each in kept)
        yield NOTE, "bases reordered", f"looks names up in another order: {order}", ""


def _nearest(names: list[str], reader: Reader) -> list[str]:
    """Return the classes without those that others of them imply."""
    implied = {above for name in names for above in reader.above(name) if above != name}
    return [name for name in names if name not in implied]


def _parameters(before: Member, after: Member, relation: Relation) -> Iterator[Told]:
    old, new = relation.old.parameters(before), relation.new.parameters(after)
    if len(old) != len(new):
        optional = len(new) > len(old) and all(each.default is not None for each in new[len(old) :])
        text = f"has {len(new)} type parameters, had {len(old)}"
        yield ADDITION if optional else BREAKING, "type parameters changed", text, ""
    for number, (was, now) in enumerate(zip(old, new, strict=False), start=1):
        where = f"type parameter {number}"
        if was.kind != now.kind:
            yield BREAKING, "type parameter changed", f"has the {now.kind} as {where}, was a {was.kind}", ""
        if was.variance != now.variance and "inferred" not in (was.variance, now.variance):
            effect = VARIANCES.get((was.variance, now.variance), BREAKING)
            yield effect, "variance changed", f"is {now.variance} in {where}, was {was.variance}", ""
        lost, gained = relation.differ(was.bound, now.bound)
        if lost or gained:
            text = f"takes `{shown(now.bound)}` as {where}, was `{shown(was.bound)}`"
            yield BREAKING if lost else ADDITION, "type parameter changed", text, ""
        if was.default != now.default and was.default is not None:
            yield BREAKING, "type parameter changed", f"has another default for {where}", ""


def _metaclass(member: Member) -> str:
    """Return what a class is made by; what makes it abstract changes nothing for those that derive from it."""
    found = str(member.keywords.get("metaclass", "type"))
    return "type" if found.rpartition(".")[2] == "ABCMeta" else found


def _items(member: Member) -> tuple[str, ...]:
    return tuple(each.name for each in fields(member)) if is_named_tuple(member) else ()


def _other_keys(member: Member) -> str:
    """Return what a TypedDict says of keys that it does not name (PEP 728)."""
    said = {name: str(member.keywords[name]) for name in ("closed", "extra_items") if name in member.keywords}
    return ", ".join(f"{name}={value}" for name, value in said.items()) or "none"


def _matched(member: Member) -> tuple[str, ...]:
    """Return the attributes that a `case` without names is for; what has items is told by them."""
    stated = members_of(member).get("__match_args__")
    found = constant(stated.value) if stated is not None else None
    if found is not None and isinstance(found[0], tuple):
        return found[0]
    for each in (member, *member.mro()):
        if (made := flavour(each)) is not None:
            return tuple(field.name for field in fields(each) if field.kind is POSITIONAL) if made.match_args else ()
    return ()
