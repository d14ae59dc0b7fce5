"""Whether a socket is ready, whatever the number of its descriptor."""

from __future__ import annotations

import selectors
from typing import Any

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

Selector: type[Any] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""Of all kinds poll alone takes no descriptor; where it is missing, on Windows, select takes any number."""


def ready(sock: Any, events: int, seconds: float | None) -> int:
    """Return which of the events a socket is ready for, 0 if for none within so many seconds."""
    with Selector() as selector:
        try:
            selector.register(sock, events)
        except ValueError:  # it was closed this moment, as the next step will find
            return events
        return sum(found for _, found in selector.select(seconds))
