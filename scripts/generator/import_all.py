"""A program that imports every module of a package, and gets ready while the package is being made.

What the modules need is imported, and the overlays are compiled, until a line says where the package is.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from contextlib import suppress
from functools import partial
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

NEEDED = ("asyncio", "attrs", "click", "h11", "httptools", "httpx", "ssl", "typing", "websockets")
"""What the modules of a package import: those of LMNT's own overlays too, where they are installed."""

UNNEEDED = ("httpx._main", "httpx_aiohttp", "trio")
"""What is loaded with these only where it is installed, and takes longer than many a package."""

MANY = 200
"""The modules of a package that are worth several processes."""


class Compiled(SourceFileLoader):
    """Loads modules; those that were compiled already are known by their text."""

    codes: dict[bytes, CodeType] = {}  # noqa: RUF012  # of all loaders

    def source_to_code(  # type: ignore[override]  # typeshed has it as static, which it is not
        self, data: Any, path: Any, *, _optimize: int = -1
    ) -> CodeType:
        """Return the code of a module."""
        return self.codes.get(data) or super().source_to_code(data, path)


def main(overlays: Path) -> None:
    """Run from the command line: the folder of the overlays."""
    gc.disable()  # classes are full of circles, and none of them is dropped
    sys.modules |= dict.fromkeys(UNNEEDED)  # type: ignore[arg-type]  # None: as if it was not installed
    for needed in NEEDED:
        with suppress(ImportError):
            importlib.import_module(needed)
    names = [path.relative_to(overlays) for path in sorted(overlays.rglob("*.py"))]
    for name in names:
        path = overlays / name
        with suppress(SyntaxError):  # it is told when it is imported
            # What Python keeps of it: to compile them all is a quarter of the work of a run.
            if code := SourceFileLoader(name.stem, str(path)).get_code(name.stem):
                Compiled.codes[path.read_bytes()] = code
    sys.dont_write_bytecode = True
    if line := sys.stdin.readline().rstrip("\n"):
        folder, package = os.path.split(line)
        sys.path_hooks.insert(0, partial(finder, folder))
        sys.path.insert(0, folder)
        import_all(Path(folder), package, names)


def finder(within: str, path: str) -> FileFinder:
    """Return what finds the modules of a folder of the package."""
    if not path.startswith(within):
        raise ImportError(path)
    return FileFinder(path, (Compiled, SOURCE_SUFFIXES))


def import_all(folder: Path, package: str, overlays: list[Path]) -> None:
    """Import the overlays, then the rest in as many processes as there are processors."""
    paths = sorted(path.relative_to(folder) for path in (folder / package).rglob("*.py"))
    shared = {Path(package, "__init__.py"), *(Path(package, overlay) for overlay in overlays)}
    modules = {path: ".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths}
    for path in paths:
        if path in shared:
            importlib.import_module(modules[path])
    left = [modules[path] for path in paths if path not in shared]
    count = min(4, os.cpu_count() or 1) if len(paths) > MANY and hasattr(os, "fork") else 1
    children: list[int] = []
    for part in range(1, count):
        if not (child := os.fork()):
            left, children = left[part::count], []
            break
        children.append(child)
    else:
        left = left[::count]
    for each in left:
        importlib.import_module(each)
    for each in (package, f"{package}.models") if count == 1 else ():
        module = sys.modules[each]
        for name in module.__all__:
            getattr(module, name)
    if any([os.waitpid(child, 0)[1] for child in children]):  # noqa: C419  # all of them are waited for
        raise SystemExit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
