"""Sending files: opened when they are sent and read in pieces; their failures are errors of ours.

All is written once, as coroutines: in a sync client they never suspend.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any, TypeVar

from .. import description
from ..errors import Error, InvalidArgumentError
from ..settings.deadline import Deadline
from ..values.files import Upload, reason_of
from .event_loops import is_asyncio, iterated
from .limits import Phase, TimedOut

T = TypeVar("T")

PIECE = 1 << 16
"""Bytes read at a time."""

SPOOL = 1 << 20
"""Bytes of a file that cannot seek that are kept in memory; a larger one goes to a temporary file."""


async def opened(
    sections: Sequence[bytes | Upload], files: ExitStack, deadline: Deadline | None, *, awaits: bool
) -> bytes | Body | None:
    """Open the files of a body, which `files` closes; returns None without a body.

    Raises InvalidArgumentError if a file cannot be read, or is async in a sync client.
    """
    ready = [each if isinstance(each, bytes) else await _opened(each, files, deadline, awaits) for each in sections]
    if len(ready) == 1 and isinstance(ready[0], bytes):
        return ready[0]
    return Body(ready) if ready else None


async def _opened(upload: Upload, files: ExitStack, deadline: Deadline | None, awaits: bool) -> File:
    if upload.is_awaited and not awaits:
        hint = f"give its bytes or a plain file, or use Async{description.NAME}"
        raise InvalidArgumentError(f"{upload.name} is a file that must be awaited: {hint}")
    with _reading(upload.name):
        content: Any = upload.spool or upload.content
        if isinstance(content, os.PathLike):
            path: Any = content  # a pathlib.Path
            content = files.enter_context(path.open("rb"))
        size = await _size(content, deadline)
        if size is None:
            if awaits and not upload.is_awaited and not getattr(content, "seekable", lambda: True)():
                raise ValueError("a pipe or the like would hold up the event loop; give its bytes")
            import tempfile

            upload.spool = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115  # also used by retries
            size, content = await _fill(upload.spool, content, deadline), upload.spool
        await _result(content.seek(0), deadline)
        start = await _result(content.read(1), deadline)
        if isinstance(start, str):
            raise ValueError("it gives texts; open it in binary mode")
        if bool(start) != bool(size):
            raise ValueError("it does not tell how long it is")
    return File(content, upload.name, size, deadline)


async def _size(content: Any, deadline: Deadline | None) -> int | None:
    """Return the size of a file in bytes; None if it is unknown, as for a pipe or a framework's UploadFile."""
    try:
        end = await _result(content.seek(0, os.SEEK_END), deadline)
        return int(await _result(content.tell(), deadline) if end is None else end)
    except (AttributeError, TypeError, OSError, ValueError):
        return None


async def _fill(spool: IO[bytes], content: Any, deadline: Deadline | None) -> int:
    """Copy a file, from its start if it can seek; returns its size in bytes."""
    try:
        await _result(content.seek(0), deadline)
        is_rewound = True
    except (AttributeError, TypeError, OSError, ValueError):
        is_rewound = False
    while piece := await _result(content.read(PIECE), deadline):
        spool.write(piece)
    if not spool.tell() and not is_rewound:
        raise ValueError("nothing is left to read, and it cannot be rewound; give its bytes")
    return spool.tell()


async def _result(value: Any, deadline: Deadline | None) -> Any:
    """Return a value, awaited if the file is async; raises if that takes until the deadline."""
    if not inspect.isawaitable(value):
        if deadline is not None and not deadline.remaining:
            raise TimedOut(Phase.WRITE)
        return value
    if deadline is None:
        return await value
    if not is_asyncio():
        import anyio

        with anyio.move_on_after(deadline.remaining):
            return await value
        raise TimedOut(Phase.WRITE)
    import asyncio

    limit = asyncio.timeout(deadline.remaining)
    try:
        async with limit:
            return await value
    except TimeoutError as error:
        if limit.expired():
            raise TimedOut(Phase.WRITE) from error
        raise


@contextmanager
def _reading(name: str) -> Generator[None]:
    """Turn exceptions of a file into errors of the file, not of the connection."""
    try:
        yield
    except (Error, TimedOut):
        raise
    except Exception as error:  # file types of other packages raise errors of their own
        raise InvalidArgumentError(f"cannot read {name}: {reason_of(error)}") from error


class File:
    """An open file of known size, whose methods may be async."""

    def __init__(self, content: Any, name: str, size: int, deadline: Deadline | None) -> None:
        self._content = content
        self._name = name
        self._size = size
        self._deadline = deadline

    def __len__(self) -> int:
        return self._size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Return its pieces from the start; raises InvalidArgumentError."""
        with _reading(self._name):
            await _result(self._content.seek(0), self._deadline)
        left = self._size
        while left:
            with _reading(self._name):
                piece = await _result(self._content.read(min(left, PIECE)), self._deadline)
                if not 0 < len(piece) <= left:
                    raise ValueError("its length changed while it was sent")
            left -= len(piece)
            yield bytes(piece)


class Body:
    """A body of known length, sent in pieces, any number of times; sync and async."""

    def __init__(self, sections: Sequence[bytes | File]) -> None:
        self._sections = sections
        self._size = sum(map(len, sections))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        return iterated(aiter(self))

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        for each in self._sections:
            if isinstance(each, bytes):
                yield each
            else:
                async for piece in each:
                    yield piece
