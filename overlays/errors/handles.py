"""Objects that belong to this process, such as clients: pickling one raises an error; a `with` block closes it."""

from __future__ import annotations

from types import TracebackType
from typing import ClassVar, NoReturn, Self, SupportsIndex

from . import NotPicklableError


class Handle:
    """The base of objects that hold a connection or the like: copying or pickling one raises NotPicklableError."""

    __slots__ = ()

    _refusal: ClassVar[str] = "can be neither copied nor pickled"
    """The rest of the error message, after the name of the class."""

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise NotPicklableError(f"{type(self).__name__} {self._refusal}")


class Closing(Handle):
    """A handle that is closed at the end of a `with` block."""

    def close(self) -> None:
        """Close it."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClosing(Handle):
    """A handle that is closed at the end of an `async with` block."""

    async def close(self) -> None:
        """Close it."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
