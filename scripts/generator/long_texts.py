"""The method of an operation for texts that are longer than one request takes, from its extension x-long-text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .calls import Call
from .naming import method_name
from .parameters import Argument
from .report import below, refuse

OVERLAY = "long_texts/__init__.py"
"""The hand-written room that such a method needs."""

WORDS = "an object with the texts method, text, rate, timed and flag"
_NAMES = {"method", "text", "rate", "timed", "flag"}


def is_long_text(value: Any) -> bool:
    """Whether this is a valid value of `x-long-text`."""
    return (
        isinstance(value, Mapping) and value.keys() == _NAMES and all(isinstance(each, str) for each in value.values())
    )


@dataclass(frozen=True)
class LongText:
    """A method for long texts.

    Args:
        method: What it is called.
        call: The operation that speaks a piece.
        timed: The one that also returns the time of each word.
        flag: The argument of that one that asks for the times.
        text: The argument that holds the text.
        rate: The argument that holds the samples in a second.
    """

    method: str
    call: Call
    timed: Call
    flag: Argument
    text: Argument
    rate: Argument

    @property
    def given(self) -> list[Argument]:
        """The other arguments, required ones first."""
        return sorted((each for each in self.call.arguments if each != self.text), key=lambda each: not each.required)

    @property
    def most(self) -> int:
        """The characters that one request takes."""
        return int(self.text.schema["maxLength"])


def long_texts(calls: Iterable[Call], methods: Mapping[str, Iterable[str]]) -> dict[str, list[LongText]]:
    """Return the methods for long texts of each resource.

    Args:
        calls: The operations.
        methods: The methods of each resource.
    """
    by_id = {call.id: call for call in calls}
    found: dict[str, list[LongText]] = {}
    for call in by_id.values():
        said: Mapping[str, str] | None = call.operation.data.get("x-long-text")
        if said is None:
            continue
        pointer = below(call.operation.pointer, "x-long-text")
        name = said["method"]
        if method_name(name, "") != name or name in methods[call.resource]:
            raise refuse(pointer, f"{name!r} is no name for another method of {call.resource}", "take another one")
        timed = by_id.get(said["timed"])
        if timed is None:
            raise refuse(pointer, f"there is no operation {said['timed']!r}", "write its operationId")
        text, rate = (_argument(call, said[each], pointer) for each in ("text", "rate"))
        if "maxLength" not in text.schema or rate.schema.get("default") is None:
            raise refuse(pointer, "the text has no maxLength, or the rate no default", "write them in the schema")
        flag = _argument(timed, said["flag"], pointer)
        found.setdefault(call.resource, []).append(LongText(name, call, timed, flag, text, rate))
    return found


def _argument(call: Call, name: str, pointer: str) -> Argument:
    for each in call.arguments:
        if each.name == name:
            return each
    raise refuse(pointer, f"{call.id} has no argument {name!r}", "write the name of one")
