"""One call: what is done next, and what an answer means: redirects, retries and errors."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import description
from ..errors import APIConnectionError, APIError, APIStatusError
from ..settings.deadline import Deadline
from ..settings.logs import listener
from ..settings.options import CallOptions, ClientOptions, or_default
from ..settings.retries import Attempts
from ..streams.guard import StreamGuard
from ..streams.reading import read_start, read_whole
from ..transport.messages import Request, Response
from ..transport.roads import Roads
from ..values.codec import MismatchError
from ..values.files import Upload
from . import credentials
from .operation import Operation, argument_error
from .outgoing import redirected, request_of, with_retry_count
from .response_errors import status_error, validation_error

ERROR_BODY_LIMIT = 1 << 20
"""The maximum of bytes read of an error's body."""

LONGEST_REDIRECT_CHAIN = 5


class Reply(NamedTuple):
    """A success: the response, its body if it was read, and the number of retries."""

    operation: Operation[Any]
    response: Response
    guard: StreamGuard
    content: bytes | None
    retries: int


async def exchange(
    roads: Roads, operation: Operation[Any], options: ClientOptions, call: CallOptions, *, buffered: bool
) -> Reply:
    """Carry out one call, and read its whole body if it is `buffered`.

    Raises:
        APIError: The call failed; any error of the tree but those of a stream that is read later.
        InvalidArgumentError: The extra arguments cannot be sent.
    """
    deadline = Deadline.starting_now(or_default(call.deadline, options.deadline))
    try:
        first, source = request_of(operation, options, call, deadline)
    except MismatchError as error:
        raise argument_error(operation.id, error) from error.__cause__
    attempts: Attempts | None = None  # made at the first failure
    retries, is_renewed = 0, False
    authorized = first
    try:
        while True:
            try:
                if source is not None:
                    authorized = await credentials.bearing(first, source, roads, options)
                request, response = await _followed(
                    with_retry_count(authorized, call.retries + retries), roads, operation, call
                )
            except (APIConnectionError, APIStatusError) as error:  # InvalidArgumentError: of a token not given
                if error.retry_safe is None:
                    error.retry_safe = operation.retry_safe
                failure: APIError = error
            else:
                if (log := listener("debug")) is not None:
                    log.debug("%s %s (request %s)", request.line, response.status_code, response.request_id)
                if operation.succeeds(response.status_code):
                    guard = await _guard(operation, options, response)
                    body = await read_whole(response, guard) if buffered else None
                    return Reply(operation, response, guard, body, retries)
                start = await read_start(response, ERROR_BODY_LIMIT)
                is_refused = response.status_code == 401 and not is_renewed and authorized is not first
                if is_refused and source is not None and credentials.renews(request, source):
                    is_renewed = True
                    retries += 1
                    continue
                failure = status_error(response, start, retry_safe=operation.retry_safe, errors=operation.errors())
            attempts = attempts or Attempts(operation.id, or_default(call.max_retries, options.max_retries), deadline)
            await roads.sleep(attempts.next_delay(failure))
            retries += 1
    finally:
        for section in first.content:
            if isinstance(section, Upload):
                section.close()


async def _followed(
    request: Request, roads: Roads, operation: Operation[Any], call: CallOptions
) -> tuple[Request, Response]:
    """Send a request, and those that redirects ask for; returns the last one and its response."""
    for _ in range(LONGEST_REDIRECT_CHAIN):
        response = await roads.send(request)
        follows = call.follow_redirects and not operation.succeeds(response.status_code)
        if not follows or (target := redirected(request, response)) is None:
            return request, response
        await read_start(response, 0)
        request = target
    return request, await roads.send(request)


async def _guard(operation: Operation[Any], options: ClientOptions, response: Response) -> StreamGuard:
    """Return what judges the body of a success; raises APIResponseValidationError for a text where bytes should be."""
    is_bytes = operation.result is None
    if is_bytes and response.is_text and response.media_type not in operation.media_types:
        content = await read_start(response, ERROR_BODY_LIMIT)
        problem = f"{operation.id}: the server sent {response.media_type} where {description.BYTES} should be"
        raise validation_error(response, content, problem, retry_safe=operation.retry_safe)
    container = None
    if is_bytes:
        known = description.containers()
        container = known.get(response.media_type, known.get(operation.media_type))
    return StreamGuard(
        response,
        retry_safe=None if is_bytes or operation.items else operation.retry_safe,
        is_audio=is_bytes and description.IS_AUDIO,
        container=None if container is None else container(),
        strict=options.strict,
        partial=operation.partial,
    )
