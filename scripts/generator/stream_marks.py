"""Patterns for items of a stream, from x-stream-end, x-stream-error and x-stream-skip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

WORDS = "a text of data, or an object (or a list of such) with event, data, at and is, or with a field and its value"
END_WORDS = f"close, never, {WORDS}"
ERROR_WORDS = "the name of an event, a pointer such as /error, or as x-stream-end has it, with message, code and status"
FLAG_WORDS = "the name of a field or a query parameter, or an object with it and its value"

_KEYS = {"event", "data", "at", "is"}
_TOLD = {"message", "code", "status"}


@dataclass(frozen=True)
class Mark:
    """A pattern for items, as `events.Mark` has it; and the paths of an error's facts."""

    event: str | None = None
    data: str | None = None
    at: tuple[str, ...] | None = None
    values: tuple[Any, ...] = ()
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def is_end(value: Any) -> bool:
    """Return whether this is a value of x-stream-end or x-stream-skip."""
    return isinstance(value, str) or _are_marks(value, set())


def is_error(value: Any) -> bool:
    """Return whether this is a value of x-stream-error."""
    return isinstance(value, str) or value == [] or _are_marks(value, _TOLD)


def is_flag(value: Any) -> bool:
    """Return whether this is a value of x-stream-flag."""
    return isinstance(value, str) or (isinstance(value, Mapping) and len(value) == 1)


def _are_marks(value: Any, told: set[str]) -> bool:
    return all(
        isinstance(each, Mapping) and (set(each) - told <= _KEYS or len(set(each) - told) == 1) and set(each) - told
        for each in (value if isinstance(value, list) else [value])
    )


def marks(value: Any) -> Iterator[Mark]:
    """Yield the patterns of a value of these."""
    for each in value if isinstance(value, list) else [value]:
        told = {key: _steps(each[key]) for key in sorted(_TOLD & set(each))}
        rest = {key: given for key, given in each.items() if key not in told}
        if not set(rest) <= _KEYS:
            ((name, given),) = rest.items()
            rest = {"at": f"/{name}", "is": given}
        allowed = rest.get("is", "*")
        values = () if allowed == "*" else tuple(allowed) if isinstance(allowed, list) else (allowed,)
        yield Mark(rest.get("event"), rest.get("data"), _steps(rest["at"]) if "at" in rest else None, values, told)


def _steps(pointer: str) -> tuple[str, ...]:
    """Return the steps of a JSON Pointer (RFC 6901)."""
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in pointer.removeprefix("/").split("/"))
