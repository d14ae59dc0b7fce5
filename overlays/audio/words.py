"""The words of a text, each with its punctuation, and when they are spoken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, cast, runtime_checkable

from ..errors import InvalidArgumentError
from ..long_texts.shared import BaseLongSpeech
from ..long_texts.wholes import is_in_cluster
from ..models.speech_session_flush_complete import SpeechSessionFlushComplete
from ..models.speech_session_reset_complete import SpeechSessionResetComplete
from ..models.timestamp import Timestamp
from ..session.events import SpeechSessionEvent


@runtime_checkable
class HasTimestamps(Protocol):
    """A result with timestamps."""

    @property
    def timestamps(self) -> Sequence[Timestamp] | None:
        """When each piece of the text is spoken; None if that was not asked for."""
        ...


Timed: TypeAlias = HasTimestamps | Iterable[Timestamp | SpeechSessionEvent]
"""What says when words are spoken: a result with timestamps, timestamps, or the events of a session."""


class Word(NamedTuple):
    """What is never broken: a word with its punctuation."""

    text: str
    start: float
    end: float
    space: bool
    """Whether a space goes before it."""

    @property
    def width(self) -> int:
        """Its columns."""
        return width_of(self.text)

    @property
    def ends(self) -> int:
        """2 at the end of a sentence, 1 at that of a clause."""
        last = self.text.rstrip("\"'\u201d\u2019\u00bb\u203a)]}\u300d\u300f\uff09\u3011")[-1:]
        return 2 if last in _SENTENCE else 1 if last in _CLAUSE else 0


_SENTENCE, _CLAUSE = (
    frozenset(".!?\u2026\u3002\uff01\uff1f\uff61\u0964\u0965\u06d4\u061f"),
    frozenset(",;:\uff0c\uff1b\uff1a\u3001\u060c\u061b\u2013\u2014"),
)
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
"""A character of a script that puts no spaces between words: Thai, Lao, Burmese, Khmer, Chinese and Japanese."""


def width_of(text: str) -> int:
    """Return the columns of a text."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _pieces(timed: Timed) -> Iterator[Word]:
    """Yield the pieces of the text on one clock, those of sessions too."""
    given = cast("object", timed.timestamps if isinstance(timed, HasTimestamps) else timed)
    if given is None or (not given and isinstance(timed, BaseLongSpeech)):
        raise InvalidArgumentError(
            "there are no timestamps: ask for them with return_timestamps=True; a long text has them once it is read"
        )
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InvalidArgumentError(f"subtitles are made of timestamps; got {timed!r:.100}")
    origin = latest = before = 0.0
    for each in given:
        if isinstance(each, SpeechSessionFlushComplete | SpeechSessionResetComplete):
            origin, before = latest, 0.0
        found = [each] if isinstance(each, Timestamp) else each.timestamps if isinstance(each, HasTimestamps) else None
        if found is None and not isinstance(each, HasTimestamps | SpeechSessionEvent):
            raise InvalidArgumentError(f"subtitles are made of timestamps; got {each!r:.100} among them")
        for stamp in found or ():
            start, duration = stamp.start, stamp.duration
            if not isinstance(cast("object", stamp.text), str):
                raise InvalidArgumentError(f"this is no text: {stamp!r}")
            if not all(isinstance(time, int | float) and 0 <= time < 1e9 for time in cast("Any", (start, duration))):
                raise InvalidArgumentError(f"this is no time: {stamp!r}")
            if start < before - 0.25:
                raise InvalidArgumentError(
                    f"the times go back from {before:g} s to {start:g} s; give the events of a session themselves, "
                    "since its clock starts again after each flush"
                )
            before = start
            # Where two overlap, the later one waits.
            begin = max(origin + start, latest)
            latest = max(origin + start + duration, begin)
            yield Word(stamp.text, begin, latest, space=False)


def words_of(timed: Timed, widest: int) -> Iterator[Word]:
    """Yield words with the punctuation that goes with them; what is wider than a line is split."""
    word = Word("", 0.0, 0.0, space=False)
    for piece in _pieces(timed):
        for part in _parts(piece):
            if part.text.isspace():
                if word.text:
                    yield from _narrow(word, widest)
                word = Word("", part.end, part.end, space=True)
            elif not word.text:
                word = part._replace(space=word.space)
            elif _may_break(word.text[-1], part.text[0]):
                yield from _narrow(word, widest)
                word = part
            else:
                word = word._replace(text=word.text + part.text, end=part.end)
    if word.text:
        yield from _narrow(word, widest)


def _parts(piece: Word) -> Iterator[Word]:
    """Yield the words and the spaces of a piece, each with its share of the time."""
    at, total = 0, max(len(piece.text), 1)
    for text in _PART.findall(piece.text):
        start, at = at, at + len(text)
        long = piece.end - piece.start
        yield Word(text, piece.start + long * start / total, piece.start + long * at / total, space=False)


_OPENING, _CLOSING = (
    "\u300c\u300e\uff08\u300a\u3010\u3008\u201c\u2018",
    "\u3002\uff01\uff1f\uff0c\u3001\uff1b\uff1a\u300d\u300f\uff09\u300b\u3011\u3009\u201d\u2019",
)
_PART = re.compile(rf"\s+|(?=\S)[{_OPENING}]*[^\s{_OPENING}{_CLOSING}]*[{_CLOSING}]*")
"""Spaces, or what may stand by itself, with the punctuation before and after it."""


def _may_break(before: str, after: str) -> bool:
    """Whether a line may break between two characters with no space between them."""
    if unicodedata.category(after) in ("Pe", "Pf", "Po", "Mn", "Mc") or unicodedata.category(before) in ("Ps", "Pi"):
        return False
    return bool(_UNSPACED.match(before) and _UNSPACED.match(after))


def _narrow(word: Word, widest: int) -> Iterator[Word]:
    """Yield a word, split where it is wider than a line; what a reader sees as one character stays whole."""
    total = word.width
    if total <= widest:
        yield word
        return
    most, long, text, begin, at = -(-total // -(-total // widest)), word.end - word.start, "", 0, 0
    for cluster in [*_clusters(word.text), ""]:
        width = width_of(cluster)
        if not cluster or (text and at + width - begin > most):
            start, end = (word.start + long * each / total for each in (begin, at))
            yield Word(text, start, end, space=word.space and not begin)
            text, begin = "", at
        text, at = text + cluster, at + width


def _clusters(text: str) -> Iterator[str]:
    """Yield what a reader sees as one character, with the punctuation that goes with it."""
    start = 0
    for place in range(1, len(text)):
        if not (is_in_cluster(text, place) or text[place] in _CLOSING or text[place - 1] in _OPENING):
            yield text[start:place]
            start = place
    yield text[start:]
