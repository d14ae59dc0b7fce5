"""One copy of the package: its files, whether it is unmodified, and putting it in place."""

from __future__ import annotations

import hashlib
import json
import keyword
import os
import re
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .. import description
from .leaving_out import RefusedError, Sources, leave_out

PACKAGE = Path(__file__).resolve().parents[1]
RECORD = "VENDORED.json"
"""The file in each copy that records its source and its content."""

ATTRIBUTES = ".gitattributes"
"""The file in each copy that makes git keep line endings, whatever `core.autocrlf` is."""

PYTHON = ">=3.11"
REQUIREMENTS: Mapping[str, str] = {
    "anyio": "httpx>=0.28,<1",  # httpx requires it
    "attrs": "attrs>=23.2",
    "certifi": "certifi>=2024.7.4",
    "h11": "h11>=0.16",
    "httpcore": "httpx>=0.28,<1",  # httpx requires it
    "httpx": "httpx>=0.28,<1",
    "websockets": "websockets>=15",
}
"""The requirement for each package that a module imports."""


class ModifiedError(RefusedError):
    """A copy was modified."""


def package_files() -> dict[str, bytes]:
    """Return the files of this package by their path in it."""
    if not PACKAGE.is_dir():
        raise RefusedError(f"{PACKAGE} is no folder: a package inside an archive cannot be copied")
    found = {
        path.relative_to(PACKAGE).as_posix(): _with_lf(path.read_bytes())
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and (path.suffix == ".py" or path.name in ("py.typed", "LICENSE"))
    }
    if "LICENSE" not in found:
        raise RefusedError(f"{PACKAGE} has no LICENSE, which must go with every copy")
    return found


def files_of_copy(only: Collection[str] | None) -> dict[str, bytes]:
    """Return the files of a copy, its record among them.

    Args:
        only: The resources to keep; None for all that this package has.

    Raises:
        RefusedError: These resources cannot be kept alone, or this package is itself a modified copy.
    """
    files = package_files()
    if (PACKAGE / RECORD).exists():
        origin = Copy.read(PACKAGE)
        if origin.edits:
            raise ModifiedError(f"{PACKAGE} is itself a copy, and was edited: {'; '.join(origin.edits)}")
        only = origin.record.only if only is None else only
    if only is not None:
        files = leave_out(files, only)
    files = {**files, ATTRIBUTES: b"* -text\n"}
    record = {
        "package": description.PACKAGE,
        "version": description.VERSION,
        "api_version": description.API_VERSION,
        "description": description.DIGEST,
        "only": None if only is None else sorted(set(only)),
        "python": PYTHON,
        "requirements": _requirements(files),
        "files": {name: _digest(content) for name, content in sorted(files.items())},
    }
    return {**files, RECORD: (json.dumps(record, indent=2) + "\n").encode()}


def _requirements(files: Sources) -> list[str]:
    """Return the requirements of the modules."""
    text = b"\n".join(content for name, content in files.items() if name.endswith(".py"))
    imported = {name.decode() for name in re.findall(rb"^ *(?:import|from) (\w+)", text, re.MULTILINE)}
    return sorted({requirement for name, requirement in REQUIREMENTS.items() if name in imported})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _with_lf(content: bytes) -> bytes:
    """Return a text with LF line endings; a file that git treats as binary is unchanged."""
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")


def _digests(content: bytes) -> set[str]:
    """Return the digests of a file as it is, with LF and with CRLF: git or an editor may change line endings."""
    text = _with_lf(content)
    crlf = content if b"\0" in content else text.replace(b"\n", b"\r\n")
    return {_digest(each) for each in (content, text, crlf)}


@dataclass(frozen=True)
class Record:
    """The source and the content of a copy.

    Args:
        package: The name of the source package.
        version: Its version.
        only: The resources that it was limited to, if any.
        requirements: Its requirements.
        digests: The SHA-256 of each file when it was made.
    """

    package: str
    version: str
    only: list[str] | None
    requirements: list[str]
    digests: dict[str, str]

    @classmethod
    def parse(cls, content: bytes) -> Record:
        """Read the record; raises ValueError, TypeError or KeyError."""
        data = cast("dict[str, Any]", json.loads(content))
        only = data["only"]
        if not (only is None or (isinstance(only, list) and {*map(type, cast("list[object]", only))} <= {str})):
            raise TypeError("`only` is no list of names")
        return cls(
            data["package"], data["version"], cast("list[str] | None", only), data["requirements"], dict(data["files"])
        )


@dataclass(frozen=True)
class Copy:
    """An existing copy, and how its files differ from the record, one sentence each."""

    record: Record
    edits: list[str]

    @classmethod
    def read(cls, folder: Path) -> Copy:
        """Read the copy in a folder; raises RefusedError if there is none of this package."""
        if folder.is_symlink():
            raise RefusedError(f"{folder} is a symbolic link; name the folder itself")
        if not folder.is_dir():
            raise RefusedError(f"{folder} is no folder")
        try:
            record = Record.parse((folder / RECORD).read_bytes())
        except FileNotFoundError as error:
            raise RefusedError(f"{folder} is no copy of this package: it has no {RECORD}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise RefusedError(f"{folder / RECORD} is damaged: {error!r}") from error
        if record.package != description.PACKAGE:
            raise RefusedError(f"{folder} is a copy of {record.package}, not of {description.PACKAGE}")
        return cls(record, _differences(record.digests, folder))


def _differences(made: Mapping[str, str], folder: Path) -> list[str]:
    there: dict[str, set[str]] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        links = [name for name in folders if Path(place, name).is_symlink()]
        for path in [Path(place, name) for name in [*names, *links]]:
            name = path.relative_to(folder).as_posix()
            is_plain = path.is_file() and not path.is_symlink()
            there[name] = _digests(path.read_bytes()) if is_plain else set()
    there.pop(RECORD)
    words = {(True, True): "changed", (True, False): "missing", (False, True): "added"}
    return [
        f"{name} {words[name in made, name in there]}"
        for name in sorted(made.keys() | there.keys())
        if made.get(name) not in there.get(name, ())
    ]


def check_destination(folder: Path) -> None:
    """Raise RefusedError if a copy must not be put there, whatever is there now."""
    if not folder.name.isidentifier() or keyword.iskeyword(folder.name):
        raise RefusedError(f"{folder.name!r} cannot be imported: the last part of DEST becomes the package's name")
    if folder.is_symlink():
        raise RefusedError(f"{folder} is a symbolic link; name the folder itself")
    if not folder.parent.is_dir():
        raise RefusedError(f"{folder.parent} is not there; make it first")
    place = folder.resolve()
    if place.is_relative_to(PACKAGE) or PACKAGE.is_relative_to(place):
        raise RefusedError(f"{folder} is this package itself, or inside or around it; choose another place")


def replaceable(folder: Path) -> Copy | None:
    """Return the existing copy if it may be replaced, None if nothing is there; raises RefusedError."""
    if not folder.is_symlink() and (not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))):
        return None
    there = Copy.read(folder)
    if there.edits:
        raise ModifiedError(f"{folder} was edited since it was made: {'; '.join(there.edits)}")
    return there


def place(files: Mapping[str, bytes], folder: Path) -> None:
    """Put a copy in place atomically: a failure at any time leaves what was there."""
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            if folder.exists():
                folder.rename(old)
                if any(old.iterdir()) and (edits := Copy.read(old).edits):
                    raise ModifiedError(f"{folder} was edited a moment ago: {'; '.join(edits)}")
            new.rename(folder)
        except BaseException:
            if old.exists() and not folder.exists():
                old.rename(folder)
            raise
