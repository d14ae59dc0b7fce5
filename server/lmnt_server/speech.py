"""From texts to the bytes of an audio file, a piece at a time, and the time of each piece of the text."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Final, NamedTuple, TypedDict

from .encoders import FORMATS, Encoder, Format
from .engines import Engine, Mark
from .turns import in_turn

EDGE: Final = 0.05
"""Seconds of silence before the first word and after the last, at least."""

_FIRST_SLICE: Final = 0.1
_SLICE: Final = 0.5
"""Seconds of speech that are encoded in one go, at first and at most: what is sent comes in pieces of this length."""

MOMENT: Final = 0.01
"""Seconds that `a_moment_of` works at most, but for one block of the engine."""

MOMENT_BYTES: Final = 16_384
"""Bytes after which it stops, if that many are made at once."""

_CONTEXT: Final = 1000
"""Characters of the text before that an engine is shown."""

_ELEMENT: Final = re.compile(r"\s+|\w+(?:['’\-]\w+)*|[^\w\s]+")  # noqa: RUF001  # the apostrophe of typesetters


class Timestamp(TypedDict):
    """When a piece of the text is spoken: the description's Timestamp."""

    text: str
    start: float
    duration: float


class _Passage(NamedTuple):
    """A text that was spoken: where its speech begins in the stretch, its length, and the words in it, in samples."""

    text: str
    start: int
    samples: int
    marks: list[Mark]


class Track:
    """An audio file to which texts are spoken one after another.

    Texts that follow each other make a stretch, with silence at either end. `pause()` and `cut()` end it; timestamps
    count from its start, in the audio as it is heard: the encoder's delay is part of the first silence, and what the
    encoder adds at the end of the last.

    Args:
        engine: what speaks.
        encoder: makes the file.
        voice: as in `Engine.speak`.
        language: as in `Engine.speak`.
        timed: whether timestamps will be asked for.
        speed: as in `Engine.speak`.
    """

    def __init__(
        self,
        engine: Engine,
        encoder: Encoder,
        *,
        voice: str,
        language: str,
        timed: bool = True,
        speed: float = 1.0,
    ) -> None:
        self._engine = engine
        self._encoder = encoder
        self._voice = voice
        self._language = language
        self._timed = timed
        self._speed = speed
        self._delay = round(engine.rate * encoder.delay)
        self._edge = max(round(engine.rate * EDGE), self._delay)
        self._due = 0.0
        self._is_heard = False
        self._slice = round(engine.rate * _FIRST_SLICE)
        self._before = ""
        self._samples = 0  # of the stretch, as it is heard
        self._began = 0.0  # the encoder's seconds at its start
        self._timestamps: list[Timestamp] = []

    @property
    def due(self) -> float | None:
        """When the audio there is will have been played, on the monotonic clock; None while there is none."""
        return max(self._due, time.monotonic()) if self._samples else None

    def speak(self, text: str, *, more: bool = False) -> Generator[bytes]:
        """Yield the bytes of a text's speech as they are made, some of them empty while there is nothing to send yet.

        An empty piece lets the caller stop between any two blocks of the engine; closing the iterator ends the work.

        Args:
            text: what to speak.
            more: as in `Engine.speak`.
        """
        blocks = self._engine.speak(
            text, voice=self._voice, language=self._language, speed=self._speed, before=self._before, more=more
        )
        self._before = (self._before + text)[-_CONTEXT:]
        is_first = not self._samples
        start = self._edge if is_first else self._samples
        marks: list[Mark] = []
        with closing(blocks):
            for block in blocks:
                marks.extend(block.marks)
                # The first silence waits for the first block: an engine that fails at once has then sent nothing.
                yield from self._encode(self._opening() + block.pcm)
        yield from self._encode(self._opening())
        if self._timed:
            if is_first:
                self._timestamps.append(self._silence(0, self._edge / self._engine.rate))
            self._timestamps += self._times(_Passage(text, start, self._samples - start, marks))

    async def next_audio(self, pieces: Iterator[bytes]) -> tuple[bytes, bool]:
        """Return the next bytes of what is spoken to this track, perhaps none yet, and whether those were the last.

        They are made in a thread, when it is this track's turn; the first of all are there as soon as they are made.
        Between any two calls the work can be stopped.
        """
        audio, is_whole = await in_turn(self.due, partial(a_moment_of, pieces, MOMENT_BYTES if self._is_heard else 1))
        self._is_heard = self._is_heard or bool(audio)
        return audio, is_whole

    def pause(self) -> bytes:
        """End the stretch, if there is one, and return the rest of its bytes."""
        return self._end(self._encoder.pause) if self._samples else b""

    def cut(self) -> bytes:
        """End the stretch, if there is one, where it is, without its timestamps, and return the bytes that are made."""
        self._timestamps.clear()
        self._samples = 0
        return self._encoder.pause()

    def finish(self) -> bytes:
        """End the file and return the rest of it."""
        return self._end(self._encoder.finish)

    def timestamps(self) -> list[Timestamp]:
        """Return the time of each word, run of white space and run of punctuation that was spoken since the last call.

        They follow each other with no gap, from 0 at the start of a stretch to the end of its audio. Its first and its
        last are the silence at the edges, with no text. A mark gives the time of a word; what has no mark shares the
        pause that it stands in.
        """
        taken, self._timestamps = self._timestamps, []
        return taken

    def _end(self, rest: Callable[[], bytes]) -> bytes:
        if not self._samples:
            return rest()
        audio = self._encoder.feed(bytes(2 * round(self._engine.rate * EDGE))) + rest()
        if self._timed:
            stretch = self._encoder.seconds - self._began
            self._timestamps.append(self._silence(self._samples, stretch - self._samples / self._engine.rate))
        self._samples = 0
        return audio

    def _opening(self) -> bytes:
        """Return the silence before the first words, to be sent with them: what the encoder's delay leaves of it."""
        if self._samples:
            return b""
        self._began = self._encoder.seconds
        self._samples = self._delay
        return bytes(2 * (self._edge - self._delay))

    def _encode(self, pcm: bytes) -> Iterator[bytes]:
        start = 0
        while start < len(pcm):
            stop = start + 2 * self._slice
            samples = len(pcm[start:stop]) // 2
            self._samples += samples
            self._due = max(self._due, time.monotonic()) + samples / self._engine.rate
            yield self._encoder.feed(pcm[start:stop])
            start, self._slice = stop, min(2 * self._slice, round(self._engine.rate * _SLICE))

    def _silence(self, start: int, seconds: float) -> Timestamp:
        return Timestamp(text="", start=start / self._engine.rate, duration=seconds)

    def _times(self, passage: _Passage) -> Iterator[Timestamp]:
        # The knots of a line from places in the text to samples; both only ever rise.
        knots = [(0, 0)]
        for mark in sorted(passage.marks):
            for place, sample in ((mark.begin, mark.start), (mark.end, mark.stop)):
                knots.append((max(place, knots[-1][0]), min(max(sample, knots[-1][1]), passage.samples)))
        knots.append((len(passage.text), passage.samples))
        reached = 0
        start = passage.start
        for element in _ELEMENT.finditer(passage.text):
            place = element.end()
            while reached + 1 < len(knots) - 1 and knots[reached + 1][0] < place:
                reached += 1
            # Whatever trails the last word is the last element's.
            is_last = place == len(passage.text)
            stop = passage.start + (passage.samples if is_last else _on_line(knots[reached], knots[reached + 1], place))
            rate = self._engine.rate
            yield Timestamp(text=element.group(), start=start / rate, duration=(stop - start) / rate)
            start = stop


class Speech:
    """A text being spoken to a file of its own: an iterator of its bytes, some of them empty.

    `close()` ends the work.

    Args:
        engine: what speaks.
        text: what to speak.
        voice: as in `Engine.speak`.
        language: as in `Engine.speak`.
        format: one of the formats.
        sample_rate: samples in a second of the file.
        speed: as in `Engine.speak`.
        formats: those that there are, of the description's SpeechFormat if nothing is said.
    """

    def __init__(
        self,
        engine: Engine,
        text: str,
        *,
        voice: str,
        language: str,
        format: str,
        sample_rate: int,
        speed: float = 1.0,
        formats: Mapping[str, Format] = FORMATS,
    ) -> None:
        encoder = formats[format].encoder(engine.rate, sample_rate)
        self._track = Track(engine, encoder, voice=voice, language=language, speed=speed)
        self._pieces = self._spoken(text)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def __next__(self) -> bytes:
        return next(self._pieces)

    async def next_audio(self) -> tuple[bytes, bool]:
        """Return the next bytes, perhaps none yet, and whether those were the last; see `Track.next_audio`."""
        return await self._track.next_audio(self._pieces)

    def close(self) -> None:
        """Stop, and drop what is not made yet."""
        self._pieces.close()

    def timestamps(self) -> list[Timestamp]:
        """Return the timestamps of the whole text, once it has been spoken; see `Track.timestamps`."""
        return self._track.timestamps()

    def _spoken(self, text: str) -> Generator[bytes]:
        yield from self._track.speak(text)
        yield self._track.finish()


def a_moment_of(pieces: Iterator[bytes], enough: int = MOMENT_BYTES) -> tuple[bytes, bool]:
    """Return what a moment of work makes, perhaps nothing yet, and whether that was the rest.

    It is what one step in a thread does: long enough that the steps cost little, short enough that a client who leaves,
    or a reset, is seen.

    Args:
        pieces: the bytes of an audio file as they are made, some of them empty.
        enough: bytes after which it stops, if that many are made at once.
    """
    audio = bytearray()
    until = time.monotonic() + MOMENT
    for piece in pieces:
        audio += piece
        if len(audio) >= enough or time.monotonic() >= until:
            return bytes(audio), False
    return bytes(audio), True


def _on_line(left: tuple[int, int], right: tuple[int, int], place: int) -> int:
    """Return the sample of a place between two knots."""
    (begin, start), (end, stop) = left, right
    return stop if end <= begin else start + round((stop - start) * (place - begin) / (end - begin))
