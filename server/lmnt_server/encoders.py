"""Samples become audio files: one encoder for each format, all with the same two calls.

An encoder takes 16-bit mono samples at the engine's rate, in pieces of any length, and gives bytes as soon as it has
some; whatever it gave, put together, is the file. Codecs, containers and resampling are FFmpeg's, by `av`.

A codec holds samples back until it has a whole frame of them. `pause()` gets them out where the speech rests for a
while, so that what was said so far can be heard; the file goes on after it.

The codecs of MP3 and AAC put silence before the samples that they are given, and decoders play it: nothing in a file
that is sent as it is made tells all of them to leave it out. So an encoder says how long that is, and how long all is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, Final, NamedTuple, Protocol, cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

_UNKNOWN: Final = 0xFFFFFFFF
"""What stands for the length in the header of a WAV file that is sent before its length is known."""

_WAVE_PCM: Final = 0x0001
_WAVE_MULAW: Final = 0x0007


class Encoder(Protocol):
    """One file in the making."""

    @property
    def delay(self) -> float:
        """Seconds of silence that are heard before the samples, at the start of the file and after each pause."""
        ...

    @property
    def seconds(self) -> float:
        """How long the audio is that was given so far, as decoders play it; right after a pause, and at the end."""
        ...

    def feed(self, pcm: bytes) -> bytes:
        """Take samples, and return what can be sent by now, perhaps nothing."""
        ...

    def pause(self) -> bytes:
        """Return the rest of what can be sent of the samples so far; more may follow."""
        ...

    def finish(self) -> bytes:
        """Return the rest of the file, once all samples have been taken."""
        ...


class Samples:
    """The encoder of the formats that are samples alone, at another rate and in another sample format."""

    delay = 0.0

    def __init__(self, sample_format: str, source_rate: int, rate: int) -> None:
        self._source_rate = source_rate
        self._rate = rate
        self._samples = 0
        self._new_resampler = partial(AudioResampler, format=sample_format, layout="mono", rate=rate)
        self._resampler = self._new_resampler()

    @property
    def seconds(self) -> float:
        """How long the resampled audio is."""
        return self._samples / self._rate

    def frames(self, pcm: bytes | None) -> Iterator[AudioFrame]:
        """Yield resampled frames; None stands for the end, after which other samples may begin."""
        frame: AudioFrame | None = None
        if pcm:
            frame = AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
            frame.sample_rate = self._source_rate
            frame.planes[0].update(pcm)
        elif pcm is not None:
            return
        for resampled in self._resampler.resample(frame):
            self._samples += resampled.samples
            yield resampled
        if pcm is None:
            self._resampler = self._new_resampler()

    def feed(self, pcm: bytes) -> bytes:
        """Return the samples, resampled."""
        return b"".join(map(_samples_of, self.frames(pcm)))

    def pause(self) -> bytes:
        """Return what the resampler still holds."""
        return b"".join(map(_samples_of, self.frames(None)))

    def finish(self) -> bytes:
        """Return what the resampler still holds."""
        return self.pause()


class Mulaw:
    """G.711 µ-law in a WAV container, sent as it is made: the header holds the sign for an unknown length."""

    delay = 0.0

    def __init__(self, source_rate: int, rate: int) -> None:
        self._source = Samples("s16", source_rate, rate)
        self._codec = cast("Any", av.CodecContext.create("pcm_mulaw", "w"))
        self._codec.sample_rate = rate
        self._codec.layout = "mono"
        self._codec.format = "s16"
        self._codec.time_base = Fraction(1, rate)
        self._header = _wave_header(_WAVE_MULAW, rate, 8, None)

    @property
    def seconds(self) -> float:
        """How long the resampled audio is."""
        return self._source.seconds

    def feed(self, pcm: bytes) -> bytes:
        """Return the samples in µ-law, the header before the first ones."""
        header, self._header = self._header, b""
        return header + self._encode(self._source.frames(pcm))

    def pause(self) -> bytes:
        """Return what the resampler still holds, in µ-law."""
        return self._encode(self._source.frames(None))

    def finish(self) -> bytes:
        """Return what the resampler still holds, in µ-law."""
        return self.pause()

    def _encode(self, frames: Iterator[AudioFrame]) -> bytes:
        return b"".join(bytes(packet) for frame in frames for packet in self._codec.encode(frame))


class Wav:
    """16-bit PCM in a WAV container. Its header holds its length, so nothing can be sent before all of it is there."""

    delay = 0.0

    def __init__(self, source_rate: int, rate: int) -> None:
        self._source = Samples("s16", source_rate, rate)
        self._rate = rate
        self._data = bytearray()

    @property
    def seconds(self) -> float:
        """How long the resampled audio is."""
        return self._source.seconds

    def feed(self, pcm: bytes) -> bytes:
        """Keep the samples."""
        self._data += self._source.feed(pcm)
        return b""

    def pause(self) -> bytes:
        """Keep what the resampler still holds."""
        self._data += self._source.pause()
        return b""

    def finish(self) -> bytes:
        """Return the file."""
        self.pause()
        return _wave_header(_WAVE_PCM, self._rate, 16, len(self._data)) + self._data


class StreamedWav:
    """The same, sent as it is made: the header holds the sign for an unknown length; see `whole_wav`."""

    delay = 0.0

    def __init__(self, source_rate: int, rate: int) -> None:
        self._source = Samples("s16", source_rate, rate)
        self._header = _wave_header(_WAVE_PCM, rate, 16, None)

    @property
    def seconds(self) -> float:
        """How long the resampled audio is."""
        return self._source.seconds

    def feed(self, pcm: bytes) -> bytes:
        """Return the samples, resampled, the header before the first ones."""
        return self._after_header(self._source.feed(pcm))

    def pause(self) -> bytes:
        """Return what the resampler still holds."""
        return self._after_header(self._source.pause())

    def finish(self) -> bytes:
        """Return what the resampler still holds."""
        return self.pause()

    def _after_header(self, samples: bytes) -> bytes:
        header, self._header = self._header, b""
        return header + samples


def whole_wav(file: bytes) -> bytes:
    """Return a file of `StreamedWav` with its lengths in its header."""
    sizes = struct.pack("<I", len(file) - 8), struct.pack("<I", len(file) - 44)
    return file[:4] + sizes[0] + file[8:40] + sizes[1] + file[44:]


class _Container(NamedTuple):
    """A container of FFmpeg and what goes into it.

    Args:
        name: FFmpeg's name of the container.
        codec: FFmpeg's name of the encoder.
        sample_format: the encoder's.
        bit_rate: bits in a second.
        options: FFmpeg's options of the container.
        codec_options: FFmpeg's options of the codec.
        delay: samples of silence that the codec puts before what it is given, and decoders play.
        silence: seconds of silence that push all before them out of codec and container; None where a file may follow
            on another as one file, so that a pause is the end of one.
    """

    name: str
    codec: str
    sample_format: str
    bit_rate: int
    options: Mapping[str, str]
    codec_options: Mapping[str, str]
    delay: int = 0
    silence: float | None = None


# 96 kbit/s is the API's. MPEG-2.5 (8000 Hz) has no more than 64 kbit/s, which LAME then takes.
# A Xing header would need to be rewritten when the length is known, and an ID3 tag has nothing to say.
# The codec options take the faster way where it costs nothing that can be heard in speech.
# The delay is LAME's 576 samples and the 529 of every decoder.
MP3: Final = _Container(
    "mp3", "libmp3lame", "s16p", 96_000, {"write_xing": "0", "id3v2_version": "0"}, {"compression_level": "7"}, 1105
)
AAC: Final = _Container("adts", "aac", "fltp", 64_000, {}, {"aac_coder": "fast"}, 1024)
# The header of WebM says how much of Opus's delay to leave out, and all decoders do.
# A cluster is sent when it is whole, so its length is known; half a second of speech is not long to wait for.
WEBM: Final = _Container("webm", "libopus", "s16", 32_000, {"cluster_time_limit": "500"}, {"compression_level": "5"})
# A page is sent when it is whole; the first one is not to wait for the usual second.
OGG: Final = _Container("ogg", "libopus", "s16", 32_000, {"page_duration": "100000"}, {"compression_level": "5"})
FLAC: Final = _Container("flac", "flac", "s16", 0, {}, {})
# A conversation cannot wait: each packet of 20 ms is a cluster. The silence pushes out a packet that is begun, the one
# that the container holds, and the codec's look-ahead of 6.5 ms.
LIVE_WEBM: Final = WEBM._replace(options={"cluster_time_limit": "0"}, silence=0.07)


class Muxed:
    """A codec in a container that can be written from front to end."""

    def __init__(self, kind: _Container, source_rate: int, rate: int) -> None:
        self._kind = kind
        self._source = Samples(kind.sample_format, source_rate, rate)
        self._pause = None if kind.silence is None else bytes(2 * round(source_rate * kind.silence))
        self._rate = rate
        self._source_rate = source_rate
        self._fed = self._coded = 0  # samples that came in, and that the packets hold
        self._sink = _Sink()
        # Any: the types of av leave a packet's unknown, and with it all that takes or gives one.
        self._container: Any = None
        self._stream: Any = None

    @property
    def delay(self) -> float:
        """Seconds of silence that the codec puts before what it is given."""
        return self._kind.delay / self._rate

    @property
    def seconds(self) -> float:
        """How long the packets are; where the container says what to leave out of them, what they were made from."""
        return self._coded / self._rate if self._kind.delay else self._fed / self._source_rate

    def feed(self, pcm: bytes) -> bytes:
        """Return the packets that are whole."""
        if self._container is None:
            self._open()
        self._fed += len(pcm) // 2
        return self._mux(self._source.frames(pcm))

    def pause(self) -> bytes:
        """Return what the codec and the container still hold, by ending the file or by silence."""
        if self._container is None:
            return b""
        return self.finish() if self._pause is None else self.feed(self._pause)

    def finish(self) -> bytes:
        """Return what the codec and the container still hold."""
        if self._container is None:
            return b""
        data = self._mux([*self._source.frames(None), None])
        self._container.close()
        self._container = None
        return data + self._sink.take()

    def _open(self) -> None:
        kind = self._kind
        # bitexact leaves out random identifiers and the versions of the libraries: same samples, same bytes.
        options = {**kind.options, "flush_packets": "1", "fflags": "+bitexact"}
        self._container = av.open(self._sink, "w", format=kind.name, options=options)
        codec_options = dict(kind.codec_options)
        self._stream = self._container.add_stream(kind.codec, rate=self._rate, layout="mono", options=codec_options)
        self._stream.format = kind.sample_format
        self._stream.bit_rate = kind.bit_rate

    def _mux(self, frames: Iterable[AudioFrame | None]) -> bytes:
        for frame in frames:
            packets = self._stream.encode(frame)
            self._coded += len(packets) * self._stream.frame_size
            self._container.mux(packets)
        return self._sink.take()


class _Sink:
    """What a container is written to; it cannot seek, so FFmpeg does not try to."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        """Take bytes of the container."""
        self._data += data
        return len(data)

    def take(self) -> bytes:
        """Return the bytes since the last call."""
        data = bytes(self._data)
        self._data.clear()
        return data


class Format(NamedTuple):
    """A format of the API: how to make its encoder, from the engine's rate and the file's, and its media type."""

    encoder: Callable[[int, int], Encoder]
    media_type: str


FORMATS: Final[Mapping[str, Format]] = {
    "mp3": Format(partial(Muxed, MP3), "audio/mpeg"),
    "aac": Format(partial(Muxed, AAC), "audio/aac"),
    "webm": Format(partial(Muxed, WEBM), "audio/webm"),
    "wav": Format(Wav, "audio/wav"),
    "ulaw": Format(Mulaw, "audio/wav"),
    "pcm_s16le": Format(partial(Samples, "s16"), "application/vnd.lmnt.audio-int16"),
    "pcm_f32le": Format(partial(Samples, "flt"), "application/vnd.lmnt.audio-fp32"),
}
"""Every value of the description's SpeechFormat."""

AUDIO_FORMATS: Final[Mapping[str, Format]] = {
    "mp3": FORMATS["mp3"],
    "opus": Format(partial(Muxed, OGG), "audio/ogg"),
    "aac": FORMATS["aac"],
    "flac": Format(partial(Muxed, FLAC), "audio/flac"),
    "wav": Format(StreamedWav, "audio/wav"),
    "pcm": Format(partial(Samples, "s16"), "audio/pcm;rate={rate};channels=1"),
}
"""Every value of SpeechFormat in `openapi/speech.yaml`; `{rate}` stands for the rate of the file."""

LIVE: Final[Mapping[str, Callable[[int, int], Encoder]]] = {
    **{name: FORMATS[name].encoder for name in ("mp3", "ulaw", "pcm_s16le", "pcm_f32le")},
    "webm": partial(Muxed, LIVE_WEBM),
}
"""How to make the encoder of a session, for every value of the description's SpeechStreamFormat."""


def _samples_of(frame: AudioFrame) -> bytes:
    plane: Any = frame.planes[0]
    # A plane is padded to a whole number of words of the processor.
    return bytes(plane)[: frame.samples * frame.format.bytes]


def _wave_header(tag: int, rate: int, bits: int, data_bytes: int | None) -> bytes:
    """Return all of a mono WAV file that comes before its samples.

    The chunks are those of Microsoft's "New Multimedia Data Types and Data Techniques": a format other than PCM has an
    extension, here an empty one, and a `fact` chunk with the number of samples.
    """
    block = bits // 8
    form = struct.pack("<HHIIHH", tag, 1, rate, rate * block, block, bits)
    fact = b""
    if tag != _WAVE_PCM:
        form += struct.pack("<H", 0)
        fact = struct.pack("<4sII", b"fact", 4, _UNKNOWN if data_bytes is None else data_bytes // block)
    chunks = b"WAVE" + struct.pack("<4sI", b"fmt ", len(form)) + form + fact
    size = _UNKNOWN if data_bytes is None else data_bytes
    riff = _UNKNOWN if data_bytes is None else len(chunks) + 8 + data_bytes
    return struct.pack("<4sI", b"RIFF", riff) + chunks + struct.pack("<4sI", b"data", size)
