"""Making a package in an empty folder: rendered modules, formatted, and the overlays."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from ruff import find_ruff_bin  # type: ignore[import-untyped]  # it has no types

from . import import_all
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


class Importer:
    """Imports all modules of a package in a process of its own, which gets ready while the package is made.

    As a context manager it ends a process that was not asked for anything.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-P", import_all.__file__, str(ROOT / "overlays")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
            self.process.communicate()

    def try_imports(self, folder: Path, package: str) -> None:
        """Import every module of folder/package, of a large one in several processes."""
        _, told = self.process.communicate(f"{folder / package}\n")
        if self.process.returncode:
            raise Failure(f"the rendered package cannot be imported:\n{told}")


def try_imports(folder: Path, package: str, importer: Importer | None = None) -> None:
    """Import every module of a package with what is ready for that, or a process that gets ready now."""
    with importer or Importer() as ready:
        ready.try_imports(folder, package)
