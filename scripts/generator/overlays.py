"""What the modules of overlays/ offer and need: a package has the names of those that go into it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from . import settings as places
from .naming import CLIENT_NAMES
from .report import Failure
from .settings import Settings


def requirements(overlays: list[str]) -> list[str]:
    """Return what has to be installed for a package of some overlays, as its own `vendor` knows it."""
    texts = [(places.ROOT / "overlays" / overlay).read_text(encoding="utf-8") for overlay in overlays]
    imported = {name for text in texts for name in re.findall(r"^ *(?:import|from) (\w+)", text, re.MULTILINE)}
    copying = ast.parse((places.ROOT / "overlays" / "vendor" / "copying.py").read_text(encoding="utf-8"))
    known = next(
        ast.literal_eval(node.value)
        for node in copying.body
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "REQUIREMENTS" and node.value
    )
    return sorted({requirement for name, requirement in known.items() if name in imported | {"attrs"}})


def check_client(settings: Settings) -> None:
    """Refuse a client whose name, or that of its errors, is one of the package already."""
    taken = {*exports([*settings.overlays, *settings.optional], settings.modules), *CLIENT_NAMES}
    for name in (settings.client, f"Async{settings.client}", f"{settings.client}Error"):
        if name in taken:
            raise Failure(f"--package {settings.package!r}: {name} is another name of the package; take another name")


def exports(overlays: list[str], modules: Collection[str] = ()) -> dict[str, str]:
    """Return the names that overlays list in __all__, and the module of each; `modules` keep theirs to themselves."""
    found: dict[str, str] = {}
    for overlay in overlays:
        if overlay.removesuffix("/__init__.py") in modules:
            continue
        module = overlay.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        path = f"{places.ROOT}/overlays/{overlay}"
        modified = os.stat(path).st_mtime_ns  # noqa: PTH116  # to make a Path of it takes longer than to look
        found |= dict.fromkeys(_listed(path, modified), module)
    return dict(sorted(found.items()))


@cache  # a process that makes many packages reads each overlay once, and again when it has changed
def _listed(path: str, _modified: int) -> list[str]:
    source = Path(path).read_text(encoding="utf-8")
    found = re.search(r"^__all__ = (\[.*?\])", source, re.MULTILINE | re.DOTALL)
    return re.findall(r'"(\w+)"', found[1]) if found else []
