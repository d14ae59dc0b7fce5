"""Two pieces of work at the same time, on two processors."""

from __future__ import annotations

import os
import pickle
import threading
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def beside(here: Callable[[], object], there: Callable[[], T]) -> T:
    """Do one piece of work here, another in a copy of this process; return or raise what that does."""
    if (
        not hasattr(os, "fork") or (os.cpu_count() or 1) == 1 or threading.active_count() > 1
    ):  # a copy has one thread, and the locks of all
        here()
        return there()
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as sink:
                sink.write(_outcome(there))
            os._exit(0)
        finally:
            os._exit(1)  # whatever happens, what is left to do is for the other process
    os.close(writing)
    try:
        here()
    finally:
        with os.fdopen(reading, "rb") as source:
            data = source.read()
        _, status = os.waitpid(child, 0)
    if status:
        raise ChildProcessError("a process that makes the package was stopped")
    result: T
    error: Exception | None
    result, error = pickle.loads(data)
    if error is not None:
        raise error
    return result


def _outcome(work: Callable[[], Any]) -> bytes:
    """Return what work returns or raises, with where it did, for the process that waits."""
    try:
        return pickle.dumps((work(), None))
    except Exception as error:
        where = traceback.format_exc()
        error.add_note(f"In the other process:\n{where}")
        try:
            pickle.loads(data := pickle.dumps((None, error)))
        except Exception:  # not every error can be carried to another process
            data = pickle.dumps((None, RuntimeError(where)))
        return data
