"""Type-checking many variants of lmnt in one run: a module that is the same as lmnt's is checked with lmnt alone."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from generator.settings import ROOT, STAMP
from tests.descriptions.packages import LMNT

SAME_TYPES = ("description.py", "__init__.py")
"""Modules that differ in values and in what they list, and not in the types that other modules see."""

INDEXES = ("models/__init__.py", "operations/__init__.py", "resources/__init__.py")
"""What modules take whole, as in `_models.Voice`: it is the module of Voice that they see then."""


def prepare(package: str, modules: dict[str, str], target: Path) -> None:
    """Write the modules that differ from lmnt's, and those that import them; they import lmnt's for the rest."""
    differing = {
        name for name, text in modules.items() if not (LMNT / name).exists() or _text(name) != _unstamped(text)
    }
    users: dict[str, set[str]] = {}
    for name, text in modules.items():
        for each in {*_imported(name, text), *_named(text, modules)} - {*INDEXES}:
            users.setdefault(each, set()).add(name)
    waiting = [name for name in differing if name not in SAME_TYPES]
    while waiting:
        new = users.get(waiting.pop(), set()) - differing
        differing |= new
        waiting += [name for name in new if name not in SAME_TYPES]
    differing |= {"client.py", *INDEXES}
    for name in differing:
        path = target / package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_redirected(name, modules[name], package, differing), encoding="utf-8")
    for folder in {(target / package / name).parent for name in differing}:
        (folder / "__init__.py").touch()


@cache
def _text(name: str) -> str:
    return _unstamped((LMNT / name).read_text("utf-8"))


def _unstamped(text: str) -> str:
    """Return a module without the line that names the description it was made from."""
    return text.partition("\n")[2] if text.startswith(STAMP) else text


def _imported(name: str, text: str) -> Iterator[str]:
    for _, _, _, imported in _imports(name, text):
        yield from (module for module, _ in imported)


def _named(text: str, modules: dict[str, str]) -> Iterator[str]:
    """Yield the modules of what is named by an index."""
    for index in INDEXES:
        alias = index.partition("/")[0]
        named = {*re.findall(rf"\b_{alias}\.(\w+)", text)}
        for _, _, _, imported in _imports(index, modules[index]) if named else ():
            yield from (module for module, shown in imported if shown.partition(" ")[0] in named)


@cache
def _imports(name: str, text: str) -> list[tuple[int, int, int, list[tuple[str, str]]]]:
    """Return the relative imports of a module: first and last line, indent, and each name with its module."""
    found: list[tuple[int, int, int, list[tuple[str, str]]]] = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        folder = [*name.split("/")[: -node.level], *(node.module.split(".") if node.module else ())]
        names: list[tuple[str, str]] = []
        for each in node.names:
            shown = each.name + (f" as {each.asname}" if each.asname else "")
            is_module = node.module is None or (LMNT / "/".join(folder)).is_dir()
            # `from ..models import voice` names a module, `from ..transport import Timeout` what is in one.
            is_module = is_module and each.name == each.name.lower() and folder != ["transport"]
            module = "/".join([*folder, each.name] if is_module else folder)
            names.append((f"{module}/__init__.py" if f"{module}/__init__.py" in INDEXES else f"{module}.py", shown))
        found.append((node.lineno, node.end_lineno or node.lineno, node.col_offset, names))
    return sorted(found, reverse=True)


def _redirected(name: str, text: str, variant: str, differing: set[str]) -> str:
    """Return a module whose imports of what does not differ go to lmnt."""
    lines = text.splitlines()
    for first, last, indent, names in _imports(name, text):
        new: list[str] = []
        for module, shown in names:
            root = variant if module in differing else "lmnt"
            path = f"{root}/{module.removesuffix('.py').removesuffix('/__init__')}".split("/")
            if path[-1] == shown.partition(" ")[0]:
                path.pop()
            new.append(f"{' ' * indent}from {'.'.join(path)} import {shown}")
        lines[first - 1 : last] = new
    return "\n".join(lines) + "\n"


MYPY = ["mypy", "--strict", "--python-version", "3.11", "--cache-dir", str(ROOT / ".mypy_cache")]
"""The command of a test, which reads what all of them stand on from the cache of the project's own check."""


def check_types(folder: Path) -> str:
    """Run mypy over a folder as it is run over the project, whose cache it shares; returns what it says."""
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(folder)},
    )
    return run.stdout + run.stderr
