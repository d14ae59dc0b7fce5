"""Results that know the request they came from: lists, objects with any names, and texts."""

from __future__ import annotations

from collections.abc import Iterable
from types import GenericAlias
from typing import Any, Generic, TypeVar, cast, get_args

from ..hints.pydantic_schemas import built_on
from .codec import Codec, array, mapping, replaced
from .model import Model, Result, fields_of

__all__ = ["ResultDict", "ResultList", "ResultText"]

T = TypeVar("T")


class _Identified:
    request_id: str | None = None
    """The id of the request this came from, to give when asking for support; None if the server sent none."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        items = get_args(source) or (Any,)
        plain: Any = str
        if not issubclass(cls, str):
            plain = GenericAlias(dict, (str, *items)) if issubclass(cls, dict) else GenericAlias(list, items)
        return built_on(plain, cls, handler)


class ResultList(_Identified, list[T], Generic[T]):
    """A list that knows the request it came from."""


class ResultDict(_Identified, dict[str, T], Generic[T]):
    """An object with any names that knows the request it came from."""


class ResultText(_Identified, str):
    """A text that knows the request it came from."""


def stamp(result: object, request_id: str | None) -> None:
    """Set the request id of a result, and of each item of a list or a map."""
    if isinstance(result, Result):
        result._request_id = request_id  # pyright: ignore[reportPrivateUsage]  # the one place that may write it
    elif isinstance(result, _Identified):
        result.request_id = request_id
        if not isinstance(result, ResultText):
            for item in cast("Iterable[object]", result.values() if isinstance(result, ResultDict) else result):
                stamp(item, request_id)
    elif isinstance(result, Model) and hasattr(result, "__dict__") and "request_id" not in fields_of(type(result)):
        vars(result)["request_id"] = request_id  # an application's own model is no Result


def result_list(inner: Codec[T], *, in_place: bool = False) -> Codec[ResultList[T]]:
    """A list of values of one kind that knows the request it came from.

    With `in_place` reading consumes the JSON, so that each item is freed as soon as it is read.
    """
    plain = array(inner)

    def read(value: object) -> ResultList[T]:
        if in_place and isinstance(value, list):
            return ResultList(replaced(cast("list[object]", value), inner.read))
        return ResultList(plain.read(value))

    return Codec(read, plain.write)


def result_dict(inner: Codec[T]) -> Codec[ResultDict[T]]:
    """An object with any names and values of one kind that knows the request it came from."""
    plain = mapping(inner)
    return Codec(lambda value: ResultDict(plain.read(value)), plain.write)
