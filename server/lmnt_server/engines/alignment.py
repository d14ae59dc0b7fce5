"""Where the words are in speech whose engine does not tell."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from ..sentences import WORD
from . import Mark

_ENDS_PHRASE: Final = frozenset(',;:.!?…—)"”')
_FRAME: Final = 0.005
"""Seconds by which the speech is looked at."""

_QUIET: Final = 0.02
"""Of the loudest frame: one that is no louder is a pause."""

_PAUSE: Final = 0.06
"""Seconds of silence between two phrases, at least: within a word there is silence too, before a p or a t."""

_BEFORE: Final = 1.0
"""Characters that each word counts beside its own: short words are spoken slower than long ones."""

_LAST: Final = 3.0
"""Characters that the last word of a phrase counts more: it is drawn out."""

_DIGIT: Final = 3.5
"""Characters that a digit counts: it is read as a word."""


class _Stretch(NamedTuple):
    """Frames, from the first to that after the last."""

    start: int
    stop: int


def aligned(text: str, pcm: bytes, rate: int) -> Iterator[Mark]:
    """Yield the marks of a text's words: its phrases by the pauses of the speech, their words by their letters.

    Args:
        text: what is spoken.
        pcm: how, in 16-bit samples.
        rate: samples in a second.
    """
    samples = array("h", pcm)
    step = max(1, round(rate * _FRAME))
    words = list(WORD.finditer(text))
    for phrase, (start, stop) in _matched(list(_phrases(words)), _loud(samples, step)):
        sizes = [_BEFORE + sum(_DIGIT if each.isdigit() else 1 for each in word[0]) for word in phrase]
        shares = [0.0, *accumulate([*sizes[:-1], sizes[-1] + _LAST])]
        places = [step * (start + (stop - start) * share / shares[-1]) for share in shares]
        for word, (first, last) in zip(phrase, pairwise(places), strict=True):
            yield Mark(*word.span(), round(first), min(round(last), len(samples)))


def _phrases(words: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    phrase: list[re.Match[str]] = []
    for word in words:
        phrase.append(word)
        if word is words[-1] or word.string[word.end()] in _ENDS_PHRASE:
            yield phrase
            phrase = []


def _loud(samples: Sequence[int], step: int) -> list[_Stretch]:
    """Return the stretches that are not silent."""
    peaks = [max(map(abs, samples[at : at + step])) for at in range(0, len(samples), step)]
    loud = [index for index, peak in enumerate(peaks) if peak > _QUIET * max(peaks)]
    edges = [-1, *(i for i, (a, b) in enumerate(pairwise(loud)) if b - a > _PAUSE / _FRAME), len(loud) - 1]
    return [_Stretch(loud[a + 1], loud[b] + 1) for a, b in pairwise(edges)] if loud else []


def _matched(
    phrases: list[list[re.Match[str]]], stretches: list[_Stretch]
) -> Iterator[tuple[list[re.Match[str]], _Stretch]]:
    """Yield each phrase with its stretch: as many as there are of both, at the longest pauses."""
    while len(stretches) > len(phrases) > 0:
        gaps = [right.start - left.stop for left, right in pairwise(stretches)]
        at = gaps.index(min(gaps))
        stretches[at : at + 2] = [_Stretch(stretches[at].start, stretches[at + 1].stop)]
    if stretches and len(stretches) < len(phrases):
        phrases = [[word for phrase in phrases for word in phrase]]
        stretches = [_Stretch(stretches[0].start, stretches[-1].stop)]
    yield from zip(phrases, stretches, strict=False)
