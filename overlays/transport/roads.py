"""The choice of the road: direct to the origin, or through a library if the application needs that."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..errors import Error, InvalidArgumentError
from ..hints.omitted import NotGiven
from ..settings.logs import listener
from ..settings.options import check_timeout
from .carriers import Carrier, CarrierKey, Owner, haste
from .connections import Connections, bases_in_libraries
from .direct.road import DirectRoad
from .event_loops import running_loop, sleep
from .limits import DEFAULT, OF_LIBRARIES, Limits
from .messages import Request, Response
from .proxies import Proxy
from .wrapped import Wrapping

if TYPE_CHECKING:
    from .direct.connection import Connection

DIRECT = "direct"


class Roads(ABC):
    """The connections of one or more of our clients, on both roads; made at the first call.

    A client that was given is used as it is; raises InvalidArgumentError if it cannot be.
    """

    awaits: ClassVar[bool]
    """Whether its coroutines may suspend."""

    _kind: ClassVar[str]
    """The name of the libraries' client class."""

    _wrapping: ClassVar[Wrapping]

    def __init__(self, given: Any, connections: Connections) -> None:
        if given is not None:
            self._check(given, connections)
        self._given = given
        self.connections = connections
        self.pool = DirectRoad(self._direct(), lambda: connections.tls)
        self.is_closed = False
        self._begin()

    def _check(self, given: object, connections: Connections) -> None:
        if self._library_of(given) is None:
            raise InvalidArgumentError(
                f"http_client must be an httpx.{self._kind} or an httpx2.{self._kind}; "
                f"got {type(given).__module__.partition('.')[0]}.{type(given).__name__}"
            )
        if not connections.is_default:
            raise InvalidArgumentError(
                "http2, ssl_context, proxy and transport are settings of http_client when one is given"
            )

    def _library_of(self, given: object) -> str | None:
        """Return the library of a client; None if it is of neither."""
        return next((library for library, kind in bases_in_libraries(given) if kind == self._kind), None)

    @abstractmethod
    def _direct(self) -> type[Connection]:
        """Return the class of the connections of the direct road."""

    def _begin(self) -> None:
        self._carriers: dict[CarrierKey, Carrier] = {}
        self._lock = threading.Lock()
        self._process = os.getpid()

    def _leave_to_parent(self) -> None:
        # A forked child must not use its parent's connections, nor wait for a lock held by a thread of the parent.
        if self._process != os.getpid():
            self._begin()

    def another(self) -> Self:
        """Return a copy with its own connections; the application's own client is kept."""
        return type(self)(self._given, self.connections)

    def check_open(self) -> None:
        """Raise Error after `close`."""
        if self.is_closed or (self._given is not None and self._given.is_closed):
            raise Error("this client was closed; make a new one")

    @property
    def limits(self) -> Limits:
        """The default limits; the libraries' defaults, which are too short, count as not set."""
        given = DEFAULT if self._given is None else Limits.of(check_timeout(self._given.timeout))
        return DEFAULT if given == OF_LIBRARIES else given

    def limits_of(self, request: Request) -> Limits:
        """Return the limits of a request."""
        return Limits.of(self.limits if isinstance(request.timeout, NotGiven) else request.timeout, request.deadline)

    @cached_property
    def _always(self) -> tuple[str, str] | None:
        """The road of every request, and the reason; None if it depends on the request."""
        if self._given is not None:
            return self._library_of(self._given) or "", "an http_client was given"
        named = self.connections.transport
        return None if named is None else (named, "transport was given")

    def _road(self, request: Request, *, is_foreign: bool = False) -> tuple[str, Proxy | None]:
        """Return the road of a request and its proxy; the reason is logged."""
        road, reason = self._always or (DIRECT, "")
        proxy = None
        if self._given is None and (road != DIRECT or not reason):
            proxy = self.connections.proxies.of(request.url)
        if not reason:
            library = self.connections.library
            if self.connections.http2:
                reason = "http2=True was given"
            elif proxy is not None:
                reason = "there is a proxy"
            elif is_foreign:
                reason = "the event loop is not asyncio's"
            road, reason = self._wrapping.library(library) or (library if reason else DIRECT, reason)
        if road == DIRECT and is_foreign:
            raise InvalidArgumentError('transport="direct" needs the event loop of asyncio: choose httpx or httpx2')
        if (log := listener("debug")) is not None:
            log.debug("%s: %s", request.line, DIRECT if road == DIRECT else f"by {road}, since {reason}")
        return road, proxy

    def _carrier(self, road: str, proxy: Proxy | None, request: Request, owner: Owner, limits: Limits) -> Carrier:
        """Return the carrier of a request, already entered; raises Error after `close`."""
        from . import library

        is_secure = request.url.startswith("https:") or (proxy is not None and proxy.is_secure)
        key = CarrierKey(road, proxy, is_secure, owner, haste(limits) if self.connections.http2 else None)
        self._leave_to_parent()
        with self._lock:
            self.check_open()
            if (carrier := self._carriers.get(key)) is None or not carrier.enter():
                self._carriers = {key: each for key, each in self._carriers.items() if not key.is_over}
                client = self._given or library.make_client(key, self._kind, self.connections)
                carrier = self._carriers[key] = Carrier(
                    client, road, shares=self.connections.http2, is_given=self._given is not None
                )
                carrier.enter()
        return carrier

    async def send(self, request: Request) -> Response:
        """Send a request and return its response once the head is received; raises APIConnectionError."""
        owner: Owner = running_loop() if self.awaits else threading.current_thread() if self.connections.http2 else None
        taken, proxy = self._road(request, is_foreign=self.awaits and owner is None)
        limits = self.limits_of(request)
        if taken == DIRECT:
            return await self.pool.send(request, limits, awaits=self.awaits)
        from . import library

        carrier = self._carrier(taken, proxy, request, owner, limits)
        return await library.send(carrier, request, limits, proxy, awaits=self.awaits)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await sleep(seconds) if self.awaits else time.sleep(seconds)  # noqa: ASYNC251  # in a sync client

    async def close(self) -> None:
        """Close all connections."""
        self._leave_to_parent()
        self.pool.close()
        with self._lock:  # so that no first call makes one meanwhile
            self.is_closed = True
            carriers = [carrier for key, carrier in self._carriers.items() if not key.is_over]
            self._carriers = {}
        if self._given is not None and not carriers:
            carriers = [Carrier(self._given, "", shares=False, is_given=True)]
        for carrier in carriers:
            for response in () if self.awaits else list(carrier.responses):
                await response.close()  # a thread may be waiting for more of it
            await carrier.client.aclose() if self.awaits else carrier.client.close()


class SyncRoads(Roads):
    """The roads of a sync client."""

    awaits, _kind = False, "Client"
    _wrapping = Wrapping(_kind)

    def _direct(self) -> type[Connection]:
        from .direct.sync import SocketConnection

        return SocketConnection


class AsyncRoads(Roads):
    """The roads of an async client."""

    awaits, _kind = True, "AsyncClient"
    _wrapping = Wrapping(_kind)

    def _direct(self) -> type[Connection]:
        from .direct.asynchronous import LoopConnection

        return LoopConnection
