"""What a schema may stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from .naming import python_name


class Form(StrEnum):
    """All forms that a kind has. A value is read as the first that fits, so those that take less go first."""

    NULL = "null"
    CONST = "const"
    """One value."""
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    UUID = "uuid"
    MOMENT = "moment"
    DAY = "day"
    CLOCK = "clock"
    DURATION = "duration"
    DECIMAL = "decimal"
    """A number that is written as a text."""
    CHOICE = "choice"
    """A list of texts, integers and booleans, which may grow."""
    VALUES = "values"
    """A list of any values."""
    OCTETS = "octets"
    """Bytes that are written as base64."""
    STRING = "string"

    # What follows is told apart in other ways.
    FILE = "file"
    """Bytes as they are."""
    ARRAY = "array"
    MAP = "map"
    """An object whose names are not listed."""
    MODEL = "model"
    """An object with fields: a class."""
    UNION = "union"
    LATER = "later"
    """A component that this is within, and that is not known yet."""
    ANYTHING = "anything"


_ORDER = [*Form]


@dataclass(frozen=True)
class Kind:
    """What a schema stands for.

    Args:
        form: What it is.
        name: The class of a model, or the type alias of a choice or a union; of `later`, what is being read.
        inner: The kind of the items of an array or the values of a map, or the kinds of a union's members.
        places: For an array, the kind of each of its first items; for a map, the kind of the values whose names match a
            pattern, by that.
        rest: The kind of the other items or values, where there are such places; None if there are none.
        limits: The arguments of `codec.limited`.
        nullable: Whether it may be null.
        values: What a constant, or a list of values that has no name, may be.
        said: What a union says of itself: its discriminator, and where it stands.
        lost: Of what is anything: what was lost of it, `type` or `bytes`; empty if it is described so.
    """

    form: Form
    name: str = ""
    inner: tuple[Kind, ...] = ()
    places: tuple[tuple[str, Kind], ...] = ()
    rest: Kind | None = None
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    nullable: bool = False
    values: tuple[Any, ...] = ()
    said: tuple[Mapping[str, Any] | None, str] = (None, "")
    lost: str = ""

    @property
    def module(self) -> str:
        """The module of the class or the alias."""
        return python_name(self.name)

    @property
    def takes_mappings(self) -> bool:
        """Whether a caller may give a mapping of fields in place of an object."""
        return self.form == Form.MODEL or (self.form == Form.UNION and any(each.takes_mappings for each in self.inner))

    @property
    def is_tuple(self) -> bool:
        """Whether it is an array that always has items in all of its places."""
        return self.form == Form.ARRAY and 0 < len(self.places) <= self.limits.get("min_length", 0)

    @property
    def is_file_or_text(self) -> bool:
        """Whether it is a file in a form, and the text in its place where there are no files."""
        return self.form == Form.UNION and self.inner == FILE_OR_TEXT.inner

    @property
    def within(self) -> tuple[Kind, ...]:
        """The kinds of all that is in it."""
        return (*self.inner, *(each for _, each in self.places), *((self.rest,) if self.rest else ()))

    def named(self) -> Iterator[Kind]:
        """Yield all kinds in this one that have a module of their own."""
        if self.name and self.form != Form.LATER:
            yield self
        elif not self.name:
            for each in self.within:
                yield from each.named()

    @property
    def has_itself(self) -> bool:
        """Whether there is something in it that it is in."""
        return self.form == Form.LATER or any(each.has_itself for each in self.within)


FILE_OR_TEXT = Kind(Form.UNION, inner=(Kind(Form.FILE), Kind(Form.STRING)))
"""A field of what is sent in a form, and elsewhere as JSON."""

OPEN = Kind(Form.UNION, inner=(Kind(Form.ANYTHING),))
"""What the additional properties of an object are whose description says that it may have any."""


def any_of(kinds: list[Kind]) -> Kind:
    """Return the kind of what may be of any of some kinds."""
    if any(each.form == Form.ANYTHING for each in kinds):
        return Kind(Form.ANYTHING)
    nullable = any(each.nullable or each.form == Form.NULL for each in kinds)
    values = list(
        {
            repr(each): each for each in (replace(kind, nullable=False) for kind in kinds if kind.form != Form.NULL)
        }.values()
    )
    if len(values) < 2:
        return replace(values[0], nullable=nullable) if values else Kind(Form.NULL)
    return Kind(Form.UNION, inner=in_order(values), nullable=nullable)


def in_order(kinds: list[Kind]) -> tuple[Kind, ...]:
    """Return the members of a union, those that take less first."""
    return tuple(sorted(kinds, key=lambda kind: min(_ORDER.index(kind.form), _ORDER.index(Form.FILE))))
