"""Whether a mock, a recorder or a tracer has put itself in the way of a library's requests, and must see them.

It need not be known which: what is found in place of the library's own functions has its code elsewhere.
"""

from __future__ import annotations

import contextlib
import operator
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType, ModuleType

_KINDS = {
    "httpx": ("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport"),
    "httpcore": ("ConnectionPool", "AsyncConnectionPool"),
    "httpx2": ("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport"),
    "httpcore2": ("ConnectionPool", "AsyncConnectionPool"),
}
"""The classes through which the requests of a library pass."""


class Watch:
    """Looks at one library, and at what it stands on.

    Args:
        modules: Their names; what nobody has imported, nobody has wrapped.
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules
        self._seen: list[object] = []
        self._is_wrapped = False

    def is_wrapped(self) -> bool:
        """Look whether its functions are what they were at the last call, and only then at each of them."""
        loaded = [module for name in self._modules if (module := sys.modules.get(name)) is not None]
        now = [
            member
            for module in loaded
            for kind in _KINDS[module.__name__]
            for member in vars(getattr(module, kind, None) or ModuleType("half imported")).values()
        ]
        # By identity: what wraps a function may say that it is equal to it.
        if len(now) != len(self._seen) or not all(map(operator.is_, now, self._seen)):
            self._seen, self._is_wrapped = now, not _are_own(loaded, now)
        return self._is_wrapped


def _are_own(modules: Iterable[ModuleType], members: Iterable[object]) -> bool:
    # With the separator: `httpx_mock` beside `httpx` is another package. The last makes `stream` a context manager.
    folders = (*(str(Path(module.__file__ or "").parent) + os.sep for module in modules), contextlib.__file__)
    return all(
        # What wraps a function may say that it is an instance of its type.
        member.__code__.co_filename.startswith(folders) if type(member) is FunctionType else not callable(member)
        for member in members
    )


WATCHES = {"httpx": Watch("httpx", "httpcore"), "httpx2": Watch("httpx2", "httpcore2")}


def wrapped() -> str | None:
    """Return the library that somebody has wrapped, None if none is."""
    return next((name for name, watch in WATCHES.items() if watch.is_wrapped()), None)
