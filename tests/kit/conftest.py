from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import regenerate
from generator import making, placing, rendering, settings

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., tuple[int, str]]


def pytest_itemcollected(item: pytest.Item) -> None:
    # What the generator makes is the same on every Python: the steps `package` of scripts/test compare each byte of it.
    item.add_marker(pytest.mark.once(rows=True))


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of everything the generator reads and of what it made, free to be changed; the generator works on it."""
    copy = tmp_path / "kit"
    for name in ("openapi", "templates", "overlays", "scripts", "server", "generated"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "LICENSE", copy / "LICENSE")
    for module in (making, placing, rendering, settings):
        monkeypatch.setattr(module, "ROOT", copy)
    return copy


@pytest.fixture
def run(kit: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the generator in this process; returns its exit code and all that it said."""

    def call(*arguments: str) -> tuple[int, str]:
        code = regenerate.main(list(arguments))
        told = capsys.readouterr()
        return code, told.out + told.err

    assert kit.is_dir()
    return call


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a folder by its relative name, with its permissions."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
