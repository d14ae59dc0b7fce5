"""Assignability between types, to decide whether a type became wider or narrower."""

from __future__ import annotations

import ast
from collections.abc import Iterator, MutableMapping, MutableSequence, MutableSet

from .expressions import members_of, path_of
from .reading import Reader
from .terms import PRIVATE, Term, Type, class_name, runtime_class, substituted

ANYTHING = {"typing.Any", "builtins.object"}
NOTHING = {"typing.Never", "typing.NoReturn"}
PROMOTIONS = {"builtins.int": "builtins.float", "builtins.float": "builtins.complex"}
ELEMENTS = {"builtins.str": "builtins.str", "builtins.bytes": "builtins.int", "builtins.bytearray": "builtins.int"}
READ_ONLY = {"parameters", "Self", "builtins.tuple", "builtins.frozenset", "builtins.type"}
"""What varies with its arguments, since nothing can be put in; so do the abstract classes that change nothing."""

PROTOCOLS = {
    *("Awaitable", "Iterable", "Iterator", "Reversible", "AsyncIterable", "AsyncIterator"),
    *("Container", "Collection", "Sized", "Hashable", "AbstractContextManager", "AbstractAsyncContextManager"),
}
"""Classes of Python that anything is of which has their methods."""


class Relation:
    """Which types hold others, by the classes of two versions. What it does not know, it takes to be apart."""

    def __init__(self, old: Reader, new: Reader) -> None:
        self.old, self.new = old, new
        self.readers = (new, old)

    def differ(self, old: Type, new: Type) -> tuple[bool, bool]:
        """Return whether there is something in the old type that is not in the new one, and the other way round."""
        return (False, False) if old == new else (not self.holds(new, old), not self.holds(old, new))

    def holds(self, wide: Type, narrow: Type) -> bool:
        """Whether everything in the second type is in the first."""
        return all(any(self._fits(each, other) for other in wide) for each in narrow)

    def _fits(self, narrow: Term, wide: Term) -> bool:
        if narrow == wide or wide.name in ANYTHING or narrow.name in NOTHING:
            return True
        if _is_same(narrow.name, wide.name):
            return narrow.value == wide.value and self._arguments_fit(narrow, wide)
        if wide.name == "Literal" or narrow.name in ANYTHING:
            return False
        return any(self._fits(each, wide) for each in self._wider(narrow)) or self._is_one_of(narrow, wide)

    def _wider(self, term: Term) -> Iterator[Term]:
        """Yield what else a term is, one step up."""
        if term.name == "Literal":
            yield from term.arguments[0] if term.arguments else [Term(class_name(type(ast.literal_eval(term.value))))]
        elif term.is_variable or term.name == "Self":
            yield from term.arguments[0]
        elif term.name in PROMOTIONS:
            yield Term(PROMOTIONS[term.name])
        elif term.name == "Callable":
            yield Term("collections.abc.Callable")
        for reader in self.readers:
            if term.name in reader.classes:
                given = {f"variable {number} of the class": each for number, each in enumerate(term.arguments)}
                yield from substituted(frozenset(reader.bases(reader.classes[term.name])), given)
                return

    def _arguments_fit(self, narrow: Term, wide: Term) -> bool:
        if narrow.name == "Literal" or not wide.arguments:
            return True
        if narrow.name == "Callable":
            taken, wanted = narrow.arguments[0], wide.arguments[0]
            return self.holds(wide.arguments[1], narrow.arguments[1]) and self._takes(taken, wanted)
        if wide.name == "builtins.tuple" and _is_endless(wide):
            items = narrow.arguments[:1] if _is_endless(narrow) else narrow.arguments
            return all(self.holds(wide.arguments[0], each) for each in items)
        if len(narrow.arguments) != len(wide.arguments) or (narrow.name == "builtins.tuple" and _is_endless(narrow)):
            return False
        return all(
            (variance == "contravariant" or self.holds(outer, inner))
            and (variance in ("covariant", "inferred") or self.holds(inner, outer))
            for inner, outer, variance in zip(narrow.arguments, wide.arguments, self._variances(wide), strict=False)
        )

    def _takes(self, taken: Type, wanted: Type) -> bool:
        """Whether what takes these parameters can be called with those."""
        (own,), (other,) = taken, wanted
        if own.name != "parameters" or other.name != "parameters":
            return other.name == "..." or own == other
        return len(own.arguments) == len(other.arguments) and all(map(self.holds, own.arguments, other.arguments))

    def _variances(self, term: Term) -> list[str]:
        for reader in self.readers:
            if term.name in reader.classes:
                return [each.variance for each in reader.parameters(reader.classes[term.name])]
        found = runtime_class(term.name)
        varies = term.is_variable or term.name in READ_ONLY
        if found is not None and found.__module__ in ("collections.abc", "contextlib"):
            varies = not issubclass(found, (MutableMapping, MutableSequence, MutableSet))
        return ["covariant" if varies else "invariant"] * len(term.arguments)

    def _is_one_of(self, narrow: Term, wide: Term) -> bool:
        """Whether a class is one of another that it does not name: by the standard library, or by what it has."""
        inner, outer = runtime_class(narrow.name), runtime_class(wide.name)
        if inner is not None and outer is not None:
            given = narrow.arguments
            if narrow.name in ELEMENTS:
                given = (frozenset({Term(ELEMENTS[narrow.name])}),)
            elif narrow.name == "builtins.tuple":
                given = (frozenset(part for each in given for part in each if part.name != "..."),)
            elif narrow.name == "collections.abc.Coroutine":
                given = given[-1:]
            # The first argument of a mapping is what iterating over it gives.
            return issubclass(inner, outer) and self._arguments_fit(Term(wide.name, given[: len(wide.arguments)]), wide)
        if outer is not None and outer.__name__ in PROTOCOLS:
            return all(self._has(narrow.name, name) for name in vars(outer)["__abstractmethods__"])
        for reader in self.readers:
            protocol = reader.classes.get(wide.name)
            if protocol is not None and any(path_of(base) == "typing.Protocol" for base in protocol.bases):
                return all(self._has(narrow.name, name) for name in members_of(protocol))
        return False

    def _has(self, name: str, attribute: str) -> bool:
        members = (members_of(reader.classes[name]) for reader in self.readers if name in reader.classes)
        found = runtime_class(name)
        return any(attribute in each for each in members) or (found is not None and hasattr(found, attribute))


def _is_same(name: str, other: str) -> bool:
    """Whether two classes are one for a caller: one that has no name may get another, or get one that callers know."""
    private = name.startswith(PRIVATE), other.startswith(PRIVATE)
    last = (each.removeprefix(PRIVATE).rpartition(".")[2].lstrip("_") for each in (name, other))
    return name == other or all(private) or (any(private) and len(set(last)) == 1)


def _is_endless(term: Term) -> bool:
    return term.arguments[1:] == (frozenset({Term("...")}),)
