"""The first call in the README of a package: the simplest one of the API, with sample arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .calls import Call
from .kind import Form, Kind
from .models import Models
from .parameters import Argument

_PYTHON_TYPES: Mapping[Form, tuple[type, ...]] = {
    Form.STRING: (str,),
    Form.INTEGER: (int,),
    Form.NUMBER: (int, float),
    Form.BOOLEAN: (bool,),
    Form.CHOICE: (str, int),
}
_PLAIN: Mapping[Form, Any] = {
    Form.BOOLEAN: True,
    Form.INTEGER: 1,
    Form.NUMBER: 1,
    Form.NULL: None,
    Form.ANYTHING: "text",
    Form.FILE: b"...",
}
_TEXTS = {
    Form.DAY: "2026-01-31",
    Form.MOMENT: "2026-01-31T12:00:00Z",
    Form.UUID: "00000000-0000-4000-8000-000000000000",
}
_DEEPEST = 5


def first_call(calls: Iterable[Call]) -> Call | None:
    """Return the simplest call: one that reads, is not deprecated, and takes the fewest and simplest arguments."""

    def cost(call: Call) -> tuple[bool, bool, int, int]:
        required = [each for each in call.arguments if each.required]
        odd = sum(each.kind.form not in _PYTHON_TYPES or "pattern" in each.kind.limits for each in required)
        is_plain = call.operation.method == "GET" and not call.series and call.results[0].form == "json"
        return bool(call.operation.data.get("deprecated")), not is_plain, odd, len(required)

    return min(calls, key=cost, default=None)


def example(call: Call, models: Models) -> str:
    """Return the arguments of a call as code."""
    required = [each for each in call.arguments if each.required]
    positional = [repr(sample(each, call, models)) for each in required if each.place == "path"]
    named = [f"{each.python_name}={sample(each, call, models)!r}" for each in required if each.place != "path"]
    return ", ".join((*positional, *named))


def sample(argument: Argument, call: Call, models: Models, *, as_json: bool = False) -> Any:
    """Return a value for an argument: in Python, or as JSON has it."""
    _, node = call.operation.parameters.get((argument.place, argument.name), ("", {}))
    said = {**argument.schema, **({"example": node["example"]} if "example" in node else {})}
    return _sample(argument.kind, said, models, "name" if as_json else "python_name")


def _sample(kind: Kind, said: Mapping[str, Any], models: Models, named: str, within: int = 0) -> Any:
    """Return a value of a kind: a valid example of the description, else a made-up one.

    The fields of an object have the names that the attribute `named` of a property is.
    """
    for each in _shown(said):
        if isinstance(each, _PYTHON_TYPES.get(kind.form, ())) and _fits(each, kind):
            return each
    if kind.values:
        return kind.values[0]
    if kind.form in _TEXTS:
        return _TEXTS[kind.form]
    if kind.form == Form.STRING:
        return "text"[: kind.limits.get("max_length")].ljust(kind.limits.get("min_length") or 0, "x")
    if kind.form in (Form.INTEGER, Form.NUMBER):
        lowest = max(kind.limits.get("minimum", 1), kind.limits.get("above", 0) + 1)
        return kind.limits.get("multiple_of", lowest)
    if within == _DEEPEST:
        return None
    if kind.form == Form.ARRAY:
        return [_sample(kind.inner[0], {}, models, named, within + 1)] * (kind.limits.get("min_length") or 1)
    if kind.form == Form.UNION and kind.inner:
        return _sample(kind.inner[0], {}, models, named, within + 1)
    if kind.form == Form.MODEL:
        found = (each for each in models.model(kind.name).properties if each.required and not each.read_only)
        return {getattr(each, named): _sample(each.kind, each.schema, models, named, within + 1) for each in found}
    return {} if kind.form == Form.MAP else _PLAIN.get(kind.form, "text")


def _shown(said: Mapping[str, Any]) -> Iterator[Any]:
    yield from (said[key] for key in ("example", "default", "const") if key in said)
    examples: Any = said.get("examples")
    yield from examples if isinstance(examples, Sequence) and not isinstance(examples, str) else ()


def _fits(value: Any, kind: Kind) -> bool:
    """Whether a value that is shown keeps the limits that are looked at before it is sent."""
    if kind.form == Form.CHOICE:
        return value in kind.values
    if isinstance(value, bool) != (kind.form == Form.BOOLEAN) or (isinstance(value, str) and not value.isprintable()):
        return False
    if isinstance(value, str):
        shortest, longest = kind.limits.get("min_length", 1), kind.limits.get("max_length", len(value))
        return "pattern" not in kind.limits and shortest <= len(value) <= longest
    lowest, highest = kind.limits.get("minimum", value), kind.limits.get("maximum", value)
    return bool(lowest <= value <= highest)
