"""Reconnecting a stream of events that broke off (HTML standard, section 9.2.4): when, and after which event."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import APIError, APIStreamError
from ..settings.deadline import Deadline
from ..settings.retries import Attempts
from ..streams.sequences import ServerSentEvent

LAST_EVENT_ID = "last-event-id"


class Reconnecting:
    """Decides whether and when a stream reconnects. Nothing here sleeps.

    No item may be handed out twice, so a stream reconnects only if each item had an id of its own.

    Args:
        again: Requests the stream after the event with an id, in so many seconds at most, and returns the response.
        most: How often it may break off without a new item in between.
        deadline: The deadline of the stream.
        call: The name of the call, for the log.
    """

    def __init__(
        self, again: Callable[[str, float | None], Any], most: int, deadline: Deadline | None, call: str
    ) -> None:
        self._ask = again
        self._deadline = deadline
        self._make = partial(Attempts, call, most, deadline)
        self._attempts = self._make()
        self._id: str | None = None
        self._is_unsure = False
        self._delay: float | None = None

    def took(self, event: ServerSentEvent) -> None:
        """Record an item that is handed out."""
        self._is_unsure = self._is_unsure or event.id in (None, "", self._id)
        self._id = event.id
        self._attempts = self._make()
        if event.retry is not None:
            self._delay = event.retry / 1000

    def wait(self, end: Exception, status_code: int, *, never_ends: bool) -> float:
        """Return the seconds to wait before reconnecting; raises the end of the stream if it does not reconnect.

        Args:
            end: The exception that ended it: an error, or the end of an iteration.
            status_code: The status of the response that ended; after 204 it does not reconnect.
            never_ends: Whether a clean end counts as broken off.
        """
        is_break = isinstance(end, APIStreamError) or (never_ends and status_code != 204)
        if not is_break or self._is_unsure:
            raise end
        failure = end if isinstance(end, APIStreamError) else APIStreamError("the stream ended")
        try:
            return self._attempts.delay_after(failure, self._delay)
        except APIError:
            raise end from None

    def again(self) -> Any:
        """Return a function that requests the stream after the last item."""
        return self._ask(self._id or "", None if self._deadline is None else self._deadline.remaining)
