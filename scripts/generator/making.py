"""Making a package in an empty folder: rendered, formatted, with the overlays beside what was rendered."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ruff import find_ruff_bin  # type: ignore[import-untyped]  # it has no types

from .rendering import Package
from .report import Failure, Report
from .settings import ROOT, Settings

PINNED = {"openapi-python-client": "0.29.1", "ruff": "0.17.6", "jinja2": "3.1.6"}
"""The tools that shape the output, which pyproject.toml pins too."""


def check_tools(settings: Settings) -> None:
    """Refuse tools of another version, and overlays that are not there."""
    for tool, pin in PINNED.items():
        if version(tool) != pin:
            raise Failure(f"{tool} is {version(tool)}, the output is made with {pin}: run ./scripts/setup")
    for overlay in (*settings.overlays, *settings.optional):
        if not (ROOT / "overlays" / overlay).is_file():
            raise Failure(f"overlays/{overlay} is listed in generator.yaml and not there")


def make(settings: Settings, document: dict[str, Any], folder: Path, report: Report) -> Settings:
    """Make the package in folder/<package>; return the settings, with the overlays that it needs."""
    used = render(settings, document, folder, report)
    tidy(folder)
    add_overlays(used, folder)
    return used


def render(settings: Settings, document: dict[str, Any], folder: Path, report: Report | None = None) -> Settings:
    """Write what the templates make of a description; return the settings, with the overlays that it needs."""
    package = Package(settings, document, folder / settings.package, report)
    package.build()
    return package.settings


def tidy(folder: Path) -> None:
    """Sort imports, drop unused ones and format, whatever configuration surrounds the folder."""
    common = ["--isolated", "--no-cache", "--no-respect-gitignore", "--target-version", "py311", "--line-length", "120"]
    for command in (["check", "--fix-only", "--select", "F,I,TC005,RUF022,D202,D209"], ["format"]):
        arguments = [find_ruff_bin(), *command, *common, str(folder)]
        run = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if run.returncode:
            raise Failure(f"ruff {command[0]} failed on the rendered package:\n{run.stdout}{run.stderr}")


def add_overlays(settings: Settings, folder: Path) -> None:
    """Copy the overlays byte for byte; refuses one that has the name of a rendered module."""
    package = folder / settings.package
    for overlay in settings.overlays:
        target = package / overlay
        if target.exists():
            raise Failure(f"overlays/{overlay}: a template writes a file of this name too")
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "overlays" / overlay, target)
    shutil.copyfile(ROOT / "LICENSE", package / "LICENSE")  # it goes with every copy of the package


def try_imports(folder: Path, package: str) -> None:
    """Import every module of the package in a process of its own."""
    code = (
        "import importlib, pkgutil, sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True\n"
        "package = importlib.import_module(sys.argv[2])\n"
        "modules = pkgutil.walk_packages(package.__path__, package.__name__ + '.')\n"
        "for each in modules: importlib.import_module(each.name)\n"
        "for name in package.__all__: getattr(package, name)\n"
        "for name in package.models.__all__: getattr(package.models, name)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder), package], capture_output=True, text=True, check=False, cwd=folder
    )
    if run.returncode:
        raise Failure(f"the rendered package cannot be imported:\n{run.stderr}")
