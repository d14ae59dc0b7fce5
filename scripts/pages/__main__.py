"""Make the pages of docs/reference, which ./scripts/docs does before it builds the site."""

from __future__ import annotations

import re
from pathlib import Path

from . import commands, http_api, names

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def of_root(name: str) -> str:
    """Return a page of the root: its links into docs/ lead one folder up, and other files are not on the site."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](../")
    return re.sub(r"\[([^\]]+)\]\((?!\.\./|https?:|#)[^)]*\)", r"`\1`", text)


def main() -> None:
    """Write the pages, and remove what is there of others."""
    made = {
        **names.pages(),
        "http": http_api.page("lmnt.yaml"),
        "speech": http_api.page("speech.yaml"),
        "commands": commands.page(),
        **{name: of_root(f"{name.upper()}.md") for name in ("changelog", "contributing")},
    }
    REFERENCE.mkdir(exist_ok=True)
    for old in REFERENCE.glob("*.md"):
        if old.stem not in made:
            old.unlink()
    for name, text in made.items():
        (REFERENCE / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
