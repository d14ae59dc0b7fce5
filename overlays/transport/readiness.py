"""Whether a socket is ready, for descriptors of any number."""

from __future__ import annotations

import math
import select
import selectors
from typing import Any

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

poll: Any = getattr(select, "poll", None)
"""It accepts any descriptor; on Windows, which has no poll, `select` does."""


def ready(sock: Any, events: int, seconds: float | None) -> int:
    """Return the events that a socket is ready for; 0 if none within so many seconds, `LONGEST` at most."""
    try:
        if poll is None:
            readers, writers = ([sock] if events & each else [] for each in (READ, WRITE))
            can_read, can_write, failed = select.select(readers, writers, writers, seconds)
            return (READ if can_read else 0) | (WRITE if can_write or failed else 0)
        poller = poll()
        poller.register(sock, (select.POLLIN if events & READ else 0) | (select.POLLOUT if events & WRITE else 0))
        ready_for = poller.poll(None if seconds is None else math.ceil(seconds * 1000))
    except ValueError:  # just closed by another thread: the next step reports it
        return events
    if not ready_for:
        return 0
    # An error counts as either: the next step reports it.
    found = ready_for[0][1]
    return events & ((READ if found & ~select.POLLOUT else 0) | (WRITE if found & ~select.POLLIN else 0))
