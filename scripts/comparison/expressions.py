"""Reading griffe's trees: names, calls and literals, and the members of classes."""

from __future__ import annotations

import ast
from contextlib import suppress
from functools import cache
from typing import Any

import griffe

Member = Any
"""An object of griffe or an alias of one, which offer the same."""

Expression = griffe.Expr | str | None

# Of these a literal may be made; what griffe keeps as text is one already.
LITERALS = griffe.ExprTuple | griffe.ExprList | griffe.ExprDict | griffe.ExprSet | griffe.ExprUnaryOp | griffe.ExprBinOp


def resolved(member: Member | None, name: str, parent: Member) -> Member:
    """Return the object of a name; if it is outside the package, an attribute with its origin."""
    if member is not None:
        with suppress(griffe.AliasResolutionError, griffe.CyclicAliasError):
            return member.final_target if member.is_alias else member
    found = griffe.Attribute(name, parent=parent, value=None if member is None else member.target_path)
    found.labels.add("re-export")
    return found


@cache
def members_of(owner: Member) -> dict[str, Member]:
    """Return the members of a class by name, those of its bases too."""
    return {name: resolved(each, name, owner) for name, each in owner.all_members.items()}


def path_of(expression: object) -> str:
    """Return the full name of what an expression names, calls or subscripts."""
    if isinstance(expression, griffe.ExprCall):
        expression = expression.function
    elif isinstance(expression, griffe.ExprSubscript):
        expression = expression.left
    path = expression.canonical_path if isinstance(expression, griffe.Expr) else str(expression)
    return path.replace("typing_extensions.", "typing.", 1) if path.startswith("typing_extensions.") else path


def arguments_of(call: object) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call, by position and by name."""
    given = list(call.arguments) if isinstance(call, griffe.ExprCall) else []
    named = {each.name: each.value for each in given if isinstance(each, griffe.ExprKeyword)}
    return [each for each in given if not isinstance(each, griffe.ExprKeyword)], named


def constant(expression: object) -> tuple[object] | None:
    """Return the value of a literal, in a tuple, since it may be None; None for any other expression."""
    return _literal(str(expression)) if isinstance(expression, str | LITERALS) else None


@cache
def _literal(text: str) -> tuple[object] | None:
    with suppress(ValueError, SyntaxError, TypeError, MemoryError):
        return (ast.literal_eval(text),)
    return None
