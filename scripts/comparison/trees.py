"""The two trees that are compared: folders, or revisions laid out in a temporary folder."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.version import VERSION_PATTERN, Version

from generator.description import load
from generator.report import Failure

from .package import Surface
from .wire import Api

PARTS = ("openapi", "generated")
"""What is compared of a tree."""


@dataclass(frozen=True)
class Tree:
    """A tree of this project.

    Args:
        name: What to call it.
        folder: Where it is.
    """

    name: str
    folder: Path

    @cached_property
    def _settings(self) -> tuple[str, str]:
        data = load(self.folder / "openapi" / "generator.yaml")
        try:
            return str(data["package"]), str(data["version"])
        except KeyError as error:
            raise Failure(f"{self.name}: openapi/generator.yaml has no {error}") from error

    @property
    def package(self) -> str:
        """The name of the package."""
        return self._settings[0]

    @property
    def version(self) -> str:
        """The version of the package."""
        return self._settings[1]

    @cached_property
    def api(self) -> Api:
        """What its description says."""
        paths = [path for path in sorted((self.folder / "openapi").glob("*.yaml")) if path.name != "generator.yaml"]
        # The server has other descriptions beside the package's, which then has its name.
        paths = [path for path in paths if path.stem == self.package] or paths
        found = [each for each in map(load, paths) if "openapi" in each]
        if len(found) != 1:
            raise Failure(f"{self.name}: openapi/ holds {len(found)} descriptions; it must be one")
        return Api(found[0])

    @cached_property
    def surface(self) -> Surface:
        """What its package offers."""
        if not (self.folder / "generated" / self.package).is_dir():
            raise Failure(f"{self.name} has no generated/{self.package}")
        operations = [*self.api.operations, *self.api.sessions]
        return Surface(self.folder / "generated", self.package, self.api.users(), operations, self.api.sides())


def open_tree(root: Path, named: str, scratch: Path) -> Tree:
    """Return the tree in a folder, or that of a revision of the repository in `root`, laid out in `scratch`."""
    if (Path(named) / "openapi").is_dir():
        return Tree(named, Path(named).resolve())
    commit = _git(root, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{named}^{{commit}}")
    if commit.returncode:
        raise Failure(f"{named!r} is neither a folder with openapi/ in it nor a revision of this repository")
    archive = _git(root, "archive", "--format=tar", commit.stdout.decode().strip(), *PARTS)
    if archive.returncode:
        raise Failure(f"the revision {named!r} has no {' and '.join(PARTS)}: {archive.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(scratch, filter="data")
    return Tree(named, scratch)


def last_tag(root: Path) -> str | None:
    """Return the tag of the highest version among those behind the working tree, such as v0.1.0; None if there is none.

    Raises:
        Failure: There is a repository, and git cannot read it.
    """
    if not (root / ".git").exists():
        return None
    found = _git(root, "tag", "--merged", "HEAD")
    if found.returncode:
        raise Failure(f"git cannot list the tags: {found.stderr.decode().strip()}")
    versions = [
        name for name in found.stdout.decode().split() if re.fullmatch(VERSION_PATTERN, name, re.VERBOSE | re.I)
    ]
    return max(versions, key=Version, default=None)


def is_shallow(root: Path) -> bool:
    """Whether the repository holds a part of its history alone."""
    return _git(root, "rev-parse", "--is-shallow-repository").stdout == b"true\n"


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise Failure("git is not installed; name two folders") from error
