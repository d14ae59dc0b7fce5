"""The code blocks of the documents that people read, with what is said of each in a comment before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]

PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
"""Those that are written. What is made for docs/reference has no example."""

SAID = re.compile(r"<!-- (not run|tested by|a test file|a file): *(.*?) -->", re.DOTALL)


class Block(NamedTuple):
    """A fenced block.

    Args:
        page: where it is.
        line: the first line of it there.
        language: what is written behind the fence.
        said: what the comment before it says it is, and the rest of that comment; empty if there is none.
        text: its lines.
    """

    page: str
    line: int
    language: str
    said: tuple[str, str]
    text: str

    @property
    def name(self) -> str:
        """What a test of it is called."""
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """Yield all of them."""
    for page in PAGES:
        said = ("", "")
        for token in MarkdownIt("commonmark").parse((ROOT / page).read_text(encoding="utf-8")):
            if token.type == "fence":
                assert token.map
                yield Block(page, token.map[0] + 1, token.info, said, token.content)
            found = SAID.fullmatch(token.content.strip()) if token.type == "html_block" else None
            said = (found[1], " ".join(found[2].split())) if found else ("", "")
