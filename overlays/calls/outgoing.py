"""Requests as they are sent: of an operation, of a redirect, and the handshake of a session."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TypeAlias
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from .. import description
from ..errors import InvalidArgumentError
from ..settings.deadline import Deadline
from ..settings.options import CallOptions, ClientOptions, TokenSource, check_headers, or_default
from ..settings.secret import SECRET_HEADERS, SECRET_PARAMETERS
from ..transport.codings import ACCEPTED
from ..transport.messages import Headers, Request, Response
from ..values.bodies import FormBody, JSONBody, MultipartBody, RawBody, RequestBody, with_extra
from ..values.codec import MismatchError, anything
from ..values.files import Upload
from ..values.parameter_styles import Encoded
from . import credentials
from .operation import Operation, argument_error, query_pairs

RETRY_COUNT = f"x-{description.PACKAGE.strip('_').replace('_', '-')}-retry-count"
"""The header with the number of retries so far. It has no underscore: common proxies drop headers with one."""


def request_of(
    operation: Operation[Any], options: ClientOptions, call: CallOptions, deadline: Deadline | None
) -> tuple[Request, TokenSource | None]:
    """Return the request of an operation, and the source of its token; raises InvalidArgumentError, MismatchError."""
    body = operation.body if call.body is None else with_extra(operation.body, call.body)
    if isinstance(body, MultipartBody) and not body.parts:
        body = None  # it has at least one part (RFC 2046 section 5.1)
    headers, proof = _headers_of(operation, options, call, body)
    content: Sequence[bytes | Upload] = ()
    if isinstance(body, JSONBody):
        content = [_encode(operation.id, body.value)]
    elif isinstance(body, FormBody):
        pairs = ((name, text if isinstance(text, Encoded) else quote_plus(text)) for name, text in body.pairs)
        content = ["&".join(f"{quote_plus(name)}={text}" for name, text in pairs).encode()]
    elif isinstance(body, RawBody):
        content = [body.content]
    elif isinstance(body, MultipartBody):
        from ..values.multipart import boundary_of, sections_of

        boundary = boundary_of(str(headers.get("content-type", "")))
        if boundary is None:
            boundary = os.urandom(16).hex()
            headers = Headers(headers, {"content-type": f"{body.media_type}; boundary={boundary}"})
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
        return request, proof.source
    # A token, as a key, is sent only to the host that it is for.
    stays = _is_same_origin(request.url, operation.url)
    return _moved(request, operation.url), proof.source if stays else None


_Opening: TypeAlias = tuple[Headers, credentials.Proof]


def _headers_of(operation: Operation[Any], options: ClientOptions, call: CallOptions, body: RequestBody) -> _Opening:
    """Return the headers of a call and its credentials; calls that have none of their own share them."""
    # Bytes, such as audio, gain nothing by a coding, and it could delay a stream of items.
    coding = "identity" if operation.result is None or operation.items else ACCEPTED
    media_type = None if body is None else body.media_type
    is_shared = (
        operation.needs is description.NEEDS
        and not (operation.headers or operation.cookies or call.headers or call.query)
        and (body is None or isinstance(body, JSONBody))  # whose media types are few
        and SECRET_PARAMETERS.isdisjoint(name for name, _ in operation.query)
    )
    key = operation.accept, coding, media_type
    made: _Opening | None = options.shared.get(key) if is_shared else None
    if made is not None:
        return made
    extra = check_headers(call.headers or {})
    proof = credentials.proof(operation, options, extra, call.query or {})
    headers = Headers(  # a later one replaces an earlier one
        {"accept": operation.accept, "user-agent": USER_AGENT},
        proof.headers,
        {} if media_type is None else {"content-type": media_type},
        {"accept-encoding": coding},
        description.CLIENT_HEADERS,
        operation.headers,
        options.headers,
        extra,
        {RETRY_COUNT: "0"},
    )
    if is_shared:
        options.shared[key] = headers, proof
    return headers, proof


def _url(path: str, own: Sequence[tuple[str, str]], options: ClientOptions, call: CallOptions, server: str = "") -> str:
    url = options.places.get(server, options.base_url) + path
    if not (own or options.query or call.query):
        return url
    pairs = [pair for pair in own if pair[0] not in (call.query or {})]
    default = {name: value for name, value in options.query.items() if name not in dict(pairs)}
    added = {**default, **(call.query or {})}
    pairs += [pair for name, value in added.items() for pair in query_pairs(name, value, anything)]
    quoted = ((name, value if isinstance(value, Encoded) else quote(value, safe="")) for name, value in pairs)
    encoded = "&".join(
        value if isinstance(name, Encoded) else f"{_quoted_name(name)}={value}" for name, value in quoted
    )
    return f"{url}?{encoded}" if encoded else url


def _quoted_name(name: str) -> str:
    try:
        return quote(name, safe="")
    except (TypeError, UnicodeEncodeError) as error:
        raise InvalidArgumentError(f"{name!r} cannot be the name of a query parameter: it must be a text") from error


def _encode(operation_id: str, value: object) -> bytes:
    try:
        separators = (",", ":")
        return json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=separators, default=_unwritable
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"{operation_id}: the body cannot be written as JSON: {error}") from error


def _unwritable(value: object) -> object:
    raise TypeError(f"it holds a {'file; give a text' if isinstance(value, Upload) else type(value).__name__}")


def handshake(operation_id: str, path: str, options: ClientOptions, call: CallOptions) -> Request:
    """Return the request that opens a WebSocket session (RFC 6455 section 4.1); it carries no key."""
    deadline = Deadline.starting_now(or_default(call.deadline, options.deadline))
    try:
        url = _url(path, (), options, call)
    except MismatchError as error:
        raise argument_error(operation_id, error) from error.__cause__
    return Request(
        method="GET",
        url=url.replace("http", "ws", 1),
        headers=Headers(
            {"user-agent": USER_AGENT}, options.headers, check_headers(call.headers or {}), {RETRY_COUNT: "0"}
        ),
        timeout=or_default(call.timeout, options.timeout),
        deadline=deadline,
    )


_PYTHON = f"{sys.implementation.name} {sys.version.partition(' ')[0]}"
USER_AGENT = f"{description.NAME}/Python {description.VERSION} ({_PYTHON})"


def with_retry_count(request: Request, retries: int) -> Request:
    """Return a copy of the request with its retry-count header set."""
    return request._replace(headers=Headers(request.headers, {RETRY_COUNT: str(retries)})) if retries else request


def redirected(request: Request, response: Response) -> Request | None:
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
    if _is_same_origin(request.url, url):
        return request._replace(url=url)
    headers = {name: value for name, value in request.headers.items() if name not in SECRET_HEADERS}
    return request._replace(url=url, headers=Headers(headers), secret_query=())


def _is_same_origin(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]
