"""Downloads to files: an incomplete file never has the final name."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from ..errors import APIError, FileError, InvalidArgumentError
from ..transport.event_loops import Awaited, at_once, in_thread
from ..values.files import reason_of

T = TypeVar("T")


def path_of(path: str | os.PathLike[str]) -> Path:
    """Return a path that an application has given; raises InvalidArgumentError."""
    try:
        return Path(os.fsdecode(path))
    except TypeError as error:
        raise InvalidArgumentError(f"the file must be given as a path; got {path!r}") from error


class Download:
    """A file that gets its name only when the download is complete.

    The bytes go to a temporary file in the same folder, which `open` makes; `commit` syncs it to disk and renames it
    atomically.

    Args:
        path: The final name. An existing file is unchanged until `commit`; a symbolic link is followed and kept.
        keep_partial: Whether a failed download is kept as `<path>.partial`.
        temporary: The temporary file, which is overwritten if it is there; by default one with a new name.

    Raises:
        InvalidArgumentError: It is not a path.
        FileError: It leads nowhere.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, keep_partial: bool = False, temporary: Path | None = None
    ) -> None:
        self._path = path_of(path)
        self._path = self._try(self._followed)
        self._keep_partial = keep_partial
        # A name of the maximum length cannot be extended.
        self._temporary = temporary or self._path.parent / f".{self._path.name[:48]}.{os.urandom(4).hex()}"
        self._mode = "xb" if temporary is None else "wb"
        self._file: IO[bytes]

    def open(self) -> None:
        """Make the temporary file; `discard` removes it, also after an interrupt in here. Raises FileError."""
        self._file = self._try(self._open)

    def _followed(self) -> Path:
        return Path(os.path.realpath(self._path)) if self._path.is_symlink() else self._path

    def _open(self) -> IO[bytes]:
        if self._path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        if self._path.exists() and not self._path.is_file():
            raise OSError(0, "it is no regular file, and a rename would take its place")
        return cast("IO[bytes]", self._temporary.open(self._mode))

    def _try(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except (OSError, ValueError) as error:
            raise FileError(f"cannot write {self._path}: {reason_of(error)}", path=str(self._path)) from error

    def write(self, chunk: bytes) -> None:
        """Add bytes; raises FileError."""
        self._try(lambda: self._file.write(chunk))

    def begin_with(self, data: bytes) -> None:
        """Replace the first bytes, which were written before; raises FileError."""
        self._try(lambda: (self._file.seek(0), self._file.write(data)))

    def commit(self) -> None:
        """Give the file its name; raises FileError."""
        self._try(self._finish)

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._path)

    def discard(self, error: BaseException | None) -> None:
        """Remove the temporary file, or keep it as `<path>.partial` if possible, and name it in the error."""
        # A file on a full disk may fail to close; its removal must still be tried.
        with suppress(OSError):
            if hasattr(self, "_file"):
                self._file.close()
        if self._keep_partial and isinstance(error, APIError):
            kept = self._path.with_name(f"{self._path.name}.partial")
            try:
                self._temporary.replace(kept)
            except OSError:  # the name is too long, or a folder has it: the file stays where it is
                kept = self._temporary
            error.partial_path = str(kept)
            return
        with suppress(OSError, ValueError):  # it is not there, or its name can be none
            self._temporary.unlink()


async def asave(
    chunks: AsyncIterator[bytes],
    path: str | os.PathLike[str],
    *,
    keep_partial: bool = False,
    temporary: Path | None = None,
    do: Callable[[Callable[[], None]], Awaitable[None]] = in_thread,
) -> None:
    """Write all chunks and commit the file; if anything is raised, the file has not got its name. See Download."""
    download = Download(path, keep_partial=keep_partial, temporary=temporary)
    try:
        download.open()
        async for chunk in chunks:
            await do(partial(download.write, chunk))
        await do(download.commit)
    except BaseException as error:
        download.discard(error)
        raise


def save(chunks: Iterable[bytes], path: str | os.PathLike[str], **options: Any) -> None:
    """Do what `asave` does, here."""
    at_once(asave(Awaited(chunks), path, do=_here, **options))


async def _here(step: Callable[[], None]) -> None:
    step()
