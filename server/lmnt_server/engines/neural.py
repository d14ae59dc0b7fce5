"""Neural voices: an engine made of models, each of one language, and of another engine for the languages they have not.

A model brings a voice of its own, under its own name. The system voices of the cast, and the voices that stand for
recordings, are spoken by the models too, each of them by the one that is most like it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Final, NamedTuple, Protocol

from ..encoders import Samples
from . import Block, Engine, Mark
from .cast import CAST, SystemVoice, pick
from .languages import detect

RATE: Final = 24_000
"""Samples in a second of every block."""


class Timbre(NamedTuple):
    """How a model is to sound unlike itself: 1 is as it is.

    Args:
        pitch: how many times as high.
        tract: how many times as high its formants are; a longer vocal tract has lower ones.
    """

    pitch: float = 1.0
    tract: float = 1.0


class Model(Protocol):
    """One neural voice."""

    @property
    def voice(self) -> SystemVoice:
        """The voice; its first tag is its accent."""
        ...

    @property
    def language(self) -> str:
        """The language that it speaks, as an ISO 639-1 code."""
        ...

    @property
    def rate(self) -> int:
        """Samples in a second of its blocks."""
        ...

    def speak(self, text: str, *, voice: str, timbre: Timbre, speed: float, more: bool) -> Generator[Block]:
        """Yield the speech of a text, as `Engine.speak` does.

        Args:
            text: a text of its language.
            voice: the voice that is wanted, for a model that has several.
            timbre: how it is to sound, for a model that can.
            speed: as in `Engine.speak`.
            more: as in `Engine.speak`.
        """
        ...


_CAST: Final[Mapping[str, Timbre]] = {
    "leah": Timbre(),
    "ansel": Timbre(),
    "amy": Timbre(1.06, 1.03),
    "elowen": Timbre(0.94, 0.98),
    "ava": Timbre(1.16, 1.07),
    "lily": Timbre(0.86, 0.96),
    "morgan": Timbre(0.84, 0.93),
    "curtis": Timbre(0.94, 1.03),
    "isla": Timbre(1.1, 1.0),
    "gordon": Timbre(0.9, 0.97),
}
"""How each of the cast sounds, spoken by a model of its gender."""

_OTHER_GENDER: Final = {"male": Timbre(0.58, 0.87), "female": Timbre(1.7, 1.15)}
"""What makes a voice of this gender of one of the other."""

_OTHERS: Final = tuple(
    Timbre(pitch, tract) for pitch in (0.55, 0.62, 0.7, 0.85, 0.95, 1.05, 1.15) for tract in (0.88, 0.94, 1.0, 1.06)
)
"""What the voices that are neither a model's nor of the cast choose from."""


class NeuralEngine:
    """Speaks with models, and with another engine where none of them has the language.

    Args:
        models: the voices, the likeliest first.
        other: what speaks other languages.
        maker: what made the models, as the descriptions of voices name it.
    """

    rate: int = RATE

    def __init__(self, models: Sequence[Model], other: Engine, maker: str) -> None:
        self._models = models
        self._other = other
        self._by_id = {model.voice.id: model for model in models}
        self._cast = {voice.id: voice for voice in CAST if voice.id not in self._by_id}
        languages = sorted({model.language for model in models})
        self.voices: Sequence[SystemVoice] = [
            self._shown(voice, languages, maker) for voice in (*self._cast.values(), *(model.voice for model in models))
        ]

    def speak(
        self, text: str, *, voice: str, language: str, speed: float = 1.0, before: str = "", more: bool = False
    ) -> Generator[Block]:
        """Yield the blocks of the model that has the voice and the language, or else the other engine's."""
        spoken = detect(before + text) if language == "auto" else language
        model, timbre = self._speaker(voice, spoken)
        if model is None:
            blocks = self._other.speak(text, voice=voice, language=spoken, speed=speed, before=before, more=more)
            yield from _at_our_rate(blocks, self._other.rate)
        else:
            blocks = model.speak(text, voice=voice, timbre=timbre, speed=speed, more=more)
            yield from _at_our_rate(blocks, model.rate)

    def _speaker(self, voice: str, language: str) -> tuple[Model | None, Timbre]:
        """Return who speaks a language in a voice, and how; no model stands for the other engine."""
        own = self._by_id.get(voice)
        if own is not None and own.language == language:
            return own, Timbre()
        models = [model for model in self._models if model.language == language]
        if not models:
            return None, Timbre()
        wanted = own.voice if own is not None else self._cast.get(voice)
        if wanted is None:
            return pick(voice, models), pick(voice[::-1], _OTHERS)
        model = max(models, key=lambda model: _likeness(model.voice, wanted))
        pitch, tract = _CAST.get(voice, Timbre())
        if wanted.gender != model.voice.gender and wanted.gender in _OTHER_GENDER:
            pitch *= _OTHER_GENDER[wanted.gender].pitch
            tract *= _OTHER_GENDER[wanted.gender].tract
        return model, Timbre(pitch, tract)

    def _shown(self, voice: SystemVoice, languages: Sequence[str], maker: str) -> SystemVoice:
        """Return a voice with who speaks for it, and the accent of the one that speaks English."""
        speakers = {language: self._speaker(voice.id, language)[0] for language in languages}
        by = ", ".join(f"{language} ({maker}'s {model.voice.id})" for language, model in speakers.items() if model)
        manner, tags = voice.description, voice.tags
        if voice.id in self._cast and (english := speakers.get("en")):
            accent = english.voice.tags[0]
            manner, tags = f"{manner.rpartition(', ')[0]}, {accent.capitalize()}.", (accent, *tags[1:], "neural")
        description = f"{manner} Neural in {by}; espeak-ng in other languages."
        return voice._replace(description=description.strip(), tags=tags)


def _likeness(voice: SystemVoice, wanted: SystemVoice) -> int:
    return 2 * (voice.gender == wanted.gender) + (voice.tags[:1] == wanted.tags[:1])


def _at_our_rate(blocks: Generator[Block], rate: int) -> Generator[Block]:
    """Yield the blocks, resampled if need be."""
    if rate == RATE:
        yield from blocks
        return
    resampler = Samples("s16", rate, RATE)
    with closing(blocks):
        for pcm, marks in blocks:
            ours = (Mark(begin, end, start * RATE // rate, stop * RATE // rate) for begin, end, start, stop in marks)
            yield Block(resampler.feed(pcm), tuple(ours))
    yield Block(resampler.finish(), ())
