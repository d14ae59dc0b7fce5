"""Errors made of responses: error statuses, successes that cannot be read, errors within a stream or a session."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import cast

from .. import description
from ..errors import APIResponseValidationError, APIStatusError, class_for_status
from ..errors.bodies import BODY_START, error_facts
from ..settings.retries import retry_after
from ..transport.messages import Response
from ..values.codec import Codec, MismatchError


def validation_error(
    response: Response, content: bytes, problem: str, *, retry_safe: bool | None
) -> APIResponseValidationError:
    """Return the error for a success that cannot be read."""
    error = APIResponseValidationError(
        problem,
        status_code=response.status_code,
        body=response.redacted(response.text(content[: 4 * BODY_START]))[:BODY_START],
        request_id=error_facts(_decode(response, content)).request_id,
        retry_safe=retry_safe,
    )
    return response.attach_to(error, _redacted(response, content))


def status_error(
    response: Response, content: bytes, *, retry_safe: bool, errors: Mapping[int | str, Codec[object]] | None = None
) -> APIStatusError:
    """Return the error for an error status, whatever the shape of its body, or of the start of it.

    `errors` are the codecs of their bodies, by status, by range such as `4XX`, or `default`.
    """
    body = _decode(response, content)
    facts = error_facts(body)
    status = response.status_code
    by_type = description.ERROR_STATUS.get(facts.type or "")
    text = facts.message or (body.strip()[:BODY_START] if isinstance(body, str) else "") or response.reason
    error = class_for_status(by_type or status)(
        text or "no message",
        status_code=status,
        body=body,
        retry_after=retry_after(response.headers, time.time()),
        request_id=facts.request_id,
        type=facts.type,
        code=facts.code,
        parsed=_parsed(body, errors or {}, status),
        retry_safe=retry_safe,
    )
    return response.attach_to(error, _redacted(response, content))


def _parsed(body: object, errors: Mapping[int | str, Codec[object]], status: int) -> object:
    """Return an error's body as the type in the description; None if it does not match that."""
    codec = errors.get(status) or errors.get(f"{status // 100}XX") or errors.get("default")
    try:
        return None if codec is None else codec.read(body)
    except (MismatchError, RecursionError):
        return None


def _redacted(response: Response, content: bytes) -> bytes:
    """Return a body with the request's secrets redacted, should it repeat them."""
    text = response.text(content)
    shown = response.redacted(text)
    return content if shown == text else shown.encode(response.encoding, errors="replace")


def _decode(response: Response, content: bytes) -> object:
    text = response.redacted(response.text(content))
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return text


def in_band_error(
    body: Mapping[str, object],
    *,
    retry_safe: bool | None,
    response: Response | None = None,
    message: object = None,
    type_: object = None,
    status: object = None,
) -> APIStatusError:
    """Return the error for a message of a session, or an item of a stream, whose error type determines the status.

    Message, type and status are given where they are not in the usual fields.
    """
    facts = error_facts(body)
    kind = type_ if isinstance(type_, str) else facts.type
    number = status if type(status) is int else description.ERROR_STATUS.get(kind or "", 0)
    error = class_for_status(number)(
        message if isinstance(message, str) and message else facts.message or "no message",
        status_code=number,
        body=body,
        request_id=facts.request_id,
        type=kind,
        code=facts.code,
        retry_safe=retry_safe,
    )
    return error if response is None else response.attach_to(error)
