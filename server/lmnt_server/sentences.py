"""Where a text can be cut into pieces to speak one after another: at the ends of its sentences; and its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 300
"""The most characters of a piece. An engine is held for as long as it takes to speak one."""

_TITLES: Final = ("Mr", "Ms", "Mrs", "Dr", "Prof", "Rev", "Gen", "Sgt", "Capt", "St", "Mt", "vs", "[A-Z]")
"""What a full stop after it ends no sentence: titles, which names follow, and initials."""

# A run of stops is tried once, from its start: ten thousand dots take no longer than as many letters.
_SENTENCE_END: Final = re.compile(
    "".join(rf"(?<!\b{title})" for title in _TITLES) + r"(?<![.!?…])[.!?…]++[\"'”’)\]]*\s+|[。！？।॥۔؟]+\s*|\n+"  # noqa: RUF001  # other scripts' stops
)
_BREAK: Final = re.compile(r"[,;:،、，；：]\s*|\s+")  # noqa: RUF001  # other scripts' commas


WORD: Final = re.compile(r"[^\W_](?:\S*[^\W_])?")
"""A word as it is written, with what is inside it and without the punctuation around it."""


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the begin and end of each piece of a text to speak in one go: a sentence, or part of a long one."""
    begin = 0
    while begin < len(text):
        limit = begin + LONGEST
        sentence = _SENTENCE_END.search(text, begin, limit)
        if sentence:
            end = sentence.end()
        elif limit >= len(text):
            end = len(text)
        else:
            breaks = [found.end() for found in _BREAK.finditer(text, begin + 1, limit)]
            end = breaks[-1] if breaks else limit
        yield begin, end
        begin = end


def begun(text: str) -> tuple[list[str], str]:
    """Split a text that goes on: into the pieces that no more text can change, and the rest, at most `LONGEST` long.

    A sentence has ended when white space follows its full stop: "3." may become "3.14".
    """
    found = [text[begin:end] for begin, end in pieces(text)]
    if not found or _SENTENCE_END.search(found[-1]):
        return found, ""
    return found[:-1], found[-1]
