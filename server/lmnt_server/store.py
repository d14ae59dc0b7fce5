"""What the server remembers, in SQLite: voices, stars and usage, each of an account.

An account is an API key; the database holds only the key's digest. System voices are the engine's, not the store's.
Processes share a database: what one has written is there for the others, also when it is killed after that.
"""

from __future__ import annotations

import fcntl
import json
import logging
import math
import os
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeAlias

from .errors import ApiError
from .limits import Quotas

FILE: Final = "lmnt-server.sqlite3"
"""The name of the database in a data folder."""

OWN_VOICE: Final = re.compile(r"[0-9a-f]{16}")
"""What the id of a voice looks like that an account has made."""

_SCHEMA: Final = (
    (  # version 1
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
    ),
    (  # version 2
        "CREATE TABLE allowances (account TEXT PRIMARY KEY, left REAL NOT NULL, at REAL NOT NULL) WITHOUT ROWID",
        "CREATE TABLE under_way (number INTEGER PRIMARY KEY, account TEXT NOT NULL, process INTEGER NOT NULL)",
    ),
)
"""What makes a database of each version from one of the version before."""

_MINUTE: Final = 60.0

_log: Final = logging.getLogger(__name__)


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


@contextmanager
def held(folder: Path) -> Generator[None]:
    """Keep other servers away from a data folder, which the workers of one server share.

    Two would take the requests under way of each other for those of a server that was killed.

    Raises:
        StoreError: if another server has it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise StoreError(f"cannot keep data in {folder}: {error}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            told = (
                f"another server keeps its data in {folder}: give this one a folder of its own, or that one --workers"
            )
            raise StoreError(told) from error
        yield
    finally:
        os.close(descriptor)


class Store:
    """The database; safe to use from several threads.

    Args:
        folder: where to keep it; in memory when None. The folder is made if it does not exist.
        quotas: what an account may not exceed.

    Raises:
        StoreError: if the folder cannot be written, or holds something else under the database's name.
    """

    def __init__(self, folder: Path | None = None, quotas: Quotas | None = None) -> None:
        self.quotas = quotas or Quotas()
        self.waits = folder is not None
        """Whether what it does may take a while: a disk, other processes."""
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
        with self._transaction(writes=False) as run:
            rows = run(f"SELECT {_COLUMNS} FROM voices WHERE account = ? AND id = ?", (account, voice)).fetchall()
        return _voice(rows[0]) if rows else None

    def voices(self, account: str) -> list[OwnVoice]:
        """Return the voices of an account, in the order they were made."""
        with self._transaction(writes=False) as run:
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
        with self._transaction(writes=False) as run:
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
        with self._transaction(writes=False) as run:
            row = run("SELECT characters FROM usage WHERE account = ?", (account,)).fetchone()
        return max(self.quotas.characters - (row[0] if row else 0), 0)

    def charge(self, account: str, characters: int) -> None:
        """Count characters as spoken; a negative number takes them back.

        Raises:
            ApiError: 402, if the account has not that many left, 429, if it has not that many left in this minute;
                then nothing is counted.
        """
        with self._transaction() as run:
            row = run("SELECT characters FROM usage WHERE account = ?", (account,)).fetchone()
            used = row[0] if row else 0
            if used + characters > self.quotas.characters:
                left = max(self.quotas.characters - used, 0)
                message = f"This text has {characters} characters, and your plan has {left} left."
                raise ApiError("payment_required_error", message)
            if self.quotas.characters_a_minute is not None:
                self._charge_minute(run, account, characters, self.quotas.characters_a_minute)
            run(
                "INSERT OR REPLACE INTO usage (account, characters) VALUES (?, ?)", (account, max(used + characters, 0))
            )

    def begin(self, account: str) -> int | None:
        """Count a request as under way, and return what `end` takes; None if they are not counted.

        Raises:
            ApiError: 429, if the account has as many as it may have.
        """
        most = self.quotas.requests_at_once
        if most is None:
            return None
        with self._transaction() as run:
            (count,) = run("SELECT COUNT(*) FROM under_way WHERE account = ?", (account,)).fetchone()
            if count >= most:
                raise _too_many(f"{count} requests of this key are under way, and it may have {most}.", 1)
            return run("INSERT INTO under_way (account, process) VALUES (?, ?)", (account, os.getpid())).lastrowid

    def end(self, number: int | None) -> None:
        """Count a request as done."""
        if number is not None:
            with self._transaction() as run:
                run("DELETE FROM under_way WHERE number = ?", (number,))

    def forget_requests(self, process: int | None = None) -> None:
        """Count the requests of a process that has ended as done, or those of all."""
        with self._transaction() as run:
            run("DELETE FROM under_way WHERE ? IS NULL OR process = ?", (process, process))

    def check(self) -> None:
        """Write something of no meaning.

        Raises:
            ApiError: 503, if nothing can be kept.
        """
        with self._transaction() as run:
            run(f"PRAGMA user_version = {len(_SCHEMA)}")

    def _charge_minute(self, run: Run, account: str, characters: int, most: int) -> None:
        # A bucket that fills as time goes by. It may be in debt to one text that is longer than it is deep.
        now = time.time()
        row = run("SELECT left, at FROM allowances WHERE account = ?", (account,)).fetchone()
        left = float(most) if row is None else min(most, row[0] + max(now - row[1], 0) * most / _MINUTE)
        if (short := min(characters, most) - left) > 0:
            message = f"This text has {characters} characters, and this key may have {most} spoken in a minute."
            raise _too_many(message, math.ceil(short * _MINUTE / most) if most else 60)
        left = min(left - characters, most)
        run("INSERT OR REPLACE INTO allowances (account, left, at) VALUES (?, ?, ?)", (account, left, now))

    @contextmanager
    def _transaction(self, *, writes: bool = True) -> Generator[Run]:
        """Give what runs a statement; all of the block is done, or nothing.

        Raises:
            ApiError: 503, if the database cannot do it.
        """
        try:
            with self._lock, self._all_or_nothing(writes=writes) as run:
                yield run
        except sqlite3.OperationalError as error:  # a disk that is full or fails, a lock that is held too long
            _log.error("the store failed: %s", error)
            raise ApiError("internal_server_error", "The server cannot keep its data now.", status=503) from error

    @contextmanager
    def _all_or_nothing(self, *, writes: bool = True) -> Generator[Run]:
        run = self._connection.execute
        run("BEGIN IMMEDIATE" if writes else "BEGIN")
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
        with self._all_or_nothing() as run:
            version = run("PRAGMA user_version").fetchone()[0]
            if version not in range(len(_SCHEMA) + 1):
                raise sqlite3.DatabaseError(f"it was written by another version of this server (schema {version})")
            for statements in _SCHEMA[version:]:
                for statement in statements:
                    run(statement)
            run(f"PRAGMA user_version = {len(_SCHEMA)}")


def _too_many(message: str, seconds: int) -> ApiError:
    return ApiError("rate_limit_error", message, headers={"retry-after": str(seconds)})


Run: TypeAlias = Callable[..., sqlite3.Cursor]

_COLUMNS: Final = "id, name, description, gender, tags, recording"


def _voice(row: tuple[Any, ...]) -> OwnVoice:
    return OwnVoice(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])), row[5])
