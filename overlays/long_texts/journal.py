"""The journal of a long text: its whole pieces, in a database of SQLite, which survives a kill at any moment."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from ..errors import FileError
from ..streams.downloads import Download, path_of
from ..values.files import reason_of

T = TypeVar("T")

_TABLES = """
BEGIN EXCLUSIVE;
CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pieces (number INTEGER PRIMARY KEY, facts TEXT NOT NULL, audio BLOB NOT NULL);
COMMIT;
"""


class Journal:
    """The journal of a file that is being made.

    Args:
        file: The file that is being made.
        identity: What it is made of, by names that the error shows: a journal of anything else is refused.
        resume: Whether the journal of an interrupted run is read, and left if this one is interrupted too.

    Raises:
        InvalidArgumentError: It is not a path.
        FileError: It cannot be written there, another process is writing it, or its journal is of something else.
    """

    def __init__(self, file: str | os.PathLike[str], identity: Mapping[str, str], *, resume: bool) -> None:
        given = self.path = path_of(file)
        self._target = Path(self._try(lambda: os.path.realpath(given)))
        self._is_kept = resume
        name = f"{self._target.name}.journal" if resume else f".{self._target.name[:48]}.{os.urandom(4).hex()}.journal"
        self.path = self._target.with_name(name)
        probe = Download(self._target)
        try:
            probe.open()  # it can be written, which is to be known before anything is asked for
        finally:
            probe.discard(None)
        self._database = self._try(self._connect)
        self.facts: dict[int, Mapping[str, Any]] = {}
        """What is known of each piece that is there, by its number."""
        try:
            self._try(lambda: self._read(identity))
        except BaseException:
            self._database.close()
            raise

    def _try(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except (OSError, ValueError, sqlite3.Error) as error:
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            if isinstance(error, sqlite3.OperationalError) and "locked" in reason:
                reason = "something else is writing it"
            raise FileError(f"cannot write {self.path}: {reason}", path=str(self.path)) from error

    def _connect(self) -> sqlite3.Connection:
        # One thread at a time uses it, but not always the same. Who has it open keeps others out.
        return sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)

    def _read(self, identity: Mapping[str, str]) -> None:
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute(f"PRAGMA synchronous = {'NORMAL' if self._is_kept else 'OFF'}")
        self._database.executescript(_TABLES)
        found = dict(
            cast("list[tuple[str, str]]", self._database.execute("SELECT name, value FROM identity").fetchall())
        )
        if not found:
            self._database.executemany("INSERT INTO identity VALUES (?, ?)", identity.items())
        elif differing := [name for name in {**identity, **found} if found.get(name) != identity.get(name)]:
            shown = ", ".join(f"{name} was {found.get(name)}, is {identity.get(name)}" for name in differing)
            raise FileError(
                f"{self.path} is the journal of another text or of other settings: {shown}; delete it, or write to "
                "another file",
                path=str(self.path),
            )
        for number, facts in self._database.execute("SELECT number, facts FROM pieces"):
            self.facts[number] = json.loads(facts)

    def add(self, piece: int, audio: bytes, facts: Mapping[str, object]) -> None:
        """Add a whole piece; raises FileError."""
        row = piece, json.dumps(facts), audio
        self._try(lambda: self._database.execute("INSERT INTO pieces VALUES (?, ?, ?)", row))
        self.facts[piece] = facts

    def audio(self, piece: int) -> bytes:
        """Return the audio of a piece; raises FileError."""
        question = "SELECT audio FROM pieces WHERE number = ?"
        return cast("bytes", self._try(lambda: self._database.execute(question, (piece,)).fetchone()[0]))

    def target(self) -> Download:
        """Return the file to be made of the pieces, which is still to be opened."""
        return Download(self._target, temporary=self.path.with_name(f"{self.path.name}.part"))

    def close(self, *, is_done: bool) -> None:
        """Close it; it is deleted if all of it is in the file, or none of it is to be kept."""
        with suppress(sqlite3.Error):  # a full disk: what could not be written is not in it
            self._database.close()
        if is_done or not self._is_kept:
            with suppress(OSError):
                self.path.unlink()
