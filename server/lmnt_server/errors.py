"""Errors that a request can end in, and how each API says them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

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
        param: the field that is wrong, if it is one.
        code: what went wrong in one word, where an API has words that say more than the type.
    """

    def __init__(
        self,
        type: str,
        message: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.status = lmnt().status_of_error[type] if status is None else status
        self.headers = headers or {}
        self.param = param
        self.word = code


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


def invalid_request(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """Return the error for a request that is malformed or holds something invalid."""
    return ApiError("invalid_request_error", message, param=param, code=code)


def missing(what: str, table: str) -> ApiError:
    """Return the error for what the description has and this server has not.

    Args:
        what: what it is, such as `handler for the operation voices.preview`.
        table: where it goes, such as `OPERATIONS in server/lmnt_server/operations.py`.
    """
    return ApiError("internal_server_error", f"This server has no {what}: add it to {table}.", status=501)


ERROR_SHAPE: Final = "lmnt.error_shape"
"""The key of the ASGI scope that holds the `Shape` of the errors that this client understands."""

Shape: TypeAlias = Callable[[ApiError, str | None], dict[str, object]]
"""What says an error in JSON, from the error and the request id: the body of a response, or a message of a session."""


def lmnt_error(error: ApiError, request_id: str | None) -> dict[str, object]:
    """Return an error in the envelope of LMNT's errors page; its body repeats the request id."""
    body: dict[str, object] = {"type": "error", "error": {"type": error.type, "message": error.message}}
    return body if request_id is None else {**body, "request_id": request_id}


def audio_error(error: ApiError, request_id: str | None) -> dict[str, object]:  # noqa: ARG001  # it is in the header
    """Return an error as the API of `openapi/speech.yaml` has it."""
    kind, word = _WORDS.get(error.type, (error.type, "error"))
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": error.word or word}}


_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "invalid_request_error": ("invalid_request_error", "invalid_value"),
    "authentication_error": ("authentication_error", "invalid_api_key"),
    "payment_required_error": ("insufficient_quota", "insufficient_quota"),
    "permission_error": ("permission_error", "permission_denied"),
    "not_found_error": ("not_found_error", "not_found"),
    "rate_limit_error": ("rate_limit_error", "rate_limit_exceeded"),
    "internal_server_error": ("server_error", "server_error"),
}
"""Its type and its code of each error type."""

_AUDIO_PATH: Final = re.compile(r"(/v1)?/(audio|models)(/|$)")


def shape_of(path: str) -> Shape:
    """Return the shape of the errors of the API that a path belongs to, also where there is nothing at it."""
    return audio_error if _AUDIO_PATH.match(path) else lmnt_error
