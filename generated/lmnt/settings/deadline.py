"""The limit on the total duration of a call: all its attempts, waits and reads together; and what a limit may be."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

LONGEST = 1e6
"""Seconds: a longer limit counts as this one, as no system call waits for much longer. It is eleven days."""


def is_seconds(value: object) -> bool:
    """Return whether a value is a number of seconds, from 0 up."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


class Deadline(NamedTuple):
    """The time by which a call must be over: the seconds that it may take, and their end on the monotonic clock."""

    seconds: float
    ends: float

    @classmethod
    def starting_now(cls, seconds: float | None) -> Deadline | None:
        """Return the deadline of a call that starts now; None if it has none."""
        if seconds is None:
            return None
        seconds = min(seconds, LONGEST)
        return cls(seconds, time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """The seconds left, 0 if it has passed."""
        return max(self.ends - time.monotonic(), 0.0)

    def __str__(self) -> str:
        return f"the deadline of {self.seconds:g} s"
