"""From a text to the bytes of an audio file, a piece at a time, and the time of each piece of the text."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Final, TypedDict

from .encoders import FORMATS
from .engines import Block, Engine, Mark

EDGE: Final = 0.05
"""Seconds of silence before the first word and after the last."""

_ELEMENT: Final = re.compile(r"\s+|\w+(?:['’\-]\w+)*|[^\w\s]+")  # noqa: RUF001 - the apostrophe of typesetters


class Timestamp(TypedDict):
    """When a piece of the text is spoken: the description's Timestamp."""

    text: str
    start: float
    duration: float


class Speech:
    """A text being spoken: an iterator of the bytes of the file, some of them empty while there is nothing to send yet.

    An empty piece lets the caller stop between any two blocks of the engine. `close()` ends the work.

    Args:
        engine: what speaks.
        text: what to speak.
        voice: as in `Engine.speak`.
        language: as in `Engine.speak`.
        format: one of the description's SpeechFormat.
        sample_rate: samples in a second of the file.
    """

    def __init__(self, engine: Engine, text: str, *, voice: str, language: str, format: str, sample_rate: int) -> None:
        self._engine = engine
        self._text = text
        self._samples = 0
        self._marks: list[Mark] = []
        self._encoder = FORMATS[format].encoder(engine.rate, sample_rate)
        self._pieces = self._encode(engine.speak(text, voice=voice, language=language))

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Stop, and drop what is not made yet."""
        self._pieces.close()

    def _encode(self, blocks: Generator[Block]) -> Generator[bytes]:
        edge = bytes(2 * self._edge)
        silence = edge
        with closing(blocks):
            for block in blocks:
                self._samples += len(block.pcm) // 2
                self._marks.extend(block.marks)
                # The first silence waits for the first block: an engine that fails at once has then sent nothing.
                yield self._encoder.feed(silence + block.pcm)
                silence = b""
        yield self._encoder.feed(silence + edge) + self._encoder.finish()

    @property
    def _edge(self) -> int:
        return round(self._engine.rate * EDGE)

    def timestamps(self) -> list[Timestamp]:
        """Return the time of each word, run of white space and run of punctuation, once all has been spoken.

        They follow each other with no gap from 0 to the end of the audio. The first and the last are the silence at the
        edges, with no text. A mark gives the time of a word; what has no mark shares the pause that it stands in.
        """
        # The knots of a line from places in the text to samples; both only ever rise.
        knots = [(0, 0)]
        for mark in sorted(self._marks):
            for place, sample in ((mark.begin, mark.start), (mark.end, mark.stop)):
                knots.append((max(place, knots[-1][0]), min(max(sample, knots[-1][1]), self._samples)))
        knots.append((len(self._text), self._samples))
        moments = [0, self._edge]
        texts = [""]
        reached = 0
        for element in _ELEMENT.finditer(self._text):
            while reached + 1 < len(knots) - 1 and knots[reached + 1][0] < element.end():
                reached += 1
            texts.append(element.group())
            moments.append(self._edge + _on_line(knots[reached], knots[reached + 1], element.end()))
        texts.append("")
        moments[-1] = self._edge + self._samples  # whatever trails the last word is heard before the closing silence
        moments.append(2 * self._edge + self._samples)
        rate = self._engine.rate
        return [
            Timestamp(text=text, start=start / rate, duration=(stop - start) / rate)
            for text, start, stop in zip(texts, moments, moments[1:], strict=False)
        ]


def _on_line(left: tuple[int, int], right: tuple[int, int], place: int) -> int:
    """Return the sample of a place between two knots."""
    (begin, start), (end, stop) = left, right
    return stop if end <= begin else start + round((stop - start) * (place - begin) / (end - begin))
