"""The English of the documents is plain: sentences of at most 25 words, on the average of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt

from .blocks import PAGES, ROOT

MOST = 25
EXCEPTIONS: dict[str, str] = {}
"""Pages that may have longer ones, and why."""


def sentences(page: str) -> Iterator[str]:
    """Yield the sentences of paragraphs and lists; tables, headings and code have none."""
    inside: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8")):
        if token.nesting == 1:
            inside.append(token.type)
        elif token.nesting == -1:
            inside.pop()
        elif token.type == "inline" and inside[-1] == "paragraph_open":
            said = "".join(
                "X" if child.type == "code_inline" else " " if child.type == "softbreak" else child.content
                for child in token.children or ()
                if child.type in ("text", "code_inline", "softbreak")
            )
            yield from (each for each in re.split(r"(?<=[.!?])\s+", said) if len(each.split()) > 2)


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_sentences_are_short(page: str) -> None:
    lengths = sorted(((len(each.split()), each) for each in sentences(page)), reverse=True)
    if lengths:
        average = sum(length for length, _ in lengths) / len(lengths)
        longest = "\n".join(f"{length}: {text}" for length, text in lengths[:5])
        assert average <= MOST or page in EXCEPTIONS, f"{average:.1f} words a sentence; the longest are\n{longest}"


def test_no_exception_is_left_over() -> None:
    assert set(EXCEPTIONS) <= set(PAGES)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
