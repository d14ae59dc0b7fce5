"""A limit on the whole of a call: every attempt, every wait and every read of it together."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment at which a call must be over.

    Args:
        seconds: How long the call may take.
        ends: That moment, on the monotonic clock.
    """

    seconds: float
    ends: float

    @classmethod
    def starting_now(cls, seconds: float | None) -> Deadline | None:
        """Return the deadline of a call that starts now; None if it has none."""
        return None if seconds is None else cls(seconds, time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """Seconds that are left, 0 if it has passed."""
        return max(self.ends - time.monotonic(), 0.0)

    def __str__(self) -> str:
        return f"the deadline of {self.seconds:g} s"


class LimitedTimeout(float):
    """The seconds that one step of a call may take, and the deadline that cuts them short.

    To HTTP libraries it is a number, taken when a phase of the call begins; what knows it better asks `left_of` anew at
    each step.
    """

    def __new__(cls, seconds: float, deadline: Deadline) -> LimitedTimeout:  # noqa: ARG004, D102  # __init__ takes it
        return super().__new__(cls, seconds)

    def __init__(self, seconds: float, deadline: Deadline) -> None:  # noqa: ARG002  # __new__ takes it
        self.deadline = deadline

    @classmethod
    def within(cls, timeout: float | None, deadline: Deadline) -> LimitedTimeout:
        """Return a timeout that does not go past a deadline."""
        # Never 0, which sockets take for "do not wait at all".
        remaining = max(deadline.remaining, 0.001)
        return cls(remaining if timeout is None else min(timeout, remaining), deadline)


def left_of(timeout: float | None) -> float | None:
    """Return what is left of a timeout now, as the deadline draws nearer."""
    return LimitedTimeout.within(timeout, timeout.deadline) if isinstance(timeout, LimitedTimeout) else timeout
