"""Packages made in this process, which is a tenth of the work of running the generator for each."""

from __future__ import annotations

import atexit
import compileall
import copy
import importlib
import pkgutil
import shutil
import sys
import tempfile
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from generator.imports import check_imports
from generator.making import add_overlays, render, tidy
from generator.making import texts as modules_of
from generator.reading import load_description
from generator.rendering import Package
from generator.report import Report
from generator.settings import ROOT, Settings

HERE = Path(__file__).parent
LMNT = ROOT / "generated" / "lmnt"


def document(name: str) -> dict[str, Any]:
    """Return one of the descriptions of this folder, or of openapi/."""
    path = HERE / f"{name}.yaml"
    return load_description(path if path.is_file() else ROOT / "openapi" / f"{name}.yaml")


def settings(package: str, folder: Path) -> Settings:
    """Return the settings of a package."""
    return replace(_settings(package), out=folder.resolve())


@cache  # they are in a file of YAML, which takes as long to read as a small package to make
def _settings(package: str) -> Settings:
    return Settings.read(HERE / f"{package}.yaml", package)


def make_all(documents: dict[str, dict[str, Any]], folder: Path, report: Report | None = None) -> None:
    """Make packages side by side."""
    made = [render(settings(name, folder), copy.deepcopy(each), folder, report) for name, each in documents.items()]
    tidy(folder)
    for each in made:
        add_overlays(each.settings, folder)


def check(package: Path) -> None:
    """Raise what the generator raises of a tidy package that could not be imported."""
    check_imports(package.name, modules_of(package))


def import_all(package: ModuleType) -> None:
    """Import each module of a package, and ask for each name that it offers."""
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not each.name.endswith(".__main__"):
            module = import_module(each.name)
            for name in getattr(module, "__all__", ()):
                getattr(module, name)


@cache
def made(name: str) -> Any:
    """Return the package of a description of this folder, which is made once in a process."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    make_all({name: document(name)}, folder)
    return load(name, folder)


class Variants(MetaPathFinder):
    """LMNT's package of other descriptions, each under a name of its own.

    A module that is rendered like lmnt's is the one in generated/lmnt, formatted and compiled, to save time.
    """

    def __init__(self, documents: dict[str, dict[str, Any]], folder: Path) -> None:
        self._folder = folder
        self._shared: dict[str, set[str]] = {}
        given = Settings.read()
        compileall.compile_dir(LMNT, quiet=1)
        usual = Package(given, document("lmnt"), folder).modules()
        for name, each in documents.items():
            self._shared[name] = set(given.overlays)
            package = Package(given, copy.deepcopy(each), folder)
            needed = [overlay for overlay in package.settings.overlays if not (LMNT / overlay).is_file()]
            overlays = {overlay: (ROOT / "overlays" / overlay).read_text("utf-8") for overlay in needed}
            for module, text in {**package.modules(), **overlays}.items():
                if usual.get(module) == text:
                    self._shared[name].add(module)
                    continue
                path = folder / name / module
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        tidy(folder)

    def modules(self, name: str) -> dict[str, str]:
        """Return the text of every module of a package."""
        shared = {module: LMNT / module for module in self._shared[name] if module.endswith(".py")}
        return {module: path.read_text("utf-8") for module, path in shared.items()} | texts(self._folder / name)

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:  # noqa: ARG002  # its protocol
        """Find a module that a package shares with lmnt; its own modules are found in its folder."""
        name, *inner = fullname.split(".")
        base = "/".join(inner)
        shared = self._shared.get(name, set())
        if f"{base}.py" in shared:
            return spec_from_file_location(fullname, LMNT / f"{base}.py")
        if (init := f"{base}/__init__.py".lstrip("/")) in shared:
            places = [str(self._folder / name / base)]
            return spec_from_file_location(fullname, LMNT / init, submodule_search_locations=places)
        return None


def texts(folder: Path) -> dict[str, str]:
    """Return the text of every module of a package, by its path in it."""
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.py")}


def load(package: str, folder: Path) -> Any:
    """Import a package that was made."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(package)
