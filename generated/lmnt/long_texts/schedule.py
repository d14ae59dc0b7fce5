"""Which piece of a long text is asked for next, and whose audio is handed out next. No I/O: times are passed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APIStreamError,
    AuthenticationError,
    Error,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    RateLimitError,
    StreamTruncatedError,
)
from ..models.timestamp import Timestamp
from ..settings.deadline import Deadline
from ..settings.pacing import Pace
from ..settings.retries import Attempts
from .pieces import SpeechPiece, named

OF_ALL = (
    APIConnectionError,
    AuthenticationError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    RateLimitError,
)
"""Errors that each other piece would meet too: no piece is skipped for them."""


class Attempt:
    """A request for a piece.

    Args:
        piece: The piece.
        place: Where it is among those to ask for.
        begun: What the pace is told when it ends.
        number: How often the piece was asked for before.
        is_live: Whether its audio is handed out as it arrives.
    """

    def __init__(self, piece: SpeechPiece, place: int, begun: int, number: int, *, is_live: bool) -> None:
        self.piece = piece
        self.place = place
        self.begun = begun
        self.number = number
        self.is_live = is_live
        self.received = 0
        """Bytes that have come, if it is live."""
        self.differs = False
        """Whether they are not those that an earlier attempt has handed out."""


class Audio(NamedTuple):
    """What a successful attempt has brought; the audio is empty where it was handed out as it arrived."""

    content: bytes
    timestamps: Sequence[Timestamp] = ()


class Part(NamedTuple):
    """Audio to hand out next: that of a piece, or with `audio` None some of what is not whole yet."""

    piece: SpeechPiece
    chunk: bytes
    audio: Audio | None


class Schedule:
    """The pieces, on their way from unasked to handed out.

    The audio of a piece is kept until it is whole; if a request for it fails, it is asked for again, from its start.
    The first piece of all is handed out as it arrives, if `is_live`, since someone waits to hear it. If it breaks off,
    the repeated audio takes over if it begins with the very bytes that were handed out; else the piece has failed.

    Args:
        pieces: The pieces to ask for; more may be added at the end.
        all_pieces: Those of the text, those too that are there already.
        pace: Says how many are asked for at once.
        max_retries: How often one is repeated at most.
        deadline: The deadline of all.
        ahead: How many pieces may be asked for or kept; where the order counts, from the one on whose turn it is.
        in_order: Whether they are handed out in their order, or as they arrive.
        is_live: Whether the first one is handed out as it arrives.
        skips: Whether a piece that fails is left out.
    """

    def __init__(
        self,
        pieces: Sequence[SpeechPiece],
        all_pieces: Sequence[SpeechPiece],
        pace: Pace,
        max_retries: int,
        deadline: Deadline | None,
        *,
        ahead: int,
        in_order: bool,
        is_live: bool,
        skips: bool,
    ) -> None:
        self._pieces = pieces
        self._all_pieces = all_pieces
        self._pace = pace
        self._max_retries = max_retries
        self._deadline = deadline
        self._ahead = ahead
        self._in_order = in_order
        self._live = pieces[0] if pieces and is_live and in_order else None
        self._skips = skips
        self._turn = 0  # the index in `pieces` of the one that is handed out
        self._unasked = 0
        self._running = 0
        self._taken = 0  # pieces that were handed out, and perhaps not used yet, where there is no order
        self._attempts: dict[int, Attempts] = {}
        self._again: dict[int, float] = {}  # pieces to repeat, and when
        self._whole: dict[int, Audio] = {}
        self._arrived: deque[bytes] = deque()  # of the live piece
        self._handed_out = bytearray()  # of the live piece
        self._failed: dict[int, Error] = {}
        self._stop: int | None = None  # the first piece that has failed and is not skipped
        self.is_closed = False

    def next(self, now: float) -> Attempt | float | None:
        """Return the request to make now, or the seconds until there is one; None until something else happens."""
        if self.is_closed or (self._stop is not None and not self._in_order):
            return None
        # What comes before a piece that has failed is still to be heard.
        again = {place: at for place, at in self._again.items() if self._stop is None or place < self._stop}
        due = min((place for place, at in again.items() if at <= now), default=None)
        # Those to repeat count: a server that fails at each of them is not asked for all the others meanwhile.
        kept = len(self._whole) + self._running + self._taken + len(self._again)
        end = min((self._turn if self._in_order else self._unasked - kept) + self._ahead, len(self._pieces))
        if due is None and (self._unasked >= end or self._stop is not None):
            return min((at - now for at in again.values()), default=None)
        pause = self._pace.wait(now)
        if pause is None or pause > 0:
            return pause
        if due is None:
            due = self._unasked
            self._unasked += 1
        self._again.pop(due, None)
        self._running += 1
        piece = self._pieces[due]
        name = f"the piece of characters {piece.start} to {piece.stop}"
        tried = self._attempts.setdefault(due, Attempts(name, self._max_retries, self._deadline))
        return Attempt(piece, due, self._pace.begin(), tried.retries, is_live=piece is self._live)

    def came(self, attempt: Attempt, chunk: bytes) -> bool:
        """Take audio of the live piece; returns False if it is not what was handed out of the piece before."""
        known = bytes(self._handed_out[attempt.received : attempt.received + len(chunk)])
        attempt.received += len(chunk)
        attempt.differs = chunk[: len(known)] != known
        if len(chunk) > len(known) and not attempt.differs:
            self._arrived.append(chunk[len(known) :])
        return not attempt.differs

    def ended(self, attempt: Attempt, outcome: Audio | Error, now: float) -> None:
        """Record that a request has ended, with the audio or an error."""
        self._running -= 1
        if attempt.is_live and not isinstance(outcome, Error):
            attempt.differs = attempt.differs or attempt.received < len(self._handed_out)
        if attempt.differs:
            outcome = self._changed(outcome)
        if isinstance(outcome, Error):
            self._fail(attempt, outcome, now)
            return
        self._pace.end(attempt.begun, None, now)
        self._attempts.pop(attempt.place)
        self._whole[attempt.place] = outcome

    def abandoned(self, attempt: Attempt) -> None:
        """Record that a request has ended without a result, as one that was cancelled has."""
        self._running -= 1
        self._pace.abandon()
        self._again[attempt.place] = 0.0
        if attempt.is_live:
            self._arrived.clear()

    def _changed(self, outcome: Audio | Error) -> Error:
        """Return the error of a live piece that cannot go on where it broke off."""
        error = StreamTruncatedError(
            "the audio broke off, and that of another request is not the same",
            bytes_received=len(self._handed_out),
            reason="it cannot go on where it was",
        )
        error.__cause__ = outcome if isinstance(outcome, Error) else None
        return error

    def _fail(self, attempt: Attempt, error: Error, now: float) -> None:
        if attempt.is_live:
            self._arrived.clear()
        try:
            is_limited = self._pace.end(attempt.begun, error, now)
            self._again[attempt.place] = now if is_limited else now + self._delay(attempt, error)
        except Error as failure:
            self._give_up(attempt.place, failure)

    def _delay(self, attempt: Attempt, error: Error) -> float:
        """Return the seconds until a piece is repeated; raises its error if it is not."""
        if isinstance(error, APIStreamError) and not attempt.differs:
            return self._attempts[attempt.place].delay_after(error, None)
        if isinstance(error, APIConnectionError | APIStatusError):
            return self._attempts[attempt.place].next_delay(error)
        raise error

    def _give_up(self, place: int, error: Error) -> None:
        piece = self._pieces[place]
        is_half_out = piece is self._live and bool(self._handed_out)
        piece.error = self._failed[place] = named(error, piece, len(self._all_pieces))
        is_of_all = isinstance(error, OF_ALL) and not isinstance(error, APIStreamError)
        if not self._skips or not isinstance(error, APIError) or is_half_out or is_of_all:
            self._stop = place if self._stop is None else min(place, self._stop)

    def take(self) -> Part | None:
        """Return the audio to hand out next; None if it has not come.

        Raises:
            Error: The piece whose turn it is has failed, or any where they come in no order and no more will come.
        """
        return self._take_in_order() if self._in_order else self._take_any()

    def _take_in_order(self) -> Part | None:
        while self._turn < len(self._pieces):
            piece, place = self._pieces[self._turn], self._turn
            if piece is self._live and self._arrived:
                chunk = self._arrived.popleft()
                self._handed_out += chunk
                return Part(piece, chunk, None)
            if place in self._whole:
                self._turn += 1
                return Part(piece, b"", self._whole.pop(place))
            if place not in self._failed:
                return None
            if place == self._stop:
                raise self._failed[place].with_traceback(None)
            self._turn += 1
        return None

    def _take_any(self) -> Part | None:
        self._taken = min(len(self._whole), 1)
        for place in self._whole:
            return Part(self._pieces[place], b"", self._whole.pop(place))
        if self._stop is not None and not self._running:
            raise self._failed[self._stop].with_traceback(None)
        return None

    @property
    def is_over(self) -> bool:
        """Whether all was handed out or left out."""
        if self._in_order:
            return self._turn >= len(self._pieces)
        all_asked = self._unasked >= len(self._pieces) and not self._again
        return all_asked and not self._running and not self._whole

    def close(self) -> None:
        """Ask for nothing more, and drop what has come."""
        self.is_closed = True
        self._whole.clear()
        self._arrived.clear()
