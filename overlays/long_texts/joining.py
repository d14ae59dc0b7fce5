"""Audio files laid end to end as one file of the same format, with the length of what was laid."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..streams.containers import UNKNOWN_LENGTHS


class UnjoinableError(Exception):
    """A piece of audio cannot be laid after the ones before it; the text says why."""


class Joiner:
    """Makes one file of pieces. Samples alone need only be laid end to end.

    Args:
        rate: Samples in a second, for formats that do not say it.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.samples: int = 0
        self.pieces: int = 0

    @property
    def seconds(self) -> float:
        """The length of the audio so far, as decoders play it."""
        return self.samples / self.rate

    @property
    def clock(self) -> float:
        """Where in the audio the next piece begins, in seconds: what its timestamps count from."""
        return self.seconds

    def feed(self, chunk: bytes) -> bytes:
        """Add audio of a piece; returns what can be handed out: whole units alone, once the header is known."""
        raise NotImplementedError

    def end_piece(self) -> bytes:
        """End a piece; returns the rest of it."""
        self.pieces += 1
        return b""

    def tail(self) -> bytes:
        """Return what the end of the file needs."""
        return b""

    def header(self, length: int) -> bytes:
        """Return what takes the place of the first bytes, now that the file is complete, with so many bytes."""
        del length
        return b""


class PCM16(Joiner):
    """16-bit samples alone."""

    _size = 2

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self._bytes = 0

    def feed(self, chunk: bytes) -> bytes:
        """Return the bytes as they are."""
        self._bytes += len(chunk)
        self.samples = self._bytes // self._size
        return chunk


class PCM32(PCM16):
    """32-bit samples alone."""

    _size = 4


class WAV(Joiner):
    """RIFF with one header. Until the file is complete its lengths are left open, as in a stream."""

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self._held: bytearray | None = bytearray()
        self._form = b""
        self._left: int | None = None
        self._bytes = 0

    @property
    def seconds(self) -> float:
        """The length of the audio so far."""
        per_second = int.from_bytes(self._form[8:12], "little")
        return self._bytes / per_second if per_second else 0.0

    def feed(self, chunk: bytes) -> bytes:
        """Return the samples, before the first ones a header."""
        header = b""
        if self._held is not None:
            self._held += chunk
            found = self._data(bytes(self._held))
            if found is None:
                return b""
            form, chunk = found
            self._held = None
            if not self._form:
                self._form = form
                header = self.header(0)
            elif form != self._form:
                raise UnjoinableError("its samples are of another kind than those before")
        if self._left is not None:
            chunk = chunk[: self._left]
            self._left -= len(chunk)
        self._bytes += len(chunk)
        return header + chunk

    def end_piece(self) -> bytes:
        """Expect the header of another file."""
        if self._held is not None:
            raise UnjoinableError("it is no RIFF file with samples")
        self._held, self._left = bytearray(), None
        return super().end_piece()

    def _data(self, held: bytes) -> tuple[bytes, bytes] | None:
        """Return the content of the chunk `fmt `, and the samples that came; None if more is needed."""
        if len(held) >= 12 and (held[:4] != b"RIFF" or held[8:12] != b"WAVE"):
            raise UnjoinableError("it is no RIFF file")
        form, at = b"", 12
        while len(held) >= at + 8:
            name, size = held[at : at + 4], int.from_bytes(held[at + 4 : at + 8], "little")
            if name == b"data" and form:
                self._left = None if size in UNKNOWN_LENGTHS else size
                return form, held[at + 8 :]
            if name == b"fmt ":
                form = held[at + 8 : at + 8 + size]
            at += 8 + size + size % 2
        return None

    def tail(self) -> bytes:
        """Return the byte that makes the number of them even."""
        return bytes(self._bytes % 2)

    def header(self, length: int) -> bytes:
        """Return the header of a file of so many bytes; 0 stands for a length that is not known."""
        if not self._form:
            return b""
        is_known = 0 < length < 0xFFFFFFFF

        def chunk(name: bytes, size: int, content: bytes = b"") -> bytes:
            return name + (size if is_known or content else 0xFFFFFFFF).to_bytes(4, "little") + content

        tag, block = (int.from_bytes(self._form[at : at + 2], "little") for at in (0, 12))
        samples = self._bytes // max(block, 1) if is_known else 0xFFFFFFFF
        # What is no plain PCM says how many samples there are.
        fact = b"" if tag == 1 else chunk(b"fact", 4, samples.to_bytes(4, "little"))
        rest = b"WAVE" + chunk(b"fmt ", len(self._form), self._form) + fact + chunk(b"data", self._bytes)
        return chunk(b"RIFF", length - 8) + rest


def joiners() -> Mapping[str, Callable[[int], Joiner]]:
    """Return what joins the audio of each media type."""
    from .frames import AAC, MP3
    from .webm import WebM

    return {
        "audio/mpeg": MP3,
        "audio/aac": AAC,
        "audio/wav": WAV,
        "audio/webm": WebM,
        "application/vnd.lmnt.audio-int16": PCM16,
        "application/vnd.lmnt.audio-fp32": PCM32,
    }
