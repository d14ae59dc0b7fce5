"""Names and values of header fields, checked (RFC 9110 section 5)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import InvalidArgumentError, warn

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
AROUND = " \t\r\n"
"""Whitespace around a value, which is not part of it (RFC 9110 section 5.5), and line ends."""


def field_value(name: str, value: str) -> str:
    """Return a header value without surrounding whitespace, of which it warns; raises InvalidArgumentError."""
    if not isinstance(name, str) or not TOKEN.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise InvalidArgumentError(f"{name!r} is no header name (RFC 9110 section 5.1)")
    bare = value.strip(AROUND) if isinstance(value, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]  # the same
    if bare is None or not FIELD_VALUE.fullmatch(bare):
        raise InvalidArgumentError(f"the value of header {name} must be text without control characters")
    if bare != value:
        warn_of_space(f"the value of header {name}")
    return bare


def warn_of_space(what: str) -> None:
    """Warn of whitespace that was removed, at the line of the application."""
    warn(f"{what} had white space around it, perhaps the end of a line, which was taken off", UserWarning)


def combined(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return received fields by name in lower case, the values of one name joined (RFC 9110 section 5.2)."""
    found: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found
