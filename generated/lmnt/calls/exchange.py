"""One call with no I/O: what is to be done next, and what an answer means: redirects, retries and errors.

`exchange` is a generator. It yields steps and gets their outcomes back; a sync and an async driver carry them out.
Failures are thrown into the generator as errors of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from .. import description
from ..errors import APIConnectionError, APIError, APIStatusError
from ..settings.deadline import Deadline
from ..settings.logs import listener
from ..settings.options import CallOptions, ClientOptions, TokenSource, or_default
from ..settings.retries import Attempts
from ..streams.guard import StreamGuard
from ..transport.messages import Request, Response
from ..values.files import Upload
from . import credentials
from .operation import Operation, argument_errors
from .outgoing import redirected, request_of, with_retry_count
from .response_errors import status_error, validation_error

ERROR_BODY_LIMIT = 1 << 20
"""The maximum of bytes read of an error's body."""

LONGEST_REDIRECT_CHAIN = 5


class Send(NamedTuple):
    """Send the request; the outcome is a Response, or an APIConnectionError is thrown."""

    request: Request


class Read(NamedTuple):
    """Read the body to its end; the outcome is its bytes, or an APIStreamError is thrown."""

    response: Response
    guard: StreamGuard


class ReadStart(NamedTuple):
    """Read at most so many bytes of the body and close; the outcome is what was received, complete or not."""

    response: Response
    limit: int


class Sleep(NamedTuple):
    """Wait for so many seconds."""

    seconds: float


class Ask(NamedTuple):
    """Call a function of the application's; the outcome is its result, awaited by the async driver."""

    give: Callable[[], object]


Step: TypeAlias = Send | Read | ReadStart | Sleep | Ask


class Reply(NamedTuple):
    """A success: the response, its body if it was read, and the number of retries."""

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
        APIError: The call failed; any error of the tree but those of a stream that is read later.
        InvalidArgumentError: The extra arguments cannot be sent.
    """
    deadline = Deadline.starting_now(or_default(call.deadline, options.deadline))
    with argument_errors(operation.id):
        first, sources = request_of(operation, options, call, deadline)
    try:
        return (yield from _attempts(first, sources, operation, options, call, buffered=buffered))
    finally:
        for section in first.content:
            if isinstance(section, Upload):
                section.close()


def _attempts(
    first: Request,
    sources: Sequence[TokenSource],
    operation: Operation[Any],
    options: ClientOptions,
    call: CallOptions,
    *,
    buffered: bool,
) -> Generator[Step, Any, Reply]:
    """Send a request, with retries."""
    attempts = Attempts(operation.id, or_default(call.max_retries, options.max_retries), first.deadline)
    failure: APIError
    renewals = 0
    while True:
        try:
            authorized = yield from credentials.bearing(first, sources, options, first.deadline)
            request, hops = with_retry_count(authorized, call.retries + attempts.retries + renewals), 0
            while True:
                response = cast("Response", (yield Send(request)))
                is_success = operation.succeeds(response.status_code)
                target = redirected(request, response) if call.follow_redirects and not is_success else None
                if target is None or hops == LONGEST_REDIRECT_CHAIN:
                    break
                yield ReadStart(response, 0)
                request, hops = target, hops + 1
        except (APIConnectionError, APIStatusError) as error:  # InvalidArgumentError: of a token that was not given
            if error.retry_safe is None:
                error.retry_safe = operation.retry_safe
            failure = error
        else:
            if (log := listener("debug")) is not None:
                log.debug("%s %s (request %s)", request.line, response.status_code, response.request_id)
            if is_success:
                if operation.result is None and response.is_text and response.media_type not in operation.media_types:
                    content = cast("bytes", (yield ReadStart(response, ERROR_BODY_LIMIT)))
                    problem = (
                        f"{operation.id}: the server sent {response.media_type} where {description.BYTES} should be"
                    )
                    raise validation_error(response, content, problem, retry_safe=operation.retry_safe)
                guard = _guard(operation, options, response)
                body = cast("bytes", (yield Read(response, guard))) if buffered else None
                return Reply(operation, response, guard, body, attempts.retries + renewals)
            start = cast("bytes", (yield ReadStart(response, ERROR_BODY_LIMIT)))
            if response.status_code == 401 and not renewals and authorized is not first:
                renewals += credentials.renews(request, sources)
                if renewals:
                    continue
            failure = status_error(response, start, retry_safe=operation.retry_safe, errors=operation.errors)
        yield Sleep(attempts.next_delay(failure))


def _guard(operation: Operation[Any], options: ClientOptions, response: Response) -> StreamGuard:
    is_audio = operation.result is None
    media_type = response.media_type if response.media_type in description.CONTAINERS else operation.media_type
    container = description.CONTAINERS.get(media_type) if is_audio else None
    return StreamGuard(
        response,
        retry_safe=None if is_audio or operation.items else operation.retry_safe,
        is_audio=is_audio and bool(description.CONTAINERS),
        container=None if container is None else container(),
        strict=options.strict,
        partial=operation.partial,
    )
