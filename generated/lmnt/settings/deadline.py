"""The limit on the total duration of a call: all its attempts, waits and reads together."""

from __future__ import annotations

import time
from typing import NamedTuple


class Deadline(NamedTuple):
    """The time by which a call must be over: the seconds that it may take, and their end on the monotonic clock."""

    seconds: float
    ends: float

    @classmethod
    def starting_now(cls, seconds: float | None) -> Deadline | None:
        """Return the deadline of a call that starts now; None if it has none."""
        return None if seconds is None else cls(seconds, time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """The seconds left, 0 if it has passed."""
        return max(self.ends - time.monotonic(), 0.0)

    def __str__(self) -> str:
        return f"the deadline of {self.seconds:g} s"
