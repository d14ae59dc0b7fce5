"""JSON (RFC 8259), held to what can be used: each key once, whole characters, numbers that are some."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, cast

from .core_schema import integer, real
from .source import DEEPEST, TOO_DEEP, Source

_TOKEN: Final = re.compile(r'(?P<string>"(?:[^"\\]++|\\.)*+")(?P<colon>\s*:)?|[\[{]|[\]}]|[^\s,:\[\]{}"]+')

_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""What may be half of a surrogate pair."""


def value(source: Source) -> Any:
    """Return what a JSON text stands for.

    Raises:
        json.JSONDecodeError: if it is no JSON.
        DocumentError: if it holds what cannot be used.
    """
    try:
        # In one go, and again with the places where there is something to tell.
        found = json.loads(
            source.text, object_pairs_hook=_object, parse_int=integer, parse_float=real, parse_constant=_number
        )
        if _depth(found) <= DEEPEST and (not _HALF.search(source.text) or _is_whole(found)):
            return found
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError):
        pass  # what may not be here: where it stands, the check says
    _check(source)
    return json.loads(source.text)


def _is_whole(value: Any) -> bool:
    """Whether each half of a surrogate pair has its other half beside it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, cast("Iterable[Any]", value.values() if isinstance(value, dict) else value)), default=0)


def _check(source: Source) -> None:
    """Refuse what `json` lets pass, or refuses without its place."""
    keys: list[set[str]] = []
    for token in _TOKEN.finditer(source.text):
        literal, string = token[0], token["string"]
        if string:
            text = source.whole(token.start(), json.loads(string)) if "\\" in string else string[1:-1]
            if token["colon"]:
                if text in keys[-1]:
                    source.twice(token.start(), text)
                keys[-1].add(text)
        elif literal in "[{":
            keys.append(set())
            if len(keys) > DEEPEST:
                source.refuse(token.start(), TOO_DEEP)
        elif literal in "]}":
            keys.pop()
        elif literal not in ("true", "false", "null"):
            try:
                _number(literal)
            except ValueError as error:
                source.refuse(token.start(), str(error))


def _number(literal: str) -> None:
    if literal[-1].isalpha():  # NaN, Infinity: Python's own
        raise ValueError(f"{literal} is no number of JSON")
    (real if set(literal) & set(".eE") else integer)(literal)
