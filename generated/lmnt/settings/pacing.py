"""How many calls of a group run at once, and that all of them wait after a 429. Nothing here sleeps."""

from __future__ import annotations

import threading

from ..errors import Error, RateLimitError
from .deadline import Deadline
from .retries import Attempts


class Pace:
    """The pace of a group of calls; threads may share it.

    After a 429 no call of the group starts until the server's `retry-after`, or a delay that doubles, has passed, and
    half as many run at once from then on; each success brings that a little nearer to the maximum again. What calls
    that were under way then get is the same 429.

    Args:
        group: The name of the group, for the log.
        most: The maximum number of calls at once.
        max_retries: The maximum number of waits with no success between them.
        deadline: When the group must be done.
    """

    def __init__(self, group: str, most: int, max_retries: int, deadline: Deadline | None = None) -> None:
        self._most = most
        self._limit = float(most)
        self._running = 0
        self._not_before = 0.0
        self._waits = 0
        self._attempts = Attempts(group, max_retries, deadline)
        self._lock = threading.Lock()

    def wait(self, now: float) -> float | None:
        """Return the seconds until a call may start, 0 for now; None if another one must end before.

        Args:
            now: The time, on the monotonic clock.
        """
        with self._lock:
            return None if self._running >= int(self._limit) else max(self._not_before - now, 0.0)

    def begin(self) -> int:
        """Record that a call starts; returns what `end` is to be given."""
        with self._lock:
            self._running += 1
            return self._waits

    def end(self, begun: int, failure: Error | None, now: float) -> bool:
        """Record that a call has ended; returns whether it is to be made again, as it met the limit.

        Args:
            begun: What `begin` returned.
            failure: Its failure; one that is no 429 is the caller's alone.
            now: The time, on the monotonic clock.

        Raises:
            RateLimitError: The failure, if it is not waited for any longer: after `max_retries` waits in a row, by the
                deadline, or if the server asks for more than a minute.
        """
        with self._lock:
            self._running -= 1
            if failure is None:
                self._limit = min(self._limit + 1 / self._limit, self._most)
                self._attempts.retries = 0
            if not isinstance(failure, RateLimitError):
                return False
            if begun == self._waits:
                self._not_before = now + self._attempts.next_delay(failure)
                self._waits += 1
                self._limit = max(self._limit // 2, 1.0)
            return True

    def abandon(self) -> None:
        """Record that a call has ended without a result, as one that was cancelled has."""
        with self._lock:
            self._running -= 1
