"""What the modules of overlays/ offer and need: a package has the names of those that go into it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from functools import cache

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
        found |= dict.fromkeys(_listed((places.ROOT / "overlays" / overlay).read_text(encoding="utf-8")), module)
    return dict(sorted(found.items()))


@cache
def _listed(source: str) -> list[str]:
    found = re.search(r"^__all__ = (\[.*?\])", source, re.MULTILINE | re.DOTALL)
    return list(ast.literal_eval(found[1])) if found else []
