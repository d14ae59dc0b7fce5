"""Outcomes for people: a Markdown table of them, and a line for each difference of what was seen from the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from .rows import Fails, Kind, Outcome, Protocol, Row, Where
from .run import Got, Ran


class Summary(NamedTuple):
    """An outcome, as far as the table tells it."""

    error: str | None
    code: object = None
    complete: bool | None = True
    attempts: int = 1

    @classmethod
    def of_expected(cls, outcome: Outcome) -> Summary:
        """Return what is to come."""
        if isinstance(outcome, Fails):
            return cls(outcome.error, outcome.facts.get("error_code"), attempts=outcome.attempts)
        return cls(None, complete=outcome.complete, attempts=outcome.attempts)

    @classmethod
    def of_got(cls, got: Got) -> Summary:
        """Return what came."""
        if got.error is None:
            complete = got.facts.get("complete", True)
            return cls(None, complete=None if got.warnings else bool(complete), attempts=got.attempts or 0)
        code = getattr(got.error, "error_code", None) if type(got.error).__name__ == "StreamResetError" else None
        return cls(type(got.error).__name__, code, attempts=got.attempts or 0)

    def __str__(self) -> str:
        what = f"`{self.error}`" if self.error else "success"
        code = f", `error_code` {self.code}" if self.code is not None else ""
        complete = "" if self.complete else f", `complete` is `{self.complete}`"
        attempts = "" if self.attempts == 1 else f", {self.attempts} attempts"
        return what + code + complete + attempts


Seen: TypeAlias = Mapping[Row, Mapping[Protocol, Sequence[tuple[Kind, Summary]]]]


def expected(rows: Sequence[Row]) -> Seen:
    """Return what the table says."""
    return {
        row: {
            protocol: [
                (kind, Summary.of_expected(outcome))
                for kind in Kind
                if (outcome := row.expected(kind, protocol)) is not None
            ]
            for protocol in row.protocols
        }
        for row in rows
    }


def seen(results: Mapping[Row, Mapping[Protocol, Sequence[Ran]]]) -> Seen:
    """Return what the callers got."""
    return {
        row: {
            protocol: [(ran.call.kind, Summary.of_got(ran.got)) for ran in rans]
            for protocol, rans in by_protocol.items()
        }
        for row, by_protocol in results.items()
    }


def markdown(outcomes: Seen) -> str:
    """Return one table for each time at which it can go wrong."""
    sections = (_section(where, {row: outcomes[row] for row in outcomes if row.where is where}) for where in Where)
    return "\n\n".join(filter(None, sections))


def _section(where: Where, outcomes: Seen) -> str:
    if not outcomes:
        return ""
    columns = ("Failure", "What the wire shows", *(protocol.value for protocol in Protocol))
    lines = [f"### {where.value}", "", _line(columns), _line(["---"] * len(columns))]
    for row, by_protocol in outcomes.items():
        cells = (_cell(by_protocol.get(protocol, ())) for protocol in Protocol)
        lines.append(_line([row.name, row.wire, *cells]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _cell(got: Sequence[tuple[Kind, Summary]]) -> str:
    """Return each outcome once, with the kinds of call that had it if there is more than one."""
    kinds: dict[Summary, dict[Kind, None]] = {}
    for kind, summary in got:
        kinds.setdefault(summary, {})[kind] = None
    first, *others = kinds or [""]
    if not others:
        return str(first)
    if len({summary._replace(attempts=1) for summary in kinds}) == 1:
        # They differ in the number of attempts alone.
        return f"{first} ({', '.join(f'{each.attempts} for {_names(kinds[each])}' for each in others)})"
    return "<br>".join(f"{_names(who)}: {summary}" for summary, who in kinds.items())


def _names(kinds: Iterable[Kind]) -> str:
    return " and ".join(kind.value for kind in kinds)


def differences(row: Row, by_protocol: Mapping[Protocol, Sequence[Ran]]) -> Iterator[str]:
    """Yield a line for each problem of a row, with the calls that have it."""
    for protocol, rans in by_protocol.items():
        who: dict[str, list[str]] = {}
        for ran in rans:
            for problem in ran.problems:
                who.setdefault(_without_names(problem), []).append(f"{ran.call.name} ({ran.mode})")
        for problem, calls in who.items():
            yield f"{row.name}, {protocol.value}: {problem} [{', '.join(calls)}]"


def _without_names(problem: str) -> str:
    """Return a problem without what differs from call to call: the request, its port and its id."""
    return re.sub(r"[A-Z]+ https?://\S+|\breq_\w+", "…", problem)
