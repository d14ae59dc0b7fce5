"""Connections of the direct road and their pool, for sync and async.

All is written once, as coroutines: in a sync client they never suspend.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..limits import Limits, NotConnected, Phase, closed_here
from ..uploads import at_once
from .parsing import MOST_READ, Head, Parser
from .pool import Lease, Origin, Pool
from .wire import WireRequest

if TYPE_CHECKING:
    import ssl

    from .tls import TLS

SocketOptions = Sequence[tuple[int, int, int]]


def _quickest() -> type[Parser]:
    try:
        from .llhttp import LLHTTP
    except ImportError:
        from .http1 import HTTP1

        return HTTP1
    return LLHTTP


RESPONSE_PARSER = _quickest()
"""The parser of responses: llhttp if the extra `fast` is installed, else h11."""


MOMENT = 0.1
"""Seconds in which the rest of a body that is of no interest must come, for its connection to be kept."""


class Connection(ABC):
    """A connection to an origin, for one request at a time; a cancelled step leaves it unchanged.

    Subclasses move the bytes; `close` may be called at any time, and wakes those that wait for the connection.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.http: Parser
        """The parser of the current response."""
        self._process = os.getpid()
        self._tls: TLS | None = None
        self._is_sent = False
        self._is_full = False
        """Whether the write buffer is full."""
        self._is_over = False
        """Whether nothing more can be sent."""
        self._failure: Exception | None = None

    @abstractmethod
    async def _connect(self, limits: Limits, options: SocketOptions) -> None:
        """Connect to the first address that answers; raises TimedOut, OSError."""

    @abstractmethod
    def _send(self, data: bytes | memoryview) -> None:
        """Send as much as there is room for, and buffer the rest."""

    @abstractmethod
    async def _room(self, limits: Limits) -> bool:
        """Wait for room to write; returns False as soon as something was received. Raises TimedOut."""

    @abstractmethod
    async def _receive(self, limits: Limits, phase: Phase) -> bytes:
        """Return the next data, b"" at the end; raises TimedOut, OSError."""

    @abstractmethod
    async def _arrived(self) -> bytes | None:
        """Return the data already received, b"" at the end; None if there is none. Raises OSError."""

    @abstractmethod
    def close(self) -> None:
        """Close it at once."""

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be sent."""
        return self._is_sent and self.http.is_reusable

    async def open(self, limits: Limits, options: SocketOptions, tls: Callable[[], ssl.SSLContext]) -> None:
        """Connect, including TLS, within the connect timeout; raises TimedOut, NotConnected."""
        context = tls() if self.origin.scheme == "https" else None
        limits = limits.together(Phase.CONNECT)
        try:
            await self._connect(limits, options)
            if context is not None:
                await self._shake_hands(context, limits)
        except OSError as error:
            raise NotConnected from error

    async def _shake_hands(self, context: ssl.SSLContext, limits: Limits) -> None:
        from .tls import TLS  # loads OpenSSL

        tls = TLS(context, self.origin.host)
        while not tls.shake_hands():
            self._send(tls.to_send())
            tls.receive(await self._receive(limits, Phase.CONNECT))
        self._send(tls.to_send())
        self._tls = tls

    async def request(self, request: WireRequest, limits: Limits) -> Head:
        """Send a request and return the head of its response, which may arrive before all of the request was sent.

        Raises:
            TimedOut, OSError, ProtocolError: There is no response.
        """
        self.http, self._is_sent = RESPONSE_PARSER(request.method), False
        self._write(request.start())
        if request.is_long:
            async for piece in request.pieces():
                if (head := await self._answer(limits)) is not None:
                    return head
                if self._is_over:
                    break  # the server takes no more; perhaps it has responded
                self._write(piece)
        if (request.is_long or self._is_full) and (head := await self._answer(limits)) is not None:
            return head
        self._is_sent = not (self._is_over or request.is_last)
        while (head := self.http.head()) is None:
            self.http.receive(await self.read(limits))
        return head

    async def read(self, limits: Limits) -> bytes:
        """Return the next data, b"" at the end; raises TimedOut, OSError."""
        if self._tls is None:
            return await self._receive(limits, Phase.READ)
        while (data := self._tls.decrypt()) is None:
            self._tls.receive(await self._receive(limits, Phase.READ))
        return data

    def _write(self, data: bytes | memoryview) -> None:
        self._send(data if self._tls is None else self._tls.encrypt(data))

    async def _answer(self, limits: Limits) -> Head | None:
        """Wait until more of a request can be sent, or a response arrives; returns the head of that."""
        while not await self._room(limits):
            data = await self._arrived()
            if data is not None and self._tls is not None:
                self._tls.receive(data)
                data = self._tls.decrypt()
            if data is not None:
                self.http.receive(data)
                if (head := self.http.head()) is not None:
                    return head
        return None

    async def is_stale(self) -> bool:
        """Whether the other side has closed it, or sent unexpected data."""
        try:
            while (data := await self._arrived()) is not None:
                if not data or self._tls is None:
                    return True
                self._tls.receive(data)  # a session ticket, perhaps
                if self._tls.decrypt() is not None:
                    return True
        except OSError:
            return True
        return False


class Connections:
    """The connections of a client.

    Args:
        options: Socket options of each connection.
        tls: Makes the TLS settings at their first use.
    """

    connection: ClassVar[type[Connection]]
    gate: ClassVar[type[Any]]
    """The class of gates where requests wait for their turn: `set` lets one pass."""

    def __init__(self, options: SocketOptions, tls: Callable[[], ssl.SSLContext]) -> None:
        self._options = options
        self._tls = tls
        self._pools: dict[Hashable, Pool[Connection]] = {}
        self._process = os.getpid()
        self._is_closed = False

    async def request(self, request: WireRequest, limits: Limits) -> tuple[Lease[Connection], Head]:
        """Send a request on an idle connection or a new one; raises the errors of `Connection`, and Error."""
        pool = self._pool()
        lease = Lease(pool, request.origin, self.gate())
        try:
            pool.ask(lease)
            if not lease.is_ready:
                await lease.gate.passed(limits.left(Phase.POOL))
                pool.check_open()
            connection = lease.connection
            if connection is None or await connection.is_stale():
                connection = self.connection(request.origin)
                pool.use(lease, connection)
                await connection.open(limits, self._options, self._tls)
            return lease, await connection.request(request, limits)
        except BaseException:
            lease.release(is_reusable=False)
            raise

    def _pool(self) -> Pool[Connection]:
        if self._process != os.getpid():  # a forked child must not use those of its parent
            self._process, self._pools = os.getpid(), {}
        if (place := self._place()) not in self._pools:
            self._pools.setdefault(place, Pool())
        pool = self._pools[place]
        if self._is_closed:
            pool.close()
        return pool

    def _place(self) -> Hashable:
        """Return the place of this call, such as its event loop: connections of another place cannot be used."""
        return None

    def close(self) -> None:
        """Close all connections, also those in use."""
        self._is_closed = True
        for pool in list(self._pools.values()) if self._process == os.getpid() else ():
            pool.close()


class Chunks(Iterator[bytes], AsyncIterator[bytes]):
    """The pieces of a body as received, a sync and async iterator; a cancelled step loses nothing.

    Args:
        lease: The lease of the connection, released at the end.
        limits: The timeouts of the steps.
        most: The size in bytes at which no more parts are joined.
    """

    def __init__(self, lease: Lease[Connection], limits: Limits, most: int) -> None:
        assert lease.connection is not None
        self._lease = lease
        self._connection = lease.connection
        self._http = lease.connection.http
        self._limits = limits
        self._most = most
        self._is_whole = False

    @property
    def size(self) -> int:
        """Bytes received."""
        return self._http.size

    def _here(self) -> bytes | None:
        """Return the data already received, b"" at the end; None if there is none. Raises ProtocolError, OSError."""
        if self._lease.is_over and not self._is_whole:
            raise closed_here()  # another request may have the connection by now
        data = self._http.body(self._most)
        if data == b"":
            self._is_whole = True
            self._lease.release(is_reusable=self._connection.is_reusable)
        return data

    async def drain(self) -> None:
        """Read what is left, as long as that is little and comes at once; raises TimedOut, OSError, ProtocolError."""
        self._limits = self._limits._replace(read=MOMENT).together(Phase.READ)
        left = MOST_READ
        while left > 0 and (data := await self._next()):
            left -= len(data)

    async def _next(self) -> bytes:
        while (data := self._here()) is None:
            self._http.receive(await self._connection.read(self._limits))
        return data

    def __next__(self) -> bytes:
        if (data := self._here()) is None:
            data = at_once(self._next())
        if data:
            return data
        raise StopIteration

    async def __anext__(self) -> bytes:
        if (data := self._here()) is None:
            data = await self._next()
        if data:
            return data
        raise StopAsyncIteration
