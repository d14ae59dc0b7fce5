"""The timeouts of the steps of a call, in whichever form they are given, and the errors when one is exceeded."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from ..settings.deadline import LONGEST, Deadline


class Phase(Enum):
    """A phase of a call, and the error text when it takes too long."""

    POOL = "no connection became free in time"
    CONNECT = "no connection in time"
    WRITE = "the request could not be sent in time"
    READ = "no response in time"

    def __init__(self, _: str) -> None:
        self.limit = self.name.lower()
        """The name of its limit."""


class TimedOut(Exception):  # noqa: N818  # it never leaves the package
    """A step took too long."""

    def __init__(self, phase: Phase) -> None:
        super().__init__()
        self.phase = phase


class NotConnected(Exception):  # noqa: N818  # likewise
    """The connection failed, for the reason that is the cause; nothing was sent."""


class Limits(NamedTuple):
    """Seconds for each step, None for no limit, and the deadline of the call, which shortens each of them."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None
    deadline: Deadline | None = None

    @classmethod
    def of(cls, given: Any, deadline: Deadline | None = None) -> Limits:
        """Make limits of a number of seconds, None, other limits, or a Timeout of httpx or httpx2."""
        if given is None or isinstance(given, (int, float)):
            seconds = None if given is None else min(given, LONGEST)
            return cls(seconds, seconds, seconds, seconds, deadline)
        found = cls(given.connect, given.read, given.write, given.pool, deadline)
        if isinstance(given, cls):
            return found
        return cls._make((*(None if each is None else min(each, LONGEST) for each in found[:4]), deadline))

    def seconds(self) -> dict[str, float | None]:
        """Return the seconds, under the libraries' names."""
        return {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.pool}

    def left(self, phase: Phase) -> float | None:
        """Return the seconds that a step which begins now may take; raises TimedOut if none are left."""
        seconds: float | None = getattr(self, phase.limit)
        if self.deadline is None:
            return seconds
        left = self.deadline.remaining
        if left <= 0:
            raise TimedOut(phase)
        return left if seconds is None else min(seconds, left)

    def together(self, phase: Phase) -> Limits:
        """Return limits for several steps from now on that together may take as long as one of this phase."""
        deadline = Deadline.starting_now(self.left(phase))
        return self if deadline is None else self._replace(deadline=deadline)


DEFAULT = Limits(connect=5.0, read=60, write=60, pool=60)

OF_LIBRARIES = Limits.of(5.0)
"""The default of an httpx client: too short for long bodies."""


def closed_here() -> ConnectionAbortedError:
    """Return the error of a step on a connection that this side has closed: it must not look like the end of a body."""
    return ConnectionAbortedError("it was closed by this side")
