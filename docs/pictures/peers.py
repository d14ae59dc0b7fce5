"""What calls cost beside those of other libraries, as bars on a logarithmic scale. Drawn from docs/performance.md."""

from __future__ import annotations

import math
import re
from pathlib import Path

from drawing import ROOT, box, keep, line, svg, text

INPUTS = ("docs/pictures/peers.py", "docs/pictures/drawing.py", "docs/performance.md")
ROWS = (
    "import, client and first call",
    "small call, sync",
    "small call, async",
    "64 MiB stream, sync",
    "64 MiB stream, async",
    "4 KiB chunks, async",
    "200 streams at once",
    "list of 1,000 voices",
    "peak memory, client and one call",
)
LIBRARIES = {"lmnt": "plain", "with `fast`": "good", "httpx2": "none", "aiohttp": "fair", "official": "poor"}
"""The columns of the page, and the colour of each."""

LEFT, RIGHT, LEAST, MOST = 240, 650, 0.06, 32.0
BAR, GAP = 11, 16


def at(value: float) -> float:
    """Return where a value is."""
    return LEFT + (RIGHT - LEFT) * math.log(value / LEAST) / math.log(MOST / LEAST)


def picture() -> str:
    """Return the picture."""
    lines = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8").splitlines()
    table = [[cell.strip() for cell in each.strip("|").split("|")] for each in lines if each.startswith("| ")]
    heading = next(row for row in table if row[0] == "work")
    by_work = {row[0]: dict(zip(heading, row, strict=True)) for row in table if len(row) == len(heading)}
    parts: list[str] = []
    x = 16.0
    for library, colour in LIBRARIES.items():
        name = {"lmnt": "this client", "with `fast`": "with the extra fast", "official": "official lmnt"}.get(
            library, library
        )
        parts += [box(x, 10, 14, 12, colour), text(x + 20, 21, name, "small")]
        x += 40 + 7.2 * len(name)
    parts.append(text(16, 44, "1 is bare httpx; less is better", "muted small"))
    top = 60.0
    body: list[str] = []
    for work in ROWS:
        body.append(text(LEFT - 10, top + 12, work, "", "end"))
        for library, colour in LIBRARIES.items():
            if found := re.match(r"[\d.]+", by_work[work][library]):
                value = float(found[0])
                end = at(max(value, LEAST))
                first = min(at(1), end)
                body += [box(first, top, abs(end - at(1)) or 1, BAR, colour, 2)]
                beside = (end + 5, "start") if value >= 1 else (end - 5, "end")
                body.append(text(beside[0], top + 10, found[0], "muted small", beside[1]))
                top += BAR + 3
        top += GAP
    for value in (0.1, 0.25, 0.5, 1, 2, 4, 8, 16):
        parts += [line(at(value), 50, at(value), top - 8, "" if value == 1 else 'stroke-opacity=".25"')]
        parts.append(text(at(value), 44, f"{value:g}", "muted small", "middle"))
    return svg(700, top, "What calls cost, as multiples of bare httpx", [*parts, *body])


if __name__ == "__main__":
    keep(Path(__file__).stem + ".svg", picture(), INPUTS)
