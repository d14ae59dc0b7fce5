"""Requests as they are sent: of an operation, of a redirect, and the handshake of a session."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from .. import description
from ..errors import InvalidArgumentError
from ..hints.omitted import Omit
from ..settings.deadline import Deadline
from ..settings.options import CallOptions, ClientOptions, TokenSource, check_headers, or_default
from ..settings.secret import SECRET_HEADERS, Secret
from ..transport.codings import ACCEPTED
from ..transport.messages import Request, Response
from ..values.bodies import FormBody, JSONBody, MultipartBody, RawBody, with_extra
from ..values.codec import anything
from ..values.files import Upload
from ..values.multipart import boundary_of, sections_of
from ..values.parameter_styles import Encoded
from . import credentials
from .operation import Operation, argument_errors, query_pairs

RETRY_COUNT = f"x-{description.PACKAGE.strip('_').replace('_', '-')}-retry-count"
"""The header with the number of retries so far. It has no underscore: common proxies drop headers with one."""


def request_of(
    operation: Operation[Any], options: ClientOptions, call: CallOptions, deadline: Deadline | None
) -> tuple[Request, Sequence[TokenSource]]:
    """Return the request of an operation, and the sources of its tokens; raises InvalidArgumentError, MismatchError."""
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
    same_origin = _is_same_origin(request.url, url)
    headers = {name: value for name, value in request.headers.items() if same_origin or name not in SECRET_HEADERS}
    return request._replace(url=url, headers=headers, secret_query=request.secret_query if same_origin else ())


def _is_same_origin(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]
