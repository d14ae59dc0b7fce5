"""Every error this package raises, as one tree.

Error                                    the base of all below, and any other failure of this package
├─ InvalidArgumentError                  an argument that cannot be sent; also a ValueError; nothing was sent
├─ FileError                             a file that cannot be written
├─ NotPicklableError                     an object that cannot be pickled or copied; also a TypeError
├─ StreamAlreadyConsumed                 a body that was already read
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
      ├─ StreamTruncatedError            ended early, or was empty
      ├─ StreamTimeoutError              no data in time; also an APITimeoutError
      └─ SessionClosedError              a WebSocket session closed before its work was done

Each error keeps its facts as attributes and makes its message from them. Constructors take one positional argument and
keyword arguments with defaults, so that pickle can rebuild an exception with its attributes and notes.

Imports hints.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Generic, Self, TypeAlias, TypeVar, overload

from ..hints import http_types

T = TypeVar("T")
Shown: TypeAlias = T | Callable[[], T | None] | None
"""An object of httpx, or a function that makes it: only the few errors whose object is read load httpx."""

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
        path: The file that cannot be written.
    """

    def __init__(self, message: str = "", *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class NotPicklableError(Error, TypeError):  # pyright: ignore[reportUnsafeMultipleInheritance]  # TypeError adds no state
    """A client, a stream or another object that belongs to its process cannot be pickled or copied.

    The text says what to do. It is a TypeError too, as Python raises for objects that cannot be pickled.
    """


class StreamAlreadyConsumed(Error):  # noqa: N818  # the name applications know
    """The body of a streaming response was already read; it can be read only once."""


class _WhenAsked(Generic[T]):
    """An attribute that is made from what was set, when it is first read."""

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


class APIError(Error):
    """A call failed.

    Args:
        message: What happened, in one sentence.
        request: The request that failed, its key redacted; None within a session.
        body: The body that the server sent, where it is known.
        request_id: The id to give when asking for support; None if the server sent none.
        type: The error type the server named, such as `not_found_error`.
        retry_safe: Whether the call can safely be repeated; None if that is unknown.
    """

    request: _WhenAsked[http_types.Request] = _WhenAsked()

    response: _WhenAsked[http_types.Response] = _WhenAsked()
    """The response, with as much of its body as this error needed; None where there was none."""

    headers: dict[str, str]
    """The response headers, names in lower case, in a session those of its handshake; empty where there was none."""

    partial_path: str | None = None
    """The file that holds the received part of a failed download, if keeping it was asked for."""

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

    def _came_with(self, response: http_types.Response | None, headers: Mapping[str, str] | None) -> None:
        """Set the response, and take from it what is not given: applications make such errors in tests of their own."""
        self.response = response
        if headers is None and response is not None:
            headers = response.headers
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        if response is not None:
            from .bodies import facts_of

            type_, request_id = facts_of(self.body, self.headers)
            self.type, self.request_id = self.type or type_, self.request_id or request_id
            with suppress(RuntimeError):  # a test has made it without a request
                self.request = response.request

    def __reduce__(self) -> str | tuple[Any, ...]:
        _ = self.request, self.response  # the function that makes them refers to more than an error should keep alive
        return super().__reduce__()

    def _sentence(self) -> str:
        return self.message

    def __str__(self) -> str:
        sentence = f"{self._sentence()}; kept in {self.partial_path}" if self.partial_path else self._sentence()
        return f"{sentence} (request {self.request_id})" if self.request_id else sentence


class APIConnectionError(APIError):
    """No response: name lookup, connection or TLS failed, or the connection was lost before the headers."""


class APITimeoutError(APIConnectionError):
    """No response in time."""


class APIStatusError(APIError):
    """The server answered with an error status.

    Args:
        message: What the server says went wrong.
        response: The response, with as much body as was read; gives headers and status if they are not given.
        status_code: The HTTP status (RFC 9110 section 15); without a response too, that of the class.
        body: The body, decoded if it is JSON, else as text.
        headers: The response headers; names in lower case.
        retry_after: Seconds to wait before the next try, if the server said so (RFC 9110 section 10.2.3).
        request_id: See APIError.
        type: See APIError.
        code: The error code in the body, such as `quota_exceeded` or 1042.
        parsed: The body as the description's type for this status, such as a model; None if it does not match that.
        retry_safe: See APIError.
    """

    status_code: int = 0

    def __init__(
        self,
        message: str = "",
        *,
        response: http_types.Response | None = None,
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
        super().__init__(message, body=body, request_id=request_id, type=type, retry_safe=retry_safe)
        self.code = code
        self.parsed = parsed
        self.retry_after = retry_after
        self._came_with(response, headers)
        if status_code is not None or response is not None:
            self.status_code = getattr(response, "status_code", 0) if status_code is None else status_code

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
    """402: the account has no credit left."""

    status_code = 402


class PermissionDeniedError(APIStatusError):
    """403: this key does not permit the call."""

    status_code = 403


class NotFoundError(APIStatusError):
    """404: the resource that the request names does not exist."""

    status_code = 404


class ConflictError(APIStatusError):
    """409: the request conflicts with the state of the resource."""

    status_code = 409


class UnprocessableEntityError(APIStatusError):
    """422: the request is well formed, but cannot be processed."""

    status_code = 422


class RateLimitError(APIStatusError):
    """429: too many requests."""

    status_code = 429


class InternalServerError(APIStatusError):
    """500 and above: the server failed."""


BY_STATUS: Mapping[int, type[APIStatusError]] = {
    kind.status_code: kind for kind in APIStatusError.__subclasses__() if kind.status_code
}


def class_for_status(status_code: int) -> type[APIStatusError]:
    """Return the class of errors with this HTTP status."""
    return BY_STATUS.get(status_code) or (InternalServerError if status_code >= 500 else APIStatusError)


class APIResponseValidationError(APIError):
    """A success cannot be read: it is not JSON, is cut short, or does not match the description.

    Args:
        message: What is wrong, and where in the body.
        response: The response, with the part of the body that was read.
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
        response: http_types.Response | None = None,
        status_code: int = 0,
        body: object = "",
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(message, body=body, request_id=request_id, type=type, retry_safe=retry_safe)
        self._came_with(response, headers)
        self.status_code = status_code or getattr(response, "status_code", 0)

    def _sentence(self) -> str:
        return f"{self.message}; the body begins {self.body!r}" if self.body else self.message


class APIStreamError(APIError):
    """A response failed after it had begun.

    Args:
        message: What happened, in one sentence.
        bytes_received: Bytes of the body received, after content decoding; all of them were handed out.
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
    """The stream ended early, or was empty."""


class StreamTimeoutError(APIStreamError, APITimeoutError):  # pyright: ignore[reportUnsafeMultipleInheritance]  # both reach APIError
    """No data arrived within the read timeout."""


class SessionClosedError(APIStreamError):
    """A WebSocket session closed before its work was done.

    Args:
        message: What happened, in one sentence.
        code: The close code (RFC 6455 section 7.4); None if the connection was lost without one.
        unanswered: The nonces of the flushes and resets that were not answered, in order.
        bytes_received: Bytes of audio received.
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
    """A stream ended, and nothing in its framing proves that it is complete."""


def warn(text: str, category: type[Warning]) -> None:
    """Warn at the line of the application."""
    frame, level = sys._getframe(), 1  # pyright: ignore[reportPrivateUsage]  # as `warnings` does it; 3.12 has `skip_file_prefixes`
    package = f"{__name__.rpartition('.')[0]}."
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(package):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)
