"""The text of a file, and places in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

DEEPEST: Final = 200
"""How deep values may stand in each other. A walk through them needs a part of Python's stack for each step."""

TOO_DEEP: Final = f"this is nested more than {DEEPEST} deep"

_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


class DocumentError(ValueError):
    """A file holds no document that can be used; the message says which file, where in it, and why."""


@dataclass(frozen=True)
class Source:
    """The text of a file."""

    path: Path | str
    """The file, or the URL that it came from."""
    text: str
    repeated: Callable[[str, str], None] | None = None

    @classmethod
    def read(cls, path: Path, repeated: Callable[[str, str], None] | None = None) -> Source:
        """Read a file; see `decoded`."""
        try:
            return cls.decoded(path, path.read_bytes(), repeated)
        except OSError as error:
            raise DocumentError(f"cannot read {path}: {error.strerror}") from error

    @classmethod
    def decoded(cls, path: Path | str, data: bytes, repeated: Callable[[str, str], None] | None = None) -> Source:
        """Read bytes in UTF-8, or in UTF-16 or UTF-32 as the first of them tell."""
        encoding = json.detect_encoding(data)  # it looks for the same as YAML 1.2.2 does (section 5.2)
        try:
            return cls(path, data.decode(encoding), repeated)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "ignore")
            name = encoding.upper().removesuffix("-SIG")
            raise cls(path, before).broken(f"text in {name}", len(before), error.reason) from error

    def place(self, offset: int) -> str:
        """Return where a character stands, as editors count."""
        before = self.text[:offset]
        return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"

    def twice(self, offset: int, key: str) -> None:
        """Tell of a key that stands twice, or refuse it."""
        if self.repeated is None:
            self.refuse(offset, f"the key {key!r} stands twice")
        self.repeated(key, self.place(offset))

    def refuse(self, offset: int, reason: str) -> NoReturn:
        """Refuse what is written as it should be, and is nothing that a document may hold."""
        raise DocumentError(f"{self.path}, {self.place(offset)}: {_short(reason)}")

    def broken(self, language: str, offset: int, reason: str) -> DocumentError:
        """Return the error of what is not written as the language has it."""
        return DocumentError(f"{self.path} is no {language} at {self.place(offset)}: {_short(reason)}")

    def whole(self, offset: int, text: str) -> str:
        """Return a text that stands at a place; refuses one in which characters are escaped by halves."""
        if _SURROGATE.search(text):
            self.refuse(offset, "this text holds half of a surrogate pair, which is no character")
        return text


def _short(reason: str) -> str:
    return reason if len(reason) <= 200 else reason[:199] + "…"  # it may quote a whole file
