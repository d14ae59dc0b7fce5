"""The pagination of an operation: `x-pagination`, or a habit listed in generator.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .kind import Form, Kind
from .models import Models
from .report import Failure, Report, below, refuse

if TYPE_CHECKING:
    from .calls import Call
    from .parameters import Argument

STYLES: Mapping[str, tuple[set[str], set[str]]] = {
    "cursor": ({"request", "next"}, {"items", "more"}),
    "offset": ({"request"}, {"items", "more", "total", "first"}),
    "page": ({"request"}, {"items", "more", "total", "first"}),
    "url": ({"next"}, {"items", "more"}),
    "link": (set(), {"items"}),
}
"""By style: the required keys, and the optional ones."""

WORDS = "false, or an object with the keys of one style: " + ", ".join(STYLES)


def is_pagination(said: Any) -> bool:
    """Whether this is a valid value of `x-pagination`."""
    if said is False:
        return True
    if not isinstance(said, Mapping) or said.get("style") not in STYLES:
        return False
    needed, allowed = STYLES[said["style"]]
    pointers = [value for key, value in said.items() if key in ("items", "next", "more", "total")]
    return (
        needed <= said.keys() - {"style"} <= needed | allowed
        and all(isinstance(each, str) and (each == "" or each[0] == "/") for each in pointers)
        and isinstance(said.get("request", ""), str)
        and type(said.get("first", 0)) is int
    )


@dataclass(frozen=True)
class Paging:
    """The arguments of `Paging` in `overlays/calls/paging.py` for an operation, and the kind of its items."""

    item: Kind
    told: Mapping[str, Any]


class Pages:
    """The pagination of a description's operations.

    Args:
        models: The models of the description.
        report: The report.
        habits: The list in generator.yaml: each is like `x-pagination`, for every operation that it fits.
    """

    def __init__(self, models: Models, report: Report, habits: Sequence[Mapping[str, Any]]) -> None:
        self._models = models
        self._report = report
        self._habits = habits
        self._used: set[int] = set()

    def of(self, call: Call) -> Paging | None:
        """Return the pagination of an operation; None if it has none."""
        if (said := call.operation.data.get("x-pagination")) is False:
            return None
        pointer = below(call.operation.pointer, "x-pagination")
        if said is not None:
            try:
                return self._paging(call, said, pointer)
            except Failure as failure:
                self._report.tell_failure(failure, "the method returns one page, as it comes")
                return None
        for index, habit in enumerate(self._habits):
            try:
                found = self._paging(call, habit, pointer)
            except Failure:
                continue
            self._used.add(index)
            return found
        return None

    def check(self) -> None:
        """Refuse a habit that no operation has."""
        for index, habit in enumerate(self._habits):
            if index not in self._used:
                raise Failure(
                    f"generator.yaml: pagination: no operation has pages as number {index + 1}, {dict(habit)}"
                )

    def _paging(self, call: Call, said: Mapping[str, Any], pointer: str) -> Paging:
        result = call.results[0]
        if len(call.results) > 1 or result.form != "json" or result.kind.nullable:
            raise refuse(pointer, "its success is not one kind of JSON", "describe one")
        attributes, items = self._within(result.kind, said.get("items", ""), pointer)
        if items.form != Form.ARRAY:
            raise refuse(below(pointer, "items"), "what it points at is no array", "point at the array of the items")
        told: dict[str, Any] = {"style": said["style"], "items": attributes}
        for key in ("next", "more", "total"):
            if key in said:
                self._within(result.kind, said[key], below(pointer, key))
                told[key] = _steps(said[key])
        if "request" in said:
            argument = _argument(call, said, pointer)
            default = argument.schema.get("default")
            first = default if type(default) is int else int(said["style"] == "page")
            told |= {"request": argument.name, "in_body": argument.place == "body", "first": said.get("first", first)}
            told["is_number"] = argument.kind.form in (Form.INTEGER, Form.NUMBER)
        return Paging(items.inner[0], {key: value for key, value in told.items() if value not in (False, 0, ())})

    def _within(self, kind: Kind, path: str, pointer: str) -> tuple[tuple[str, ...], Kind]:
        """Return the attributes that lead to a value in a body, and its kind."""
        attributes: list[str] = []
        for step in _steps(path):
            found = self._models.model(kind.name).properties if kind.form == Form.MODEL else []
            prop = next((each for each in found if each.name == step), None)
            if prop is None:
                raise refuse(pointer, f"the success has no {path!r}", "write where its body has it, such as /data")
            attributes.append(prop.python_name)
            kind = prop.kind
        return tuple(attributes), kind


def _steps(pointer: str) -> tuple[str, ...]:
    """Return the steps of a JSON pointer (RFC 6901)."""
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:])


def _argument(call: Call, said: Mapping[str, Any], pointer: str) -> Argument:
    places = ("query", "body") if call.body and call.body.has_fields and call.body.form == "json" else ("query",)
    found = next((each for each in call.named if each.place in places and each.name == said["request"]), None)
    numbers = (Form.INTEGER, Form.NUMBER)
    forms = numbers if said["style"] in ("offset", "page") else (*numbers, Form.STRING, Form.ANYTHING, Form.UUID)
    if found is None or found.style or found.kind.form not in forms:
        raise refuse(
            below(pointer, "request"),
            f"the operation takes no {'number' if forms == numbers else 'text'} {said['request']!r}",
            "name a parameter of the query, or a field of a JSON body",
        )
    return found
