"""The clients of a library that carry our requests: which one takes the next, and when one is given up.

Over HTTP/2 the requests of a client share a connection. Neither httpx 0.28 nor httpx2 2.16 lets threads do so safely
(`ssl.SSLSocket` is made for one), one that was left half way keeps its share of the connection's window, and the limit
of one that nothing comes for ends them all. So each thread has a client, requests in more of a hurry have another,
and one that a request has left half way, or that has heard something while idle, takes no more.
"""

from __future__ import annotations

import math
import threading
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .limits import Limits
from .messages import Response
from .proxies import Proxy

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

Owner: TypeAlias = "threading.Thread | AbstractEventLoop | None"


class Way(NamedTuple):
    """What requests must have in common to go by the same client."""

    library: str
    proxy: Proxy | None
    is_secure: bool
    """Whether TLS is spoken."""
    owner: Owner
    """To whom it belongs: an event loop, or with HTTP/2 a thread."""
    haste: int | None = None
    """How short their limits are, with HTTP/2."""

    @property
    def is_over(self) -> bool:
        """Whether its owner is no more."""
        if isinstance(self.owner, threading.Thread):
            return not self.owner.is_alive()
        return self.owner is not None and self.owner.is_closed()


def haste(limits: Limits) -> int | None:
    """Return the power of two of seconds that is nearest to the shortest limit, None without any: there are few."""
    seconds = [limits.read, limits.write, None if limits.deadline is None else max(limits.deadline.remaining, 0.001)]
    return min((round(math.log2(each)) for each in seconds if each is not None), default=None)


class Carrier:
    """A client of a library, and the requests that it carries.

    Args:
        client: The client.
        shares: Whether its requests may share a connection.
        is_given: Whether it is the application's own.
    """

    def __init__(self, client: Any, *, shares: bool, is_given: bool) -> None:
        self.client = client
        self.is_given = is_given
        self._shares = shares
        self._is_spent = False
        self._users = 0
        self._connection: Any = None
        self.responses: weakref.WeakSet[Response] = weakref.WeakSet()
        """Those that have begun and perhaps not ended."""

    def enter(self) -> bool:
        """Take a request; returns False if it takes no more."""
        if self._shares and not self._users and self._connection is not None:
            # What an idle connection has to say is its end, or leads to it.
            self._is_spent = self._is_spent or bool(self._connection.get_extra_info("is_readable"))
        self._users += not self._is_spent
        return not self._is_spent

    def began(self, response: Response, connection: Any) -> None:
        """Take note of a response, and of the library's stream that it comes on."""
        self.responses.add(response)
        self._connection = connection

    def leave(self, *, is_whole: bool) -> bool:
        """Take note that a request is over; returns whether the client is to be closed now."""
        self._users -= 1
        self._is_spent = self._is_spent or (self._shares and not is_whole)
        return self._is_spent and not self._users
