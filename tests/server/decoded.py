"""Audio files: those of the server decoded by FFmpeg, how long they are and how loud, and recordings to upload."""

from __future__ import annotations

import io
import math
import wave
from array import array
from typing import Any, NamedTuple

import av

from lmnt_server.engines.tone import ToneEngine

RAW = {"pcm_s16le": "s16le", "pcm_f32le": "f32le"}
"""The formats without a header, and FFmpeg's names for them."""


class Decoded(NamedTuple):
    """`level` is the root mean square of the samples, from 0 to 1."""

    seconds: float
    rate: int
    level: float


def decode(data: bytes, format: str, sample_rate: int) -> Decoded:
    options = {"sample_rate": str(sample_rate), "ch_layout": "mono"} if format in RAW else {}
    samples = array("h")
    rate = 0
    with av.open(io.BytesIO(data), "r", format=RAW.get(format), options=options) as container:
        rate = container.streams.audio[0].rate
        assert container.streams.audio[0].channels == 1
        resampler = av.AudioResampler(format="s16", layout="mono")
        frames: list[Any] = []
        for frame in container.decode(audio=0):
            frames += resampler.resample(frame)
        frames += resampler.resample(None)
        rate = frames[0].sample_rate
        for frame in frames:
            samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    level = math.sqrt(sum(value * value for value in samples) / len(samples)) / 32768
    return Decoded(len(samples) / rate, rate, level)


def recording(text: str = "A recording of my voice, of some length.") -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(24000)
        for block in ToneEngine().speak(text, voice="leah", language="en"):
            wav.writeframes(block.pcm)
    return file.getvalue()
