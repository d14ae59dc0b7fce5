"""Every error this package raises, as one tree.

Error                                    everything below, and whatever else goes wrong in this package
├─ InvalidArgumentError                  an argument that cannot be sent; also a ValueError; nothing was sent
├─ FileError                             a file that cannot be written
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
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


class StreamAlreadyConsumed(Error):  # noqa: N818  # the name applications know
    """The body of a streaming response was read before; it can be read once."""


class APIError(Error):
    """A call failed.

    Args:
        message: What happened, in one sentence.
        request_id: The id to give when asking for support; None if the server sent none.
        type: The error type the server named, such as `not_found_error`.
        retry_safe: Whether repeating the call can do no harm; None if that cannot be known.
    """

    def __init__(
        self,
        message: str = "",
        *,
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.request_id = request_id
        self.type = type
        self.retry_safe = retry_safe

    def _sentence(self) -> str:
        return self.message

    def __str__(self) -> str:
        sentence = self._sentence()
        return f"{sentence} (request {self.request_id})" if self.request_id else sentence


class APIConnectionError(APIError):
    """No response came: name lookup, connection, TLS, or the connection was lost before the headers."""


class APITimeoutError(APIConnectionError):
    """No response came in time."""


class APIStatusError(APIError):
    """The server answered with an error status.

    Args:
        message: What the server says went wrong.
        status_code: The HTTP status (RFC 9110 section 15).
        body: The body, decoded if it is JSON, else as text.
        headers: The response headers; names in lower case.
        retry_after: Seconds to wait before the next try, if the server said so (RFC 9110 section 10.2.3).
        request_id: See APIError.
        type: See APIError.
        retry_safe: See APIError.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status_code: int = 0,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, type=type, retry_safe=retry_safe)
        self.status_code = status_code
        self.body = body
        self.headers = dict(headers or {})
        self.retry_after = retry_after

    def _sentence(self) -> str:
        return f"{self.status_code} {self.type}: {self.message}" if self.type else f"{self.status_code}: {self.message}"


class BadRequestError(APIStatusError):
    """400: the request is malformed or holds something invalid."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing or unknown."""


class PaymentRequiredError(APIStatusError):
    """402: nothing is left to pay with."""


class PermissionDeniedError(APIStatusError):
    """403: this key may not do this."""


class NotFoundError(APIStatusError):
    """404: what the request names does not exist."""


class ConflictError(APIStatusError):
    """409: the request does not fit the state of what it names."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well formed and cannot be followed."""


class RateLimitError(APIStatusError):
    """429: too many requests."""


class InternalServerError(APIStatusError):
    """500 and above: something failed on the server's side."""


BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def class_for_status(status_code: int) -> type[APIStatusError]:
    """Return the class of errors with this HTTP status."""
    return BY_STATUS.get(status_code) or (InternalServerError if status_code >= 500 else APIStatusError)


class APIResponseValidationError(APIError):
    """A success cannot be read: it is no JSON, is cut short, or has another shape than the description gives it.

    Args:
        message: What is wrong, and where in the body.
        status_code: The HTTP status of the success.
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
        status_code: int = 0,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        request_id: str | None = None,
        type: str | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, type=type, retry_safe=retry_safe)
        self.status_code = status_code
        self.body = body
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

    partial_path: str | None = None
    """Where what had arrived was kept, if that was asked for."""

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
        kept = f"; kept in {self.partial_path}" if self.partial_path else ""
        return f"{self.message} after {self.bytes_received} bytes: {self.reason}{kept}"


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
        bytes_received: Bytes of audio that had arrived.
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


class UnverifiedStreamWarning(UserWarning):
    """A stream ended with nothing in its framing that proves it whole."""
