"""Joining Opus in WebM (RFC 8794, RFC 9559): one header, and clusters whose times go on."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from .joining import Joiner, UnjoinableError

if TYPE_CHECKING:
    from mmap import mmap

_EBML, _SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK, _DISCARD_PADDING = 0xE7, 0xA3, 0xA0, 0xA1, 0x75A2
_TRACK, _TRACK_NUMBER, _CODEC, _CODEC_PRIVATE = 0xAE, 0xD7, 0x86, 0x63A2
_SCALE, _DURATION, _VOID = 0x2AD7B1, 0x4489, 0xEC
_ENTERED = frozenset({_SEGMENT, _CLUSTER})
_OF_ONE_FILE = frozenset({_DURATION, 0xBF, 0x4461, 0x73A4, 0x7384})
"""Children of Info that are true of one file alone: its length, its checksum, its date, its identifier and its name."""

OPUS_RATE = 48_000
"""Samples in a second of Opus, whatever the rate that went in."""

_FRAME_SAMPLES = (*(480, 960, 1920, 2880) * 3, *(480, 960) * 2, *(120, 240, 480, 960) * 4)
"""Samples of a frame by the configuration in its packet."""


class Element(NamedTuple):
    """An element: its identifier, where its content begins, and its size, None for one that is not known."""

    id: int
    begin: int
    size: int | None


def element(data: bytes | mmap, at: int) -> Element | None:
    """Read the head of an element; None if more bytes are needed."""
    id_length = 9 - data[at].bit_length() if at < len(data) else 0
    size_at = at + id_length
    if size_at >= len(data):
        return None
    size_length = 9 - data[size_at].bit_length()
    begin = size_at + size_length
    if id_length > 4 or size_length > 8:
        raise UnjoinableError("it is no WebM")
    if begin > len(data):
        return None
    ones = 1 << 7 * size_length
    size = int.from_bytes(data[size_at:begin], "big") & ones - 1
    return Element(int.from_bytes(data[at:size_at], "big"), begin, None if size == ones - 1 else size)


def _children(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the elements in the content of one: identifier, content, and all of it."""
    at = 0
    while at < len(content):
        found = element(content, at)
        if found is None or found.size is None:
            raise UnjoinableError("it is no WebM")
        end = found.begin + found.size
        yield found.id, content[found.begin : end], content[at:end]
        at = end


def _made(identity: int, content: bytes, size: int | None = None, width: int = 8) -> bytes:
    """Return an element; its size, of so many bytes, may be another than that of the content at hand."""
    shown = len(content) if size is None else size
    length = (1 << 7 * width | shown).to_bytes(width, "big")
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big") + length + content


class WebM(Joiner):
    """One segment. Its size is open and its duration left out until the file is complete."""

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self.rate = OPUS_RATE
        self._held = b""
        self._skip: int = 0
        self._head: dict[int, bytes] = {}  # of this piece: the header of EBML, the information, the tracks
        self._first: dict[int, bytes] = {}  # of the first one
        self._cluster_left: int | None = None
        self._blocks: list[bytes] | None = None
        self._scale = 1_000_000
        self._delay = 0  # samples before the speech, which decoders leave out once
        self._timestamp = 0
        self._origin: int | None = None  # of this piece: its first timestamp
        self._before: int = 0  # samples of the pieces before

    @property
    def seconds(self) -> float:
        """The length of the audio so far, as decoders play it."""
        return max(self.samples - self._delay, 0) / OPUS_RATE

    @property
    def clock(self) -> float:
        """Where the next piece begins: what decoders leave out at the start is heard at each joint."""
        return self.samples / OPUS_RATE

    def feed(self, chunk: bytes) -> bytes:
        """Return the clusters that are whole, before the first a header."""
        data, at, made = self._held + chunk, 0, list[bytes]()
        while True:
            skipped = min(self._skip, len(data) - at)
            self._skip -= skipped
            at += skipped
            found = element(data, at)
            if self._skip or found is None:
                break
            if found.id in _ENTERED:
                made.append(self._enter(found))
                at = found.begin
                continue
            if found.size is None:
                raise UnjoinableError("it is no WebM")
            end = found.begin + found.size
            if found.id not in _KEPT:
                self._skip = end - at
            elif end > len(data):
                break
            else:
                self._take(found.id, data[found.begin : end])
                size, at = end - at, end
                if self._cluster_left is not None and self._blocks is not None:
                    self._cluster_left -= size
            if self._cluster_left is not None and self._cluster_left <= 0:
                made.append(self._flush())
        self._held = data[at:]
        return b"".join(made)

    def _enter(self, found: Element) -> bytes:
        """Begin a segment or a cluster; returns what was complete before."""
        if found.id == _SEGMENT:
            return b""
        made = self._flush() + (self._begin_piece() if self._head else b"")
        self._blocks, self._cluster_left = [], found.size
        return made

    def _begin_piece(self) -> bytes:
        """Check the head of a piece; returns that of the file if it is the first."""
        head, self._head = self._head, {}
        if len(head) < len((_EBML, _INFO, _TRACKS)):
            raise UnjoinableError("it is no WebM")
        if self._first:
            if _facts(head) != _facts(self._first):
                raise UnjoinableError("its sound is of another kind than that before")
            return b""
        self._first = head
        self._scale, private = _facts(head)[0], _facts(head)[-1]
        self._delay = int.from_bytes(private[10:12], "little")
        return self.header(0)

    def _take(self, identity: int, content: bytes) -> None:
        if identity in (_EBML, _INFO, _TRACKS):
            self._head[identity] = content
        elif self._blocks is None:
            raise UnjoinableError("it is no WebM")
        elif identity == _TIMESTAMP:
            self._timestamp = int.from_bytes(content, "big")
            self._origin = self._timestamp if self._origin is None else self._origin
        else:
            self._blocks.append(_made(identity, content, width=4))
            self.samples += _samples(content if identity == _SIMPLE_BLOCK else b"", content)

    def _flush(self) -> bytes:
        """End a cluster; returns it with its place in the whole."""
        blocks, self._blocks, self._cluster_left = self._blocks, None, None
        if not blocks:
            return b""
        start = round(self._before * 1e9 / OPUS_RATE / self._scale)
        place = start + self._timestamp - (self._origin or 0)
        return _made(_CLUSTER, _made(_TIMESTAMP, place.to_bytes(8, "big"), width=1) + b"".join(blocks))

    def end_piece(self) -> bytes:
        """Return the last cluster, and expect another file."""
        if self._held or self._skip or self._head:
            raise UnjoinableError("it ends within an element of WebM")
        made = self._flush()
        self._origin, self._before = None, self.samples
        super().end_piece()
        return made

    def header(self, length: int) -> bytes:
        """Return the head of a file of so many bytes; 0 stands for a length that is not known."""
        if not self._first:
            return b""
        info = b"".join(whole for key, _, whole in _children(self._first[_INFO]) if key not in _OF_ONE_FILE)
        ticks = struct.pack(">d", self.seconds * 1e9 / self._scale)
        info += _made(_DURATION, ticks, width=1) if length else _made(_VOID, bytes(9), width=1)
        ebml = _made(_EBML, self._first[_EBML])
        rest = _made(_INFO, info) + _made(_TRACKS, self._first[_TRACKS])
        opened = _made(_SEGMENT, b"", size=(1 << 56) - 1)
        return ebml + (_made(_SEGMENT, b"", size=length - len(ebml) - len(opened)) if length else opened) + rest


_KEPT = frozenset({_EBML, _INFO, _TRACKS, _TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP})


def _facts(head: dict[int, bytes]) -> tuple[int, bytes, bytes, bytes]:
    """Return the time scale, the number of the track, its codec, and what that has to know."""
    info = {key: content for key, content, _ in _children(head[_INFO])}
    track = next((content for key, content, _ in _children(head[_TRACKS]) if key == _TRACK), b"")
    found = {key: content for key, content, _ in _children(track)}
    if found.get(_CODEC) != b"A_OPUS":
        raise UnjoinableError("it is no Opus")
    scale = int.from_bytes(info.get(_SCALE, b"\x0f\x42\x40"), "big")
    return scale, found.get(_TRACK_NUMBER, b""), found[_CODEC], found.get(_CODEC_PRIVATE, b"")


def _samples(block: bytes, group: bytes) -> int:
    """Return the samples of a block, less those that decoders leave out."""
    left_out = 0
    if not block:
        for key, content, _ in _children(group):
            if key == _BLOCK:
                block = content
            elif key == _DISCARD_PADDING:
                left_out = round(int.from_bytes(content, "big", signed=True) * OPUS_RATE / 1e9)
    packet = block[9 - block[0].bit_length() + 3 :] if block else b""
    if not packet:
        raise UnjoinableError("it has a block with nothing in it")
    return packet_samples(packet) - left_out


def packet_samples(packet: bytes) -> int:
    """Return the samples of a packet of Opus (RFC 6716 section 3.1), of which the start is enough."""
    count = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[packet[0] & 3]
    return _FRAME_SAMPLES[packet[0] >> 3] * count
