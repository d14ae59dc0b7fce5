"""Codecs: how a value of each kind is read from JSON and written to JSON.

Reading is tolerant, so that a newer server does not break an older client. Writing is strict: what the description
does not allow is refused before anything is sent. Generated modules combine these codecs for their fields.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeGuard, TypeVar, cast

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")


class MismatchError(Exception):
    """A value does not match its codec. It never leaves the package: callers turn it into an error of the tree."""

    def __init__(self, wanted: str, value: object, *, found: str | None = None) -> None:
        super().__init__()
        self.path: list[str | int] = []
        self.wanted = wanted
        self.found = _describe(value) if found is None else found

    def __str__(self) -> str:
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")
        return f"{where or 'the value'} must be {self.wanted}; got {self.found}"

    def under(self, step: str | int) -> MismatchError:
        """Return this error with the path extended by one outer level."""
        self.path.insert(0, step)
        return self


def at(step: str | int, convert: Callable[[S], T], value: S) -> T:
    """Convert the value at this place; a MismatchError names the place."""
    try:
        return convert(value)
    except MismatchError as error:
        raise error.under(step) from error.__cause__


def _describe(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


class Codec(Generic[T_co]):
    """Reads and writes one kind of value; both directions raise MismatchError."""

    __slots__ = ("plain", "read", "write")

    def __init__(
        self, read: Callable[[object], T_co], write: Callable[[object], object], plain: type | None = None
    ) -> None:
        self.read = read
        self.write = write
        self.plain = plain
        """The type whose values `read` returns unchanged, so that it need not be called; None if there is none."""


def _plain(wanted: str, kind: type[T]) -> Codec[T]:
    def check(value: object) -> T:
        if not isinstance(value, kind):
            raise MismatchError(wanted, value)
        return value

    return Codec(check, check, kind)


def _same(value: object) -> object:
    return value


def _never(value: object) -> object:
    raise MismatchError("no field that the description does not know", value)


def _only_null(value: object) -> None:
    if value is not None:
        raise MismatchError("null", value)


anything: Codec[object] = Codec(_same, _same)
unknown: Codec[object] = Codec(_same, _never)
"""A value that the description does not know: kept when it is read, refused when it is to be written."""
null: Codec[None] = Codec(_only_null, _only_null)
boolean = _plain("true or false", bool)


_UNITS: Mapping[type, str] = {str: "character", Sequence: "item", Mapping: "name"}
_SIZED, _NUMBERS = (*_UNITS,), (int, float)


def _is_unique(items: list[object], _: object) -> bool:
    return not any(item in items[:index] for index, item in enumerate(items))


def _is_multiple(value: float, of: float) -> bool:
    return abs(value / of - round(value / of)) <= 1e-9


_LIMITS: Mapping[str, tuple[Any, Callable[[Any, Any], object], str]] = {
    "min_length": (_SIZED, lambda value, least: len(value) >= least, "at least {} {} long"),
    "max_length": (_SIZED, lambda value, most: len(value) <= most, "at most {} {} long"),
    "pattern": (str, lambda text, pattern: re.search(pattern, text) is not None, "text that matches {!r}"),
    "unique": (list, _is_unique, "a list in which each item stands once"),
    "multiple_of": (_NUMBERS, _is_multiple, "a multiple of {:g}"),
    "minimum": (_NUMBERS, operator.ge, "at least {:g}"),
    "maximum": (_NUMBERS, operator.le, "at most {:g}"),
    "above": (_NUMBERS, operator.gt, "more than {:g}"),
    "below": (_NUMBERS, operator.lt, "less than {:g}"),
}
"""By name of a limit: the types that it applies to, whether a value keeps to it, and what is wanted."""


def limited(codec: Codec[T], **limits: Any) -> Codec[T]:
    """Add limits of JSON Schema, checked when writing. Lengths count code points, items, properties or bytes."""
    rules = [(*_LIMITS[name], limit) for name, limit in limits.items()]

    def write(value: object) -> object:
        written: Any = codec.write(value)
        for kinds, holds, wanted, limit in rules:
            if isinstance(written, kinds) and not isinstance(written, bool) and not holds(written, limit):
                unit = next((unit for kind, unit in _UNITS.items() if isinstance(written, kind)), "")
                units = unit if limit == 1 else f"{unit}s"
                found = str(len(written)) if "long" in wanted else None
                raise MismatchError(wanted.format(limit, units), written, found=found)
        return written

    return Codec(codec.read, write, codec.plain)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MismatchError("text", value)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise MismatchError("text without lone surrogates", value) from None
    return value


string: Codec[str] = Codec(_plain("text", str).read, _text, str)


def _read_integer(value: object) -> int:
    # JSON Schema counts 1.0 as an integer.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise MismatchError("a whole number", value)
    return value


def _read_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MismatchError("a number", value)
    return value


def _write_number(value: object) -> float:
    number_ = _read_number(value)
    if isinstance(number_, float) and not math.isfinite(number_):
        raise MismatchError("a finite number", value)
    return number_


integer: Codec[int] = Codec(_read_integer, _read_integer, int)
number: Codec[float] = Codec(_read_number, _write_number, float)


def choice(values: Sequence[T], kind: Codec[S]) -> Codec[S]:
    """One of the given values; reading accepts others too, since an API may add some."""

    def write(value: object) -> object:
        if not any(value == each and isinstance(value, bool) is isinstance(each, bool) for each in values):
            allowed = ", ".join(repr(each) for each in values)
            raise MismatchError(f"one of {allowed}", value)
        return value

    return Codec(kind.read, write, kind.plain)


def constant(value: T) -> Codec[T]:
    """Always this value; reading accepts others too, as `choice` does."""

    def write(given: object) -> object:
        if given != value:
            raise MismatchError(repr(value), given)
        return given

    return Codec(cast("Callable[[object], T]", _same), write)


def nullable(inner: Codec[T]) -> Codec[T | None]:
    """The value, or null."""

    def read(value: object) -> T | None:
        return None if value is None else inner.read(value)

    def write(value: object) -> object:
        return None if value is None else inner.write(value)

    return Codec(read, write, inner.plain)


def _is_list(value: object) -> TypeGuard[Iterable[object]]:
    # A str is a sequence of str too, but is hardly ever meant as one here.
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def replaced(items: list[Any], convert: Callable[[object], T]) -> list[T]:
    """Replace each item by its converted value in place, so that memory of the JSON is freed at once."""
    for index, item in enumerate(items):
        try:
            items[index] = convert(item)
        except MismatchError as error:
            raise error.under(index) from None
    return items


def array(inner: Codec[T]) -> Codec[list[T]]:
    """A list of values of one kind."""
    plain = inner.plain

    def read(value: Any) -> list[T]:
        if not isinstance(value, list):
            raise MismatchError("an array", value)
        items: list[Any] = value[:]  # pyright: ignore[reportUnknownVariableType]  # a cast takes as long as the rest
        for item in items:
            if type(item) is not plain:
                return replaced(items, inner.read)
        return items

    def write(value: object) -> object:
        if not _is_list(value):
            raise MismatchError("a list", value)
        return replaced(list(value), inner.write)

    return Codec(read, write)


def items(
    places: Sequence[Codec[object]], rest: Codec[object] | None, made: type[tuple[Any, ...] | list[Any]]
) -> Codec[Any]:
    """A list whose first items have kinds of their own (`prefixItems`), the others that of `rest`, if there are any."""

    def of(index: int) -> Codec[object]:
        return places[index] if index < len(places) else rest or unknown

    def read(value: object) -> object:
        if not isinstance(value, list):
            raise MismatchError("an array", value)
        return made([at(index, of(index).read, item) for index, item in enumerate(cast("list[object]", value))])

    def write(value: object) -> object:
        if not _is_list(value):
            raise MismatchError("a list", value)
        return [at(index, of(index).write, item) for index, item in enumerate(value)]

    return Codec(read, write)


def _named(convert: Callable[[str, object], S], value: object) -> dict[str, S]:
    """Convert the values of an object, naming the property in errors."""
    if not isinstance(value, Mapping):
        raise MismatchError("an object", value)
    done: dict[str, S] = {}
    for key, item in cast("Mapping[object, object]", value).items():
        if not isinstance(key, str):
            raise MismatchError("an object whose names are texts", key)
        done[key] = at(key, partial(convert, key), item)
    return done


def mapping(inner: Codec[T]) -> Codec[dict[str, T]]:
    """An object with any keys and values of one kind."""
    return Codec(
        partial(_named, lambda _, item: inner.read(item)),
        partial(_named, lambda _, item: inner.write(item)),
    )


def patterned(patterns: Mapping[str, Codec[object]], rest: Codec[object] | None) -> Codec[Any]:
    """An object whose property names determine the kinds of the values by pattern; `rest` is the kind of the others."""

    def of(name: str) -> Codec[object]:
        return next((inner for pattern, inner in patterns.items() if re.search(pattern, name)), rest or unknown)

    return Codec(
        partial(_named, lambda name, item: of(name).read(item)),
        partial(_named, lambda name, item: of(name).write(item)),
    )


class Field(NamedTuple):
    """One property of an object: its name in JSON, the kind of its value, and whether it is required."""

    name: str
    codec: Codec[object]
    required: bool = False
    secret: bool = False
    """Whether its value is kept out of every repr."""
    read_only: bool = False
    """Whether only responses have it: it is not written."""
    write_only: bool = False
    """Whether only requests have it: it may be missing in what is read."""

    @property
    def may_lack(self) -> bool:
        """Whether it may be missing in what is read."""
        return not self.required or self.write_only
