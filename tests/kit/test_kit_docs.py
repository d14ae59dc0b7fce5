"""docs/kit.md has the table of keywords that the generator reads by."""

from __future__ import annotations

from generator.keywords import TABLES

from .conftest import ROOT

PAGE = (ROOT / "docs" / "kit.md").read_text(encoding="utf-8")


def rows() -> list[str]:
    """Return the table, a line for what several keywords of an object have in common."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for table, uses in TABLES.items():
        for key, use in uses.items():
            outcome = "told" if use.means else "documentation" if use.why else "expressed"
            said = f"{use.why}; {use.means}" if use.means else use.why
            found.setdefault((table, outcome, said), []).append(f"`{key}`")
    return [f"| {table} | {', '.join(keys)} | {outcome} | {said} |" for (table, outcome, said), keys in found.items()]


def test_the_table_of_keywords_is_that_of_the_code() -> None:
    there = [line for line in PAGE.partition("## Keywords")[2].splitlines() if line.startswith("| ")]
    assert there[2:] == rows()
