"""What a response that is not the result says, as an error: a refusal, or a success that cannot be read."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import cast

from . import description
from .errors import APIResponseValidationError, APIStatusError, class_for_status
from .retries import retry_after
from .transport.messages import Response

BODY_START = 200
"""Characters of a body that an error shows."""


def request_id_of(response: Response) -> str | None:
    """Return the request id of a response's header."""
    return response.headers.get(description.REQUEST_ID_HEADER)


def unreadable(
    response: Response, content: bytes, problem: str, *, retry_safe: bool | None
) -> APIResponseValidationError:
    """Return the error of a success that is no result."""
    return APIResponseValidationError(
        problem,
        response=response.read_as(_covered(response, content)),
        status_code=response.status_code,
        body=response.covered(response.text(content[: 4 * BODY_START]))[:BODY_START],
        headers=response.headers,
        request_id=request_id_of(response) or _read_error(_decode(response, content))[2],
        retry_safe=retry_safe,
    )


def refusal(response: Response, content: bytes, *, retry_safe: bool) -> APIStatusError:
    """Return the error that an error response stands for, whatever shape its body has."""
    body = _decode(response, content)
    type_, message, request_id = _read_error(body)
    by_type = description.ERROR_STATUS.get(type_ or "")
    text = message or (body.strip()[:BODY_START] if isinstance(body, str) else "") or response.reason
    return class_for_status(by_type or response.status_code)(
        text or "no message",
        response=response.read_as(_covered(response, content)),
        status_code=response.status_code,
        body=body,
        headers=response.headers,
        retry_after=retry_after(response.headers, time.time()),
        request_id=request_id_of(response) or request_id,
        type=type_,
        retry_safe=retry_safe,
    )


def _covered(response: Response, content: bytes) -> bytes:
    """Return a body without the request's secrets, should it repeat them."""
    text = response.text(content)
    shown = response.covered(text)
    return content if shown == text else shown.encode(response.encoding, errors="replace")


def _decode(response: Response, content: bytes) -> object:
    text = response.covered(response.text(content))
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return text


def _read_error(body: object) -> tuple[str | None, str | None, str | None]:
    """Return type, message and request id of an error body, in the description's shape or an older or foreign one."""
    fields = _object(body)
    error = fields.get("error")
    inner = _object(error)
    candidates = (inner.get("message"), error, fields.get("detail"), fields.get("message"), fields.get("title"))
    message = next((found for found in candidates if found), None)
    if message is not None and not isinstance(message, str):
        message = json.dumps(message, ensure_ascii=False)[:BODY_START]
    type_ = inner.get("type")
    request_id = fields.get("request_id")
    return (
        type_ if isinstance(type_, str) else None,
        message,
        request_id if isinstance(request_id, str) else None,
    )


def facts_of(body: object, headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the type and the request id that a body and the headers around it tell."""
    type_, _, request_id = _read_error(body)
    return type_, headers.get(description.REQUEST_ID_HEADER) or request_id


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def stated(
    body: Mapping[str, object],
    *,
    retry_safe: bool | None,
    response: Response | None = None,
    message: object = None,
    type_: object = None,
    status: object = None,
) -> APIStatusError:
    """Return the error that a message of a session, or an item of a stream, stands for.

    Args:
        body: The message; its type tells the status, as no response does.
        retry_safe: See APIError.
        response: What the item came in.
        message: What it says, where that does not stand in one of the usual places.
        type_: What kind of error it is, likewise.
        status: Its HTTP status, likewise.
    """
    found, said, request_id = _read_error(body)
    kind = type_ if isinstance(type_, str) else found
    number = status if type(status) is int else description.ERROR_STATUS.get(kind or "", 0)
    return class_for_status(number)(
        message if isinstance(message, str) and message else said or "no message",
        status_code=number,
        body=body,
        request_id=request_id if response is None else request_id_of(response) or request_id,
        type=kind,
        retry_safe=retry_safe,
        response=None if response is None else response.read_as(b""),
        headers=None if response is None else response.headers,
    )
