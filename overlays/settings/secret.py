"""Texts that are not to be shown, such as keys, and where requests hold them."""

from __future__ import annotations

import re

from .. import description
from ..errors.handles import Handle

SHORTEST_SECRET = 8
"""Characters; what is shorter, such as the `any` that a local server takes, stands in ordinary texts too."""


class Secret(Handle):
    """A text that no repr, error or traceback shows; `reveal` is called where it is put on the wire.

    Args:
        text: The text.
        parts: What else gives it away: the bare key, where the text is what a header makes of it.
    """

    __slots__ = ("_parts", "_text")

    _refusal = "cannot be pickled, so that it stands in no file"

    def __init__(self, text: str, *parts: str) -> None:
        self._text = text
        self._parts = parts

    @classmethod
    def given(cls, text: str | None) -> Secret | None:
        """Return the text redacted. It never raises, so that no traceback has the bare text among its locals."""
        return None if text is None else cls(text)

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def redact(self, text: str) -> str:
        """Return a text that may be shown: where it repeats the secret, that is redacted."""
        for part in (self._text, *self._parts):
            if len(part) >= SHORTEST_SECRET:
                text = text.replace(part, "…")
        return text

    def without(self, around: str) -> Secret:
        """Return the text without these characters around it."""
        return Secret(self._text.strip(around))

    def matches(self, pattern: str) -> bool:
        """Whether the whole text matches a regular expression."""
        return re.fullmatch(pattern, self._text) is not None

    def __len__(self) -> int:
        return len(self._text)

    def __bool__(self) -> bool:
        return isinstance(self._text, str) and bool(self._text.strip())  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


SECRET_HEADERS = {
    *("authorization", "cookie", "proxy-authorization"),
    *(name.lower() for place, name, _ in description.SCHEMES.values() if place == "header"),
}
SECRET_PARAMETERS = {name for place, name, _ in description.SCHEMES.values() if place == "query"}
