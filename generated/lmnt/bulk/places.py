"""Where the files of a run go: a folder, or any path of fsspec, such as `s3://bucket/speech`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from ..errors import FileError, InvalidArgumentError
from ..values.files import reason_of
from .manifest import Line

T = TypeVar("T")


class Folder:
    """A folder of this machine, which is made if it is not there.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.run = ""
        """What tells this run from another one into the same folder at the same time."""

    def prepare(self) -> None:
        """Make the folder; raises FileError."""
        _made(self.root)

    def size(self, out: str) -> int | None:
        """Return the size of a file; None if it is not there."""
        try:
            return (self.root / out).stat().st_size
        except (OSError, ValueError):
            return None

    def begin(self, line: Line) -> Path:
        """Return where to write the file of a line until it is whole; the next run will write to the same path.

        Raises:
            FileError: Its folder cannot be made, or what is no file is in its place.
        """
        path = self.root / line.out
        _made(path.parent)
        if path.exists() and not path.is_file():
            raise FileError(f"cannot write {path}: it is a folder, or no regular file", path=str(path))
        return path.with_name(f".{path.name[:48]}.{line.digest}{self.run}")

    def end(self, line: Line, path: Path) -> None:
        """Give a file that was written its name; raises FileError."""
        target = self.root / line.out
        try:
            path.replace(target)
        except OSError as error:
            raise FileError(f"cannot write {target}: {reason_of(error)}", path=str(target)) from error

    def drop(self, path: Path) -> None:
        """Remove what is left of a file that was not written."""


class Remote:
    """A path of fsspec. A file is sent when it is whole, so that none is there in part.

    Args:
        url: The path.

    Raises:
        InvalidArgumentError: fsspec, or what it needs for this path, is not installed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._files, self._root = self._opened()
        self._sizes: dict[str, int | None] | None = None

    def __reduce__(self) -> tuple[type[Remote], tuple[str]]:
        return type(self), (self._url,)

    def _opened(self) -> tuple[Any, str]:
        try:
            url_to_fs: Any = import_module("fsspec.core").url_to_fs  # it has no types
        except ImportError as error:
            raise InvalidArgumentError(f"fsspec is needed to write to {self._url}: pip install fsspec") from error
        try:
            files, root = url_to_fs(self._url)
        except (ImportError, ValueError) as error:
            raise InvalidArgumentError(f"fsspec cannot write to {self._url}: {error}") from error
        return files, str(root).rstrip("/")

    def _try(self, out: str, step: str, *arguments: Any, **options: Any) -> Any:
        try:
            return getattr(self._files, step)(*arguments, **options)
        except Exception as error:  # each kind of place raises errors of its own
            where = f"{self._url.rstrip('/')}/{out}"
            raise FileError(f"cannot {step.partition('_')[0]} {where}: {reason_of(error)}", path=where) from error

    def prepare(self) -> None:
        """Make the folder, where there are any; raises FileError."""
        self._try("", "makedirs", self._root, exist_ok=True)

    def size(self, out: str) -> int | None:
        """Return the size of a file; None if it is not there. Raises FileError."""
        if self._sizes is None:
            is_there = self._try("", "exists", self._root)
            found: Mapping[str, Any] = self._try("", "find", self._root, detail=True) if is_there else {}
            self._sizes = {name.removeprefix(self._root).lstrip("/"): each.get("size") for name, each in found.items()}
        return self._sizes.get(out)

    def begin(self, line: Line) -> Path:
        """Return where to write the file of a line until it is whole; raises FileError."""
        try:
            handle, name = tempfile.mkstemp(suffix=f".{line.digest}")
        except OSError as error:
            raise FileError(f"cannot write a temporary file: {reason_of(error)}", path=tempfile.gettempdir()) from error
        os.close(handle)
        return Path(name)

    def end(self, line: Line, path: Path) -> None:
        """Send a file that was written; raises FileError."""
        target = f"{self._root}/{line.out}"
        try:
            self._try(line.out, "makedirs", target.rpartition("/")[0], exist_ok=True)
            self._try(line.out, "put_file", str(path), target)
        finally:
            self.drop(path)

    def drop(self, path: Path) -> None:
        """Remove what is left of a file that was not written."""
        path.unlink(missing_ok=True)


Place = Folder | Remote


def place_of(out: str | os.PathLike[str]) -> Place:
    """Return where the files go; raises InvalidArgumentError."""
    try:
        text = os.fsdecode(out)
    except TypeError as error:
        raise InvalidArgumentError(f"out has to be a folder or a path of fsspec; got {out!r:.100}") from error
    if not text or "\0" in text:
        raise InvalidArgumentError(f"out has to be a folder or a path of fsspec; got {text!r:.100}")
    if "://" in text and not text.startswith("file://"):
        return Remote(text)
    return Folder(Path(text.removeprefix("file://")))


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise FileError(f"cannot make the folder {folder}: {reason_of(error)}", path=str(folder)) from error
