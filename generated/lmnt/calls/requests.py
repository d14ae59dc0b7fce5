"""Requests that are not in the description: any method and path, and a result of any type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, TypedDict, cast, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

from .. import description
from ..errors import InvalidArgumentError
from ..hints import http_types
from ..hints.omitted import not_given
from ..hints.pydantic_schemas import typed_dict
from ..settings.options import CallOptions, Headers, Query
from ..values.bodies import JSONBody, MultipartBody, RequestBody, with_extra
from ..values.codec import MismatchError, anything, string
from ..values.files import FileTypes, Upload, binary
from .operation import Operation, argument_error
from .responses import (
    AsyncBinaryAPIResponse,
    AsyncStreamedBinaryAPIResponse,
    BaseResponse,
    BinaryAPIResponse,
    StreamedBinaryAPIResponse,
)

__all__ = ["NoneType", "RequestOptions"]

Files = Mapping[str, FileTypes] | Sequence[tuple[str, FileTypes]]

SAFE_METHODS = ("GET", "HEAD")
"""The safe methods (RFC 9110 section 9.2.1), which may be repeated; of the others it is unknown."""


@typed_dict
class RequestOptions(TypedDict, total=False):
    """The settings of one request."""

    headers: Headers
    """Headers to add; they override those of the client."""

    params: Query
    """Query parameters to add."""

    extra_json: Mapping[str, object]
    """Fields to add to the body."""

    timeout: float | http_types.Timeout | None
    """Seconds to wait for each step, in place of the client's timeout."""

    deadline: float | None
    """Seconds that the whole call may take, in place of the client's deadline."""

    max_retries: int
    """How often the request is repeated at most, in place of the client's number."""

    follow_redirects: bool
    """False makes a redirect an error."""

    idempotency_key: str
    """Has no effect: this API has no idempotency keys."""


NO_OPTIONS: RequestOptions = {}


def request_operation(
    method: str, path: str, cast_to: Any, body: object, files: Files | None, options: RequestOptions
) -> tuple[Operation[Any], CallOptions]:
    """Return a request as an operation; raises InvalidArgumentError."""
    name = f"{method} {path}"
    unknown = options.keys() - RequestOptions.__annotations__.keys()
    if unknown:
        raise InvalidArgumentError(f"{name}: unknown options {', '.join(sorted(unknown))}")
    try:
        parts = urlsplit(path)
        string.write(path)
    except (ValueError, MismatchError) as error:
        raise InvalidArgumentError(f"{method}: {path!r} is no path ({error})") from None
    if parts.scheme or parts.netloc:
        raise InvalidArgumentError(f"{name}: the path is below the base URL; for another place make another client")
    is_binary = issubclass(class_of(cast_to), _BINARY)
    if not issubclass(class_of(cast_to), BaseResponse):
        from ..values.casting import check_type

        check_type(cast_to)
    try:
        made = Operation(
            id=name,
            method=method,
            path="/" + parts.path.removeprefix("/"),
            accept="application/octet-stream" if is_binary else "application/json",
            result=None if is_binary else anything,
            retry_safe=method in SAFE_METHODS,
            query=parse_qsl(parts.query, keep_blank_values=True),
            body=with_extra(_body(body, files), options.get("extra_json")),
            needs=(*description.NEEDS, *((name,) for name in description.SCHEMES), ()),  # its schemes are unknown
        )
    except MismatchError as error:
        raise argument_error(name, error) from error.__cause__
    return made, CallOptions(
        headers=options.get("headers"),
        query=options.get("params"),
        timeout=options.get("timeout", not_given),
        deadline=options.get("deadline", not_given),
        max_retries=options.get("max_retries", not_given),
        follow_redirects=options.get("follow_redirects", True),
    )


def _body(body: object, files: Files | None) -> RequestBody:
    if files is None:
        return None if body is None else JSONBody(body)
    items = files.items() if isinstance(files, Mapping) else files
    uploads = [(name, cast("Upload", binary.write(file))) for name, file in items]
    fields = with_extra(MultipartBody(uploads), body)
    if not isinstance(fields, MultipartBody):
        raise MismatchError("a mapping of fields, since there are files too", body).under("body")
    return fields


def class_of(kind: Any) -> type[Any]:
    """Return the class of a type; object for a type without one, such as a union."""
    found = get_origin(kind) or kind
    return cast("type[Any]", found) if isinstance(found, type) else object


def is_streamed(cast_to: Any) -> bool:
    """Whether a result of this type is a response whose body is not read yet."""
    return issubclass(class_of(cast_to), _STREAMED)


def stream_of(stream_cls: Any, cast_to: Any, *, awaits: bool) -> Callable[[Any], Any]:
    """Return what makes a stream of a response: its items are read as X in `Stream[X]`, else as the result."""
    from ..values.casting import codec_of
    from .events import AsyncStream, Items, Stream

    kind = class_of(stream_cls or (AsyncStream if awaits else Stream))
    items = Items(codec=codec_of(next(iter(get_args(stream_cls)), cast_to)))
    return lambda response: kind(response, items)


_STREAMED = (StreamedBinaryAPIResponse, AsyncStreamedBinaryAPIResponse)
_BINARY = (BinaryAPIResponse, AsyncBinaryAPIResponse, *_STREAMED)
