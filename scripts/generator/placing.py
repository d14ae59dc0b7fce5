"""Putting a new package in place of the old, and saying whether the one that is there is fresh."""

from __future__ import annotations

import ctypes
import difflib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from .rendering import ROOT, Settings


def lock(settings: Settings, package: Path, tools: Mapping[str, str]) -> str:
    """Return what the package was made of, and what came out, as JSON."""
    inputs = [
        settings.spec,
        *(ROOT / "overlays" / overlay for overlay in settings.overlays),
        *(ROOT / "templates").rglob("*.*"),
        ROOT / "openapi" / "generator.yaml",
        *(ROOT / "scripts" / "generator").glob("*.py"),
        ROOT / "scripts" / "regenerate.py",
    ]
    return (
        json.dumps(
            {
                "tools": dict(tools),
                "inputs": {_name(path): _digest(path) for path in sorted(set(inputs), key=_name)},
                "outputs": {
                    path.relative_to(package.parent).as_posix(): _digest(path)
                    for path in sorted(package.rglob("*"))
                    if path.is_file()
                },
            },
            indent=2,
        )
        + "\n"
    )


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put_in_place(new: Path, final: Path) -> None:
    """Put a folder at its final name in one step; what was there is gone after it."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if not final.exists():
        new.rename(final)
        return
    if not _exchange(new, final):
        # No exchange on this system: for a moment nothing has the name, but never half a package.
        aside = new.with_name(f"{new.name}.old")
        final.rename(aside)
        new.rename(final)
        new = aside
    shutil.rmtree(new)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders with Linux's renameat2, if it is there."""
    libc = ctypes.CDLL(None) if os.name == "posix" else None
    renameat2 = getattr(libc, "renameat2", None)
    at_fdcwd, rename_exchange = -100, 2
    return renameat2 is not None and (
        renameat2(at_fdcwd, os.fsencode(first), at_fdcwd, os.fsencode(second), rename_exchange) == 0
    )


def differences(settings: Settings, fresh: Path) -> Iterator[str]:
    """Compare what is there with what would be made, both ways."""
    names: set[str] = {"lock.json"}
    for folder in (fresh / settings.package, settings.out / settings.package):
        names |= {
            f"{settings.package}/{path.relative_to(folder).as_posix()}"
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
    for name in sorted(names):
        there, made = settings.out / name, fresh / name
        if not there.exists() or not made.exists():
            yield f"{'missing' if made.exists() else 'not made by the generator'}: {name}\n"
        elif there.read_bytes() != made.read_bytes():
            old, new = (path.read_text(encoding="utf-8").splitlines(keepends=True) for path in (there, made))
            yield "".join(difflib.unified_diff(old, new, f"there/{name}", f"made/{name}"))
