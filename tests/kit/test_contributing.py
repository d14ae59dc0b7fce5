"""What CONTRIBUTING.md names is there."""

from __future__ import annotations

import re

import pytest

from .conftest import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"(?:\b(?:\w+/)+|\b)\w[\w./]*\.(?:py|yaml|json|toml|md)\b", PAGE)))
PLACES = [
    (file, name)
    for file, names in re.findall(r"`([\w/]+\.\w+)` \(((?:`\w+`(?:, )?)+)\)", PAGE)
    for name in re.findall(r"\w+", names)
]


@pytest.mark.parametrize("file", FILES)
def test_each_file_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


@pytest.mark.parametrize(("file", "name"), PLACES)
def test_each_place_is_in_its_file(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^\s*(class |def |async def )?{name}\b[:( ]", text, re.MULTILINE)


def test_each_kind_of_change_has_a_row() -> None:
    kinds = re.findall(r"^\| (a\w* [^|]+?) \| `", PAGE, re.MULTILINE)
    assert PLACES
    assert len(kinds) == len(set(kinds)) == len(re.findall(r"^\| ", PAGE, re.MULTILINE)) - 2
