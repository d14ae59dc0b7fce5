"""The engines by themselves: what they yield, how they divide a text, which language they take it for."""

from __future__ import annotations

import itertools
import math
from array import array

import pytest

from lmnt_server.description import lmnt
from lmnt_server.engines import ENGINES, Engine, make
from lmnt_server.engines.alignment import aligned
from lmnt_server.engines.cast import CAST
from lmnt_server.engines.espeak import EspeakEngine
from lmnt_server.engines.languages import detect
from lmnt_server.engines.tone import CHARACTER, ToneEngine
from lmnt_server.sentences import pieces

pytestmark = pytest.mark.once(rows=True)

WITHOUT_A_FOLDER = sorted(ENGINES.keys() - {"piper"})
LANGUAGES = [each for each in lmnt().at("#/components/schemas/Language")["enum"] if each != "auto"]


@pytest.fixture(scope="module")
def espeak_engine() -> EspeakEngine:
    return EspeakEngine()


def seconds(engine: Engine, text: str, voice: str = "leah", language: str = "en", speed: float = 1.0) -> float:
    blocks = engine.speak(text, voice=voice, language=language, speed=speed)
    return sum(len(block.pcm) for block in blocks) / 2 / engine.rate


@pytest.mark.parametrize("name", WITHOUT_A_FOLDER)
def test_voices_have_names_of_their_own_and_leah_is_among_them(name: str) -> None:
    ids = [voice.id for voice in make(name, None).voices]
    assert len(ids) == len(set(ids)) >= 8
    assert "leah" in ids


@pytest.mark.parametrize("voice", [*(voice.id for voice in CAST), "a" * 64, "0" * 64])
@pytest.mark.parametrize("language", LANGUAGES)
def test_espeak_speaks_every_language_in_every_voice(espeak_engine: EspeakEngine, voice: str, language: str) -> None:
    assert 0.3 < seconds(espeak_engine, "123", voice, language) < 20


def test_espeak_has_a_voice_for_any_recording(espeak_engine: EspeakEngine) -> None:
    assert all(0.3 < seconds(espeak_engine, "Hello", str(number)) < 3 for number in range(200))


def test_a_crash_of_espeak_harms_one_request(capfd: pytest.CaptureFixture[str]) -> None:
    engine = EspeakEngine()
    with pytest.raises(RuntimeError, match="crashed"):
        engine._finish(engine._begin(("no request",)))
    assert "Traceback" in capfd.readouterr().err
    assert 0.3 < seconds(engine, "Hello") < 3


def test_a_process_of_espeak_that_was_killed_is_started_again() -> None:
    engine = EspeakEngine()
    engine._child.kill()
    engine._child.wait()
    assert 0.3 < seconds(engine, "Hello") < 3


def test_the_process_of_espeak_ends_with_its_engine() -> None:
    engine = EspeakEngine()
    child = engine._child
    del engine
    assert child.returncode is not None


@pytest.mark.parametrize("text", ["ⓜ", "ⓗⓔⓛⓛⓞ", "ｆｕｌｌ", "𝐛𝐨𝐥𝐝"])  # noqa: RUF001  # what it is about
def test_letters_in_disguise_are_read_as_letters(espeak_engine: EspeakEngine, text: str) -> None:
    # espeak-ng 1.52 crashes on the first of them.
    assert 0.1 < seconds(espeak_engine, text, language="mr") < 3


@pytest.mark.parametrize("name", WITHOUT_A_FOLDER)
def test_speed(name: str) -> None:
    text = "This is a sentence of some length, to be spoken at two speeds."
    engine = make(name, None)
    assert seconds(engine, text, speed=2) == pytest.approx(seconds(engine, text) / 2, rel=0.25)


def test_a_tone_is_the_tone_of_its_character() -> None:
    (block,) = ToneEngine().speak("a", voice="leah", language="en")
    samples = array("h", block.pcm)
    assert len(samples) == CHARACTER * 24000
    crossings = sum((left < 0) != (right < 0) for left, right in itertools.pairwise(samples))
    assert 250 <= crossings / 2 / CHARACTER <= 1850
    assert math.sqrt(sum(value * value for value in samples) / len(samples)) == pytest.approx(8000 / 2**0.5, rel=0.01)


def test_white_space_is_silent() -> None:
    blocks = list(ToneEngine().speak("a b", voice="leah", language="en"))
    assert [any(block.pcm) for block in blocks] == [True, False, True]
    assert [len(block.marks) for block in blocks] == [1, 0, 1]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two!  Three?", ["One. ", "Two!  ", "Three?"]),
        ("It costs 3.14 now.", ["It costs 3.14 now."]),
        ('He said "No." Then he left.', ['He said "No." ', "Then he left."]),
        ("one\ntwo\n\nthree", ["one\n", "two\n\n", "three"]),
        ("Dr. Who met J. K. Rowling. Then?", ["Dr. Who met J. K. Rowling. ", "Then?"]),
        ("你好。世界!", ["你好。", "世界!"]),
        ("x" * 700, ["x" * 300, "x" * 300, "x" * 100]),
        ("word " * 100, ["word " * 60, "word " * 40]),
    ],
)
def test_a_text_is_spoken_a_sentence_at_a_time(text: str, parts: list[str]) -> None:
    assert [text[begin:end] for begin, end in pieces(text)] == parts


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("12345", "en"),
        ("Xylophon Zirkus", "en"),
        ("The weather is nice and we are happy.", "en"),
        ("Das Wetter ist schön und wir sind nicht müde.", "de"),
        ("Le temps est beau et nous sommes dans la rue.", "fr"),
        ("El tiempo es bueno y los niños están en la calle.", "es"),
        ("Il tempo è bello e sono con gli amici.", "it"),
        ("O tempo não está bom para você.", "pt"),
        ("Het weer is mooi en wij zijn niet moe.", "nl"),
        ("Vejret er godt, og jeg er ikke træt af det.", "da"),
        ("Vädret är fint och jag är inte trött.", "sv"),
        ("Sää on hyvä ja minä olen iloinen, mutta sinä et ole.", "fi"),
        ("Pogoda jest ładna i nie jestem zmęczony, ale on był.", "pl"),
        ("Počasí je dobré a já jsem unavený, ale jsou to přátelé.", "cs"),
        ("Počasie je dobré a ja som unavený, ale sú to priatelia.", "sk"),
        ("Hava güzel ve ben çok mutluyum ama bu gün değil.", "tr"),
        ("Cuaca ini bagus dan saya tidak lelah dengan itu.", "id"),
        ("Thời tiết là đẹp và tôi không mệt.", "vi"),
        ("Погода хорошая.", "ru"),
        ("Погода сьогодні гарна.", "uk"),
        ("今日はいい天気です。", "ja"),
        ("今天天气很好。", "zh"),
        ("오늘 날씨가 좋아요.", "ko"),
        ("الطقس جميل اليوم.", "ar"),
        ("آج موسم اچھا ہے", "ur"),
        ("आज मौसम अच्छा है।", "hi"),
        ("आज हवामान चांगले आहे.", "mr"),
        ("আজ আবহাওয়া ভালো।", "bn"),
        ("আজি বতৰ ভাল।", "as"),
        ("இன்று வானிலை நன்றாக உள்ளது.", "ta"),
        ("ఈరోజు వాతావరణం బాగుంది.", "te"),
        ("ഇന്ന് കാലാവസ്ഥ നല്ലതാണ്.", "ml"),
        ("วันนี้อากาศดี", "th"),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert detect(text) == language


def test_every_language_of_the_description_can_be_found_out() -> None:
    cases = test_the_language_of_a_text.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {language for _, language in cases} == set(LANGUAGES)


def test_words_that_nobody_tells_the_time_of_are_found(espeak_engine: EspeakEngine) -> None:
    text = "When the rain had passed, the children ran out; nobody called them back."
    blocks = list(espeak_engine.speak(text, voice="leah", language="en"))
    events = {mark.begin: mark.start for block in blocks for mark in block.marks}
    pcm = b"".join(block.pcm for block in blocks)
    marks = list(aligned(text, pcm, espeak_engine.rate))
    assert " ".join(text[mark.begin : mark.end] for mark in marks) == text.translate(str.maketrans("", "", ",;."))
    assert all(left.stop <= right.start for left, right in itertools.pairwise(marks))
    errors = sorted(abs(mark.start - events[mark.begin]) / espeak_engine.rate for mark in marks)
    assert errors[len(errors) // 2] < 0.1
    assert errors[-1] < 0.3


@pytest.mark.parametrize(("text", "pcm"), [("", b""), ("Hello", b""), ("", b"\1\1" * 99), ("Hello", bytes(99 * 2))])
def test_where_nothing_is_heard_no_words_are(text: str, pcm: bytes) -> None:
    assert not list(aligned(text, pcm, 24000))


def test_the_first_samples_come_before_the_rest_whoever_asks_meanwhile(espeak_engine: EspeakEngine) -> None:
    one, other = "The first of two texts, of some length.", "Another text that somebody asks for meanwhile."
    begun = espeak_engine.speak(one, voice="amy", language="en")
    left = espeak_engine.speak("This one is not waited for to its end.", voice="amy", language="en")
    head = next(begun)
    assert len(head.pcm) / 2 / espeak_engine.rate < 0.2
    next(left)
    left.close()
    assert seconds(espeak_engine, other, "amy") > 1
    rest = list(begun)
    marks = [mark for block in rest for mark in block.marks]
    assert " ".join(one[mark.begin : mark.end] for mark in marks) == one.translate(str.maketrans("", "", ",."))
    (whole,) = espeak_engine.speak(one, voice="amy", language="en")  # from memory
    assert head.pcm + b"".join(block.pcm for block in rest) == whole.pcm
    assert tuple(marks) == whole.marks
