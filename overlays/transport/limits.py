"""How long each step of a call may take, in whichever form it was said, and what it means that one failed."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from ..settings.deadline import Deadline


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


class Limits(NamedTuple):
    """Seconds for each step, None for no limit, and the deadline of the call, which cuts each of them short."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None
    deadline: Deadline | None = None

    @classmethod
    def of(cls, given: Any, deadline: Deadline | None = None) -> Limits:
        """Return what a number of seconds, None or a Timeout of httpx or httpx2 says."""
        if given is None or isinstance(given, int | float):
            return cls(given, given, given, given, deadline)
        return cls(given.connect, given.read, given.write, given.pool, deadline)

    def seconds(self) -> dict[str, float | None]:
        """Return the seconds alone, as the libraries name them."""
        return {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.pool}

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
        return self if deadline is None else self._replace(deadline=deadline)


DEFAULT = Limits(connect=5.0, read=60, write=60, pool=60)

OF_LIBRARIES = Limits.of(5.0)
"""What a client of httpx has that nobody gave a timeout: too short for long bodies."""


def closed_here() -> ConnectionAbortedError:
    """Return what a step on a connection raises that this side has closed: that is no end of anything."""
    return ConnectionAbortedError("it was closed by this side")
