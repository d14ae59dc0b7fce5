"""What a run still has to do, and what became of each line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from ..errors import InvalidArgumentError
from ..long_texts import DEFAULT_PIECE_LENGTH
from ..long_texts.splitting import Splitter
from .manifest import LONGEST, Line
from .places import Place
from .results import Ledger, Result, Summary, results_in

OnProgress: TypeAlias = Callable[[Result, Summary], object]


class Run:
    """A run; threads may share it.

    Args:
        lines: The lines of the manifest.
        place: Where the files go.
        path: The file of the results.
        only: The ids of the lines to run; None for all.
    """

    def __init__(self, lines: list[Line], place: Place, path: Path, only: Collection[str] | None) -> None:
        self.place = place
        self.stopped = threading.Event()
        self._path = path
        self._lock = threading.Lock()
        self._lines = lines
        self._only = only
        self._todo: list[Line] = []
        self._on_progress: OnProgress | None = None
        self._ledger: Ledger | None = None
        self._error: BaseException | None = None
        self.summary = Summary(results=str(path), lines=len(lines))

    def _look(self) -> list[Mapping[str, Any]]:
        """Find out what is still to be done; returns the results to keep. Raises InvalidArgumentError or FileError."""
        known = {line.id: line for line in self._lines if not line.problem}
        done: set[str] = set()
        kept: list[Mapping[str, Any]] = []
        for found in results_in(self._path):
            line = known.get(found["id"])
            if line is None or line.digest != found["digest"] or line.id in done:
                continue
            is_done = found["status"] == "done" and self.place.size(line.out) == found.get("bytes")
            if is_done or (self._only is not None and line.id not in self._only):
                kept.append({**found, "line": line.number})
            if is_done:
                done.add(found["id"])
        self._todo = [
            line
            for line in self._lines
            if line.problem or (line.id not in done and (self._only is None or line.id in self._only))
        ]
        self.summary.done_before = len(done)
        self.summary.left = len(self._lines) - len(done)
        return kept

    def begin(self, on_progress: OnProgress | None) -> None:
        """Take hold of the results; what is wrong with lines is reported at once."""
        self._on_progress = on_progress
        self.place.prepare()
        self._ledger = Ledger(self._path)
        try:
            self._ledger.begin(self._look())
            wrong = [line for line in self._todo if line.problem]
            self._todo = [line for line in self._todo if not line.problem][::-1]
            for line in wrong:
                self.report(Result.failure(line, InvalidArgumentError(line.problem or "")))
        except BaseException:
            self._ledger.close()
            raise

    def estimate(self) -> Summary:
        """Return what a run would need."""
        self._look()
        for line in self._todo:
            self.summary.failed += bool(line.problem)
            if not line.problem:
                self.summary.characters += len(line.text)
                pieces = Splitter(line.text, DEFAULT_PIECE_LENGTH, LONGEST).spans()
                self.summary.requests += 1 if len(line.text) <= LONGEST else len([*pieces])
        self.summary.left -= self.summary.failed
        return self.summary

    @property
    def size(self) -> int:
        """How many lines are to be spoken."""
        return len(self._todo)

    def take(self) -> Line | None:
        """Return the next line; None if there is none, or the run has ended."""
        with self._lock:
            return self._todo.pop() if self._todo and not self.stopped.is_set() else None

    def report(self, result: Result) -> None:
        """Write the result of a line; raises FileError, or what `on_progress` does."""
        with self._lock:
            if self._ledger is not None:
                self._ledger.add(result)
            self.summary.add(result)
            if self._on_progress is not None:
                self._on_progress(result, replace(self.summary))

    def stop(self, error: BaseException) -> None:
        """End the run: no further line is begun."""
        self._error = self._error or error
        self.stopped.set()

    def end(self) -> Summary:
        """Let go of the results; returns the sum, or raises what has ended the run."""
        if self._ledger is not None:
            self._ledger.close()
        if self._error is not None:
            raise self._error
        return self.summary
