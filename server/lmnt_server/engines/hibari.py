"""The voices of hibari: small neural models of American and British English, on onnxruntime.

Its parts are used, not its front: what turns text into phonemes (`g2p`), the network, and what makes samples of its
spectrum (`dsp`). So the words keep their places in the text, the network tells how long each phoneme is, and one model
can sound like several people: pitch and vocal tract are changed between the network and the samples.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import onnxruntime
from hibari import dsp
from hibari.g2p import G2P, Tok
from hibari.g2p.normalize import normalize
from hibari.tts import ASSETS
from hibari.voices import VOICES
from numpy.typing import NDArray

from ..sentences import WORD, pieces
from . import Block, Mark, VoicesError
from .cast import SystemVoice
from .characters import plain
from .neural import Timbre
from .onnx_graph import with_output_of

_PADDING: Final = 0  # the phoneme at either end
_MOST_PHONEMES: Final = 200
"""Phonemes that the network is given at once, some 12 seconds of speech: its time and memory grow faster than they."""

_FIRST_PHONEMES: Final = 60
"""After so many a first sentence is cut at its next comma: it is heard sooner."""

_SLOWEST, _FASTEST = 0.5, 2.0  # speeds that the network was made for
_LOUDNESS: Final = 1.6  # of the samples: the models speak softly
_LOUDEST: Final = 0.95  # of full scale
_QUIET: Final = 0.006  # of full scale: a frame with no louder sample is a pause
_MARGIN: Final = 4  # frames, 50 ms, that are left of the silence before and after the speech

_EARLY: Final = 3
"""Steps of the network, 75 ms, by which a phoneme is heard before its turn; so it is with Kokoro, which taught it."""

_UNSPOKEN: Final = frozenset(' ;:,.!?—…"“”()')  # phonemes that are pauses
_CLAUSE: Final = frozenset(";:,.!?—…")
_LONG_NUMBER: Final = re.compile(r"\d[\d,]{14,}")  # which nobody reads as one number, and hibari cannot
_INPUTS: Final = {"ids", "speed"}
_OUTPUTS: Final = ["lh", "theta", "ln", "lr", "phi", "f0"]

_Floats = NDArray[np.float32]


class HibariModel:
    """One voice of hibari.

    Args:
        file: its model.
        voice: the voice.
        british: whether words are read as in Britain.

    Raises:
        VoicesError: if the file is no model of hibari.
    """

    language: str = "en"
    rate: int = dsp.SR

    def __init__(self, file: Path, voice: SystemVoice, *, british: bool) -> None:
        self.voice = voice
        self._g2p = _g2p(british=british)
        options = onnxruntime.SessionOptions()
        # Several texts at once, each on one processor. The arena would keep what the longest of them took.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        try:
            # The sum of the durations so far: where each phoneme ends.
            model = with_output_of("CumSum", file.read_bytes())
            self._network = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's have no base of their own
            raise VoicesError(f"{file} is no voice of hibari: {error}") from error
        if {each.name for each in self._network.get_inputs()} != _INPUTS:
            raise VoicesError(f"{file} is no voice of hibari: it takes other inputs")
        self._ends = self._network.get_outputs()[-1].name

    def speak(self, text: str, *, voice: str, timbre: Timbre, speed: float, more: bool) -> Generator[Block]:
        """Yield a block for each sentence, or part of a long one."""
        del voice  # it has one
        offset = 0
        for begin, end in pieces(text):
            parts = list(_parts(self._units(text[begin:end]), _FIRST_PHONEMES if begin == 0 else _MOST_PHONEMES // 2))
            parts = [part for part in parts if any(set(unit.phonemes) - _UNSPOKEN for unit in part)]
            for number, part in enumerate(parts, 1):
                goes_on = number < len(parts) or more or end < len(text)
                pcm, marks = self._spoken(part, timbre, min(max(speed, _SLOWEST), _FASTEST), pause=goes_on)
                yield Block(
                    pcm,
                    tuple(Mark(begin + a, begin + b, offset + start, offset + stop) for a, b, start, stop in marks),
                )
                offset += len(pcm) // 2

    def _units(self, text: str) -> list[_Unit]:
        """Return what is spoken of a piece of a text, in order."""
        tokens = self._g2p.phonemize_tokens(self._g2p.tokenize(normalize(_LONG_NUMBER.sub(_in_digits, plain(text)))))
        units: list[_Unit] = []
        for place, word in _places(text, tokens):
            phonemes = "".join(f"{token.phonemes or ''}{' ' if token.whitespace else ''}" for token in word)
            units.append(_Unit(place, "".join(each for each in phonemes if each in _vocabulary())))
        return units

    def _spoken(self, units: Sequence[_Unit], timbre: Timbre, speed: float, *, pause: bool) -> Block:
        vocabulary = _vocabulary()
        phonemes = "".join(unit.phonemes for unit in units)
        ids = [_PADDING, *(vocabulary[each] for each in phonemes), _PADDING]
        inputs = {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)}
        *spectrum, ends = self._network.run([*_OUTPUTS, self._ends], inputs)
        samples = _sounding([part[0] for part in spectrum], timbre)
        frames = np.abs(samples).reshape(-1, dsp.HOP).max(1)
        loud = np.flatnonzero(frames > _QUIET)
        first = max(int(loud[0]) - _MARGIN, 0) if len(loud) else 0
        last = min(int(loud[-1]) + 1 + _MARGIN, len(frames)) if len(loud) and not pause else len(frames)
        pcm = (samples[first * dsp.HOP : last * dsp.HOP] * 32767).astype(np.int16).tobytes()
        steps = np.ravel(ends)
        heard = np.maximum(steps - _EARLY, 0) * len(frames) // steps[-1]  # in frames, which are finer
        return Block(pcm, tuple(_marks(units, heard, frames, first, last)))


class _Unit(NamedTuple):
    """What is spoken at once: a place in the text, None if it has none of its own, and phonemes."""

    place: tuple[int, int] | None
    phonemes: str


def _in_digits(number: re.Match[str]) -> str:
    return " ".join(each for each in number.group() if each.isdigit())


def _sounding(spectrum: list[_Floats], timbre: Timbre) -> _Floats:
    lh, th, ln, lr, phi, f0 = spectrum
    if timbre.tract != 1:
        bins = len(lh)
        source = np.minimum(np.rint(np.arange(bins) / timbre.tract).astype(np.intp), bins - 1)
        lh, th, ln, lr, phi = (part[source] for part in (lh, th, ln, lr, phi))
    # The same noise every time: the same text is the same samples.
    samples = dsp.synth(lh, th, ln, lr, phi, f0 * np.float32(timbre.pitch), np.random.default_rng(0))
    return samples * np.float32(min(_LOUDNESS, _LOUDEST / max(float(np.abs(samples).max(initial=0)), 1e-9)))


def _marks(units: Iterable[_Unit], ends: NDArray[np.int64], frames: _Floats, first: int, last: int) -> Iterator[Mark]:
    """Yield the marks of the words, given the frame at which each phoneme ends and how loud each frame is."""
    words: list[tuple[tuple[int, int] | None, int, int]] = []
    at = 1  # after the padding
    for unit in units:
        if spoken := [at + index for index, phoneme in enumerate(unit.phonemes) if phoneme not in _UNSPOKEN]:
            words.append((unit.place, max(int(ends[spoken[0] - 1]), first), int(ends[spoken[-1]])))
        at += len(unit.phonemes)
    for (place, start, stop), (_, following, _) in zip(words, [*words[1:], (None, last, last)], strict=True):
        # It ends where the sound does, before its last phoneme or after it.
        stop = min(max(stop, start + 1), last)
        while stop > start + 1 and frames[stop - 1] <= _QUIET:
            stop -= 1
        while stop < following and frames[stop] > _QUIET:
            stop += 1
        if place is not None:
            yield Mark(*place, (start - first) * dsp.HOP, (stop - first) * dsp.HOP)


def _parts(units: Iterable[_Unit], enough: int) -> Iterator[list[_Unit]]:
    """Divide what is spoken into parts that the network can take: after a comma where there is one in time.

    Args:
        units: what is spoken.
        enough: phonemes after which the first part may end.
    """
    part: list[_Unit] = []
    size = 0
    for unit in units:
        for phonemes in _fitting(unit.phonemes):
            if size + len(phonemes) > _MOST_PHONEMES:
                yield part
                part, size = [], 0
            part.append(_Unit(unit.place, phonemes))
            size += len(phonemes)
            if size >= enough and phonemes.rstrip()[-1:] in _CLAUSE:
                yield part
                part, size, enough = [], 0, _MOST_PHONEMES // 2
    if part:
        yield part


def _fitting(phonemes: str) -> Iterator[str]:
    """Yield the phonemes of one place, cut between words where they are more than the network can take."""
    while len(phonemes) > _MOST_PHONEMES:
        cut = phonemes.rfind(" ", 1, _MOST_PHONEMES) + 1 or _MOST_PHONEMES
        yield phonemes[:cut]
        phonemes = phonemes[cut:]
    yield phonemes


def _places(text: str, tokens: Iterable[Tok]) -> Iterator[tuple[tuple[int, int] | None, list[Tok]]]:
    """Yield the words that are read, each as its tokens, with the place in the text that it is read for.

    Numbers, dates and abbreviations are read as other words than are written; those that are read for one another share
    a place, or have the same.
    """
    read: list[list[Tok]] = [[]]
    for token in tokens:
        read[-1].append(token)
        if token.whitespace:
            read.append([])
    if not read[-1]:
        read.pop()
    written = list(re.finditer(r"\S+", text))
    left = [found.group() for found in written]
    right = ["".join(token.text for token in word) for word in read]
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal" or i2 - i1 == j2 - j1:
            for found, word in zip(written[i1:i2], read[j1:j2], strict=True):
                yield _core(found), word
        elif j1 < j2:
            place = (_core(written[i1])[0], _core(written[i2 - 1])[1]) if i1 < i2 else None
            yield place, [token for word in read[j1:j2] for token in word]


def _core(written: re.Match[str]) -> tuple[int, int]:
    """Return where a word is without the punctuation around it."""
    found = WORD.search(written.string, *written.span())
    return found.span() if found else written.span()


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, int]:
    with (Path(ASSETS) / "vocab.json").open(encoding="utf-8") as file:
        found: dict[str, int] = json.load(file)
    return found


@lru_cache(maxsize=2)
def _g2p(*, british: bool) -> G2P:
    """Return what reads American or British English, which all voices of one accent share."""
    return G2P(british=british)


def models(folder: Path | None) -> list[HibariModel]:
    """Return the voice that is in the package, and those of a folder.

    Raises:
        VoicesError: if there is none in the folder, or a file of it is no voice of hibari.
    """
    by_file = {voice["file"]: name for name, voice in VOICES.items()}
    added = sorted(folder.glob("*.onnx")) if folder is not None else []
    if folder is not None and not added:
        raise VoicesError(f"{folder} has no files NAME.onnx, which are hibari's voices")
    files = {by_file.get(file.name, file.stem): file for file in (Path(ASSETS) / VOICES["heart"]["file"], *added)}
    return [_model(file, name) for name, file in files.items()]


def _model(file: Path, name: str) -> HibariModel:
    facts = VOICES.get(name, {"accent": "American", "gender": None, "british": False})
    voice = SystemVoice(name, name.capitalize(), facts["gender"], "", (facts["accent"].lower(), "neural"))
    return HibariModel(file, voice, british=facts["british"])
