"""Packages made in this process, which is a tenth of the work of running the generator for each."""

from __future__ import annotations

import copy
import importlib
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


def settings(package: str, folder: Path, *, own: bool = False) -> Settings:
    """Return the settings of a package; `own` adds the overlays of LMNT."""
    spec = None if own else HERE / f"{package}.yaml"
    return Settings.read(spec, package, folder)


def make_all(documents: dict[str, dict[str, Any]], folder: Path, *, own: bool = False) -> None:
    """Make packages side by side."""
    for name, each in documents.items():
        render(settings(name, folder, own=own), copy.deepcopy(each), folder)
    tidy(folder)
    for name in documents:
        add_overlays(settings(name, folder, own=own), folder)


def load(package: str, folder: Path) -> Any:
    """Import a package that was made."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(package)
