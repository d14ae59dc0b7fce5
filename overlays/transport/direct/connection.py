"""Connections of the direct road and the pools of them, whoever moves the bytes.

All is written once, as coroutines. Those of a network that waits never suspend: who waits has them run at once.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, Protocol, runtime_checkable

from .http1 import HTTP1, Head, Parser
from .limits import Limits, NotConnected, Phase, closed_here
from .pool import Gate, Lease, Origin, Pool
from .tls import TLS
from .wire import WireRequest

SocketOptions = Sequence[tuple[int, int, int]]


def _quickest() -> type[Parser]:
    try:
        from .llhttp import LLHTTP
    except ImportError:
        return HTTP1
    return LLHTTP


RESPONSE_PARSER = _quickest()
"""What reads responses: llhttp where the extra `fast` is installed, else h11."""


@runtime_checkable
class Network(Protocol):
    """What moves the bytes of a connection. A step that is cancelled leaves it as it was."""

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be sent now."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether nothing can be sent any more."""
        ...

    async def connect(self, host: str, port: int, limits: Limits, options: SocketOptions) -> None:
        """Connect to the first address that answers; raises TimedOut, OSError."""

    def send(self, data: bytes | memoryview) -> None:
        """Send as much as there is room for, and keep the rest."""

    async def room(self, limits: Limits, phase: Phase) -> bool:
        """Wait for room for more; returns False as soon as something has come. Raises TimedOut."""
        ...

    async def receive(self, limits: Limits, phase: Phase) -> bytes:
        """Return what comes next, b"" at the end; raises TimedOut, OSError."""
        ...

    async def arrived(self) -> bytes | None:
        """Return what is here already, b"" at the end; None if nothing is. Raises OSError."""
        ...

    def close(self) -> None:
        """Close it at once, or end the attempt to connect; whoever waits for it is woken."""


class Connection:
    """A connection to an origin. One request at a time."""

    def __init__(self, origin: Origin, network: Network) -> None:
        self.origin = origin
        self.http: Parser
        """What reads the response that is on its way."""
        self.close = network.close
        self._network = network
        self._tls: TLS | None = None
        self._is_sent = False

    @property
    def is_reusable(self) -> bool:
        """Whether another request may follow."""
        return self._is_sent and self.http.is_reusable

    async def open(self, limits: Limits, options: SocketOptions, tls: Callable[[], ssl.SSLContext]) -> None:
        """Connect, in the time that is given for all of it; raises TimedOut, NotConnected."""
        context = tls() if self.origin.scheme == "https" else None
        limits = limits.together(Phase.CONNECT)
        try:
            await self._network.connect(self.origin.host, self.origin.port, limits, options)
            if context is not None:
                await self._shake_hands(TLS(context, self.origin.host), limits)
        except OSError as error:
            raise NotConnected from error

    async def _shake_hands(self, tls: TLS, limits: Limits) -> None:
        is_done = False
        while not is_done:
            is_done = tls.shake_hands()
            self._network.send(tls.to_send())
            if not is_done:
                tls.receive(await self._network.receive(limits, Phase.CONNECT))
        self._tls = tls

    async def request(self, request: WireRequest, limits: Limits) -> Head:
        """Send a request and return the head of its response, which may come before all of the request was sent.

        Raises:
            TimedOut, OSError, ProtocolError: There is no response.
        """
        network, self.http, self._is_sent = self._network, RESPONSE_PARSER(request.method), False
        self._send(request.start())
        if request.is_long:
            async for piece in request.pieces():
                if (head := await self._answer(limits)) is not None:
                    return head
                if network.is_over:
                    break  # it takes no more; perhaps it has said why
                self._send(piece)
        if (request.is_long or network.is_full) and (head := await self._answer(limits)) is not None:
            return head
        self._is_sent = not (network.is_over or request.is_last)
        while (head := self.http.head()) is None:
            self.http.receive(await self.read(limits))
        return head

    async def read(self, limits: Limits) -> bytes:
        """Return what comes next, b"" at the end; raises TimedOut, OSError."""
        if self._tls is None:
            return await self._network.receive(limits, Phase.READ)
        while (data := self._tls.decrypt()) is None:
            self._tls.receive(await self._network.receive(limits, Phase.READ))
        return data

    def _send(self, data: bytes | memoryview) -> None:
        self._network.send(data if self._tls is None else self._tls.encrypt(data))

    async def _answer(self, limits: Limits) -> Head | None:
        """Wait until more of a request can be sent, or it was answered already; returns the head of the answer."""
        while not await self._network.room(limits, Phase.WRITE):
            data = await self._network.arrived()
            if data is not None and self._tls is not None:
                self._tls.receive(data)
                data = self._tls.decrypt()
            if data is not None:
                self.http.receive(data)
                if (head := self.http.head()) is not None:
                    return head
        return None

    async def is_stale(self) -> bool:
        """Whether the other side has closed it meanwhile, or said what nobody asked for."""
        try:
            while (data := await self._network.arrived()) is not None:
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
        tls: Makes the TLS settings when they are needed first.
    """

    def __init__(self, options: SocketOptions, tls: Callable[[], ssl.SSLContext]) -> None:
        self._options = options
        self._tls = tls
        self._pools: dict[Hashable, Pool[Connection]] = {}
        self._process = os.getpid()
        self._is_closed = False

    network: ClassVar[type[Network]]
    """Makes what moves the bytes of a connection."""
    gate: ClassVar[type[Gate]]
    """Makes where a request waits for its turn."""

    async def send(self, request: WireRequest, limits: Limits) -> tuple[Lease[Connection], Head]:
        """Send a request on a connection that is free, or a new one; raises what `Connection` raises, and Error."""
        pool = self._pool()
        lease = Lease(pool, request.origin)
        try:
            pool.ask(lease, self.gate)
            if lease.gate is not None:
                await lease.gate.passed(limits.left(Phase.POOL))
                pool.check_open()
            connection = lease.connection
            if connection is None or await connection.is_stale():
                connection = Connection(request.origin, self.network())
                pool.use(lease, connection)
                await connection.open(limits, self._options, self._tls)
            return lease, await connection.request(request, limits)
        except BaseException:
            lease.release(is_reusable=False)
            raise

    def _pool(self) -> Pool[Connection]:
        if self._process != os.getpid():  # a forked child must not use its parent's
            self._process, self._pools = os.getpid(), {}
        place = self._place()
        if (pool := self._pools.get(place)) is None:
            pool = self._pools.setdefault(place, Pool())
        if self._is_closed:
            pool.close()
        return pool

    def _place(self) -> Hashable:
        """Return where this is called: what was connected elsewhere is of no use here."""
        return None

    def close(self) -> None:
        """Close all connections, also those in use."""
        self._is_closed = True
        if self._process == os.getpid():
            for pool in list(self._pools.values()):
                pool.close()


class Body:
    """The pieces of a body as they come; a step that is cancelled loses nothing.

    Args:
        lease: The hold on the connection, which is given back at the end.
        limits: How long each step may take.
        most: Bytes from which on no more parts are joined.
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
        """Bytes that have come."""
        return self._http.size

    def here(self) -> bytes | None:
        """Return what is here, b"" at the end; None if more must come. Raises ProtocolError, OSError."""
        if self._lease.is_over:  # another request may have the connection by now
            if self._is_whole:
                return b""
            raise closed_here()
        data = self._http.body(self._most)
        if data == b"":
            self._is_whole = True
            self._lease.release(is_reusable=self._connection.is_reusable)
        return data

    async def next(self) -> bytes:
        """Wait for more, and return it, b"" at the end; raises TimedOut, ProtocolError, OSError."""
        while True:
            self._http.receive(await self._connection.read(self._limits))
            if (data := self.here()) is not None:
                return data
