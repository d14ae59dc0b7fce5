"""The first picture: the same cut stream, read by three clients. Drawn from seen.json."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import shorten

from drawing import HERE, box, keep, svg, text

INPUTS = ("docs/pictures/cut.py", "docs/pictures/drawing.py", "docs/pictures/seen.json")
CLIENTS = ("official lmnt", "httpx", "this client")
CUTS = {
    "raise-after=120000": "The connection is lost in the middle",
    "end-after=120001": "The server ends the body early, in all order",
}
WIDTH, LEFT, ROW, BAR = 700, 20, 76, 200


def picture() -> str:
    """Return the picture."""
    seen = json.loads((HERE / "seen.json").read_text(encoding="utf-8"))
    parts: list[str] = []
    top = 16.0
    for cut, title in CUTS.items():
        parts.append(text(16, top + 14, title, "strong"))
        top += 28
        for client in CLIENTS:
            of = {each["fault"]: each for each in seen[client]["seen"]}
            whole, got = of["none"]["file"], of[cut]
            parts += _row(top, f"{client} {seen[client]['version']}", whole, got)
            top += ROW
        top += 12
    return svg(WIDTH, top, "The same cut stream, read by three clients", parts)


def _row(top: float, client: str, whole: int, got: dict[str, object]) -> list[str]:
    size = got["file"]
    is_good = got["is_own"] and got["request_id"] and size is None
    kind = "good" if is_good else "poor" if got["error"] else "bad"
    arrived = size if isinstance(size, int) else got["bytes_received"]
    assert isinstance(arrived, int)
    parts = [
        box(8, top, WIDTH - 16, ROW - 8, "panel", 6),
        text(LEFT, top + 22, client.rpartition(" ")[0], "strong"),
        text(LEFT + BAR, top + 22, client.rpartition(" ")[2], "muted small", "end"),
        box(LEFT, top + 31, BAR, 12, "none"),
        box(LEFT, top + 31, BAR * arrived / whole, 12, kind),
        text(LEFT, top + 59, _file(size, whole), "muted small"),
    ]
    x = LEFT + BAR + 28
    if got["error"]:
        says = re.sub(r"^POST \S+: | \(request.*", "", str(got["says"]))
        told = f"request_id {got['request_id']}" if got["request_id"] else "no request id"
        counted = f", bytes_received {got['bytes_received']:,}" if got["bytes_received"] is not None else ""
        parts += [
            text(x, top + 22, str(got["error"]), f"mono strong {kind}"),
            text(x, top + 40, shorten(says, 66, placeholder=" …"), "small"),
            text(x, top + 58, told + counted, "muted small"),
        ]
    else:
        parts += [
            text(x, top + 22, "no error", f"mono strong {kind}"),
            text(x, top + 40, "The shorter file passes for the whole.", "small"),
        ]
    return parts


def _file(size: object, whole: int) -> str:
    return "no file" if size is None else f"file: {size:,} of {whole:,} bytes"


if __name__ == "__main__":
    keep(Path(__file__).stem + ".svg", picture(), INPUTS)
