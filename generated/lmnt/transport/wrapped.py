"""Whether a mock, a recorder or a tracer has put itself in the way of requests, and must see them.

It need not be known which: what is found in place of a library's own functions is of another module.
"""

from __future__ import annotations

import _socket
import socket
import sys
from contextlib import suppress
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from itertools import chain
from operator import attrgetter, is_
from types import FunctionType
from typing import Any

_LIBRARIES = {"httpx": "httpcore", "httpx2": "httpcore2"}
"""With what they stand on."""

_OWN = ("httpx", "httpcore", "httpx2", "httpcore2", "contextlib")
"""Whose functions are the libraries' own: httpx2 can be told to be httpx too; the last makes `stream` what it is."""


class _Watch:
    """Looks at the classes through which the requests of one library pass."""

    def __init__(self, library: str, prefix: str) -> None:
        self.library = library
        self._core = _LIBRARIES[library]
        self._kinds_of = attrgetter(f"{prefix}Client", f"{prefix}HTTPTransport")
        self._pool = f"{prefix}ConnectionPool"
        self._last = _Look(())

    def count(self) -> int:
        """Return how much of them is not the library's own; 0 when nobody has imported it."""
        module, core = sys.modules.get(self.library), sys.modules.get(self._core)
        if module is core is None:
            return 0
        try:  # a mock may have wrapped what the library stands on before anybody imports the library
            kinds = (*(() if module is None else self._kinds_of(module)), getattr(core, self._pool, None))
        except AttributeError:
            return 0  # another thread is about to import it
        last = self._last
        # By identity: what wraps a function may say that it is equal to it.
        if kinds != last.kinds or not all(map(is_, chain.from_iterable(last.members), last.seen)):
            last = self._last = _Look(kinds)
        return last.count


class _Look:
    """What a look at some classes has found, for the next one to compare with."""

    def __init__(self, kinds: tuple[object, ...]) -> None:
        self.kinds = kinds
        # What they have at any time, and a mark, so that one more at the end is not missed.
        self.members = (*(vars(kind).values() for kind in kinds if hasattr(kind, "__dict__")), (_MARK,))
        self.seen = tuple(chain.from_iterable(self.members))
        foreign = [member for member in (*kinds, *self.seen) if not _is_own(member, _OWN)]
        # What takes the place of a function, as mocks do, counts more than what leads on to it, as tracers do.
        self.count = sum(1 if hasattr(member, "__wrapped__") else 2 for member in foreign)


_MARK = object()


def _is_own(member: Any, packages: tuple[str, ...]) -> bool:
    # What wraps a function may say that it is an instance of its type.
    if type(member) is FunctionType:
        name = member.__globals__.get("__name__")
    elif issubclass(type(member), type):
        name = member.__module__
    else:
        return not callable(member)
    return str(name).partition(".")[0] in packages


class Wrapping:
    """Looks at the libraries before each call: what nobody has imported, nobody has wrapped.

    Args:
        kind: What they call their client, `Client` or `AsyncClient`.
    """

    def __init__(self, kind: str) -> None:
        self._watches = [_Watch(name, kind.removesuffix("Client")) for name in _LIBRARIES]
        self._signs: tuple[object, ...] = ()

    def library(self, preferred: str) -> tuple[str, str] | None:
        """Return the library by which a call is seen, and why; None if nobody has to see it.

        Args:
            preferred: The library to take when nothing speaks for the other.
        """
        if "httpx" not in sys.modules:
            signs = (_standard(), *sys.meta_path)
            if len(signs) != len(self._signs) or not all(map(is_, signs, self._signs)):
                self._signs = signs
                _import_what_is_awaited()
        most, taken = 0, preferred
        for watch in self._watches:
            # A tracer may have wrapped both and a mock one of them: that is where more is in the way.
            count = watch.count()
            if count > most or (count == most > 0 and watch.library == preferred):
                most, taken = count, watch.library
        if most:
            return taken, f"{taken} was wrapped"
        if not issubclass(vars(socket)["socket"], _socket.socket):
            return preferred, "socket.socket was replaced"  # by what the direct road may not know how to use
        return None


def _standard() -> object:
    """Return the function that Python itself has for HTTP, and every tracer wraps; None if nobody has imported it."""
    kind = getattr(sys.modules.get("http.client"), "HTTPConnection", None)
    members: Any = getattr(kind, "__dict__", {})
    return members.get("getresponse")


def _import_what_is_awaited() -> None:
    """Import the libraries that somebody waits for, to wrap them as soon as an application imports them.

    Whoever does stands in the way of the import, or has wrapped what was imported before.
    """
    is_traced = not _is_own(_standard(), ("http",))
    for name in _LIBRARIES:
        if name in sys.modules or (spec := find_spec(name)) is None:
            continue
        if is_traced or not issubclass(type(spec.loader), SourceFileLoader):
            with suppress(ImportError):  # it would carry nothing
                import_module(name)
