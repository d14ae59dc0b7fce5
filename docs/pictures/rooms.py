"""The rooms of the package, and who imports whom. Drawn from the table of docs/architecture.md, which a test checks."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import shorten

from drawing import ROOT, box, keep, svg, text

INPUTS = ("docs/pictures/rooms.py", "docs/pictures/drawing.py", "docs/architecture.md#Rooms")
WIDTH, ROW, BOX = 820, 46, 200


def rooms() -> list[tuple[str, str, list[str]]]:
    """Return each room of the table: its name, what it is for, what it imports."""
    page = (
        (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Rooms")[2].partition("\n## ")[0]
    )
    rows = re.findall(r"^\| (\w+) \| (.+?) \| (.*?) ?\|$", page.replace("`", ""), re.MULTILINE)
    return [
        (name, what, [each for each in imports.split(", ") if each]) for name, what, imports in rows if name != "Room"
    ]


def picture() -> str:
    """Return the picture: a row for each room; arrows lead down to what it imports."""
    found = rooms()
    height = {name: len(found) - 1 - number for number, (name, _, _) in enumerate(found)}
    place = {name: 16 + (len(found) - 1 - number) * (ROW + 14) for number, (name, _, _) in enumerate(found)}
    parts = [
        '<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" class="muted"/></marker></defs>'
    ]
    for name, what, imports in found:
        top = place[name]
        parts += [
            box(WIDTH - 16 - 560, top, 560, ROW, "panel", 6),
            text(WIDTH - 16 - 548, top + 20, name, "strong"),
            *(text(WIDTH - 16 - 548, top + 37, shorten(what, 88, placeholder=" …"), "muted small"),),
        ]
        # A bus for each room: it leaves to the left, goes down, and has an arrow into each room that is imported.
        if imports:
            x = 16 + (WIDTH - 16 - 560 - 40) * height[name] / len(found)
            start = top + ROW / 2
            last = max(place[each] + ROW / 2 for each in imports)
            edge = WIDTH - 16 - 560
            offset = (height[name] - len(found) / 2) * 3
            parts.append(f'<path d="M{edge} {start:.0f} H{x:.0f} V{last + offset:.0f}" class="line"/>')
            for each in imports:
                y = place[each] + ROW / 2 + offset
                parts.append(f'<path d="M{x:.0f} {y:.0f} H{edge - 2}" class="line" marker-end="url(#to)"/>')
            parts.append(f'<circle cx="{edge}" cy="{start:.0f}" r="3" class="muted"/>')
    return svg(WIDTH, 16 + len(found) * (ROW + 14), "The rooms of the package: arrows lead to what is imported", parts)


if __name__ == "__main__":
    keep(Path(__file__).stem + ".svg", picture(), INPUTS)
