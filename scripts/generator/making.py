"""Making a package in an empty folder: rendered modules, formatted, and the overlays."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ruff import find_ruff_bin  # type: ignore[import-untyped]  # it has no types

from .imports import check_imports
from .placing import contents
from .processes import beside
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
    rendered, overlays = texts(package.package_dir), package.settings.overlays

    def finish() -> None:
        tidy(folder)
        add_overlays(package.settings, folder)

    beside(finish, lambda: check_imports(settings.package, rendered | texts(ROOT / "overlays", overlays)))
    return package


def render(settings: Settings, document: dict[str, Any], folder: Path, report: Report | None = None) -> Package:
    """Render the templates with a description; return the Package."""
    package = Package(settings, document, folder / settings.package, report)
    package.build()
    return package


def tidy(folder: Path) -> None:
    """Sort imports, drop unused ones and format, ignoring any configuration around the folder.

    Raises:
        Failure: A module is no Python, or uses a name that nothing defines.
    """
    left = _ruff(["check", "--fix", "--select", "F,I,TC005,RUF022,D202,D209", "--output-format", "concise"], folder)
    if problems := [line for line in left.stdout.splitlines() if re.search(": (F7|F82|invalid-syntax)", line)]:
        raise Failure("ruff refuses the rendered package:\n" + "\n".join(problems))
    _ruff(["format"], folder)


def texts(folder: Path, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return the modules of a folder, all or some, by their names."""
    paths = contents(folder) if names is None else ((name, folder / name) for name in names)
    return {name: path.read_text(encoding="utf-8") for name, path in paths if name.endswith(".py")}


def _ruff(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    common = ["--isolated", "--no-cache", "--no-respect-gitignore", "--target-version", "py311", "--line-length", "120"]
    run = subprocess.run(
        [find_ruff_bin(), *command, *common, "."], capture_output=True, text=True, check=False, cwd=folder
    )
    if run.returncode > 1 or (run.returncode and not run.stdout):  # 1: it has found something
        raise Failure(f"ruff {command[0]} failed on the rendered package:\n{run.stdout}{run.stderr}")
    return run


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
