"""Audio to try: what the server's encoders make, what FFmpeg's write to files, and what FFmpeg makes of either."""

from __future__ import annotations

import io
import math
from array import array
from fractions import Fraction
from functools import cache

import av

from lmnt_server.engines.tone import ToneEngine
from lmnt_server.speech import Speech

TEXT = "Hello there, this is some speech. And a second sentence."


@cache
def spoken(format: str, rate: int = 24000, text: str = TEXT) -> bytes:
    """Return what the server sends."""
    return b"".join(Speech(ToneEngine(), text, voice="leah", language="en", format=format, sample_rate=rate))


@cache
def written(
    container: str, codec: str, rate: int, layout: str = "mono", options: tuple[tuple[str, str], ...] = ()
) -> bytes:
    """Return 1.2345 s of a tone as FFmpeg writes it to a file in which it can seek."""
    output = io.BytesIO()
    with av.open(output, "w", format=container) as file:
        file.metadata["title"] = "A tone"
        stream = file.add_stream(codec, rate=rate, layout=layout, options=dict(options))
        channels = 2 if layout == "stereo" else 1
        wave = (round(9000 * math.sin(each / 20)) for each in range(int(1.2345 * rate)) for _ in range(channels))
        frame = av.AudioFrame(format="s16", layout=layout, samples=int(1.2345 * rate))
        frame.planes[0].update(array("h", wave).tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for each in (frame, None):
            for packet in stream.encode(each):
                file.mux(packet)
    return output.getvalue()


def decoded(data: bytes) -> tuple[int, int, array[int]]:
    """Return how often FFmpeg has samples in a second, in how many channels, and the samples, with 16 bits."""
    samples = array("h")
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout=stream.layout)
        for frame in (*container.decode(stream), None):
            for each in resampler.resample(frame):
                samples.frombytes(bytes(each.planes[0])[: each.samples * stream.channels * 2])
        return stream.rate, stream.channels, samples


def seconds(data: bytes) -> float:
    rate, channels, samples = decoded(data)
    return len(samples) / channels / rate
