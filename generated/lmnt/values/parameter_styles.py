"""How values are written in URLs and headers: single ones, and the styles of OpenAPI, those of RFC 6570, and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, cast
from urllib.parse import quote, unquote

from .codec import MismatchError, at, string

QueryStyle: TypeAlias = Callable[[str, object], "list[tuple[str, str]]"]
"""Writes a value as query parameters, given its name."""


class Encoded(str):
    """The value of a query parameter, or its name, that is percent-encoded already."""

    __slots__ = ()


def sendable(name: str, value: object) -> str:
    """Return the text of a single value that can be encoded in UTF-8; raises MismatchError, for null too."""
    if type(value) is str and value.isascii():
        return value
    if value is None or isinstance(value, Mapping | list | tuple):
        raise MismatchError("one value", cast("object", value)).under(name)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return cast("str", at(name, string.write, text))


def items_of(value: object) -> list[object]:
    """Return the values of a form field: several for an array, whose name is repeated; a form has no null."""
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    return [item for item in items if item is not None]


_EXPANSIONS: Mapping[str, tuple[str, str, bool]] = {
    "simple": ("", ",", False),
    "label": (".", ".", False),
    "matrix": (";", ";", True),
}
"""By style: the prefix, the separator of exploded parts, and whether the name is written."""


def expand(name: str, value: object, style: str, encode: Callable[[str], str], *, explode: bool) -> str:
    """Write a value as one text (RFC 6570 section 3.2); `encode` encodes each of its parts."""
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
    """Write an object in the style `form`, exploded: each field is a parameter, repeated for an array."""
    given = _object(name, value)
    lists = {key: cast("list[object]", item) for key, item in given.items() if isinstance(item, list)}
    return [
        pair for key, item in given.items() for each in lists.get(key, [item]) for pair in _fields(name, {key: each})
    ]


def form(styles: Mapping[str, QueryStyle]) -> QueryStyle:
    """Return the style of a form: each field in its own, else repeated for an array; objects are JSON."""

    def write(name: str, value: object) -> list[tuple[str, str]]:
        given = _object(name, value).items()
        return [pair for key, item in given if item is not None for pair in styles.get(key, _field)(key, item)]

    return write


def _field(name: str, value: object) -> list[tuple[str, str]]:
    return [
        (name, json_text(name, cast("object", item)) if isinstance(item, dict | list) else sendable(name, item))
        for item in items_of(value)
    ]


def deep_object(name: str, value: object) -> list[tuple[str, str]]:
    """Write a value in the style `deepObject`: `name[field]=value`, and so on within it.

    OpenAPI leaves open what is in an object beside single values, and arrays; PHP, Rack and qs all read this.
    """
    if value is None:
        return []
    if isinstance(value, Mapping):
        inner = [(f"{name}[{key}]", item) for key, item in cast("Mapping[str, object]", value).items()]
    elif isinstance(value, list | tuple):
        items = cast("list[object]", value)
        has_objects = any(isinstance(item, Mapping | list) for item in items)
        inner = [(f"{name}[{index}]" if has_objects else f"{name}[]", item) for index, item in enumerate(items)]
    else:
        return [(name, sendable(name, value))]
    return [pair for key, item in inner for pair in deep_object(key, item)]


def listed(separator: str) -> QueryStyle:
    """Return the style of an object that is not exploded: names and values alternate."""
    return lambda name, value: _joined(
        name, separator, [part for pair in _fields(name, _object(name, value)) for part in pair]
    )


def repeated(name: str, value: object) -> list[tuple[str, str]]:
    """Write a value, or each item of an array, under the same name."""
    items = cast("list[object]", value) if isinstance(value, list | tuple) else [value]
    return [(name, sendable(name, item)) for item in items]


def joined(separator: str) -> QueryStyle:
    """Return the style of an array that is not exploded.

    A separator within an item is percent-encoded (RFC 6570 section 3.2.8).
    """
    return lambda name, value: _joined(name, separator, [text for _, text in repeated(name, value)])


def _joined(name: str, separator: str, parts: Sequence[str]) -> list[tuple[str, str]]:
    text = (separator if separator == "," else quote(separator)).join(quote(part, safe="") for part in parts)
    return [(name, Encoded(text))] if parts else []


def as_cookies(name: str, value: object) -> list[tuple[str, str]]:
    """Write a value as cookies, in the style `cookie`: nothing is escaped; what a cookie cannot hold is refused."""
    pairs = fields(name, cast("object", value)) if isinstance(value, Mapping) else repeated(name, value)
    for key, text in pairs:
        if not re.fullmatch(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*", text):
            raise MismatchError("a text that can stand in a cookie as it is (RFC 6265 section 4.1.1)", text).under(key)
    return pairs


def reserved(style: QueryStyle) -> QueryStyle:
    """Return a style that leaves reserved characters unencoded (RFC 6570 section 3.2.3).

    Those that end a value or the query (`#`, `&`, `+`, `[`, `]`) are still encoded, and so is a comma within an item.
    """

    def write(name: str, value: object) -> list[tuple[str, str]]:
        pairs: list[tuple[str, str]] = []
        for key, text in style(name, value):
            encoded = text if isinstance(text, Encoded) else quote(text, safe=",")
            bare = re.sub(r"%(3A|2F|3F|40|21|24|27|28|29|2A|3B|3D)", lambda found: unquote(found[0]), encoded)
            pairs.append((key, Encoded(re.sub(r"%25([0-9A-Fa-f]{2})", r"%\1", bare))))
        return pairs

    return write


def whole(style: QueryStyle) -> QueryStyle:
    """Return the style of a value that is the entire query string; its name is nothing, encoded already."""
    return lambda name, value: [(Encoded(), text) for _, text in style(name, value)]


def as_json(name: str, value: object) -> list[tuple[str, str]]:
    """Write a value as JSON."""
    return [(name, json_text(name, value))]


def json_text(name: str, value: object) -> str:
    """Return a value as JSON, without whitespace."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise MismatchError(f"what JSON can hold ({error})", value).under(name) from error
