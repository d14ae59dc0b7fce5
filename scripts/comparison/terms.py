"""What an annotation means: a type as a set of alternatives."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module

PRIVATE = "private "
"""Begins the name of a class that the package does not offer: what it is called is no matter for a caller."""


@dataclass(frozen=True)
class Term:
    """One alternative of a type.

    Args:
        name: The class, as callers know it; `Literal`, `Callable`, `...`, or the place of a type variable.
        arguments: What stands in brackets; for a variable, its bound.
        value: The value of a literal; for the variable of a class, which one it is.
    """

    name: str
    arguments: tuple[Type, ...] = ()
    value: str = ""

    def __str__(self) -> str:
        if self.is_variable:
            return f"type parameter {self.value}" if self.value else f"any {shown(self.arguments[0])}"
        inner = self.value or ", ".join(map(shown, self.arguments))
        if self.name == "parameters":
            return f"[{inner}]"
        name = self.name.removeprefix(PRIVATE).removeprefix("builtins.").removeprefix("collections.abc.")
        return f"{name}[{inner}]" if inner else name

    @property
    def is_variable(self) -> bool:
        """Whether it stands for any type within its bound."""
        return self.name.startswith("variable ")


Type = frozenset[Term]

OBJECT: Type = frozenset({Term("builtins.object")})
NONE: Type = frozenset({Term("None")})


FORMS: Mapping[str, type] = {"typing.NamedTuple": tuple, "typing.TypedDict": dict}
"""What is called like a class and is a function: what it makes."""


def variable(number: int, bound: Type = OBJECT, *, of: str = "function") -> Term:
    """Return the type variable of a function, an alias or a class at this place; its name is no matter."""
    return Term(f"variable {number} of the {of}", (bound,), str(number + 1) if of == "class" else "")


def shown(found: Type) -> str:
    """Return a type as one writes it."""
    return " | ".join(sorted(map(str, found), key=lambda each: (each == "None", each)))


def substituted(found: Type, given: Mapping[str, Type]) -> Type:
    """Return a type with its variables replaced."""
    parts: set[Term] = set()
    for term in found:
        if term.name in given:
            parts |= given[term.name]
        else:
            parts.add(Term(term.name, tuple(substituted(each, given) for each in term.arguments), term.value))
    return frozenset(parts)


@cache
def runtime_class(path: str) -> type | None:
    """Return the class of the standard library that a path names, if it names one."""
    if path in FORMS:
        return FORMS[path]
    module, _, name = path.removeprefix("builtins.").rpartition(".")
    if module and module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    with suppress(ImportError):
        found = getattr(import_module(module or "builtins"), name, None)
        found = getattr(found, "__origin__", found)
        return found if isinstance(found, type) else None
    return None


def class_name(found: type) -> str:
    """Return what a class of the standard library is called here."""
    return f"{found.__module__}.{found.__qualname__}"
