"""Letters and digits in disguise, as the plain ones that they stand for."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Return a text, as long as it is, with letters and digits in circles, raised, of full width and so on plain."""
    return "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character.isdigit() and not character.isdecimal():
        return str(unicodedata.digit(character))
    form = unicodedata.normalize("NFKC", character)
    return form if len(form) == 1 and form.isascii() and form.isalnum() else character
