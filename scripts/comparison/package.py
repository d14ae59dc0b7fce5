"""The public interface of a package: the names in `__all__` and everything reachable from them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import griffe

from .change import token
from .expressions import Member, members_of, resolved
from .fields import has_fields, is_typed_dict
from .loading import load
from .positions import Position, Role, positions
from .reading import Reader
from .terms import Type

ROLES: Mapping[str, Role] = {"request": "argument", "response": "result"}

UNSEEN = {*dir(object), "__slots__", "__match_args__", "__module__", "__annotations__", "__post_init__", "__del__"}
"""Names with underscores that are told otherwise, or that are the class's own matter."""


class Surface:
    """What a package offers.

    Args:
        folder: The folder that the package is in.
        package: Its name.
        users: The operations that use each model, by the token of the model's name.
        operations: The operations there are.
        sides: The sides of the wire that each model is on, request and response, by the token of its name.

    Attributes:
        members: What there is, by the path that leads to it. Behind a property or a call stand the members of the
            class that it gives, if the class has no name that callers know it by.
        owners: The class that each path goes through last.
        classes: The classes that are named, and those that are given without a name.
        behind: The paths of properties and calls behind which the members of a class stand.
        public: The name that callers know each thing by, by its path in the package.
        used: The aliases that are named anywhere, by path.
    """

    def __init__(
        self,
        folder: Path,
        package: str,
        users: Mapping[str, Collection[str]],
        operations: Collection[str],
        sides: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self.package: Member = load(folder, package)
        self.users = users
        self.operations = operations
        self.members: dict[str, Member] = {}
        self.owners: dict[str, Member] = {}
        self.classes: dict[str, Member] = {}
        self.behind: set[str] = set()
        self.public: dict[str, str] = {}
        self._open: list[str] = []
        self._positions: dict[str, list[Position]] = {}
        self.reader = Reader(self.package, self.public)
        self._add_module("", self.package)
        for path, member in sorted(self.members.items(), key=lambda each: rank(each[0])):
            self.public.setdefault(member.path, path)
        for path, owner in self.classes.items():
            if (init := _constructor(owner, self.reader)) is not None:
                self.owners[f"{path}.__init__"] = owner
                self._add(f"{path}.__init__", init)
        for path, member in list(self.members.items()):
            self._follow(path, member, (self.owners[path].path,) if path in self.owners else ())
        self.used: set[str] = {
            name for member in self.members.values() for each in self.positions(member) for name in each.mentions
        }
        self._roles: dict[str, set[Role]] = {}
        self._find_roles(sides or {})

    # What there is

    def _add_module(self, path: str, module: Member) -> None:
        if module.path in self._open:  # a module may list the one it is in
            return
        self._open.append(module.path)
        for name in _exports(module):
            member = resolved(module.members.get(name), name, module)
            if member.is_module and name in member.members:  # a name and its module may be called alike
                member = resolved(member.members[name], name, module)
            self._add(f"{path}.{name}".lstrip("."), member)
        self._open.pop()

    def _add(self, path: str, member: Member) -> None:
        member = self.reader.target(member)
        if path in self.members:
            return
        self.members[path] = member
        if member.is_module:
            self._add_module(path, member)
        elif member.is_class:
            self.classes[path] = member
            self._add_members(path, member)

    def _add_members(self, path: str, owner: Member) -> list[str]:
        # A class may hold others that are derived from it, and hold it and each other again.
        if owner.path in self._open or owner.parent.path in self._open[:-1]:
            return []
        self._open.append(owner.path)
        names = [name for name in members_of(owner) if _is_offered(name)]
        for name in names:
            self.owners[f"{path}.{name}"] = owner
            self._add(f"{path}.{name}", members_of(owner)[name])
        self._open.pop()
        return [f"{path}.{name}" for name in names]

    def _follow(self, path: str, member: Member, above: tuple[str, ...]) -> None:
        """Add what stands behind a property, a result or an attribute."""
        for through, kind in self._given(path, member):
            if kind.path not in above:
                self.behind.add(through)
                if self.public.get(kind.path) is None:
                    self.classes.setdefault(through, kind)
                for inner in self._add_members(through, kind):
                    self._follow(inner, self.members[inner], (*above, kind.path))

    def _given(self, path: str, member: Member) -> Iterator[tuple[str, Member]]:
        """Yield the classes that a caller gets here and does not know by a name; behind a property, by a short one."""
        for position in self.positions(member):
            if position.role == "argument" or position.type is None:
                continue
            is_called = member.is_function or any(term.name == "Callable" for term in position.type)
            for name in names(position.type):
                known = self.reader.classes.get(name)
                public = "" if known is None else self.public.get(known.path, "")
                if known is not None and (not public or ("property" in member.labels and "." in public)):
                    yield f"{path}()" if is_called else path, known

    # What is known of it

    def is_inherited(self, path: str) -> bool:
        """Whether a path leads through a class to what a base class of it defines."""
        owner = self.owners.get(path)
        return owner is not None and (
            owner.path != self.members[path].parent.path
            or self.is_inherited(path.rpartition(".")[0].removesuffix("()"))
        )

    def positions(self, member: Member) -> list[Position]:
        """Return the positions of a function or an attribute."""
        if member.path not in self._positions:
            self._positions[member.path] = list(positions(member, self.reader))
        return self._positions[member.path]

    def roles_of(self, position: Position, owner: Member) -> set[Role]:
        """Return whether a caller gives what is in a position of a class or module, gets it, or both."""
        if position.role is not None:
            return {position.role}
        return self.roles(self.reader.term(owner).name, owner) if has_fields(owner) else {"result"}

    def roles(self, name: str, member: Member | None = None) -> set[Role]:
        """Return whether a caller gives a class or what an alias stands for, gets it, or both."""
        if found := self._roles.get(name):
            return found
        # Where nothing says it, a TypedDict is for `**`, and anything else may go both ways.
        return {"argument"} if member is not None and is_typed_dict(member) else {"argument", "result"}

    def _find_roles(self, sides: Mapping[str, Collection[str]]) -> None:
        for name in self.public.values():
            if name.startswith("models."):
                self._roles[name] = {ROLES[each] for each in sides.get(token(name.removeprefix("models.")), ())}
        unique = {member.path: member for member in self.members.values()}.values()
        known = -1
        while known != (known := sum(map(len, self._roles.values()))):
            for member in unique:
                for position in self.positions(member):
                    roles: Collection[Role] = [position.role or "result"]
                    if position.role is None and has_fields(member.parent):
                        roles = self._roles.get(self.reader.term(member.parent).name, ())
                    for name in names(position.type or frozenset()):
                        self._roles.setdefault(name, set()).update(roles)

    def operations_of(self, path: str) -> tuple[str, ...]:
        """Return the operations that a name belongs to."""
        name = plain(path)
        if name.startswith("models."):
            name = token(name.split(".")[1])
            # What has no name in the description is called after the operation that has it.
            return tuple(
                sorted(self.users.get(name) or [each for each in self.operations if name.startswith(token(each))])
            )
        name = name.partition(".")[2]
        return tuple(each for each in self.operations if name == each or name.startswith(f"{each}."))


def plain(path: str) -> str:
    """Return a path without what says how a resource is reached: every way there leads to the same."""
    return re.sub(r"\.with_(raw|streaming)_response|\bAsync|With(Raw|Streaming)Response\b|\(\)", "", path)


def rank(path: str) -> tuple[bool, int, str]:
    """Return what puts the name first that people know a thing by: a model is in `models`, and in `types` too."""
    return path.startswith("types."), len(path), path


def names(found: Type) -> Iterator[str]:
    """Yield the names of the classes that come with a type; what a function takes does not come with it."""
    for term in found - {each for each in found if each.name == "Self"}:
        yield term.name
        for each in () if term.is_variable else term.arguments[1:] if term.name == "Callable" else term.arguments:
            yield from names(each)


def _exports(module: Member) -> list[str]:
    if module.exports is not None:
        return [str(name) for name in module.exports]
    return [name for name, member in module.members.items() if member.is_public and not name.startswith("_")]


def _is_offered(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__") and name not in UNSEEN)


def _constructor(owner: Member, reader: Reader) -> Member | None:
    """Return what makes an object of a class; None if it is not called to have one."""
    found = members_of(owner)
    outer = [name for name in reader.ancestors(owner) if name not in reader.classes]
    if is_typed_dict(owner) or reader.is_enumeration(owner):
        return None
    if (init := found.get("__init__", found.get("__new__"))) is not None:
        return init
    kinds = griffe.ParameterKind
    anything = [
        griffe.Parameter("args", kind=kinds.var_positional, default="()"),
        griffe.Parameter("kwargs", kind=kinds.var_keyword, default="{}"),
    ]
    parameters = [griffe.Parameter("self", kind=kinds.positional_or_keyword), *(anything if outer else ())]
    return griffe.Function(
        "__init__", lineno=0, parameters=griffe.Parameters(*parameters), returns="None", parent=owner
    )
