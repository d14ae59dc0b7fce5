"""Traits of classes, functions and attributes, and the effect for callers if they change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from .change import Effect, Told
from .expressions import Member, members_of, path_of
from .fields import flavour, has_fields, is_named_tuple
from .reading import Reader
from .relation import Relation
from .terms import runtime_class

N, A, B = Effect.NOTE, Effect.ADDITION, Effect.BREAKING

# What it means to gain a trait, and to lose it.
TRAITS: Mapping[str, tuple[tuple[Effect, str], tuple[Effect, str]]] = {
    # Of a function
    "async": ((B, "is `async`: it has to be awaited"), (B, "is not `async` any more")),
    "context manager": ((B, "is a context manager"), (B, "is no context manager any more")),
    "async context": ((B, "is an asynchronous context manager"), (B, "is no asynchronous context manager any more")),
    "called on the class": ((A, "may be called on the class"), (B, "is called on an instance alone")),
    "cached": ((A, "has a cache that can be cleared"), (B, "has no cache any more")),
    # Of a function, an attribute or a class
    "abstractmethod": ((B, "is abstract: a subclass has to define it"), (A, "is not abstract any more")),
    "final": ((B, "is final"), (A, "is not final any more")),
    "deprecated": ((N, "is deprecated"), (N, "is not deprecated any more")),
    # Of an attribute
    "assignable": ((A, "may be assigned to"), (B, "cannot be assigned to any more")),
    "deletable": ((A, "may be deleted"), (B, "cannot be deleted any more")),
    "on the class": ((A, "is on the class too"), (B, "is on instances alone")),
    "on instances": ((N, "is no `ClassVar` any more"), (B, "is a `ClassVar`, which instances do not set")),
    # Of a class
    "dataclass": ((A, "is a dataclass"), (B, "is no dataclass any more")),
    "attrs class": ((A, "is an attrs class"), (B, "is no attrs class any more")),
    "protocol": ((B, "is a protocol: it cannot be made"), (B, "is no protocol: what is like it is none any more")),
    "checked at run time": ((A, "is for `isinstance` too"), (B, "is not for `isinstance` any more")),
    "made": ((A, "can be made: nothing in it is abstract"), (B, "cannot be made: it has abstract methods")),
    "mutable": ((A, "is not frozen any more"), (B, "is frozen: its attributes cannot be assigned to")),
    "hashable": ((A, "is hashable"), (B, "is not hashable any more")),
    "equal by value": ((A, "is compared by value"), (B, "is compared by identity")),
    "ordered": ((A, "is ordered"), (B, "is not ordered any more")),
    "open": ((A, "takes attributes it does not name"), (B, "has slots: it takes no other attributes")),
    "weakly referenced": ((A, "takes weak references"), (B, "takes no weak references any more")),
}


def traits(member: Member, reader: Reader) -> set[str]:
    """Return what a member is."""
    if member.is_class:
        return _of_class(member, reader)
    found: set[str] = {"abstractmethod", "final", "deprecated"} & member.labels
    if member.is_function:
        return found | _of_function(member)
    return found | (_of_attribute(member) if member.is_attribute and member.parent.is_class else set())


def _of_function(member: Member) -> set[str]:
    found: set[str] = {"context manager", "async context", "cached"} & member.labels
    # A call of an asynchronous generator gives what its annotation says, as that of a plain function does.
    if "async" in member.labels and not {"async context", "generator"} & member.labels:
        found.add("async")
    if {"staticmethod", "classmethod"} & member.labels:
        found.add("called on the class")
    return found


def _of_attribute(member: Member) -> set[str]:
    if "property" in member.labels:
        allowing = {"assignable": {"writable", "cached"}, "deletable": {"deletable", "cached"}}
        return {"on instances", *(name for name, labels in allowing.items() if labels & member.labels)}
    found = {"deletable"} | (set() if path_of(member.annotation) == "typing.Final" else {"assignable"})
    if "class-attribute" in member.labels and not has_fields(member.parent):
        found.add("on the class")
    return found | ({"on instances"} if "instance-attribute" in member.labels else set())


def _of_class(member: Member, reader: Reader) -> set[str]:
    found: set[str] = {"final", "deprecated", "checked at run time"} & member.labels
    line = [member, *member.mro()]
    made = flavour(member)
    outer = [runtime_class(name) for name in reader.ancestors(member) if name not in reader.classes]
    tests: Mapping[str, Callable[[], bool]] = {
        "protocol": lambda: any(path_of(base) == "typing.Protocol" for base in member.bases),
        "made": lambda: not any("abstractmethod" in each.labels for each in members_of(member).values()),
        "mutable": lambda: not (made is not None and made.frozen),
        "hashable": lambda: _first(line, outer, _hashable, "__hash__"),
        "equal by value": lambda: _first(line, outer, _equal, "__eq__"),
        "ordered": lambda: _first(line, outer, _ordered, "__lt__"),
        "open": lambda: (
            any(_slots(each) is None for each in line)
            or any(each is None or each.__dictoffset__ != 0 for each in outer)
        ),
        "weakly referenced": lambda: _takes_weak_references(line, outer),
    }
    return found | ({made.name} if made else set()) | {name for name, test in tests.items() if test()}


def _takes_weak_references(line: list[Member], outer: list[type | None]) -> bool:
    # Python has no room for them in what gives each object a size of its own, such as a tuple.
    room = not any(each is not None and each.__itemsize__ for each in outer)
    own = any("__weakref__" in (_slots(each) or "__weakref__") for each in line)
    return (room and own) or any(each is None or each.__weakrefoffset__ for each in outer)


def _first(line: list[Member], outer: list[type | None], says: Callable[[Member], bool | None], name: str) -> bool:
    """Return what the first class of a line says that says anything; those of other distributions come last."""
    said = next((found for found in map(says, line) if found is not None), None)
    if said is not None:
        return said
    plain = getattr(object, name)
    defined = (getattr(each, name) for each in outer if each is not None)
    return next((each is not None for each in defined if each is not plain), name == "__hash__")


def _hashable(member: Member) -> bool | None:
    made = flavour(member)
    if "__hash__" in member.members:
        own = member.members["__hash__"]
        return bool(own.is_function or own.value != "None")
    if made is not None and made.eq:
        return made.unsafe_hash or made.frozen
    return False if "__eq__" in member.members else None


def _equal(member: Member) -> bool | None:
    made = flavour(member)
    return True if "__eq__" in member.members or (made is not None and made.eq) else None


def _ordered(member: Member) -> bool | None:
    made = flavour(member)
    return True if "__lt__" in member.members or (made is not None and made.order) else None


def _slots(member: Member) -> str | None:
    """Return the slots of a class as text; None if its instances have a `__dict__`."""
    made = flavour(member)
    if made is not None and made.slots:
        return "__weakref__" if made.weakref_slot else " "
    if is_named_tuple(member):
        return " "
    own = member.members.get("__slots__")
    text = "" if own is None else f"{own.value} "
    return text if text and "__dict__" not in text else None


def traits_changed(before: Member, after: Member, relation: Relation) -> Iterator[Told]:
    """Yield each trait that was gained or lost."""
    old, new = traits(before, relation.old), traits(after, relation.new)
    for name, (gained, lost) in TRAITS.items():
        if name in new - old:
            yield gained[0], f"{name} gained", gained[1], ""
        elif name in old - new:
            yield lost[0], f"{name} lost", lost[1], ""
