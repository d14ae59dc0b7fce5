"""A stream of events that goes on where it broke off (HTML standard, section 9.2.4): when, and after which event."""

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
    """Decides whether and when a stream is asked for again. Nothing here waits.

    An item is handed out once, so a stream goes on only where each item had an id of its own.

    Args:
        again: Asks for the stream after the event with an id, in so many seconds at most; the response.
        most: How often it may break off with nothing new in between.
        deadline: When all of it must be over.
        call: What is called, for people.
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
        """Take note of an item that is handed out."""
        self._is_unsure = self._is_unsure or event.id in (None, "", self._id)
        self._id = event.id
        self._attempts = self._make()
        if event.retry is not None:
            self._delay = event.retry / 1000

    def wait(self, end: Exception, status_code: int, *, never_ends: bool) -> float:
        """Return the seconds to wait before the stream is asked for again; raises what ended it if it is not.

        Args:
            end: What ended it, an error or the end of an iteration.
            status_code: The status of what ended; 204 asks for no more.
            never_ends: Whether its end is a break, too.
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
        """Return what asks for it after the last item."""
        return self._ask(self._id or "", None if self._deadline is None else self._deadline.remaining)
