"""One value as a text that can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from .codec import MismatchError, at, string


def text(value: object) -> str:
    """Return a parameter's value as text, as OpenAPI has it for simple values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def sendable(name: str, value: object) -> str:
    """Return a value as text that can be encoded; raises MismatchError."""
    if type(value) is str and value.isascii():
        return value
    if isinstance(value, Mapping | list | tuple):
        raise MismatchError("one value", cast("object", value)).under(name)
    return cast("str", at(name, string.write, text(value)))
