"""What a body is handed out as: its bytes, its text or its lines, in pieces, with no I/O."""

from __future__ import annotations

import codecs
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from ..errors import InvalidArgumentError

T = TypeVar("T")


class Parts(ABC, Generic[T]):
    """Makes the parts that are handed out from the chunks received."""

    is_over = False
    """Whether all was received, whatever may follow."""

    proves_end = True
    """Whether an end without a failure proves that the body is complete."""

    @abstractmethod
    def feed(self, chunk: bytes) -> Iterable[T]:
        """Add a chunk and return the complete parts."""

    @abstractmethod
    def end(self) -> Iterable[T]:
        """Return the parts left at the end of the body; raises BodyFailure if it ended within a part."""

    def broken(self) -> Iterable[T]:
        """Return the parts left when the body broke off, to hand out before the error; none that is incomplete."""
        return ()


class Pieces(Parts[bytes]):
    """Bytes, in pieces of one size; without a size, as they are received."""

    def __init__(self, size: int | None = None) -> None:
        if size is not None and size < 1:
            raise InvalidArgumentError(f"chunk_size must be at least 1, or None for pieces as they come; got {size}")
        self._size = size
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Add a chunk and return the pieces of full size."""
        if self._size is None:
            if chunk:
                yield chunk
            return
        self._rest += chunk
        while len(self._rest) >= self._size:
            piece = bytes(self._rest[: self._size])
            del self._rest[: self._size]
            yield piece

    def end(self) -> Iterator[bytes]:
        """Return the last, shorter piece, once."""
        if self._rest:
            piece, self._rest = bytes(self._rest), bytearray()
            yield piece

    broken = end


class Texts(Parts[str]):
    """Text, in pieces."""

    def __init__(self, encoding: str, size: int | None = None) -> None:
        self._pieces = Pieces(size)
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Add a chunk and return its text, up to the last complete character."""
        return map(self._decoder.decode, self._pieces.feed(chunk))

    def end(self) -> Iterator[str]:
        """Return the last text."""
        yield from self.broken()
        if rest := self._decoder.decode(b"", final=True):
            yield rest

    def broken(self) -> Iterator[str]:
        """Return the last text, without an incomplete character."""
        return map(self._decoder.decode, self._pieces.broken())


class Lines(Parts[str]):
    """The lines of a text, without their ends."""

    def __init__(self, encoding: str) -> None:
        self._texts = Texts(encoding)
        self._rest = ""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Add a chunk and return the complete lines."""
        return self._lines(self._texts.feed(chunk))

    def end(self) -> Iterator[str]:
        """Return the last line, which may lack a line end."""
        yield from self._lines(self._texts.end())
        if self._rest:
            yield self._rest.rstrip("\r")

    def _lines(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            lines = (self._rest + text).splitlines(keepends=True)
            # A lone \r at the very end may be the first half of \r\n.
            self._rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
            for line in lines:
                yield line.rstrip("\r\n")
