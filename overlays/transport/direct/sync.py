"""The direct road on sockets; threads share its connections."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from ..addresses import connect
from ..connections import keep_alive
from ..limits import Limits, Phase, TimedOut, closed_here
from ..readiness import READ, WRITE, Readiness
from .connection import Connection
from .parsing import MOST_READ
from .pool import Origin


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


class SocketConnection(Connection):
    """A connection on a socket; another thread may close it."""

    gate = Gate

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._sock: socket.socket | None = None
        self._ready = Readiness(None)
        self._rest = memoryview(b"")

    async def _connect(self, limits: Limits) -> None:
        left = limits.left(Phase.CONNECT)
        try:
            self._sock = connect(self.origin.host, self.origin.port, left, lambda: self._is_over)
        except TimeoutError as error:
            raise TimedOut(Phase.CONNECT) from error
        self._ready = Readiness(self._sock)
        if self._is_over:  # just closed
            self.close()
        for option in keep_alive():
            self._open().setsockopt(*option)

    def _open(self) -> socket.socket:
        """Return the socket; raises OSError once it is closed."""
        if self._sock is None or self._sock.fileno() < 0:
            raise self._failure or closed_here()
        return self._sock

    def _send(self, data: bytes | memoryview) -> None:
        self._rest = memoryview(bytes(self._rest) + data) if self._rest else memoryview(data)
        self._flush()

    def _flush(self) -> None:
        sock = self._open()
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
            self._open()
            found = self._ready(events, seconds)
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
        if (data := self._within(limits.left(phase))) is None:
            raise TimedOut(phase)
        return data

    async def _arrived(self) -> bytes | None:
        return self._within(0.0)

    def _within(self, seconds: float | None) -> bytes | None:
        """Return the next data, b"" at the end; None if none comes in so many seconds. Raises OSError."""
        sock = self._open()
        try:
            data = sock.recv(MOST_READ) if self._ready(READ, seconds) else None
        except BlockingIOError:
            return None
        except OSError:
            self._open()  # closed by this side meanwhile
            raise
        if data == b"" and self._failure is not None:  # which must not look like the end of a body
            raise self._failure
        return data

    def _end(self, *, is_ours: bool) -> None:
        if self._sock is not None:  # else the connecting thread notices
            if is_ours:
                with suppress(OSError):  # closing a socket does not wake another thread that waits for it
                    self._sock.shutdown(socket.SHUT_RDWR)
            self._sock.close()
