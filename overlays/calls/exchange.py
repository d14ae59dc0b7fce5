"""One call from its arguments to its response: headers, redirects, retries and errors, with no I/O.

`exchange` is a generator. It yields steps and gets their outcomes back; a sync and an async driver carry them out.
Failures are thrown into the generator as errors of ours.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple, TypeAlias, cast
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from .. import description
from ..errors import APIConnectionError, APIError, APIStatusError, InvalidArgumentError
from ..hints.omitted import Omit
from ..settings.deadline import Deadline
from ..settings.logs import listener
from ..settings.options import CallOptions, ClientOptions, TokenSource, check_headers, or_default
from ..settings.retries import Attempts
from ..settings.secret import SECRET_HEADERS, Secret
from ..streams.guard import StreamGuard
from ..transport.codings import ACCEPTED
from ..transport.messages import Request, Response
from ..values.bodies import FormBody, JSONBody, MultipartBody, RawBody, with_extra
from ..values.codec import anything
from ..values.files import Upload
from ..values.multipart import boundary_of, sections_of
from ..values.parameter_styles import Encoded
from . import credentials
from .operation import Operation, argument_errors, query_pairs
from .response_errors import status_error, validation_error

ERROR_BODY_LIMIT = 1 << 20
"""The maximum of bytes read of an error's body."""

LONGEST_REDIRECT_CHAIN = 5

RETRY_COUNT = f"x-{description.PACKAGE.strip('_').replace('_', '-')}-retry-count"
"""The header with the number of retries so far. It has no underscore: common proxies drop headers with one."""


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
        first, sources = _request(operation, options, call, deadline)
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
            request, hops = with_retry_count(authorized, attempts.retries + renewals), 0
            while True:
                response = cast("Response", (yield Send(request)))
                is_success = operation.succeeds(response.status_code)
                target = _redirect(request, response) if call.follow_redirects and not is_success else None
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
    )


def _request(
    operation: Operation[Any], options: ClientOptions, call: CallOptions, deadline: Deadline | None
) -> tuple[Request, Sequence[TokenSource]]:
    extra = check_headers(call.headers) if call.headers else {}
    proof = credentials.proof(operation, options, (extra, call.query or {}))
    body = with_extra(operation.body, call.body)
    if isinstance(body, MultipartBody) and not body.parts:
        body = None  # it has at least one part (RFC 2046 section 5.1)
    headers: dict[str, str | Secret | Omit] = {  # names in lower case; a later one replaces an earlier one
        "accept": operation.accept,
        "user-agent": USER_AGENT,
        **proof.headers,
        **({} if body is None else {"content-type": body.media_type}),
        # Bytes, such as audio, gain nothing by a coding, and it could delay a stream of items.
        "accept-encoding": "identity" if operation.result is None or operation.items else ACCEPTED,
        **description.CLIENT_HEADERS,
        **operation.headers,
        **options.headers,
        **extra,
        RETRY_COUNT: "0",
    }
    content: Sequence[bytes | Upload] = ()
    if isinstance(body, JSONBody):
        content = [_encode(operation.id, body.value)]
    elif isinstance(body, FormBody):
        pairs = ((name, text if isinstance(text, Encoded) else quote_plus(text)) for name, text in body.pairs)
        content = ["&".join(f"{quote_plus(name)}={text}" for name, text in pairs).encode()]
    elif isinstance(body, RawBody):
        content = [body.content]
    elif isinstance(body, MultipartBody):
        boundary = boundary_of(str(headers.get("content-type", "")))
        if boundary is None:
            boundary = os.urandom(16).hex()
            headers["content-type"] = f"{body.media_type}; boundary={boundary}"
        content = sections_of(body.parts, boundary)
    request = Request(
        method=operation.method,
        url=_url(operation.path, operation.query, options, call, operation.server),
        headers=headers,
        secret_query=proof.query,
        content=content,
        timeout=or_default(call.timeout, options.timeout),
        deadline=deadline,
    )
    if not operation.url:
        return request, proof.sources
    # A token, as a key, is sent only to the host that it is for.
    stays = _is_same_origin(request.url, operation.url)
    return _moved(request, operation.url), proof.sources if stays else ()


def _url(path: str, own: Sequence[tuple[str, str]], options: ClientOptions, call: CallOptions, server: str = "") -> str:
    pairs = [pair for pair in own if pair[0] not in (call.query or {})]
    default = {name: value for name, value in options.query.items() if name not in dict(pairs)}
    added = {**default, **(call.query or {})}
    pairs += [pair for name, value in added.items() for pair in query_pairs(name, value, anything)]
    quoted = ((name, value if isinstance(value, Encoded) else quote(value, safe="")) for name, value in pairs)
    encoded = "&".join(f"{_quoted_name(name)}={value}" if name else value for name, value in quoted)
    return options.places.get(server, options.base_url) + path + (f"?{encoded}" if encoded else "")


def _quoted_name(name: str) -> str:
    try:
        return quote(name, safe="")
    except (TypeError, UnicodeEncodeError) as error:
        raise InvalidArgumentError(f"{name!r} cannot be the name of a query parameter: it must be a text") from error


def _encode(operation_id: str, value: object) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"{operation_id}: the body cannot be written as JSON: {error}") from error


def handshake(operation_id: str, path: str, options: ClientOptions, call: CallOptions) -> Request:
    """Return the request that opens a WebSocket session (RFC 6455 section 4.1); it carries no key."""
    deadline = Deadline.starting_now(or_default(call.deadline, options.deadline))
    with argument_errors(operation_id):
        url = _url(path, (), options, call)
    return Request(
        method="GET",
        url=url.replace("http", "ws", 1),
        headers={"user-agent": USER_AGENT, **options.headers, **check_headers(call.headers or {}), RETRY_COUNT: "0"},
        timeout=or_default(call.timeout, options.timeout),
        deadline=deadline,
    )


_PYTHON = f"{sys.implementation.name} {sys.version.partition(' ')[0]}"
USER_AGENT = f"{description.NAME}/Python {description.VERSION} ({_PYTHON})"


def with_retry_count(request: Request, retries: int) -> Request:
    """Return a copy of the request with its retry-count header set."""
    return request._replace(headers={**request.headers, RETRY_COUNT: str(retries)}) if retries else request


def _redirect(request: Request, response: Response) -> Request | None:
    """Return the request that a redirect asks for (RFC 9110 section 15.4), or None.

    Redirects that may change the method are followed for GET and HEAD only.
    """
    location = response.location
    follows = response.status_code in (307, 308) or (
        response.status_code in (301, 302, 303) and request.method in ("GET", "HEAD")
    )
    if location is None or not follows:
        return None
    try:
        url = credentials.without_key(urljoin(request.url, location))
        is_web = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return None
    return _moved(request, url) if is_web else None


def _moved(request: Request, url: str) -> Request:
    """Return the request with another URL, without credentials if that has another origin."""
    same_origin = _is_same_origin(request.url, url)
    headers = {name: value for name, value in request.headers.items() if same_origin or name not in SECRET_HEADERS}
    return request._replace(url=url, headers=headers, secret_query=request.secret_query if same_origin else ())


def _is_same_origin(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]
