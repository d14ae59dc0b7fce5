"""A long text as pieces that one request takes, each of which ends where a speaker would pause.

The longest pause wins: the end of a paragraph, of a sentence, of a clause, of a word. A piece holds some thousand
characters, so a few ends that are not noticed cost nothing, while one that is none is heard. So a full stop counts only
where it is no abbreviation's: after a long word, before what can begin a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import InvalidArgumentError
from .wholes import may_cut

FIRST = 250
"""Characters of the first piece, so that it is heard early; each one after it may have twice as many."""


_CLOSERS = "\"'\u2019\u201d\u00bb\u203a)\\]}\u300d\u300f\uff09\u3011\u300b\u3009"
_STOPS = "\u3002\uff01\uff1f\uff61\u0964\u0965\u06d4\u061f"  # of Chinese, Japanese, Indic and Arabic scripts
_NO_LETTER = _STOPS + "\\s\\d.,;:!?()\\[\\]{}\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u2026"

_PARAGRAPH = re.compile(r"(?:\r\n?|\n)[^\S\r\n]*(?:\r\n?|\n)\s*|\u2029\s*")
# Each begins with the stop, which is found fast, and of a long run of them with one of the last.
_SENTENCE = re.compile(
    rf"[.!?\u2026{_STOPS}](?:(?<=[!?\u2026])[!?\u2026]{{0,9}}[{_CLOSERS}]*\s+"
    rf"|(?<=[^{_NO_LETTER}]{{5}}\.)[{_CLOSERS}]*\s+"
    rf"|(?<=[\uac00-\ud7a3]{{2}}\.)[{_CLOSERS}]*\s+"
    rf"|(?<=[{_STOPS}])[{_STOPS}]{{0,9}}(?![{_STOPS}{_CLOSERS}])\s*)"
)
_CLAUSE = re.compile(
    rf"[,;:\u060c\u061b.!?\u2026\u2013\u2014][{_CLOSERS}]*\s+"
    r"|[\u3001\uff0c\uff1b\uff1a\u2014][\s]*"
    r"|\s*[\r\n]\s*"
    r"|(?<=[\u0e00-\u0e7f])\s+(?=[\u0e00-\u0e7f])"  # Thai has no stops; its spaces part clauses
)
_WORD = _SPACE = re.compile(r"\s+")

_GOES_ON = re.compile(rf"[\d{_CLOSERS}?!,;:.\u2026\u2013\u2014-]")
"""What does not begin a sentence, with the small letters."""


class Splitter:
    """Finds the pieces of a text.

    Args:
        text: The text.
        length: The characters that a piece has at most, unless that would split a sentence.
        most: The characters that a piece has at most in any case.
    """

    def __init__(self, text: str, length: int, most: int) -> None:
        self._text = text
        self._length = length
        self._most = most

    @property
    def is_easy(self) -> bool:
        """Whether white space is so frequent that the text surely can be split."""
        step = self._most // 2
        return all(
            len(self._text[begin : begin + step].split(None, 1)) > 1 for begin in range(0, len(self._text) - step, step)
        )

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield where each piece begins and ends, in order: joined they are the text.

        Raises:
            InvalidArgumentError: A number or a grapheme cluster is longer than a request takes.
        """
        begin, length = 0, min(FIRST, self._length)
        while begin < len(self._text):
            end = self._after_space(self._end(self._after_space(begin), min(length, self._most)))
            yield begin, end
            begin, length = end, min(2 * length, self._length)

    def _after_space(self, place: int) -> int:
        """Return the place after the white space there."""
        found = _SPACE.match(self._text, place)
        return found.end() if found and may_cut(self._text, found.end()) else place

    def _end(self, begin: int, length: int) -> int:
        """Return the end of the piece that begins there."""
        soft, hard = begin + length, begin + self._most
        if soft >= len(self._text):
            return len(self._text)
        if found := self._last(_PARAGRAPH, begin + length // 2, soft):
            return found
        for pattern in (_SENTENCE, _CLAUSE, _WORD):
            if found := self._last(pattern, begin, soft) or self._first(pattern, soft, hard):
                return found
        if len(self._text) <= hard:
            return len(self._text)
        for end in range(hard, begin, -1):
            if may_cut(self._text, end):
                return end
        raise InvalidArgumentError(
            f"the characters {begin} to {hard} of the text are one number or one character with marks, longer than the "
            f"{self._most} characters that a request takes"
        )

    def _last(self, pattern: re.Pattern[str], begin: int, end: int) -> int:
        """Return the last place up to `end` where a unit ends; 0 if there is none."""
        places = [found.end() for found in pattern.finditer(self._text, begin, end)]
        return next((place for place in reversed(places) if self._is_end(pattern, begin, place)), 0)

    def _first(self, pattern: re.Pattern[str], begin: int, end: int) -> int:
        """Return the first place up to `end` where a unit ends; 0 if there is none."""
        places = (found.end() for found in pattern.finditer(self._text, begin, end))
        return next((place for place in places if self._is_end(pattern, begin, place)), 0)

    def _is_end(self, pattern: re.Pattern[str], begin: int, place: int) -> bool:
        if place == begin or (pattern is _SENTENCE and not self._begins(place)):
            return False
        return may_cut(self._text, place)

    def _begins(self, place: int) -> bool:
        """Whether a sentence may begin there."""
        following = self._text[place : place + 1]
        return not following.islower() and not _GOES_ON.match(following)
