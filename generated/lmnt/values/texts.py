"""Single values as texts that can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from .codec import MismatchError, at, string


def text(value: object) -> str:
    """Return the text of a parameter's value, as OpenAPI writes simple values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def sendable(name: str, value: object) -> str:
    """Return the text of a single value that can be encoded in UTF-8; raises MismatchError, for null too."""
    if type(value) is str and value.isascii():
        return value
    if value is None or isinstance(value, Mapping | list | tuple):
        raise MismatchError("one value", cast("object", value)).under(name)
    return cast("str", at(name, string.write, text(value)))
