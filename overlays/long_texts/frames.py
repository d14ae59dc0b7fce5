"""Joining formats that are frames, one after another: MP3, and AAC in ADTS."""

from __future__ import annotations

import re
from typing import ClassVar

from ..streams import containers
from ..streams.containers import Frame
from .joining import Joiner, UnjoinableError

_ID3_HEADER = 10


class _Frames(Joiner):
    """Frames, handed out whole. What says how long one piece is would be wrong of all of them, and is left out."""

    _bytes_needed: ClassVar[int]
    _same: ClassVar[int] = 0
    """How many bytes frames of one length begin with alike; 0 where the length is in the header itself."""
    _container: ClassVar[type[containers.MP3 | containers.AAC]]

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self._held = b""
        self._is_new, self._is_over = True, False
        self._kind: Frame | None = None
        self._known: dict[bytes, Frame] = {}

    def feed(self, chunk: bytes) -> bytes:
        """Return the frames that are whole."""
        data = self._held + chunk if self._held else chunk
        begin = 0 if self._is_over or not self._is_new else self._begin(data)
        if begin is None:
            self._held = data
            return b""
        at = self._after_frames(data, begin)
        self._is_over = self._is_over or self._ends(data[at : at + 4])
        self._held = b"" if self._is_over else data[at:]
        return data[begin:at]

    def _after_frames(self, data: bytes, at: int) -> int:
        """Count the frames that begin here and are whole; returns where they end."""
        last, samples, known = len(data) - self._bytes_needed, 0, self._known
        while at <= last and not self._is_over:
            key = data[at : at + self._bytes_needed]
            frame = known.get(key) or self._read(key)
            if frame is None or at + frame.length > len(data):
                break
            # Where all frames are of one length, which is usual, they are counted in one go.
            count = self._alike(data, at, frame.length)
            at += frame.length * count
            samples += frame.samples * count
        self.samples += samples
        return at

    def _alike(self, data: bytes, at: int, length: int) -> int:
        """Return how many frames of this length follow each other, if all up to the last have the same header."""
        count = (len(data) - at) // length
        end = at + count * length
        starts = (data[at + index : end : length] for index in range(self._same))
        return count if all(start.count(start[:1]) == count for start in starts) and count and self._same else 1

    def _read(self, header: bytes) -> Frame | None:
        """Read a header; raises UnjoinableError if it belongs to no frame of this file."""
        frame = self._container.frame(header)
        if frame is None:
            if self._ends(header):
                return None
            raise UnjoinableError("it is not made of frames of its format")
        kind = Frame(0, frame.samples, frame.rate)
        if (self._kind or kind) != kind:
            raise UnjoinableError("its frames are of another kind than those before")
        self._kind, self.rate = kind, frame.rate
        if len(self._known) < 1000:
            self._known[header] = frame
        return frame

    def _ends(self, data: bytes) -> bool:  # noqa: ARG002  # of formats that have such an end
        """Whether this is no frame, but what may stand at the end of a file."""
        return False

    def _begin(self, data: bytes) -> int | None:
        """Return where the frames of a piece that hold audio begin; None if more is needed."""
        self._is_new = not data
        return 0

    def end_piece(self) -> bytes:
        """Expect another file."""
        if self._held:
            raise UnjoinableError("it ends within a frame")
        self._is_new, self._is_over = True, False
        return super().end_piece()


class AAC(_Frames):
    """AAC in ADTS: each frame has its header, so frames of several files are one file."""

    _bytes_needed = 6
    _container = containers.AAC


class MP3(_Frames):
    """MP3 frames, without ID3 tags, and without the frame of Xing, LAME or Fraunhofer that says how long a file is."""

    _bytes_needed = 4
    _same = 3
    _container = containers.MP3

    def _begin(self, data: bytes) -> int | None:
        at = 0
        while data[at : at + 3] == b"ID3":
            if len(data) < at + _ID3_HEADER:
                return None
            size = 0
            for byte in data[at + 6 : at + _ID3_HEADER]:
                size = size << 7 | byte & 0x7F
            at += _ID3_HEADER + size
        if len(data) < at + 4:
            return None
        first = self._read(data[at : at + 4])
        if first is None or len(data) < at + first.length:
            return None
        self._is_new = False
        # The tag comes after the side information, whose size depends on the version and the channels.
        return at + first.length if _LENGTH_TAG.search(data, at, at + min(first.length, 48)) else at

    def _ends(self, data: bytes) -> bool:
        return data.startswith(b"TAG")


_LENGTH_TAG = re.compile(b"Xing|Info|VBRI")
