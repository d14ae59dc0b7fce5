"""Audio that ends too early, told from audio that is whole: by each container, fed in pieces of any size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmnt.models import SampleRate, SpeechFormat
from lmnt.streams.containers import BY_MEDIA_TYPE, WAV, Container
from lmnt_server.encoders import FORMATS
from lmnt_server.engines.tone import ToneEngine
from lmnt_server.speech import Speech

pytestmark = pytest.mark.once(rows=True)

# By format: of so many cuts at most one goes unnoticed, since the audio is whole as far as its container tells.
CAUGHT = {"mp3": 50, "aac": 20, "webm": 100, "wav": 10**9, "pcm_s16le": 2, "pcm_f32le": 4}

CONTAINERS = list(dict.fromkeys(BY_MEDIA_TYPE.values()))


def audio(format: str, rate: int, text: str = "Hello there, this is some speech. And a second sentence.") -> bytes:
    speech = Speech(ToneEngine(), text, voice="leah", language="en", format=format, sample_rate=rate)
    return b"".join(speech)


def container_of(format: str) -> Container:
    return BY_MEDIA_TYPE[FORMATS[format].media_type]()


def verdict(container: Container, body: bytes, sizes: Sequence[int]) -> str | None:
    start, turn = 0, 0
    while start < len(body):
        size = sizes[turn % len(sizes)]
        container.feed(body[start : start + size])
        start, turn = start + size, turn + 1
    return container.problem()


SIZES = st.lists(st.integers(1, 4000), min_size=1, max_size=5)


@pytest.mark.parametrize("rate", get_args(SampleRate))
@pytest.mark.parametrize("format", get_args(SpeechFormat))
def test_whole_audio_is_never_called_broken(format: str, rate: int) -> None:
    body = audio(format, rate)
    for sizes in ([1], [7], [4096], [len(body)]):
        assert verdict(container_of(format), body, sizes) is None


@pytest.mark.parametrize("format", CAUGHT)
def test_audio_that_was_cut_is_called_broken(format: str) -> None:
    body = audio(format, 24000)
    cuts = range(1, len(body), max(1, len(body) // 3000))
    unnoticed = [cut for cut in cuts if verdict(container_of(format), body[:cut], [cut]) is None]
    assert len(unnoticed) <= len(cuts) / CAUGHT[format] + 1


def test_a_wave_file_of_open_length_is_judged_by_its_samples() -> None:
    body = audio("ulaw", 8000)
    assert verdict(WAV(), body[:-1], [100]) is None  # a sample of µ-law is one byte
    assert verdict(WAV(), body[:30], [100]) == "the audio ends in the middle of a RIFF chunk"


BODIES = {format: audio(format, 24000, "Hello.") for format in get_args(SpeechFormat)}


@settings(max_examples=1000)
@given(format=st.sampled_from(sorted(BODIES)), cut=st.floats(0, 1), sizes=SIZES)
def test_the_verdict_does_not_depend_on_the_split(format: str, cut: float, sizes: list[int]) -> None:
    body = BODIES[format][: round(cut * len(BODIES[format]))]
    assert verdict(container_of(format), body, sizes) == verdict(container_of(format), body, [len(body) or 1])


@pytest.mark.parametrize("body", [b'{"error": {"message": "no"}}', b"<!doctype html><title>no</title>"])
@pytest.mark.parametrize("make", [each for each in CONTAINERS if each.has_signature])
def test_text_is_no_audio(make: Callable[[], Container], body: bytes) -> None:
    container = make()
    container.feed(body[:1])
    assert container.is_text


@pytest.mark.parametrize("make", [each for each in CONTAINERS if not each.has_signature])
def test_samples_may_look_like_text(make: Callable[[], Container]) -> None:
    container = make()
    container.feed(b"{<{<")
    assert not container.is_text


@pytest.mark.parametrize("make", CONTAINERS)
def test_memory_does_not_grow_with_the_body(make: Any) -> None:
    import tracemalloc

    chunk = audio("wav", 24000)[:44] + bytes(1 << 20)
    container = make()
    container.feed(chunk)
    tracemalloc.start()
    for _ in range(20):
        container.feed(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
