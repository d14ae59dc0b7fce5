"""Files to upload, in all the forms in which they can be given."""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Mapping
from typing import IO, TYPE_CHECKING, Annotated, Any, Protocol, TypeAlias, cast, runtime_checkable

from ..hints.pydantic_schemas import File
from ..values.header_fields import field_value
from .codec import Codec, MismatchError, string

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileContent", "FileTypes", "file_from_path"]


@runtime_checkable
class Readable(Protocol):
    """An open binary file: Python's, or the upload of a framework.

    Files with an async `read`, such as Starlette's UploadFile and the files of aiofiles and anyio, are for async
    clients.
    """

    def read(self, size: int = -1, /) -> bytes | Awaitable[bytes]:
        """Return up to so many bytes, or all that are left."""
        ...


FileContent: TypeAlias = Annotated[Readable | bytes | bytearray | memoryview | os.PathLike[str], File()]
"""The content of an upload: a path, an open binary file, or bytes.

Files are sent in pieces, from their start, and never read into memory as a whole. A file that cannot seek is first
copied to a temporary file, so that its length is known and it can be sent again.
"""

FileTypes: TypeAlias = Annotated[
    FileContent
    | tuple[str | None, FileContent]
    | tuple[str | None, FileContent, str | None]
    | tuple[str | None, FileContent, str | None, Mapping[str, str]],
    File(),
]
"""An upload: its content, or a tuple of file name, content, media type and headers of its part (RFC 7578)."""


DEFAULT_MEDIA_TYPE = "application/octet-stream"
"""The media type of a file whose type is unknown."""


class Upload:
    """One file part of a multipart body; `is_awaited` says that the `read` of its content is async."""

    def __init__(
        self,
        name: str,
        content: Readable | bytes | Path,
        media_type: str,
        headers: Mapping[str, str] | None = None,
        is_awaited: bool = False,
    ) -> None:
        self.name = name
        self.content = content
        self.media_type = media_type
        self.headers = headers or {}
        self.is_awaited = is_awaited
        self.spool: IO[bytes] | None = None
        """A copy of content that cannot seek, kept for as long as the call may send it again."""

    def close(self) -> None:
        """Release the copy that was kept for retries."""
        if self.spool is not None:
            self.spool.close()


def _upload(value: object) -> Upload:
    given = cast("tuple[object, ...]", value if isinstance(value, tuple) else (None, value))
    if not 2 <= len(given) <= 4:
        raise MismatchError("a file, or a tuple of (name, content, media type, headers)", given)
    name, content, media_type, headers = (*given, None, None)[:4]
    if not isinstance(headers, Mapping | None):
        raise MismatchError("headers as a mapping", headers)
    is_path = isinstance(content, os.PathLike)
    if is_path:
        content = _path(cast("os.PathLike[str]", content))
    elif not hasattr(content, "read"):
        content = _bytes(content)
    is_awaited = not is_path and not isinstance(content, bytes) and _is_awaited(content)
    called, kind = _name_and_type(content)
    # A name that the system could not decode has surrogates, which cannot be sent.
    name = str(name or called or "upload").encode(errors="replace").decode()
    import mimetypes  # reads the system's tables when it is first used

    media_type = str(media_type or kind or mimetypes.guess_type(name)[0] or DEFAULT_MEDIA_TYPE)
    return Upload(
        name=name,
        content=cast("Readable | bytes | Path", content),
        media_type=field_value("content-type", media_type),
        headers={name: field_value(name, value) for name, value in cast("Mapping[str, str]", headers or {}).items()},
        is_awaited=is_awaited,
    )


def _name_and_type(content: object) -> tuple[str, str]:
    """Return the name and the media type that a file object tells."""
    kind = getattr(content, "content_type", "")
    # An object with a media type is a framework's upload, whose `name` may be that of a form field.
    called = (kind != "" and getattr(content, "filename", None)) or getattr(content, "name", None)
    name = os.path.basename(called) if isinstance(called, str) else ""  # noqa: PTH119  # `pathlib` takes long to import
    return name, kind if isinstance(kind, str) else ""


def _path(content: os.PathLike[str]) -> Path:
    from pathlib import Path

    try:
        path = Path(os.fsdecode(content))
        if path.exists() and not path.is_file() and not path.is_dir():
            raise MismatchError("a regular file, or bytes", None, found="a pipe or a device")
        # Opened now, so that nothing is sent if it cannot be read.
        with path.open("rb"):
            return path
    except MismatchError:
        raise
    except Exception as error:  # path types of other packages raise errors of their own
        raise MismatchError(f"a file that can be read ({reason_of(error)})", str(content)) from error


def _bytes(content: object) -> bytes:
    if isinstance(content, str):
        raise MismatchError("a pathlib.Path, an open binary file, or bytes; for a path as text use Path(…)", content)
    try:
        view = memoryview(cast("bytes", content))
        if "O" not in view.format:  # not the addresses of Python objects
            return content if isinstance(content, bytes) else view.tobytes()
    except (TypeError, ValueError, BufferError):
        pass
    raise MismatchError("a pathlib.Path, an open binary file, or bytes", content)


def _is_awaited(content: Any) -> bool:
    """Whether the `read` of a file is async; raises MismatchError for a file that cannot be sent."""
    if getattr(content, "closed", False) is True:
        raise MismatchError("an open file", None, found="a closed one")
    if not inspect.iscoroutinefunction(content.read):
        try:
            if not getattr(content, "readable", lambda: True)():
                raise MismatchError("a file that is open for reading", None, found="one that is open for writing")
            start = content.read(0)
        except MismatchError:
            raise
        except Exception as error:  # file types of other packages raise errors of their own
            raise MismatchError(f"a file that can be read ({reason_of(error)})", content) from error
        if isinstance(start, bytes | bytearray | memoryview):
            return False
        if inspect.iscoroutine(start):
            start.close()
        elif not inspect.isawaitable(start):
            raise MismatchError('a file opened in binary mode ("rb")', content)
    if isinstance(getattr(content, "encoding", None), str):
        raise MismatchError('a file opened in binary mode ("rb")', content)
    return True


def reason_of(error: Exception) -> str:
    """Return the reason of an OSError, for a sentence about a file."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


binary: Codec[str] = Codec(string.read, _upload)
"""A file in requests; in responses, the string that JSON has in its place."""


def _part(value: object) -> object:
    if isinstance(value, list):
        return [_part(item) for item in cast("list[object]", value)]
    if hasattr(value, "to_dict"):
        return cast("Any", value).to_dict()
    is_ready = value is None or isinstance(value, str | int | float | Mapping | Upload)
    return value if is_ready else _upload(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # a mapping of anything


part_of_any_kind: Codec[object] = Codec(lambda value: value, _part)
"""A field of a multipart form of an unknown type, which may be a file."""


def file_from_path(path: str) -> tuple[str, bytes]:
    """Return the name and the content of a file, as an upload; a pathlib.Path avoids reading it into memory.

    Raises:
        OSError: The file cannot be read.
    """
    from pathlib import Path

    return Path(path).name, Path(path).read_bytes()
