"""Outcomes of sessions for people: a Markdown table of them, and a line for each difference from the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import lmnt

from .rows import Fails
from .session_run import Ran
from .session_table import SessionRow, When

Told: TypeAlias = Mapping[SessionRow, Sequence[str]]


def expected(rows: Sequence[SessionRow]) -> Told:
    """Return what the table says."""
    return {row: [_expected(row)] for row in rows}


def _expected(row: SessionRow) -> str:
    if isinstance(row.outcome, Fails):
        return _told(row.outcome.error, row.outcome.facts.get("code"), row.outcome.attempts)
    return _told(None, None, row.outcome.attempts)


def seen(results: Mapping[SessionRow, Sequence[Ran]]) -> Told:
    """Return what the callers got, each outcome once."""
    return {row: list(dict.fromkeys(map(_seen, rans))) for row, rans in results.items()}


def _seen(ran: Ran) -> str:
    error, attempts = ran.got.error, ran.got.attempts or 2
    if error is None:
        return _told(None, None, attempts)
    return _told(type(error).__name__, error.code if isinstance(error, lmnt.SessionClosedError) else None, attempts)


def _told(error: str | None, code: object, attempts: int) -> str:
    what = f"`{error}`" if error else "success"
    facts = f", `code` {code}" if code is not None else ""
    return what + facts + (f", {attempts} attempts" if attempts > 1 else "")


def markdown(told: Told) -> str:
    """Return one table for each time at which it can go wrong."""
    return "\n\n".join(filter(None, (_section(when, told) for when in When)))


def _section(when: When, told: Told) -> str:
    lines = [
        f"| {row.name} | {row.wire} | {'<br>'.join(outcomes)} |" for row, outcomes in told.items() if row.when is when
    ]
    head = [f"### {when.value}", "", "| Failure | What the wire shows | What you get |", "| --- | --- | --- |"]
    return "\n".join([*head, *lines]) if lines else ""


def differences(results: Mapping[SessionRow, Sequence[Ran]]) -> Iterator[str]:
    """Yield a line for each problem."""
    for row, rans in results.items():
        for ran in rans:
            for problem in ran.problems:
                yield f"{row.name}, {ran.way.value}, {ran.mode}: {problem}"
