"""Looking at an uploaded recording: is it audio, and which recording is it.

Nothing more is done with it. A voice made here does not imitate its recording: the digest stands for a voice of the
engine's choice, the same one for the same recording.
"""

from __future__ import annotations

import hashlib
from typing import BinaryIO, Final

import av
from av.error import FFmpegError

from .errors import invalid_request

_FORMATS: Final = "wav,mp3,mov,mp4,m4a,matroska,webm"
"""What FFmpeg may take a file for: the description's formats. Its playlist formats would open other files and hosts."""


def examine(file: BinaryIO) -> str:
    """Return the SHA-256 digest, in hex, of a recording, whose first samples are decoded to see that it is one.

    Raises:
        ApiError: 400, if it is not audio in a format that the description names.
    """
    file.seek(0)
    try:
        with av.open(file, "r", options={"format_whitelist": _FORMATS}) as container:
            heard = any(frame.samples for frame in container.decode(audio=0))
    except (FFmpegError, IndexError, UnicodeDecodeError) as error:
        raise invalid_request("file is not audio that can be read as wav, mp3, mp4, m4a or webm") from error
    if not heard:
        raise invalid_request("file has no sound in it")
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
