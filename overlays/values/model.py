"""The base of all models: reading from JSON and writing to JSON, by the fields that the class lists."""

from __future__ import annotations

import copy
import functools
import inspect
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast, dataclass_transform

import attrs

from ..errors import InvalidArgumentError
from ..hints.omitted import Omit
from ..hints.pydantic_schemas import Serializer, checked
from .codec import Codec, Field, MismatchError, anything, at
from .readers import reader

__all__ = ["Model"]

M = TypeVar("M", bound="Model")


_OLDER_NAMES = {"dict": "model_dump", "json": "model_dump_json", "copy": "model_copy"}
"""Method names of pydantic 1. They are not methods here, so that a description may have fields of these names."""


@dataclass_transform(kw_only_default=True, field_specifiers=(attrs.field,))
@attrs.define(kw_only=True, repr=False, getstate_setstate=False)
class Model:
    """The base of every model.

    An optional field that is None is left out when the model is written. Fields that the description does not know are
    attributes too. An application defines its own model as a subclass that has only annotated fields.
    """

    additional_properties: dict[str, Any] = attrs.field(factory=dict)
    """The fields that the description does not know, as received."""

    _nulls: tuple[str, ...] = attrs.field(default=(), init=False, eq=False)
    """The optional fields that were received as null."""

    def __init_subclass__(cls) -> None:
        # Generated classes list their fields, and their subclasses have the same.
        if cls.__module__ == __name__ or "__attrs_attrs__" in cls.__dict__:
            return
        if inspect.getattr_static(cls, "json_fields") is vars(Model)["json_fields"]:
            attrs.define(cls, kw_only=True, repr=False, slots=False, getstate_setstate=False)

    if not TYPE_CHECKING:  # a type checker is to find misspelt names

        def __getattr__(self, name: str) -> object:
            if name == "additional_properties":  # most models have none
                self.additional_properties = {}
                return self.additional_properties
            if not name.startswith("_"):
                if name in self.additional_properties:
                    return self.additional_properties[name]
                if name in _OLDER_NAMES:
                    return getattr(self, _OLDER_NAMES[name])
            raise AttributeError(f"{type(self).__name__} has no {name}", name=name, obj=self)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yield each attribute and its value, so that `dict(voice)` has them all; see model_dump for plain values."""
        yield from ((name, getattr(self, name)) for name in fields_of(type(self)))
        yield from self.additional_properties.items()

    def __getstate__(self) -> object:
        # Python's own, which knows slots and everything else; needed for the oldest protocols of pickle.
        return super().__getstate__()

    def __repr__(self) -> str:
        shown = [
            f"{name}={'…' if field.secret else repr(value)}"
            for name, field in fields_of(type(self)).items()
            if (value := getattr(self, name)) is not None
        ]
        shown += [f"{name}={value!r}" for name, value in self.additional_properties.items()]
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def json_fields(cls) -> Mapping[str, Field]:
        """Return the fields by attribute name. It is a method, so that models may refer to each other in a circle."""
        from .casting import own_fields

        return own_fields(cls)

    @classmethod
    def json_rest(cls) -> Codec[object]:
        """Return the kind of the additional properties."""
        return anything

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read the model from decoded JSON; raises InvalidArgumentError if it lacks a field or cannot be read."""
        try:
            return reader_of(cls)(data)
        except MismatchError as error:
            raise InvalidArgumentError(f"{cls.__name__}: {error}") from None

    def to_dict(
        self,
        *,
        mode: str = "python",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> dict[str, object]:
        """Return the model as plain values.

        Args:
            mode: `json` for dates and UUIDs as JSON has them, `python` for them as they are.
            use_api_names: Whether fields have their JSON names, not their attribute names.
            exclude_unset: Whether optional fields that were not received are left out.
            exclude_defaults: Whether fields that have their default are left out.
            exclude_none: Whether all fields that are None are left out.

        Raises:
            InvalidArgumentError: There is no such mode.
        """
        from .dumping import Form

        return Form(mode, use_api_names, exclude_unset, exclude_defaults, exclude_none).dump(self)

    def to_json(
        self,
        *,
        indent: int | None = 2,
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> str:
        """Return the model as JSON text, in one line if `indent` is None; see to_dict for the others."""
        from .dumping import Form, as_json

        return as_json(Form("json", use_api_names, exclude_unset, exclude_defaults, exclude_none).dump(self), indent)

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        by_alias: bool = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> dict[str, object]:
        """Return what to_dict does, with the defaults of pydantic; `include` and `exclude` are names of attributes."""
        from .dumping import Form

        form = Form(mode, by_alias, exclude_unset, exclude_defaults, exclude_none)
        return form.dump(self, include, exclude)

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        include: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        by_alias: bool = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> str:
        """Return what to_json does, with the defaults of pydantic; `include` and `exclude` are names of attributes."""
        from .dumping import Form, as_json

        form = Form("json", by_alias, exclude_unset, exclude_defaults, exclude_none)
        return as_json(form.dump(self, include, exclude), indent)

    @classmethod
    def model_validate(cls, obj: object) -> Self:
        """Return what from_dict does, or the model itself if it is one; raises InvalidArgumentError."""
        return obj if isinstance(obj, cls) else cls.from_dict(cast("Mapping[str, object]", obj))

    @classmethod
    def model_validate_json(cls, json_data: str | bytes) -> Self:
        """Read the model from JSON text; raises InvalidArgumentError."""
        try:
            return cls.model_validate(json.loads(json_data))
        except (TypeError, UnicodeError, json.JSONDecodeError, RecursionError) as error:
            raise InvalidArgumentError(f"{cls.__name__}: this is no JSON ({error})") from None

    @classmethod
    def model_construct(cls, _fields_set: object = None, **values: Any) -> Self:
        """Return a model of these values, unchecked; fields that are not given are None."""
        needed = [each.name for each in attrs.fields(cls) if each.default is attrs.NOTHING]
        known = {name: values.pop(name) for name in fields_of(cls) if name in values}
        return cls(**{**dict.fromkeys(needed), **known}, additional_properties=values)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields replaced by other values, which are not checked.

        Args:
            update: The other values, by attribute name.
            deep: Whether the values of the fields are copied too.
        """
        made = copy.deepcopy(self) if deep else copy.copy(self)
        changed = dict(update or {})
        for name in fields_of(type(self)).keys() & changed.keys():
            setattr(made, name, changed.pop(name))
        made.additional_properties = {**made.additional_properties, **changed}
        return made

    @property
    def model_extra(self) -> dict[str, Any]:
        """The fields the description does not know: `additional_properties`."""
        return self.additional_properties

    @property
    def model_fields_set(self) -> set[str]:
        """The attributes that were received or given: all but optional ones that are None and were not sent as null."""
        unset = {name for name, field in fields_of(type(self)).items() if field.may_lack} - {*self._nulls}
        return {name for name, value in self if value is not None or name not in unset}

    __pydantic_serializer__ = Serializer()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, object]:
        """Return the pydantic schema of this class, for applications whose own models have fields of it."""
        return checked(cls.model_validate, cls.model_dump)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: object, handler: object) -> dict[str, object]:
        """Return the JSON schema of this class, for applications whose own models have fields of it."""
        return {"type": "object", "title": cls.__name__}


# A subclass is in another module, where the names in these annotations mean nothing.
attrs.resolve_types(Model)


@attrs.define(kw_only=True, repr=False, getstate_setstate=False)
class Result(Model):
    """A model that knows the request it came from."""

    _request_id: str | None = attrs.field(default=None, init=False, eq=False)

    @property
    def request_id(self) -> str | None:
        """The id of the request this came from, to give when asking for support; None if the server sent none."""
        return self._request_id


_FIELDS: dict[type[Model], Mapping[str, Field]] = {}


def fields_of(kind: type[Model]) -> Mapping[str, Field]:
    """Return the fields of a model by attribute name."""
    if kind not in _FIELDS:
        _FIELDS[kind] = kind.json_fields()
    return _FIELDS[kind]


_READERS: dict[type[Model], Callable[[object], Any]] = {}


def reader_of(kind: type[M]) -> Callable[[object], M]:
    """Return the function that reads a model from decoded JSON; it raises MismatchError."""
    if kind not in _READERS:
        _READERS[kind] = reader(kind, fields_of(kind), kind.json_rest())
    return _READERS[kind]


def write_fields(kind: type[Model], values: Mapping[str, object]) -> dict[str, object]:
    """Write the given fields, by attribute name, as an object of this kind; raises MismatchError.

    Fields that are `omit` or read-only are left out. A field may be given by its JSON name too.
    """
    fields = fields_of(kind)
    written: dict[str, object] = {}
    left = dict(values)
    for attribute, field in fields.items():
        value = left.pop(attribute, left.pop(field.name, _OMIT))
        if field.read_only:
            continue
        if isinstance(value, Omit):
            if field.required:
                raise MismatchError("given", None, found="nothing").under(attribute)
            continue
        written[field.name] = at(attribute, field.codec.write, value)
    for name, value in left.items():
        if kind.json_rest() is anything:
            raise MismatchError(f"one of the fields {', '.join(fields)}", name)
        written[name] = at(name, kind.json_rest().write, value)
    return _Open(written, left) if left else written


class _Open(dict[str, object]):
    """The fields of an object, some of which its class does not know: another member of a union may know more."""

    def __init__(self, written: Mapping[str, object], additional_properties: Collection[str]) -> None:
        super().__init__(written)
        self.additional_properties = additional_properties


_OMIT = Omit()


def write_model(kind: type[Model], value: object) -> dict[str, object]:
    """Write a model, or a mapping of its fields, as decoded JSON; raises MismatchError."""
    if isinstance(value, kind):
        fields = fields_of(kind)
        given = {name: cast("object", getattr(value, name)) for name in fields}
        values = {name: item for name, item in given.items() if item is not None or fields[name].required}
        rest = {key: at(key, kind.json_rest().write, item) for key, item in value.additional_properties.items()}
        return {**write_fields(kind, values), **rest}
    if isinstance(value, Mapping):
        return write_fields(kind, cast("Mapping[str, object]", value))
    raise MismatchError(f"a {kind.__name__} or a mapping of its fields", value)


def model(kind: type[M]) -> Codec[M]:
    """A model of the given class."""

    def read(value: object) -> M:
        # Made at the first use: models may refer to each other in a circle.
        codec.read = reader_of(kind)
        return codec.read(value)

    codec = Codec(read, functools.partial(write_model, kind))
    return codec
