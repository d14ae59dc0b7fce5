"""`python -m tests.compat` writes the table of differences into docs/migrating.md."""

from __future__ import annotations

from pathlib import Path

from .differences import TABLE, markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "migrating.md"


def main() -> None:
    """Replace all that follows the first heading of the tables."""
    introduction, _, _ = DOCUMENT.read_text("utf-8").partition(f"\n## {next(iter(TABLE))}\n")
    DOCUMENT.write_text(introduction + markdown(), "utf-8")


if __name__ == "__main__":
    main()
