"""Bodies with several media types, and forms whose fields have encodings of their own (OpenAPI's Encoding Object)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast
from urllib.parse import unquote_plus

from ..hints.omitted import Omit
from .bodies import FormBody, MultipartBody, RequestBody, form_fields, part
from .codec import Codec, MismatchError, at
from .files import DEFAULT_MEDIA_TYPE, Upload, part_of_any_kind
from .model import Model
from .parameter_styles import Encoded, QueryStyle, form, items_of


class Encoding(NamedTuple):
    """How a form field is encoded.

    Args:
        media_type: The media type of its part; the default for its kind if empty.
        style: The parameter style that it is written in, if any.
        headers: The headers of its part.
    """

    media_type: str = ""
    style: QueryStyle | None = None
    headers: Mapping[str, str] = {}


Encodings = Mapping[str, Encoding]
PLAIN = Encoding()


def form_body(
    kind: type[Model], values: Mapping[str, object], *, optional: bool = False, encoding: Encodings | None = None
) -> FormBody | None:
    """Encode the fields of a form; an optional body without fields is None."""
    fields = form_fields(kind, values, optional=optional)
    return None if fields is None else _form(fields, encoding)


def form_value(
    value: object, codec: Codec[object], name: str = "body", *, encoding: Encodings | None = None
) -> FormBody | None:
    """Encode a form that is one argument."""
    return None if isinstance(value, Omit) else _form(_fields(value, codec, name), encoding)


def multipart_body(
    kind: type[Model], values: Mapping[str, object], *, optional: bool = False, encoding: Encodings | None = None
) -> MultipartBody | None:
    """Encode the fields of a multipart form; an optional body without fields is None."""
    fields = form_fields(kind, values, optional=optional)
    return None if fields is None else MultipartBody(list(_parts(fields, encoding or {})))


def multipart_value(
    value: object, codec: Codec[object], name: str = "body", *, encoding: Encodings | None = None
) -> MultipartBody | None:
    """Encode a multipart form that is one argument."""
    if isinstance(value, Omit):
        return None
    fields = {key: at(key, part_of_any_kind.write, item) for key, item in _fields(value, codec, name).items()}
    return MultipartBody(list(_parts(fields, encoding or {})))


def one_of(usual: RequestBody, others: Mapping[str, RequestBody], *, required: bool) -> RequestBody:
    """Return the body that was given; raises MismatchError for several, or for none where one is required."""
    given = [(name, body) for name, body in others.items() if body is not None]
    if len(given) > 1 or (given and usual is not None):
        what = " and ".join(name for name, _ in given)
        raise MismatchError("one body", None, found=what if usual is None else f"{what} beside the other fields")
    if required and usual is None and not given:
        raise MismatchError(f"a body, by its fields or as one of {', '.join(others)}", None, found="nothing")
    return given[0][1] if given else usual


def _fields(value: object, codec: Codec[object], name: str) -> Mapping[str, object]:
    written = at(name, codec.write, value)
    if not isinstance(written, Mapping):
        raise MismatchError("an object", written).under(name)
    return cast("Mapping[str, object]", written)


def _form(fields: Mapping[str, object], encoding: Encodings | None) -> FormBody:
    for name, value in fields.items():
        if any(isinstance(item, Upload) for item in items_of(value)):
            raise MismatchError("a text, since this form holds no files", None, found="a file").under(name)
    styles = {name: each.style for name, each in (encoding or {}).items() if each.style}
    return FormBody(form(styles)("", fields))


def _parts(fields: Mapping[str, object], encoding: Encodings) -> Iterator[tuple[str, str | Upload]]:
    for name, value in fields.items():
        own = encoding.get(name, PLAIN)
        if own.style is not None:
            pairs = [] if value is None else own.style(name, value)
            yield from ((key, unquote_plus(text) if isinstance(text, Encoded) else text) for key, text in pairs)
            continue
        for item in items_of(value):
            yield name, _as_encoded(part(name, item), own)


def _as_encoded(made: str | Upload, own: Encoding) -> str | Upload:
    """Return a part with the media type and headers of the description; those that the caller gave override them."""
    if isinstance(made, str):
        if own == PLAIN:
            return made
        made = Upload("", made.encode(), own.media_type or "text/plain; charset=utf-8")
    is_silent = bool(own.media_type) and made.media_type in (DEFAULT_MEDIA_TYPE, "application/json")
    media_type = own.media_type if is_silent else made.media_type
    return Upload(made.name, made.content, media_type, {**own.headers, **made.headers}, made.is_awaited)
