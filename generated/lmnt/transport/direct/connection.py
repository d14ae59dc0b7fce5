"""A connection of the direct road, for sync and async.

All is written once, as coroutines: in a sync client they never suspend.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from ..limits import Limits, NotConnected, Phase, closed_here
from .parsing import Head, Parser
from .pool import Origin
from .wire import WireRequest

if TYPE_CHECKING:
    import ssl
    from asyncio import AbstractEventLoop

    from .tls import TLS

Place: TypeAlias = "AbstractEventLoop | None"
"""Where a connection can be used: on its event loop, or everywhere."""


def _quickest() -> type[Parser]:
    try:
        from .llhttp import LLHTTP
    except ImportError:
        from .http1 import HTTP1

        return HTTP1
    return LLHTTP


RESPONSE_PARSER = _quickest()
"""The parser of responses: llhttp if the extra `fast` is installed, else h11."""


class Connection(ABC):
    """A connection to an origin, for one request at a time; a cancelled step leaves it unchanged.

    Subclasses move the bytes; `close` may be called at any time, and wakes those that wait for the connection.
    """

    gate: ClassVar[type[Any]]
    """The class of gates where requests wait for their turn: `set` lets one pass."""

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
        """Why it is closed."""

    @classmethod
    def place(cls) -> Place:
        """Return the place of this call."""
        return None

    @abstractmethod
    async def _connect(self, limits: Limits) -> None:
        """Connect to the first address that answers, with TCP keep-alive; raises TimedOut, OSError."""

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
    def _end(self, *, is_ours: bool) -> None:
        """Close it, unless it is that of the parent of this process, which goes on using it."""

    def close(self) -> None:
        """Close it at once."""
        self._is_over, self._failure = True, self._failure or closed_here()
        self._end(is_ours=self._process == os.getpid())

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be sent."""
        return self._is_sent and self.http.is_reusable

    async def open(self, limits: Limits, tls: Callable[[], ssl.SSLContext]) -> None:
        """Connect, including TLS, within the connect timeout; raises TimedOut, NotConnected."""
        context = tls() if self.origin.scheme == "https" else None
        limits = limits.together(Phase.CONNECT)
        try:
            await self._connect(limits)
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
