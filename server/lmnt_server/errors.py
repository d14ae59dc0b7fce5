"""Errors that a request can end in, in the envelope of the API's errors page."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from .description import lmnt


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


class ClientGoneError(Exception):
    """The client left before it had its whole answer, so there is nobody to tell."""


class InjectedFault(Exception):  # noqa: N818 - it is a fault, and no error of this program
    """A failure that a request asked for; see `lmnt_server.faults`."""


def invalid_request(message: str) -> ApiError:
    """Return the error for a request that is malformed or holds something invalid."""
    return ApiError("invalid_request_error", message)


def error_response(error: ApiError, request_id: str) -> JSONResponse:
    """Return the response that tells an error; its body repeats the request id, as the errors page has it."""
    body = {"type": "error", "error": {"type": error.type, "message": error.message}, "request_id": request_id}
    return JSONResponse(body, status_code=error.status, headers=error.headers)
