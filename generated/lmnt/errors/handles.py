"""What belongs to this process, such as a connection: it cannot be pickled, and says what to do instead."""

from __future__ import annotations

from typing import ClassVar, NoReturn, SupportsIndex

from . import NotPicklableError


class Handle:
    """The base of what stands for something that no copy would have: to copy or pickle it is a NotPicklableError."""

    __slots__ = ()

    _refusal: ClassVar[str] = "can be neither copied nor pickled"
    """What is said of it, in words that follow its name."""

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise NotPicklableError(f"{type(self).__name__} {self._refusal}")
