"""Subtitles from the times of words: cues that can be read, as SRT and as WebVTT.

Where cues and lines break is found by dynamic programming over all places where they may: the best total of readable
durations, full sentences and few cues.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple, Protocol, TypeAlias, cast, runtime_checkable

from ..errors import InvalidArgumentError
from ..long_texts.shared import BaseLongSpeech
from ..long_texts.wholes import is_in_cluster
from ..models.speech_session_flush_complete import SpeechSessionFlushComplete
from ..models.speech_session_reset_complete import SpeechSessionResetComplete
from ..models.timestamp import Timestamp
from ..session.events import SpeechSessionEvent
from ..streams.downloads import save

__all__ = ["Cue", "Subtitles", "subtitles"]


@runtime_checkable
class HasTimestamps(Protocol):
    """A result with timestamps."""

    @property
    def timestamps(self) -> Sequence[Timestamp] | None:
        """When each piece of the text is spoken; None if that was not asked for."""
        ...


Timed: TypeAlias = HasTimestamps | Iterable[Timestamp | SpeechSessionEvent]
"""What says when words are spoken: a result with timestamps, timestamps, or the events of a session."""


@dataclass(frozen=True)
class Cue:
    """A text, and when it is shown."""

    start: float
    """Seconds from the start of the audio."""

    end: float
    """Seconds from the start of the audio."""

    lines: tuple[str, ...]
    """The lines of the text."""

    def shown(self, point: str, escaped: Mapping[int, str] | None = None) -> str:
        """Return the cue as files have it: the time, with this decimal point, and the text, with this escaped."""
        text = "\n".join(self.lines).translate(escaped or {})
        return f"{_clock(self.start, point)} --> {_clock(self.end, point)}\n{text}"


class Subtitles(tuple[Cue, ...]):
    """Cues in order, none of which overlap."""

    __slots__ = ()

    def srt(self) -> str:
        """Return the text of an SRT file."""
        return "".join(f"{number}\n{cue.shown(',')}\n\n" for number, cue in enumerate(self, 1))

    def webvtt(self) -> str:
        """Return the text of a WebVTT file."""
        return "WEBVTT\n\n" + "".join(f"{cue.shown('.', _ESCAPED)}\n\n" for cue in self)

    def write_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write a file in UTF-8, as SRT or WebVTT by its ending, `.srt` or `.vtt`.

        Raises:
            InvalidArgumentError: It has another ending.
            FileError: The file cannot be written.
        """
        written = {".srt": self.srt, ".vtt": self.webvtt}.get(os.path.splitext(os.fsdecode(file))[1].lower())  # noqa: PTH122  # bytes, too
        if written is None:
            raise InvalidArgumentError(f"subtitles are written to .srt or .vtt; got {os.fsdecode(file)!r}")
        save(iter([written().encode(errors="replace")]), file)


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What WebVTT has in the place of some characters."""


class Layout(NamedTuple):
    """What makes cues readable."""

    line_length: int
    lines: int
    speed: float
    shortest: float
    longest: float
    gap: float


def subtitles(
    timestamps: Timed,
    *,
    max_line_length: int = 42,
    max_lines: int = 2,
    max_characters_per_second: float = 17.0,
    min_duration: float = 0.8,
    max_duration: float = 7.0,
    min_gap: float = 0.08,
) -> Subtitles:
    """Make subtitles of the times of words.

    Wide characters, such as those of Chinese and Japanese, count as two.

    Args:
        timestamps: What `generate_detailed` or a long text returned, its `timestamps`, or the events of a session, all
            asked for with `return_timestamps=True`. What follows a flush or a reset is placed after what came before.
        max_line_length: Characters in a line.
        max_lines: Lines in a cue.
        max_characters_per_second: How fast cues may have to be read. A cue stays for longer if nothing follows; where
            speech is faster and leaves no pause, it is shown for as long as it is spoken.
        min_duration: Seconds that a cue is shown at least, if nothing follows.
        max_duration: Seconds that a cue is shown at most.
        min_gap: Seconds between two cues.

    Raises:
        InvalidArgumentError: There are no timestamps, or they have no times, or a limit is impossible.
    """
    layout = Layout(max_line_length, max_lines, max_characters_per_second, min_duration, max_duration, min_gap)
    for name, value, least in (
        ("max_line_length", max_line_length, 10),
        ("max_lines", max_lines, 1),
        ("max_characters_per_second", max_characters_per_second, 0.1),
        ("min_duration", min_duration, 0),
        ("max_duration", max_duration, max(min_duration, 0.1)),
        ("min_gap", min_gap, 0),
    ):
        if not isinstance(cast("object", value), int | float) or not least <= value < inf:
            raise InvalidArgumentError(f"{name} must be at least {least:g}; got {value!r}")
    words = list(_words(_pieces(timestamps), max_line_length))
    groups = _best(words, _cue_costs(words, layout))
    return Subtitles(_cues([words[start:end] for start, end in groups], layout))


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
        return _width(self.text)

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


def _width(text: str) -> int:
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


def _words(pieces: Iterable[Word], widest: int) -> Iterator[Word]:
    """Yield words with the punctuation that goes with them; what is wider than a line is split."""
    word = Word("", 0.0, 0.0, space=False)
    for piece in pieces:
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
        width = _width(cluster)
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


Costs: TypeAlias = Callable[[int], Iterator[tuple[int, float]]]
"""The ends that a group from a word on may have, and what each costs."""


def _best(words: Sequence[Word], costs: Costs) -> list[tuple[int, int]]:
    """Return how words are grouped at the least cost, as where each group begins and ends."""
    least, origin = [0.0, *[inf] * len(words)], [0] * (len(words) + 1)
    for start in range(len(words)):
        for end, cost in costs(start):
            if least[start] + cost < least[end]:
                least[end], origin[end] = least[start] + cost, start
    groups, end = list[tuple[int, int]](), len(words)
    while end:
        groups.append((origin[end], end))
        end = origin[end]
    return groups[::-1]


def _cue_costs(words: Sequence[Word], layout: Layout) -> Costs:
    widths = [word.width for word in words]
    ends = [word.ends for word in words]

    def costs(start: int) -> Iterator[tuple[int, float]]:
        lines, column, within = 1, 0, 0.0
        for end in range(start, len(words)):
            word, width = words[end], widths[end]
            if end > start:
                # A cue across the end of a sentence or a pause is worse than one that ends there.
                pause = word.start - words[end - 1].end
                within += (1.0 if ends[end - 1] == 2 else 0.0) + min(pause, 2.0) * 2
            column += width + (1 if word.space and column else 0)
            if column > layout.line_length:
                lines, column = lines + 1, width
            long = word.end - words[start].start
            if end > start and (lines > layout.lines or long > layout.longest):
                return
            short = max(0.0, layout.shortest - long) * 3
            yield end + 1, 2.0 + within + short + (2.0, 0.7, 0.0)[ends[end]] + (long / layout.longest) ** 2

    return costs


def _cues(groups: Sequence[Sequence[Word]], layout: Layout) -> Iterator[Cue]:
    starts = list[float]()
    for group in groups:
        starts.append(max(group[0].start, starts[-1] + 0.001 if starts else 0.0))
    for group, (start, following) in zip(groups, pairwise([*starts, inf]), strict=True):
        lines = tuple(_lines(group, layout))
        wanted = max(sum(map(_width, lines)) / layout.speed, layout.shortest)
        end = min(max(group[-1].end, start + min(wanted, layout.longest)), following - layout.gap)
        # Between cues that follow each other faster than that, at least half of the time is the first one's.
        yield Cue(start, max(end, start + (min(group[-1].end, following) - start) / 2, start + 0.001), lines)


def _lines(words: Sequence[Word], layout: Layout) -> Iterator[str]:
    """Yield the lines of a cue: as few as there can be, of like length, broken at the end of a clause if possible."""
    total = max(sum(word.width + word.space for word in words) - words[0].space, 1)  # some characters have no width
    wanted = total / -(-total // layout.line_length)

    def costs(start: int) -> Iterator[tuple[int, float]]:
        width = -int(words[start].space)
        for end in range(start, len(words)):
            width += words[end].width + words[end].space
            if end > start and width > layout.line_length:
                return
            is_clause = end + 1 == len(words) or words[end].ends
            yield end + 1, 100.0 + (width - wanted) ** 2 / wanted + (0.0 if is_clause else 3.0)

    for start, end in _best(words, costs):
        yield "".join((" " if word.space else "") + word.text for word in words[start:end]).strip()
