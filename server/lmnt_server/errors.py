"""Errors that a request can end in, in the envelope of the API's errors page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse

from .description import lmnt

# Close codes of WebSocket (RFC 6455 section 7.4.1, and IANA's registry).
PROTOCOL_ERROR: Final = 1002
POLICY_VIOLATION: Final = 1008
TOO_BIG: Final = 1009
INTERNAL_ERROR: Final = 1011
TRY_AGAIN_LATER: Final = 1013


class ApiError(Exception):
    """A request that ends in an error.

    Args:
        type: the error type, one of the description's ErrorType.
        message: a sentence for people; it must hold nothing secret.
        status: the HTTP status; the description's for the type unless given (405 and 5xx have none of their own).
        headers: more response headers, such as `allow`.
    """

    def __init__(
        self, type: str, message: str, *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.status = lmnt().status_of_error[type] if status is None else status
        self.headers = headers or {}


class SessionError(ApiError):
    """What a client did wrong in a session, with the code to close it with."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__("invalid_request_error", message)
        self.code = code


def close_code(error: ApiError) -> int:
    """Return the WebSocket close code for an error.

    Choice: the service's documents name none but 1000. What a client must not send at all is 1002 (protocol error), too
    long a message 1009, a message that asks for something wrong or not allowed 1008 (policy violation).
    """
    return error.code if isinstance(error, SessionError) else _CODES.get(error.type, POLICY_VIOLATION)


_CODES: Final[Mapping[str, int]] = {"internal_server_error": INTERNAL_ERROR, "rate_limit_error": TRY_AGAIN_LATER}


class ClientGoneError(Exception):
    """The client left before it had its whole answer, so there is nobody to tell."""


class InjectedFault(Exception):  # noqa: N818  # it is a fault, and no error of this program
    """A failure that a request asked for; see `lmnt_server.faults`."""


def invalid_request(message: str) -> ApiError:
    """Return the error for a request that is malformed or holds something invalid."""
    return ApiError("invalid_request_error", message)


def missing(what: str, table: str) -> ApiError:
    """Return the error for what the description has and this server has not.

    Args:
        what: what it is, such as `handler for the operation voices.preview`.
        table: where it goes, such as `OPERATIONS in server/lmnt_server/operations.py`.
    """
    return ApiError("internal_server_error", f"This server has no {what}: add it to {table}.", status=501)


def error_response(error: ApiError, request_id: str) -> JSONResponse:
    """Return the response that tells an error; its body repeats the request id, as the errors page has it."""
    return JSONResponse(error_body(error, request_id), status_code=error.status, headers=error.headers)


def error_body(error: ApiError, request_id: str) -> dict[str, object]:
    """Return what says an error in JSON: the body of a response, or a message of a session."""
    return {"type": "error", "error": {"type": error.type, "message": error.message}, "request_id": request_id}
