"""What the generator and the server read: YAML 1.2 by its core schema, and JSON as JSON."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import regenerate
from generator.description import load
from lmnt_server.documents import DocumentError, read, yaml_text
from lmnt_server.documents.source import Source

# By what is written: what it is (YAML 1.2.2, section 10.3.2).
SCALARS: dict[str, Any] = {
    # Integers
    **{"0": 0, "-0": 0, "+7": 7, "-19": -19, "0100": 100, "-010": -10, "0777": 777, "0190": 190, "08": 8},
    **{"0o17": 15, "0o0": 0, "0x1F": 31, "0xff": 255, "1" * 30: int("1" * 30), "0x" + "f" * 20: 16**20 - 1},
    # What looks like one
    **{each: each for each in ("-0o7", "+0x1", "0o8", "0O7", "0X1F", "0b11", "0o", "0x", "1_000", "0x1_0", "+")},
    **{each: each for each in ("12:30", "190:20:30", "1,000", "1 000", "3.1.0", "0.1.0", "2026-11-28")},
    **{each: each for each in ("2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43", "2026-11")},
    "\u0661": "\u0661",  # the digit one, in Arabic
    # Floats
    **{"1.": 1.0, ".5": 0.5, "-.5": -0.5, "+1.5": 1.5, "01.50": 1.5, "0.0": 0.0, "-0.0": -0.0, "3.1": 3.1},
    **{"1e3": 1000.0, "1E3": 1000.0, "1.5e+3": 1500.0, "12e03": 12000.0, "1e-3": 0.001, ".5e1": 5.0, "0e0": 0.0},
    **{"1.7976931348623157e308": 1.7976931348623157e308, "1e-400": 0.0},
    **{".inf": math.inf, ".Inf": math.inf, "+.INF": math.inf, "-.inf": -math.inf},
    **{".nan": math.nan, ".NaN": math.nan, ".NAN": math.nan},
    **{
        each: each
        for each in (".", ".e3", "1e", "e3", "1.5.2", "1_0.5", ".iNf", "inf", "-Infinity", "NaN", "-.nan", ".Nan")
    },
    # Truth and nothing
    **{"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False},
    **{
        each: each
        for each in ("tRUE", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "OFF", "y", "n", "N")
    },
    **{"": None, "~": None, "null": None, "Null": None, "NULL": None, "nULL": "nULL", "None": "None", "~~": "~~"},
    # What YAML 1.1 has more of
    **{"=": "=", "<<": "<<"},
    # Quotes, and tags
    **{"'0100'": "0100", '"1e3"': "1e3", "'true'": "true", "''": "", "|-\n    0100": "0100"},
    **{"!!str 0100": "0100", "!!int '0100'": 100, "!!float 1": 1.0, "!!float .inf": math.inf, "!!null ''": None},
    **{"!!bool 'true'": True, "! 12": "12", "!!str": "", "!<tag:yaml.org,2002:int> 5": 5, "!!seq [0o7]": [7]},
    **{"!!map {a: 0x1}": {"a": 1}},
    # Line breaks of YAML 1.1 alone
    **{'"a \u2028 b\x85c"': "a \u2028 b\x85c", "|-\n    a\u2029b": "a\u2029b", "1\x85": "1\x85", "\ue000": "\ue000"},
    # Aliases
    **{"[&a 010, *a, &a 0o10, *a]": [10, 10, 8, 8], "[&a {b: &b [1]}, *a, *b]": [{"b": [1]}, {"b": [1]}, [1]]},
}

KEYS = ["200", "0200", "1.5", "true", "no", "~", "2026-11-28", "0x1F", ".inf", "null"]


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """PyYAML's two parsers: that of libyaml, and the one that is there without it."""
    found = {"libyaml": yaml.CBaseLoader, "python": yaml.BaseLoader}[request.param]
    monkeypatch.setattr(yaml_text, "_Parser", found)
    return str(request.param)


def written(folder: Path, content: str | bytes, name: str = "a.yaml") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("text", SCALARS)
def test_each_scalar_is_what_the_core_schema_says(tmp_path: Path, text: str) -> None:
    # repr tells 1 from 1.0 and True, 0.0 from -0.0, and finds nan the same as nan
    assert repr(load(written(tmp_path, f"a:\n  b: {text}\n"))) == repr({"a": {"b": SCALARS[text]}})


@pytest.mark.usefixtures("parser")
def test_a_key_is_a_text_as_in_json(tmp_path: Path) -> None:
    found = load(written(tmp_path, "".join(f"{each}: {each}\n" for each in KEYS) + "? '<<'\n: &k 1\n*k : 2\n? \n"))
    assert list(found) == [*KEYS, "<<", "1", ""]
    assert (found["200"], found["0200"], found["no"], found["0x1F"]) == (200, 200, "no", 31)


@pytest.mark.usefixtures("parser")
def test_an_alias_is_a_copy(tmp_path: Path) -> None:
    found = load(written(tmp_path, "a: &a {b: [1]}\nc: *a\n"))
    found["a"]["b"].append(2)
    assert found["c"] == {"b": [1]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_both_may_be_in_each_encoding_of_unicode(tmp_path: Path, encoding: str) -> None:
    for text in ("a: é😀\n", '{"a": "é😀"}'):
        assert load(written(tmp_path, text.encode(encoding))) == {"a": "é😀"}


@pytest.mark.parametrize("name", ["a.json", "a.JSON", "a.yaml", "a"])
def test_json_is_read_as_json(tmp_path: Path, name: str) -> None:
    said = {"face": "😀", "key\ud7ff😀": ["\\ud83d", "\x7f\x85\u2028", 1e3, -0.0, 10**30], "k" * 2000: "\n\t\0"}
    for text in (json.dumps(said), json.dumps(said, indent="\t", ensure_ascii=False), '{"a"\n:1}'):
        assert repr(load(written(tmp_path, text, name))) == repr(json.loads(text))
    assert load(written(tmp_path, '{"a\\/b": "\\ud83d\\uDE00"}', name)) == {"a/b": "😀"}


def test_yaml_may_begin_like_json(tmp_path: Path) -> None:
    assert load(written(tmp_path, "{a: 0100, b: [no, ], c: 'it''s'}")) == {"a": 100, "b": ["no"], "c": "it's"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON), st.booleans(), st.sampled_from([None, 1]))
def test_all_of_json_is_read(
    tmp_path_factory: pytest.TempPathFactory, said: Any, ascii_: bool, indent: int | None
) -> None:
    text = json.dumps(said, ensure_ascii=ascii_, indent=indent)
    assert repr(load(written(tmp_path_factory.getbasetemp(), text, "all.json"))) == repr(said)


@given(st.dictionaries(st.text(max_size=200), JSON))
def test_json_is_the_same_as_yaml(said: Any) -> None:
    # what is not printable stands in no YAML, and what is outside the first plane is escaped in another way
    text = json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007f")
    text = "".join(
        f"\\u{ord(each):04x}" if "\x80" <= each < "\xa0" or each in "\ufffe\uffff" else each for each in text
    )
    assert repr(yaml_text.value(Source(Path("a.yaml"), text))) == repr(said)


BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

# By name: what is in the file, and what is told, after its path.
BROKEN: dict[str, tuple[str | bytes, str]] = {
    # No YAML
    "a tab": ("a:\n\tb: 1\n", " is no YAML 1.2 at line 2, column 1: "),
    "no end of a list": ("a: [1,\n", " is no YAML 1.2 at line 2, column 1: while parsing a flow "),
    "no end of a quote": ("a: 1\nb: 'x\n", " is no YAML 1.2 at line 3, column 1: while scanning a quoted scalar "),
    "an escape of JSON": ('a: "\\ud83d\\ude00"\n', " line 1, column "),
    "two colons": ("a: b: c\n", " is no YAML 1.2 at line 1, column 5: mapping values are not allowed"),
    "another YAML": ("%YAML 2.0\n---\na: 1\n", " is no YAML 1.2 at line 1, column 1: found incompatible YAML document"),
    "a control character": ("a: é\n b: \x07\n", ", line 2, column 5: U+0007 may not stand in YAML as it is"),
    "zero": ("a: \0\n", ", line 1, column 4: U+0000 may not stand"),
    # No text
    "Latin-1": (b"a: 1\nb: caf\xe9 au lait\n", " is no text in UTF-8 at line 2, column 7: invalid continuation byte"),
    "Latin-1 after a mark": (b"\xef\xbb\xbfa: \xe9\n", " is no text in UTF-8 at line 1, column 4: "),
    "half of UTF-16": ("a: 1\nb".encode("utf-16")[:-1], " is no text in UTF-16 at line 2, column 1: "),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", " is no text in UTF-8 at line 1, column 1: "),
    # No mapping
    "nothing": ("", " holds nothing; it must hold a mapping"),
    "a comment": ("# nothing\n", " holds nothing; it must hold a mapping"),
    "a list": ("- a\n", " holds no mapping; it must hold a mapping"),
    "a text": ("{a", " is no YAML 1.2 at line 1, column 3: "),
    "two documents": ("a: 1\n---\nb: 2\n", ", line 2, column 1: a second document begins here; there must be one"),
    # Tags
    "a tag of Python": (
        "a: !!python/object/apply:os.system [id]\n",
        ", line 1, column 4: the core schema of YAML 1.2 has no tag !!python",
    ),
    "a tag of YAML 1.1": ("a: !!binary aGk=\n", ", line 1, column 4: the core schema of YAML 1.2 has no tag !!binary"),
    "a date's tag": (
        "a: !!timestamp 2001-01-01\n",
        ", line 1, column 4: the core schema of YAML 1.2 has no tag !!timestamp",
    ),
    "a set": ("a: !!set {b, c}\n", ", line 1, column 4: the core schema of YAML 1.2 has no tag !!set"),
    "a tag of one's own": (
        "a:\n  - !mine {b: 1}\n",
        ", line 2, column 5: the core schema of YAML 1.2 has no tag !mine",
    ),
    "another's tag": ("a: !!int [1]\n", ", line 1, column 4: the core schema of YAML 1.2 has no tag !!int"),
    "no integer": ("a: !!int 0b1\n", ", line 1, column 4: '0b1' is no !!int"),
    "no truth": ("a: !!bool yes\n", ", line 1, column 4: 'yes' is no !!bool"),
    # Numbers
    "a large float": ("a: 1\nb: -1e400\n", ", line 2, column 4: -1e400 is more than a float can be, 1.8e308"),
    "a long integer": (f"a: {'1' * 5000}\n", ", line 1, column 4: an integer of 5000 digits; the most is 1000"),
    "a long integer of another base": (f"a: 0x{'f' * 5000}\n", ", line 1, column 4: an integer of 5002 digits; "),
    "a very long float": (f"a: {'1' * 5000}.0\n", ", line 1, column 4: 1111"),
    # Keys
    "a very long key twice": (f"? {'a' * 5000}\n? {'a' * 5000}\n", ", line 2, column 3: the key 'aaaa"),
    "a key twice": ("a: 1\nb:\n  c: 1\n  c: 2\n", ", line 4, column 3: the key 'c' stands twice"),
    "a number twice": ("a: {200: 1, '200': 2}\n", ", line 1, column 13: the key '200' stands twice"),
    "a list for a key": ("? [a, b]\n: 1\n", ", line 1, column 3: a key must be a text"),
    "a mapping for a key": ("a: &a {b: 1}\n*a : 1\n", ", line 2, column 1: a key must be a text"),
    "a tagged key": ("!!int 200: 1\n", ", line 1, column 1: a key must be a text"),
    "a merge": ("a: &a {b: 1}\nc:\n  <<: *a\n", ", line 3, column 3: YAML 1.2 has no merge key <<; write out"),
    # Aliases
    "an alias of nothing": ("a: 1\nb: *c\n", ", line 2, column 4: the alias *c stands for nothing"),
    "an alias of what comes": ("a: *b\nb: &b 1\n", ", line 1, column 4: the alias *b stands for nothing"),
    "itself": ("a: &a [*a]\n", ", line 1, column 8: this is nested more than 200 deep, or stands within itself"),
    "a billion": (BOMB, ", line 6, column 8: aliases make far more of this document than is written"),
    "a long chain": (
        "a0: &a0 [1]\n" + "".join(f"a{each}: &a{each} [*a{each - 1}]\n" for each in range(1, 1000)),
        ", line 200, column 14: this is nested more than 200 deep, or stands within itself by an alias",
    ),
    # Depth
    "deep lists": ("a: " + "[" * 900 + "]" * 900, ", line 1, column 203: this is nested more than 200 deep"),
    "deep mappings": ("".join(" " * each + "a:\n" for each in range(900)), ", line 201, column "),
    "far too deep": ("a: " + "[" * 100_000, " line 1, column "),
}

BROKEN_JSON: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", " is no JSON at line 1, column 1: Expecting value"),
    "YAML": ("a: 1\n", " is no JSON at line 1, column 1: Expecting value"),
    "a comma too many": ('{\n "a": 1,\n}', " is no JSON at line "),
    "a leading zero": ('{"a": 0190}', " is no JSON at line 1, column 8: "),
    "a comment": ('{"a": 1} // one', " is no JSON at line 1, column 10: Extra data"),
    "no end": ('{"a": "x', " is no JSON at line 1, column 7: Unterminated string"),
    "a control character": ('{"a":\n "\x07"}', " is no JSON at line 2, column 3: Invalid control character"),
    "an escape": ('{"a": "\\x41"}', " is no JSON at line 1, column 8: Invalid \\escape"),
    "Latin-1": (b'{"a": "caf\xe9"}', " is no text in UTF-8 at line 1, column 11: invalid continuation byte"),
    "a list": ('[{"a": 1}]', " holds no mapping; it must hold a mapping"),
    "null": ("null", " holds nothing; it must hold a mapping"),
}

# JSON, whatever its file is called.
UNUSABLE_JSON: dict[str, tuple[str, str]] = {
    "half a character": (
        '{"b": "\\ud83d\\ude00",\n "a": "\\ude00\\ud83d"}',
        ", line 2, column 7: this text holds half of a",
    ),
    "half a character in a key": ('{"\\ud83d": 1}', ", line 1, column 2: this text holds half of a surrogate pair"),
    "a key twice": ('{"a": {"b": 1}, "c": [{"b": 2,\n "b": 3}]}', ", line 2, column 2: the key 'b' stands twice"),
    "a key in two ways": ('{"a": 1, "\\u0061": 2}', ", line 1, column 10: the key 'a' stands twice"),
    "a large float": (
        '{"1e400": "1e400", "a": [1.5, 1e400]}',
        ", line 1, column 31: 1e400 is more than a float can be",
    ),
    "a long integer": ('{"a": ' + "-" + "1" * 5000 + "}", ", line 1, column 7: an integer of 5001 digits; the most is"),
    "deep": ('{"a": ' + "[" * 900 + "]" * 900 + "}", ", line 1, column 206: this is nested more than 200 deep"),
    "far too deep": ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", ", line 1, column 206: this is nested more than"),
}
CONSTANTS = {
    each: (f'{{"a": {each}}}', f", line 1, column 7: {each} is no number of JSON") for each in ("NaN", "-Infinity")
}


def broken() -> Iterator[Any]:
    """Yield each as its content, the name of the file and what is told."""
    for table, names in ((BROKEN, ["yaml"]), (BROKEN_JSON | CONSTANTS, ["json"]), (UNUSABLE_JSON, ["json", "yaml"])):
        for name, (content, told) in table.items():
            for suffix in names:
                yield pytest.param(content, f"a.{suffix}", told, id=f"{suffix}: {name}")


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("content", "name", "told"), list(broken()))
def test_what_cannot_be_read_is_told_in_one_sentence_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | bytes, name: str, told: str
) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(DocumentError) as caught:
        read(path)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert told in sentence
    assert "\n" not in sentence
    assert len(sentence) < len(str(path)) + 240
    assert regenerate.main(["--spec", str(path), "--package", "acme", "--out", str(tmp_path / "out")]) == 2
    # The generator tells of a key that stands twice, and merges: test_reading.py has both.
    if "the key '" not in told and "merge key" not in told:
        assert capsys.readouterr().err == f"error: {sentence}\nNothing was changed.\n"
    assert not (tmp_path / "out" / "acme").exists()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "none.yaml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(DocumentError) as caught:
            read(path)
        assert str(caught.value) == f"cannot read {path}: {told}"


NUMBERS = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things:
    get:
      operationId: things.list
      tags: [things]
      parameters:
        - {name: limit, in: query, schema: {type: integer, default: 0100, minimum: 010, maximum: 0190}}
        - {name: size, in: query, schema: {enum: [0100, 0x10, 0o10]}}
      responses:
        200: {description: They., content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
components:
  schemas:
    Thing: {type: object, required: [kind], properties: {kind: {const: 0100}}}
"""


def test_numbers_come_into_the_package_as_yaml_1_2_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = written(tmp_path, NUMBERS)
    assert regenerate.main(["--spec", str(spec), "--package", "of_numbers", "--out", str(tmp_path)]) == 0, capsys
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module("of_numbers")
    client = package.OfNumbers(base_url="http://127.0.0.1:9", max_retries=0)
    assert "default is `100`" in client.things.list.__doc__
    assert package.models.Thing.from_dict({"kind": 100}).kind == 100
    for arguments, is_right in (
        *(({"limit": each}, 10 <= each <= 190) for each in (8, 9, 10, 64, 190, 191)),
        *(({"size": each}, each in (100, 16, 8)) for each in (100, 64, 16, 8, 10)),
    ):
        with pytest.raises(package.APIConnectionError if is_right else package.InvalidArgumentError):
            client.things.list(**arguments)


def test_schemas_that_are_too_deep_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deep = "{type: array, items: " * 185 + "{type: string}" + "}" * 185
    spec = written(tmp_path, NUMBERS.replace("schemas/Thing", "schemas/Deep") + f"    Deep: {deep}\n")
    assert regenerate.main(["--spec", str(spec), "--package", "acme", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "error: the description nests schemas too deep in each other: name some under components, and refer to them\n"
        "Nothing was changed.\n"
    )
