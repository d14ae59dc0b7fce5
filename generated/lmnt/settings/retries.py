"""Whether a failed call is retried, and after what delay. Nothing here sleeps."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from ..errors import APIConnectionError, APIError, APIStatusError
from .deadline import Deadline
from .logs import listener

__all__ = ["no_retry_waits"]

FIRST_DELAY = 0.5
LONGEST_DELAY = 8.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds. If the server asks for more, the call is not retried: the caller reads `retry_after` and decides."""

RETRIED_STATUSES = frozenset({408, 409, 429})

_impatient: list[None] = []


@contextmanager
def no_retry_waits() -> Generator[None]:
    """Retry without delay, in the whole process, while the block lasts: for tests of applications.

    Which calls are retried, and how often, is unchanged.
    """
    _impatient.append(None)
    try:
        yield
    finally:
        _impatient.pop()


def backoff(attempt: int, jitter: float) -> float:
    """Return the seconds to wait after an attempt, the first of which is 0, doubling up to a limit.

    A jitter from 0 to 1 shortens them by up to a quarter, so that clients do not retry all at once.
    """
    return min(FIRST_DELAY * 2.0 ** min(attempt, 16), LONGEST_DELAY) * (1 - 0.25 * jitter)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that the server asks to wait, or None; `now` is the time since the epoch.

    `retry-after-ms` overrides `Retry-After`, which holds seconds or a date (RFC 9110 section 10.2.3).
    """

    def milliseconds(text: str) -> float:
        return float(text) / 1000

    def date(text: str) -> float:
        from email.utils import parsedate_to_datetime  # importing it takes longer than a call

        return parsedate_to_datetime(text).timestamp() - now

    readers: tuple[tuple[str, Callable[[str], float]], ...] = (
        ("retry-after-ms", milliseconds),
        ("retry-after", float),
        ("retry-after", date),
    )
    for name, read in readers:
        try:
            seconds = read(headers[name])
        except (KeyError, ValueError, TypeError, OverflowError):
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None


def is_retried(status_code: int, headers: Mapping[str, str], *, retry_safe: bool) -> bool:
    """Return whether a call that got this status is retried.

    The server's `x-should-retry` decides; without it RETRIED_STATUSES and 5xx are, if the call may be repeated.
    """
    wish = headers.get("x-should-retry", "").lower()
    if wish in ("true", "false"):
        return wish == "true"
    return retry_safe and (status_code in RETRIED_STATUSES or status_code >= 500)


class Attempts:
    """The attempts of a call: one, and so many retries at most, until a deadline."""

    def __init__(self, call: str, most: int, deadline: Deadline | None) -> None:
        self._call = call
        self._most = most
        self._deadline = deadline
        self.retries = 0
        """The number of retries so far."""

    def next_delay(self, failure: APIError) -> float:
        """Return the seconds to wait before the next attempt; raises the failure if the call is not retried."""
        if isinstance(failure, APIStatusError):
            again = is_retried(failure.status_code, failure.headers, retry_safe=bool(failure.retry_safe))
            asked = failure.retry_after
        else:
            again, asked = isinstance(failure, APIConnectionError) and bool(failure.retry_safe), None
        return self.delay_after(failure, asked, again=again)

    def delay_after(self, failure: APIError, asked: float | None, *, again: bool = True) -> float:
        """Return the seconds to wait after a failure, perhaps those that the server asks for.

        Raises the failure if the call is not retried; `again` tells whether that is safe and may succeed.
        """
        delay = backoff(self.retries, os.urandom(1)[0] / 255) if asked is None else asked
        is_longest = delay > LONGEST_RETRY_AFTER
        if _impatient:
            delay = 0.0
        is_late = self._deadline is not None and delay >= self._deadline.remaining
        if not again or self.retries >= self._most or is_longest or is_late:
            if self.retries:
                failure.add_note(f"{self._call} was tried {self.retries + 1} times")
            if again and is_late:
                failure.add_note(f"{self._deadline} leaves no time for another try")
            raise failure
        if (log := listener("info")) is not None:
            log.info("%s: %s; trying again in %.1f s", self._call, failure, delay)
        self.retries += 1
        return delay
