"""Locks on folders, which end with the process that holds them."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]  # the type of a module


@contextmanager
def hold(folder: Path, *, wait: bool = True) -> Generator[None]:
    """Lock a folder for the lifetime of this process; raises BlockingIOError if another process holds the lock."""
    with _of_unix(folder, wait=wait) if fcntl else _of_windows(folder, wait=wait):
        yield


@contextmanager
def _of_unix(folder: Path, *, wait: bool) -> Generator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _of_windows(folder: Path, *, wait: bool) -> Generator[None]:
    """Lock a file that stands for the folder: Windows opens no folders, and removes none that has an open file."""
    msvcrt = import_module("msvcrt")
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()
    path = Path(tempfile.gettempdir(), f"regenerate-{name}.lock")
    descriptor, is_ours = os.open(path, os.O_RDWR | os.O_CREAT), False
    try:
        while not is_ours:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                is_ours = True
            except OSError as error:
                if not wait:
                    raise BlockingIOError from error
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)
        if is_ours:
            with suppress(PermissionError):  # another process has it open
                path.unlink(missing_ok=True)
