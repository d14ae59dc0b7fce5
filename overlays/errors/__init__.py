"""Every error this package raises, as one tree.

Error                                    everything below, and whatever else goes wrong in this package
├─ InvalidArgumentError                  an argument that cannot be sent; also a ValueError; nothing was sent
├─ FileError                             a file that cannot be written
├─ NotPicklableError                     what was to be pickled or copied belongs to its process; also a TypeError
├─ StreamAlreadyConsumed                 a body that was read before
└─ APIError
   ├─ APIConnectionError                 no response: name lookup, connection refused, TLS, lost before the headers
   │  └─ APITimeoutError                 no response in time
   ├─ APIStatusError                     the server answered with an error status
   │  ├─ BadRequestError                 400
   │  ├─ AuthenticationError             401
   │  ├─ PaymentRequiredError            402
   │  ├─ PermissionDeniedError           403
   │  ├─ NotFoundError                   404
   │  ├─ ConflictError                   409
   │  ├─ UnprocessableEntityError        422
   │  ├─ RateLimitError                  429
   │  └─ InternalServerError             500 and above
   ├─ APIResponseValidationError         a success that cannot be read
   └─ APIStreamError                     failed after the response had begun
      ├─ StreamResetError                HTTP/2 RST_STREAM or GOAWAY, or a TCP reset
      ├─ StreamTruncatedError            ended early, or held nothing at all
      ├─ StreamTimeoutError              no data in time; also an APITimeoutError
      └─ SessionClosedError              a WebSocket session closed before its work was done

Each error keeps its facts as attributes and makes its sentence from them. One positional argument and keyword arguments
with defaults alone: that is what lets pickle rebuild an exception, its attributes and its notes.

Imports hints.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Self, TypeAlias, TypeVar, overload

from ..hints import http_types

T = TypeVar("T")
Shown: TypeAlias = T | Callable[[], T | None] | None
"""An object of httpx, or what makes it: few errors are asked for theirs, and only those load httpx."""

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APIStreamError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "Error",
    "FileError",
    "InternalServerError",
    "InvalidArgumentError",
    "NotFoundError",
    "NotPicklableError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "RateLimitError",
    "SessionClosedError",
    "StreamAlreadyConsumed",
    "StreamResetError",
    "StreamTimeoutError",
    "StreamTruncatedError",
    "UnprocessableEntityError",
    "UnverifiedStreamWarning",
]


class Error(Exception):
    """The base of every error this package raises.

    Args:
        message: What happened, in one sentence.
    """

    def __init__(self, message: str = "") -> None:
        if not isinstance(message, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # applications make errors, too
            text = f"{type(self).__name__}: the first argument is the message; name the others"  # pyright: ignore[reportUnreachable]
            raise TypeError(text)
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class InvalidArgumentError(Error, ValueError):  # pyright: ignore[reportUnsafeMultipleInheritance]  # ValueError adds no state
    """An argument cannot be sent as it is; nothing was sent."""


class FileError(Error):
    """A file cannot be written; the OSError is the cause.

    Args:
        message: What happened, in one sentence.
        path: The file that was to be written.
    """

    def __init__(self, message: str = "", *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class NotPicklableError(Error, TypeError):  # pyright: ignore[reportUnsafeMultipleInheritance]  # TypeError adds no state
    """A client, a stream or the like was to be pickled or copied, and belongs to its process; the text says what to do.

    Python raises a TypeError for what cannot be pickled, and programs that try it expect one.
    """


class StreamAlreadyConsumed(Error):  # noqa: N818  # the name applications know
    """The body of a streaming response was read before; it can be read once."""


class _WhenAsked(Generic[T]):
    """An attribute that is made when it is read first, from what was set."""

    _name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, error: None, owner: type) -> Self: ...

    @overload
    def __get__(self, error: object, owner: type) -> T | None: ...

    def __get__(self, error: object, owner: type) -> Any:
        if error is None:
            return self
        value = vars(error)[self._name]
        if callable(value):
            value = vars(error)[self._name] = value()
        return value

    def __set__(self, error: object, value: Shown[T]) -> None:
        vars(error)[self._name] = value


def _request_of(response: http_types.Response | None) -> http_types.Request | None:
    """Return the request that a response answers; one that a test makes up may answer none."""
    try:
        return None if response is None else response.request
    except RuntimeError:
        return None


class APIError(Error):
    """A call failed.

    Args:
        message: What happened, in one sentence.
        request: The request that failed, its key redacted; None within a session.
        body: What the server sent, where that is known.
        request_id: The id to give when asking for support; None if the server sent none.
        type: The error type the server named, such as `not_found_error`.
        retry_safe: Whether repeating the call can do no harm; None if that cannot be known.
    """

    request: _WhenAsked[http_types.Request] = _WhenAsked()

    response: _WhenAsked[http_types.Response] = _WhenAsked()
    """The response, with as much of its body as this error needed; None where there was none."""

    headers: dict[str, str]
    """The response headers, names in lower case; empty where there was no response."""

    partial_path: str | None = None
    """Where what had arrived of a download was kept, if that was asked for."""

    def __init__(
        self,
        message: str = "",
        request: Shown[http_types.Request] = None,
        *,
        body: object = None,
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.request = request
        self.response = None
        self.body = body
        self.headers = {}
        self.request_id = request_id
        self.type = type
        self.retry_safe = retry_safe

    def __reduce__(self) -> str | tuple[Any, ...]:
        _ = self.request, self.response  # what makes them holds more than is to be kept
        return super().__reduce__()

    def _sentence(self) -> str:
        return self.message

    def __str__(self) -> str:
        sentence = f"{self._sentence()}; kept in {self.partial_path}" if self.partial_path else self._sentence()
        return f"{sentence} (request {self.request_id})" if self.request_id else sentence


class APIConnectionError(APIError):
    """No response came: name lookup, connection, TLS, or the connection was lost before the headers."""


class APITimeoutError(APIConnectionError):
    """No response came in time."""


class APIStatusError(APIError):
    """The server answered with an error status.

    Args:
        message: What the server says went wrong.
        response: The response, read as far as its error is; its headers and its status hold where none are given.
        status_code: The HTTP status (RFC 9110 section 15); that of the class if there is no response either.
        body: The body, decoded if it is JSON, else as text.
        headers: The response headers; names in lower case.
        retry_after: Seconds to wait before the next try, if the server said so (RFC 9110 section 10.2.3).
        request_id: See APIError.
        type: See APIError.
        code: The code that the body gives what went wrong, such as `quota_exceeded` or 1042.
        parsed: The body as the description has that of this status, a model for example; None if it is something else.
        retry_safe: See APIError.
    """

    status_code: int = 0

    def __init__(
        self,
        message: str = "",
        *,
        response: Shown[http_types.Response] = None,
        status_code: int | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        type: str | None = None,
        code: str | int | None = None,
        parsed: object = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(
            message,
            None if response is None else lambda: _request_of(self.response),
            body=body,
            request_id=request_id,
            type=type,
            retry_safe=retry_safe,
        )
        self.code = code
        self.parsed = parsed
        self.response = response
        self.headers = dict(headers or {})
        self.retry_after = retry_after
        if status_code is not None:
            self.status_code = status_code
        elif self.response is not None:
            self._take_from(self.response)

    def _take_from(self, response: http_types.Response) -> None:
        """Take from a response what is known of it: applications make such errors to test what they do about them."""
        from .bodies import facts_of

        self.status_code = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        type_, request_id = facts_of(self.body, self.headers)
        self.type, self.request_id = self.type or type_, self.request_id or request_id

    def _sentence(self) -> str:
        # An error within a session has a status only if its type is known.
        facts = " ".join(str(fact) for fact in (self.status_code, self.type) if fact)
        return f"{facts}: {self.message}" if facts else self.message


class BadRequestError(APIStatusError):
    """400: the request is malformed or holds something invalid."""

    status_code = 400


class AuthenticationError(APIStatusError):
    """401: the API key is missing or unknown."""

    status_code = 401


class PaymentRequiredError(APIStatusError):
    """402: nothing is left to pay with."""

    status_code = 402


class PermissionDeniedError(APIStatusError):
    """403: this key may not do this."""

    status_code = 403


class NotFoundError(APIStatusError):
    """404: what the request names does not exist."""

    status_code = 404


class ConflictError(APIStatusError):
    """409: the request does not fit the state of what it names."""

    status_code = 409


class UnprocessableEntityError(APIStatusError):
    """422: the request is well formed and cannot be followed."""

    status_code = 422


class RateLimitError(APIStatusError):
    """429: too many requests."""

    status_code = 429


class InternalServerError(APIStatusError):
    """500 and above: something failed on the server's side."""


BY_STATUS: Mapping[int, type[APIStatusError]] = {
    kind.status_code: kind for kind in APIStatusError.__subclasses__() if kind.status_code
}


def class_for_status(status_code: int) -> type[APIStatusError]:
    """Return the class of errors with this HTTP status."""
    return BY_STATUS.get(status_code) or (InternalServerError if status_code >= 500 else APIStatusError)


class APIResponseValidationError(APIError):
    """A success cannot be read: it is no JSON, is cut short, or has another shape than the description gives it.

    Args:
        message: What is wrong, and where in the body.
        response: The response, read as far as this error needs it.
        status_code: The HTTP status of the success; the response's if none is given.
        body: The start of the body, as text.
        headers: The response headers; names in lower case.
        request_id: See APIError.
        type: See APIError.
        retry_safe: See APIError.
    """

    def __init__(
        self,
        message: str = "",
        *,
        response: Shown[http_types.Response] = None,
        status_code: int = 0,
        body: object = "",
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(
            message,
            None if response is None else lambda: _request_of(self.response),
            body=body,
            request_id=request_id,
            type=type,
            retry_safe=retry_safe,
        )
        self.response = response
        self.status_code = status_code or getattr(self.response, "status_code", 0)
        self.headers = dict(headers or {})

    def _sentence(self) -> str:
        return f"{self.message}; the body begins {self.body!r}" if self.body else self.message


class APIStreamError(APIError):
    """A response failed after it had begun.

    Args:
        message: What happened, in one sentence.
        bytes_received: Bytes of the body that had arrived, content coding undone; all of them were handed out.
        reason: What ended the stream, in a few words for programs and logs.
        request_id: See APIError.
        type: See APIError.
        retry_safe: See APIError.
    """

    def __init__(
        self,
        message: str = "",
        *,
        bytes_received: int = 0,
        reason: str = "",
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, type=type, retry_safe=retry_safe)
        self.bytes_received = bytes_received
        self.reason = reason

    def _sentence(self) -> str:
        return f"{self.message} after {self.bytes_received} bytes: {self.reason}"


class StreamResetError(APIStreamError):
    """The server or the network reset the stream.

    Args:
        message: What happened, in one sentence.
        error_code: The HTTP/2 error code (RFC 9113 section 7); None for a TCP reset.
        bytes_received: See APIStreamError.
        reason: See APIStreamError.
        request_id: See APIError.
        type: See APIError.
        retry_safe: See APIError.
    """

    def __init__(
        self,
        message: str = "",
        *,
        error_code: int | None = None,
        bytes_received: int = 0,
        reason: str = "",
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(
            message,
            bytes_received=bytes_received,
            reason=reason,
            request_id=request_id,
            type=type,
            retry_safe=retry_safe,
        )
        self.error_code = error_code


class StreamTruncatedError(APIStreamError):
    """The stream ended before its end, or held nothing at all."""


class StreamTimeoutError(APIStreamError, APITimeoutError):  # pyright: ignore[reportUnsafeMultipleInheritance]  # both reach APIError
    """No data came for the read timeout."""


class SessionClosedError(APIStreamError):
    """A WebSocket session closed before its work was done.

    Args:
        message: What happened, in one sentence.
        code: The close code (RFC 6455 section 7.4); None if the connection was lost without one.
        unanswered: The nonces of the flushes and resets that were never answered, in order.
        bytes_received: Bytes that had arrived, without the messages around them.
        reason: The close reason.
        request_id: See APIError.
        type: See APIError.
        retry_safe: See APIError.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: int | None = None,
        unanswered: Sequence[int] = (),
        bytes_received: int = 0,
        reason: str = "",
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(
            message,
            bytes_received=bytes_received,
            reason=reason,
            request_id=request_id,
            type=type,
            retry_safe=retry_safe,
        )
        self.code = code
        self.unanswered = tuple(unanswered)

    def _sentence(self) -> str:
        code = "" if self.code is None else f", code {self.code}"
        nonces = ", ".join(map(str, self.unanswered))
        unanswered = f"; unanswered: {nonces}" if nonces else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.message}{code}, after {self.bytes_received} bytes{reason}{unanswered}"


class UnverifiedStreamWarning(UserWarning):
    """A stream ended with nothing in its framing that proves it whole."""


def warn(text: str, category: type[Warning]) -> None:
    """Warn at the line of the application."""
    frame, level = sys._getframe(), 1  # pyright: ignore[reportPrivateUsage]  # as `warnings` does it; 3.12 has `skip_file_prefixes`
    package = f"{__name__.rpartition('.')[0]}."
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(package):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)
