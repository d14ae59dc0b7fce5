"""Speech engines: what turns a text into samples.

An engine is anything that keeps the protocol `Engine`. `ENGINES` names those the command line offers; another one is a
module with such a class and a line in that table.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
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


def _espeak() -> Engine:
    from .espeak import EspeakEngine

    return EspeakEngine()


def _tone() -> Engine:
    from .tone import ToneEngine

    return ToneEngine()


ENGINES: Final[Mapping[str, Callable[[], Engine]]] = {"espeak": _espeak, "tone": _tone}
"""How to make each engine that the command line offers; nothing of an engine is loaded before."""
