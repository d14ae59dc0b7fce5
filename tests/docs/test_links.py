"""Links between the documents lead to what is there; those of the site to what is on the site.

./scripts/docs checks pages and their headings, and this the rest: pictures, files, and the README's.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt

from .blocks import PAGES, ROOT


def targets(page: str) -> Iterator[str]:
    """Yield where the links and the pictures of a page lead, but for those on other hosts."""
    for token in MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8")):
        for child in token.children or ():
            target = str(child.attrs.get("href") or child.attrs.get("src") or "").partition("#")[0]
            if target and "://" not in target:
                yield target


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files(page: str) -> None:
    here = (ROOT / page).parent
    for target in targets(page):
        path = (here / target).resolve()
        if page.startswith("docs/"):
            assert path.is_relative_to(ROOT / "docs"), f"{target} is not on the site: name it in code"
            if path.parent.name == "reference":
                continue  # it is made when the site is built, which fails where it is not
        assert path.exists(), target
