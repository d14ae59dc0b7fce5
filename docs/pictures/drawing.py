"""What the pictures have in common: colours for light and dark pages, shapes, and the digest of their inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DIGESTS = HERE / "inputs.json"

STYLE = """\
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
.muted { fill: #59636e } .small { font-size: 12px } .strong { font-weight: 600 }
.mono { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: 12px }
.line { stroke: #8c959f; fill: none } .frame { fill: none; stroke: #d1d9e0 } .panel { fill: #f6f8fa }
.good { fill: #1a7f37 } .fair { fill: #bf8700 } .poor { fill: #bc4c00 } .bad { fill: #cf222e } .plain { fill: #0969da }
.wave { stroke: #0969da; stroke-width: 1.5 } .none { fill: #d1d9e0 }
.on { fill: #ffffff; font-size: 12px; font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .muted { fill: #9198a1 } .frame { stroke: #3d444d } .panel { fill: #151b23 }
  .line { stroke: #656c76 }
  .good { fill: #2f9e4f } .fair { fill: #b68615 } .poor { fill: #d4662a } .bad { fill: #e5534b }
  .plain { fill: #4493f8 }
  .wave { stroke: #4493f8 } .none { fill: #3d444d } .on { fill: #ffffff }
}"""


def text(x: float, y: float, content: str, kind: str = "", anchor: str = "start") -> str:
    """Return a line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(content)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str, radius: float = 3) -> str:
    """Return a rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" class="{kind}"/>'


def line(x1: float, y1: float, x2: float, y2: float, more: str = "") -> str:
    """Return a straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="line" {more}/>'


def svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    """Return a whole picture."""
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    return "\n".join([head, f"<title>{escape(title)}</title>", f"<style>\n{STYLE}\n</style>", *parts, "</svg>", ""])


def digest(inputs: Sequence[str]) -> str:
    """Return the digest of files, which are named from the root of the project.

    Of a page it may be one section alone: `docs/architecture.md#Rooms`.
    """
    found = hashlib.sha256()
    for each in inputs:
        path, _, heading = each.partition("#")
        data = (ROOT / path).read_bytes()
        if heading:
            data = data.partition(f"\n## {heading}\n".encode())[2].partition(b"\n## ")[0]
        found.update(hashlib.sha256(data).digest())
    return found.hexdigest()


def keep(name: str, content: str | bytes, inputs: Sequence[str]) -> None:
    """Write a picture, and from what it is made.

    Args:
        name: the name of the file.
        content: the picture.
        inputs: the files that it follows from, its script among them.
    """
    data = content.encode() if isinstance(content, str) else content
    (HERE / name).write_bytes(data)
    known = json.loads(DIGESTS.read_text(encoding="utf-8")) if DIGESTS.exists() else {}
    known[name] = {"inputs": list(inputs), "of_inputs": digest(inputs), "of_picture": hashlib.sha256(data).hexdigest()}
    DIGESTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")
