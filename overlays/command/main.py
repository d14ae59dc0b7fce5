"""The entry point: what it needs is there, and what takes long is loaded late."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .table import INSTALL, PROGRAM


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; `failures` has them all.

    Args:
        arguments: What stands behind the name of the program; that of the process if None.
    """
    missing = [name for name in ("click", "rich") if not _is_installed(name)]
    if missing:
        print(f"{PROGRAM}: the command needs {' and '.join(missing)}: {INSTALL}", file=sys.stderr)
        return 1
    if "inspect" not in sys.modules:
        sys.modules["inspect"] = _Later("inspect")
    gc.disable()  # nothing that is loaded is dropped; the command enables it when it runs
    try:
        from .running import run

        return run(sys.argv[1:] if arguments is None else list(arguments))
    finally:
        gc.enable()


def _is_installed(name: str) -> bool:
    # As importlib.util.find_spec, which takes longer to import than this does.
    return name in sys.modules or any(finder.find_spec(name, None) is not None for finder in sys.meta_path)


class _Later(ModuleType):
    """A module that is imported when something of it is used.

    A third of what Click takes to import is `inspect`, which it uses for docstrings, of which this program shows none.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks a module
            raise AttributeError(name)
        from importlib import import_module

        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        module = import_module(self.__name__)
        vars(self).update(vars(module))
        return getattr(module, name)
