"""The page of the commands: what each says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

INTRODUCTION: Final = """\
# Commands

What each command says of itself. Those of the first part come with the package; the others are in a checkout.
[The command](../cli.md) has those of `lmnt`.
"""

CHECKOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "./scripts/demo": (sys.executable, "scripts/demo.py"),
    ".venv/bin/python scripts/regenerate.py": (sys.executable, "scripts/regenerate.py"),
    ".venv/bin/python scripts/changes.py": (sys.executable, "scripts/changes.py"),
    ".venv/bin/python -m tests.faults": (sys.executable, "-m", "tests.faults"),
    "./scripts/bench": ("./scripts/bench",),
    "./scripts/test": ("./scripts/test",),
    "./scripts/docs": ("./scripts/docs",),
}
"""By how it is called: how it is called here."""


def page() -> str:
    """Return the page."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {point.name: point.module for point in metadata.entry_points(group="console_scripts")}
    packaged = {name: (sys.executable, "-m", installed[name].removesuffix(".__main__")) for name in project["scripts"]}
    packaged["python -m lmnt.vendor"] = (sys.executable, "-m", "lmnt.vendor")
    parts = [INTRODUCTION, "## Of the package\n", *(_shown(*each) for each in packaged.items())]
    return "\n".join([*parts, "## Of a checkout\n", *(_shown(*each) for each in CHECKOUT.items())])


def _shown(name: str, command: tuple[str, ...]) -> str:
    done = subprocess.run(
        [*command, "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return f"### `{name}`\n\n```text\n{done.stdout.rstrip()}\n```\n"
