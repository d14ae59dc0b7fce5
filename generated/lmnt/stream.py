"""Whether a body came whole. One guard decides; two thin shells do the reading."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Protocol

from .errors import (
    APIStreamError,
    InvalidArgumentError,
    StreamResetError,
    StreamTimeoutError,
    StreamTruncatedError,
    UnverifiedStreamWarning,
)
from .transport import Response
from .transport.network_errors import BodyFailure, body_failures

_SENTENCES: dict[type[APIStreamError], str] = {
    StreamResetError: "the stream was reset",
    StreamTimeoutError: "the stream stalled",
    StreamTruncatedError: "the stream ended early",
}


EXPANSION_FLOOR = 16 << 20
"""Bytes that a content coding may always become."""

EXPANSION_LIMIT = 200
"""Bytes that one byte of a content coding may become; text is far below, a decompression bomb at about 1000."""


class Container(Protocol):
    """What follows the structure of a body and can tell that it is not whole."""

    is_text: bool
    """Whether the body began like JSON or HTML, as an error does that was sent as audio."""

    def feed(self, chunk: bytes) -> None:
        """Follow a piece of the body."""
        ...

    def problem(self) -> str | None:
        """Return what is missing from a body that ended here, or None."""
        ...


class StreamGuard:
    """Counts a body and judges its end.

    Args:
        response: The response the body belongs to.
        request_id: The id that errors carry.
        retry_safe: Whether errors may call a repetition safe; None for bytes, part of which may have been used.
        is_audio: Whether a body without a byte is a failure.
        container: What knows the format of the audio, if anything does.
        strict: Whether an end that cannot be proved is a failure.
    """

    def __init__(
        self,
        response: Response,
        *,
        request_id: str | None,
        retry_safe: bool | None,
        is_audio: bool,
        container: Container | None,
        strict: bool,
    ) -> None:
        self._response = response
        self._request_id = request_id
        self._retry_safe = retry_safe
        self._is_audio = is_audio
        self._container = container
        self._strict = strict
        self.bytes_received = 0
        self.complete: bool | None = False
        """True once the whole body is here; None if the framing cannot prove that; False until then."""

    def feed(self, chunk: bytes) -> None:
        """Take note of a piece of the body; raises BodyFailure for one that is not to be handed out."""
        if self._container is not None:
            self._container.feed(chunk)
            if self._container.is_text:
                raise BodyFailure(StreamTruncatedError, f"this is no audio, it begins {chunk[:60]!r}")
        came = self._response.http.num_bytes_downloaded
        if self.bytes_received + len(chunk) > max(EXPANSION_FLOOR, EXPANSION_LIMIT * came):
            raise BodyFailure(StreamTruncatedError, f"{came} bytes grew to more than {EXPANSION_LIMIT} times as many")
        self.bytes_received += len(chunk)

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
        if problem is not None:
            raise BodyFailure(StreamTruncatedError, problem)
        if self._response.is_framed:
            self.complete = True
            return
        reason = "the server gave neither a length nor a last chunk, so nothing proves that this is all"
        if self._strict:
            raise BodyFailure(StreamTruncatedError, reason)
        self.complete = None
        warnings.warn(f"{self._response.request.line}: {reason}", UnverifiedStreamWarning, stacklevel=3)

    def failed(self, failure: BodyFailure) -> APIStreamError:
        """Return the error of a body that failed."""
        deadline, reason = self._response.request.deadline, failure.reason
        if failure.kind is StreamTimeoutError and deadline is not None and not deadline.remaining:
            reason = f"{deadline} passed"
        error = failure.kind(
            f"{self._response.request.line}: {_SENTENCES[failure.kind]}",
            bytes_received=self.bytes_received,
            reason=reason,
            request_id=self._request_id,
            retry_safe=self._retry_safe,
        )
        error.request = self._response.request.shown()
        if isinstance(error, StreamResetError):
            error.error_code = failure.error_code
        return error


class Pieces:
    """Cuts a body into pieces of one size; with no size, leaves it as it comes."""

    def __init__(self, size: int | None) -> None:
        if size is not None and size < 1:
            raise InvalidArgumentError(f"chunk_size must be at least 1, or None for pieces as they come; got {size}")
        self._size = size
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Add a chunk and return the pieces that are full."""
        if self._size is None:
            yield chunk
            return
        self._rest += chunk
        while len(self._rest) >= self._size:
            piece = bytes(self._rest[: self._size])
            del self._rest[: self._size]
            yield piece

    def rest(self) -> Iterator[bytes]:
        """Return what is left."""
        if self._rest:
            yield bytes(self._rest)


def cut(content: bytes, size: int | None) -> Iterator[bytes]:
    """Return a whole body in pieces."""
    pieces = Pieces(size)
    yield from pieces.feed(content)
    yield from pieces.rest()


def read_body(response: Response, guard: StreamGuard, size: int | None = None) -> Iterator[bytes]:
    """Read a body to its end and free the connection; raises APIStreamError after all that came was handed out."""
    pieces = Pieces(size)
    try:
        try:
            with body_failures(response):
                for chunk in response.chunks():
                    guard.feed(chunk)
                    yield from pieces.feed(chunk)
                    guard.check_time()
            guard.end()
        except BodyFailure as failure:
            yield from pieces.rest()
            raise guard.failed(failure) from failure.__cause__
        yield from pieces.rest()
    finally:
        response.close()


async def aread_body(response: Response, guard: StreamGuard, size: int | None = None) -> AsyncIterator[bytes]:
    """Read a body to its end and free the connection; raises APIStreamError after all that came was handed out."""
    pieces = Pieces(size)
    try:
        try:
            with body_failures(response):
                async for chunk in response.achunks():
                    guard.feed(chunk)
                    for piece in pieces.feed(chunk):
                        yield piece
                    guard.check_time()
            guard.end()
        except BodyFailure as failure:
            for piece in pieces.rest():
                yield piece
            raise guard.failed(failure) from failure.__cause__
        for piece in pieces.rest():
            yield piece
    finally:
        await response.aclose()


def read_start(response: Response, limit: int) -> bytes:
    """Read at most so many bytes of a body, whole or not, and free the connection."""
    start = bytearray()
    try:
        with suppress(BodyFailure), body_failures(response):
            for chunk in response.chunks():
                start += chunk
                if len(start) >= limit:
                    break
    finally:
        response.close()
    return bytes(start[:limit])


async def aread_start(response: Response, limit: int) -> bytes:
    """Read at most so many bytes of a body, whole or not, and free the connection."""
    start = bytearray()
    try:
        with suppress(BodyFailure), body_failures(response):
            async for chunk in response.achunks():
                start += chunk
                if len(start) >= limit:
                    break
    finally:
        await response.aclose()
    return bytes(start[:limit])
