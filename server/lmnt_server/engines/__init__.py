"""Speech engines: what turns a text into samples.

An engine is anything that keeps the protocol `Engine`. `ENGINES` names those the command line offers; another one is a
module with such a class and a line in that table.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from .cast import SystemVoice


class Mark(NamedTuple):
    """Where a piece of the text is in the speech.

    Args:
        begin: index of its first character (Unicode code point) in the text.
        end: index after its last character.
        start: its first sample, counted from the start of the speech.
        stop: the sample after its last; a pause after it is not part of it.
    """

    begin: int
    end: int
    start: int
    stop: int


class Block(NamedTuple):
    """The next piece of speech: samples (16-bit signed, of the machine's byte order, mono) and the words in them."""

    pcm: bytes
    marks: tuple[Mark, ...]


class Engine(Protocol):
    """What speaks. One engine serves many requests at once, from several threads."""

    @property
    def rate(self) -> int:
        """Samples in a second, in hertz, of the blocks."""
        ...

    @property
    def voices(self) -> Sequence[SystemVoice]:
        """The system voices, in the order to list them."""
        ...

    def speak(
        self, text: str, *, voice: str, language: str, speed: float = 1.0, before: str = "", more: bool = False
    ) -> Generator[Block]:
        """Yield the speech of a text, a block as soon as it is made. A caller that stops early closes the iterator.

        Args:
            text: any text, also one with nothing to speak.
            voice: the id of one of `voices`, or any other string, which stands for a voice of the engine's choice,
                always the same one. (A cloned voice comes as the digest of its recording.)
            language: an ISO 639-1 code of the description's Language, or `auto`.
            speed: 1 is normal, 2 twice as fast.
            before: the end of the text that this one goes on from, which may help to tell its language.
            more: whether other text will go on from this one, so that its last sentence is to end like those before it.
        """
        ...


class VoicesError(Exception):
    """The voices that an engine is to have cannot be used; the message says why and what to do."""


def _espeak(voices: Path | None = None) -> Engine:
    from .espeak import EspeakEngine

    _no_voices("espeak", voices)
    return EspeakEngine()


def _tone(voices: Path | None = None) -> Engine:
    from .tone import ToneEngine

    _no_voices("tone", voices)
    return ToneEngine()


def _hibari(voices: Path | None = None) -> Engine:
    try:
        from .hibari import models
    except ModuleNotFoundError as error:
        raise VoicesError(f"{error.name} is not installed: pip install 'lmnt-client[server,neural]'") from error
    from .neural import NeuralEngine

    return NeuralEngine(models(voices), _espeak(), "hibari")


def _piper(voices: Path | None = None) -> Engine:
    try:
        from .piper import models
    except ModuleNotFoundError as error:
        raise VoicesError(f"{error.name} is not installed: pip install piper-tts (its licence is the GPL)") from error
    from .neural import NeuralEngine

    return NeuralEngine(models(voices), _espeak(), "piper")


def _no_voices(engine: str, voices: Path | None) -> None:
    if voices is not None:
        raise VoicesError(f"the engine {engine} reads no voices from a folder; hibari and piper do")


class Maker(Protocol):
    """What makes an engine."""

    def __call__(self, voices: Path | None = None) -> Engine:
        """Return it, with the voices of a folder beside its own, or raise VoicesError."""
        ...


ENGINES: Final[Mapping[str, Maker]] = {
    "espeak": _espeak,
    "hibari": _hibari,
    "piper": _piper,
    "tone": _tone,
}
"""How to make each engine that the command line offers; nothing of an engine is loaded before."""


def make(name: str | None, voices: Path | None) -> Engine:
    """Return an engine.

    Args:
        name: which of `ENGINES`; when None the neural one where it is installed, espeak where it is not.
        voices: a folder with more voices for it.

    Raises:
        VoicesError: if it cannot be had.
    """
    if voices is not None and not voices.is_dir():
        raise VoicesError(f"{voices} is no folder")
    engine = ENGINES[name or ("hibari" if find_spec("hibari") else "espeak")](voices)
    for voice in engine.voices:
        if not voice.id.isprintable():  # as where a name of a file is no UTF-8
            raise VoicesError(f"{voices} has a voice {voice.id!r}, a name that cannot be shown: give its file another")
    return engine
