"""Subtitles from the times of words: cues that can be read, as SRT and as WebVTT.

Where cues and lines break is found by dynamic programming over all places where they may: the best total of readable
durations, full sentences and few cues.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import NamedTuple, TypeAlias, cast

from ..errors import InvalidArgumentError
from ..streams.downloads import save
from .words import Timed, Word, width_of, words_of

__all__ = ["Cue", "Subtitles", "subtitles"]


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
    words = list(words_of(timestamps, max_line_length))
    groups = _best(words, _cue_costs(words, layout))
    return Subtitles(_cues([words[start:end] for start, end in groups], layout))


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
        wanted = max(sum(map(width_of, lines)) / layout.speed, layout.shortest)
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
