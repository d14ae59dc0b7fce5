"""Packages made in this process, which is a tenth of the work of running the generator for each."""

from __future__ import annotations

import compileall
import copy
import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

from generator.description import load_description
from generator.making import add_overlays, render, tidy
from generator.settings import ROOT, Settings

HERE = Path(__file__).parent


def document(name: str) -> dict[str, Any]:
    """Return one of the descriptions of this folder, or of openapi/."""
    path = HERE / f"{name}.yaml"
    return load_description(path if path.is_file() else ROOT / "openapi" / f"{name}.yaml")


def settings(package: str, folder: Path) -> Settings:
    """Return the settings of a package."""
    return Settings.read(HERE / f"{package}.yaml", package, folder)


def make_all(documents: dict[str, dict[str, Any]], folder: Path) -> None:
    """Make packages side by side."""
    for name, each in documents.items():
        render(settings(name, folder), copy.deepcopy(each), folder)
    tidy(folder)
    for name in documents:
        add_overlays(settings(name, folder), folder)


def make_variants(documents: dict[str, dict[str, Any]], folder: Path) -> None:
    """Make LMNT's package of other descriptions, each in a folder of another name.

    A module that is rendered like lmnt's is a link to the one in generated/lmnt, formatted and compiled, to save time.
    """
    given = Settings.read()
    compileall.compile_dir(ROOT / "generated" / "lmnt", quiet=1)

    def rendered(name: str, each: dict[str, Any]) -> dict[str, bytes]:
        render(given, copy.deepcopy(each), folder)
        package = (folder / given.package).rename(folder / name)
        return {path.relative_to(package).as_posix(): path.read_bytes() for path in package.rglob("*.py")}

    usual = rendered("usual", document("lmnt"))
    shutil.rmtree(folder / "usual")
    taken: dict[str, list[str]] = {}
    for name, each in documents.items():
        taken[name] = [module for module, text in rendered(name, each).items() if usual.get(module) == text]
        for module in taken[name]:
            (folder / name / module).unlink()
    tidy(folder)
    for name, modules in taken.items():
        for module in [*modules, *given.overlays]:
            _link(ROOT / "generated" / "lmnt" / module, folder / name / module)


def _link(module: Path, target: Path) -> None:
    """Make a module known by another name too, with what it was compiled to."""
    compiled, place = (Path(importlib.util.cache_from_source(path)) for path in (module, target))
    place.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(module)
    if compiled.is_file():
        place.symlink_to(compiled)


def load(package: str, folder: Path) -> Any:
    """Import a package that was made."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(package)
