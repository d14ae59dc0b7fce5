"""Whether audio is complete by the rules of its container format.

Each class parses one format, in constant memory, from pieces of any size. It claims truncation only where the format
proves it: a frame, a chunk, a cluster or a sample was begun and not finished. What it cannot parse, it does not judge.

A parser asks for many bytes at once, or skips them: one byte at a time takes a second and more for each megabyte. A
class that needs the tail alone overrides `feed` and `problem`, and calls those of `Container`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import ClassVar, NamedTuple, TypeAlias

Want: TypeAlias = int
"""A parser's request: n > 0 takes n bytes, n < 0 skips -n."""

Parser: TypeAlias = Generator[Want, bytes, int]
"""It returns the size of the samples in the rest of the body; 1 if the rest is unknown."""

UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)
"""The lengths of a RIFF chunk that an encoder writes if it cannot seek back."""


class Frame(NamedTuple):
    """What the header of a frame says: its length in bytes, its samples, and samples in a second."""

    length: int
    samples: int
    rate: int


class Container:
    """The parser of a container format, fed with the body as it arrives."""

    unit = "unit"
    """The name of the unit that a truncated body ends within."""

    has_signature: ClassVar[bool] = True
    """Whether no body of this format begins like JSON or HTML."""

    def __init__(self) -> None:
        self.is_text = False
        self._is_new = True
        self._may_end = True
        self._held = bytearray()
        self._sample = 0
        self._over = 0
        self._want = 0
        self._parser = self._parse()
        self._next(None)

    def _parse(self) -> Parser:
        """Yield requests for bytes. `_may_end` says whether the body may end where the current request begins."""
        yield from ()
        return 1

    def feed(self, chunk: bytes) -> None:
        """Parse a piece of the body."""
        if self._is_new and chunk:
            self._is_new = False
            self.is_text = self.has_signature and chunk[:1] in (b"{", b"<")
        at, end = 0, len(chunk)
        while at < end:
            if self._sample:
                self._over = (self._over + end - at) % self._sample
                return
            if self._may_end and not self._held and (at := self._after_frames(chunk, at)) == end:
                return
            step = min(abs(self._want) - len(self._held), end - at)
            if self._want < 0:
                self._want += step
                if not self._want:
                    self._next(None)
            else:
                self._held += chunk[at : at + step]
                if len(self._held) == self._want:
                    taken = bytes(self._held)
                    self._held.clear()
                    self._next(taken)
            at += step

    def _after_frames(self, chunk: bytes, at: int) -> int:  # noqa: ARG002  # used by formats made of frames
        """Return where the complete frames that begin here end; the parser, which is slower, does the rest."""
        return at

    def _next(self, taken: bytes | None) -> None:
        try:
            self._want = next(self._parser) if taken is None else self._parser.send(taken)
        except StopIteration as done:
            self._sample = done.value

    def problem(self) -> str | None:
        """Return what is missing if the body ends here, or None."""
        is_whole = not self._over if self._sample else self._may_end and not self._held
        return None if is_whole else f"the audio ends in the middle of {self.unit}"


class PCM16(Container):
    """16-bit samples alone."""

    unit = "a 16-bit sample"
    has_signature = False
    _bytes: ClassVar[int] = 2

    def _parse(self) -> Parser:
        yield from ()
        return self._bytes


class PCM32(PCM16):
    """32-bit samples alone."""

    unit = "a 32-bit sample"
    _bytes = 4


class MP3(Container):
    """MPEG audio layer III frames (ISO/IEC 11172-3 section 2.4, 13818-3 section 2.4), with ID3 tags around them."""

    unit = "an MP3 frame"

    _BITRATES: ClassVar[Mapping[bool, tuple[int, ...]]] = {
        True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
        False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    }
    """kbit/s by index, for MPEG-1 and for MPEG-2 and 2.5."""

    _RATES: ClassVar[Mapping[int, tuple[int, ...]]] = {
        3: (44100, 48000, 32000),
        2: (22050, 24000, 16000),
        0: (11025, 12000, 8000),
    }
    """Hertz by index, for each version: 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5."""

    def _parse(self) -> Parser:
        while True:
            self._may_end = True
            start = yield 4
            self._may_end = False
            if start.startswith(b"ID3"):
                rest = yield 6
                size = 0
                for byte in rest[2:]:
                    size = size << 7 | byte & 0x7F
                if size:
                    yield -size
            elif start.startswith(b"TAG"):
                yield -124
            else:
                frame = self.frame(start)
                if frame is None:
                    return 1
                yield 4 - frame.length

    def _after_frames(self, chunk: bytes, at: int) -> int:
        lengths, last = self._lengths, len(chunk) - 4
        while at <= last and chunk[at] == 0xFF:
            key = chunk[at + 1 : at + 3]
            if (length := lengths.get(key)) is None:
                frame = self.frame(b"\xff" + key)
                length = lengths[key] = frame.length if frame else 0
            if not length or at + length > last + 4:
                break
            at += length
        return at

    _lengths: ClassVar[dict[bytes, int]] = {}
    """The frame length in bytes by frame header, a cache; 0 for an invalid header."""

    @classmethod
    def frame(cls, header: bytes) -> Frame | None:
        """Return what the first four bytes of a frame say; None if they begin none."""
        version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
        bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
        is_frame = header[0] == 0xFF and header[1] >> 5 == 7 and version != 1 and layer == 1
        if not is_frame or bitrate in (0, 15) or rate == 3:
            return None
        hertz, samples = cls._RATES[version][rate], 1152 if version == 3 else 576
        length = samples * 125 * cls._BITRATES[version == 3][bitrate] // hertz + (header[2] >> 1 & 1)
        return Frame(length, samples, hertz)


class AAC(Container):
    """AAC frames in ADTS (ISO/IEC 13818-7 section 6.2)."""

    unit = "an AAC frame"

    def _parse(self) -> Parser:
        while True:
            self._may_end = True
            header = yield 6
            self._may_end = False
            frame = self.frame(header)
            if frame is None:
                return 1
            yield 6 - frame.length

    _RATES: ClassVar[tuple[int, ...]] = (
        *(96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350, 0, 0, 0),
    )
    """Hertz by index."""

    @classmethod
    def frame(cls, header: bytes) -> Frame | None:
        """Return what the first six bytes of a frame say; None if they begin none."""
        length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
        if header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or length <= 6:
            return None
        return Frame(length, 1024, cls._RATES[header[2] >> 2 & 15])


class WAV(Container):
    """RIFF chunks (Multimedia Programming Interface and Data Specifications 1.0); lengths may be left open."""

    unit = "a RIFF chunk"

    def _parse(self) -> Parser:
        self._may_end = False
        header = yield 12
        if header[:4] != b"RIFF" or header[8:] != b"WAVE":
            return 1
        riff = int.from_bytes(header[4:8], "little")
        left = None if riff in UNKNOWN_LENGTHS else riff - 4
        block = 1
        while left is None or left >= 8:
            self._may_end = left is None
            chunk = yield 8
            self._may_end = False
            name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
            if name == b"data" and (size in UNKNOWN_LENGTHS or left is None):
                self.unit = "a sample"
                return block
            if name == b"fmt " and 14 <= size <= 64:
                content = yield size
                block = max(int.from_bytes(content[12:14], "little"), 1)
            elif size:
                yield -size
            if left is not None:
                left -= 8 + size
            if size % 2 and (left is None or left > 0):
                # The padding byte of a chunk of odd length; some encoders omit it at the very end.
                self._may_end = left in (None, 1)
                yield -1
                left = None if left is None else left - 1
        return 1


class WebM(Container):
    """EBML elements (RFC 8794), as WebM uses them: a segment with clusters in it."""

    unit = "a WebM element"

    _PARENTS: ClassVar[tuple[bytes, ...]] = (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75")
    """Segment and Cluster, which may have an unknown length: their children are parsed instead."""

    _SEGMENT: ClassVar[bytes] = b"\x18\x53\x80\x67"

    def _parse(self) -> Parser:
        open_segment: int | None = None
        at_start = True
        while True:
            self._may_end = not at_start and open_segment in (None, 0)
            first = (yield 1)[0]
            self._may_end = False
            id_length = 9 - first.bit_length()
            if id_length > 4:
                return 1
            identity = bytes([first]) + ((yield id_length - 1) if id_length > 1 else b"")
            if at_start and identity != b"\x1a\x45\xdf\xa3":
                return 1
            at_start = False
            lead = (yield 1)[0]
            size_length = 9 - lead.bit_length()
            if size_length > 8:
                return 1
            rest = (yield size_length - 1) if size_length > 1 else b""
            size = int.from_bytes(bytes([lead ^ 1 << 8 - size_length]) + rest, "big")
            is_unknown = size == (1 << 7 * size_length) - 1
            if is_unknown and identity not in self._PARENTS:
                return 1
            if identity == self._SEGMENT:
                open_segment = None if is_unknown else size
                continue
            if open_segment is not None:
                open_segment -= id_length + size_length + (0 if is_unknown else size)
                if open_segment < 0:
                    return 1
            if size and not is_unknown:
                yield -size


BY_MEDIA_TYPE: Mapping[str, type[Container]] = {
    "audio/mpeg": MP3,
    "audio/aac": AAC,
    "audio/wav": WAV,
    "audio/webm": WebM,
    "application/vnd.lmnt.audio-int16": PCM16,
    "application/vnd.lmnt.audio-fp32": PCM32,
}
