"""Where a text is cut: in no sentence if that is possible, and never within what belongs together."""

# ruff: noqa: RUF001  # numbers and letters of many scripts
from __future__ import annotations

import time
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from lmnt import InvalidArgumentError
from lmnt.long_texts.splitting import FIRST, Splitter
from lmnt.long_texts.wholes import is_in_cluster, may_cut

from .sentences import SENTENCES

pytestmark = pytest.mark.once(rows=True)

MOST = 5000


def split(text: str, length: int = 2000, most: int = MOST) -> list[str]:
    return [text[start:stop] for start, stop in Splitter(text, length, most).spans()]


TRICKY = st.text(
    st.one_of(
        st.sampled_from(" \n\r\t.!?,;:…。！？、।॥؟\u200d\u200c\u0301\ufe0f\u20e3\u00a0'\"»)-/٫٬"),
        st.sampled_from("0123456789٠١٢१२३"),
        st.sampled_from("abcXYZäß한글각각กำเ語カﾞガन्षक्ിക്ഷ\u0600"),
        st.sampled_from("👨👩👧🏽🇩🇪🇫🇷❤"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=300,
)


@given(TRICKY, st.integers(1, 60), st.integers(0, 60))
def test_pieces_joined_are_the_text(text: str, length: int, more: int) -> None:
    try:
        pieces = split(text, length, length + more)
    except InvalidArgumentError:  # a number or a cluster that is longer
        return
    assert "".join(pieces) == text
    assert all(len(piece.strip()) <= length + more for piece in pieces)
    assert all(piece.strip() for piece in pieces) or not text.strip()


@given(TRICKY)
def test_no_cut_is_within_a_grapheme_cluster(text: str) -> None:
    ends = {found.end() for found in regex.finditer(r"\X", text)}
    # A version of Unicode may not know what is in the next one.
    assigned = all(unicodedata.category(each) != "Cn" for each in text)
    allowed = {place for place in range(1, len(text)) if not is_in_cluster(text, place)}
    assert not assigned or allowed <= ends


WHOLE = [
    *(
        "3.14",
        "1,250.50",
        "1 250,50",
        "1 000 000",
        "12:30",
        "2026-11-28",
        "1/2",
        "12,34,567",
        "١٬٢٥٠٫٥٠",
        "१२,३४,५६७.५०",
    ),
    *("1’000", "192.168.0.1", "1 000", "10.30", "٣٫٥", "１２３", "12.3.4.5"),
    *("👨‍👩‍👧‍👦", "👍🏽", "🇩🇪", "é", "क्षि", "각", "กำ", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ガ", "\r\n"),
]


@pytest.mark.parametrize("whole", WHOLE)
@pytest.mark.parametrize("around", ["a{}b", " {} ", "\n{}\n", "。{}。"])
def test_numbers_and_clusters_stay_whole(whole: str, around: str) -> None:
    begin = around.index("{")
    text = around.format(whole)
    assert not [place for place in range(begin + 1, begin + len(whole)) if may_cut(text, place)]
    for length in range(len(whole), len(whole) + 8):
        assert any(whole in piece for piece in split(text * 6, length, length)), length


@pytest.mark.parametrize("language", SENTENCES)
def test_no_sentence_is_cut_in_any_language(language: str) -> None:
    *others, last = SENTENCES[language]
    sentences = [*others, last if language in ("ja", "zh") else f"{last} "] * 40
    text, ends, at = "".join(sentences), set[int](), 0
    for sentence in sentences:
        at += len(sentence)
        ends.add(at)
    pieces = list(Splitter(text, 300, MOST).spans())
    assert len(pieces) > 3
    if language == "th":  # which marks no sentences: its spaces part them, and what else is parted by spaces
        assert all(text[stop - 1] == " " for _, stop in pieces[:-1])
    else:
        assert {stop for _, stop in pieces} - {len(text)} <= ends
    assert max(stop - start for start, stop in pieces) <= 400


def test_the_longest_pause_wins() -> None:
    words = "word " * 30
    assert split(f"One sentence stands.\n\n{words}, and. ", 40)[0] == "One sentence stands.\n\n"
    assert split(f"One sentence stands. Two sentences, {words}", 45)[0] == "One sentence stands. "
    assert split(f"One clause, another one {words}", 25, 30)[0] == "One clause, "
    assert split(words, 22, 30)[0] == "word word word word "


def test_a_sentence_stays_whole_up_to_the_limit_of_a_request() -> None:
    sentence = "word " * 800 + "ending. "
    pieces = split(sentence + "Another sentence follows. " * 10, 500)
    assert pieces[0] == sentence


def test_pieces_grow() -> None:
    lengths = [len(piece) for piece in split("A sentence of some length. " * 1000)]
    assert lengths[0] <= FIRST
    assert lengths[:4] == sorted(lengths[:4])
    assert max(lengths) <= 2000


@pytest.mark.parametrize(
    "text",
    [
        "a" * 6000,
        "日本" * 3000,
        "ก" * 6000,
        "👨‍👩‍👧 " * 2000,
        "1 2 3 4 5 6 7 8 9 " * 700,
        "100 200 300 " * 900,
        "1,2,3,4,5," * 1200,
        "🇩🇪" * 3000,
    ],
)
def test_what_has_no_pause_is_cut_all_the_same(text: str) -> None:
    pieces = split(text)
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= MOST


@pytest.mark.parametrize("text", ["1" * 6000, "e" + "\u0301" * 6000, "words before it " * 20 + "7" * 6000])
def test_a_number_or_a_cluster_that_no_request_takes_is_an_error(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="one number or one character with marks, longer than the 5000"):
        split(text)


@pytest.mark.parametrize("space", [" " * 6000, "\n" * 6000, "\u2003" * 6000])
def test_much_space_makes_no_piece_of_nothing_else(space: str) -> None:
    pieces = split(f"{space}Some words.{space}Others.{space}")
    assert all(piece.strip() for piece in pieces)
    assert len(pieces) == 2


def test_it_takes_no_longer_than_the_text_is_long() -> None:
    def seconds(count: int) -> float:
        text = "One of many sentences, with 3.5 numbers and 1 000 others. " * count
        began = time.perf_counter()
        split(text)
        return time.perf_counter() - began

    seconds(100)
    assert min(seconds(8000) for _ in range(3)) < 30 * min(seconds(1000) for _ in range(3))


@pytest.mark.parametrize("text", ["!" * 30_000, "?! " * 20 + "\u2026" * 30_000, ("\u3002" * 1900 + "\u300d") * 150])
def test_a_long_run_of_stops_takes_no_longer_than_other_text(text: str) -> None:
    began = time.process_time()
    assert "".join(split(text, 2000, 5000)) == text
    assert time.process_time() - began < 1


def test_a_run_of_stops_ends_its_sentence_as_one_does() -> None:
    assert split("What" + "!" * 30 + " And then it goes on for longer.", 40)[0] == "What" + "!" * 30 + " "
    assert split("什么" + "\u3002" * 30 + "然后" * 10, 40)[0] == "什么" + "\u3002" * 30
