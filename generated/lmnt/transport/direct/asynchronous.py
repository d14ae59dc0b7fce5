"""The direct road on asyncio: connections, and the pool that tasks share."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any, cast

from ...errors import Error
from .http1 import HTTP1, MOST_READ, Head
from .limits import Limits, NotConnected, Phase, TimedOut, closed_here
from .pool import Origin, Pool, Turn
from .tls import TLS
from .wire import WireRequest

SocketOptions = Sequence[tuple[int, int, int]]

MOST_HELD = 1 << 18
"""Bytes that may have come and not been read, before the other side is held back."""

HEAD_START = 0.25
"""Seconds that an address has to answer before the next one is tried beside it (RFC 8305 section 5)."""


class Connection(asyncio.Protocol):
    """A connection to an origin. One request at a time; a step that is cancelled leaves it as it was."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.http = HTTP1()
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._tls: TLS | None = None
        self._transport: asyncio.Transport | None = None
        self._received: list[bytes] = []
        self._held = 0
        self._is_over = False
        self._failure: Exception | None = None
        self._is_full = False
        self._changed: asyncio.Future[None] | None = None

    # what the event loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a connection."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is none by its class

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        self._received.append(data)
        self._held += len(data)
        if self._held > MOST_HELD and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Nothing more will come."""
        self._is_over = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """There is no connection any more."""
        # When it can write no more, the loop drops what has come and was not read: an answer, perhaps.
        if exc is not None and self._transport is not None:
            with suppress(OSError, ValueError):
                left = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))
                with left:
                    left.setblocking(False)
                    while data := left.recv(MOST_READ):
                        self._received.append(data)
        self._is_over, self._failure = True, self._failure or exc
        self._wake()

    def pause_writing(self) -> None:
        """There is no room for more."""
        self._is_full = True

    def resume_writing(self) -> None:
        """There is room again."""
        self._is_full = False
        self._wake()

    def _wake(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    async def _change(self, limits: Limits, phase: Phase) -> None:
        """Wait until something has come, or gone; raises TimedOut."""
        left = limits.left(phase)
        self._changed = changed = self._loop.create_future()
        timer = None if left is None else self._loop.call_later(left, _expire, changed, phase)
        try:
            await changed
        finally:
            self._changed = None
            if timer is not None:
                timer.cancel()

    # what a call does

    @classmethod
    async def open(
        cls, origin: Origin, limits: Limits, options: SocketOptions, tls: Callable[[], ssl.SSLContext]
    ) -> Connection:
        """Connect to the first address that answers; raises TimedOut, OSError, ssl.SSLError."""
        context = tls() if origin.scheme == "https" else None
        loop = asyncio.get_running_loop()
        connection = cls(origin)
        # uvloop tries the addresses in turn, and takes no such argument; nor does it work with eager tasks (CPython
        # gh-124309).
        takes_it = isinstance(loop, asyncio.BaseEventLoop) and loop.get_task_factory() is None
        at_once: Any = {"happy_eyeballs_delay": HEAD_START} if takes_it else {}
        try:
            async with asyncio.timeout(limits.left(Phase.CONNECT)):
                await loop.create_connection(lambda: connection, origin.host, origin.port, **at_once)
        except TimeoutError as error:
            connection.close()
            raise TimedOut(Phase.CONNECT) from error
        except OSError as error:
            raise NotConnected from error
        try:
            if connection._transport is not None:
                for option in options:
                    connection._transport.get_extra_info("socket").setsockopt(*option)
            if context is not None:
                await connection._shake_hands(context, limits)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError):
                raise NotConnected from error
            raise
        return connection

    async def _shake_hands(self, context: ssl.SSLContext, limits: Limits) -> None:
        tls = TLS(context, self.origin.host)
        while not tls.shake_hands():
            self._put(tls.to_send())
            tls.receive(await self._receive(limits, Phase.CONNECT))
        self._put(tls.to_send())
        self._tls = tls

    async def request(self, request: WireRequest, limits: Limits) -> Head:
        """Send a request and return the head of its response, which may come before all of the request was sent.

        Raises:
            TimedOut, OSError, ssl.SSLError, ProtocolError: There is no response.
        """
        self._write(request.start(self.http))
        if request.is_long:
            async for piece in request.apieces():
                if (head := await self._room_or_answer(limits)) is not None:
                    return head
                if self._is_over:
                    break  # it takes no more; perhaps it has said why
                self._write(self.http.data(piece))
            else:
                self._write(self.http.end())
            if (head := await self._room_or_answer(limits)) is not None:
                return head
        while (head := self.http.head()) is None:
            self.http.receive(await self.read(limits))
        return head

    async def read(self, limits: Limits) -> bytes:
        """Return what comes next, b"" at the end; raises TimedOut, OSError, ssl.SSLError."""
        while True:
            if self._tls is None:
                return await self._receive(limits, Phase.READ)
            if (data := self._tls.decrypt()) is not None:
                return data
            self._tls.receive(await self._receive(limits, Phase.READ))

    def _write(self, data: bytes | memoryview) -> None:
        self._put(data if self._tls is None else self._tls.encrypt(data))

    def _put(self, data: bytes | memoryview) -> None:
        if data and not self._is_over and self._transport is not None:
            self._transport.write(data)

    async def _room_or_answer(self, limits: Limits) -> Head | None:
        """Wait until more of a request can be sent, or it was answered already; returns the head of the answer."""
        while True:
            if self._received:
                data: bytes | None = await self._receive(limits, Phase.READ)
                if self._tls is not None:
                    self._tls.receive(data or b"")
                    data = self._tls.decrypt()
                if data is not None:
                    self.http.receive(data)
                    if (head := self.http.head()) is not None:
                        return head
            elif self._is_full and not self._is_over:
                await self._change(limits, Phase.WRITE)
            else:
                return None

    async def _receive(self, limits: Limits, phase: Phase) -> bytes:
        while not self._received:
            if self._failure is not None:
                raise self._failure
            if self._is_over:
                return b""
            await self._change(limits, phase)
        data = self._received[0] if len(self._received) == 1 else b"".join(self._received)
        self._received.clear()
        if self._held > MOST_HELD and self._transport is not None and not self._is_over:
            self._transport.resume_reading()
        self._held = 0
        return data

    async def is_stale(self) -> bool:
        """Whether the other side has closed it meanwhile, or said what nobody asked for."""
        if not self._is_over and not self._received and self._is_readable():
            # The loop looks at what has come, and then calls us: two turns.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        if self._received and self._tls is not None:
            self._tls.receive(b"".join(self._received))  # a session ticket, perhaps
            self._received.clear()
            self._held = 0
            try:
                if self._tls.decrypt() is not None:
                    return True
            except ssl.SSLError:
                return True
        return self._is_over or bool(self._received)

    def _is_readable(self) -> bool:
        sock = None if self._transport is None else self._transport.get_extra_info("socket")
        if sock is None or sock.fileno() < 0:
            return True
        if not hasattr(select, "poll"):  # Windows
            return bool(select.select([sock.fileno()], [], [], 0)[0])
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Close it at once; whoever waits for it is woken."""
        self._is_over, self._failure = True, self._failure or closed_here()
        if self._transport is None or self._process != os.getpid():
            return  # in the parent it goes on
        try:
            is_here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            is_here = False
        if is_here:
            self._transport.abort()
            self._wake()
        elif not self._loop.is_closed():  # garbage is collected in any thread
            with suppress(RuntimeError):  # it was closed this moment
                self._loop.call_soon_threadsafe(self._transport.abort)


def _expire(changed: asyncio.Future[None], phase: Phase) -> None:
    if not changed.done():
        changed.set_exception(TimedOut(phase))


class Lease:
    """A request's hold on the pool: a connection, or leave to make one. It gives back what nobody did."""

    def __init__(self, pool: ConnectionPool, origin: Origin) -> None:
        self._pool = pool
        # Nothing in it leads back here: who drops a lease gives back at once.
        self.turn: Turn[Connection] = Turn(origin)

    async def wait(self, seconds: float | None) -> None:
        """Wait for its turn; raises TimedOut."""
        woken = asyncio.Event()
        self.turn.wake = woken.set
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError as error:
            raise TimedOut(Phase.POOL) from error

    def release(self, *, is_reusable: bool) -> None:
        """Give the connection back; may be called any number of times."""
        self._pool.give_back(self.turn, is_reusable=is_reusable)

    def __del__(self) -> None:
        if not self.turn.is_over:
            self.release(is_reusable=False)


class ConnectionPool:
    """The connections of a client, of the event loop that uses it; another loop finds none of them.

    Args:
        options: Socket options of each connection.
        tls: Makes the TLS settings when they are needed first.
    """

    def __init__(self, options: SocketOptions, tls: Callable[[], ssl.SSLContext]) -> None:
        self._options = options
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._pool: Pool[Connection] = Pool()
        self._in_use: set[Connection] = set()
        self._is_closed = False

    async def request(self, request: WireRequest, limits: Limits) -> tuple[Lease, Head]:
        """Send a request on a connection that is free, or a new one; raises what `Connection` raises, and Error."""
        self._check_loop()
        lease = Lease(self, request.origin)
        try:
            connection = await self._connection_for(lease, limits)
            return lease, await connection.request(request, limits)
        except BaseException:
            lease.release(is_reusable=False)
            raise

    async def _connection_for(self, lease: Lease, limits: Limits) -> Connection:
        turn = lease.turn
        self._check_open()
        self._pool.ask(turn, time.monotonic())
        self._close_spare()
        if not turn.is_ready:
            await lease.wait(limits.left(Phase.POOL))
            self._check_open()
        if turn.connection is not None and await turn.connection.is_stale():
            turn.connection.close()
            turn.connection = None
        if turn.connection is None:
            turn.connection = await Connection.open(turn.origin, limits, self._options, self._tls)
        self._check_open()
        self._in_use.add(turn.connection)
        return turn.connection

    def give_back(self, turn: Turn[Connection], *, is_reusable: bool) -> None:
        """Take what a lease had."""
        if turn.is_over or turn.pool is None:
            return
        connection = turn.connection
        if connection is not None:
            self._in_use.discard(connection)
        is_kept = is_reusable and not self._is_closed and turn.pool is self._pool
        turn.pool.give_back(turn, connection if is_kept else None, time.monotonic())
        if connection is not None and not is_kept:
            connection.close()
        self._close_spare()

    def close(self) -> None:
        """Close all connections, also those in use."""
        self._is_closed = True
        for connection in [*self._pool.end(), *self._in_use]:
            connection.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise Error("this client was closed; make a new one")

    def _close_spare(self) -> None:
        for connection in self._pool.to_close():
            connection.close()

    def _check_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._process != os.getpid():
            for connection in self._pool.end():
                connection.close()
            self._loop, self._process = loop, os.getpid()
            self._pool, self._in_use = Pool(), set()


class Chunks(AsyncIterator[bytes]):
    """The pieces of a body as they come; a step that is cancelled loses nothing.

    Args:
        lease: The hold on the connection, which is given back at the end.
        limits: How long each step may take.
        most: Bytes from which on no more parts are joined.
    """

    def __init__(self, lease: Lease, limits: Limits, most: int) -> None:
        assert lease.turn.connection is not None
        self._lease = lease
        self._connection = lease.turn.connection
        self._limits = limits
        self._most = most
        self._is_whole = False
        self.size = 0
        """Bytes that have come."""

    async def __anext__(self) -> bytes:
        if self._lease.turn.is_over:  # another request may have the connection by now
            raise (StopAsyncIteration if self._is_whole else closed_here())
        http = self._connection.http
        while (data := http.body(self._most)) is None:
            http.receive(await self._connection.read(self._limits))
        if data:
            self.size += len(data)
            return data
        self._is_whole = True
        self._lease.release(is_reusable=http.finish())
        raise StopAsyncIteration
