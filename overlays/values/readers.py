"""Functions that read objects: one is made for each class, so that its fields are not looked up for each object.

A value of its codec's plain type is used as it is. Any other goes to the codec, which accepts equivalents, such as 1.0
for an integer, and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import attrs

from .codec import Codec, Field, MismatchError, mapping

T = TypeVar("T")

_READER = """
def read(data):
    if type(data) is not dict:
        data = object_of(data)
    if len(data) < {count}:
        data = {{**absences, **data}}
    try:
        pass{taken}
    except KeyError:
        return read({{**absences, **data}})
    nulls = (){checked}
    made = {made}
    if nulls:
        made._nulls = nulls
    return made
"""

_TAKEN = """
        _{attribute} = data[{name!r}]"""

_CHECKED = """
    if type(_{attribute}) is not plain_{attribute}:{unless_there}
        else:
            try:
                _{attribute} = read_{attribute}(_{attribute})
            except MismatchError as error:
                raise error.under({name!r}) from None"""

_REQUIRED = """
        if _{attribute} is absent:
            raise MismatchError("there", None, found="nothing").under({name!r})"""

_OPTIONAL = """
        if _{attribute} is None:
            nulls += ({attribute!r},)
            _{attribute} = default_{attribute}
        elif _{attribute} is absent:
            _{attribute} = default_{attribute}"""

_CALLED = "called(rest_of(data), {values})"

_FILLED = """new(kind){filled}
    if len(data) > {count}:
        made.additional_properties = rest_of(data)"""


def reader(kind: type[T], fields: Mapping[str, Field], rest: Codec[object]) -> Callable[[object], T]:
    """Return the function that reads a model, with these fields by attribute name, from decoded JSON.

    It raises MismatchError. `rest` is the kind of the other properties.
    """
    absent = object()
    absences = dict.fromkeys((field.name for field in fields.values()), absent)
    read_rest = mapping(rest).read

    def object_of(data: object) -> dict[str, object]:
        if not isinstance(data, Mapping):
            raise MismatchError("an object", data)
        return dict(cast("Mapping[str, object]", data))

    def rest_of(data: Mapping[str, object]) -> dict[str, object]:
        return read_rest({name: value for name, value in data.items() if name not in absences})

    def called(rest: object, *values: object) -> T:
        given = {name: value for name, value in zip(fields, values, strict=True) if value is not absent}
        return cast("Callable[..., T]", kind)(**given, additional_properties=rest)

    known: dict[str, Any] = {"absences": absences, "absent": absent, "object_of": object_of, "rest_of": rest_of}
    known |= {"called": called, "new": object.__new__, "kind": kind, "MismatchError": MismatchError}
    taken = checked = filled = ""
    for attribute, field in fields.items():
        names = {"attribute": attribute, "name": field.name}
        unless_there = _REQUIRED if not field.may_lack else _OPTIONAL
        taken += _TAKEN.format(**names)
        checked += _CHECKED.format(**names, unless_there=unless_there.format(**names))
        known[f"plain_{attribute}"] = field.codec.plain
        known[f"read_{attribute}"] = field.codec.read
        known[f"default_{attribute}"] = absent
    made = _CALLED.format(values=", ".join(f"_{name}" for name in fields))
    # Generated classes are filled directly; an application's own class is called, as its __init__ may do more.
    if "json_fields" in vars(kind):
        for each in attrs.fields(cast("Any", kind)):
            if each.name != "additional_properties":  # made when it is read
                is_optional = each.name in fields and fields[each.name].may_lack
                known[f"default_{each.name}"] = None if is_optional else each.default  # a constant that did not come
                filled += f"\n    made.{each.name} = {'' if each.name in fields else 'default'}_{each.name}"
        made = _FILLED.format(count=len(fields), filled=filled)
    text = _READER.format(count=len(fields), taken=taken, checked=checked, made=made)
    exec(compile(text, f"<reader of {kind.__name__}>", "exec"), known)
    return cast("Callable[[object], T]", known["read"])
