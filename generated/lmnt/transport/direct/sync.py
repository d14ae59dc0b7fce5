"""The direct road on blocking sockets, whose connections threads share."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

from ..addresses import connect
from ..readiness import READ, WRITE, ready
from ..uploads import at_once
from .connection import Body, Connection, Connections, SocketOptions
from .http1 import MOST_READ, Head
from .limits import Limits, Phase, TimedOut, closed_here
from .pool import Lease
from .wire import WireRequest

__all__ = ["Chunks", "ConnectionPool", "SocketOptions"]


class SocketNetwork:
    """A socket; `close` may be called by another thread, and wakes this one."""

    def __init__(self) -> None:
        self._sock: socket.socket | None = None
        self._is_closed = False
        self._process = os.getpid()
        self._limit: float | None = 0.0
        self._rest = memoryview(b"")
        """What there was no room for."""
        self._failure: OSError | None = None

    @property
    def is_full(self) -> bool:
        """Whether there was no room for all."""
        return bool(self._rest)

    @property
    def is_over(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._failure is not None

    async def connect(self, host: str, port: int, limits: Limits, options: SocketOptions) -> None:
        """Connect to the first address that answers; raises TimedOut, OSError."""
        try:
            sock = connect(host, port, limits.left(Phase.CONNECT), lambda: self._is_closed)
        except TimeoutError as error:
            raise TimedOut(Phase.CONNECT) from error
        self._sock = sock
        for option in options:
            sock.setsockopt(*option)
        if self._is_closed:
            self.close()
            raise closed_here()

    def send(self, data: bytes | memoryview) -> None:
        """Send as much as there is room for, and keep the rest."""
        self._rest = memoryview(bytes(self._rest) + data) if self._rest else memoryview(data)
        self._flush()

    def _flush(self) -> None:
        sock = self._within(0.0)
        try:
            while self._rest:
                self._rest = self._rest[sock.send(self._rest) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self._failure, self._rest = error, memoryview(b"")

    async def room(self, limits: Limits, phase: Phase) -> bool:
        """Wait until all is sent; returns False as soon as something has come. Raises TimedOut."""
        while self._failure is None:
            sock = self._within(0.0)
            found = ready(sock, READ | WRITE, limits.left(phase)) if self._rest else ready(sock, READ, 0)
            if found & READ:
                return False
            if not self._rest:
                return True
            if not found:
                raise TimedOut(phase)
            self._flush()
        return True

    async def receive(self, limits: Limits, phase: Phase) -> bytes:
        """Return what comes next, b"" at the end; raises TimedOut, OSError."""
        if self._rest:
            await self.room(limits, phase)
        try:
            data = self._within(limits.left(phase)).recv(MOST_READ)
        except (TimeoutError, BlockingIOError) as error:
            raise TimedOut(phase) from error
        if not data and self._is_closed:  # this side's end is not the other's, and so not that of a body
            raise closed_here()
        if not data and self._failure is not None:
            raise self._failure
        return data

    async def arrived(self) -> bytes | None:
        """Return what is here already, b"" at the end; None if nothing is. Raises OSError."""
        try:
            return self._within(0.0).recv(MOST_READ)
        except BlockingIOError:
            return None

    def _within(self, seconds: float | None) -> socket.socket:
        if self._sock is None or self._is_closed:
            raise closed_here()
        if seconds != self._limit:  # a system call
            self._sock.settimeout(seconds)
            self._limit = seconds
        return self._sock

    def close(self) -> None:
        """Close it at once."""
        self._is_closed = True
        if self._sock is None:
            return  # who connects sees that
        if self._process == os.getpid():  # else it goes on, in the parent
            with suppress(OSError):  # to close a socket does not wake another thread that waits for it
                self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()


class ThreadGate(threading.Event):
    """Where a thread waits for its turn."""

    async def passed(self, seconds: float | None) -> None:
        """Wait until it is set; raises TimedOut."""
        if not self.wait(seconds):
            raise TimedOut(Phase.POOL)


class ConnectionPool(Connections):
    """The connections of a client; threads may share it."""

    network = SocketNetwork
    gate = ThreadGate

    def request(self, request: WireRequest, limits: Limits) -> tuple[Lease[Connection], Head]:
        """Send a request on a connection that is free, or a new one; raises what `Connection` raises, and Error."""
        return at_once(self.send(request, limits))


class Chunks(Body, Iterator[bytes]):
    """The pieces of a body, for who waits."""

    def __next__(self) -> bytes:
        data = self.here()
        if data is None:
            data = at_once(self.next())
        if data:
            return data
        raise StopIteration
