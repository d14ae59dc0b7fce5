"""The extensions (x-…) that are supported: where each may be, and its allowed values. Others are ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

from .long_texts import WORDS as LONG_TEXT_WORDS
from .long_texts import is_long_text
from .pages import WORDS, is_pagination
from .stream_marks import END_WORDS, ERROR_WORDS, FLAG_WORDS, is_end, is_error, is_flag


@dataclass(frozen=True)
class Extension:
    """The allowed values of an extension, in words and as a check; and the value if it is invalid, None for none."""

    words: str
    allows: Callable[[Any], bool]
    otherwise: Any = None


def _is_status(value: Any) -> bool:
    return type(value) is int and 100 <= value <= 599


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_command(value: Any) -> bool:
    return value is False or (_is_text(value) and re.fullmatch(r"[a-z][a-z\d-]*( [a-z][a-z\d-]*)?", value) is not None)


def _map_of(allows: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and all(map(allows, value.values()))


# YAML 1.2 has no other spellings of these: `no` and `off` are strings.
FLAG = Extension("true or false", lambda value: isinstance(value, bool))

_STREAMS = {
    "x-stream-end": Extension(END_WORDS, is_end),
    "x-stream-error": Extension(ERROR_WORDS, is_error),
    "x-stream-skip": Extension(END_WORDS, is_end),
    "x-stream-resume": FLAG,
}

EXTENSIONS: Mapping[str, Mapping[str, Extension]] = {
    "document": {
        "x-websocket": Extension(
            "an object for each session, by operationId", _map_of(lambda value: isinstance(value, Mapping))
        )
    },
    "operation": {
        "x-retry-safe": replace(FLAG, otherwise=False),
        "x-streaming": FLAG,
        "x-long-text": Extension(LONG_TEXT_WORDS, is_long_text),
        "x-params": Extension("a text", _is_text),
        "x-command": Extension("the one or two words that call it, or false for no command", _is_command),
        "x-pagination": Extension(WORDS, is_pagination),
        "x-stream-flag": Extension(FLAG_WORDS, is_flag),
        **_STREAMS,
    },
    "mediaType": _STREAMS,
    "parameter": {"x-client-header": FLAG},
    "header": {"x-request-id": FLAG},
    "schema": {
        "x-media-type": Extension("a media type for each value", _map_of(_is_text)),
        "x-status": Extension("an HTTP status for each value", _map_of(_is_status)),
    },
}
"""By the table of `keywords` whose objects may have them."""

_ALL = frozenset(chain.from_iterable(EXTENSIONS.values()))


@cache
def misplaced(key: str, table: str) -> str:
    """Return what is wrong with an extension that is not supported in this place; empty if it is somebody else's."""
    known = EXTENSIONS.get(table, {})
    if key in _ALL:
        return f"{key!r} means nothing in this place"
    from difflib import get_close_matches

    near = get_close_matches(key, known, n=1, cutoff=0.85)
    return f"{key!r} is ignored; {near[0]!r} is what the kit reads" if near else ""
