"""The library clients that carry our requests: which one takes the next request, and when one is retired.

Over HTTP/2 the requests of a client share a connection. Neither httpx 0.28 nor httpx2 2.16 is safe for that in threads
(`ssl.SSLSocket` is made for one), an abandoned response keeps its share of the connection's flow-control window, and a
read timeout of one request ends them all. So each thread has a client of its own, requests with shorter timeouts have
another, and a client whose response was abandoned, or that received data while idle, takes no more requests.
"""

from __future__ import annotations

import math
import threading
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .limits import Limits
from .messages import Response
from .proxies import Proxy
from .readiness import READ, Readiness

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

Owner: TypeAlias = "threading.Thread | AbstractEventLoop | None"


class CarrierKey(NamedTuple):
    """The key of a client: what requests must have in common to share it."""

    library: str
    proxy: Proxy | None
    is_secure: bool
    """Whether TLS is spoken."""
    owner: Owner
    """Its owner: an event loop, or with HTTP/2 a thread."""
    haste: int | None = None
    """The class of their timeouts, with HTTP/2."""

    @property
    def is_over(self) -> bool:
        """Whether its owner has ended."""
        if isinstance(self.owner, threading.Thread):
            return not self.owner.is_alive()
        return self.owner is not None and self.owner.is_closed()


def haste(limits: Limits) -> int | None:
    """Return the power of two nearest to the shortest timeout in seconds, so that there are few; None without one."""
    seconds = [limits.read, limits.write, None if limits.deadline is None else max(limits.deadline.remaining, 0.001)]
    return min((round(math.log2(each)) for each in seconds if each is not None), default=None)


class Carrier:
    """A client of a library, perhaps the application's own, and the requests that it carries.

    Where it `shares`, requests may have the same connection.
    """

    def __init__(self, client: Any, library: str, *, shares: bool, is_given: bool) -> None:
        self.client = client
        self.library = library
        self.is_given = is_given
        self._shares = shares
        self._is_spent = False
        self._users = 0
        self._connection: Any = None
        self._socket: Any = None
        self.responses: weakref.WeakSet[Response] = weakref.WeakSet()
        """Responses that have begun and may not have ended."""

    def enter(self) -> bool:
        """Add a request; returns False if the client takes no more."""
        if self._shares and not self._users and self._socket is not None:
            # Data on an idle connection is its end, or leads to it.
            self._is_spent = self._is_spent or bool(Readiness(self._socket)(READ, 0))
        self._users += not self._is_spent
        return not self._is_spent

    def began(self, response: Response, connection: Any) -> None:
        """Record a response and the library's stream of it."""
        self.responses.add(response)
        if self._shares and connection is not self._connection and connection is not None:
            self._connection, self._socket = connection, connection.get_extra_info("socket")

    def leave(self, *, is_whole: bool) -> bool:
        """Record that a request is over; returns whether the client must be closed now."""
        self._users -= 1
        self._is_spent = self._is_spent or (self._shares and not is_whole)
        return self._is_spent and not self._users
