"""A deterministic engine for tests: each character is a tone of known length, so the same text gives the same bytes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Generator, Sequence
from functools import lru_cache
from typing import Final

from . import Block, Mark
from .cast import CAST, SystemVoice, pick

RATE: Final = 24_000
"""Samples in a second."""

CHARACTER: Final = 0.02
"""Seconds that each character lasts at normal speed; white space is silent for as long."""

_AMPLITUDE: Final = 8_000
_STEP: Final = 50
"""Hertz between two tones: a whole number of waves fits into a character, so no tone ends in a click."""


class ToneEngine:
    """Speaks every character as `CHARACTER` seconds of a sine whose pitch is the character's, within 250 to 1800 Hz.

    The voice shifts the pitches, the language changes nothing.
    """

    rate: int = RATE
    voices: Sequence[SystemVoice] = CAST

    def speak(
        self, text: str, *, voice: str, language: str, speed: float = 1.0, before: str = "", more: bool = False
    ) -> Generator[Block]:
        """Yield a block for each word and for each run of white space."""
        del language, before, more  # a tone has no language, and no sentences
        shift = pick(voice, range(16))
        samples = max(1, round(RATE * CHARACTER / speed))
        begin = 0
        while begin < len(text):
            blank = text[begin].isspace()
            end = begin + 1
            while end < len(text) and text[end].isspace() == blank:
                end += 1
            pcm = b"".join(_tone(-1 if blank else (ord(each) + shift) % 32, samples) for each in text[begin:end])
            yield Block(pcm, () if blank else (Mark(begin, end, begin * samples, end * samples),))
            begin = end


@lru_cache(maxsize=256)
def _tone(pitch: int, samples: int) -> bytes:
    """Return one character: a sine of the pitch, or silence for a negative one."""
    if pitch < 0:
        return bytes(2 * samples)
    turn = 2 * math.pi * (250 + _STEP * pitch) / RATE
    return array("h", (round(_AMPLITUDE * math.sin(turn * n)) for n in range(samples))).tobytes()
