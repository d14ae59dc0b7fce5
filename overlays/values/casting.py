"""Codecs of the result types that an application names itself (`cast_to`): plain types and models of its own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from typing import Union as AnyUnion  # pyright: ignore[reportDeprecated]  # the type of Optional[X], until Python 3.14
from uuid import UUID

import attrs

from ..errors import InvalidArgumentError
from . import codec, formats, unions
from .codec import Codec, Field
from .model import Model, model
from .results import result_list

_CODECS: Mapping[object, Codec[Any]] = {
    Any: codec.anything,
    object: codec.anything,
    str: codec.string,
    int: codec.integer,
    float: codec.number,
    bool: codec.boolean,
    NoneType: codec.nullable(codec.anything),
    dict: codec.mapping(codec.anything),
    list: result_list(codec.anything),
    date: formats.day,
    datetime: formats.moment,
    time: formats.clock,
    timedelta: formats.duration,
    Decimal: formats.decimal,
    UUID: formats.uuid,
}


def codec_of(kind: Any) -> Codec[Any]:
    """Return the codec of a Python type.

    Args:
        kind: A model or a subclass of one, a plain JSON type, a date, a time, a Decimal or a UUID, or a list, a dict, a
            union or a Literal of these.

    Raises:
        InvalidArgumentError: The type cannot be read from JSON.
    """
    kind = getattr(kind, "__value__", kind)  # the value of `type Name = ...`
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return codec_of(arguments[0])
    if origin is Literal:
        return codec.choice(arguments, codec.anything)
    if origin is list:
        return result_list(codec_of(arguments[0]))
    if origin is dict:
        return codec.mapping(codec_of(arguments[1]))
    if origin in (AnyUnion, UnionType):
        inner = [codec_of(each) for each in arguments if each is not NoneType]
        union = unions.union(*inner)
        return codec.nullable(union) if len(inner) < len(arguments) else union
    if isinstance(kind, type) and issubclass(kind, Model):
        return model(kind)
    if kind in _CODECS:
        return _CODECS[kind]
    raise InvalidArgumentError(f"{kind!r} is no type that a response can be read as")


_TEXTS: Mapping[object, Callable[[str], object]] = {
    NoneType: lambda _: None,
    str: lambda text: text,
    int: int,
    float: float,
    bool: lambda text: text.strip().lower() == "true",
}


def is_response(kind: object) -> bool:
    """Whether this is httpx.Response; does not import httpx."""
    return isinstance(kind, type) and (kind.__module__, kind.__qualname__) == ("httpx", "Response")


def cast_plainly(kind: object, content: bytes, decode: Callable[[bytes], str]) -> object:
    """Return a body as bytes, str, int, float, bool or None, read from its text and not as JSON.

    Raises:
        LookupError: It is another type.
        ValueError: The text is no such value.
    """
    return content if kind is bytes else _TEXTS[kind](decode(content))


def check_type(kind: object) -> None:
    """Raise InvalidArgumentError if bodies cannot be read as this type."""
    if not isinstance(kind, Hashable):  # a value, such as [], not a type
        raise InvalidArgumentError(f"{kind!r} is no type that a response can be read as")
    if kind is not bytes and not is_response(kind) and kind not in _TEXTS:
        codec_of(kind)
    if isinstance(kind, type) and issubclass(kind, Model):
        kind.json_fields()


def own_fields(kind: type[Model]) -> dict[str, Field]:
    """Return the fields of an application's own model, from its annotations."""
    inherited = attrs.fields_dict(Model)
    try:
        hints = get_type_hints(kind)
    except NameError as error:
        raise InvalidArgumentError(
            f"{kind.__name__}: {error}; its annotations must name what its module has"
        ) from error
    return {
        name: Field(name, codec_of(hints[name]), required=attribute.default is attrs.NOTHING)
        for name, attribute in attrs.fields_dict(kind).items()
        if attribute.init and name not in inherited
    }
