"""Making a package in an empty folder: rendered modules, formatted, and the overlays."""

from __future__ import annotations

import os
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
    """Refuse tools of another version, and missing overlays."""
    for tool, pin in PINNED.items():
        if version(tool) != pin:
            raise Failure(f"{tool} is {version(tool)}, the output is made with {pin}: run ./scripts/setup")
    for overlay in (*settings.overlays, *settings.optional):
        if not (ROOT / "overlays" / overlay).is_file():
            raise Failure(f"overlays/{overlay} is listed in generator.yaml and not there")


def make(settings: Settings, document: dict[str, Any], folder: Path, report: Report) -> Package:
    """Make the package in folder/<package>; return the Package that it was made of."""
    package = render(settings, document, folder, report)
    tidy(folder)
    add_overlays(package.settings, folder)
    return package


def render(settings: Settings, document: dict[str, Any], folder: Path, report: Report | None = None) -> Package:
    """Render the templates with a description; return the Package."""
    package = Package(settings, document, folder / settings.package, report)
    package.build()
    return package


def tidy(folder: Path) -> None:
    """Sort imports, drop unused ones and format, ignoring any configuration around the folder."""
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
    shutil.copyfile(ROOT / "LICENSE", package / "LICENSE")  # it is part of every copy of the package


def try_imports(folder: Path, package: str) -> None:
    """Import every module of the package, in a process of its own; several processes for a large package."""
    count = min(4, os.cpu_count() or 1) if sum(1 for _ in folder.rglob("*.py")) > 500 else 1
    code = (
        "import importlib, pkgutil, sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True\n"
        "package = importlib.import_module(sys.argv[2])\n"
        "modules = [each.name for each in pkgutil.walk_packages(package.__path__, package.__name__ + '.')]\n"
        "for each in modules[int(sys.argv[3])::int(sys.argv[4])]: importlib.import_module(each)\n"
        "if sys.argv[3] == '0':\n"
        "    for each in (package, package.models):\n"
        "        for name in each.__all__ if sys.argv[4] == '1' else (): getattr(each, name)\n"
    )
    commands = [[sys.executable, "-c", code, str(folder), package, str(part), str(count)] for part in range(count)]
    runs = [subprocess.Popen(each, stderr=subprocess.PIPE, text=True, cwd=folder) for each in commands]
    for run in runs:
        _, told = run.communicate()
        if run.returncode:
            raise Failure(f"the rendered package cannot be imported:\n{told}")
