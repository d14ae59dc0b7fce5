"""One call with no I/O: what is to be done next, and what an answer means: redirects, retries and errors.

`exchange` is a generator. It yields steps and gets their outcomes back; a sync and an async driver carry them out.
Failures are thrown into the generator as errors of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple, TypeAlias

from .. import description
from ..errors import APIConnectionError, APIError, APIStatusError
from ..settings.deadline import Deadline
from ..settings.logs import listener
from ..settings.options import CallOptions, ClientOptions, TokenSource, or_default
from ..settings.retries import Attempts
from ..streams.guard import StreamGuard
from ..transport.messages import Request, Response
from ..values.codec import MismatchError
from ..values.files import Upload
from . import credentials
from .operation import Operation, argument_error
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
    try:
        first, sources = request_of(operation, options, call, deadline)
    except MismatchError as error:
        raise argument_error(operation.id, error) from error.__cause__
    steps = _attempts(first, sources, operation, options, call, buffered=buffered)
    uploads = [section for section in first.content if isinstance(section, Upload)]
    return _closing(uploads, steps) if uploads else steps


def _closing(uploads: Sequence[Upload], steps: Generator[Step, Any, Reply]) -> Generator[Step, Any, Reply]:
    try:
        return (yield from steps)
    finally:
        for upload in uploads:
            upload.close()


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
    attempts: Attempts | None = None  # made at the first failure
    retries, is_renewed = 0, False
    authorized = first
    while True:
        try:
            if sources:
                authorized = yield from credentials.bearing(first, sources, options, first.deadline)
            request, hops = with_retry_count(authorized, call.retries + retries), 0
            while True:
                response: Response = yield Send(request)
                is_success = operation.succeeds(response.status_code)
                target = redirected(request, response) if call.follow_redirects and not is_success else None
                if target is None or hops == LONGEST_REDIRECT_CHAIN:
                    break
                yield ReadStart(response, 0)
                request, hops = target, hops + 1
        except (APIConnectionError, APIStatusError) as error:  # InvalidArgumentError: of a token that was not given
            if error.retry_safe is None:
                error.retry_safe = operation.retry_safe
            failure: APIError = error
        else:
            if (log := listener("debug")) is not None:
                log.debug("%s %s (request %s)", request.line, response.status_code, response.request_id)
            if is_success:
                if operation.result is None and response.is_text and response.media_type not in operation.media_types:
                    content: bytes = yield ReadStart(response, ERROR_BODY_LIMIT)
                    problem = (
                        f"{operation.id}: the server sent {response.media_type} where {description.BYTES} should be"
                    )
                    raise validation_error(response, content, problem, retry_safe=operation.retry_safe)
                guard = _guard(operation, options, response)
                body: bytes | None = (yield Read(response, guard)) if buffered else None
                return Reply(operation, response, guard, body, retries)
            start: bytes = yield ReadStart(response, ERROR_BODY_LIMIT)
            is_refused = response.status_code == 401 and not is_renewed and authorized is not first
            if is_refused and credentials.renews(request, sources):
                is_renewed = True
                retries += 1
                continue
            failure = status_error(response, start, retry_safe=operation.retry_safe, errors=operation.errors())
        attempts = attempts or Attempts(operation.id, or_default(call.max_retries, options.max_retries), first.deadline)
        yield Sleep(attempts.next_delay(failure))
        retries += 1


def _guard(operation: Operation[Any], options: ClientOptions, response: Response) -> StreamGuard:
    is_bytes = operation.result is None
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
