"""Where the words are in speech whose engine does not tell."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from . import Mark

_WORD: Final = re.compile(r"[^\W_][^\s]*")
_FRAME: Final = 0.005
"""Seconds by which the speech is looked at."""

_QUIET: Final = 0.02
"""Of the loudest frame: one that is no louder is a pause."""

_BEFORE: Final = 1.5
"""Characters that each word counts beside its own: short words are spoken slower than long ones."""

_DIGIT: Final = 3.5
"""Characters that a digit counts: it is read as a word."""


def aligned(text: str, pcm: bytes, rate: int) -> Iterator[Mark]:
    """Yield the marks of a text's words, each given its share of the speech, by its letters; pauses are nobody's.

    Args:
        text: what is spoken.
        pcm: how, in 16-bit samples.
        rate: samples in a second.
    """
    samples = array("h", pcm)
    step = max(1, round(rate * _FRAME))
    peaks = [max(map(abs, samples[at : at + step])) for at in range(0, len(samples), step)]
    sounding = list(accumulate(peak > _QUIET * max(peaks) for peak in peaks))
    words = list(_WORD.finditer(text))
    if not words or not sounding or not sounding[-1]:
        return
    reached = [0.0, *accumulate(_BEFORE + sum(_DIGIT if each.isdigit() else 1 for each in word[0]) for word in words)]
    for word, begun, ended in zip(words, reached, reached[1:], strict=False):
        first, last = (sounding[-1] * share / reached[-1] for share in (begun, ended))
        start, stop = bisect_left(sounding, first + 1e-9), bisect_left(sounding, last - 1e-9) + 1
        yield Mark(*word.span(), min(start * step, len(samples)), min(stop * step, len(samples)))
