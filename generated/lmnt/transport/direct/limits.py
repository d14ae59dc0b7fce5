"""How long each step of a call may take, and what it means that one failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from ...deadline import Deadline


class Phase(Enum):
    """What a call is at, and what is said when that takes too long."""

    POOL = "no connection became free in time"
    CONNECT = "no connection in time"
    WRITE = "the request could not be sent in time"
    READ = "no response in time"

    def __init__(self, _: str) -> None:
        self.limit = self.name.lower()
        """Which of the limits is its."""


class TimedOut(Exception):  # noqa: N818  # it never leaves the package
    """A step took too long."""

    def __init__(self, phase: Phase) -> None:
        super().__init__()
        self.phase = phase


class NotConnected(Exception):  # noqa: N818  # likewise
    """There is no connection, for the reason that is the cause: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for each step, None for no limit, and the deadline of the call, which cuts each of them short."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None
    deadline: Deadline | None = None

    def left(self, phase: Phase) -> float | None:
        """Return the seconds that a step which begins now may take; raises TimedOut if there are none."""
        seconds: float | None = getattr(self, phase.limit)
        if self.deadline is None:
            return seconds
        left = self.deadline.remaining
        if left <= 0:
            raise TimedOut(phase)
        return left if seconds is None else min(seconds, left)

    def together(self, phase: Phase) -> Limits:
        """Return limits whose steps from now on may take together what one of this phase may."""
        deadline = Deadline.starting_now(self.left(phase))
        return self if deadline is None else replace(self, deadline=deadline)


def closed_here() -> ConnectionAbortedError:
    """Return what a step on a connection raises that this side has closed: that is no end of anything."""
    return ConnectionAbortedError("it was closed by this side")
