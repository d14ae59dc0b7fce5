"""What every model has: reading from JSON and writing to it, by the fields its class lists."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Generic, Self, TypeVar, cast
from uuid import UUID

import attrs

from .codec import Codec, Field, MismatchError, anything, array
from .errors import InvalidArgumentError
from .omit import Omit

__all__ = ["Model", "ResultList"]

T = TypeVar("T")
M = TypeVar("M", bound="Model")


@attrs.define(kw_only=True, repr=False)
class Model:
    """The base of every model.

    An optional field that is None is left out when the model is written.
    """

    additional_properties: dict[str, Any] = attrs.field(factory=dict)
    """The fields the description does not know, as they came."""

    def __repr__(self) -> str:
        given = {name: cast("object", getattr(self, name)) for name in _fields(type(self))}
        shown = [
            f"{name}={'…' if _fields(type(self))[name].secret else repr(value)}"
            for name, value in given.items()
            if value is not None
        ]
        shown += [f"{name}={value!r}" for name, value in self.additional_properties.items()]
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def json_fields(cls) -> Mapping[str, Field]:
        """Return the fields by attribute name. A method, so that models may refer to each other in a circle."""
        return {}

    @classmethod
    def json_rest(cls) -> Codec[object]:
        """Return the kind of the additional properties."""
        return anything

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read the model from decoded JSON; raises InvalidArgumentError if it lacks a field or cannot be read."""
        try:
            return read_model(cls, data)
        except MismatchError as error:
            raise InvalidArgumentError(f"{cls.__name__}: {error}") from None

    def to_dict(self) -> dict[str, object]:
        """Return the model as plain values, ready for JSON, under the names it has there."""
        fields = {field.name: (getattr(self, name), field) for name, field in _fields(type(self)).items()}
        given = {name: _plain(value) for name, (value, field) in fields.items() if value is not None or field.required}
        return given | {name: _plain(value) for name, value in self.additional_properties.items()}

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the model as JSON text; see to_dict."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)


@attrs.define(kw_only=True, repr=False)
class Result(Model):
    """A model that knows the request it came from."""

    _request_id: str | None = attrs.field(default=None, init=False, eq=False)

    @property
    def request_id(self) -> str | None:
        """The id of the request this came from, to give when asking for support; None if the server sent none."""
        return self._request_id


class ResultList(list[T], Generic[T]):
    """A list that knows the request it came from."""

    request_id: str | None = None
    """The id of the request this came from, to give when asking for support; None if the server sent none."""


def _plain(value: object) -> object:
    """Return a value of a model as JSON has it."""
    match value:
        case Model():
            return value.to_dict()
        case Mapping():
            return {key: _plain(item) for key, item in cast("Mapping[str, object]", value).items()}
        case list() | tuple():
            return [_plain(item) for item in cast("Sequence[object]", value)]
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            return value


def stamp(result: object, request_id: str | None) -> None:
    """Tell a result, and each item of a list, the request it came from."""
    if isinstance(result, Result):
        result._request_id = request_id  # pyright: ignore[reportPrivateUsage]  # the one place that may write it
    elif isinstance(result, ResultList):
        result.request_id = request_id
        for item in cast("ResultList[object]", result):
            stamp(item, request_id)


_FIELDS: dict[type[Model], Mapping[str, Field]] = {}


def _fields(kind: type[Model]) -> Mapping[str, Field]:
    if kind not in _FIELDS:
        _FIELDS[kind] = kind.json_fields()
    return _FIELDS[kind]


def read_model(kind: type[M], data: object) -> M:
    """Read a model from decoded JSON; raises MismatchError. An optional field may be missing or null."""
    if not isinstance(data, Mapping):
        raise MismatchError("an object", data)
    rest = dict(cast("Mapping[str, object]", data))
    values: dict[str, Any] = {}
    for attribute, field in _fields(kind).items():
        if field.name not in rest:
            if field.required:
                raise MismatchError("there", None, found="nothing").under(field.name)
            continue
        value = rest.pop(field.name)
        if value is None and not field.required:
            continue
        try:
            values[attribute] = field.codec.read(value)
        except MismatchError as error:
            raise error.under(field.name) from None
    for key, value in rest.items():
        try:
            rest[key] = kind.json_rest().read(value)
        except MismatchError as error:
            raise error.under(key) from None
    return kind(**values, additional_properties=rest)


def write_fields(kind: type[Model], values: Mapping[str, object]) -> dict[str, object]:
    """Write the given fields, by attribute name, as an object of this kind; raises MismatchError.

    Fields that are `omit` are left out.
    """
    fields = _fields(kind)
    written: dict[str, object] = {}
    for attribute, field in fields.items():
        value = values.get(attribute, _OMIT)
        if isinstance(value, Omit):
            if field.required:
                raise MismatchError("given", None, found="nothing").under(attribute)
            continue
        try:
            written[field.name] = field.codec.write(value)
        except MismatchError as error:
            raise error.under(attribute) from None
    unknown = [name for name in values if name not in fields]
    if unknown:
        raise MismatchError(f"one of the fields {', '.join(fields)}", unknown[0])
    return written


_OMIT = Omit()


def write_model(kind: type[Model], value: object) -> dict[str, object]:
    """Write a model, or a mapping of its fields, as decoded JSON; raises MismatchError."""
    if isinstance(value, kind):
        fields = _fields(kind)
        given = {name: cast("object", getattr(value, name)) for name in fields}
        values = {name: item for name, item in given.items() if item is not None or fields[name].required}
        rest = {key: kind.json_rest().write(item) for key, item in value.additional_properties.items()}
        return {**write_fields(kind, values), **rest}
    if isinstance(value, Mapping):
        return write_fields(kind, cast("Mapping[str, object]", value))
    raise MismatchError(f"a {kind.__name__} or a mapping of its fields", value)


def model(kind: type[M]) -> Codec[M]:
    """A model of the given class."""
    return Codec(functools.partial(read_model, kind), functools.partial(write_model, kind))


def result_list(inner: Codec[T]) -> Codec[ResultList[T]]:
    """A list of values of one kind that knows the request it came from."""
    plain = array(inner)
    return Codec(lambda value: ResultList(plain.read(value)), plain.write)
