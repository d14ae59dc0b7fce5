"""What a cut must not go through: grapheme clusters and numbers.

Python knows no grapheme clusters (UAX #29). The rule here is cautious: it allows no cut within one, in any version of
Unicode that Python knows, and refuses a few that would be allowed.
"""

from __future__ import annotations

import re
from unicodedata import category, combining

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

_SPACES = " \u00a0\u2009\u202f"
_SIGNS = ".,:/'\u2019\u00b7\u066a-\u066c\u2010-\u2013-"
_NUMBER = re.compile(
    # Groups of three by spaces; or parts by points, commas, colons and the like. What has more parts is a list.
    rf"\d{{1,3}}+(?:[{_SPACES}]\d{{3}}){{1,6}}+(?![{_SPACES}]?\d)(?:[.,\u066b]\d++)?"
    rf"|\d++(?:[{_SIGNS}]\d++){{0,8}}+(?![{_SIGNS}]?\d)"
    r"|\d++"
)
_BEFORE = re.compile(rf"[\d{_SPACES}{_SIGNS}]*\Z")
_LONGEST = 100
"""Characters before a place in which its number begins; what is longer is a list, or digits alone."""


def is_in_number(text: str, place: int) -> bool:
    """Whether a cut before this character would go through a number."""
    left, right = text[place - 1], text[place]
    if not (left.isdecimal() or right.isdecimal()):
        return False
    if left.isdecimal() and right.isdecimal():
        return True
    before = _BEFORE.search(text, max(place - _LONGEST, 0), place)
    begin = before.start() if before else place
    return any(found.start() < place < found.end() for found in _NUMBER.finditer(text, begin, place + _LONGEST))


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


def may_cut(text: str, place: int) -> bool:
    """Whether a cut before the character at `place` goes through nothing that belongs together."""
    return place >= len(text) or not (is_in_cluster(text, place) or is_in_number(text, place))
