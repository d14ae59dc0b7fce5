"""Pieces of audio laid end to end: decoded, they are the pieces decoded."""

from __future__ import annotations

import io
from functools import cache

import av
import numpy as np
import pytest

from lmnt.long_texts.joining import Joiner, UnjoinableError, joiners
from lmnt_server.encoders import FORMATS
from lmnt_server.engines.tone import ToneEngine
from lmnt_server.speech import Speech

pytestmark = pytest.mark.once(rows=True)

TEXTS = ("Once upon a time.", "Yes!", "There was a long silence; then somebody spoke, and nobody heard it.", "The end")
RATES = (8000, 16000, 24000)
FRAME = {"mp3": 576, "aac": 1024, "webm": 960}
"""Samples of a frame of each compressed format."""


@cache
def pieces(format: str, rate: int) -> list[bytes]:
    return [
        b"".join(Speech(ToneEngine(), text, voice="leah", language="en", format=format, sample_rate=rate))
        for text in TEXTS
    ]


def joiner(format: str, rate: int) -> Joiner:
    return joiners()[FORMATS[format].media_type](rate)


def laid(made: Joiner, piece: bytes, size: int | None = None) -> bytes:
    """Lay a piece after the others, fed in chunks of a size."""
    step = size or len(piece)
    return b"".join(made.feed(piece[at : at + step]) for at in range(0, len(piece), step)) + made.end_piece()


def join(format: str, rate: int, size: int | None = None, *, whole: bool = True) -> tuple[bytes, Joiner, list[float]]:
    """Join the pieces, fed in chunks of a size; returns the file, and where each piece begins."""
    made, clocks = joiner(format, rate), list[float]()
    file = b""
    for piece in pieces(format, rate):
        clocks.append(made.clock)
        file += laid(made, piece, size)
    if whole:
        file += made.tail()
        header = made.header(len(file))
        file = header + file[len(header) :]
    return file, made, clocks


def decoded(file: bytes, format: str) -> np.ndarray:
    if format.startswith("pcm"):
        return np.frombuffer(file, {"pcm_s16le": "<i2", "pcm_f32le": "<f4"}[format])
    with av.open(io.BytesIO(file)) as container:
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    return np.concatenate(frames)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("format", ["pcm_s16le", "pcm_f32le", "wav", "ulaw"])
@pytest.mark.parametrize("whole", [True, False])
def test_samples_are_those_of_the_pieces(format: str, rate: int, whole: bool) -> None:
    file, made, _ = join(format, rate, whole=whole)
    apart = np.concatenate([decoded(each, format) for each in pieces(format, rate)])
    assert np.array_equal(decoded(file, format), apart)
    assert made.seconds == pytest.approx(len(apart) / rate)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("format", FRAME)
@pytest.mark.parametrize("whole", [True, False])
def test_compressed_audio_differs_within_a_frame_at_each_joint(format: str, rate: int, whole: bool) -> None:
    file, made, clocks = join(format, rate, whole=whole)
    together = decoded(file, format).astype(float)
    apart = [decoded(each, format).astype(float) for each in pieces(format, rate)]
    played = 48_000 if format == "webm" else rate
    assert made.seconds == pytest.approx(len(together) / played, abs=1e-4)
    assert abs(len(together) - sum(map(len, apart))) <= FRAME[format] * (len(TEXTS) - 1)
    for piece, clock in zip(apart, clocks, strict=True):
        begin = round(clock * played)
        there = together[begin : begin + len(piece)]
        differs = np.abs(there - piece[: len(there)]) > 0.02 * np.abs(piece).max()
        assert not differs[FRAME[format] :].any()


@pytest.mark.parametrize("format", FORMATS)
def test_bytes_in_any_portions_give_the_same_file(format: str) -> None:
    whole = join(format, 24000)[0]
    assert all(join(format, 24000, size)[0] == whole for size in (1, 7, 1000))


@pytest.mark.parametrize("format", ["wav", "ulaw", "webm"])
def test_a_whole_file_says_how_long_it_is(format: str) -> None:
    file, made, _ = join(format, 24000)
    with av.open(io.BytesIO(file)) as container:
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(made.seconds, abs=0.01)
    assert file.count(b"RIFF") + file.count(b"\x1a\x45\xdf\xa3") == 1


def tagged() -> bytes:
    """An MP3 file with an ID3 tag, a frame of Xing, and a tag at its end."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp3", options={"write_xing": "1", "id3v2_version": "3", "write_id3v1": "1"}) as out:
        out.metadata["title"] = "A piece"
        stream = out.add_stream("libmp3lame", rate=24000, layout="mono")
        frame = av.AudioFrame(format="s16p", layout="mono", samples=24000)
        frame.sample_rate = 24000
        frame.planes[0].update((np.sin(np.arange(24000) / 9) * 8000).astype("<i2").tobytes())
        out.mux([*stream.encode(frame), *stream.encode(None)])
    return sink.getvalue()


@pytest.mark.parametrize("size", [1, 1000, None])
def test_mp3_has_no_second_header_frame_and_no_tags_inside(size: int | None) -> None:
    piece = tagged()
    assert piece.startswith(b"ID3")
    assert b"Xing" in piece or b"Info" in piece
    made, file = joiner("mp3", 24000), b""
    for _ in range(3):
        file += laid(made, piece, size)
    assert not any(tag in file for tag in (b"ID3", b"TAG", b"Xing", b"Info"))
    assert made.seconds == pytest.approx(len(decoded(file, "mp3")) / 24000)


@pytest.mark.parametrize("format", [*FRAME, "wav", "ulaw"])
def test_what_is_not_of_the_format_is_not_joined(format: str) -> None:
    with pytest.raises(UnjoinableError):
        laid(joiner(format, 24000), b"this is not audio at all, not in the least")


@pytest.mark.parametrize("format", [*FRAME, "wav", "ulaw"])
def test_pieces_of_other_kinds_are_not_joined(format: str) -> None:
    made = joiner(format, 24000)
    laid(made, pieces(format, 24000)[0])
    with pytest.raises(UnjoinableError):
        laid(made, pieces(format, 8000)[0])
