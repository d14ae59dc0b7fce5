"""What was measured, and what follows: medians, noise, and which budgets are missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median, quantiles
from typing import Any

from .rows import BASE_COLUMN, FAST, OURS, Row


class Verdict(Enum):
    """How a figure stands to its budget."""

    MET = "met"
    WITHIN_NOISE = "within noise"
    MISSED = "missed"
    NO_BUDGET = ""


@dataclass(frozen=True)
class Figure:
    """A median of the rounds, with what it may be.

    Args:
        value: The median: a ratio, or megabytes.
        noise: How far apart the middle half of the rounds is.
        budget: What it may be, if there is a limit.
    """

    value: float
    noise: float
    budget: float | None

    @classmethod
    def of(cls, rounds: Sequence[float], budget: float | None) -> Figure:
        """Return the figure of some rounds."""
        first, _, third = quantiles(rounds, n=4, method="inclusive") if len(rounds) > 1 else (0.0, 0.0, 0.0)
        return cls(median(rounds), third - first, budget)

    @property
    def verdict(self) -> Verdict:
        """Whether the budget is met; one that is missed by no more than the noise may be."""
        if self.budget is None:
            return Verdict.NO_BUDGET
        if self.value <= self.budget:
            return Verdict.MET
        return Verdict.WITHIN_NOISE if self.value <= self.budget + self.noise else Verdict.MISSED


@dataclass(frozen=True)
class Results:
    """The results of one run.

    Args:
        about: What was measured with what.
        values: For each row by its title, and each of its columns, what each round measured: seconds or bytes.
    """

    about: Mapping[str, Any]
    values: Mapping[str, Mapping[str, Sequence[float]]]

    def of(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that were measured."""
        return [row for row in rows if row.title in self.values]

    def base(self, row: Row) -> Sequence[float]:
        """Return what each round measured of what the row is compared with."""
        return self.values[row.title][BASE_COLUMN if row.base_work else row.base]

    def figure(self, row: Row, library: str = OURS) -> Figure | None:
        """Return how a library stands to the base of a row: a ratio for each round, since rounds differ; or None."""
        values = self.values[row.title]
        if library not in values:
            return None
        budget = {OURS: row.budget, FAST: row.fast}.get(library)
        if not row.is_ratio:
            return Figure.of([value / 1e6 for value in values[library]], budget)
        return Figure.of([value / base for value, base in zip(values[library], self.base(row), strict=True)], budget)

    def missed(self, rows: Sequence[Row]) -> list[tuple[Row, str, Figure]]:
        """Return what misses its budget by more than noise: the row, the library, the figure."""
        found = [(row, each, self.figure(row, each)) for row in self.of(rows) for each in (OURS, FAST)]
        return [(row, each, figure) for row, each, figure in found if figure and figure.verdict is Verdict.MISSED]
