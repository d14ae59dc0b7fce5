"""What a response that is not the result says, as an error: a refusal, or a success that cannot be read."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from . import description
from .codec import Codec, MismatchError
from .errors import APIResponseValidationError, APIStatusError, class_for_status
from .retries import retry_after
from .transport.messages import Response

BODY_START = 200
"""Characters of a body that an error shows."""


def unreadable(
    response: Response, content: bytes, problem: str, *, retry_safe: bool | None
) -> APIResponseValidationError:
    """Return the error of a success that is no result."""
    error = APIResponseValidationError(
        problem,
        response=response.read_as(_covered(response, content)),
        status_code=response.status_code,
        body=response.covered(response.text(content[: 4 * BODY_START]))[:BODY_START],
        request_id=_said(_decode(response, content)).request_id,
        retry_safe=retry_safe,
    )
    return response.told(error)


def refusal(
    response: Response, content: bytes, *, retry_safe: bool, errors: Mapping[int | str, Codec[object]] | None = None
) -> APIStatusError:
    """Return the error that an error response stands for, whatever shape its body has.

    Args:
        response: The response.
        content: Its body, or the start of it.
        retry_safe: Whether the call may be repeated.
        errors: How the bodies of errors are read, by status, by range such as `4XX`, or `default`.
    """
    body = _decode(response, content)
    said = _said(body)
    status = response.status_code
    by_type = description.ERROR_STATUS.get(said.type or "")
    text = said.message or (body.strip()[:BODY_START] if isinstance(body, str) else "") or response.reason
    error = class_for_status(by_type or status)(
        text or "no message",
        response=response.read_as(_covered(response, content)),
        status_code=status,
        body=body,
        retry_after=retry_after(response.headers, time.time()),
        request_id=said.request_id,
        type=said.type,
        code=said.code,
        parsed=_parsed(body, errors or {}, status),
        retry_safe=retry_safe,
    )
    return response.told(error)


def _parsed(body: object, errors: Mapping[int | str, Codec[object]], status: int) -> object:
    """Return what the description has the body of an error be; None if it is something else."""
    codec = errors.get(status) or errors.get(f"{status // 100}XX") or errors.get("default")
    try:
        return None if codec is None else codec.read(body)
    except (MismatchError, RecursionError):
        return None


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


class _Said(NamedTuple):
    """What the body of an error says."""

    type: str | None
    message: str | None
    code: str | int | None
    request_id: str | None


_TYPES = ("error.type", "type", "error.status")
_MESSAGES = (
    *("error.message", "error_description", "detail", "message", "Message", "errorMessage", "error_message", "msg"),
    *("error", "error.detail", "error.description", "errors.message", "errors.detail", "errors.title", "errors"),
    *("fault.faultstring", "title", "reason", "description"),
)
_CODES = ("error.code", "code", "errors.code", "errorCode", "error_code", "Code", "fault.detail.errorcode", "error")
_REQUEST_IDS = ("request_id", "requestId", "RequestId", "error.request_id")
"""Where services say it, best first; of a list the first item. RFC 9457, RFC 6749 and JSON:API are among them."""


def _at(body: object, path: str) -> object:
    for step in path.split("."):
        items = cast("list[object]", body) if isinstance(body, list) else [body]
        body = _object(items[0] if items else None).get(step)
    return body


def _first(body: object, paths: Sequence[str], fits: Callable[[object], bool]) -> Any:
    return next((found for found in (_at(body, path) for path in paths) if fits(found)), None)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_texts(value: object) -> bool:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return bool(items) and all(map(_is_text, items))


def _is_type(value: object) -> bool:
    return _is_text(value) and value not in ("about:blank", "error")  # a problem of no type (RFC 9457), and an envelope


def _is_code(value: object) -> bool:
    return type(value) is int or (isinstance(value, str) and re.fullmatch(r"[\w.:/-]+", value) is not None)


def _said(body: object) -> _Said:
    """Return what the body of an error says, in the description's shape or another that is common."""
    message = _first(body, _MESSAGES, lambda value: _is_text(value) or _is_texts(value))
    if isinstance(message, list):
        message = "; ".join(cast("list[str]", message))
    if message is None and (rest := _first(body, ("error", "detail", "errors", "message"), bool)) is not None:
        message = json.dumps(rest, ensure_ascii=False)[:BODY_START]
    return _Said(
        _first(body, _TYPES, _is_type), message, _first(body, _CODES, _is_code), _first(body, _REQUEST_IDS, _is_text)
    )


def facts_of(body: object, headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the type and the request id that a body and the headers around it tell."""
    said = _said(body)
    return said.type, headers.get(description.REQUEST_ID_HEADER) or said.request_id


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
    said = _said(body)
    kind = type_ if isinstance(type_, str) else said.type
    number = status if type(status) is int else description.ERROR_STATUS.get(kind or "", 0)
    error = class_for_status(number)(
        message if isinstance(message, str) and message else said.message or "no message",
        status_code=number,
        body=body,
        request_id=said.request_id,
        type=kind,
        code=said.code,
        retry_safe=retry_safe,
        response=None if response is None else response.read_as(b""),
    )
    return error if response is None else response.told(error)
