"""Timestamps cover the text and the audio from end to end, and say when a word is really heard."""

from __future__ import annotations

import base64
import math
from array import array
from typing import Any

import httpx
import pytest
from decoded import decode
from hypothesis import given, settings
from hypothesis import strategies as st

from lmnt_server.description import lmnt
from lmnt_server.encoders import FORMATS
from lmnt_server.engines.espeak import EspeakEngine
from lmnt_server.engines.tone import CHARACTER, ToneEngine
from lmnt_server.speech import EDGE, Speech, Timestamp

pytestmark = pytest.mark.once(rows=True)

DETAILED = "/v1/ai/speech"


def detailed(client: httpx.Client, text: str, **fields: Any) -> dict[str, Any]:
    response = client.post(DETAILED, json={"text": text, "voice": "leah", **fields})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    assert not list(lmnt().schema("#/components/schemas/SpeechGenerateDetailedResponse").errors(found))
    return found


def check_timestamps(timestamps: list[Timestamp], text: str, seconds: float) -> None:
    """Check what holds for the timestamps of any text by any engine."""
    assert "".join(each["text"] for each in timestamps) == text
    for silence in (timestamps[0], timestamps[-1]):
        assert silence["text"] == ""
        assert silence["duration"] == pytest.approx(EDGE, abs=0.001)
    assert all(each["text"] for each in timestamps[1:-1])
    end = 0.0
    for each in timestamps:
        assert each["start"] == pytest.approx(end, abs=1e-9)
        assert each["duration"] >= 0
        end = each["start"] + each["duration"]
    assert end == pytest.approx(seconds, abs=0.01)


def test_they_come_only_when_asked_for(client: httpx.Client) -> None:
    assert set(detailed(client, "Hi.")) == {"audio"}
    assert set(detailed(client, "Hi.", return_timestamps=False)) == {"audio"}
    assert set(detailed(client, "Hi.", return_timestamps=True)) == {"audio", "timestamps"}


@pytest.mark.parametrize("format", FORMATS)
def test_the_audio_is_the_same_file_as_the_stream(client: httpx.Client, format: str) -> None:
    body = {"text": "The same file.", "voice": "amy", "format": format}
    stream = client.post(f"{DETAILED}/bytes", json=body).content
    assert base64.b64decode(detailed(client, **body)["audio"], validate=True) == stream


def test_the_tone_engine_gives_each_character_its_time(client: httpx.Client) -> None:
    found = detailed(client, "Wait -  don't!", return_timestamps=True)["timestamps"]
    pieces = ["Wait", " ", "-", "  ", "don't", "!"]
    assert [each["text"] for each in found] == ["", *pieces, ""]
    assert [each["duration"] for each in found[1:-1]] == pytest.approx([len(piece) * CHARACTER for piece in pieces])


TEXTS = {
    "en": "Hello there, world! It costs $3.14 in 2024; don't ask Dr. Who.",
    "de": "Größe ist nicht alles. Oder doch?",
    "fr": "C'est l'été : « déjà » vu.",
    "hi": "नमस्ते दुनिया, कैसे हो?",
    "ja": "こんにちは、世界。",
    "zh": "你好世界。今天天气很好!",
    "ar": "مرحبا بالعالم، كيف حالك؟",
    "th": "สวัสดีชาวโลก",
    "ko": "안녕하세요 세계.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_they_cover_text_and_audio_in_every_script(espeak_client: httpx.Client, language: str) -> None:
    found = detailed(espeak_client, TEXTS[language], format="wav", return_timestamps=True, language=language)
    audio = decode(base64.b64decode(found["audio"]), "wav", 24000)
    check_timestamps(found["timestamps"], TEXTS[language], audio.seconds)
    assert audio.level > 0.02
    words = [each for each in found["timestamps"] if any(letter.isalnum() for letter in each["text"])]
    assert all(word["duration"] > 0.02 for word in words)


def test_words_are_heard_when_they_are_said_to_be_and_pauses_are_silent() -> None:
    text = "First of all, wait. Then speak! Now?"
    speech = Speech(EspeakEngine(), text, voice="leah", language="en", format="pcm_s16le", sample_rate=24000)
    samples = array("h", b"".join(speech))

    def level(each: Timestamp) -> float:
        part = samples[round(each["start"] * 24000) : round((each["start"] + each["duration"]) * 24000)]
        return math.sqrt(sum(value * value for value in part) / len(part)) if part else 0.0

    found = speech.timestamps()
    check_timestamps(found, text, len(samples) / 24000)
    for each in found:
        if each["text"].isalpha():
            assert level(each) > 1000, each
        else:
            assert level(each) < 100, each
    # Between sentences there is a pause that can be heard.
    assert next(each for each in found if each["text"] == ".")["duration"] > 0.05


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
@pytest.mark.parametrize("engine", [ToneEngine(), EspeakEngine()], ids=["tone", "espeak"])
def test_they_cover_any_text(engine: ToneEngine | EspeakEngine, text: str) -> None:
    speech = Speech(engine, text, voice="leah", language="auto", format="pcm_s16le", sample_rate=24000)
    size = sum(map(len, speech))
    check_timestamps(speech.timestamps(), text, size / 48000)


def test_a_text_has_the_same_timestamps_in_every_format(espeak_client: httpx.Client) -> None:
    text = "The same words at the same time. Whatever the format, and however often it is asked for."
    first, *others = (
        detailed(espeak_client, text, format=format, return_timestamps=True)["timestamps"]
        for format in [*FORMATS, "mp3"]
    )
    assert len(first) > 20
    # Where the last silence ends is the codec's to say, who has whole frames.
    assert all(each[:-1] == first[:-1] for each in others)
