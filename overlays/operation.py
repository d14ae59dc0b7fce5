"""One call as data: what a generated `build` function makes of its arguments, and how the answer is to be read."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar, cast
from urllib.parse import quote

from .codec import Codec, MismatchError, string
from .errors import InvalidArgumentError
from .files import Upload
from .model import Model, write_fields
from .omit import Omit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JSONBody:
    """A body of media type application/json."""

    value: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class MultipartBody:
    """A body of media type multipart/form-data (RFC 7578): parts by name, in order."""

    parts: Sequence[tuple[str, str | Upload]] = field(repr=False)


RequestBody: TypeAlias = JSONBody | MultipartBody | None


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """A call that is ready to be sent: checked, encoded, and not bound to any client.

    Args:
        id: The operationId.
        method: The HTTP method.
        path: The path, percent-encoded.
        accept: The media type asked for.
        result: How the body of a success is read; None for one that is handed out as bytes.
        retry_safe: Whether the call may be repeated once the request may have reached the server.
        query: Query parameters by name, in order, as text.
        headers: Headers by name.
        body: The request body.
        media_type: What the body of a success will be, as far as the arguments tell.
    """

    id: str
    method: str
    path: str
    accept: str
    result: Codec[T] | None
    retry_safe: bool
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: RequestBody = None
    media_type: str = ""


@contextmanager
def arguments_of(operation_id: str) -> Generator[None]:
    """Name the operation in what is wrong with its arguments."""
    try:
        yield
    except MismatchError as error:
        raise InvalidArgumentError(f"{operation_id}: {error}") from error.__cause__


def text(value: object) -> str:
    """Return a parameter's value as text, as OpenAPI has it for simple values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _write(name: str, value: object, codec: Codec[object]) -> object:
    try:
        return codec.write(value)
    except MismatchError as error:
        raise error.under(name) from error.__cause__


def _sendable(name: str, value: object) -> str:
    """Return a value as text that can be encoded."""
    return cast("str", _write(name, text(value), string))


def path(template: str, values: Mapping[str, tuple[object, Codec[object], Sequence[str]]]) -> str:
    """Fill a path template; each value becomes exactly one segment (RFC 3986 section 3.3).

    Args:
        template: The path of the description.
        values: By name: the value, its kind, and the texts that would make it the path of another operation.
    """
    segments: dict[str, str] = {}
    for name, (value, codec, taken) in values.items():
        segment = text(_write(name, value, codec))
        if segment in ("", ".", ".."):
            raise MismatchError("a text that can stand in a path", segment).under(name)
        if segment in taken:
            raise MismatchError("another text, since this one leads to another operation", segment).under(name)
        segments[name] = quote(segment, safe="")
    return re.sub(r"\{([^{}]*)\}", lambda match: segments[match[1]], template)


def query(values: Mapping[str, tuple[object, Codec[object]]]) -> list[tuple[str, str]]:
    """Encode query parameters; those that are `omit` or None are left out, arrays repeat their name."""
    return [pair for name, (value, codec) in values.items() for pair in query_pairs(name, value, codec)]


def query_pairs(name: str, value: object, codec: Codec[object]) -> list[tuple[str, str]]:
    """Encode one query parameter."""
    if value is None or isinstance(value, Omit):
        return []
    written = _write(name, value, codec)
    items = cast("Sequence[object]", written) if isinstance(written, list | tuple) else [written]
    return [(name, _sendable(name, item)) for item in items]


def headers(values: Mapping[str, tuple[object, Codec[object]]]) -> dict[str, str]:
    """Encode header parameters; those that are `omit` are left out."""
    return {
        name: text(_write(name, value, codec)) for name, (value, codec) in values.items() if not isinstance(value, Omit)
    }


def json_body(kind: type[Model], values: Mapping[str, object]) -> JSONBody:
    """Encode the fields of a JSON object."""
    return JSONBody(write_fields(kind, values))


def multipart_body(kind: type[Model], values: Mapping[str, object]) -> MultipartBody:
    """Encode the fields of a multipart form; an array becomes one part for each item."""
    return MultipartBody(_parts(write_fields(kind, values)))


def _parts(fields: Mapping[str, object]) -> list[tuple[str, str | Upload]]:
    parts: list[tuple[str, str | Upload]] = []
    for name, value in fields.items():
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        parts.extend((name, item if isinstance(item, Upload) else _sendable(name, item)) for item in items)
    return parts


def with_extra(body: RequestBody, extra: object) -> RequestBody:
    """Add the fields of `extra_body` to a body; what is no object takes the body's place."""
    if extra is None:
        return body
    if not isinstance(extra, Mapping):
        return JSONBody(extra)
    fields = cast("Mapping[str, object]", extra)
    if isinstance(body, MultipartBody):
        return MultipartBody([*body.parts, *_parts(fields)])
    if isinstance(body, JSONBody) and isinstance(body.value, Mapping):
        return JSONBody({**cast("Mapping[str, object]", body.value), **fields})
    return JSONBody(fields)


def media_type(chosen: object, default: object, media_types: Mapping[str, str]) -> str:
    """Return the media type that a format stands for; empty for one that the description does not know."""
    return media_types.get(str(default if isinstance(chosen, Omit) else chosen), "")
