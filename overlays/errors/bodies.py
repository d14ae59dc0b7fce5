"""What the body of an error says, whatever shape it has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from .. import description

BODY_START = 200
"""Characters of a body that an error shows."""


class ErrorFacts(NamedTuple):
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
"""Paths where services say it, best first; of a list the first item. RFC 9457, RFC 6749 and JSON:API are among them."""


def _at(body: object, path: str) -> object:
    for step in path.split("."):
        items = cast("list[object]", body) if isinstance(body, list) else [body]
        found = items[0] if items else None
        body = cast("Mapping[str, object]", found).get(step) if isinstance(found, Mapping) else None
    return body


def _first(body: object, paths: Sequence[str], fits: Callable[[object], bool]) -> Any:
    return next((found for found in (_at(body, path) for path in paths) if fits(found)), None)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_texts(value: object) -> bool:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return bool(items) and all(map(_is_text, items))


def _is_type(value: object) -> bool:
    return _is_text(value) and value not in ("about:blank", "error")  # RFC 9457's default, and an envelope


def _is_code(value: object) -> bool:
    return type(value) is int or (isinstance(value, str) and re.fullmatch(r"[\w.:/-]+", value) is not None)


def error_facts(body: object) -> ErrorFacts:
    """Return what the body of an error says, in the description's shape or in another common one."""
    message = _first(body, _MESSAGES, lambda value: _is_text(value) or _is_texts(value))
    if isinstance(message, list):
        message = "; ".join(cast("list[str]", message))
    if message is None and (rest := _first(body, ("error", "detail", "errors", "message"), bool)) is not None:
        message = json.dumps(rest, ensure_ascii=False)[:BODY_START]
    return ErrorFacts(
        _first(body, _TYPES, _is_type), message, _first(body, _CODES, _is_code), _first(body, _REQUEST_IDS, _is_text)
    )


def facts_of(body: object, headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the error type and the request id from a body and its headers."""
    facts = error_facts(body)
    return facts.type, headers.get(description.REQUEST_ID_HEADER) or facts.request_id
