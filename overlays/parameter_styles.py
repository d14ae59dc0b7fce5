"""How what has a structure stands in a URL or a header: the styles of OpenAPI, those of RFC 6570, and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias, cast
from urllib.parse import quote

from .codec import MismatchError
from .values import sendable

QueryStyle: TypeAlias = Callable[[str, object], "list[tuple[str, str]]"]
"""Writes a value as query parameters, by its name."""


class Encoded(str):
    """The value of a query parameter that is percent-encoded already."""

    __slots__ = ()


_EXPANSIONS: Mapping[str, tuple[str, str, bool]] = {
    "simple": ("", ",", False),
    "label": (".", ".", False),
    "matrix": (";", ";", True),
}
"""By style: what stands first, what stands between the parts of what is exploded, and whether the name is there."""


def expand(name: str, value: object, style: str, encode: Callable[[str], str], *, explode: bool) -> str:
    """Write a value as one text (RFC 6570 section 3.2); `encode` is for each of its parts."""
    first, between, named = _EXPANSIONS[style]
    given: object = value
    if isinstance(value, Mapping):
        pairs = [(encode(key), encode(text)) for key, text in _fields(name, cast("object", value))]
        parts = [f"{key}={text}" for key, text in pairs] if explode else [part for pair in pairs for part in pair]
        named = named and not explode
    else:
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        parts = [encode(sendable(name, item)) for item in items]
    if not any(parts):
        raise MismatchError("a value that is not empty", given).under(name)
    start = f"{encode(name)}=" if named else ""
    return first + (between.join(start + part for part in parts) if explode else start + ",".join(parts))


def _fields(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the fields of an object that are not null, as texts."""
    for key, item in cast("Mapping[str, object]", value).items():
        if item is not None:
            yield key, sendable(f"{name}.{key}", item)


def _object(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise MismatchError("an object", value).under(name)
    return cast("Mapping[str, object]", value)


def fields(name: str, value: object) -> list[tuple[str, str]]:
    """Write an object in the style `form`, exploded: each field is a parameter of its own, an array repeats it."""
    given = _object(name, value)
    lists = {key: cast("list[object]", item) for key, item in given.items() if isinstance(item, list)}
    return [
        pair for key, item in given.items() for each in lists.get(key, [item]) for pair in _fields(name, {key: each})
    ]


def deep_object(name: str, value: object) -> list[tuple[str, str]]:
    """Write an object in the style `deepObject`: `name[field]=value`, and `name[field][field]` for one within."""
    pairs: list[tuple[str, str]] = []
    for key, item in _object(name, value).items():
        inner = f"{name}[{key}]"
        if isinstance(item, Mapping):
            pairs += deep_object(inner, cast("object", item))
        elif item is not None:
            pairs.append((inner, sendable(inner, item)))
    return pairs


def listed(separator: str) -> QueryStyle:
    """Return the style of an object that is not exploded: its names and values, in turn."""

    def write(name: str, value: object) -> list[tuple[str, str]]:
        parts = [quote(part, safe="") for pair in _fields(name, _object(name, value)) for part in pair]
        joined = (separator if separator == "," else quote(separator)).join(parts)
        return [(name, Encoded(joined))] if parts else []

    return write


def as_json(name: str, value: object) -> list[tuple[str, str]]:
    """Write a value as JSON."""
    return [(name, json_text(name, value))]


def json_text(name: str, value: object) -> str:
    """Return a value as JSON, without white space."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise MismatchError(f"what JSON can hold ({error})", value).under(name) from error
