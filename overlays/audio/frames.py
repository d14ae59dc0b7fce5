"""How long audio is, by what its container says: nothing is decoded.

A frame that is cut at the end does not count. Samples that a player leaves out, by what the container says, do not
either: the delay and the padding in the header of LAME, the delay of the codec and the discarded padding of WebM.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from ..errors import InvalidArgumentError
from ..long_texts.joining import UnjoinableError
from ..long_texts.webm import OPUS_RATE, element, packet_samples
from ..models.speech_format import SpeechFormat
from ..streams.containers import AAC, MP3, Frame
from .samples import sound_of
from .sources import WITHOUT_CONTAINER, Data, Source, format_of, opened, rate_of


def duration(audio: Source, *, format: SpeechFormat | None = None, sample_rate: int | None = None) -> float:
    """Return the duration of audio in seconds, without decoding it.

    Args:
        audio: The audio.
        format: Its format, for samples alone: `pcm_s16le` or `pcm_f32le`. Others say it themselves.
        sample_rate: Samples in a second, for samples alone.

    Raises:
        InvalidArgumentError: It cannot be read, or is no audio of these formats.
    """
    with opened(audio) as data:
        kind = format_of(data, format)
        if kind in WITHOUT_CONTAINER:
            return len(data) // WITHOUT_CONTAINER[kind] / rate_of(kind, sample_rate)
        return _DURATIONS[kind](data)


def _wav(data: Data) -> float:
    return sound_of(data).seconds


def _mp3(data: Data) -> float:
    at, frames, skipped = 0, Counter[bytes](), 0
    known: dict[bytes, Frame | None] = {}
    first: bytes | None = None
    while len(data) - at >= 4:
        header = data[at : at + 4]
        key = header[1:3]
        if key not in known:
            known[key] = MP3.frame(b"\xff" + key)
        if header[0] != 0xFF or (frame := known[key]) is None:
            length = _tag_length(data, at)
            if not length:
                raise InvalidArgumentError(f"there is no MP3 frame at byte {at}")
            at += length
            continue
        if at + frame.length > len(data):
            break
        if first is None:
            first = key
            skipped = _left_out(data[at : at + frame.length], frame.samples)
        frames[key] += 1
        at += frame.length
    if first is None:
        raise InvalidArgumentError("there is no whole MP3 frame in it")
    seconds = 0.0
    for key, count in frames.items():
        if (frame := known[key]) is not None:
            seconds += (count * frame.samples - (skipped if key == first else 0)) / frame.rate
    return max(seconds, 0.0)


def _tag_length(data: Data, at: int) -> int:
    """Return the bytes of a tag that begins here, 0 if there is none: ID3v2, ID3v1 and APEv2 (with its header)."""
    start = data[at : at + 16]
    if start[:3] == b"ID3" and len(start) >= 10:
        size = 0
        for byte in start[6:10]:
            size = size << 7 | byte & 0x7F
        return 10 + size
    if start[:3] == b"TAG":
        return 128
    return 32 + int.from_bytes(start[12:16], "little") if start[:8] == b"APETAGEX" else 0


def _left_out(frame: bytes, samples: int) -> int:
    """Return the samples that a first frame says to leave out, if it is a header: its own, the delay, the padding."""
    at = _INFO_AT[frame[1] >> 3 & 3 == 3, frame[3] >> 6 == 3]
    if frame[36:40] == b"VBRI":
        return samples
    if frame[at : at + 4] not in (b"Xing", b"Info"):
        return 0
    flags = frame[at + 7]
    lame = at + 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    both = int.from_bytes(frame[lame + 21 : lame + 24], "big") if frame[lame : lame + 3] in (b"LAM", b"Lav") else 0
    return samples + (both >> 12) + (both & 0xFFF)


_INFO_AT = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}
"""Where the header of Xing and LAME is, for MPEG-1 or not, for one channel or two."""


def _aac(data: Data) -> float:
    at, samples = 0, Counter[int]()
    while len(data) - at >= 7:
        header = data[at : at + 7]
        frame = AAC.frame(header)
        if frame is None or not frame.rate:
            raise InvalidArgumentError(f"there is no AAC frame at byte {at}")
        at += frame.length
        if at <= len(data):
            samples[frame.rate] += frame.samples * ((header[6] & 3) + 1)
    return sum(count / rate for rate, count in samples.items())


def _webm(data: Data) -> float:
    nanoseconds = 0
    for identity, start, end in _elements(data):
        if identity in (_SIMPLE_BLOCK, _BLOCK):
            block = data[start : min(start + 6, end)]
            if len(block) < 5 or block[0] < 0x80 or block[3] & 6:
                raise InvalidArgumentError("the blocks of this WebM hold several packets each, which is not known here")
            nanoseconds += packet_samples(block[4:]) * 1_000_000_000 // OPUS_RATE
        elif identity == _CODEC and data[start:end] != b"A_OPUS":
            raise InvalidArgumentError(f"only Opus is known in WebM, not {data[start:end]!r}")
        elif identity == _CODEC_DELAY:
            nanoseconds -= int.from_bytes(data[start:end], "big")
        elif identity == _DISCARD_PADDING:
            nanoseconds -= int.from_bytes(data[start:end], "big", signed=True)
    return max(nanoseconds, 0) / 1e9


_PARENTS = (0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0xA0)
"""Segment, Cluster, Tracks, TrackEntry, BlockGroup: what is in them follows, whether or not their length is known."""

_SIMPLE_BLOCK, _BLOCK, _CODEC, _CODEC_DELAY, _DISCARD_PADDING = 0xA3, 0xA1, 0x86, 0x56AA, 0x75A2


def _elements(data: Data) -> Iterator[tuple[int, int, int]]:
    """Yield the identity of each whole element (RFC 8794), and where its content begins and ends."""
    at = 0
    with suppress(UnjoinableError):  # what comes there is no element: the rest is not looked at
        while found := element(data, at):
            at = found.begin
            if found.id in _PARENTS:
                continue
            if found.size is None or at + found.size > len(data):
                break
            at += found.size
            yield found.id, found.begin, at


_DURATIONS: Mapping[str, Callable[[Data], float]] = {"wav": _wav, "mp3": _mp3, "aac": _aac, "webm": _webm}
