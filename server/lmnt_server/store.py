"""What the server remembers, in SQLite: voices, stars and usage, each of an account.

An account is an API key; the database holds only the key's digest. System voices are the engine's, not the store's.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from .errors import ApiError

FILE: Final = "lmnt-server.sqlite3"
"""The name of the database in a data folder."""

_VERSION: Final = 1
_SCHEMA: Final = (
    """
    CREATE TABLE voices (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT,
        gender TEXT,
        tags TEXT NOT NULL,
        recording TEXT NOT NULL
    )
    """,
    "CREATE INDEX voices_of_account ON voices (account)",
    "CREATE TABLE stars (account TEXT NOT NULL, voice TEXT NOT NULL, PRIMARY KEY (account, voice)) WITHOUT ROWID",
    "CREATE TABLE usage (account TEXT PRIMARY KEY, characters INTEGER NOT NULL) WITHOUT ROWID",
)


class StoreError(Exception):
    """The data folder cannot be used; the message says why."""


@dataclass(frozen=True)
class OwnVoice:
    """A voice of an account. `recording` is the digest, in hex, of the recording that it was made from."""

    id: str
    name: str
    description: str | None
    gender: str | None
    tags: tuple[str, ...]
    recording: str


def account_of(key: str) -> str:
    """Return the account of an API key: a digest from which the key cannot be read back."""
    return sha256(b"lmnt-server account\0" + key.encode()).hexdigest()


class Store:
    """The database; safe to use from several threads.

    Args:
        folder: where to keep it; in memory when None. The folder is made if it does not exist.
        character_limit: characters that each account may have spoken.

    Raises:
        StoreError: if the folder cannot be written, or holds something else under the database's name.
    """

    def __init__(self, folder: Path | None = None, *, character_limit: int = 10_000_000) -> None:
        self.character_limit = character_limit
        self._lock = threading.Lock()
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            place = ":memory:" if folder is None else folder / FILE
            self._connection = sqlite3.connect(place, check_same_thread=False, isolation_level=None, timeout=10)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"cannot keep data in {folder}: {error}") from error

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()

    def add_voice(
        self,
        account: str,
        *,
        name: str,
        description: str | None,
        gender: str | None,
        tags: tuple[str, ...],
        recording: str,
    ) -> OwnVoice:
        """Keep a new voice under an id of its own: 16 hex digits."""
        voice = OwnVoice(secrets.token_hex(8), name, description, gender, tags, recording)
        with self._transaction() as run:
            run(
                f"INSERT INTO voices ({_COLUMNS}, account) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (voice.id, name, description, gender, json.dumps(tags), recording, account),
            )
        return voice

    def voice(self, account: str, voice: str) -> OwnVoice | None:
        """Return a voice of an account, or None if it has none of that id."""
        with self._transaction() as run:
            rows = run(f"SELECT {_COLUMNS} FROM voices WHERE account = ? AND id = ?", (account, voice)).fetchall()
        return _voice(rows[0]) if rows else None

    def voices(self, account: str) -> list[OwnVoice]:
        """Return the voices of an account, in the order they were made."""
        with self._transaction() as run:
            rows = run(f"SELECT {_COLUMNS} FROM voices WHERE account = ? ORDER BY number", (account,)).fetchall()
        return [_voice(row) for row in rows]

    def change_voice(self, account: str, voice: str, changes: Mapping[str, Any]) -> None:
        """Set the given ones of the fields name, description, gender and tags."""
        with self._transaction() as run:
            for field in ("name", "description", "gender", "tags"):
                if field in changes:
                    value = json.dumps(changes[field]) if field == "tags" else changes[field]
                    run(f"UPDATE voices SET {field} = ? WHERE account = ? AND id = ?", (value, account, voice))

    def delete_voice(self, account: str, voice: str) -> bool:
        """Forget a voice of an account, and say whether there was one."""
        with self._transaction() as run:
            run("DELETE FROM stars WHERE account = ? AND voice = ?", (account, voice))
            deleted = run("DELETE FROM voices WHERE account = ? AND id = ?", (account, voice))
        return deleted.rowcount > 0

    def stars(self, account: str) -> frozenset[str]:
        """Return the ids of the voices that an account has starred."""
        with self._transaction() as run:
            return frozenset(row[0] for row in run("SELECT voice FROM stars WHERE account = ?", (account,)))

    def star(self, account: str, voice: str, *, starred: bool) -> None:
        """Star a voice, or take the star away."""
        statement = (
            "INSERT OR IGNORE INTO stars (account, voice) VALUES (?, ?)"
            if starred
            else "DELETE FROM stars WHERE account = ? AND voice = ?"
        )
        with self._transaction() as run:
            run(statement, (account, voice))

    def remaining(self, account: str) -> int:
        """Return how many characters an account may still have spoken."""
        with self._transaction() as run:
            row = run("SELECT characters FROM usage WHERE account = ?", (account,)).fetchone()
        return max(self.character_limit - (row[0] if row else 0), 0)

    def charge(self, account: str, characters: int) -> None:
        """Count characters as spoken; a negative number takes them back.

        Raises:
            ApiError: 402, if the account has not that many left; then nothing is counted.
        """
        with self._transaction() as run:
            row = run("SELECT characters FROM usage WHERE account = ?", (account,)).fetchone()
            used = row[0] if row else 0
            if used + characters > self.character_limit:
                left = max(self.character_limit - used, 0)
                message = f"This text has {characters} characters, and your plan has {left} left."
                raise ApiError("payment_required_error", message)
            run(
                "INSERT OR REPLACE INTO usage (account, characters) VALUES (?, ?)", (account, max(used + characters, 0))
            )

    @contextmanager
    def _transaction(self) -> Generator[Callable[..., sqlite3.Cursor]]:
        """Give what runs a statement; all of the block is done, or nothing."""
        with self._lock:
            run = self._connection.execute
            run("BEGIN IMMEDIATE")
            try:
                yield run
                run("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    run("ROLLBACK")
                raise

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        # Opening a file that cannot be written succeeds; beginning to write to it does not.
        with self._transaction() as run:
            version = run("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError(f"it was written by another version of this server (schema {version})")
            if version == 0:
                for statement in _SCHEMA:
                    run(statement)
                run(f"PRAGMA user_version = {_VERSION}")


_COLUMNS: Final = "id, name, description, gender, tags, recording"


def _voice(row: tuple[Any, ...]) -> OwnVoice:
    return OwnVoice(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])), row[5])
