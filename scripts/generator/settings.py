"""What openapi/generator.yaml says, or the command line in its place."""

from __future__ import annotations

import keyword
import sys
from dataclasses import dataclass
from pathlib import Path

from .description import Failure, load
from .naming import class_name

ROOT = Path(__file__).resolve().parents[2]

TAKEN = {*sys.stdlib_module_names, "attr", "attrs", "h2", "httpcore", "httpx", "websockets"}
"""Names of packages that every client imports, or that Python itself has."""


@dataclass(frozen=True)
class Settings:
    """What to make of which description, and where to put it."""

    spec: Path
    out: Path
    package: str
    client: str
    version: str
    overlays: list[str]

    @property
    def shown_spec(self) -> str:
        """The description, as the first line of each rendered module names it."""
        name = "".join(each for each in self.spec.name if each.isprintable())
        return f"openapi/{name}" if self.spec.parent == ROOT / "openapi" else name

    @classmethod
    def read(cls, spec: Path | None = None, package: str | None = None, out: Path | None = None) -> Settings:
        """Read the settings; refuses keys it does not know."""
        path = ROOT / "openapi" / "generator.yaml"
        data = load(path)
        known = {"package", "client", "version", "overlays"}
        unknown = (data.keys() - known) | (data["overlays"].keys() - {"shared", "own"})
        if unknown:
            raise Failure(f"{path.name}: unknown key {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        name = package or data["package"]
        if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name) or name in TAKEN:
            raise Failure(f"--package {name!r} is no name that a package can have beside those it imports")
        return cls(
            spec=(spec or ROOT / "openapi" / "lmnt.yaml").resolve(),
            out=(out or ROOT / "generated").resolve(),
            package=name,
            client=class_name(package) if package else data["client"],
            version=data["version"],
            overlays=[*data["overlays"]["shared"], *([] if spec else data["overlays"]["own"])],
        )
