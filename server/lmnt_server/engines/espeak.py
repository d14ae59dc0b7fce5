"""Real speech from espeak-ng, which runs in a process of its own: see `espeak_child`."""

from __future__ import annotations

import contextlib
import itertools
import pickle
import subprocess
import sys
import threading
import weakref
from array import array
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from ..sentences import pieces
from . import Block, Mark
from .cast import CAST, SystemVoice, pick
from .characters import plain
from .espeak_child import Reply, Request
from .languages import detect

_WORDS_PER_MINUTE: Final = 170
_SLOWEST, _FASTEST = 80, 450  # words a minute that espeak-ng takes

_REMEMBERED: Final = 64
"""Pieces whose speech is kept to be spoken again: more than a text of 5000 characters has as a rule, 60 MB at most."""

_SILENT: Final = 40
"""Samples no louder than this are a pause."""

_STRIDE: Final = 64
"""Samples, some 3 ms, by which the end of a word is looked for."""


class _Timbre(NamedTuple):
    """How a voice sounds: the accent of its English, a variant of espeak-ng, and a pitch from 0 to 99.

    Accents are espeak-ng's voices; its plain `en` is British.
    """

    accent: str
    variant: str
    pitch: int


_TIMBRES: Final[Mapping[str, _Timbre]] = {
    "leah": _Timbre("en-us", "f2", 55),
    "ansel": _Timbre("en-us", "m3", 45),
    "amy": _Timbre("en", "f4", 50),
    "elowen": _Timbre("en-gb-x-rp", "f5", 42),
    "ava": _Timbre("en-us", "f1", 70),
    "lily": _Timbre("en-us", "f3", 40),
    "morgan": _Timbre("en-us", "m7", 25),
    "curtis": _Timbre("en", "m1", 40),
    "isla": _Timbre("en-gb-scotland", "f2", 60),
    "gordon": _Timbre("en-gb-scotland", "m4", 30),
}

_OTHERS: Final = tuple(
    _Timbre("en-us", variant, pitch)
    for variant in ("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")
    for pitch in (35, 45, 55, 65)
)
"""What the voices that are not of the cast choose from."""

_LANGUAGES: Final[Mapping[str, str]] = {"zh": "cmn", "pt": "pt-br"}
"""espeak-ng's names of the languages that it does not call by their ISO 639-1 code."""


class EspeakEngine:
    """Speaks with espeak-ng, a piece of a text at a time, at most a sentence.

    Requests at the same time take turns by the piece, so the first sound of each comes early, and a caller that stops
    is obeyed at the next piece. A text that makes espeak-ng crash fails alone; the next one finds a new process.
    """

    voices: Sequence[SystemVoice] = CAST

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child, self._rate = self._started()
        # The library never speaks a text twice in just the same way: its oscillators go on from where they stopped.
        # With this a text has the same timestamps in every format.
        self._spoken: dict[Request, _Spoken] = {}
        self._speaking: _Speaking | None = None  # what the process has not yet said all to

    @property
    def rate(self) -> int:
        """Samples in a second, as the library says it."""
        return self._rate

    def speak(
        self, text: str, *, voice: str, language: str, speed: float = 1.0, before: str = "", more: bool = False
    ) -> Generator[Block]:
        """Yield a block for each sentence, or part of a long one; two for the first, whose beginning comes before all.

        Raises:
            RuntimeError: if espeak-ng cannot speak it.
        """
        timbre = _TIMBRES.get(voice) or pick(voice, _OTHERS)
        spoken = detect(before + text) if language == "auto" else language
        name = f"{timbre.accent if spoken == 'en' else _LANGUAGES.get(spoken, spoken)}+{timbre.variant}"
        words_per_minute = min(max(round(_WORDS_PER_MINUTE * speed), _SLOWEST), _FASTEST)
        readable = plain(text)
        offset = 0
        for begin, end in pieces(readable):
            speaking = self._begin((readable[begin:end], name, timbre.pitch, words_per_minute, more or end < len(text)))
            if speaking.head and not begin:
                yield Block(speaking.head, ())
            pcm, words = self._finish(speaking)
            rest = pcm if begin else pcm[len(speaking.head) :]
            yield Block(rest, tuple(_marks(pcm, words, begin, end, offset)))
            offset += len(pcm) // 2

    def _begin(self, request: Request) -> _Speaking:
        """Have a request spoken, and return when its first samples are there."""
        with self._lock:
            if (spoken := self._spoken.get(request)) is not None:
                return _Speaking(request, b"", spoken)
            self._settle()
            if self._child.poll() is not None:
                self._child, self._rate = self._started()
            speaking = self._speaking = _Speaking(request, b"")
            try:
                pickle.dump(request, self._child.stdin)
                self._child.stdin.flush()
            except OSError:
                self._settle()  # which finds out
            else:
                head = self._read()
                speaking.head, speaking.result = (head, None) if isinstance(head, bytes) else (b"", head)
            return speaking

    def _finish(self, speaking: _Speaking) -> _Spoken:
        """Return what came of a request, when all of it is there."""
        with self._lock:
            if speaking is self._speaking:
                self._settle()
        if isinstance(speaking.result, tuple):
            return speaking.result
        raise RuntimeError(speaking.result)

    def _settle(self) -> None:
        """Read what the process has still to say to the last request, before which it takes no other."""
        speaking, self._speaking = self._speaking, None
        if speaking is None or speaking.result is not None:
            return
        reply: Reply = self._read()
        if isinstance(reply, str):
            speaking.result = reply
            return
        pcm, words = reply
        spoken = speaking.result = (speaking.head + pcm, [_Word(*word) for word in words])
        self._spoken[speaking.request] = spoken
        if len(self._spoken) > _REMEMBERED:
            del self._spoken[next(iter(self._spoken))]

    def _read(self) -> Any:
        try:
            return pickle.load(self._child.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            # At once, so that the next request does not take a process that is about to be gone for a living one.
            _end(self._child)
            return "espeak-ng crashed on this text"

    def _started(self) -> tuple[Any, int]:
        """Start the process, which ends with this engine, and return it with its rate."""
        program = str(Path(__file__).with_name("espeak_child.py"))
        # -P: the folder of the program is this package's, whose modules are none of the child's.
        child: Any = subprocess.Popen([sys.executable, "-P", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        weakref.finalize(self, _end, child)
        try:
            rate = int(pickle.load(child.stdout))
        except EOFError:
            rate = 0
        if rate <= 0:
            raise RuntimeError("espeak-ng cannot be started")
        return child, rate


def _end(child: Any) -> None:
    """End the process and reap it."""
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):  # what could not be written to a process that is gone
            pipe.close()


class _Word(NamedTuple):
    """A word event: the word's place in the text that was given, in characters, and its first sample."""

    begin: int
    length: int
    start: int


_Spoken: TypeAlias = tuple[bytes, list[_Word]]


@dataclass
class _Speaking:
    """A request under way: its first samples, and when all is there what came of it, or what went wrong."""

    request: Request
    head: bytes
    result: _Spoken | str | None = None


def _marks(pcm: bytes, words: Sequence[_Word], begin: int, end: int, offset: int) -> Iterator[Mark]:
    """Yield the marks of the piece of a text from `begin` to `end` whose speech starts at the sample `offset`."""
    samples = array("h", pcm)
    for word, following in itertools.zip_longest(words, words[1:], fillvalue=_Word(end - begin, 0, len(samples))):
        stop = max(word.start, following.start)
        while stop - word.start > _STRIDE and max(map(abs, samples[stop - _STRIDE : stop])) <= _SILENT:
            stop -= _STRIDE
        last = min(word.begin + word.length, following.begin)
        yield Mark(begin + word.begin, begin + last, offset + word.start, offset + stop)
