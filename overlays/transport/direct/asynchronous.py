"""The direct road on asyncio; tasks share its connections."""

from __future__ import annotations

import asyncio
import math
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from ..addresses import aconnect
from ..connections import keep_alive
from ..limits import Limits, Phase, TimedOut, closed_here
from ..readiness import READ, Readiness
from .connection import Connection, Place
from .parsing import MOST_READ
from .pool import Origin

MOST_HELD = 1 << 18
"""Unread bytes received before reading from the socket is paused."""


class _Buffer(threading.local):
    """Where an event loop puts the data that it has just received, which is copied at once.

    For a plain `asyncio.Protocol` each read allocates 256 KiB, for which malloc has the operating system map fresh
    memory: for a small response that takes as long as all else that the loop does.
    """

    def __init__(self) -> None:
        self.view = memoryview(bytearray(120 << 10))  # malloc has memory of up to 128 KiB at hand


_buffer = _Buffer()


def _in_loop(loop: asyncio.AbstractEventLoop, step: Callable[[], None]) -> None:
    """Call a function in an event loop, unless that is closed: garbage is collected in any thread."""
    try:
        is_here = asyncio.get_running_loop() is loop
    except RuntimeError:
        is_here = False
    if is_here:
        step()
    else:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(step)


def _settle(future: asyncio.Future[None], phase: Phase | None) -> None:
    if not future.done():
        future.set_result(None) if phase is None else future.set_exception(TimedOut(phase))


async def _settled(future: asyncio.Future[None], seconds: float | None, phase: Phase) -> None:
    """Wait for a future; raises TimedOut."""
    timer = None if seconds is None else future.get_loop().call_later(seconds, _settle, future, phase)
    try:
        await future
    finally:
        if timer is not None:
            timer.cancel()


class Gate:
    """Lets a task wait for its turn."""

    def __init__(self) -> None:
        self._future = asyncio.get_running_loop().create_future()

    def set(self) -> None:
        """Let it pass."""
        _in_loop(self._future.get_loop(), lambda: _settle(self._future, None))

    async def passed(self, seconds: float | None) -> None:
        """Wait until it is set; raises TimedOut."""
        await _settled(self._future, seconds, Phase.POOL)


class LoopConnection(Connection, asyncio.BufferedProtocol):
    """A connection on a transport of the event loop."""

    gate = Gate

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._ready = Readiness(None)
        self._connecting: asyncio.Timeout | None = None
        self._received: list[bytes] = []
        self._held = 0
        self._changed: asyncio.Future[None] | None = None
        """Is set when something was received or sent, or `_phase` has taken too long."""
        self._phase = Phase.CONNECT
        self._ends = math.inf
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def place(cls) -> Place:
        """Return the running event loop."""
        return asyncio.get_running_loop()

    # callbacks of the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is established."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transport is not a subclass
        self._ready = Readiness(transport.get_extra_info("socket"))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio's
        """Return where data that was received is to be put."""
        return _buffer.view

    def buffer_updated(self, nbytes: int) -> None:
        """Data was received."""
        self._received.append(bytes(_buffer.view[:nbytes]))
        self._held += nbytes
        if self._held > MOST_HELD and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """The other side will send no more."""
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        # When a write fails, the loop drops what was received but not read: perhaps a response.
        if exc is not None and self._transport is not None:
            with suppress(OSError, ValueError):
                left = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))
                with left:
                    left.setblocking(False)
                    while data := left.recv(MOST_READ):
                        self._received.append(data)
        self._is_over, self._failure = True, self._failure or exc
        if self._timer is not None:
            self._timer.cancel()
        self._wake()

    def pause_writing(self) -> None:
        """The write buffer is full."""
        self._is_full = True

    def resume_writing(self) -> None:
        """The write buffer has room again."""
        self._is_full = False
        self._wake()

    def _wake(self) -> None:
        if self._changed is not None:
            _settle(self._changed, None)

    # methods of a call

    async def _connect(self, limits: Limits) -> None:
        try:
            async with asyncio.timeout(limits.left(Phase.CONNECT)) as self._connecting:
                sock = await aconnect(self.origin.host, self.origin.port)
                for option in keep_alive():
                    sock.setsockopt(*option)
                await self._loop.create_connection(lambda: self, sock=sock)
        except TimeoutError as error:
            raise self._failure or TimedOut(Phase.CONNECT) from error
        if self._failure is not None or self._transport is None:  # just closed
            raise closed_here()

    def _send(self, data: bytes | memoryview) -> None:
        if data and not self._is_over and self._transport is not None:
            self._transport.write(data)

    async def _room(self, limits: Limits) -> bool:
        # A closing transport accepts writes, warns of them, and reports later that it is lost.
        while (self._is_full or self._is_closing()) and not self._is_over and not self._received:
            await self._change(limits, Phase.WRITE)
        return not self._received

    def _is_closing(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    async def _receive(self, limits: Limits, phase: Phase) -> bytes:
        while (data := self._taken()) is None:
            await self._change(limits, phase)
        return data

    async def _arrived(self) -> bytes | None:
        if not self._received and not self._is_over and self._ready(READ, 0):
            # Two turns of the loop: it polls the socket, then calls us.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return self._taken()

    def _taken(self) -> bytes | None:
        """Return the data received, b"" at the end; None if there is none. Raises OSError."""
        if not self._received:
            if self._failure is not None:
                raise self._failure
            return b"" if self._is_over else None
        data = self._received[0] if len(self._received) == 1 else b"".join(self._received)
        self._received.clear()
        if self._held > MOST_HELD and self._transport is not None and not self._is_over:
            self._transport.resume_reading()
        self._held = 0
        return data

    async def _change(self, limits: Limits, phase: Phase) -> None:
        """Wait until something was received or sent; raises TimedOut."""
        seconds = limits.left(phase)
        self._phase, self._ends = phase, math.inf if seconds is None else self._loop.time() + seconds
        self._changed = self._loop.create_future()
        if seconds is not None:
            self._watch()
        try:
            await self._changed
        finally:
            self._changed = None

    def _watch(self) -> None:
        """Set the timer. One that rings too early is left for the next step: most steps end long before theirs."""
        if self._timer is not None and self._timer.when() > self._ends:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and self._ends < math.inf:
            self._timer = self._loop.call_at(self._ends, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._changed is not None:
            if self._loop.time() < self._ends:
                self._watch()
            else:
                _settle(self._changed, self._phase)

    def _end(self, *, is_ours: bool) -> None:
        if is_ours:
            _in_loop(self._loop, self._abort)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        elif self._connecting is not None:
            with suppress(RuntimeError):  # already closed
                self._connecting.reschedule(self._loop.time())
        self._wake()
