"""Each word is heard when its timestamp says, in the audio that a decoder plays, whatever the format, rate and API."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import av
import httpx
import numpy as np
import pytest
from decoded import RAW
from numpy.typing import NDArray
from talking import FINISH, flush, talk, text

from lmnt_server.encoders import FORMATS, LIVE
from lmnt_server.process import ServerProcess

pytestmark = pytest.mark.once(rows=True)

RATES = (8000, 16000, 24000)
SAID = ("First things come first, said he.", "Then another stretch of speech follows.", "And a third one, at the end.")

NEAR = 5.0
"""Milliseconds that a word may be away from its timestamp."""

FAR = 250
"""Milliseconds within which it is looked for."""

Audio = NDArray[np.float32]
Stamps = Sequence[Mapping[str, Any]]


def played(data: bytes, format: str, rate: int) -> Audio:
    """Return what FFmpeg's decoder plays, at 24 kHz."""
    options = {"sample_rate": str(rate), "ch_layout": "mono"} if format in RAW else {}
    with av.open(io.BytesIO(data), "r", format=RAW.get(format), options=options) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=24000)
        frames = [each for frame in container.decode(audio=0) for each in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames])


def words(stretches: Sequence[Stamps]) -> list[tuple[str, float, float]]:
    """Return each word, its start in the whole audio, and its duration, in seconds."""
    found: list[tuple[str, float, float]] = []
    began = 0.0
    for stamps in stretches:
        found += [
            (each["text"], began + each["start"], each["duration"])
            for each in stamps
            if any(map(str.isalnum, each["text"]))
        ]
        began += stamps[-1]["start"] + stamps[-1]["duration"]
    return found


def seconds(stretches: Sequence[Stamps]) -> float:
    return sum(each["duration"] for each in itertools.chain(*stretches))


def check_heard(audio: Audio, said: Sequence[Stamps], samples: Audio, told: Sequence[Stamps]) -> None:
    """Check that each word is in the audio where it is said to be, and that the audio ends where the last silence does.

    Args:
        audio: what is played.
        said: its timestamps, a sequence for each stretch.
        samples: the same text as samples alone.
        told: their timestamps.
    """
    assert [word for word, *_ in words(said)] == [word for word, *_ in words(told)]
    assert len(words(said)) > 15
    far = FAR * 24
    for (word, start, _), (_, begin, duration) in zip(words(said), words(told), strict=True):
        spoken = samples[round(begin * 24000) : round((begin + duration) * 24000)]
        place = round(start * 24000)
        around = np.pad(audio, far)[place : place + 2 * far + len(spoken)]
        size = 1 << (len(around) + len(spoken)).bit_length()
        match = np.fft.irfft(np.fft.rfft(around, size) * np.fft.rfft(spoken, size).conj(), size)[: 2 * far + 1]
        assert abs(int(np.argmax(match)) - far) / 24 <= NEAR, word
    assert seconds(said) == pytest.approx(len(audio) / 24000, abs=0.001)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("format", FORMATS)
def test_in_a_file(espeak_client: httpx.Client, format: str, rate: int) -> None:
    def spoken(format: str) -> tuple[Audio, list[Stamps]]:
        fields = {"text": " ".join(SAID), "voice": "leah", "format": format, "sample_rate": rate}
        found = espeak_client.post("/v1/ai/speech", json={**fields, "return_timestamps": True}).json()
        return played(base64.b64decode(found["audio"]), format, rate), [found["timestamps"]]

    check_heard(*spoken(format), *spoken("pcm_f32le"))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("format", LIVE)
def test_in_a_session_whose_speech_rests_now_and_then(espeak: ServerProcess, format: str, rate: int) -> None:
    def spoken(format: str) -> tuple[Audio, list[Stamps]]:
        sent = [message for number, said in enumerate(SAID) for message in (text(said), flush(number))]
        heard = talk(espeak, *sent, FINISH, format=format, sample_rate=rate, return_timestamps=True)
        return played(heard.audio, format, rate), [stamps for _, stamps in heard.stretches() if stamps]

    check_heard(*spoken(format), *spoken("pcm_f32le"))
