"""One call from its arguments to its response: headers, redirects, retries and errors, with no I/O.

`exchange` is a generator. It yields what is to be done and gets the outcome back; a driver of a few lines does it, one
for sync and one for async. Failures are thrown into the generator as errors of ours.
"""

from __future__ import annotations

import json
import logging
import platform
import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast
from urllib.parse import quote, urlencode, urljoin, urlsplit

from . import description
from .codec import anything
from .deadline import Deadline
from .errors import APIConnectionError, APIError, InvalidArgumentError
from .failures import refusal, request_id_of, unreadable
from .omit import Omit
from .operation import JSONBody, MultipartBody, Operation, arguments_of, query_pairs, with_extra
from .options import SECRET_HEADERS, CallOptions, ClientOptions, Secret, check_headers, given
from .retries import LONGEST_RETRY_AFTER, backoff, is_retried
from .stream import StreamGuard
from .transport import Request, Response

logger = logging.getLogger(description.PACKAGE)

ERROR_BODY_LIMIT = 1 << 20
"""Bytes of an error's body that are read; what an error says fits many times over."""

LONGEST_REDIRECT_CHAIN = 5


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request; the outcome is a Response, or an APIConnectionError is thrown."""

    request: Request


@dataclass(frozen=True, slots=True)
class Read:
    """Read the body to its end; the outcome is its bytes, or an APIStreamError is thrown."""

    response: Response
    guard: StreamGuard


@dataclass(frozen=True, slots=True)
class ReadStart:
    """Read at most so many bytes of the body and close; the outcome is what came, whole or not."""

    response: Response
    limit: int


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for so many seconds."""

    seconds: float


Step: TypeAlias = Send | Read | ReadStart | Sleep


@dataclass(frozen=True, slots=True)
class Reply:
    """A success: the response, its body if it was read, and how many retries it took."""

    operation: Operation[Any]
    response: Response
    guard: StreamGuard
    content: bytes | None
    retries: int


def exchange(
    operation: Operation[Any], options: ClientOptions, call: CallOptions, *, buffered: bool
) -> Generator[Step, Any, Reply]:
    """Carry out one call.

    Args:
        operation: What to call.
        options: The client's settings.
        call: The settings of this call.
        buffered: Whether to read the whole body before returning.

    Raises:
        APIError: The call failed; every error of the tree but those of a stream that is read later.
        InvalidArgumentError: The extra arguments cannot be sent.
    """
    deadline = Deadline.starting_now(given(call.deadline, options.deadline))
    max_retries = given(call.max_retries, options.max_retries)
    with arguments_of(operation.id):
        first = _request(operation, options, call, deadline)
    failure: APIError
    wait: float | None
    attempt = 0
    while True:
        request, hops = first, 0
        try:
            while True:
                response = cast("Response", (yield Send(_numbered(request, attempt))))
                target = _redirect(request, response)
                if target is None or hops == LONGEST_REDIRECT_CHAIN:
                    break
                yield ReadStart(response, 0)
                request, hops = target, hops + 1
        except APIConnectionError as error:
            if error.retry_safe is None:
                error.retry_safe = operation.retry_safe
            failure, wait, again = error, None, bool(error.retry_safe)
        else:
            logger.debug("%s %s (request %s)", response.request.line, response.status_code, request_id_of(response))
            if 200 <= response.status_code < 300:
                if operation.result is None and response.is_text:
                    content = cast("bytes", (yield ReadStart(response, ERROR_BODY_LIMIT)))
                    problem = f"{operation.id}: the server sent {response.media_type} where audio should be"
                    raise unreadable(response, content, problem, retry_safe=operation.retry_safe)
                guard = _guard(operation, options, response)
                body = cast("bytes", (yield Read(response, guard))) if buffered else None
                return Reply(operation, response, guard, body, attempt)
            start = cast("bytes", (yield ReadStart(response, ERROR_BODY_LIMIT)))
            refused = refusal(response, start, retry_safe=operation.retry_safe)
            failure, wait = refused, refused.retry_after
            again = is_retried(response.status_code, response.headers, retry_safe=operation.retry_safe)
        delay = backoff(attempt, random.random()) if wait is None else wait
        is_late = deadline is not None and delay >= deadline.remaining
        if not again or attempt >= max_retries or delay > LONGEST_RETRY_AFTER or is_late:
            if attempt:
                failure.add_note(f"{operation.id} was tried {attempt + 1} times")
            if again and is_late:
                failure.add_note(f"{deadline} leaves no time for another try")
            raise failure
        logger.info("%s: %s; trying again in %.1f s", operation.id, failure, delay)
        yield Sleep(delay)
        attempt += 1


def _guard(operation: Operation[Any], options: ClientOptions, response: Response) -> StreamGuard:
    is_audio = operation.result is None
    media_type = response.media_type if response.media_type in description.CONTAINERS else operation.media_type
    container = description.CONTAINERS.get(media_type) if is_audio else None
    return StreamGuard(
        response,
        request_id=request_id_of(response),
        retry_safe=None if is_audio else operation.retry_safe,
        is_audio=is_audio,
        container=None if container is None else container(),
        strict=options.strict,
    )


def _request(
    operation: Operation[Any], options: ClientOptions, call: CallOptions, deadline: Deadline | None
) -> Request:
    query = dict(options.query) | dict(call.query or {})
    pairs = [pair for pair in operation.query if pair[0] not in (call.query or {})]
    pairs += [pair for name, value in query.items() for pair in query_pairs(name, value, anything)]
    url = options.base_url + operation.path
    if pairs:
        url += "?" + urlencode(pairs, quote_via=quote)

    body = with_extra(operation.body, call.body)
    content = _encode(operation.id, body.value) if isinstance(body, JSONBody) else None
    return Request(
        method=operation.method,
        url=url,
        headers=_headers(operation, options, call, is_json=content is not None),
        content=content,
        parts=body.parts if isinstance(body, MultipartBody) else None,
        timeout=given(call.timeout, options.timeout),
        deadline=deadline,
    )


def _encode(operation_id: str, value: object) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"{operation_id}: the body cannot be written as JSON: {error}") from error


def _headers(
    operation: Operation[Any], options: ClientOptions, call: CallOptions, *, is_json: bool
) -> dict[str, str | Secret | Omit]:
    layers: tuple[Mapping[str, str | Secret | Omit], ...] = (
        {
            "accept": operation.accept,
            "user-agent": f"{description.NAME}/Python {description.VERSION} ({platform.python_implementation()}"
            f" {platform.python_version()})",
            description.AUTH_HEADER: options.key,
        },
        {"content-type": "application/json"} if is_json else {},
        # A coding hides where audio ends, and audio gains nothing by one.
        {"accept-encoding": "identity"} if operation.result is None else {},
        description.CLIENT_HEADERS,
        operation.headers,
        options.headers,
        check_headers(call.headers or {}),
    )
    merged: dict[str, str | Secret | Omit] = {}
    for layer in layers:
        merged.update({name.lower(): value for name, value in layer.items()})
    return merged


def _numbered(request: Request, attempt: int) -> Request:
    return replace(request, headers={**request.headers, f"x-{description.PACKAGE}-retry-count": str(attempt)})


def _redirect(request: Request, response: Response) -> Request | None:
    """Return the request that a redirect asks for (RFC 9110 section 15.4), or None.

    Only a GET follows where the method might have to change. The key stays with the host it was given for.
    """
    location = response.headers.get("location")
    follows = response.status_code in (307, 308) or (
        response.status_code in (301, 302, 303) and request.method in ("GET", "HEAD")
    )
    if location is None or not follows:
        return None
    try:
        url = urljoin(request.url, location)
        here, there = urlsplit(request.url), urlsplit(url)
    except ValueError:
        return None
    if there.scheme not in ("http", "https"):
        return None
    same_origin = (here.scheme, here.netloc) == (there.scheme, there.netloc)
    headers = {
        name: value for name, value in request.headers.items() if same_origin or name.lower() not in SECRET_HEADERS
    }
    return replace(request, url=url, headers=headers)
