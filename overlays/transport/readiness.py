"""Whether a socket is ready, for descriptors of any number."""

from __future__ import annotations

import math
import select
import selectors
from typing import Any

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

poll: Any = getattr(select, "poll", None)
"""It accepts any descriptor; on Windows, which has no poll, `select` does."""


class Readiness:
    """Tells whether a socket is ready; one thread at a time may ask. One that is not known counts as ready."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._poller = None if poll is None else poll()
        self._asked = 0

    def __call__(self, events: int, seconds: float | None) -> int:
        """Return the events that it is ready for; 0 if none within so many seconds."""
        if self._sock is None:
            return events
        try:
            if self._poller is None:
                readers, writers = ([self._sock] if events & each else [] for each in (READ, WRITE))
                can_read, can_write, failed = select.select(readers, writers, writers, seconds)
                return (READ if can_read else 0) | (WRITE if can_write or failed else 0)
            if self._asked != events:
                mask = (select.POLLIN if events & READ else 0) | (select.POLLOUT if events & WRITE else 0)
                self._poller.register(self._sock, mask)
                self._asked = events
            ready_for = self._poller.poll(seconds and math.ceil(seconds * 1000))
        except ValueError:  # just closed by another thread: the next step reports it
            return events
        if not ready_for:
            return 0
        # An error counts as either: the next step reports it.
        found = ready_for[0][1]
        return events & ((READ if found & ~select.POLLOUT else 0) | (WRITE if found & ~select.POLLIN else 0))
