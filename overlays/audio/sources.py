"""Audio in all the forms in which it can be given, as bytes."""

from __future__ import annotations

import base64
import inspect
import mmap
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias, cast, runtime_checkable

from ..errors import InvalidArgumentError
from ..models.speech_format import SpeechFormat
from ..models.speech_generate_detailed_response import SpeechGenerateDetailedResponse
from ..values.files import reason_of


@runtime_checkable
class ReadsBytes(Protocol):
    """An open binary file, or the response of a call."""

    def read(self) -> bytes:
        """Return all bytes."""
        ...


Source: TypeAlias = (
    bytes | bytearray | memoryview | str | os.PathLike[str] | ReadsBytes | SpeechGenerateDetailedResponse
)
"""Audio: bytes, the path of a file, an open binary file, what `generate` returned, or what `generate_detailed` did."""

Data: TypeAlias = bytes | mmap.mmap
"""The bytes of audio; those of a file are read where they are looked at."""

WITHOUT_CONTAINER = {"pcm_s16le": 2, "pcm_f32le": 4}
"""The bytes of a sample in the formats that are samples alone."""


@contextmanager
def opened(audio: Source) -> Generator[Data]:
    """Give the bytes of audio; raises InvalidArgumentError if there are none."""
    if isinstance(audio, str | os.PathLike):
        path = path_of(audio)
        try:
            with path.open("rb") as file:
                if not os.fstat(file.fileno()).st_size:
                    raise InvalidArgumentError(f"{path} is empty: there is no audio in it")
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    yield data
        except (OSError, ValueError) as error:
            if isinstance(error, InvalidArgumentError):
                raise
            raise InvalidArgumentError(f"cannot read {path}: {reason_of(error)}") from error
        return
    given = _bytes(audio)
    if not given:
        raise InvalidArgumentError("there is no audio: it has no bytes")
    yield given


def path_of(path: str | os.PathLike[str]) -> Path:
    """Return a path; raises InvalidArgumentError for what the system could not have."""
    text = os.fsdecode(path)
    if "\0" in text:
        raise InvalidArgumentError(f"{text!r} is no path")
    return Path(text)


def _bytes(audio: object) -> bytes:
    if isinstance(audio, SpeechGenerateDetailedResponse):
        try:
            return base64.b64decode(audio.audio, validate=True)
        except ValueError as error:
            raise InvalidArgumentError(f"the audio of the result is no base64: {error}") from error
    found: object = audio.read() if isinstance(audio, ReadsBytes) else audio
    if inspect.iscoroutine(found):
        found.close()
        raise InvalidArgumentError("this is read with await: give `await response.read()`")
    if isinstance(found, bytes | bytearray | memoryview):
        return bytes(cast("bytes", found))
    raise InvalidArgumentError(f"audio is given as bytes, a path, an open binary file or a result; got {audio!r:.100}")


def format_of(data: Data, format: SpeechFormat | None) -> str:
    """Return the format of audio: `mp3`, `aac`, `wav` (for `ulaw` too), `webm`, or one without a container.

    Raises:
        InvalidArgumentError: It is another format, or samples alone whose format was not given.
    """
    if format is not None and format in WITHOUT_CONTAINER:
        return format
    start = data[:4]
    if start == b"RIFF":
        return "wav"
    if start == b"\x1a\x45\xdf\xa3":
        return "webm"
    if start[:3] == b"ID3" or (start[0] == 0xFF and len(start) > 1 and start[1] & 0xE6 == 0xE2):
        return "mp3"
    if start[0] == 0xFF and len(start) > 1 and start[1] & 0xF6 == 0xF0:
        return "aac"
    raise InvalidArgumentError(
        "this is neither WAV, WebM, MP3 nor AAC; samples alone do not say what they are: give format= and sample_rate="
    )


def rate_of(format: str, sample_rate: int | None) -> int:
    """Return the samples in a second of audio without a container."""
    if not isinstance(sample_rate, int) or sample_rate < 1:
        raise InvalidArgumentError(
            f"{format} does not say its rate: give sample_rate=, such as 24000; got {sample_rate!r}"
        )
    return sample_rate
