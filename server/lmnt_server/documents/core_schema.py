"""The core schema: what each scalar stands for (YAML 1.2.2, section 10.3). Numbers of JSON are among its numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

LONGEST_INTEGER: Final = 1000
"""Digits; Python itself writes none of more than 4300."""

TAG: Final = "tag:yaml.org,2002:"
"""What `!!` stands for in a tag."""


def integer(text: str) -> int:
    """Return what an integer's text stands for; raises ValueError if it is too long."""
    if len(text) > LONGEST_INTEGER:
        raise ValueError(f"an integer of {len(text)} digits; the most is {LONGEST_INTEGER}")
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def real(text: str) -> float:
    """Return what a float's text stands for; raises ValueError if no float is as large."""
    if text[-1].isalpha():  # .inf, .nan
        return float(text.replace(".", ""))
    if math.isinf(number := float(text)):
        raise ValueError(f"{text} is more than a float can be, 1.8e308")
    return number


_BOOLS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}

_SCALARS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "null": (r"~|null|Null|NULL|", lambda _: None),
    "bool": ("|".join(_BOOLS), _BOOLS.__getitem__),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", integer),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN",
        real,
    ),
}
"""By tag: the texts that may have it, and what makes the value. What is plain has the first that it may; else `str`."""

_PLAIN: Final = re.compile("|".join(f"(?P<{tag}>{texts})" for tag, (texts, _) in _SCALARS.items()))


def plain(text: str) -> Any:
    """Return what a scalar without quotes and tag stands for; raises ValueError if it is too large a number."""
    found = _PLAIN.fullmatch(text)
    return _SCALARS[str(found.lastgroup)][1](text) if found else text


def tagged(tag: str, text: str) -> Any:
    """Return what a scalar with a tag (in full) stands for; raises ValueError if nothing."""
    if tag in ("!", TAG + "str"):
        return text
    texts, make = _SCALARS.get(tag.removeprefix(TAG), (None, str))
    if texts is None:
        raise ValueError(not_in_schema(tag))
    if not re.fullmatch(texts, text):
        raise ValueError(f"{text!r} is no {tag.replace(TAG, '!!')}")
    return make(text)


def not_in_schema(tag: str) -> str:
    """Say that a tag cannot be read where it stands."""
    return f"the core schema of YAML 1.2 has no tag {tag.replace(TAG, '!!')} for such a value; leave it out"
