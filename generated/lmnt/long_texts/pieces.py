"""The pieces of a long text, as they are told to its reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Error

if TYPE_CHECKING:
    from ..models.timestamp import Timestamp

__all__ = ["LongTextProgress", "SpeechPiece"]


class LongTextProgress(NamedTuple):
    """How far a long text has come.

    Args:
        pieces: The pieces whose audio is there.
        all_pieces: The pieces of the text.
        characters: The characters of those pieces.
        all_characters: The characters of the text.
        seconds: The length of their audio.
    """

    pieces: int
    all_pieces: int
    characters: int
    all_characters: int
    seconds: float


class SpeechPiece:
    """A piece of a long text, and what became of it.

    Args:
        index: Its number, from 0.
        start: Where it begins in the text.
        stop: Where it ends: `text[start:stop]` is the piece.
    """

    def __init__(self, index: int, start: int, stop: int) -> None:
        self.index = index
        self.start = start
        self.stop = stop
        self.request_ids: list[str] = []
        """The requests for it, in order, as far as they have an id; the last one made its audio."""
        self.begins: float | None = None
        """Where its audio begins, in seconds from the start; None until it was handed out."""
        self.seconds = 0.0
        """The length of its audio."""
        self.timestamps: Sequence[Timestamp] = ()
        """When each word is spoken, counted from the start of all audio, if that was asked for."""
        self.error: Error | None = None
        """Why it is missing, if it was skipped or has failed."""

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.index} [{self.start}:{self.stop}] {self.error or f'{self.seconds:.2f} s'}>"
        )


def named(error: Error, piece: SpeechPiece, count: int) -> Error:
    """Return the error of a piece, whose text names the piece and its place in the text."""
    prefix = f"piece {piece.index + 1} of {count} (characters {piece.start} to {piece.stop})"
    if not error.message.startswith(prefix):
        error.message = f"{prefix}: {error.message}"
    return error
