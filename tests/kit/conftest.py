from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of everything the generator reads and of what it made, free to be changed."""
    copy = tmp_path / "kit"
    for name in ("openapi", "templates", "overlays", "scripts", "generated"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def regenerate(kit: Path) -> Run:
    """Run the copy's scripts/regenerate.py."""

    def run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(kit / "scripts" / "regenerate.py"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd or kit,
            env={**os.environ, **environment},
            timeout=120,
        )

    return run


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its relative name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
