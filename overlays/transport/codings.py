"""Content codings undone (RFC 9110 section 8.4): in pieces of bounded size, whole or not at all.

The libraries decode too, and tell neither a coding that lost its end from one that has it, nor how much a piece will
become.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

ACCEPTED = "gzip, deflate"
"""What a request may ask for."""

PIECE = 1 << 20
"""Bytes that a piece may become."""

_GZIP, _ZLIB, _DEFLATE = 31, 15, -15
"""The formats of RFC 1952, 1950 and 1951, as zlib counts them. `deflate` means the second, and some send the third."""


class CodingError(Exception):
    """A body is not coded as it says, or as it may be; it never leaves the package."""


class Decoder:
    """Undoes the coding of one body.

    Args:
        coding: The header Content-Encoding; one that says nothing of a known coding leaves the body as it is.

    Raises:
        CodingError: There are several codings, or one that nobody asked for.
    """

    def __init__(self, coding: str) -> None:
        names = [name for name in (each.strip().lower() for each in coding.split(",")) if name in _KNOWN]
        if len(names) > 1 or not _UNDONE.issuperset(names):
            raise CodingError(f"{' and '.join(names)}, where one of {ACCEPTED} can be undone")
        self._coding = names[0] if names else ""
        self._start: bytes = b""
        self._inner: Any = None
        self._is_first = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Return what a piece of the body stands for; raises CodingError."""
        if not self._coding:
            yield data
            return
        while data:
            if self._inner is None:
                # Members of gzip may follow each other, and zeros may fill up the rest.
                data = self._start + (data if self._is_first else data.lstrip(b"\0"))
                self._start = data if len(data) < 2 else b""
                if self._start or not data:
                    return
                self._inner = zlib.decompressobj(self._format(data))
                self._is_first = False
            yield from self._inflate(self._inner, data)
            data = self._inner.unused_data
            if self._inner.eof:
                self._inner = None

    def end(self) -> None:
        """Judge a body that ended; raises CodingError."""
        if self._inner is not None or self._start:
            raise CodingError(f"{self._coding} without its end")

    def _format(self, start: bytes) -> int:
        if self._coding != "deflate":
            return _GZIP
        is_zlib = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
        return _ZLIB if is_zlib else _DEFLATE

    def _inflate(self, inner: Any, data: bytes) -> Iterator[bytes]:
        is_full = True
        while data or is_full:
            try:
                piece = inner.decompress(data, PIECE)
            except zlib.error as error:
                raise CodingError(str(error)) from error
            if piece:
                yield piece
            data, is_full = inner.unconsumed_tail, len(piece) == PIECE


_UNDONE = frozenset({"gzip", "x-gzip", "deflate"})
_KNOWN = _UNDONE | {"br", "zstd", "compress", "x-compress", "dcb", "dcz"}
