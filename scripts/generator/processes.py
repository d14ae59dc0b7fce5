"""Two pieces of work at the same time, on two processors."""

from __future__ import annotations

import os
import pickle
import threading
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
                pickle.dump(_outcome(there), sink)
        finally:
            os._exit(0)  # whatever happens, what is left to do is for the other process
    os.close(writing)
    try:
        here()
    finally:
        with os.fdopen(reading, "rb") as source:
            data = source.read()
        os.waitpid(child, 0)
    if not data:
        raise ChildProcessError("a process that makes the package was stopped")
    result: T
    error: Exception | None
    result, error = pickle.loads(data)
    if error is not None:
        raise error
    return result


def _outcome(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return work(), None
    except Exception as error:  # it is raised where the other process waits
        return None, error
