"""The three outcomes for each part of a description: expressed, told, or left out.

An expressed part is in the package and not in the report. A told part does not change what is sent or read; a part that
is left out cannot be expressed correctly, and stops the run unless that is permitted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass


def below(pointer: str, *steps: object) -> str:
    """Return the JSON pointer of what is further in."""
    for step in steps:
        pointer += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return pointer


@dataclass(frozen=True)
class Problem:
    """A part that cannot be generated: the JSON pointer (RFC 6901) of the place, the reason, and what to do."""

    pointer: str
    reason: str
    hint: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.reason}; {self.hint}"


class Failure(Exception):  # noqa: N818  # people read the text
    """The run stops; the text says why and what to do."""

    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> Failure:
        """Return the failure for these problems of a description."""
        found = tuple(dict.fromkeys(problems))
        lines = sorted({str(problem) for problem in found})
        failure = cls("the description holds what cannot be generated:\n  " + "\n  ".join(lines))
        failure.problems = found
        return failure


def refuse(pointer: str, reason: str, hint: str, kind: type[Failure] = Failure) -> Failure:
    """Return the failure for one problem of a description."""
    return kind.of([Problem(pointer, reason, hint)])


@dataclass(frozen=True)
class Told:
    """A part without which the package is right: its JSON pointer, what it is, and what it means for a caller."""

    pointer: str
    found: str
    means: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.found}; {self.means}"


@dataclass(frozen=True)
class LeftOut:
    """A part that is left out: the operation's id or the pointer of anything else, its place, and the reason."""

    id: str
    pointer: str
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "\n  ".join(f"{each}" for each in self.problems)


@dataclass(frozen=True)
class Applied:
    """One action of an overlay document: its file and place there, its target, and the number of places it changed."""

    file: str
    index: int
    target: str
    verb: str
    places: int

    def __str__(self) -> str:
        places = "place" if self.places == 1 else "places"
        return f"{self.file}#/actions/{self.index}: {self.verb} {self.target}: {self.places} {places} changed"


_MOST_AT_A_GLANCE = 40
"""Told parts; of more than these the text has a summary."""


class Report:
    """The outcomes for a description.

    Args:
        permitted: The ids of parts that may be left out; `all` for everything.
    """

    def __init__(self, permitted: Collection[str] = ()) -> None:
        self._permitted = frozenset(permitted)
        self._told: dict[Told, None] = {}
        self._left_out: dict[LeftOut, None] = {}
        self.moved: dict[str, str] = {}
        """By the name of a schema: its original pointer."""
        self.applied: list[Applied] = []
        self.expressed = 0
        """The number of operations in the package."""

    @property
    def told(self) -> list[Told]:
        """The told parts, in the order in which they were found."""
        return list(self._told)

    @property
    def left_out(self) -> list[LeftOut]:
        """The parts that are left out."""
        return list(self._left_out)

    def tell(self, pointer: str, found: str, means: str) -> None:
        """Add a told part."""
        self._told[Told(pointer, found, means)] = None

    def include(self, told: Iterable[Told]) -> None:
        """Note what another process noted."""
        self._told |= dict.fromkeys(told)

    def tell_failure(self, failure: Failure, means: str) -> None:
        """Add the problems of a failure as told; raises the failure if it has no place."""
        if not failure.problems:
            raise failure
        for each in failure.problems:
            self.tell(each.pointer, each.reason, means)

    def leave_out(self, id_: str, pointer: str, failure: Failure) -> None:
        """Add a part that cannot be expressed; raises the failure if it has no place."""
        if not failure.problems:
            raise failure
        self._left_out[LeftOut(id_, pointer, failure.problems)] = None

    def check(self) -> None:
        """Raise one Failure for all parts that are left out without permission."""
        refused = [each for each in self._left_out if not self._permitted & {"all", each.id}]
        if refused:
            raise Failure(
                "the description holds what cannot be generated:\n  "
                + "\n  ".join(sorted({str(each) for each in refused}))
                + "\nLeave it out with "
                + " ".join(f"--leave-out {each!r}" for each in sorted({each.id for each in refused}))
                + ", or all of it with --leave-out all."
            )
        known = {each.id for each in self._left_out}
        if unknown := sorted(self._permitted - known - {"all"}):
            raise Failure(f"--leave-out {unknown[0]!r}: nothing of this id need be left out")

    def summary(self) -> str:
        """Return the counts in one line; empty if all is expressed."""
        applied = f"{len(self.applied)} overlay actions applied, " if self.applied else ""
        if not self._told and not self._left_out and not applied:
            return ""
        outcomes = (
            f"{self.expressed} operations expressed, {len(self._told)} things told, {len(self._left_out)} left out"
        )
        return applied + outcomes

    def text(self) -> str:
        """Return it for people."""
        lines = [f"{self.summary()}.", ""]
        if self.applied:
            lines += ["Changed by overlays:", "", *(f"  {each}" for each in self.applied), ""]
        if self._left_out:
            lines += ["Left out, because it cannot be expressed rightly:", ""]
            lines += [f"  {each.id}\n    " + "\n    ".join(map(str, each.problems)) for each in self._left_out]
            lines.append("")
        counts = Counter((each.found, each.means) for each in self._told)
        if counts:
            lines += ["Told: the package is right without it.", ""]
        if len(self._told) > _MOST_AT_A_GLANCE:  # what there is of each kind, before the places
            lines += [f"  {count:5} {found}; {means}" for (found, means), count in counts.most_common()]
            lines += ["", "Where that is:", ""]
        for (found, means), count in counts.most_common():
            lines.append(f"  {found}; {means} ({count})")
            lines += [f"    {each.pointer or '/'}" for each in self._told if (each.found, each.means) == (found, means)]
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """Return it for programs."""
        return (
            json.dumps(
                {
                    "overlays": [asdict(each) for each in self.applied],
                    "expressed": {"operations": self.expressed},
                    "told": [{"pointer": each.pointer, "found": each.found, "means": each.means} for each in self.told],
                    "left_out": [
                        {
                            "id": each.id,
                            "pointer": each.pointer,
                            "problems": [
                                {"pointer": problem.pointer, "reason": problem.reason, "hint": problem.hint}
                                for problem in each.problems
                            ],
                        }
                        for each in self.left_out
                    ],
                },
                indent=2,
                ensure_ascii=False,
            )
            + "\n"
        )
