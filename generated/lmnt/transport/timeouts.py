"""How long each step of a call may take, in whichever form it was said."""

from __future__ import annotations

from typing import Any, NamedTuple


class Timeouts(NamedTuple):
    """Seconds for each step; None for no limit."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None

    @classmethod
    def of(cls, given: Any) -> Timeouts:
        """Return what a number of seconds, None or a Timeout of httpx or httpx2 says."""
        if given is None or isinstance(given, int | float):
            return cls(given, given, given, given)
        return cls(given.connect, given.read, given.write, given.pool)


DEFAULT = Timeouts(connect=5.0, read=60, write=60, pool=60)

OF_LIBRARIES = Timeouts.of(5.0)
"""What a client of httpx has that nobody gave a timeout: too short for long bodies."""
