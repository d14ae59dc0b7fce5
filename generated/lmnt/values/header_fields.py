"""Names and values of header fields, checked (RFC 9110 section 5)."""

from __future__ import annotations

import re

from ..errors import InvalidArgumentError, warn

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
AROUND = " \t\r\n"
"""Whitespace around a value, which is not part of it (RFC 9110 section 5.5), and line ends."""


def field_value(name: str, value: str) -> str:
    """Return a header value without surrounding whitespace, of which it warns; raises InvalidArgumentError."""
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise InvalidArgumentError(f"{name!r} is no header name (RFC 9110 section 5.1)")
    bare = value.strip(AROUND) if isinstance(value, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]  # the same
    if bare is None or not _FIELD_VALUE.fullmatch(bare):
        raise InvalidArgumentError(f"the value of header {name} must be text without control characters")
    if bare != value:
        warn_of_space(f"the value of header {name}")
    return bare


def warn_of_space(what: str) -> None:
    """Warn of whitespace that was removed, at the line of the application."""
    warn(f"{what} had white space around it, perhaps the end of a line, which was taken off", UserWarning)
