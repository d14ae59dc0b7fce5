"""The results of a run: one line of JSON for each line of the manifest, written as it ends, and their sum."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, Self, TypeVar, cast

from ..errors import APIError, Error, FileError, InvalidArgumentError
from ..streams.downloads import save
from ..values.files import reason_of
from .manifest import Line

T = TypeVar("T")


@dataclass(frozen=True)
class Result:
    """What became of a line of the manifest."""

    line: int
    """Its number in the manifest."""

    id: str | None
    """Its id; None for a line that cannot be read."""

    status: Literal["done", "failed"]
    """Whether its file is there."""

    out: str
    """The file, within the folder."""

    digest: str = field(repr=False)
    """What tells whether the line has been changed since."""

    characters: int = 0
    """The characters that were spoken."""

    requests: int = 0
    """The requests that it took, those that failed among them."""

    bytes: int = 0
    """The size of the file."""

    seconds: float | None = None
    """The duration of the audio; None if it cannot be known: of samples alone with no `sample_rate`."""

    request_ids: tuple[str, ...] = ()
    """The ids of the requests that made the file, or of the one that failed."""

    error: str | None = None
    """The class of the error, such as `RateLimitError`."""

    message: str | None = None
    """The error in a sentence."""

    @classmethod
    def failure(cls, line: Line, error: Error, requests: int = 0) -> Self:
        """Return the result of a line that failed."""
        request_id = error.request_id if isinstance(error, APIError) else None
        return cls(
            line=line.number,
            id=line.id,
            status="failed",
            out=line.out,
            digest=line.digest,
            requests=requests,
            request_ids=(request_id,) if request_id else (),
            error=type(error).__name__,
            message=str(error),
        )


@dataclass
class Summary:
    """The sum of a run; while it lasts, the sum so far."""

    results: str
    """The file with a result for each line."""

    lines: int = 0
    """The lines of the manifest; empty ones do not count."""

    done: int = 0
    """The lines that this run has made; with `dry_run`, 0."""

    failed: int = 0
    """The lines that cannot be spoken, or failed."""

    done_before: int = 0
    """The lines whose files earlier runs have made."""

    left: int = 0
    """The lines that this run has not come to: with `only` or `dry_run`, or as it was stopped."""

    characters: int = 0
    """The characters that were spoken; with `dry_run`, that would be."""

    requests: int = 0
    """The requests that were made; with `dry_run`, that are needed if none fails."""

    bytes: int = 0
    """The size of the files that this run has made."""

    seconds: float = 0.0
    """The duration of the audio that this run has made, as far as it is known."""

    def add(self, result: Result) -> None:
        """Count a result."""
        self.left -= 1
        self.done += result.status == "done"
        self.failed += result.status == "failed"
        self.characters += result.characters
        self.requests += result.requests
        self.bytes += result.bytes
        self.seconds += result.seconds or 0.0


class Ledger:
    """The file of the results.

    One run at a time has it. What it holds of lines that are to be run is taken out at the start, in one step; then
    each result is added as one line. So it has never two results of a line, and after a kill at most a last line that
    is cut.

    Args:
        path: The file.

    Raises:
        Error: Another run is at work.
        FileError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._lock = self._try(lambda: path.with_name(f".{path.name}.lock").open("ab"))
        try:
            self._try(self._take)
        except BaseException:
            self._lock.close()
            raise

    def _take(self) -> None:
        try:
            if sys.platform == "win32":
                import msvcrt

                self._lock.seek(0)
                msvcrt.locking(self._lock.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            raise Error(f"another run is at work on {self._path}: wait for its end, or give results=") from error

    def _try(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except OSError as error:
            raise FileError(f"cannot write {self._path}: {reason_of(error)}", path=str(self._path)) from error

    def begin(self, kept: Iterable[Mapping[str, Any]]) -> None:
        """Keep these results alone, and open the file for more."""
        save((json.dumps(each).encode() + b"\n" for each in kept), self._path)
        self._file = self._try(lambda: self._path.open("ab", buffering=0))

    def add(self, result: Result) -> None:
        """Add a result."""
        text = json.dumps(
            {name: value for name, value in asdict(result).items() if value not in (None, ())} | {"id": result.id}
        )
        file = self._file
        if file is not None:
            data = text.encode() + b"\n"
            if self._try(lambda: file.write(data)) != len(data):
                raise FileError(f"cannot write {self._path}: the disk is full", path=str(self._path))

    def close(self) -> None:
        """Let other runs have it."""
        if self._file is not None:
            self._file.close()
        self._lock.close()


_START = b'{"line": '
"""How each result begins, those too that a kill has cut."""


def results_in(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield each result in a file; a last line that is cut is none.

    Raises:
        InvalidArgumentError: The file holds something else.
        FileError: It cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileError(f"cannot read {path}: {reason_of(error)}", path=str(path)) from error
    for number, text in enumerate(lines, 1):
        if (found := _result(text)) is not None:
            yield found
        elif number < len(lines) or text[: len(_START)] != _START[: len(text)]:
            raise InvalidArgumentError(
                f"line {number} of {path} is no result of a run: move that file away, or give results="
            )


def _result(text: bytes) -> Mapping[str, Any] | None:
    try:
        found = cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return None
    is_result = isinstance(found, dict) and {"line", "id", "status", "digest"} <= found.keys()
    return cast("Mapping[str, Any]", found) if is_result else None
