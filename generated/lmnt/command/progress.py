"""A bar on standard error for what takes more than a second; there is none where nobody looks on."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

AFTER = 1.0
"""Seconds until it is shown."""


class Progress:
    """A bar, as a context manager.

    Args:
        title: What is being done.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._done, self._total = 0.0, 0.0
        self._unit = ""
        self._bar: Bar | None = None
        self._lock = threading.Lock()
        self._is_over = False
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        is_shown = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        if is_shown:
            self._timer = threading.Timer(AFTER, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take it away: what is printed next is the result."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._is_over = True
            bar, self._bar = self._bar, None
        if bar is not None:
            bar.stop()

    def advance(self, done: float, total: float = 0, unit: str = "") -> None:
        """Tell how much is done, and of how much if that is known."""
        self._done, self._total, self._unit = done, total, unit
        if (bar := self._bar) is not None:
            bar.update(bar.task_ids[0], completed=done, total=total or None, amount=self._amount())

    def counting(self, chunks: Iterator[bytes], total: int = 0) -> Iterator[bytes]:
        """Yield bytes, and tell how many there were."""
        done = 0
        for chunk in chunks:
            yield chunk
            done += len(chunk)
            self.advance(done, total, "bytes")

    def _amount(self) -> str:
        return f"{self._done:,.0f}{f' of {self._total:,.0f}' if self._total else ''} {self._unit}" if self._unit else ""

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.fields[amount]}")
        bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        bar.add_task(self._title, total=self._total or None, completed=int(self._done), amount=self._amount())
        with self._lock:
            if not self._is_over:
                bar.start()
                self._bar = bar
