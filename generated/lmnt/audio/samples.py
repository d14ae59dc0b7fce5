"""Audio as samples: in WAV, as the formats that are samples alone, and decoded by PyAV where it is installed."""

from __future__ import annotations

import io
import struct
import sys
from array import array
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidArgumentError
from ..models.speech_format import SpeechFormat
from ..streams.containers import UNKNOWN_LENGTHS
from .sources import WITHOUT_CONTAINER, Data, Source, format_of, opened, rate_of

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
"""Formats of a WAV file."""


@dataclass(frozen=True)
class Sound:
    """Samples: whole ones, those of all channels side by side."""

    encoding: int
    bits: int
    channels: int
    rate: int
    data: bytes

    @property
    def seconds(self) -> float:
        """The duration."""
        return len(self.data) * 8 // self.bits / self.channels / self.rate

    def as_int16(self) -> array[int]:
        """Return the samples with 16 bits."""
        match self.encoding, self.bits:
            case 1, 16:
                return _array("h", self.data)
            case 3, 32:
                return array("h", [_clipped(each) for each in _array("f", self.data)])
            case 7, 8:
                return array("h", map(_MU_LAW.__getitem__, self.data))
            case _:
                raise InvalidArgumentError(
                    f"this WAV file has {self.bits} bits a sample in the encoding {self.encoding}; "
                    "known are 16-bit integers, 32-bit floats and 8-bit µ-law"
                )


def _array(kind: str, data: bytes) -> array[Any]:
    found = array(kind, data)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _clipped(sample: float) -> int:
    # What is not a number is silence.
    return round(max(-32768.0, min(32767.0, sample * 32768))) if sample == sample else 0


def _mu_law(code: int) -> int:
    """Return the sample of a code (ITU-T G.711)."""
    code ^= 0xFF
    magnitude = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return -magnitude if code & 128 else magnitude


_MU_LAW = [_mu_law(code) for code in range(256)]


def sound_of(data: Data) -> Sound:
    """Return the samples of a WAV file; raises InvalidArgumentError if it has none, or compressed ones."""
    if data[8:12] != b"WAVE":
        raise InvalidArgumentError("this RIFF file is no WAV file")
    at, form = 12, b""
    while len(data) - at >= 8:
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt ":
            form = data[at : at + size]
        elif name == b"data":
            end = len(data) if size in UNKNOWN_LENGTHS else min(at + size, len(data))
            return _sound(form, data[at:end])
        at += size + size % 2
    raise InvalidArgumentError("this WAV file has no samples")


def _sound(form: bytes, data: bytes) -> Sound:
    if len(form) < 16:
        raise InvalidArgumentError("this WAV file does not say what its samples are")
    encoding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if encoding == EXTENSIBLE and len(form) >= 26:
        encoding = int.from_bytes(form[24:26], "little")
    if encoding not in (PCM, FLOAT, A_LAW, MU_LAW) or not (channels and rate and bits) or bits % 8:
        raise InvalidArgumentError(f"this WAV file has samples of an unknown encoding ({encoding}, {bits} bits)")
    return Sound(encoding, bits, channels, rate, data[: len(data) - len(data) % (channels * bits // 8)])


def _read(audio: Source, format: SpeechFormat | None, sample_rate: int | None) -> Sound:
    with opened(audio) as data:
        kind = format_of(data, format)
        if kind == "wav":
            return sound_of(data)
        if kind in WITHOUT_CONTAINER:
            rate, width = rate_of(kind, sample_rate), WITHOUT_CONTAINER[kind]
            return Sound(PCM if width == 2 else FLOAT, width * 8, 1, rate, data[: len(data) - len(data) % width])
        return _decoded(data[:], kind)


def _decoded(data: bytes, kind: str) -> Sound:
    try:
        import av
        from av.error import FFmpegError
    except ImportError as error:
        raise InvalidArgumentError(
            f"{kind} has to be decoded, for which PyAV is needed (the extra `audio`); without it, ask for `wav`"
        ) from error
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.audio[0]
            channels = stream.channels
            resampler = av.AudioResampler(format="s16", layout=stream.layout)
            frames = (each for frame in (*container.decode(stream), None) for each in resampler.resample(frame))
            samples = b"".join(bytes(frame.planes[0])[: frame.samples * channels * 2] for frame in frames)
            return Sound(PCM, 16, channels, stream.rate, samples)
    except (FFmpegError, IndexError, ValueError) as error:
        raise InvalidArgumentError(f"this {kind} cannot be decoded: {error}") from error


def to_wav(audio: Source, *, format: SpeechFormat | None = None, sample_rate: int | None = None) -> bytes:
    """Return audio as a WAV file of 16-bit PCM, its lengths filled in, which every program can read.

    `wav`, `ulaw`, `pcm_s16le` and `pcm_f32le` need nothing else; `mp3`, `aac` and `webm` are decoded by PyAV (the extra
    `audio`).

    Args:
        audio: The audio.
        format: Its format, for samples alone: `pcm_s16le` or `pcm_f32le`. Others say it themselves.
        sample_rate: Samples in a second, for samples alone.

    Raises:
        InvalidArgumentError: It cannot be read or decoded, or is no audio of these formats.
    """
    sound = _read(audio, format, sample_rate)
    samples = sound.as_int16()
    if sys.byteorder == "big":
        samples.byteswap()
    data = samples.tobytes()
    block = 2 * sound.channels
    form = struct.pack("<HHIIHH", PCM, sound.channels, sound.rate, sound.rate * block, block, 16)
    # Beyond 4 GB the lengths are left open, as RIFF has 32 bits for them.
    riff, size = (36 + len(data), len(data)) if len(data) < UNKNOWN_LENGTHS[1] - 36 else (UNKNOWN_LENGTHS[1],) * 2
    return struct.pack("<4sI4s4sI16s4sI", b"RIFF", riff, b"WAVE", b"fmt ", 16, form, b"data", size) + data


def to_numpy(audio: Source, *, format: SpeechFormat | None = None, sample_rate: int | None = None) -> tuple[Any, int]:
    """Return audio as an array of numpy, and its samples in a second.

    The samples are 32-bit floats from -1 to 1; the array has one dimension, or with several channels a second one.
    What `to_wav` says of the formats holds here too.

    Args:
        audio: The audio.
        format: Its format, for samples alone: `pcm_s16le` or `pcm_f32le`. Others say it themselves.
        sample_rate: Samples in a second, for samples alone.

    Raises:
        InvalidArgumentError: numpy is not installed, or the audio cannot be read or decoded.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise InvalidArgumentError("numpy is not installed: pip install numpy") from error
    sound = _read(audio, format, sample_rate)
    if (sound.encoding, sound.bits) == (FLOAT, 32):
        samples: Any = np.frombuffer(sound.data, dtype="<f4").astype(np.float32)
    else:
        samples = np.frombuffer(sound.as_int16(), dtype=np.int16).astype(np.float32) / 32768
    return (samples if sound.channels == 1 else samples.reshape(-1, sound.channels)), sound.rate
