"""Voices of Piper, which people have as `NAME.onnx` and `NAME.onnx.json`: neural models of many languages.

Piper itself is under the GPL and no dependency of this package: whoever wants it installs it.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path
from typing import Final

import onnxruntime
from piper import (  # pyright: ignore[reportMissingModuleSource] - nothing here installs it
    AudioChunk,
    PiperVoice,
    SynthesisConfig,
)

from ..sentences import WORD, pieces
from . import Block, Mark, VoicesError
from .alignment import aligned
from .cast import SystemVoice, pick
from .neural import Timbre
from .onnx_graph import NoModelError, with_output_of

_BETWEEN: Final = frozenset(" ^$.,;:!?")
"""Phonemes that are no part of a word: its edges."""

_PAUSE: Final = 0.2
"""Seconds of silence after a sentence that others follow."""


class PiperModel:
    """One file of Piper, of one speaker or of several.

    Args:
        file: the model; its configuration is beside it.

    Raises:
        VoicesError: if it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        try:
            self._piper = PiperVoice.load(file)
            # Piper gives the length of each phoneme of models that were made to tell it; so do all, this way.
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.enable_cpu_mem_arena = False
            self._piper.session = onnxruntime.InferenceSession(
                _telling(file.read_bytes()), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # what it raises is not documented
            raise VoicesError(f"{file} is no voice of piper: {error}") from error
        config = self._piper.config
        self.language: str = re.split("[-_]", config.espeak_voice)[0].replace("cmn", "zh")
        self.rate: int = config.sample_rate
        self.voice = SystemVoice(file.stem, file.stem, None, "", (config.espeak_voice, "neural"))

    def speak(self, text: str, *, voice: str, timbre: Timbre, speed: float, more: bool) -> Generator[Block]:
        """Yield a block for each sentence, or part of a long one."""
        del timbre  # it has none
        speaker = pick(voice, range(self._piper.config.num_speakers))
        offset = 0
        for begin, end in pieces(text):
            how = SynthesisConfig(speaker_id=speaker, length_scale=self._piper.config.length_scale / speed)
            chunks = list(self._piper.synthesize(text[begin:end], how, include_alignments=True))
            if not chunks:
                continue
            pcm = b"".join(chunk.audio_int16_bytes for chunk in chunks)
            marks = _told(text[begin:end], chunks) or aligned(text[begin:end], pcm, self.rate)
            if more or end < len(text):
                pcm += bytes(2 * round(self.rate * _PAUSE))
            yield Block(
                pcm, tuple(Mark(begin + a, begin + b, offset + start, offset + stop) for a, b, start, stop in marks)
            )
            offset += len(pcm) // 2


def models(folder: Path | None) -> list[PiperModel]:
    """Return the voices of a folder.

    Raises:
        VoicesError: if there is none, or a file is no voice of Piper.
    """
    files = sorted(folder.glob("*.onnx")) if folder is not None else []
    if not files:
        raise VoicesError("piper has no voices of its own: give --voices DIR, with files NAME.onnx and NAME.onnx.json")
    return [PiperModel(file) for file in files]


def _telling(model: bytes) -> bytes:
    """Return a model that gives the length of each phoneme, if it can be made to."""
    try:
        return with_output_of("Ceil", model)
    except NoModelError:
        return model


def _told(text: str, chunks: list[AudioChunk]) -> list[Mark]:
    """Return the marks of a text's words, if the model told them and they are as many as were spoken."""
    spans: list[tuple[int, int]] = []
    start = at = 0
    for chunk in chunks:
        if chunk.phoneme_alignments is None:
            return []
        for phoneme, samples in ((each.phoneme, each.num_samples) for each in chunk.phoneme_alignments):
            if phoneme in _BETWEEN:
                if at > start:
                    spans.append((start, at))
                start = at + samples
            at += samples
    words = [found.span() for found in WORD.finditer(text)]
    return [Mark(*word, *span) for word, span in zip(words, spans, strict=True)] if len(words) == len(spans) else []
