"""Secrets, such as keys: texts that are redacted wherever they could be shown."""

from __future__ import annotations

import re

from .. import description
from ..errors.handles import Handle

SHORTEST_SECRET = 8
"""Characters; a shorter secret, such as the key `any` for a local server, also occurs in ordinary texts."""


class Secret(Handle):
    """A text that no repr, error or traceback shows; `reveal` is called where it is sent.

    Its parts are redacted too: the bare key, if the text is a header value made of it.
    """

    __slots__ = ("_parts", "_text")

    _refusal = "cannot be pickled, so that it stands in no file"

    def __init__(self, text: str, *parts: str) -> None:
        self._text = text
        self._parts = parts

    @classmethod
    def given(cls, text: str | None) -> Secret | None:
        """Return the text as a Secret. It never raises, so that no traceback has the bare text among its locals."""
        return None if text is None else cls(text)

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def redact(self, text: str) -> str:
        """Return a text with each occurrence of the secret redacted."""
        for part in (self._text, *self._parts):
            if len(part) >= SHORTEST_SECRET:
                text = text.replace(part, "…")
        return text

    def without(self, around: str) -> Secret:
        """Return a copy with these characters stripped from both ends."""
        return Secret(self._text.strip(around))

    def matches(self, pattern: str) -> bool:
        """Whether a regular expression matches all of the text."""
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


def bare(value: str | Secret) -> str:
    """Return a text that may be secret, for where it is sent."""
    return value.reveal() if isinstance(value, Secret) else value


SECRET_HEADERS = {
    *("authorization", "cookie", "proxy-authorization"),
    *(name.lower() for place, name, _ in description.SCHEMES.values() if place == "header"),
}
SECRET_PARAMETERS = {name for place, name, _ in description.SCHEMES.values() if place == "query"}
