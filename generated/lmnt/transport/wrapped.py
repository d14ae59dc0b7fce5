"""Whether a mock, a recorder or a tracer has patched the HTTP libraries, and must see requests.

No list of such tools is needed: a function that replaces a library's own comes from another module.
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
"""The libraries, and the package that each is built on."""

_OWN = ("httpx", "httpcore", "httpx2", "httpcore2", "contextlib")
"""The packages of the libraries' own functions: httpx2 can act as httpx too; the last makes `stream`."""


class _Watch:
    """Watches the classes through which the requests of one library pass."""

    def __init__(self, library: str, prefix: str) -> None:
        self.library = library
        self._core = _LIBRARIES[library]
        self._kinds_of = attrgetter(f"{prefix}Client", f"{prefix}HTTPTransport")
        self._pool = f"{prefix}ConnectionPool"
        self._last = _Look(())

    def count(self) -> int:
        """Return how many of their functions are not the library's own; 0 if it is not imported."""
        module, core = sys.modules.get(self.library), sys.modules.get(self._core)
        if module is core is None:
            return 0
        try:  # a mock may have patched the underlying package before the library is imported
            kinds = (*(() if module is None else self._kinds_of(module)), getattr(core, self._pool, None))
        except AttributeError:
            return 0  # another thread is importing it
        last = self._last
        # By identity: a wrapper may claim to be equal to its function.
        if kinds != last.kinds or not all(map(is_, chain.from_iterable(last.members), last.seen)):
            last = self._last = _Look(kinds)
        return last.count


class _Look:
    """The state of some classes at one time, to compare with the next."""

    def __init__(self, kinds: tuple[object, ...]) -> None:
        self.kinds = kinds
        # Their current attributes, and a sentinel, so that one added at the end is not missed.
        self.members = (*(vars(kind).values() for kind in kinds if hasattr(kind, "__dict__")), (_MARK,))
        self.seen = tuple(chain.from_iterable(self.members))
        foreign = [member for member in (*kinds, *self.seen) if not _is_own(member, _OWN)]
        # A replacement, as mocks make, counts more than a wrapper, as tracers make.
        self.count = sum(1 if hasattr(member, "__wrapped__") else 2 for member in foreign)


_MARK = object()


def _is_own(member: Any, packages: tuple[str, ...]) -> bool:
    # A wrapper may claim to be an instance of the function's type.
    if type(member) is FunctionType:
        name = member.__globals__.get("__name__")
    elif issubclass(type(member), type):
        name = member.__module__
    else:
        return not callable(member)
    return str(name).partition(".")[0] in packages


class Wrapping:
    """Checks the libraries before each call, by `Client` or `AsyncClient`: one that is not imported is not patched."""

    def __init__(self, kind: str) -> None:
        self._watches = [_Watch(name, kind.removesuffix("Client")) for name in _LIBRARIES]
        self._signs: tuple[object, ...] = ()

    def library(self, preferred: str) -> tuple[str, str] | None:
        """Return the library through which a call must go to be seen, and the reason; None if nothing is patched.

        It is the preferred one unless the other is patched more.
        """
        if "httpx" not in sys.modules:
            signs = (_standard(), *sys.meta_path)
            if len(signs) != len(self._signs) or not all(map(is_, signs, self._signs)):
                self._signs = signs
                _import_what_is_awaited()
        most, taken = 0, preferred
        for watch in self._watches:
            # A tracer may have patched both and a mock one of them: that one has more patches.
            count = watch.count()
            if count > most or (count == most > 0 and watch.library == preferred):
                most, taken = count, watch.library
        if most:
            return taken, f"{taken} was wrapped"
        if not issubclass(vars(socket)["socket"], _socket.socket):
            return preferred, "socket.socket was replaced"  # patched in a way that the direct road may not support
        return None


def _standard() -> object:
    """Return Python's own HTTP function, which every tracer wraps; None if it is not imported."""
    kind = getattr(sys.modules.get("http.client"), "HTTPConnection", None)
    members: Any = getattr(kind, "__dict__", {})
    return members.get("getresponse")


def _import_what_is_awaited() -> None:
    """Import the libraries for which an import hook waits, to patch them as soon as an application imports them.

    Tools that do so have hooked the import, or have patched modules imported before.
    """
    is_traced = not _is_own(_standard(), ("http",))
    for name in _LIBRARIES:
        if name in sys.modules or (spec := find_spec(name)) is None:
            continue
        if is_traced or not issubclass(type(spec.loader), SourceFileLoader):
            with suppress(ImportError):  # it would carry nothing
                import_module(name)
