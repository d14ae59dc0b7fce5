"""Names of files that every system can hold, so that a manifest works wherever it is taken."""

from __future__ import annotations

import re
import unicodedata

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\ud800-\udfff]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(?:\.|$)", re.IGNORECASE)
_LONGEST = 240
"""Bytes in a name: systems take 255, and a name of a journal or of a part of a file is longer than that of the file."""


def problem_of(out: str) -> str | None:
    """Return why a path is not one within the folder that all systems can hold; None if it is."""
    for part in out.split("/"):
        if part in ("", ".", ".."):
            return f"out has to be a path within the folder, such as a/b.mp3; got {out!r:.100}"
        if _FORBIDDEN.search(part) or part[-1] in ". " or _DEVICE.match(part):
            return f"out has a name that not every system can hold: {part!r:.100}"
        if len(part.encode()) > _LONGEST:
            return f"out has a name of more than {_LONGEST} bytes: {part!r:.60}"
    return None


def name_of(id_: str, extension: str) -> str:
    """Return the name of the file of an id: the id, with %XX for what not every system can hold, and an ending."""
    encoded = re.sub(r'[\x00-\x1f\x7f<>:"|?*\\/%]', lambda found: f"%{ord(found[0]):02X}", id_)
    if _DEVICE.match(encoded) or encoded.startswith("."):
        encoded = f"%{ord(encoded[0]):02X}{encoded[1:]}"
    return f"{encoded}.{extension}"


def key_of(out: str) -> str:
    """Return what is the same for two paths that are one file on some system."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", out).casefold())
