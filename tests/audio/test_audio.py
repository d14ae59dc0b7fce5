"""lmnt.audio: durations told by containers alone, WAV and numpy, beside what FFmpeg decodes."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import wave
from array import array
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmnt import InvalidArgumentError, Lmnt, LmntError, audio
from lmnt.models import SampleRate, SpeechFormat, SpeechGenerateDetailedResponse
from lmnt_server.process import running

from .sounds import decoded, seconds, spoken, written

pytestmark = pytest.mark.once(rows=True)

RAW = {"pcm_s16le": 2, "pcm_f32le": 4}
CONTAINERS = [each for each in get_args(SpeechFormat) if each not in RAW]


@pytest.mark.parametrize("rate", get_args(SampleRate))
@pytest.mark.parametrize("format", CONTAINERS)
def test_the_duration_of_what_the_server_sends(format: str, rate: int) -> None:
    body = spoken(format, rate)
    assert audio.duration(body) == pytest.approx(seconds(body), abs=1e-9)


@pytest.mark.parametrize(
    "made",
    [
        ("mp3", "libmp3lame", 44100, "stereo"),  # with an ID3 tag and a header of Xing
        ("mp3", "libmp3lame", 44100),
        ("mp3", "libmp3lame", 22050, "stereo"),
        ("mp3", "libmp3lame", 8000),
        ("mp3", "libmp3lame", 48000, "stereo", (("id3v2_version", "3"), ("write_id3v1", "1"))),
        ("adts", "aac", 44100, "stereo"),
        ("adts", "aac", 16000),
        ("webm", "libopus", 48000, "stereo"),
        ("webm", "libopus", 16000, "mono", (("frame_duration", "60"),)),
        ("webm", "libopus", 48000, "mono", (("frame_duration", "2.5"), ("application", "lowdelay"))),
        ("matroska", "libopus", 24000),
        ("wav", "pcm_s16le", 44100, "stereo"),
        ("wav", "pcm_s24le", 48000),
        ("wav", "pcm_u8", 8000),
        ("wav", "pcm_alaw", 8000),
        ("wav", "pcm_f64le", 8000, "stereo"),
    ],
    ids=str,
)
def test_the_duration_of_files_of_ffmpeg(made: Any) -> None:
    body = written(*made)
    assert audio.duration(body) == pytest.approx(seconds(body), abs=1e-9)


@pytest.mark.parametrize("format", CONTAINERS)
def test_what_is_cut_counts_as_far_as_it_is_whole(format: str) -> None:
    body = spoken(format)
    whole, last = audio.duration(body), -1.0
    for cut in range(len(body) // 3, len(body) + 1, 97):
        try:
            found = audio.duration(body[:cut])
        except InvalidArgumentError:
            assert last <= 0, "what was known is not known any more"
            continue
        assert last <= found <= whole
        last = found
    assert whole - 0.2 < last


@pytest.mark.parametrize("format", RAW)
def test_samples_alone(format: Any) -> None:
    body = spoken(format, 16000)
    wav = spoken("wav", 16000)
    assert audio.duration(body, format=format, sample_rate=16000) == audio.duration(wav)
    assert audio.duration(body + b"\0", format=format, sample_rate=16000) == audio.duration(wav)
    made = audio.to_wav(body + b"\0", format=format, sample_rate=16000)
    difference = np.frombuffer(made[44:], "<i2").astype(int) - np.frombuffer(wav[44:], "<i2")
    assert abs(difference).max() <= (1 if format == "pcm_f32le" else 0)


@pytest.mark.parametrize("format", CONTAINERS)
def test_wav_can_be_read_by_python_and_has_the_same_samples(format: str) -> None:
    body = spoken(format)
    made = audio.to_wav(body)
    with wave.open(io.BytesIO(made)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        frames, rate = file.readframes(file.getnframes()), file.getframerate()
    assert int.from_bytes(made[4:8], "little") == len(made) - 8
    other_rate, _, samples = decoded(body)
    assert rate == other_rate
    assert array("h", frames) == samples
    floats, rate = audio.to_numpy(body)
    assert (floats.dtype, floats.shape, rate) == (np.float32, (len(samples),), other_rate)
    assert np.abs(floats * 32768 - np.array(samples)).max() == 0


def test_several_channels() -> None:
    body = written("mp3", "libmp3lame", 44100, "stereo")
    floats, rate = audio.to_numpy(body)
    assert (floats.shape[1], rate) == (2, 44100)
    assert audio.duration(audio.to_wav(body)) == audio.duration(body)


def test_floats_out_of_range_are_clipped_and_what_is_no_number_is_silent() -> None:
    body = array("f", [0.0, 2.0, -2.0, float("nan"), float("inf"), 0.5]).tobytes()
    made = audio.to_wav(body, format="pcm_f32le", sample_rate=8000)
    assert [*array("h", made[44:])] == [0, 32767, -32768, 0, 32767, 16384]


def test_all_forms_of_audio(tmp_path: Path) -> None:
    body = spoken("mp3")
    path = tmp_path / "speech.mp3"
    path.write_bytes(body)
    whole = audio.duration(body)
    with path.open("rb") as file:
        assert audio.duration(file) == whole
    for each in (bytearray(body), memoryview(body), path, str(path), io.BytesIO(body)):
        assert audio.duration(each) == whole
    with running(engine="tone") as server, Lmnt(base_url=server.base_url, api_key="key") as client:
        result = client.speech.generate(text="Hello.", voice="leah")
        detailed = client.speech.generate_detailed(text="Hello.", voice="leah")
        assert audio.duration(result) == audio.duration(detailed) == audio.duration(result.read()) > 0.1


class Awaited:
    async def read(self) -> bytes:
        return b""


BAD: list[tuple[Any, str]] = [
    (b"", "there is no audio: it has no bytes"),
    (b"\xff", "this is neither WAV, WebM, MP3 nor AAC"),
    (b"{}", "give format= and sample_rate="),
    (b"RIFF\0\0\0\0AVI ", "this RIFF file is no WAV file"),
    (b"RIFF\0\0\0\0WAVE", "this WAV file has no samples"),
    (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "does not say what its samples are"),
    (spoken("wav")[:20] + b"\x02\0" + spoken("wav")[22:], "an unknown encoding"),
    (spoken("mp3")[:100], "there is no whole MP3 frame"),
    (spoken("mp3") + bytes(100), "there is no MP3 frame at byte"),
    (spoken("aac") + bytes(100), "there is no AAC frame at byte"),
    (written("matroska", "libmp3lame", 48000, "stereo"), "only Opus is known in WebM"),
    (Path("nowhere.mp3"), "cannot read nowhere.mp3: No such file"),
    ("a\0b", "is no path"),
    (Path("."), "cannot read .: Is a directory"),  # noqa: PTH201  # a folder
    (5, "audio is given as bytes"),
    (None, "audio is given as bytes"),
    (io.StringIO("text"), "audio is given as bytes"),
    (Awaited(), "give `await response.read()`"),
    (SpeechGenerateDetailedResponse(audio="é"), "is no base64"),
]


@pytest.mark.parametrize(("given", "told"), BAD, ids=[told for _, told in BAD])
def test_what_is_no_audio(given: Any, told: str) -> None:
    for ask in (audio.duration, audio.play):
        if ask is audio.duration or not isinstance(given, bytes) or "format=" in told:
            with pytest.raises(InvalidArgumentError, match=re.escape(told)):
                ask(given)


@pytest.mark.parametrize("rate", [None, 0, -1, "24000"])
def test_samples_alone_need_a_rate(rate: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="pcm_s16le does not say its rate"):
        audio.duration(b"\0\0", format="pcm_s16le", sample_rate=rate)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(InvalidArgumentError, match="is empty"):
        audio.duration(tmp_path / "empty.wav")


@given(st.binary(max_size=80), st.sampled_from([spoken(each)[:60] for each in CONTAINERS]), st.integers(0, 60))
def test_any_bytes_give_a_duration_or_our_error(rest: bytes, start: bytes, cut: int) -> None:
    for body in (start[:cut] + rest, rest):
        for ask in (audio.duration, audio.to_wav):
            with suppress(LmntError):
                assert ask(body) is not None


def test_no_dependency_is_hard() -> None:
    code = (
        "import sys\n"
        "for name in ('av', 'numpy'): sys.modules[name] = None\n"
        "from lmnt import audio\n"
        "data = sys.stdin.buffer.read()\n"
        "print(audio.duration(data))\n"
        "for ask in (audio.to_wav, audio.to_numpy):\n"
        "    try: ask(data)\n"
        "    except ValueError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=spoken("mp3"), capture_output=True, check=True)
    lines = done.stdout.decode().splitlines()
    assert float(lines[0]) == audio.duration(spoken("mp3"))
    assert "PyAV is needed (the extra `audio`); without it, ask for `wav`" in lines[1]
    assert "numpy is not installed" in lines[2]
