"""The direct road on sockets; threads share its connections."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress

from ..addresses import connect
from ..limits import Limits, Phase, TimedOut, closed_here
from ..readiness import READ, WRITE, ready
from .connection import Connection, Connections, SocketOptions
from .parsing import MOST_READ
from .pool import Origin


class SocketConnection(Connection):
    """A connection on a socket; another thread may close it."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._sock: socket.socket | None = None
        self._is_closed = False
        self._limit: float | None = 0.0
        self._rest = memoryview(b"")

    async def _connect(self, limits: Limits, options: SocketOptions) -> None:
        left = limits.left(Phase.CONNECT)
        try:
            self._sock = connect(self.origin.host, self.origin.port, left, lambda: self._is_closed)
        except TimeoutError as error:
            raise TimedOut(Phase.CONNECT) from error
        if self._is_closed:  # just closed
            self.close()
        for option in options:
            self._sock.setsockopt(*option)

    def _send(self, data: bytes | memoryview) -> None:
        self._rest = memoryview(bytes(self._rest) + data) if self._rest else memoryview(data)
        self._flush()

    def _flush(self) -> None:
        sock = self._within(0.0)
        try:
            while self._rest:
                self._rest = self._rest[sock.send(self._rest) :]
        except BlockingIOError:
            pass
        except ConnectionError as error:  # the server takes no more; perhaps it has responded
            self._is_over, self._failure, self._rest = True, error, memoryview(b"")
        self._is_full = bool(self._rest)

    async def _room(self, limits: Limits) -> bool:
        while not self._is_over:
            events, seconds = (READ | WRITE, limits.left(Phase.WRITE)) if self._rest else (READ, 0.0)
            found = ready(self._within(0.0), events, seconds)
            if found & READ:
                return False
            if not self._rest:
                return True
            if not found:
                raise TimedOut(Phase.WRITE)
            self._flush()
        return True

    async def _receive(self, limits: Limits, phase: Phase) -> bytes:
        if self._rest:
            await self._room(limits)
        try:
            data = self._within(limits.left(phase)).recv(MOST_READ)
        except (TimeoutError, BlockingIOError) as error:
            raise TimedOut(phase) from error
        if not data and (self._is_closed or self._failure is not None):
            # Closed by this side: that must not look like the end of a body.
            raise closed_here() if self._failure is None else self._failure
        return data

    async def _arrived(self) -> bytes | None:
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
        if self._sock is not None:  # else the connecting thread notices
            if self._process == os.getpid():  # the parent goes on using it
                with suppress(OSError):  # closing a socket does not wake another thread that waits for it
                    self._sock.shutdown(socket.SHUT_RDWR)
            self._sock.close()


class Gate:
    """Lets a thread wait for its turn: a lock that another releases. Making an Event takes ten times as long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """Let it pass."""
        if self._lock.locked():
            self._lock.release()

    async def passed(self, seconds: float | None) -> None:
        """Wait until it is set; raises TimedOut."""
        if not self._lock.acquire(timeout=-1 if seconds is None else seconds):
            raise TimedOut(Phase.POOL)


class ConnectionPool(Connections):
    """The connections of a client; threads may share it."""

    connection, gate = SocketConnection, Gate
