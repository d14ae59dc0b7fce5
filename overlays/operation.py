"""One call as data: what a generated `build` function makes of its arguments, and how the answer is to be read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Generic, TypeAlias, TypeVar, cast
from urllib.parse import quote

from .codec import Codec, MismatchError, string
from .errors import InvalidArgumentError
from .files import DEFAULT_MEDIA_TYPE, Upload, binary
from .model import Model, ResultText, write_fields
from .omit import Omit
from .options import check_headers

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JSONBody:
    """A body of JSON (RFC 8259)."""

    value: object = field(repr=False)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class FormBody:
    """A body of media type application/x-www-form-urlencoded: fields by name, in order."""

    pairs: Sequence[tuple[str, str]] = field(repr=False)
    media_type: str = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class MultipartBody:
    """A body of media type multipart/form-data (RFC 7578): parts by name, in order."""

    parts: Sequence[tuple[str, str | Upload]] = field(repr=False)
    media_type: str = ""  # it names a boundary, which is known when the body is written


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body that is sent as it is."""

    content: bytes | Upload = field(repr=False)
    media_type: str


RequestBody: TypeAlias = JSONBody | FormBody | MultipartBody | RawBody | None


class Text(Enum):
    """The body of a success is a text, in the character set that it names."""

    TEXT = auto()


class Nothing(Enum):
    """A success has no body."""

    NOTHING = auto()


TEXT, NOTHING = Text.TEXT, Nothing.NOTHING


@dataclass(frozen=True, slots=True)
class ByStatus(Generic[T]):
    """The body of a success depends on its status; `2XX` stands for every status that has no line of its own."""

    readers: Mapping[int | str, Codec[T] | Text | Nothing]


Reader: TypeAlias = "Codec[T] | Text | Nothing | ByStatus[T]"
"""How the body of a success is read: as JSON, as a text, not at all, or as its status says."""


def by_status(readers: Mapping[int | str, Codec[T] | Text | Nothing]) -> ByStatus[T]:
    """Read the body of a success as its status says."""
    return ByStatus(readers)


def read_success(reader: Reader[T], status_code: int, content: bytes, text: Callable[[bytes], str]) -> object:
    """Read the body of a success; raises MismatchError, or ValueError if it is no JSON."""
    if isinstance(reader, ByStatus):
        found = reader.readers.get(status_code) or reader.readers.get("2XX")
        if found is None:
            known = ", ".join(str(status) for status in reader.readers)
            raise MismatchError(f"a success with status {known}", None, found=str(status_code))
        return read_success(found, status_code, content, text)
    if isinstance(reader, Text):
        return ResultText(text(content))
    if isinstance(reader, Nothing):
        return None
    return reader.read(json.loads(content))


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
        cookies: Cookies by name.
        body: The request body.
        media_type: What the body of a success will be, as far as the arguments tell.
        sends_key: Whether the key goes with it.
    """

    id: str
    method: str
    path: str
    accept: str
    result: Reader[T] | None
    retry_safe: bool
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    body: RequestBody = None
    media_type: str = ""
    sends_key: bool = True


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
        segment = _simple(name, value, codec)
        if segment in ("", ".", ".."):
            raise MismatchError("a text that can stand in a path", segment).under(name)
        if segment in taken:
            raise MismatchError("another text, since this one leads to another operation", segment).under(name)
        segments[name] = quote(segment, safe="")
    return re.sub(r"\{([^{}]*)\}", lambda match: segments[match[1]], template)


class Encoded(str):
    """The value of a query parameter that is percent-encoded already."""

    __slots__ = ()


Parameter: TypeAlias = "tuple[object, Codec[object]] | tuple[object, Codec[object], str]"
"""A value, its kind and, for an array that does not repeat its name, what stands between its items."""


def query(values: Mapping[str, Parameter]) -> list[tuple[str, str]]:
    """Encode query parameters; those that are `omit` or None are left out, arrays repeat their name."""
    pairs: list[tuple[str, str]] = []
    for name, given in values.items():
        value, codec, separator = given if len(given) == 3 else (*given, "")
        pairs += query_pairs(name, value, codec, separator)
    return pairs


def query_pairs(name: str, value: object, codec: Codec[object], separator: str = "") -> list[tuple[str, str]]:
    """Encode one query parameter."""
    if value is None or isinstance(value, Omit):
        return []
    items = _items(name, value, codec)
    if not separator:
        return [(name, item) for item in items]
    # An item may hold the separator: only the separator itself stands as it is (RFC 6570 section 3.2.8).
    joined = (separator if separator == "," else quote(separator)).join(quote(item, safe="") for item in items)
    return [(name, Encoded(joined))] if items else []


def _items(name: str, value: object, codec: Codec[object]) -> list[str]:
    written = _write(name, value, codec)
    items = cast("Sequence[object]", written) if isinstance(written, list | tuple) else [written]
    return [_sendable(name, item) for item in items]


def _simple(name: str, value: object, codec: Codec[object]) -> str:
    """Return a value as one text, the items of an array with a comma between them (OpenAPI's style `simple`)."""
    items = _items(name, value, codec)
    if len(items) > 1 and (held := next((item for item in items if "," in item), None)) is not None:
        raise MismatchError("texts without a comma, which stands between them", held).under(name)
    return ",".join(items)


def headers(values: Mapping[str, tuple[object, Codec[object]]]) -> dict[str, str]:
    """Encode header parameters; those that are `omit` or None are left out."""
    found = {
        name: _simple(name, value, codec)
        for name, (value, codec) in values.items()
        if value is not None and not isinstance(value, Omit)
    }
    check_headers(found)
    return found


def cookies(values: Mapping[str, tuple[object, Codec[object]]]) -> dict[str, str]:
    """Encode cookie parameters; those that are `omit` or None are left out."""
    return {
        quote(name, safe=_COOKIE_NAME): quote(_simple(name, value, codec), safe=_COOKIE_VALUE)
        for name, (value, codec) in values.items()
        if value is not None and not isinstance(value, Omit)
    }


_COOKIE_NAME = "!#$&'*+^`|~"
_COOKIE_VALUE = "!#$&'()*+/:<=>?@[]^`{|}~,"
"""What may stand in a cookie beside letters, digits and `-._~` (RFC 6265 section 4.1.1)."""


def json_body(
    kind: type[Model],
    values: Mapping[str, object],
    *,
    optional: bool = False,
    media_type: str = "application/json",
) -> JSONBody | None:
    """Encode the fields of a JSON object; no body at all for an optional one with no field given."""
    return None if optional and _is_empty(values) else JSONBody(write_fields(kind, values), media_type)


def form_body(kind: type[Model], values: Mapping[str, object], *, optional: bool = False) -> FormBody | None:
    """Encode the fields of a form; an array repeats its name."""
    if optional and _is_empty(values):
        return None
    return FormBody(_pairs(write_fields(kind, values)))


def multipart_body(
    kind: type[Model],
    values: Mapping[str, object],
    *,
    optional: bool = False,
    encoding: Mapping[str, str] | None = None,
) -> MultipartBody | None:
    """Encode the fields of a multipart form; an array becomes one part for each item.

    Args:
        kind: The model whose fields they are.
        values: The fields, by attribute name.
        optional: Whether there may be no body at all.
        encoding: The media types of parts, by the name of the field.
    """
    if optional and _is_empty(values):
        return None
    return MultipartBody(_parts(write_fields(kind, values), encoding or {}))


def _is_empty(values: Mapping[str, object]) -> bool:
    return all(isinstance(value, Omit) for value in values.values())


def _pairs(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the fields of a form by name; one that is null is left out, since a form has no null."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        pairs.extend((name, _sendable(name, item)) for item in items if item is not None)
    return pairs


def _parts(fields: Mapping[str, object], encoding: Mapping[str, str]) -> list[tuple[str, str | Upload]]:
    parts: list[tuple[str, str | Upload]] = []
    for name, value in fields.items():
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, Upload):
                is_silent = item.media_type == DEFAULT_MEDIA_TYPE and name in encoding
                parts.append((name, replace(item, media_type=encoding[name]) if is_silent else item))
            elif isinstance(item, dict | list):
                # OpenAPI: what has a structure is a part of JSON.
                content = json.dumps(item, ensure_ascii=False, allow_nan=False).encode()
                parts.append((name, Upload("", content, encoding.get(name, "application/json"))))
            elif item is not None:
                parts.append((name, _sendable(name, item)))
    return parts


def json_value(value: object, codec: Codec[object], media_type: str) -> JSONBody | None:
    """Encode a body that is one JSON value."""
    return None if isinstance(value, Omit) else JSONBody(_write("body", value, codec), media_type)


def text_value(value: object, codec: Codec[object], media_type: str) -> RawBody | None:
    """Encode a body that is one text, in UTF-8."""
    if isinstance(value, Omit):
        return None
    charset = "" if "charset" in media_type.lower() else "; charset=utf-8"
    return RawBody(_sendable("body", _write("body", value, codec)).encode(), media_type + charset)


def raw_body(value: object, media_type: str) -> RawBody | None:
    """Take a file or bytes as the body; a media type that is given with them goes before the one described."""
    if isinstance(value, Omit):
        return None
    upload = cast("Upload", _write("body", value, binary))
    is_given = upload.media_type != DEFAULT_MEDIA_TYPE or "*" in media_type
    return RawBody(upload, upload.media_type if is_given else media_type)


def with_extra(body: RequestBody, extra: object) -> RequestBody:
    """Add the fields of `extra_body` to a body; what is no object takes the body's place."""
    if extra is None:
        return body
    if not isinstance(extra, Mapping):
        return JSONBody(extra)
    fields = cast("Mapping[str, object]", extra)
    if isinstance(body, MultipartBody):
        return MultipartBody([*body.parts, *_parts(fields, {})])
    if isinstance(body, FormBody):
        return FormBody([*body.pairs, *_pairs(fields)])
    if isinstance(body, JSONBody) and isinstance(body.value, Mapping):
        return JSONBody({**cast("Mapping[str, object]", body.value), **fields}, body.media_type)
    return JSONBody(fields)


def media_type(chosen: object, default: object, media_types: Mapping[str, str]) -> str:
    """Return the media type that a format stands for; empty for one that the description does not know."""
    return media_types.get(str(default if isinstance(chosen, Omit) else chosen), "")
