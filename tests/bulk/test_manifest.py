"""What is read of a manifest, line by line, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmnt import InvalidArgumentError
from lmnt.bulk import manifest
from lmnt.bulk.manifest import Line
from lmnt.bulk.names import key_of, name_of, problem_of

pytestmark = pytest.mark.once(rows=True)


def lines_of(tmp_path: Path, name: str, content: str | bytes, **defaults: Any) -> list[Line]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return manifest.read(path, {"voice": "leah", **defaults})


SAME = [
    ("a.jsonl", '{"id": "1", "text": "Hello, \\"you\\"."}\n{"id": "2", "text": "Two\\nlines.", "format": "wav"}\n'),
    (
        "a.ndjson",
        '\ufeff{"id": 1, "text": "Hello, \\"you\\".", "out": null}\r\n\r\n'
        '{"id": "2", "text": "Two\\nlines.", "format": "wav"}',
    ),
    ("a.csv", 'id,text,format\n1,"Hello, ""you"".",\n2,"Two\nlines.",wav\n'),
    ("a.CSV", '\ufeff id , text,format\r\n1,"Hello, ""you"".",\r\n,,\r\n\r\n2,"Two\nlines.",wav'),
    ("a.tsv", 'text\tid\tformat\n"Hello, ""you""."\t1\n"Two\nlines."\t2\twav\n'),
]


@pytest.mark.parametrize(("name", "content"), SAME)
def test_the_same_lines_in_every_form(name: str, content: str, tmp_path: Path) -> None:
    found = lines_of(tmp_path, name, content, language="en")
    assert [(line.id, line.text, line.out, line.problem) for line in found] == [
        ("1", 'Hello, "you".', "1.mp3", None),
        ("2", "Two\nlines.", "2.wav", None),
    ]
    assert found[1].arguments == {"text": "Two\nlines.", "voice": "leah", "format": "wav", "language": "en"}


def test_numbers_of_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    assert [line.number for line in lines_of(tmp_path, "a.csv", SAME[3][1])] == [2, 5]
    assert [line.number for line in lines_of(tmp_path, "a.csv", 'id,text\n1,"a\nb\nc"\n2,d\n')] == [2, 5]
    assert [line.number for line in lines_of(tmp_path, "a.jsonl", SAME[1][1])] == [1, 3]


def test_all_fields(tmp_path: Path) -> None:
    values = {
        "model": "blizzard",
        "sample_rate": 8000,
        "temperature": 0.5,
        "top_p": 0.9,
        "out": "a/b.wav",
        "format": "ulaw",
    }
    (one,) = lines_of(tmp_path, "a.jsonl", json.dumps({"id": "x", "text": "Hi.", "voice": "amy", **values}))
    head = ",".join(values)
    (other,) = lines_of(tmp_path, "a.csv", f"id,text,voice,{head}\nx,Hi.,amy,{','.join(map(str, values.values()))}\n")
    assert one.arguments == other.arguments
    assert one.digest == other.digest
    assert one.arguments["voice"] == "amy"
    assert "out" not in one.arguments


GOOD = {"id": "x", "text": "Hi."}
PROBLEMS: list[tuple[Any, str]] = [
    ("{", "this is no JSON in UTF-8"),
    (b'{"id": "\xff"}', "this is no JSON in UTF-8"),
    ("[" * 100_000, "this is no JSON in UTF-8"),
    ("[]", "this is no JSON object"),
    ("null", "this is no JSON object"),
    ({"text": "Hi."}, "it has no id"),
    ({"id": "", "text": "Hi."}, "id has to be a text; got ''"),
    ({"id": True, "text": "Hi."}, "id has to be a text"),
    ({"id": "x"}, "it has no text"),
    ({**GOOD, "text": ""}, "text has to be a text; got ''"),
    ({**GOOD, "text": " \n"}, "its text is empty"),
    ({**GOOD, "text": 5}, "text has to be a text; got 5"),
    ({**GOOD, "text": "\ud800"}, "text has half a character"),
    ({**GOOD, "format": "ogg"}, "format has to be one of aac"),
    ({**GOOD, "sample_rate": 44100}, "sample_rate has to be one of 8000"),
    ({**GOOD, "temperature": "warm"}, "temperature has to be a number"),
    ({**GOOD, "temperature": float("nan")}, "temperature has to be a number"),
    ({**GOOD, "top_p": True}, "top_p has to be a number"),
    ({**GOOD, "top_p": 10**400}, "top_p has to be a number"),
    ({**GOOD, "speed": 2}, "'speed' is no field of a line; there are id, text"),
    ({**GOOD, "out": "../x.mp3"}, "out has to be a path within the folder"),
    ({**GOOD, "out": "/etc/x.mp3"}, "out has to be a path within the folder"),
    ({**GOOD, "out": "a/../../x.mp3"}, "out has to be a path within the folder"),
    ({**GOOD, "out": "a//x.mp3"}, "out has to be a path within the folder"),
    ({**GOOD, "out": "."}, "out has to be a path within the folder"),
    ({**GOOD, "out": "a\\..\\x.mp3"}, "not every system can hold"),
    ({**GOOD, "out": "C:x.mp3"}, "not every system can hold"),
    ({**GOOD, "out": "con.mp3"}, "not every system can hold"),
    ({**GOOD, "out": "a/LPT1"}, "not every system can hold"),
    ({**GOOD, "out": "a./x.mp3"}, "not every system can hold"),
    ({**GOOD, "out": "x.mp3 "}, "not every system can hold"),
    ({**GOOD, "out": "x\0.mp3"}, "not every system can hold"),
    ({**GOOD, "out": "x?.mp3"}, "not every system can hold"),
    ({**GOOD, "out": "é" * 130}, "a name of more than 240 bytes"),
    ({**GOOD, "id": "é" * 130}, "a name of more than 240 bytes"),
]


@pytest.mark.parametrize(("value", "problem"), PROBLEMS, ids=[f"{index}" for index in range(len(PROBLEMS))])
def test_what_is_wrong_with_a_line_is_said_of_it_alone(value: Any, problem: str, tmp_path: Path) -> None:
    text = value if isinstance(value, str | bytes) else json.dumps(value)
    content = text if isinstance(text, bytes) else text.encode()
    first, wrong, last = lines_of(
        tmp_path, "a.jsonl", b'{"id": "a", "text": "A."}\n' + content + b'\n{"id": "b", "text": "B."}'
    )
    assert problem in (wrong.problem or "")
    assert len(wrong.problem or "") < 300
    assert (first.problem, last.problem) == (None, None)
    assert wrong.digest


def test_bad_json_in_line_4000(tmp_path: Path) -> None:
    texts = [json.dumps({"id": str(number), "text": "Hi."}) for number in range(5000)]
    texts[3999] = "{'id': 3999}"
    found = lines_of(tmp_path, "a.jsonl", "\n".join(texts))
    assert [line.number for line in found if line.problem] == [4000]
    assert len(found) == 5000


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ({"id": "x"}, {"id": "x"}, "line 1 has the id 'x', too"),
        ({"id": "x", "out": "a.mp3"}, {"id": "x", "out": "b.mp3"}, "line 1 has the id 'x', too"),
        ({"id": "x"}, {"id": "y", "out": "x.mp3"}, "line 1 is written to 'x.mp3', too"),
        ({"id": "x"}, {"id": "X"}, "line 1 is written to 'X.mp3', too"),
        ({"id": "\u00e9"}, {"id": "e\u0301"}, "too"),
        ({"id": "a", "out": "Straße.mp3"}, {"id": "b", "out": "STRASSE.mp3"}, "too"),
    ],
)
def test_two_lines_of_one_id_or_one_file(first: Any, second: Any, problem: str, tmp_path: Path) -> None:
    lines = lines_of(tmp_path, "a.jsonl", "\n".join(json.dumps({"text": "Hi.", **each}) for each in (first, second)))
    assert lines[0].problem is None
    assert problem in (lines[1].problem or "")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", b"", "a manifest is a file called .jsonl, .ndjson, .csv, .tsv"),
        ("a", b"", "a manifest is a file called"),
        ("a.csv", b"id,text,speed\n", "a column 'speed'; its first line has to name the columns"),
        ("a.csv", b"1,Hello\n2,There\n", "a column '1'; its first line"),
        ("a.csv", b"id,text,id\n", "two columns of the same name"),
        ("a.csv", b'id,text\n1,ok\n2,"never closed\n3,x\n', "line 3 of the manifest is no CSV"),
        ("a.csv", b'id,text\n1,"a" b\n', "line 2 of the manifest is no CSV"),
        ("a.csv", b"id,text\n1,\xff\n", "line 2 of the manifest is no UTF-8"),
        ("a.csv", b"id,text\n1," + b"x" * 200_000 + b"\n", "line 2 of the manifest is no CSV"),
        ("a.csv", b"id,text\n1,a\0b\n", "line 2"),
    ],
)
def test_a_file_whose_lines_cannot_be_told_apart(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    try:
        found = lines_of(tmp_path, name, content)
    except InvalidArgumentError as error:
        assert told in str(error)  # noqa: PT017  # Python 3.11 reads NUL in CSV
    else:
        assert b"\0" in content
        assert found


def test_more_cells_than_columns(tmp_path: Path) -> None:
    good, wrong = lines_of(tmp_path, "a.csv", "id,text\n1,fine\n2,a text, with a comma\n")
    assert good.problem is None
    assert "3 values in 2 columns: put texts with commas in quotes" in (wrong.problem or "")


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "a.csv", str(tmp_path / "a.jsonl"), "a\0.csv"):
        with pytest.raises(InvalidArgumentError, match="cannot read"):
            manifest.read(path, {})
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidArgumentError, match="Is a directory"):
        manifest.read(tmp_path / "folder.csv", {})
    assert lines_of(tmp_path, "empty.csv", "") == []
    assert lines_of(tmp_path, "empty.jsonl", "\n \n") == []


@given(
    st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable() or True), st.text(min_size=1, max_size=40)
)
def test_the_name_of_any_id_is_one_that_all_systems_hold_and_another_for_each_id(one: str, other: str) -> None:
    name = name_of(one, "mp3")
    wrong = problem_of(name)
    assert wrong is None or "bytes" in wrong
    assert "/" not in name
    if one != other:
        assert name != name_of(other, "mp3")


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("a/b", "a%2Fb.mp3"),
        ("..", "%2E..mp3"),
        ("100%", "100%25.mp3"),
        ("CON", "%43ON.mp3"),
        ("nul.x", "%6Eul.x.mp3"),
        (".hidden", "%2Ehidden.mp3"),
        ("漢 字", "漢 字.mp3"),
        ("a\nb", "a%0Ab.mp3"),
    ],
)
def test_names(id_: str, name: str) -> None:
    assert name_of(id_, "mp3") == name
    assert problem_of(name) is None
    assert key_of("É") == key_of("é")
