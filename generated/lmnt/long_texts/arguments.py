"""What a long text is made of: the text, the calls that speak its pieces, and the settings, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import iscoroutinefunction
from typing import Literal, NamedTuple, TypeAlias

from ..calls.operation import Operation
from ..errors import InvalidArgumentError
from ..models.speech_generate_detailed_response import SpeechGenerateDetailedResponse
from .pieces import LongTextProgress

OnError: TypeAlias = Literal["raise", "skip"]


class LongText(NamedTuple):
    """A long text and how it is to be spoken.

    Args:
        text: The text.
        plain: Makes the call that speaks a piece, of its arguments.
        timed: Makes the call that also returns the time of each word; None if that is not wanted.
        argument: The argument that is the text of a piece.
        flag: The argument that asks for the times.
        given: The other arguments.
        most: The characters that a request takes.
        rate: Samples in a second, where the audio does not say it.
        piece_length: The characters of a piece, unless that would split a sentence.
        concurrency: How many pieces are asked for at once.
        on_error: Whether a piece that fails ends it, or is left out.
        on_progress: Called after each piece.
    """

    text: str
    plain: Callable[..., Operation[bytes]]
    timed: Callable[..., Operation[SpeechGenerateDetailedResponse]] | None
    argument: str
    flag: str
    given: Mapping[str, object]
    most: int
    rate: int
    piece_length: int
    concurrency: int
    on_error: OnError
    on_progress: Callable[[LongTextProgress], object] | None

    def check(self) -> None:
        """Raise InvalidArgumentError for what can be no argument."""
        if not isinstance(self.text, str) or not self.text.strip():  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            shown = "nothing but space" if isinstance(self.text, str) else type(self.text).__name__  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
            raise InvalidArgumentError(f"text must be a text with something to speak; got {shown}")
        for name, value, most in (
            ("piece_length", self.piece_length, self.most),
            ("concurrency", self.concurrency, 1000),
        ):
            if type(value) is not int or not 1 <= value <= most:  # True is none
                raise InvalidArgumentError(f"{name} must be a whole number from 1 to {most}; got {value!r}")
        if self.on_progress is not None and (not callable(self.on_progress) or iscoroutinefunction(self.on_progress)):
            raise InvalidArgumentError(
                f"on_progress must be a function, and not an async one; got {self.on_progress!r}"
            )
        if self.on_error not in ("raise", "skip"):
            raise InvalidArgumentError(f'on_error must be "raise" or "skip"; got {self.on_error!r}')
