"""Unions: values of one of several kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any, TypeVar, cast

from .codec import Codec, MismatchError
from .model import Result, reader_of

S = TypeVar("S")
T = TypeVar("T")


def union(*inner: Codec[T]) -> Codec[T]:
    """A value of any of several kinds: of those that match, the one that knows most of its fields, else the first."""

    def best(converts: Sequence[Callable[[object], S]], value: object) -> S:
        wanted: list[str] = []
        found: list[S] = []
        for convert in converts:
            try:
                found.append(convert(value))
            except MismatchError as error:
                wanted.append(error.wanted)
            else:
                if not _unknown_fields(found[-1]):
                    break
        if not found:
            raise MismatchError(" or ".join(dict.fromkeys(wanted)), value)
        return min(found, key=_unknown_fields)

    return Codec(
        partial(best, [codec.read for codec in inner]),
        partial(best, [codec.write for codec in inner]),
    )


def _unknown_fields(value: object) -> int:
    """Return how many fields of an object its class does not know."""
    return len(getattr(value, "additional_properties", ()))


class NewKindError(MismatchError):
    """An object's kind is not in the description."""


def tagged(
    tag: str,
    kinds: Mapping[str | int, Codec[T]],
    *,
    attribute: str = "",
    optional: bool = False,
    read_only: bool = False,
    default: Codec[T] | None = None,
) -> Codec[T]:
    """One of several kinds of object, which a property, the discriminator, tells apart.

    Args:
        tag: Its name in JSON.
        kinds: The kind for each value of the property.
        attribute: Its name in Python, if different.
        optional: Whether it may be missing: then the other fields determine the kind.
        read_only: Whether only responses have it: in what is sent it may be missing.
        default: The kind of objects with another value or none; without it they are an error.
    """
    names = (tag, attribute or tag)
    by_fields = union(*kinds.values(), *([default] if default else []))

    def given_in(value: object) -> object:
        get = cast("Mapping[str, object]", value).get if isinstance(value, Mapping) else partial(getattr, value)
        return next((each for each in (get(name, None) for name in names) if each is not None), None)

    def kind_of(value: object, otherwise: Codec[T] | None) -> Codec[T]:
        given = given_in(value)
        if otherwise is None and given is None and optional:
            return by_fields
        is_tag = isinstance(given, str | int) and not isinstance(given, bool)
        found = kinds.get(cast("str | int", given), otherwise) if is_tag else otherwise
        if found is None:
            error = NewKindError if is_tag else MismatchError
            raise error(f"one of {', '.join(map(str, kinds))}", given).under(tag)
        return found

    def write(value: object) -> object:
        # A caller need not give the discriminator: the class, or the fields, determine the kind.
        is_hidden = read_only and given_in(value) is None
        written = fields = (by_fields if is_hidden else kind_of(value, by_fields if default else None)).write(value)
        if isinstance(fields, dict) and tag not in fields and (given := given_in(value)) is not None:
            # A member says that only responses have it, but the server reads it.
            return {**cast("dict[str, object]", fields), tag: given}
        return written

    return Codec(lambda value: kind_of(value, default).read(value), write)


def later(module: str) -> Codec[Any]:
    """The codec of a module in `models`, looked up at its first use: it is for models that contain themselves."""

    def read(value: object) -> object:
        inner.read = import_module(f"..models.{module}", __package__).CODEC.read
        return inner.read(value)

    def write(value: object) -> object:
        inner.write = import_module(f"..models.{module}", __package__).CODEC.write
        return inner.write(value)

    inner: Codec[Any] = Codec(read, write)
    return inner


def with_new_kinds(union: Codec[T]) -> Codec[T | Result]:
    """A union to which the API may add: an object of a new kind is read as a model without a class of its own."""

    def read(value: object) -> T | Result:
        try:
            return union.read(value)
        except NewKindError as error:
            if len(error.path) > 1:
                raise
            return reader_of(Result)(value)

    return Codec(read, union.write)
