"""The direct road: sending a request on a connection, and the response."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from ..limits import Limits, Phase, TimedOut, closed_here
from ..messages import Request, Response
from ..network_errors import connection_errors
from ..uploads import opened
from .connection import Connection, Place
from .parsing import MOST_READ, Head, ProtocolError
from .pool import Lease, Pool
from .wire import WireRequest

if TYPE_CHECKING:
    import ssl

MOMENT = 0.1
"""Seconds in which the rest of a body that is of no interest must come, for its connection to be kept."""


class DirectRoad:
    """The connections of a client, of one kind, and the requests on them; TLS is set up at its first use."""

    def __init__(self, kind: type[Connection], tls: Callable[[], ssl.SSLContext]) -> None:
        self._kind = kind
        self._tls = tls
        self._pools: dict[Place, Pool[Connection]] = {}
        self._process = os.getpid()
        self._is_closed = False

    async def send(self, request: Request, limits: Limits, *, awaits: bool) -> Response:
        """Send a request and return its response once the head is received; raises APIConnectionError, Error."""
        began = time.monotonic()
        with connection_errors(request):
            if not request.content:
                lease, head = await self._exchange(WireRequest(request, None), limits)
            else:
                with ExitStack() as files:
                    body = await opened(request.content, files, request.deadline, awaits=awaits)
                    lease, head = await self._exchange(WireRequest(request, body), limits)
        return _DirectResponse(request, head, lease, limits, began)

    async def _exchange(self, request: WireRequest, limits: Limits) -> tuple[Lease[Connection], Head]:
        """Send a request on an idle connection or a new one; raises the errors of `Connection`, and Error."""
        pool = self._pool()
        lease = Lease(pool, request.origin, self._kind.gate)
        try:
            pool.ask(lease)
            if not lease.is_ready:
                await lease.gate.passed(limits.left(Phase.POOL))
                pool.check_open()
            connection = lease.connection
            if connection is None or await connection.is_stale():
                connection = self._kind(request.origin)
                pool.use(lease, connection)
                await connection.open(limits, self._tls)
            return lease, await connection.request(request, limits)
        except BaseException:
            lease.release(is_reusable=False)
            raise

    def _pool(self) -> Pool[Connection]:
        if self._process != os.getpid():  # a forked child must not use those of its parent
            self._process, self._pools = os.getpid(), {}
        place = self._kind.place()
        if (pool := self._pools.get(place)) is None:
            for other in [other for other in self._pools if other is not None and other.is_closed()]:
                self._pools.pop(other).close()
            pool = self._pools.setdefault(place, Pool())
        if self._is_closed:
            pool.close()
        return pool

    def close(self) -> None:
        """Close all connections, also those in use."""
        self._is_closed = True
        for pool in list(self._pools.values()) if self._process == os.getpid() else ():
            pool.close()


class _DirectResponse(Response):
    """A response on the direct road, and the iterator of its body; a cancelled step loses nothing."""

    def __init__(self, request: Request, head: Head, lease: Lease[Connection], limits: Limits, began: float) -> None:
        super().__init__(request, *head)
        assert lease.connection is not None
        self._lease = lease
        self._connection = lease.connection
        self._parser = lease.connection.http
        self._limits = limits
        self._began = began
        self._ended: float | None = None
        # With a content coding nothing is joined: data before a corrupt part would be lost with it.
        self._most = 1 if "content-encoding" in self.headers else MOST_READ

    @property
    def bytes_downloaded(self) -> int:
        return self._parser.size

    @property
    def is_closed(self) -> bool:
        return self._lease.is_over

    @property
    def elapsed(self) -> timedelta | None:
        return None if self._ended is None else timedelta(seconds=self._ended - self._began)

    def raw(self) -> Self:
        return self

    __aiter__ = raw

    async def __anext__(self) -> bytes:
        while (data := self._here()) is None:
            self._parser.receive(await self._connection.read(self._limits))
        if data:
            return data
        raise StopAsyncIteration

    def _here(self) -> bytes | None:
        """Return the data already received, b"" at the end; None if there is none. Raises ProtocolError, OSError."""
        if self._lease.is_over:  # this side closed it, or another reader came to the end
            raise closed_here()
        data = self._parser.body(self._most)
        if data == b"":
            self._lease.release(is_reusable=self._connection.is_reusable)
        return data

    async def drain(self) -> None:
        self._limits = self._limits._replace(read=MOMENT).together(Phase.READ)
        left = MOST_READ
        with suppress(TimedOut, OSError, ProtocolError):
            async for data in self:
                left -= len(data)
                if left <= 0:
                    break

    async def close(self) -> None:
        if self._ended is None:
            self._ended = time.monotonic()
        if "http" in vars(self):
            self.http.is_closed = True
        self._lease.release(is_reusable=False)
