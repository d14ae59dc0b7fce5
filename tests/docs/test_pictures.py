"""The pictures are those of what they are made from; each script of docs/pictures makes its own, from a real run."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
from pathlib import Path

from .blocks import ROOT

PICTURES = ROOT / "docs" / "pictures"
sys.path.insert(0, str(PICTURES))
import drawing  # noqa: E402  # it stands beside the scripts that use it

DIGESTS = json.loads((PICTURES / "inputs.json").read_text(encoding="utf-8"))


def inputs(script: Path) -> list[str] | None:
    """Return the INPUTS of a script; None if it has none."""
    for node in ast.parse(script.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "INPUTS":
            return list(ast.literal_eval(node.value))
    return None


def test_each_picture_is_current() -> None:
    assert {path.name for path in PICTURES.iterdir() if path.suffix in (".svg", ".png")} == set(DIGESTS)
    scripts = {path.stem: found for path in PICTURES.glob("*.py") if (found := inputs(path)) is not None}
    for name, known in DIGESTS.items():
        script = name.partition(".")[0].partition("-")[0]
        remedy = f"run: .venv/bin/python docs/pictures/{script}.py"
        assert known["inputs"] == scripts[script], remedy
        assert known["of_inputs"] == drawing.digest(known["inputs"]), remedy
        assert known["of_picture"] == hashlib.sha256((PICTURES / name).read_bytes()).hexdigest(), remedy
    assert set(scripts) == {name.partition(".")[0].partition("-")[0] for name in DIGESTS}


def test_pictures_ask_for_nothing_elsewhere() -> None:
    for each in PICTURES.glob("*.svg"):
        text = each.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search("https?:|@import", text), each.name
