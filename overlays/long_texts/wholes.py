"""What a cut must not go through: grapheme clusters and numbers.

Python knows no grapheme clusters (UAX #29). The rule here is cautious: it allows no cut within one, in any version of
Unicode that Python knows, and refuses a few that would be allowed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from unicodedata import category, combining

_JOINERS = "\u200c\u200d"
_PREPENDED = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e"
    "\U000110bd\U000110cd\U000111c2\U000111c3\U000113d1\U0001193f\U00011941\U00011a3a\U00011d46\U00011f02"
    "\U00011a84\U00011a85\U00011a86\U00011a87\U00011a88\U00011a89"
)
"""Characters that belong to the next one (Grapheme_Cluster_Break=Prepend)."""

# What extends the character before it: marks aside, these are no marks by their category.
_EXTENDS = re.compile("[\u200c\u200d\u0e33\u0eb3\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")
_FLAGS_BEFORE = re.compile("[\U0001f1e6-\U0001f1ff]*\\Z")
_LEADING_JAMO = re.compile("[\u1100-\u115f\ua960-\ua97c]")
_HANGUL = re.compile("[\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb]")
_LATER_JAMO = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")
_VIRAMA = 9
"""The combining class of what joins two consonants."""

_NUMBER = re.compile(
    # Groups of three by spaces; or parts by points, commas, colons and the like. What has more parts is a list.
    r"(?<!\d)\d{1,3}+(?:[ \u00a0\u2009\u202f]\d{3}){1,6}+(?![ \u00a0\u2009\u202f]?\d)(?:[.,\u066b]\d++)?"
    r"|\d++(?:[.,:/'\u2019\u00b7\u066a-\u066c\u2010-\u2013-]\d++){0,8}+(?![.,:/'\u2019\u00b7\u066a-\u066c\u2010-\u2013-]?\d)"
    r"|\d++"
)


def is_in_cluster(text: str, place: int) -> bool:
    """Whether a cut before this character may go through a grapheme cluster."""
    left, right = text[place - 1], text[place]
    if right < "\u0300":
        return (left, right) == ("\r", "\n") or left == "\u200d" or left in _PREPENDED
    if category(right)[0] == "M" or left == "\u200d" or left in _PREPENDED or _EXTENDS.match(right):
        return True
    if _FLAG.match(right):
        found = _FLAGS_BEFORE.search(text, max(place - 200, 0), place)
        return found is not None and len(found[0]) % 2 == 1
    if _HANGUL.match(right):
        return bool(_LATER_JAMO.match(right) or _LEADING_JAMO.match(left))
    return combining(left) == _VIRAMA


class Wholes:
    """The places of a text where a cut goes through nothing that belongs together."""

    def __init__(self, text: str) -> None:
        self._text = text
        spans = [found.span() for found in _NUMBER.finditer(text) if found.end() > found.start() + 1]
        self._begins, self._ends = [begin for begin, _ in spans], [end for _, end in spans]

    def may_cut(self, place: int) -> bool:
        """Whether the text may be cut before the character at `place`."""
        if place >= len(self._text):
            return True
        index = bisect_right(self._begins, place - 1) - 1
        is_in_number = index >= 0 and place < self._ends[index]
        return not is_in_number and not is_in_cluster(self._text, place)
