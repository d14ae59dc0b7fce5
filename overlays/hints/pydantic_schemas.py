"""The schemas of our types for pydantic, with which the libraries of agents describe methods that they are handed.

Nothing here imports pydantic: its schemas are plain dicts, and it calls these functions itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, TypeAlias, TypeVar, cast

T = TypeVar("T")

Schema: TypeAlias = dict[str, Any]


def checked(check: Callable[[Any], object], write: Callable[[Any], object] | None = None) -> Schema:
    """Return the schema of a value that one function validates or converts and another one serializes."""
    schema = {"type": "function-plain", "function": {"type": "no-info", "function": check}}
    return schema if write is None else {**schema, "serialization": {"type": "function-plain", "function": write}}


def built_on(plain: Any, kind: type[object], handler: Any) -> Schema:
    """Return the schema of a class that is made of a plain value, and is validated and serialized as that value."""
    function = {"type": "no-info", "function": kind}
    return {"type": "function-after", "function": function, "schema": handler.generate_schema(plain)}


def typed_dict(kind: type[T]) -> type[T]:
    """Have pydantic accept a TypedDict of typing: before Python 3.12 it accepts only those of typing_extensions."""
    if sys.version_info < (3, 12):
        cast("Any", kind).__get_pydantic_core_schema__ = _typed_dict_schema
    return kind


def _typed_dict_schema(kind: Any, handler: Any) -> Schema:
    import typing_extensions

    make: Any = typing_extensions.TypedDict
    twin = make(kind.__name__, kind.__annotations__, total=kind.__total__)
    twin.__doc__, twin.__module__ = kind.__doc__, kind.__module__
    schema: Schema = handler.generate_schema(twin)
    return schema


class Serializer:
    """The serializer that pydantic uses for a value of an unknown type, such as the result of a tool."""

    def __get__(self, instance: object, owner: Any) -> object:
        if "pydantic" not in sys.modules:  # it is another that asks, and for all attributes
            raise AttributeError(f"{owner.__name__} has no serializer without pydantic")
        return _serializer(owner)


@cache
def _serializer(kind: Any) -> object:
    from pydantic import TypeAdapter

    return TypeAdapter(kind).serializer


class Hidden:
    """Marks a setting of the call, which the application gives: it is hidden from agents."""

    def __get_pydantic_json_schema__(self, schema: object, handler: object) -> Schema:
        from pydantic_core import PydanticOmit

        raise PydanticOmit


def without_hidden(schema: Schema, handler: Any) -> Schema:
    """Describe the arguments of a method without the hidden ones, which pydantic leaves out of models only."""
    from pydantic_core import PydanticOmit

    def is_shown(argument: Schema) -> bool:
        try:
            handler({"type": "nullable", "schema": argument["schema"]})
        except PydanticOmit:
            return False
        return True

    arguments: Schema = schema["arguments_schema"]
    shown = [each for each in arguments["arguments_schema"] if is_shown(each)]
    description: Schema = handler({**schema, "arguments_schema": {**arguments, "arguments_schema": shown}})
    return description


class Instance:
    """Marks a class that pydantic does not know: its instances are accepted as they are, and have no form in JSON."""

    def __get_pydantic_core_schema__(self, source: Any, handler: object) -> Schema:
        return {"type": "is-instance", "cls": source}


class File:
    """Marks a file to upload. In JSON it is a path; whether it can be read is checked when it is sent."""

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> Schema:
        return checked(_path)

    def __get_pydantic_json_schema__(self, schema: object, handler: object) -> Schema:
        return {"type": "string", "format": "path"}


_FILES: tuple[type, ...] = (str, bytes, tuple, os.PathLike)


def _path(value: object) -> object:
    if not isinstance(value, _FILES) and not hasattr(value, "read"):
        raise ValueError("a file must be a path, an open binary file, bytes, or a tuple with one of these")
    from pathlib import Path

    return Path(value) if isinstance(value, str) else value


Setting: TypeAlias = Annotated[T, Hidden()]
"""A setting of one call, which is not an argument of the operation."""
