"""Objects that belong to this process, such as clients: pickling one raises an error that says what to do."""

from __future__ import annotations

from typing import ClassVar, NoReturn, SupportsIndex

from . import NotPicklableError


class Handle:
    """The base of objects that hold a connection or the like: copying or pickling one raises NotPicklableError."""

    __slots__ = ()

    _refusal: ClassVar[str] = "can be neither copied nor pickled"
    """The rest of the error message, after the name of the class."""

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise NotPicklableError(f"{type(self).__name__} {self._refusal}")
