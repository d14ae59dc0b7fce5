"""Differences between the members of two versions of a package: removed, new and changed ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .change import Change, Effect, Told, token
from .classes import class_changes
from .expressions import Member, members_of
from .fields import is_typed_dict, key_traits, made_of
from .package import Surface
from .positions import RETURNS, aligned, call
from .relation import Relation
from .signatures import function_changes
from .terms import runtime_class
from .traits import traits, traits_changed
from .values import UNMATCHED, Values

ADDITION, BREAKING = Effect.ADDITION, Effect.BREAKING

Difference = tuple[str, Member, Change]
"""The path that leads to what differs, that, and how it differs."""


def differences(old: Surface, new: Surface) -> Iterator[Difference]:
    """Yield each difference by each path that leads to it."""
    was, now = old.members, new.members
    gone, come, both = was.keys() - now.keys(), now.keys() - was.keys(), was.keys() & now.keys()
    turned = {path for path in both if was[path].kind != now[path].kind}
    for path in gone:
        # Where no class, or another, stands behind a property or a call, that is told of the property or the call.
        if not {_above(path), _through(path)} & (gone | turned | old.behind - new.behind) and not _is_inherited(
            path, new
        ):
            yield path, was[path], _change(path, (BREAKING, f"{_what(path)} removed", _gone(path, new), ""))
    for path in come:
        if not {_above(path), _through(path)} & (come | turned | new.behind - old.behind):
            yield path, now[path], _change(path, _come(path, new))
    for path in turned:
        text = f"turned from {_kind(was[path])} to {_kind(now[path])}"
        yield path, now[path], _change(path, (BREAKING, "kind changed", text, ""))
    relation = Relation(old.reader, new.reader)
    values = Values(old, new, relation)
    known: dict[tuple[str, str], list[Told]] = {}
    for path in both - turned:
        pair = was[path].path, now[path].path
        if pair not in known:
            known[pair] = list(_member(was[path], now[path], values))
        yield from ((path, now[path], _change(path, told)) for told in known[pair])
    for path in old.classes.keys() & new.classes.keys():
        before, after = old.classes[path], new.classes[path]
        yield from ((path, after, _change(path, told)) for told in traits_changed(before, after, relation))
        yield from ((path, after, _change(path, told)) for told in class_changes(before, after, relation))
    for path in both - turned:  # last, when it is known what each alias does where it is used
        if old.reader.is_alias(was[path]) and new.reader.is_alias(now[path]):
            yield from ((path, now[path], _change(path, told)) for told in values.alias(was[path], now[path]))


def _is_inherited(path: str, new: Surface) -> bool:
    """Whether a member that the package does not define any more comes from a class of another distribution."""
    owner, _, name = path.rpartition(".")
    above = new.reader.ancestors(new.classes[owner]) if owner in new.classes else []
    return any(hasattr(found, name) for found in map(runtime_class, above) if found is not None)


def _gone(path: str, new: Surface) -> str:
    above, _, name = path.rpartition(".")
    module = new.members.get(above) if above else new.package
    is_there = module is not None and module.is_module and name in module.members
    return "is not in `__all__` any more" if is_there else "was removed"


def _come(path: str, new: Surface) -> Told:
    member, owner = new.members[path], new.owners.get(path)
    if owner is not None:
        roles = new.roles(new.reader.term(owner).name, owner)
        if "result" in roles and new.reader.is_enumeration(owner) and "class-attribute" in member.labels:
            return BREAKING, "alternatives added", f"is new{UNMATCHED}", ""
        if "argument" in roles and is_typed_dict(owner) and "required" in key_traits(member):
            return BREAKING, "required key added", "is new, and required", ""
        if "abstractmethod" in member.labels:
            return BREAKING, "name added", "is new, and abstract: a subclass has to define it", ""
        if "argument" in roles and "protocol" in traits(owner, new.reader):
            return BREAKING, "name added", "is new: what is to fit the protocol needs it", ""
    return ADDITION, f"{_what(path)} added", "is new", ""


def _member(before: Member, after: Member, values: Values) -> Iterator[Told]:
    if after.is_function:
        yield from traits_changed(before, after, values.relation)
        yield from _function(before, after, values)
    elif after.is_attribute and not values.new.reader.is_alias(after):
        told = [*traits_changed(before, after, values.relation), *values.attribute(before, after)]
        yield from told
        if is_typed_dict(after.parent):
            yield from values.key(before, after)
        elif not told:
            yield from values.value(before, after)


def _function(before: Member, after: Member, values: Values) -> Iterator[Told]:
    old, new = made_of(before), made_of(after)
    if before.lineno == after.lineno == 0 and old is None and new is None:
        return  # both are made as their base classes are
    came, went = (new or set()) - (old or set()), (old or set()) - (new or set())
    told = list(function_changes(before, after, values.relation))
    known = _of_bases(before, after, values) if told and new is not None else []
    for each in told:
        _, kind, _, name = each
        # That a field came or went is told of the field.
        if each not in known and name not in {"parameter added": came, "parameter removed": went}.get(kind, ()):
            yield each
    if not before.overloads and not after.overloads:
        was, now = aligned(call(before, values.old.reader), call(after, values.new.reader))
        told_otherwise = (old or set()) & (new or set())
        if after.name in ("__init__", "__new__"):
            told_otherwise.add(RETURNS)
        for slot in now.positions.keys() & was.positions.keys() - told_otherwise:
            name = now.names.get(slot, "")
            yield from values.position(was.positions[slot], now.positions[slot], after.parent, name)


def _of_bases(before: Member, after: Member, values: Values) -> list[Told]:
    """Return what is told of the base classes whose fields an `__init__` is made of too."""
    old = {values.old.public.get(each.path): each for each in before.parent.mro()}
    pairs = [(old.get(values.new.public.get(each.path, "")), each) for each in after.parent.mro()]
    inits = [
        (members_of(was).get("__init__"), members_of(now).get("__init__")) for was, now in pairs if was is not None
    ]
    both = [(was, now) for was, now in inits if was is not None and now is not None]
    return [told for was, now in both for told in function_changes(was, now, values.relation)]


def _through(path: str) -> str:
    return path.rpartition(".")[0]


def _above(path: str) -> str:
    return _through(path).removesuffix("()")


def _kind(member: Member) -> str:
    return "property" if "property" in member.labels else str(member.kind.value)


def _what(path: str) -> str:
    return "model" if re.fullmatch(r"(models|types)\.\w+", path) else "name"


def _named(path: str) -> str:
    """Return what a name is about: `voice.gender` for a model's attribute, else its last part."""
    parts = path.removeprefix("models.").split(".")
    return ".".join(token(part) for part in parts) if path.startswith("models.") else token(parts[-1])


def _change(path: str, told: Told) -> Change:
    effect, kind, text, name = told
    return Change("client", effect, kind, text, names=frozenset({token(name) if name else _named(path)}))
