"""Whether a body is complete: one guard decides, for all readers."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..errors import (
    APIStreamError,
    StreamResetError,
    StreamTimeoutError,
    StreamTruncatedError,
    UnverifiedStreamWarning,
    warn,
)
from ..transport.messages import Response
from ..transport.network_errors import BodyFailure

_SENTENCES: dict[type[APIStreamError], str] = {
    StreamResetError: "the stream was reset",
    StreamTimeoutError: "the stream stalled",
    StreamTruncatedError: "the stream ended early",
}


EXPANSION_FLOOR = 16 << 20
"""Decoded bytes that are always allowed."""

EXPANSION_LIMIT = 200
"""Decoded bytes allowed per encoded byte; text is far below that, a decompression bomb at about 1000."""


@runtime_checkable
class Container(Protocol):
    """Parses the structure of a body and can tell that it is incomplete."""

    is_text: bool
    """Whether the body began like JSON or HTML, as an error sent as audio does."""

    def feed(self, chunk: bytes) -> None:
        """Parse a piece of the body."""
        ...

    def problem(self) -> str | None:
        """Return what is missing if the body ends here, or None."""
        ...


class StreamGuard:
    """Counts a body and judges its end.

    Args:
        response: The response the body belongs to.
        retry_safe: The `retry_safe` of errors; None for a body of bytes, part of which may have been used.
        is_audio: Whether an empty body is a failure.
        container: The parser of the audio format, if there is one.
        strict: Whether an end that nothing proves to be complete is a failure.
        partial: Whether a 206 that says no range may be all.
    """

    def __init__(
        self,
        response: Response,
        *,
        retry_safe: bool | None,
        is_audio: bool,
        container: Container | None,
        strict: bool,
        partial: bool = False,
    ) -> None:
        self._response = response
        self._retry_safe = retry_safe
        self._is_audio = is_audio
        self._container = container
        self._strict = strict
        self._partial = partial
        self.bytes_received = 0
        self.complete: bool | None = False
        """True once the complete body was received; None if the framing cannot prove that; False until then."""

    def feed(self, chunk: bytes) -> None:
        """Count and check a piece of the body; raises BodyFailure if it must not be handed out."""
        if self._container is not None:
            self._container.feed(chunk)
            if self._container.is_text:
                raise BodyFailure(StreamTruncatedError, f"this is no audio, it begins {chunk[:60]!r}")
        received = self.bytes_received + len(chunk)
        if received > EXPANSION_FLOOR and received > EXPANSION_LIMIT * self._response.bytes_downloaded:
            grown = f"{self._response.bytes_downloaded} bytes grew to more than {EXPANSION_LIMIT} times as many"
            raise BodyFailure(StreamTruncatedError, grown)
        self.bytes_received = received

    def check_time(self) -> None:
        """Raise BodyFailure if the deadline of the call has passed."""
        deadline = self._response.request.deadline
        if deadline is not None and not deadline.remaining:
            raise BodyFailure(StreamTimeoutError, f"{deadline} passed")

    def end(self) -> None:
        """Judge a body that ended without a failure; raises BodyFailure."""
        if self._is_audio and not self.bytes_received:
            raise BodyFailure(StreamTruncatedError, "there was no audio in it")
        problem = None if self._container is None else self._container.problem()
        problem = problem or self._response.shortfall(self.bytes_received, partial=self._partial)
        doubt = self._response.doubt()
        if self._strict:
            problem = problem or doubt
        if problem is not None:
            raise BodyFailure(StreamTruncatedError, problem)
        self.complete = None if doubt else True
        if doubt is not None:
            warn(f"{self._response.request.line}: {doubt}", UnverifiedStreamWarning)

    def failed(self, failure: BodyFailure) -> APIStreamError:
        """Return the error of a body that failed."""
        deadline, reason = self._response.request.deadline, failure.reason
        if failure.kind is StreamTimeoutError and deadline is not None and not deadline.remaining:
            reason = f"{deadline} passed"
        error = failure.kind(
            f"{self._response.request.line}: {_SENTENCES[failure.kind]}",
            bytes_received=self.bytes_received,
            reason=reason,
            retry_safe=self._retry_safe,
        )
        if isinstance(error, StreamResetError):
            error.error_code = failure.error_code
        error.__cause__ = failure.__cause__
        return self._response.attach_to(error)
