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
    return isinstance(value, str) or all(_is_mark(each) and not _told(each) for each in _listed(value))


def is_error(value: Any) -> bool:
    """Return whether this is a value of x-stream-error."""
    return isinstance(value, str) or all(map(_is_mark, _listed(value)))


def is_flag(value: Any) -> bool:
    """Return whether this is a value of x-stream-flag."""
    return isinstance(value, str) or (isinstance(value, Mapping) and len(value) == 1)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _told(mark: Mapping[str, Any]) -> dict[str, str]:
    """Return where an error says what it is; a field may be called so, too, but its value is no pointer."""
    return {key: mark[key] for key in sorted(_TOLD & set(mark)) if str(mark[key]).startswith("/")}


def _is_mark(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    rest = set(value) - set(_told(value))
    return bool(rest) and (rest <= _KEYS or len(rest) == 1)


def marks(value: Any) -> Iterator[Mark]:
    """Yield what a value of these says."""
    for each in _listed(value):
        told = {key: _steps(pointer) for key, pointer in _told(each).items()}
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
