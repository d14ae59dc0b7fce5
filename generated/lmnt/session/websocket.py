"""WebSocket connections of a session: `Socket` is sync, `AsyncSocket` async.

Only this module, `handshake` and `closes` use websockets; none of its exceptions leaves them.
"""

from __future__ import annotations

import asyncio
import math
import os
import selectors
import socket
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from types import coroutine
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

import websockets.asyncio.client
import websockets.sync.client
from websockets.exceptions import WebSocketException
from websockets.protocol import State

from ..errors import InvalidArgumentError
from ..settings.secret import Secret, bare
from ..transport.addresses import aconnect, connect
from ..transport.network_errors import causes_of
from ..values.header_fields import combined
from .closes import closed_by
from .handshake import CLOSE_TIMEOUT, Answer, AsyncConnection, Connection, ConnectOptions, opening_errors
from .turns import TurnTakingSocket

T = TypeVar("T")
ConnectionT = TypeVar("ConnectionT", bound="Connection | AsyncConnection")

READ_SLICE = 2.0
"""Seconds between checks, while waiting for a message, whether the connection is closing: websockets waits without
a limit for the other side to close it."""

WRITE_SLICE = 0.1
"""Seconds between checks, while waiting for room to write, whether the connection is closed."""


class ReceiveTimeout(Exception):  # noqa: N818  # it never leaves the package
    """No message in time; the connection is unchanged."""


_ENDS = (WebSocketException, OSError, ValueError)
"""The exceptions of a closed connection, including TimeoutError, which is an OSError."""


def _write_limit(seconds: float | None) -> bytes:
    """Return the value of SO_SNDTIMEO; 0 means no limit."""
    whole = seconds or 0.0
    if os.name == "nt":
        return struct.pack("<L", int(whole * 1000))
    return struct.pack("@ll", int(whole), int(whole % 1 * 1_000_000))


def _server(url: str) -> tuple[str, int]:
    """Return the host of a URL, and its port."""
    target = urlsplit(url)
    return target.hostname or "", target.port or (443 if target.scheme == "wss" else 80)


def _heard(kind: Callable[..., ConnectionT], answer: Answer) -> Callable[..., ConnectionT]:
    """Return a function that makes a connection, and has the answer receive what it receives."""

    def make(*args: Any, **kwargs: Any) -> ConnectionT:
        made = kind(*args, **kwargs)
        answer.listen(made.protocol)
        return made

    return make


_connect = cast("Callable[..., websockets.sync.client.ClientConnection]", websockets.sync.client.connect)


class _Covering(Generic[ConnectionT]):
    """The base of both connections."""

    def __init__(self, connect_options: ConnectOptions, connection: ConnectionT) -> None:
        self._connection = connection
        del connection.protocol.receive_data  # that of `Answer`
        self._key = connect_options.key
        self._write_timeout = connect_options.timeout.write
        response = connection.response
        self.headers = {} if response is None else combined(response.headers.raw_items())

    @contextmanager
    def _closing(self, *, secret: bool = False) -> Generator[None]:
        """Turn the exceptions of a closed connection into Closed, the key redacted should the other side repeat it.

        If the message is secret, tracebacks, whose frames contain it, are removed.
        """
        handled = sys.exception()
        try:
            yield
        except _ENDS as error:
            for each in causes_of(error, handled) if secret else ():
                each.__traceback__ = None
            closed = closed_by(error, self._connection.watch.fault)
            closed.reason = self._key.redact(closed.reason)
            raise closed from (error if self._key.redact(str(error)) == str(error) else None)

    def _redacted(self, message: str | bytes) -> str | bytes:
        """Return a message with the key redacted, should the server repeat it."""
        return self._key.redact(message) if isinstance(message, str) else message


class Socket(_Covering[Connection]):
    """A sync connection for messages."""

    @classmethod
    def open(cls, connect_options: ConnectOptions) -> Socket:
        """Connect and shake hands; raises APIConnectionError or APIStatusError."""
        answer = Answer()
        with opening_errors(connect_options, answer):
            arguments = connect_options.arguments()
            proxy = connect_options.proxy
            if connect_options.is_secure and proxy is not None and proxy.is_secure:
                # websockets would use one TLS connection within another in two threads at the same time.
                raise InvalidArgumentError(
                    f"{proxy.source}: a session cannot go by an https proxy but with the asynchronous client"
                )
            if proxy is None:
                limit, began = arguments["open_timeout"], time.monotonic()
                arguments["sock"] = connect(*_server(connect_options.request.url), limit)
                arguments["sock"].settimeout(None)
                if limit is not None:
                    arguments["open_timeout"] = max(limit - (time.monotonic() - began), 0.001)
            # Entered, and ended by `close`: entering is the same in all versions of websockets.
            connection = _connect(**arguments, create_connection=_heard(Connection, answer)).__enter__()
            if isinstance(connection.socket, TurnTakingSocket):
                connection.socket.write_limit = connect_options.timeout.write
            else:
                with suppress(OSError):  # the server has closed it, perhaps after saying why: receiving tells
                    limit = _write_limit(connect_options.timeout.write)
                    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        return cls(connect_options, cast("Connection", connection))

    def send(self, message: str | Secret) -> None:
        """Send a message; raises Closed."""
        with self._closing(secret=isinstance(message, Secret)):
            # Not in `send`, which would hold a lock that receiving needs: a deadlock, if the server reads on only after
            # its audio was read.
            self._wait_until_writable()
            self._connection.send(bare(message))

    def _wait_until_writable(self) -> None:
        ends = time.monotonic() + (math.inf if self._write_timeout is None else self._write_timeout)
        while self._connection.socket.fileno() >= 0:
            with selectors.DefaultSelector() as selector:
                selector.register(self._connection.socket, selectors.EVENT_WRITE)
                # In short steps, as a selector does not notice that another thread has closed the socket.
                if selector.select(min(WRITE_SLICE, ends - time.monotonic())):
                    return
            if time.monotonic() > ends:
                raise TimeoutError

    def receive_now(self) -> str | bytes | None:
        """Return the next message if it was already received."""
        try:
            message = self._connection.recv(0)
        except _ENDS:
            return None  # not received yet, or closed: `receive` reports it
        return message if isinstance(message, bytes) else self._key.redact(message)

    def receive(self, timeout: float | None) -> str | bytes:
        """Return the next message; raises Closed, or ReceiveTimeout if none was received within so many seconds."""
        left = math.inf if timeout is None else timeout
        with self._closing():
            while True:
                try:
                    return self._redacted(self._connection.recv(min(left, READ_SLICE)))
                except TimeoutError:
                    if self._connection.state is not State.OPEN:
                        # A close frame was received, but the other side keeps the connection open.
                        self._connection.close()
                        return self._redacted(self._connection.recv())
                if (left := left - READ_SLICE) <= 0:
                    raise ReceiveTimeout

    def ping(self) -> Callable[[], bool]:
        """Send a ping and return a function that tells whether it was answered; raises Closed."""
        with self._closing():
            return self._connection.ping().is_set

    def close(self, *, at_once: bool) -> None:
        """Send a close frame and close the connection; at once if another thread may be sending."""
        if at_once:
            with suppress(OSError):  # already closed
                self._connection.socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        # The reading thread has ended by now; the pinging one notices and ends, but was not joined.
        if (pinging := self._connection.keepalive_thread) is not None:
            pinging.join()


@coroutine
def _rest_of(step: Coroutine[Any, Any, T], awaited: object) -> Generator[Any, Any, T]:
    """Continue a coroutine that has begun and awaits this."""
    try:
        while True:
            try:
                sent = yield awaited
            except BaseException as error:
                awaited = step.throw(error)
            else:
                awaited = step.send(sent)
    except StopIteration as done:
        return cast("T", done.value)


class AsyncSocket(_Covering[AsyncConnection]):
    """An async connection for messages."""

    def __init__(self, connect_options: ConnectOptions, connection: AsyncConnection) -> None:
        super().__init__(connect_options, connection)
        self._begun: Awaitable[str | bytes] | None = None

    @classmethod
    async def open(cls, connect_options: ConnectOptions) -> AsyncSocket:
        """Connect and shake hands; raises APIConnectionError or APIStatusError."""
        answer = Answer()
        with opening_errors(connect_options, answer):
            arguments = connect_options.arguments()
            async with asyncio.timeout(arguments["open_timeout"]):
                if connect_options.proxy is None:
                    arguments["sock"] = await aconnect(*_server(connect_options.request.url))
                arguments["create_connection"] = _heard(AsyncConnection, answer)
                connecting = websockets.asyncio.client.connect(**arguments)
                return cls(connect_options, cast("AsyncConnection", await connecting))

    async def send(self, message: str | Secret) -> None:
        """Send a message; raises Closed."""
        with self._closing(secret=isinstance(message, Secret)):
            async with asyncio.timeout(self._write_timeout):
                await self._connection.send(bare(message))

    def receive_now(self) -> str | bytes | None:
        """Return the next message if it was already received; else `receive`, called at once, continues the attempt."""
        step = self._connection.recv()
        try:
            awaited = step.send(None)
        except StopIteration as done:
            message: str | bytes = done.value
            return message if isinstance(message, bytes) else self._key.redact(message)
        except _ENDS:
            return None  # closed: `receive` reports it
        self._begun = _rest_of(step, awaited)
        return None

    async def receive(self, timeout: float | None) -> str | bytes:
        """Return the next message; raises Closed, or ReceiveTimeout if none was received within so many seconds."""
        left = math.inf if timeout is None else timeout
        with self._closing():
            while True:
                begun, self._begun = self._begun or self._connection.recv(), None
                try:
                    async with asyncio.timeout(min(left, READ_SLICE)):
                        return self._redacted(await begun)
                except TimeoutError:
                    if self._connection.state is not State.OPEN:
                        # A close frame was received, but the other side keeps the connection open.
                        await self._connection.close()
                        return self._redacted(await self._connection.recv())
                if (left := left - READ_SLICE) <= 0:
                    raise ReceiveTimeout

    async def ping(self) -> Callable[[], bool]:
        """Send a ping and return a function that tells whether it was answered; raises Closed."""
        with self._closing():
            pong = asyncio.ensure_future(await self._connection.ping())
            return pong.done

    async def close(self) -> None:
        """Send a close frame and close the connection."""
        try:
            # The close frame itself may find no room.
            with suppress(TimeoutError):
                async with asyncio.timeout(2 * CLOSE_TIMEOUT):
                    await self._connection.close()
        finally:
            self._connection.transport.abort()
