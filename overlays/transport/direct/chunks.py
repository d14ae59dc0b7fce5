"""A fast reader of plain chunks: a size, the bytes, a line end (RFC 9112 section 7.1).

Each chunk costs one copy and little work. Anything else between chunks (extensions, trailers, errors) is left to the
parser of the protocol.
"""

from __future__ import annotations

import re

from .parsing import ProtocolError

_LONGEST = 12
"""The longest chunk-size line that is read here, in bytes."""

_LINE = re.compile(rb"([0-9A-Fa-f]{0,9}[1-9A-Fa-f][0-9A-Fa-f]{0,9})\r\n")
_BEGUN = re.compile(rb"[0-9A-Fa-f]*\r?")

LAST = b"0\r\n\r\n"


class ChunkReader:
    """Extracts the data of chunks.

    Args:
        parts: The list that the data is added to.
    """

    def __init__(self, parts: list[bytes | bytearray]) -> None:
        self._parts = parts
        self._left = 0
        """Bytes of this chunk not received yet."""
        self._held = b""
        """The incomplete line, with the end of the chunk before it."""
        self._end = b""
        """The line end expected before the next line."""

    def take(self, data: bytes | memoryview) -> bytes | None:
        """Read received data.

        Returns:
            The rest from the first line that is not read here; None if all was read.

        Raises:
            ProtocolError: A chunk does not end where its size says.
        """
        view, self._held = memoryview(self._held + data if self._held else data), b""
        while True:
            if self._left:
                part = bytes(view[: self._left])
                if part:
                    self._parts.append(part)
                view, self._left, self._end = view[len(part) :], self._left - len(part), b"\r\n"
                if self._left:
                    return None
            line = bytes(view[: _LONGEST + 2])
            if not line.startswith(self._end):
                if not self._end.startswith(line):
                    raise ProtocolError("malformed chunk: it does not end where its size says")
                self._held = line
                return None
            line = line.removeprefix(self._end)
            if (found := _LINE.match(line)) is None:
                may_go_on = len(line) < _LONGEST and line != LAST
                if may_go_on and (_BEGUN.fullmatch(line) or LAST.startswith(line)):
                    self._held = bytes(view)
                    return None
                return bytes(view[len(self._end) :])
            self._left = int(found[1], 16)
            view = view[len(self._end) + found.end() :]
