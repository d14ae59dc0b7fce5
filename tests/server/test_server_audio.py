"""Every format at every rate is what it says it is, and the tone engine's bytes are known in advance."""

from __future__ import annotations

import struct
import subprocess
import sys
from typing import Any

import httpx
import pytest
from decoded import decode

from lmnt_server.encoders import FORMATS, Muxed
from lmnt_server.engines.tone import CHARACTER, ToneEngine
from lmnt_server.speech import EDGE

pytestmark = pytest.mark.once(rows=True)

TEXT = "The quick brown fox jumps over the lazy dog, twice. " * 6
RATES = (8000, 16000, 24000)


def speak(client: httpx.Client, text: str = TEXT, **fields: Any) -> bytes:
    response = client.post("/v1/ai/speech/bytes", json={"text": text, "voice": "leah", **fields})
    assert response.status_code == 200, response.text
    return response.content


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("format", FORMATS)
def test_each_format_decodes_to_the_length_and_loudness_of_the_speech(
    client: httpx.Client, format: str, rate: int
) -> None:
    found = decode(speak(client, format=format, sample_rate=rate), format, rate)
    assert found.seconds == pytest.approx(len(TEXT) * CHARACTER + 2 * EDGE, rel=0.05)
    assert found.level > 0.05
    # Opus always decodes at 48 kHz.
    assert found.rate == (48000 if format == "webm" else rate)


@pytest.mark.parametrize("format", FORMATS)
def test_real_speech_is_heard_in_each_format(espeak_client: httpx.Client, format: str) -> None:
    length = decode(speak(espeak_client, format="wav"), "wav", 24000).seconds
    found = decode(speak(espeak_client, format=format), format, 24000)
    assert 10 < length < 60
    assert found.seconds == pytest.approx(length, rel=0.05)
    assert found.level > 0.02


@pytest.mark.parametrize(("format", "media_type"), [(name, each.media_type) for name, each in FORMATS.items()])
def test_the_body_is_chunked_and_has_the_media_type_of_its_format(
    client: httpx.Client, format: str, media_type: str
) -> None:
    response = client.post("/v1/ai/speech/bytes", json={"text": "Hi.", "voice": "leah", "format": format})
    assert response.headers["content-type"] == media_type
    assert response.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in response.headers


def test_the_same_text_gives_the_same_bytes(client: httpx.Client) -> None:
    for format in FORMATS:
        assert speak(client, format=format) == speak(client, format=format)


def test_samples_at_the_engines_rate_are_the_engines_samples(client: httpx.Client) -> None:
    blocks = ToneEngine().speak(TEXT, voice="leah", language="en")
    edge = bytes(2 * round(ToneEngine.rate * EDGE))
    assert speak(client, format="pcm_s16le") == edge + b"".join(block.pcm for block in blocks) + edge


def test_voices_sound_different(client: httpx.Client) -> None:
    assert speak(client, voice="leah") != speak(client, voice="morgan")


def test_wav_has_its_true_sizes(client: httpx.Client) -> None:
    data = speak(client, format="wav", sample_rate=8000)
    riff, riff_size, wave, fmt, fmt_size, tag, channels, rate, byte_rate, block, bits, chunk, size = struct.unpack(
        "<4sI4s4sIHHIIHH4sI", data[:44]
    )
    assert (riff, wave, fmt, chunk) == (b"RIFF", b"WAVE", b"fmt ", b"data")
    assert (fmt_size, tag, channels, rate, byte_rate, block, bits) == (16, 1, 1, 8000, 16000, 2, 16)
    assert riff_size == len(data) - 8
    assert size == len(data) - 44


def test_ulaw_has_the_sizes_of_a_stream_of_unknown_length(client: httpx.Client) -> None:
    data = speak(client, format="ulaw", sample_rate=8000)
    assert struct.unpack("<4sI4s4sIHHIIHHH", data[:38]) == (
        *(b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 18),
        *(7, 1, 8000, 8000, 1, 8, 0),
    )
    assert struct.unpack("<4sII4sI", data[38:58]) == (b"fact", 4, 0xFFFFFFFF, b"data", 0xFFFFFFFF)
    assert len(data) - 58 == pytest.approx(8000 * (len(TEXT) * CHARACTER + 2 * EDGE), rel=0.01)


def test_mp3_has_96_kbit_in_a_second_and_no_header_that_would_need_rewriting(client: httpx.Client) -> None:
    data = speak(client)
    seconds = len(TEXT) * CHARACTER + 2 * EDGE
    assert len(data) * 8 / seconds == pytest.approx(96_000, rel=0.02)
    assert data[:2] == b"\xff\xf3"  # the sync word of an MPEG-2 Layer III frame, at the very start
    assert b"Xing" not in data[:500]
    assert b"Info" not in data[:500]


def test_clusters_of_webm_say_how_long_they_are(client: httpx.Client) -> None:
    data = speak(client, format="webm")
    position = data.index(b"\x1f\x43\xb6\x75")
    clusters = 0
    while position < len(data):
        assert data[position : position + 4] == b"\x1f\x43\xb6\x75"
        first = data[position + 4]
        width = 9 - first.bit_length()
        size = int.from_bytes(data[position + 4 : position + 4 + width]) - (1 << (7 * width))
        assert size != (1 << (7 * width)) - 1  # all ones stand for an unknown length
        position += 4 + width + size
        clusters += 1
    assert position == len(data)
    assert clusters > 5


def test_no_engine_rate_is_special() -> None:
    for format, each in FORMATS.items():
        encoder = each.encoder(22050, 16000)
        tone = ToneEngine().speak(TEXT, voice="leah", language="en")
        data = b"".join(encoder.feed(block.pcm) for block in tone) + encoder.finish()
        assert decode(data, format, 16000).seconds == pytest.approx(len(TEXT) * CHARACTER * 24000 / 22050, rel=0.05)


def test_a_muxed_encoder_gives_bytes_as_it_goes() -> None:
    encoder = FORMATS["mp3"].encoder(24000, 24000)
    assert isinstance(encoder, Muxed)
    given = [len(encoder.feed(bytes(4800))) for _ in range(20)]
    assert all(given[2:])


GIVEN_UP = """\
import gc
from lmnt_server.encoders import FORMATS, LIVE
gc.disable()
for make in (*(each.encoder for each in FORMATS.values()), *LIVE.values()):
    for _ in range(20):
        encoder = make(22050, 24000)
        encoder.feed(bytes(60000))
        del encoder
        gc.collect()
"""


def test_an_encoder_whose_listener_has_left_ends_quietly() -> None:
    done = subprocess.run([sys.executable, "-c", GIVEN_UP], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, "releases of PyAV before 17.0.1 end the process with a signal\n" + done.stderr


@pytest.mark.parametrize("text", [" ", "…", "\n\n", "\0", "\u200b", "😀"])
@pytest.mark.parametrize("format", FORMATS)
def test_a_text_with_nothing_to_speak_is_short_but_whole(espeak_client: httpx.Client, format: str, text: str) -> None:
    assert decode(speak(espeak_client, text, format=format), format, 24000).seconds >= 2 * EDGE * 0.95
