"""The failures as a heat map: what users of each client see, ours beside its peers. Drawn from seen.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drawing import HERE, box, keep, svg, text

INPUTS = ("docs/pictures/failures.py", "docs/pictures/drawing.py", "docs/pictures/seen.json")
KINDS = {
    "good": "its own error, with the request id; no half file",
    "fair": "its own error",
    "poor": "an error of another package",
    "bad": "no error: what came passes for the whole",
}
SIGNS = {"good": "id", "fair": "own", "poor": "other", "bad": "none"}
LEFT, CELL, ROW = 290, 84, 30


def kind_of(seen: Mapping[str, Any]) -> str:
    """Return how much a user learns."""
    if not seen["error"]:
        return "bad"
    if not seen["is_own"]:
        return "poor"
    return "good" if seen["request_id"] and seen["file"] is None else "fair"


def picture() -> str:
    """Return the picture."""
    seen = json.loads((HERE / "seen.json").read_text(encoding="utf-8"))
    calls = [name for name in seen if "session" not in name and name != "websockets"]
    sessions = [name for name in seen if name not in calls]
    parts, top = _part("Calls", seen, calls, 8)
    more, top = _part("Sessions", seen, sessions, top + 18)
    parts += more
    for number, (kind, means) in enumerate(KINDS.items()):
        x, y = 16 + 400 * (number % 2), top + 14 + 24 * (number // 2)
        parts += [
            box(x, y, 44, 18, kind),
            text(x + 22, y + 13, SIGNS[kind], "on", "middle"),
            text(x + 54, y + 14, means, "small"),
        ]
    parts.append(text(16, top + 76, "* and half a file under the name of the whole", "muted small"))
    parts.append(
        text(16, top + 94, "openai looks for the id in x-request-id, which this server does not send", "muted small")
    )
    return svg(LEFT + CELL * len(calls) + 16, top + 110, "What users of each client see when speech fails", parts)


def _part(title: str, seen: Mapping[str, Any], names: list[str], top: float) -> tuple[list[str], float]:
    parts = [text(16, top + 34, title, "strong")]
    for column, name in enumerate(names):
        x = LEFT + CELL * column + CELL / 2
        first, _, second = name.partition(",")[0].partition(" ")
        parts += [
            text(x, top + 16, first, "strong small", "middle"),
            text(x, top + 32, second or "", "strong small", "middle"),
            text(x, top + 48, seen[name]["version"], "muted small", "middle"),
        ]
    top += 58
    rows = seen[names[0]]["seen"][1:]
    for number, row in enumerate(rows):
        parts.append(text(LEFT - 10, top + 19 + ROW * number, row["title"], "small", "end"))
        for column, name in enumerate(names):
            each = next(each for each in seen[name]["seen"] if each["fault"] == row["fault"])
            kind = kind_of(each)
            half = "*" if each["error"] and each["file"] else ""
            x, y = LEFT + CELL * column, top + ROW * number
            parts += [
                box(x + 2, y + 2, CELL - 4, ROW - 4, kind),
                text(x + CELL / 2, y + 19, SIGNS[kind] + half, "on", "middle"),
            ]
    return parts, top + ROW * len(rows)


if __name__ == "__main__":
    keep(Path(__file__).stem + ".svg", picture(), INPUTS)
