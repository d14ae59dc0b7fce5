"""Files on their way out: opened when they are sent, and read in pieces; their failures are errors of ours."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import httpx

from ..errors import InvalidArgumentError
from ..files import Upload


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A file as a body, sent in pieces from its start; the same for those who wait and those who await."""

    def __init__(self, content: bytes | _Readable) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self._content, bytes):
            yield self._content
            return
        self._content.seek(0)
        while piece := self._content.read(_PIECE):
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


_PIECE = 1 << 16


def size_of(content: bytes | _Readable) -> int:
    """Return how many bytes a content has."""
    return len(content) if isinstance(content, bytes) else int(content.seek(0, os.SEEK_END))


class _Readable:
    """A file whose failures are told as errors of ours, not as lost connections."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def fileno(self) -> int:
        # httpx would ask the system for the length, which knows nothing of buffers and of compressed files.
        raise io.UnsupportedOperation("fileno")

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise InvalidArgumentError(f"cannot read {self._name}: {error.strerror or error}") from error


def opened(upload: Upload, files: ExitStack) -> bytes | _Readable:
    """Return the content of an upload; a file that is opened for it ends with `files`. Raises InvalidArgumentError."""
    content = upload.content
    if isinstance(content, bytes):
        return content
    if isinstance(content, Path):
        try:
            return _Readable(files.enter_context(content.open("rb")), str(content))
        except OSError as error:
            raise InvalidArgumentError(f"cannot read {content}: {error.strerror}") from error
    if upload.was_read and not (hasattr(content, "seek") and getattr(content, "seekable", lambda: True)()):
        raise InvalidArgumentError(f"{upload.name} cannot be sent again, since it cannot be rewound: give its bytes")
    upload.was_read = True
    return _Readable(content, upload.name)


def part_of(part: str | Upload, files: ExitStack) -> tuple[Any, ...]:
    """Return a part of a multipart body as httpx takes one; as `opened`."""
    if isinstance(part, str):
        return (None, part.encode())
    return (part.name, opened(part, files), part.media_type, part.headers)
