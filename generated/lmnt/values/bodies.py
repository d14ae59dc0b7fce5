"""Request bodies, made of the fields of a model or of a single value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from ..errors import InvalidArgumentError
from ..hints.omitted import Omit
from .codec import Codec, at
from .files import DEFAULT_MEDIA_TYPE, Upload, binary
from .model import Model, fields_of, write_fields
from .parameter_styles import items_of, json_text, sendable


class JSONBody:
    """A body of JSON (RFC 8259)."""

    def __init__(self, value: object, media_type: str = "application/json") -> None:
        self.value = value
        self.media_type = media_type


class FormBody:
    """A body of media type application/x-www-form-urlencoded: fields by name, in order."""

    media_type = "application/x-www-form-urlencoded"

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = pairs


class MultipartBody:
    """A body of media type multipart/form-data (RFC 7578): parts by name, in order."""

    media_type = "multipart/form-data"  # and the boundary

    def __init__(self, parts: Sequence[tuple[str, str | Upload]]) -> None:
        self.parts = parts


class RawBody:
    """A body of bytes or a file, sent as it is."""

    def __init__(self, content: bytes | Upload, media_type: str) -> None:
        self.content = content
        self.media_type = media_type


RequestBody: TypeAlias = JSONBody | FormBody | MultipartBody | RawBody | None


def json_body(
    kind: type[Model],
    values: Mapping[str, object],
    *,
    optional: bool = False,
    media_type: str = "application/json",
) -> JSONBody | None:
    """Encode the fields of a JSON object; an optional body without fields is None."""
    return None if optional and _is_empty(values) else JSONBody(write_fields(kind, values), media_type)


def multipart_body(kind: type[Model], values: Mapping[str, object], *, optional: bool = False) -> MultipartBody | None:
    """Encode the fields of a multipart form; an array becomes one part per item."""
    fields = form_fields(kind, values, optional=optional)
    return None if fields is None else MultipartBody(_parts(fields))


def form_fields(kind: type[Model], values: Mapping[str, object], *, optional: bool) -> Mapping[str, object] | None:
    """Encode the fields of a form, which has no null; None for an optional one without fields."""
    fields = fields_of(kind)
    given = {name: value for name, value in values.items() if value is not None or fields[name].required}
    return None if optional and _is_empty(given) else write_fields(kind, given)


def _is_empty(values: Mapping[str, object]) -> bool:
    """Whether no field was given."""
    return all(isinstance(value, Omit) for value in values.values())


def _pairs(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the fields of a form by name."""
    return [(name, sendable(name, item)) for name, value in fields.items() for item in items_of(value)]


def _parts(fields: Mapping[str, object]) -> list[tuple[str, str | Upload]]:
    return [(name, part(name, item)) for name, value in fields.items() for item in items_of(value)]


def part(name: str, item: object) -> str | Upload:
    """Return a part of a multipart form; objects and arrays are sent as JSON, as OpenAPI says."""
    if isinstance(item, Upload):
        return item
    if isinstance(item, dict | list):
        return Upload("", json_text(name, cast("object", item)).encode(), "application/json")
    return sendable(name, item)


def json_value(value: object, codec: Codec[object], media_type: str, name: str = "body") -> JSONBody | None:
    """Encode a body that is one JSON value."""
    return None if isinstance(value, Omit) else JSONBody(at(name, codec.write, value), media_type)


def text_value(value: object, codec: Codec[object], media_type: str, name: str = "body") -> RawBody | None:
    """Encode a body that is a text, in UTF-8."""
    if isinstance(value, Omit):
        return None
    charset = "" if "charset" in media_type.lower() else "; charset=utf-8"
    return RawBody(sendable(name, at(name, codec.write, value)).encode(), media_type + charset)


def items_value(value: object, codec: Codec[object], media_type: str, name: str = "body") -> RawBody | None:
    """Encode a body that is a series of JSON values: lines, or a JSON text sequence (RFC 7464)."""
    if isinstance(value, Omit):
        return None
    start = "\x1e" if media_type.endswith("-seq") else ""
    items = cast("list[object]", at(name, codec.write, value))
    return RawBody("".join(f"{start}{json_text(name, item)}\n" for item in items).encode(), media_type)


def raw_body(value: object, media_type: str, name: str = "body") -> RawBody | None:
    """Make a body of a file or bytes; a media type given with them overrides that of the description.

    Of a range such as `image/*` nothing better is known than the range.
    """
    if isinstance(value, Omit):
        return None
    upload = cast("Upload", at(name, binary.write, value))
    is_given = upload.media_type != DEFAULT_MEDIA_TYPE or media_type in ("*/*", "application/*")
    content = upload.content if isinstance(upload.content, bytes) else upload
    return RawBody(content, upload.media_type if is_given else media_type)


def with_extra(body: RequestBody, extra: object) -> RequestBody:
    """Add the fields of `extra_body` to a body; a value that is not an object replaces the body.

    Raises:
        InvalidArgumentError: There are fields, but this body cannot have any.
    """
    if extra is None:
        return body
    if not isinstance(extra, Mapping):
        return JSONBody(extra)
    fields = cast("Mapping[str, object]", extra)
    if isinstance(body, MultipartBody):
        return MultipartBody([*body.parts, *_parts(fields)])
    if isinstance(body, FormBody):
        return FormBody([*body.pairs, *_pairs(fields)])
    if isinstance(body, JSONBody) and isinstance(body.value, Mapping):
        return JSONBody({**cast("Mapping[str, object]", body.value), **fields}, body.media_type)
    if body is not None:
        raise InvalidArgumentError("extra_body: fields can be added to an object alone, and this body is none")
    return JSONBody(fields)
