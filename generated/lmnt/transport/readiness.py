"""Whether a socket is ready, for descriptors of any number."""

from __future__ import annotations

import selectors
from typing import Any

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

Selector: type[Any] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""poll alone uses no descriptor of its own; on Windows, which has no poll, select takes any number."""


def ready(sock: Any, events: int, seconds: float | None) -> int:
    """Return the events that a socket is ready for; 0 if none within so many seconds."""
    with Selector() as selector:
        try:
            selector.register(sock, events)
        except ValueError:  # just closed by another thread: the next step reports it
            return events
        return sum(found for _, found in selector.select(seconds))
