"""Whether a socket is ready, whatever the number of its descriptor."""

from __future__ import annotations

import math
import select
import selectors
from typing import Any

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

poll: Any = getattr(select, "poll", None)
"""It takes any descriptor, and is there everywhere but on Windows, where `select` takes any."""

Selector: type[Any] = selectors.SelectSelector if poll is None else selectors.PollSelector
"""For several sockets. For one it takes seven times as long as what it stands on."""


def ready(sock: Any, events: int, seconds: float | None) -> int:
    """Return which of the events a socket is ready for, 0 if for none within so many seconds."""
    try:
        if poll is None:
            readers, writers = ([sock] if events & each else [] for each in (READ, WRITE))
            can_read, can_write, failed = select.select(readers, writers, writers, seconds)
            return (READ if can_read else 0) | (WRITE if can_write or failed else 0)
        asked = poll()
        asked.register(sock, (select.POLLIN if events & READ else 0) | (select.POLLOUT if events & WRITE else 0))
        said = sum(each for _, each in asked.poll(None if seconds is None else math.ceil(seconds * 1000)))
    except ValueError:  # it was closed this moment, as the next step will find
        return events
    # An error counts as either: the next step will find it.
    return events & ((READ if said & ~select.POLLOUT else 0) | (WRITE if said & ~select.POLLIN else 0))
