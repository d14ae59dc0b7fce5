"""One difference, and its effect for callers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal


class Effect(IntEnum):
    """The effect of a change on an unchanged program."""

    NOTE = 0
    """It works as before."""
    ADDITION = 1
    """It works as before, and there is something new."""
    BREAKING = 2
    """It may fail, or mean something else."""


Told = tuple[Effect, str, str, str]
"""An effect, a kind, a text without the place, and the name concerned, if that is not the place."""

Layer = Literal["API", "client"]


@dataclass(frozen=True)
class Change:
    """One difference between two versions.

    Args:
        layer: `API` for what the description says of the wire, `client` for the Python package.
        effect: Its effect on a program.
        kind: The kind of change, in two or three words, for programs.
        text: The change in a sentence for people, which begins with the place.
        operations: The operations it comes from; none for the service as a whole.
        names: The names concerned, in the form that `token` gives: the Python side is found by them.
        python: The changes in Python that follow from it.
    """

    layer: Layer
    effect: Effect
    kind: str
    text: str
    operations: tuple[str, ...] = ()
    names: frozenset[str] = field(default=frozenset(), compare=False)
    python: tuple[str, ...] = ()


def token(name: str) -> str:
    """Return a normalized name, the same for the description's and Python's spelling."""
    return re.sub(r"[^0-9a-z]", "", name.lower())


def joined(changes: Iterable[Change]) -> list[Change]:
    """Return each change once, with all the operations it comes from, the gravest first."""
    found: dict[tuple[str, str, Effect], Change] = {}
    for each in changes:
        key = (each.kind, each.text, each.effect)
        known = found.get(key, each)
        found[key] = replace(
            known,
            operations=tuple(sorted({*known.operations, *each.operations})),
            names=known.names | each.names,
        )
    return sorted(found.values(), key=lambda each: (each.layer, -each.effect, each.operations, each.text))


def with_python_side(api: Iterable[Change], client: Iterable[Change]) -> list[Change]:
    """Return the changes of the API, each with its Python side, and the other changes of the client.

    A change of the API is judged on the wire, which is more precise than types. Only a change that breaks in Python but
    not on the wire stays separate.
    """
    causes = list(api)
    rest: list[Change] = []
    for change in client:
        fitting = [each for each in causes if _may_be_cause(each, change)]
        fitting.sort(key=lambda each: (not each.names & change.names, each.kind.split()[-1] != change.kind.split()[-1]))
        if not fitting:
            rest.append(change)
            continue
        cause = causes.index(fitting[0])
        causes[cause] = replace(causes[cause], python=(*causes[cause].python, change.text))
    return [*causes, *rest]


def _may_be_cause(api: Change, client: Change) -> bool:
    about_the_same = not api.operations or not client.operations or set(api.operations) & set(client.operations)
    # A model comes and goes with what uses it.
    named = api.names & client.names or (client.operations and client.kind in ("model added", "model removed"))
    return bool(about_the_same and named and (api.effect >= client.effect or client.kind == "type changed"))
