"""What differs in Python, for those who import the package: what `__all__` lists and what is reached from there."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import griffe

from .change import Change, Effect, token

NOTE, ADDITION, BREAKING = Effect.NOTE, Effect.ADDITION, Effect.BREAKING

# What griffe calls a breakage of a function or a class, and what it is for a caller. Names that come and go are found
# by walking the surface: griffe follows names alone, and the clients' resources are reached through properties.
BREAKAGES = {
    griffe.BreakageKind.PARAMETER_REMOVED: "takes no `{name}` any more",
    griffe.BreakageKind.PARAMETER_MOVED: "takes `{name}` at another position",
    griffe.BreakageKind.PARAMETER_CHANGED_KIND: "takes `{name}` as {new.kind.value}, was {old.kind.value}",
    griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT: "has the default {new.default} for `{name}`, was {old.default}",
    griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED: "needs `{name}`",
    griffe.BreakageKind.PARAMETER_ADDED_REQUIRED: "needs `{name}`, which is new",
    griffe.BreakageKind.CLASS_REMOVED_BASE: "has another base class",
}

Member = Any
"""An object of griffe or an alias of one, which offer the same."""


class Surface:
    """What a package offers.

    Args:
        folder: The folder that the package is in.
        package: Its name.
        users: The operations that use each model, by the token of the model's name.
        operations: The operations there are.
    """

    def __init__(
        self, folder: Path, package: str, users: Mapping[str, Collection[str]], operations: Collection[str]
    ) -> None:
        logging.getLogger("griffe").setLevel(logging.ERROR)  # what it cannot resolve is in other distributions
        self.package: Member = griffe.load(package, search_paths=[folder], allow_inspection=False, resolve_aliases=True)
        self.users = users
        self.operations = operations
        self.members: dict[str, Member] = {}
        for name in self.package.exports or ():
            self._add(str(name), self.package.members[str(name)], ())

    def _add(self, path: str, member: Member, above: tuple[str, ...]) -> None:
        if member.is_alias:
            try:
                member = member.final_target
            except griffe.AliasResolutionError:
                return  # it is another distribution's
        if member.is_module and path in member.members:  # a name and its module may be called alike
            self._add(path, member.members[path], above)
            return
        self.members.setdefault(path, member)
        if member.is_module:
            for name in member.exports or ():
                self._add(f"{path}.{name}", member.members[str(name)], above)
        elif member.is_class and member.path not in above:
            for name, inner in member.all_members.items():
                if not name.startswith("_") or name == "__init__":
                    self._add(f"{path}.{name}", inner, (*above, member.path))
        elif _is_property(member) and isinstance(member.annotation, griffe.Expr):
            kind = self._class(member.annotation.canonical_path)
            if kind is not None and kind.path not in above:
                self._add(path, kind, above)
                for name, inner in kind.all_members.items():
                    if not name.startswith("_"):
                        self._add(f"{path}.{name}", inner, (*above, kind.path))

    def _class(self, path: str) -> Member | None:
        """Return a class of the package that is no name of the package itself."""
        try:
            found: Member = self.package[path.removeprefix(f"{self.package.name}.")]
            found = found.final_target if found.is_alias else found
        except (KeyError, griffe.AliasResolutionError):
            return None
        return found if found.is_class and found.name not in (self.package.exports or ()) else None

    def operations_of(self, path: str) -> tuple[str, ...]:
        """Return the operations that a name belongs to."""
        plain = _plain(path)
        if plain.startswith("models."):
            name = token(plain.split(".")[1])
            # What has no name in the description is called after the operation that has it.
            return tuple(
                sorted(self.users.get(name) or [each for each in self.operations if name.startswith(token(each))])
            )
        name = plain.partition(".")[2]
        return tuple(each for each in self.operations if name == each or name.startswith(f"{each}."))


def _is_property(member: Member) -> bool:
    """Whether a method is a property, or one that griffe does not know for one."""
    if member.is_function:
        return any(str(each.value) == "lazy_property" for each in member.decorators)
    return member.is_attribute and "property" in member.labels


def _plain(path: str) -> str:
    """Return a path without what says how a resource is reached: every way there leads to the same."""
    return re.sub(r"\.with_(raw|streaming)_response|\bAsync|With(Raw|Streaming)Response\b", "", path)


def _rank(path: str) -> tuple[bool, int, str]:
    """Return what puts the name first that people know a thing by: a model is in `models`, and in `types` too."""
    return path.startswith("types."), len(path), path


def compare(old: Surface, new: Surface) -> Iterator[Change]:
    """Yield what differs, each once, called by the first of the names that lead to it."""
    found: dict[tuple[str, str, str], tuple[str, Change]] = {}
    for path, member, change in _differences(old, new):
        key = (_plain(member.canonical_path), change.kind, change.text)
        if key not in found or _rank(path) < _rank(found[key][0]):
            found[key] = (path, change)
    alike: dict[tuple[str, str], dict[str, Change]] = {}
    for path, change in sorted(found.values(), key=lambda each: _rank(each[0])):
        # By different ways there, the plain one first.
        paths = alike.setdefault((change.kind, change.text), {})
        if _plain(path) not in map(_plain, paths):
            paths[path] = change
    tails = {path.partition(".")[2] for path in old.members.keys() & new.members.keys()}
    common = tails & set(old.operations) & set(new.operations)
    for paths in alike.values():
        methods = {path: path.partition(".")[2] for path in paths if path.partition(".")[2] in common}
        change = next(iter(paths.values()))
        if len(common) > 1 and set(methods.values()) == common:
            yield replace(change, text=f"the method of every operation {change.text}", operations=tuple(sorted(common)))
        for path in [path for path in paths if path not in methods or set(methods.values()) != common]:
            operations = tuple(sorted({*old.operations_of(path), *new.operations_of(path)}))
            yield replace(paths[path], text=f"`{path}` {change.text}", operations=operations)


def _differences(old: Surface, new: Surface) -> Iterator[tuple[str, Member, Change]]:
    was, now = old.members, new.members
    gone, come = was.keys() - now.keys(), now.keys() - was.keys()
    turned = {path for path in was.keys() & now.keys() if was[path].kind != now[path].kind}
    for path in gone:
        if path.rpartition(".")[0] not in gone | turned:
            yield path, was[path], _tell(BREAKING, f"{_what(path)} removed", "was removed", _named(path))
    for path in come:
        if path.rpartition(".")[0] not in come | turned:
            yield path, now[path], _tell(ADDITION, f"{_what(path)} added", "is new", _named(path))
    for path in was.keys() & now.keys():
        before, after = was[path], now[path]
        if path in turned:
            text = f"turned from {before.kind.value} to {after.kind.value}"
            yield path, after, _tell(BREAKING, "kind changed", text, _named(path))
        elif after.is_function:
            yield from ((path, after, each) for each in _function(before, after))
        elif after.is_attribute:
            yield from ((path, after, each) for each in _attribute(path, before, after))
    yield from _breakages(was, now)


def _what(path: str) -> str:
    return "model" if re.fullmatch(r"(models|types)\.\w+", path) else "name"


def _named(path: str) -> str:
    """Return what a name is about: `voice.gender` for a model's attribute, else its last part."""
    parts = path.removeprefix("models.").split(".")
    return ".".join(token(part) for part in parts) if path.startswith("models.") else token(parts[-1])


def _tell(effect: Effect, kind: str, text: str, *names: str) -> Change:
    return Change("client", effect, kind, text, names=frozenset(names))


def _breakages(was: Mapping[str, Member], now: Mapping[str, Member]) -> Iterator[tuple[str, Member, Change]]:
    """Yield what griffe finds in the functions and classes that both have."""
    before, after = griffe.Module("before"), griffe.Module("after")
    paths: dict[str, str] = {}
    for path in sorted(was.keys() & now.keys(), key=lambda path: (len(path), path)):
        if was[path].kind == now[path].kind and (now[path].is_function or now[path].is_class):
            before.members[path], after.members[path] = was[path], now[path]
            paths.setdefault(now[path].path, path)
    for breakage in griffe.find_breaking_changes(before, after):
        told = BREAKAGES.get(breakage.kind)
        if told is not None and breakage.obj.path in paths:
            old, new = breakage.old_value, breakage.new_value
            name = getattr(new or old, "name", "")
            text = told.format(name=name, old=old, new=new)
            path = paths[breakage.obj.path]
            yield path, breakage.obj, _tell(BREAKING, breakage.kind.name.lower().replace("_", " "), text, token(name))


def _function(before: Member, after: Member) -> Iterator[Change]:
    known = {each.name: each for each in before.parameters}
    for parameter in after.parameters:
        old = known.get(parameter.name)
        if old is None and not parameter.required:
            yield _tell(ADDITION, "parameter added", f"takes `{parameter.name}`, which is new", token(parameter.name))
        elif old is not None:
            lost, gained = _alternatives(old.annotation, parameter.annotation)
            if lost or gained:
                text = f"takes `{parameter.name}: {parameter.annotation}`, was `{old.annotation}`"
                yield _tell(BREAKING if lost else ADDITION, "type changed", text, token(parameter.name))
    lost, gained = _alternatives(before.returns, after.returns)
    if lost or gained:
        text = f"returns `{after.returns}`, was `{before.returns}`"
        yield _tell(BREAKING if gained else NOTE, "type changed", text, token(before.name))


def _attribute(path: str, before: Member, after: Member) -> Iterator[Change]:
    lost, gained = _alternatives(before.annotation, after.annotation)
    if lost or gained:
        text = f"is `{after.annotation}`, was `{before.annotation}`"
        yield _tell(BREAKING if gained else NOTE, "type changed", text, _named(path))
    # The values of a model's alias are the description's matter, and every release has another __version__.
    elif path.count(".") == 0 and path != "__version__" and str(before.value) != str(after.value):
        yield _tell(NOTE, "value changed", f"is `{after.value}`, was `{before.value}`", token(path))


def _alternatives(old: object, new: object) -> tuple[set[str], set[str]]:
    """Return the members of a union that are gone, and those that are new."""
    if str(old) == str(new):
        return set(), set()
    before, after = _members(old), _members(new)
    return before - after, after - before


def _members(annotation: object) -> set[str]:
    def split(node: ast.expr) -> Iterator[str]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            yield from split(node.left)
            yield from split(node.right)
        else:
            yield ast.unparse(node)

    return set() if annotation is None else set(split(ast.parse(str(annotation), mode="eval").body))
