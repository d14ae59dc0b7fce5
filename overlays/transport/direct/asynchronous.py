"""The direct road on asyncio, whose connections tasks share."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Hashable
from contextlib import suppress
from typing import Any, cast

from ..addresses import HEAD_START
from ..readiness import READ, ready
from .connection import Body, Connection, Connections, SocketOptions
from .http1 import MOST_READ, Head
from .limits import Limits, Phase, TimedOut, closed_here
from .pool import Lease
from .wire import WireRequest

MOST_HELD = 1 << 18
"""Bytes that may have come and not been read, before the other side is held back."""


class LoopNetwork(asyncio.Protocol):
    """A transport of the event loop. A step that is cancelled leaves it as it was."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Timeout | None = None
        self._received: list[bytes] = []
        self._held = 0
        self._failure: Exception | None = None
        self._changed: asyncio.Future[None] | None = None
        self.is_full = False
        self.is_over = False

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
        self.is_over = True
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
        self.is_over, self._failure = True, self._failure or exc
        self._wake()

    def pause_writing(self) -> None:
        """There is no room for more."""
        self.is_full = True

    def resume_writing(self) -> None:
        """There is room again."""
        self.is_full = False
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

    async def connect(self, host: str, port: int, limits: Limits, options: SocketOptions) -> None:
        """Connect to the first address that answers; raises TimedOut, OSError."""
        # uvloop tries the addresses in turn, and takes no such argument; nor does it work with eager tasks (CPython
        # gh-124309).
        takes_it = isinstance(self._loop, asyncio.BaseEventLoop) and self._loop.get_task_factory() is None
        at_once: Any = {"happy_eyeballs_delay": HEAD_START} if takes_it else {}
        try:
            async with asyncio.timeout(limits.left(Phase.CONNECT)) as self._connecting:
                await self._loop.create_connection(lambda: self, host, port, **at_once)
        except TimeoutError as error:
            raise self._failure or TimedOut(Phase.CONNECT) from error
        if self._failure is not None:  # it was closed this moment
            raise self._failure
        if self._transport is not None:
            for option in options:
                self._transport.get_extra_info("socket").setsockopt(*option)

    def send(self, data: bytes | memoryview) -> None:
        """Send as much as there is room for, and keep the rest."""
        if data and not self.is_over and self._transport is not None:
            self._transport.write(data)

    async def room(self, limits: Limits, phase: Phase) -> bool:
        """Wait for room for more; returns False as soon as something has come. Raises TimedOut."""
        while self.is_full and not self.is_over and not self._received:
            await self._change(limits, phase)
        return not self._received

    async def receive(self, limits: Limits, phase: Phase) -> bytes:
        """Return what comes next, b"" at the end; raises TimedOut, OSError."""
        while not self._received:
            if self._failure is not None:
                raise self._failure
            if self.is_over:
                return b""
            await self._change(limits, phase)
        data = self._received[0] if len(self._received) == 1 else b"".join(self._received)
        self._received.clear()
        if self._held > MOST_HELD and self._transport is not None and not self.is_over:
            self._transport.resume_reading()
        self._held = 0
        return data

    async def arrived(self) -> bytes | None:
        """Return what is here already, b"" at the end; None if nothing is. Raises OSError."""
        if not self._received and not self.is_over and self._is_readable():
            # The loop looks at what has come, and then calls us: two turns.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return await self.receive(_NO_LIMITS, Phase.READ) if self._received or self.is_over else None

    def _is_readable(self) -> bool:
        sock = None if self._transport is None else self._transport.get_extra_info("socket")
        return sock is None or bool(ready(sock, READ, 0))

    def close(self) -> None:
        """Close it at once, or end the attempt to connect; whoever waits for it is woken."""
        self.is_over, self._failure = True, self._failure or closed_here()
        if self._process != os.getpid():
            return  # in the parent it goes on
        try:
            is_here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            is_here = False
        if is_here:
            self._end()
        elif not self._loop.is_closed():  # garbage is collected in any thread
            with suppress(RuntimeError):  # it was closed this moment
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        elif self._connecting is not None:
            with suppress(RuntimeError):  # it is over
                self._connecting.reschedule(self._loop.time())
        self._wake()


_NO_LIMITS = Limits(None, None, None, None)


def _expire(changed: asyncio.Future[None], phase: Phase) -> None:
    if not changed.done():
        changed.set_exception(TimedOut(phase))


class TaskGate:
    """Where a task waits for its turn."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def set(self) -> None:
        """Let it pass."""
        with suppress(RuntimeError):  # the loop was closed, and nobody waits
            self._loop.call_soon_threadsafe(self._event.set)

    async def passed(self, seconds: float | None) -> None:
        """Wait until it is set; raises TimedOut."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError as error:
            raise TimedOut(Phase.POOL) from error


class ConnectionPool(Connections):
    """The connections of a client; each event loop has its own."""

    network = LoopNetwork
    gate = TaskGate

    async def request(self, request: WireRequest, limits: Limits) -> tuple[Lease[Connection], Head]:
        """Send a request on a connection that is free, or a new one; raises what `Connection` raises, and Error."""
        return await self.send(request, limits)

    def _place(self) -> Hashable:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            for other in list(self._pools):
                if isinstance(other, asyncio.AbstractEventLoop) and other.is_closed():
                    self._pools.pop(other).close()
        return loop


class Chunks(Body, AsyncIterator[bytes]):
    """The pieces of a body, for who awaits."""

    async def __anext__(self) -> bytes:
        data = self.here()
        if data is None:
            data = await self.next()
        if data:
            return data
        raise StopAsyncIteration
