"""Files in both directions: what can be uploaded, and a download that never leaves half a file at its name."""

from __future__ import annotations

import io
import mimetypes
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias, TypeVar, cast

from .codec import Codec, MismatchError
from .errors import APIError, FileError, InvalidArgumentError
from .options import field_value
from .shielding import to_its_end

__all__ = ["FileContent", "FileTypes", "file_from_path"]

T = TypeVar("T")

FileContent: TypeAlias = IO[bytes] | bytes | os.PathLike[str]
"""The content of an upload: a path, an open binary file, or bytes. Files are sent in pieces, never read whole."""

FileTypes: TypeAlias = (
    FileContent
    | tuple[str | None, FileContent]
    | tuple[str | None, FileContent, str | None]
    | tuple[str | None, FileContent, str | None, Mapping[str, str]]
)
"""An upload: its content, or a tuple of file name, content, media type and headers of its part (RFC 7578)."""


DEFAULT_MEDIA_TYPE = "application/octet-stream"
"""What a file is that says nothing of itself."""


@dataclass(slots=True)
class Upload:
    """One file part of a multipart body."""

    name: str
    content: IO[bytes] | bytes | Path = field(repr=False)
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    was_read: bool = field(default=False, compare=False)
    """Whether its content was asked for; what cannot be rewound has none for another try."""


def _upload(value: object) -> Upload:
    given = cast("tuple[object, ...]", value if isinstance(value, tuple) else (None, value))
    if not 2 <= len(given) <= 4:
        raise MismatchError("a file, or a tuple of (name, content, media type, headers)", given)
    name, content, media_type, headers = (*given, None, None)[:4]
    if isinstance(content, os.PathLike):
        content = Path(cast("os.PathLike[str]", content))
        try:
            # Reading is tried now, so that nothing is sent when it cannot work.
            with content.open("rb"):
                pass
        except (OSError, ValueError) as error:
            raise MismatchError(f"a file that can be read ({_reason(error)})", str(content)) from error
        name = content.name if name is None else name
    elif isinstance(content, io.TextIOBase):
        raise MismatchError('a file opened in binary mode ("rb")', content)
    elif isinstance(content, str):
        raise MismatchError("a pathlib.Path, an open binary file, or bytes; for a path as text use Path(…)", content)
    elif not isinstance(content, bytes) and not hasattr(content, "read"):
        raise MismatchError("a pathlib.Path, an open binary file, or bytes", content)
    elif getattr(content, "closed", False):
        raise MismatchError("an open file", None, found="a closed one")
    elif isinstance(content, io.IOBase) and not content.seekable():
        raise MismatchError("a file that has a length, or bytes", None, found="a pipe or the like")
    if name is None and isinstance(called := getattr(content, "name", None), str):
        name = Path(called).name  # an open file says what it is called; what was made from a number does not
    media_type = str(media_type or mimetypes.guess_type(str(name or ""))[0] or DEFAULT_MEDIA_TYPE)
    if not isinstance(headers, Mapping | None):
        raise MismatchError("headers as a mapping", headers)
    return Upload(
        # A name that the system could not decode holds surrogates, which cannot be sent.
        name=str(name or "upload").encode(errors="replace").decode(),
        content=cast("IO[bytes] | bytes | Path", content),
        media_type=field_value("content-type", media_type),
        headers={name: field_value(name, value) for name, value in cast("Mapping[str, str]", headers or {}).items()},
    )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _read(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise MismatchError("bytes", value)
    return value


binary: Codec[bytes] = Codec(_read, _upload)
"""A file on its way to the server, bytes on their way back."""


def file_from_path(path: str) -> tuple[str, bytes]:
    """Return the name and the content of a file, as an upload; a pathlib.Path does it without reading it whole.

    Raises:
        OSError: The file cannot be read.
    """
    return Path(path).name, Path(path).read_bytes()


class Download:
    """A file that takes its name when it is whole, and not before.

    The bytes go to a temporary file in the same folder; `commit` puts it on disk and renames it in one step.

    Args:
        path: The final name. A file that is there already stays as it is until then; a link goes on to lead to it.
        keep_partial: Whether a failed download is kept, as `<path>.partial`, and not removed.

    Raises:
        InvalidArgumentError: This is no path.
        FileError: Nothing can be written there.
    """

    def __init__(self, path: str | os.PathLike[str], *, keep_partial: bool = False) -> None:
        try:
            self._path = Path(os.fsdecode(path))
        except TypeError as error:
            raise InvalidArgumentError(f"the file must be given as a path; got {path!r}") from error
        self._path = self._try(self._followed)
        self._keep_partial = keep_partial
        # A name that has just room in the file system has none for an addition.
        self._temporary = self._path.parent / f".{self._path.name[:48]}.{secrets.token_hex(4)}"
        self._file = self._try(self._open)

    def _followed(self) -> Path:
        return Path(os.path.realpath(self._path)) if self._path.is_symlink() else self._path

    def _open(self) -> IO[bytes]:
        if self._path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        if self._path.exists() and not self._path.is_file():
            raise OSError(0, "it is no regular file, and a rename would take its place")
        return self._temporary.open("xb")

    def _try(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except (OSError, ValueError) as error:
            raise FileError(f"cannot write {self._path}: {_reason(error)}", path=str(self._path)) from error

    def write(self, chunk: bytes) -> None:
        """Add bytes; raises FileError."""
        self._try(lambda: self._file.write(chunk))

    def commit(self) -> None:
        """Give the file its name; raises FileError."""
        self._try(self._finish)

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._path)

    def discard(self, error: BaseException | None) -> None:
        """Remove the temporary file, or keep it as `<path>.partial`, if that can be, and name it in the error."""
        # A file on a full disk may fail to close; its removal must still be tried.
        with suppress(OSError):
            self._file.close()
        if self._keep_partial and isinstance(error, APIError):
            kept = self._path.with_name(f"{self._path.name}.partial")
            try:
                self._temporary.replace(kept)
            except OSError:  # such a long name, or a folder of that name: it stays where it is
                kept = self._temporary
            error.partial_path = str(kept)
            return
        with suppress(OSError):
            self._temporary.unlink()


def save(chunks: Iterator[bytes], download: Download) -> None:
    """Write all chunks; the file has its name afterwards, or something was raised and it has not."""
    try:
        for chunk in chunks:
            download.write(chunk)
        download.commit()
    except BaseException as error:
        download.discard(error)
        raise


async def asave(chunks: AsyncIterator[bytes], download: Download) -> None:
    """Write all chunks; the file has its name afterwards, or something was raised and it has not."""
    try:
        async for chunk in chunks:
            await _in_thread(partial(download.write, chunk))
        await _in_thread(download.commit)
    except BaseException as error:
        download.discard(error)
        raise


async def _in_thread(step: Callable[[], None]) -> None:
    """Take a step that the event loop does not wait for, since disks can be slow; it is over when this returns."""
    import asyncio

    # Nothing may write behind our back.
    await to_its_end(asyncio.to_thread(step))
