"""Which API keys are accepted: the given ones, those of a file, or any."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers

from .errors import ApiError
from .store import account_of

_LONGEST: Final = 16 * 1024 * 1024
"""Bytes of a file of keys, at most: some devices never end."""

_KEY: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
"""What a header can hold, and gives back as it was."""

_COMMENT: Final = re.compile(r"(?:^|\s)#.*")

_log: Final = logging.getLogger(__name__)


class KeysError(Exception):
    """The file of keys cannot be read; the message says why."""


class Keys:
    """The keys that are accepted, of which only digests are kept.

    Args:
        key: one of them.
        file: where others are, one in a line; `#` begins a comment, at the start of a line or after a space. It is
            read again when it has changed; while it cannot be read, the keys that were in it last hold.

    Raises:
        KeysError: if no header can hold the key, or the file cannot be read now.

    With neither, any key will do, each an account of its own.
    """

    def __init__(self, key: str | None = None, file: Path | None = None) -> None:
        if key is not None and not _KEY.fullmatch(key):
            raise KeysError("the key of --api-key is empty, or no header can hold it: it has to be ASCII")
        self._own: frozenset[str] = frozenset() if key is None else frozenset([account_of(key)])
        self._file = file
        self._listed: frozenset[str] = frozenset()
        self._seen: object = None
        self.are_any = key is None and file is None
        if file is not None:
            try:
                self._read(file)
            except (OSError, ValueError) as error:
                raise KeysError(f"cannot read the keys in {file}: {error}") from error

    def account(self, key: str, header: str) -> str:
        """Return the account of a key.

        Args:
            key: what the request has, empty for none.
            header: where it is looked for.

        Raises:
            ApiError: 401.
        """
        if not key:
            raise ApiError("authentication_error", f"The API key is missing: send it {header}.")
        account = account_of(key)
        if not self.are_any and account not in self._accepted():
            raise ApiError("authentication_error", "The API key is not known.")
        return account

    def _accepted(self) -> frozenset[str]:
        if self._file is not None:
            try:
                self._read(self._file)
            except (OSError, ValueError) as error:
                if self._seen != str(error):  # once for each trouble, not once for each request
                    _log.warning("the keys in %s cannot be read, those before hold: %s", self._file, error)
                self._seen = str(error)
        return self._own | self._listed

    def _read(self, file: Path) -> None:
        found = file.stat()
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if seen != self._seen:
            self._listed = frozenset(map(account_of, _keys_in(file)))
            self._seen = seen


def _keys_in(file: Path) -> Iterator[str]:
    with file.open("rb") as opened:
        content = opened.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST:,} bytes")
    for number, line in enumerate(content.decode("utf-8-sig").splitlines(), 1):  # editors of Windows begin with a mark
        key = _COMMENT.sub("", line).strip()
        if key and not _KEY.fullmatch(key):
            raise ValueError(f"no header can hold line {number}: a key has to be ASCII")
        if key:
            yield key


def key_of(headers: Headers) -> str:
    """Return the key of a request to either API, empty if it has none."""
    return headers.get("x-api-key", "") or bearer_of(headers)


def bearer_of(headers: Headers) -> str:
    """Return the key in the header `authorization`, empty if it has none."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
