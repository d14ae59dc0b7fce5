"""lmnt.subtitles: what cues hold to, for any times; what FFmpeg reads in the files."""

from __future__ import annotations

import itertools
import sys
import unicodedata
from pathlib import Path
from typing import Any, cast

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmnt import FileError, InvalidArgumentError, Lmnt, Subtitles, subtitles
from lmnt.models import SpeechGenerateDetailedResponse, Timestamp
from lmnt_server.process import running

pytestmark = pytest.mark.once(rows=True)

STORY = (
    "It was a bright cold day in April, and the clocks were striking thirteen. Nobody looked up. "
    "The wind came down the street in gusts; it carried paper, dust and the smell of rain, as it did every spring. "
    "“Are you there?” she asked."
)


def stamps(text: str, speed: float = 0.06, pause: float = 0.0) -> list[Timestamp]:
    """Return the times of a text at so many seconds a character; a pause goes after each full stop."""
    found, at = list[Timestamp](), 0.0
    for is_space, letters in itertools.groupby(text, str.isspace):
        part = "".join(letters)
        long = len(part) * speed
        found.append(Timestamp(text=part, start=at, duration=long))
        at += long + (pause if part.endswith(".") and not is_space else 0.0)
    return found


def width(line: str) -> int:
    marks = ("Mn", "Me", "Cf")
    return sum(
        0 if unicodedata.category(c) in marks else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line
    )


def check(cues: Subtitles, times: list[Timestamp], line: int = 42, lines: int = 2, longest: float = 7.0) -> None:
    for cue in cues:
        assert cue.start < cue.end <= max(cue.start + longest, cue.start + 0.001) + 1e-6
        assert 1 <= len(cue.lines) <= lines
        assert all(each.strip() == each != "" for each in cue.lines)
        assert max(map(width, cue.lines)) <= line
    for one, other in itertools.pairwise(cues):
        assert round(one.end * 1000) <= round(other.start * 1000)
    said = "".join("".join(cue.lines) for cue in cues)
    assert "".join(said.split()) == "".join("".join(each.text for each in times).split())


def test_a_story() -> None:
    cues = subtitles(stamps(STORY, pause=0.4))
    check(cues, stamps(STORY))
    assert [cue.lines for cue in cues] == [
        ("It was a bright cold day in April,", "and the clocks were striking thirteen."),
        ("Nobody looked up.",),
        ("The wind came down the street", "in gusts; it carried paper,"),
        ("dust and the smell of rain,", "as it did every spring."),
        ("“Are you there?” she asked.",),
    ]
    for one, other in itertools.pairwise(cues):
        assert other.start - one.end >= 0.08 - 1e-9


def test_a_cue_stays_until_it_can_be_read_if_nothing_follows() -> None:
    quick = stamps("Yes of course I do.", speed=0.01)
    (cue,) = subtitles(quick)
    assert (cue.start, cue.end) == (0.0, pytest.approx(19 / 17))
    (short,) = subtitles(stamps("Yes.", speed=0.01))
    assert short.end == pytest.approx(0.8)
    slow = subtitles(stamps("Yes of course I do.", speed=0.2))
    assert slow[0].end == pytest.approx(19 * 0.2)
    later = Timestamp(text="No.", start=1.0, duration=0.3)
    assert subtitles([*quick, Timestamp(text=" ", start=0.3, duration=0.0), later], max_duration=0.9)[0].end <= 0.92


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("我们去公园。" * 5, None),
        ("今日は天気がいいので、公園に行きましょう。「はい」と言った。" * 4, None),
        ("สวัสดีครับวันนี้อากาศดีมาก" * 6, None),
        ("हिन्दी में यह एक लंबा वाक्य है। और एक।" * 6, None),
        ("x" * 200, None),
        ("é" * 100, None),
        ("👩‍👩‍👧‍👦🇩🇪👍🏽" * 30, None),
        ("a", [("a",)]),
        ("well-known", [("well-known",)]),
    ],
    ids=lambda value: str(value)[:8],
)
def test_texts_without_spaces(text: str, lines: Any) -> None:
    for pieces in (stamps(text), [Timestamp(text=c, start=i / 9, duration=1 / 9) for i, c in enumerate(text)]):
        cues = subtitles(pieces)
        if lines:
            assert [cue.lines for cue in cues] == lines
        check(cues, pieces)
        for line in (line for cue in cues for line in cue.lines):
            assert unicodedata.category(line[0]) not in ("Mn", "Mc", "Pe", "Pf"), line
            assert line[0] not in "。、\u200d\U0001f3fd", line
            assert unicodedata.category(line[-1]) not in ("Ps", "Pi"), line
            assert line[-1] != "\u200d"


PIECES = st.lists(
    st.tuples(
        st.sampled_from(
            ["word", "Hello", " ", " ", ".", ",", "“", "”", "漢字", "。", "the", "", "\n", "-->", "<i>", "a b"]
        ),
        st.floats(0, 3),
    ),
    max_size=60,
)


@given(PIECES, st.integers(10, 50), st.integers(1, 3), st.floats(0.8, 9))
def test_what_holds_for_any_times(pieces: list[tuple[str, float]], line: int, lines: int, longest: float) -> None:
    at, times = 0.0, list[Timestamp]()
    for text, long in pieces:
        times.append(Timestamp(text=text, start=at, duration=long))
        at += long
    cues = subtitles(times, max_line_length=line, max_lines=lines, max_duration=longest)
    check(cues, times, line, lines, max(longest, 0.0, *(cue.end - cue.start for cue in cues if single(cue.lines))))


def single(lines: tuple[str, ...]) -> bool:
    """Whether a cue is one word, which takes as long as it takes."""
    return len(lines) == 1 and " " not in lines[0]


@pytest.mark.parametrize("ending", [".srt", ".vtt"])
def test_ffmpeg_reads_the_files(ending: str, tmp_path: Path) -> None:
    text = STORY + " A & B <b>bold</b> --> C. " + "Ünï çødé 漢字. " * 20
    cues = subtitles(stamps(text, pause=0.3))
    path = tmp_path / f"speech{ending}"
    cues.write_to_file(path)
    with av.open(str(path)) as file:
        found = [packet for packet in file.demux() if packet.size]
        base = found[0].time_base
        times = [(float(each.pts * base), float((each.pts + each.duration) * base)) for each in found]
        texts = [bytes(each).decode() for each in found]
    assert times == [(pytest.approx(cue.start, abs=6e-4), pytest.approx(cue.end, abs=6e-4)) for cue in cues]
    joined = ["\n".join(cue.lines) for cue in cues]
    if ending == ".vtt":
        joined = [each.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for each in joined]
    assert texts == joined


def test_the_text_of_the_files() -> None:
    cues = subtitles([Timestamp(text="A<b>&c", start=3725.0996, duration=400 * 3600.0)], max_duration=1e9)
    assert cues.srt() == "1\n01:02:05,100 --> 401:02:05,100\nA<b>&c\n\n"
    assert cues.webvtt() == "WEBVTT\n\n01:02:05.100 --> 401:02:05.100\nA&lt;b&gt;&amp;c\n\n"
    assert subtitles([]).srt() == ""
    assert subtitles([]).webvtt() == "WEBVTT\n\n"


@pytest.mark.parametrize(
    ("given", "options", "told"),
    [
        (SpeechGenerateDetailedResponse(audio=""), {}, "ask for them with return_timestamps=True"),
        ("text", {}, "made of timestamps"),
        (5, {}, "made of timestamps"),
        ([Timestamp(text="a", start=float("nan"), duration=1)], {}, "this is no time"),
        ([Timestamp(text="a", start=-1, duration=1)], {}, "this is no time"),
        ([Timestamp(text="a", start=1e308, duration=1)], {}, "this is no time"),
        ([Timestamp(text="a", start=cast("Any", "1"), duration=1)], {}, "this is no time"),
        ([Timestamp(text=cast("Any", None), start=1, duration=1)], {}, "this is no text"),
        ([{"text": "a", "start": 0, "duration": 1}], {}, "made of timestamps; got {'text'"),
        (["word"], {}, "made of timestamps; got 'word'"),
        ([Timestamp(text="a", start=9, duration=1), Timestamp(text="b", start=0, duration=1)], {}, "the times go back"),
        ([], {"max_line_length": 9}, "max_line_length must be at least 10; got 9"),
        ([], {"max_lines": 0}, "max_lines must be at least 1"),
        ([], {"max_characters_per_second": 0}, "max_characters_per_second must be"),
        ([], {"max_duration": 0.5}, "max_duration must be at least 0.8"),
        ([], {"min_gap": float("nan")}, "min_gap must be"),
        ([], {"min_gap": "0"}, "min_gap must be"),
    ],
)
def test_what_is_refused(given: Any, options: Any, told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        subtitles(given, **options)


def test_a_long_text_that_was_not_read_or_asked_for_no_times_is_refused() -> None:
    long = Lmnt(api_key="key").speech.generate_long("Hello.", voice="leah")
    with pytest.raises(InvalidArgumentError, match="with return_timestamps=True; a long text has them"):
        subtitles(long)


@pytest.mark.parametrize("text", ["\u200b", "\ufeff", "\u0301", "\u200b \u200b."])
def test_characters_without_width(text: str) -> None:
    assert [cue.lines for cue in subtitles([Timestamp(text=text, start=0, duration=1)])] == [(text,)]


def test_half_a_character_does_not_keep_a_file_from_being_written(tmp_path: Path) -> None:
    subtitles([Timestamp(text="a\ud800", start=0, duration=1)]).write_to_file(tmp_path / "speech.srt")
    assert "\na?\n" in (tmp_path / "speech.srt").read_text(encoding="utf-8")


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"\.srt or \.vtt"):
        subtitles([]).write_to_file(tmp_path / "speech.txt")
    with pytest.raises(FileError):
        subtitles([]).write_to_file(tmp_path / "nowhere" / "speech.srt")


def test_results_and_sessions_of_a_server() -> None:
    with running(engine="tone") as server, Lmnt(base_url=server.base_url, api_key="key") as client:
        detailed = client.speech.generate_detailed(text=STORY, voice="leah", return_timestamps=True)
        assert " ".join(" ".join(cue.lines) for cue in subtitles(detailed)) == STORY
        assert subtitles(detailed) == subtitles(detailed.timestamps or [])
        with client.speech.sessions.create(voice="leah", format="pcm_s16le", return_timestamps=True) as session:
            for sentence in ("Hello there. ", "And more of it. ", "The end."):
                session.send_text(sentence)
                session.send_flush()
            session.send_finish()
            events = list(session)
        cues = subtitles(events, min_duration=0, max_characters_per_second=1e6, max_line_length=16, max_lines=1)
        assert [cue.lines[0] for cue in cues] == ["Hello there.", "And more of it.", "The end."]
        sections, size = [0.0], 0
        for event in events:
            if event.type == "audio":
                size += len(event.audio)
            elif event.type == "flush_complete":
                sections.append(size / 48000)
        # Each sentence begins 0.05 s after the audio of its section does.
        assert [cue.start - 0.05 for cue in cues] == pytest.approx(sections[:3])


def test_work_grows_as_the_text_does() -> None:
    def work(count: int) -> int:
        calls = 0

        def count_call(*_: object) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(count_call)
        try:
            subtitles(stamps("漢字" * count))
        finally:
            sys.setprofile(None)
        return calls

    assert work(4000) < 5 * work(1000)
