"""Reconnecting a stream of events that broke off (HTML standard, section 9.2.4): when, and after which event."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import APIStreamError
from ..settings.deadline import Deadline
from ..settings.retries import Attempts
from ..streams.sequences import ServerSentEvent

LAST_EVENT_ID = "last-event-id"


class Reconnecting:
    """Decides whether and when a stream reconnects. Nothing here sleeps.

    No item may be handed out twice, so a stream reconnects only if each item had an id of its own. `again` requests the
    rest, after the event with an id and in so many seconds; it may break off `most` times without a new item.
    """

    def __init__(
        self, again: Callable[[str, float | None], Any], most: int, deadline: Deadline | None, call: str
    ) -> None:
        self._ask = again
        self._deadline = deadline
        self._make = partial(Attempts, call, most, deadline)
        self._attempts = self._make()
        self._id: str | None = None
        self._is_over = False
        """Whether it does not go on: it has given up, or would hand out an item again."""
        self._delay: float | None = None

    def took(self, event: ServerSentEvent) -> None:
        """Take note of an item that is handed out."""
        self._is_over = self._is_over or event.id in (None, "", self._id)
        self._id = event.id
        self._attempts = self._make()
        if event.retry is not None:
            self._delay = event.retry / 1000

    def wait(self, end: APIStreamError) -> float:
        """Return the seconds to wait before the stream is asked for again; raises what ended it if it is not."""
        if self._is_over:
            raise end
        try:
            return self._attempts.delay_after(end, self._delay)
        except APIStreamError:
            self._is_over = True
            raise

    def again(self) -> Any:
        """Return a function that requests the stream after the last item."""
        return self._ask(self._id or "", None if self._deadline is None else self._deadline.remaining)
