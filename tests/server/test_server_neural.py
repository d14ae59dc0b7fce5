"""The neural voice: its words, its voices, what it leaves to the other engine, and what is said if it cannot be had."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hibari.tts import ASSETS
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_server_timestamps import check_timestamps

from lmnt_server.engines import Block, Engine, Mark, VoicesError, make
from lmnt_server.engines.neural import NeuralEngine
from lmnt_server.engines.onnx_graph import NoModelError, with_output_of
from lmnt_server.engines.tone import ToneEngine
from lmnt_server.process import ServerFailedError, ServerProcess, running
from lmnt_server.speech import Speech

pytestmark = pytest.mark.once(rows=True)

MODEL = Path(ASSETS) / "hibari.onnx"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return make("hibari", None)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running(engine="hibari") as server:
        yield server


def spoken(
    engine: Engine, text: str, voice: str = "leah", language: str = "en"
) -> tuple[NDArray[np.int16], list[Mark]]:
    blocks = list(engine.speak(text, voice=voice, language=language))
    return np.frombuffer(b"".join(block.pcm for block in blocks), np.int16), [
        m for block in blocks for m in block.marks
    ]


def pitch(samples: NDArray[np.int16]) -> float:
    """Return the median pitch of the loud parts, in hertz."""
    found: list[float] = []
    for start in range(0, len(samples) - 1920, 960):
        part = samples[start : start + 1920].astype(float)
        if np.abs(part).max() > 6000:
            likeness = np.correlate(part, part, "full")[1919:]
            found.append(24000 / (60 + int(np.argmax(likeness[60:400]))))
    return float(np.median(found))


def test_it_is_the_default_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make(None, None), NeuralEngine)
    monkeypatch.setattr("lmnt_server.engines.find_spec", lambda _: None)
    assert type(make(None, None)).__name__ == "EspeakEngine"


def test_words_are_loud_when_they_are_said_to_be_and_pauses_are_silent(engine: Engine) -> None:
    text = "First of all, wait. Then speak! Now?"
    speech = Speech(engine, text, voice="leah", language="en", format="pcm_s16le", sample_rate=24000)
    samples = np.frombuffer(b"".join(speech), np.int16).astype(float)
    found = speech.timestamps()
    check_timestamps(found, text, len(samples) / 24000)
    for each in found:
        part = samples[round(each["start"] * 24000) : round((each["start"] + each["duration"]) * 24000)]
        if each["text"].isalpha():
            assert np.sqrt(np.mean(part**2)) > 600, each
        elif each["text"] in {".", "!"}:
            assert np.sqrt(np.mean(part**2)) < 200, each
            assert each["duration"] > 0.1, each


def test_what_is_read_as_other_words_keeps_its_place(engine: Engine) -> None:
    text = "Dr. Smith ran 3.5km on 10/12/2019, for $3.50 an hour."
    _, marks = spoken(engine, text)
    took = {text[mark.begin : mark.end]: (mark.stop - mark.start) / 24000 for mark in marks}
    assert list(took) == ["Dr", "Smith", "ran", "3.5km", "on", "10/12/2019", "for", "3.50", "an", "hour"]
    assert took["10/12/2019"] > took["3.5km"] > 3 * took["an"]


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_they_cover_any_text(engine: Engine, text: str) -> None:
    speech = Speech(engine, text, voice="leah", language="en", format="pcm_s16le", sample_rate=24000)
    size = sum(map(len, speech))
    check_timestamps(speech.timestamps(), text, size / 48000)


@pytest.mark.parametrize("text", ["1" * 300, "$" + "9" * 40, "①¹ⓜ", "x" * 700, "1,000" * 40])
def test_texts_that_hibari_itself_fails_on(engine: Engine, text: str) -> None:
    samples, marks = spoken(engine, text)
    assert marks
    assert len(samples) > 2400


def test_a_long_text_comes_in_blocks_of_some_seconds(engine: Engine) -> None:
    blocks = list(engine.speak("and on and on, " * 60, voice="leah", language="en"))
    assert len(blocks) > 6
    assert max(len(block.pcm) for block in blocks) < 15 * 48000
    assert len(blocks[0].pcm) < 6 * 48000


def test_the_same_text_is_the_same_samples(engine: Engine) -> None:
    (one, _), (other, _) = (spoken(engine, "Hello there.", "ansel") for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_the_cast_are_different_people(engine: Engine) -> None:
    text = "Here we are all alone."
    heard = {voice.id: pitch(spoken(engine, text, voice.id)[0]) for voice in engine.voices if voice.id != "heart"}
    men = [heard[voice.id] for voice in engine.voices if voice.gender == "male"]
    women = [heard[voice.id] for voice in engine.voices if voice.gender == "female" and voice.id != "heart"]
    assert max(men) < 150 < min(women)
    assert len({spoken(engine, text, voice)[0].tobytes() for voice in [*heard, "a" * 64, "b" * 64]}) == len(heard) + 2
    assert spoken(engine, text, "heart")[0].tobytes() == spoken(engine, text, "leah")[0].tobytes()


class Recorder(ToneEngine):
    """An engine that notes what it was asked for; at a rate of its own."""

    rate = 12_000

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def speak(self, text: str, *, voice: str, language: str, **others: Any) -> Generator[Block]:
        self.asked.append((voice, language))
        yield from super().speak(text, voice=voice, language=language, **others)


def test_languages_that_it_has_not_are_spoken_by_the_other_engine(engine: Engine) -> None:
    other = Recorder()
    both = NeuralEngine(engine._models, other, "hibari")
    for language, text in (("de", "Guten Tag."), ("auto", "你好"), ("en", "Hello"), ("auto", "Hello")):
        samples, marks = spoken(both, text, "leah", language)
        assert marks
        assert marks[-1].stop <= len(samples)
    assert other.asked == [("leah", "de"), ("leah", "zh")]
    samples, marks = spoken(both, "ab cd", "leah", "fr")
    assert len(samples) == pytest.approx(5 * 480 * 2, abs=2)  # the tone engine's samples, of 12 kHz, at 24 kHz
    assert [(mark.begin, mark.end) for mark in marks] == [(0, 2), (3, 5)]
    assert marks[1].start == pytest.approx(3 * 480 * 2, abs=2)


def test_the_list_of_voices_says_who_speaks_what(server: ServerProcess) -> None:
    with httpx.Client(base_url=server.base_url, headers={"x-api-key": "k"}) as client:
        voices = {voice["id"]: voice for voice in client.get("/v1/ai/voice/list").json()}
    assert {"leah", "morgan", "heart"} <= voices.keys()
    for voice in voices.values():
        assert voice["description"].endswith("Neural in en (hibari's heart); espeak-ng in other languages.")
        assert "neural" in voice["tags"]
        assert "british" not in voice["tags"]


def test_voices_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "bf_emma.int8.onnx").write_bytes(MODEL.read_bytes())
    (tmp_path / "mine.onnx").write_bytes(MODEL.read_bytes())
    engine = make("hibari", tmp_path)
    voices = {voice.id: voice for voice in engine.voices}
    assert {"heart", "emma", "mine"} <= voices.keys()
    assert voices["emma"].tags == ("british", "neural")
    assert "hibari's emma" in voices["amy"].description
    assert "hibari's heart" in voices["leah"].description
    assert spoken(engine, "A bath.", "emma")[0].tobytes() != spoken(engine, "A bath.", "mine")[0].tobytes()


def test_what_cannot_be_had_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(VoicesError, match=r"has no files NAME\.onnx"):
        make("hibari", tmp_path / "empty")
    with pytest.raises(VoicesError, match="is no folder"):
        make("hibari", tmp_path / "none")
    with pytest.raises(VoicesError, match="the engine espeak reads no voices"):
        make("espeak", tmp_path)
    for name in ("\udcff", "two\nlines"):
        file = tmp_path / f"{name}.onnx"
        file.symlink_to(MODEL)
        with pytest.raises(VoicesError, match="a name that cannot be shown"):
            make("hibari", tmp_path)
        file.unlink()
    (tmp_path / "broken.onnx").write_bytes(b"\xff" * 40)
    with pytest.raises(VoicesError, match=r"broken\.onnx is no voice of hibari"):
        make("hibari", tmp_path)
    with (
        pytest.raises(ServerFailedError, match=r"broken\.onnx is no voice of hibari"),
        running(engine="hibari", arguments=["--voices", str(tmp_path)]),
    ):
        pass
    for engine, package, cure in (("piper", "piper", "pip install piper-tts"), ("hibari", "hibari", "server,neural")):
        monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.delitem(sys.modules, f"lmnt_server.engines.{engine}", raising=False)
        with pytest.raises(VoicesError, match=f"{package} is not installed: pip install .*{cure}|{cure}"):
            make(engine, None)


def test_a_model_tells_what_is_inside_it() -> None:
    model = MODEL.read_bytes()
    assert len(with_output_of("CumSum", model)) - len(model) < 40
    with pytest.raises(NoModelError, match="has 0 nodes of the operator Nothing"):
        with_output_of("Nothing", model)
    with pytest.raises(NoModelError, match="nodes of the operator MatMul, not one"):
        with_output_of("MatMul", model)
    for broken in (b"", b"\x3a\xff", b"\xff" * 9, model[:50], b"\x3f"):
        with pytest.raises(NoModelError):
            with_output_of("CumSum", broken)
