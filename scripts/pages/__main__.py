"""Make the pages of docs/reference, which ./scripts/docs does before it builds the site."""

from __future__ import annotations

from pathlib import Path

from . import commands, http_api, names

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def main() -> None:
    """Write the pages, and remove what is there of others."""
    made = {
        **names.pages(),
        "http": http_api.page("lmnt.yaml"),
        "speech": http_api.page("speech.yaml"),
        "commands": commands.page(),
    }
    REFERENCE.mkdir(exist_ok=True)
    for old in REFERENCE.glob("*.md"):
        if old.stem not in made:
            old.unlink()
    for name, text in made.items():
        (REFERENCE / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
