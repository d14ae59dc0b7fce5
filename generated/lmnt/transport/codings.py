"""Content decoding (RFC 9110 section 8.4), in pieces of bounded size, with a check for truncation.

The libraries decode too, but they detect no truncation and do not limit the size of a decoded piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ACCEPTED = "gzip, deflate"
"""The codings that a request accepts."""

PIECE = 1 << 20
"""The maximum size of a decoded piece in bytes."""

_GZIP, _ZLIB, _DEFLATE = 31, 15, -15
"""The `wbits` of zlib for RFC 1952, 1950 and 1951. `deflate` means the second; some servers send the third."""


class CodingError(Exception):
    """A body does not match its content coding, or has an unsupported one; it never leaves the package."""


class Decoder:
    """Decodes a body with this Content-Encoding; one without a known coding stays as it is.

    Raises CodingError if there are several codings, or one that was not accepted.
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
        """Return the decoded bytes of a piece; raises CodingError."""
        if not self._coding:
            yield data
            return
        while data:
            if self._inner is None:
                # gzip members may be concatenated, and padded with zeros.
                data = self._start + (data if self._is_first else data.lstrip(b"\0"))
                self._start = data if len(data) < 2 else b""
                if self._start or not data:
                    return
                import zlib  # few bodies need it

                self._inner = zlib.decompressobj(self._format(data))
                self._is_first = False
            yield from self._inflate(self._inner, data)
            data = self._inner.unused_data
            if self._inner.eof:
                self._inner = None

    def end(self) -> None:
        """Check the end of the body; raises CodingError if it is truncated."""
        if self._inner is not None or self._start:
            raise CodingError(f"{self._coding} without its end")

    def _format(self, start: bytes) -> int:
        if self._coding != "deflate":
            return _GZIP
        is_zlib = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
        return _ZLIB if is_zlib else _DEFLATE

    def _inflate(self, inner: Any, data: bytes) -> Iterator[bytes]:
        import zlib

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
