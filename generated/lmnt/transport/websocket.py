"""The one place that touches websockets: connections that carry messages, and its exceptions turned into ours.

`Socket` waits and `AsyncSocket` awaits; above them is how a connection is opened, and what its end means.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import selectors
import socket
import ssl
import struct
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import websockets.asyncio.client
import websockets.sync.client
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidStatus, WebSocketException
from websockets.http11 import Response as HandshakeResponse
from websockets.protocol import State

from .. import description
from ..errors import APIConnectionError, APIError, APITimeoutError, Error, InvalidArgumentError
from ..exchange import numbered
from ..failures import refusal, unreadable
from ..omit import Omit
from ..options import Secret
from ..retries import Attempts
from . import Request, Response, chain, network_sentences, sentence_for
from .connections import Timeout

PING_INTERVAL = 20
"""Seconds between pings, which keep networks from dropping an idle connection."""

CLOSE_TIMEOUT = 0.2
"""Seconds to wait for the other side to close too. Nothing depends on it: all has come, or it is not wanted."""


READ_SLICE = 2.0
"""Seconds after which a wait for a message looks whether the connection should be gone: websockets waits for the other
side to close it, and nothing tells how long."""

WRITE_SLICE = 0.1
"""Seconds."""

NORMAL = 1000
"""The close code of a session whose work is done (RFC 6455 section 7.4.1)."""


class Closed(Exception):  # noqa: N818  # it never leaves the package; the session turns it into an error
    """The connection is over.

    Args:
        code: The close code; None if the connection was lost without one.
        reason: What the other side said, or what is known.
        stalled: Whether this side gave up waiting.
    """

    def __init__(self, code: int | None, reason: str, *, stalled: bool = False) -> None:
        super().__init__()
        self.code = code
        self.reason = reason
        self.stalled = stalled


class Quiet(Exception):  # noqa: N818  # it never leaves the package
    """No message came in time; the connection is as it was."""


class _Log(logging.LoggerAdapter[logging.Logger]):
    """A logger that has no DEBUG: at that level websockets writes out every frame, and the first holds the API key."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802  # the name logging has for it
        return level > logging.DEBUG and super().isEnabledFor(level)


_log = _Log(logging.getLogger(f"{description.PACKAGE}.websocket"), {})


@dataclass(frozen=True, slots=True)
class Opening:
    """How a session is opened.

    Args:
        request: The handshake.
        timeout: Its `connect` limits the way to the end of the handshake, `read` and `write` limit what comes after.
        key: The API key.
        proxy: The URL of a proxy; the environment's if None.
        tls: The TLS settings, for a wss URL.
        max_message_size: Bytes that a message of the server may have.
        attempts: How often the way to the end of the handshake may be tried.
    """

    request: Request
    timeout: Timeout
    key: Secret
    proxy: str | None
    tls: ssl.SSLContext | None
    max_message_size: int
    attempts: Attempts

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of both `connect` functions of websockets."""
        request = numbered(self.request, self.attempts.retries)
        headers = {name: value for name, value in request.headers.items() if not isinstance(value, Omit)}
        agent = headers.pop("user-agent", None)
        limits = [self.timeout.connect, None if self.request.deadline is None else self.request.deadline.remaining]
        return {
            "uri": self.request.url,
            "user_agent_header": agent,
            "additional_headers": [(name, _bare(value)) for name, value in headers.items()],
            "compression": None,  # audio gains nothing by it, and each connection would keep its window
            "proxy": self.proxy or True,
            "open_timeout": min((each for each in limits if each is not None), default=None),
            # Pings are sent and not waited for: a caller who pauses between two reads would not see the answer in time.
            "ping_interval": PING_INTERVAL,
            "ping_timeout": None,
            "close_timeout": CLOSE_TIMEOUT,
            "max_size": self.max_message_size,
            "logger": _log,
            **({} if self.tls is None else {"ssl": self.tls}),
        }


def _bare(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


class _RefusedError(Exception):
    """The handshake was answered with another status. No InvalidStatus, so that websockets follows no redirect: the key
    would be sent there."""  # noqa: D205, D209  # one sentence

    def __init__(self, response: HandshakeResponse) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


class _Connection(websockets.sync.client.ClientConnection):
    def handshake(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().handshake(*args, **kwargs)
        except InvalidStatus as error:
            raise _RefusedError(error.response) from error


class _AsyncConnection(websockets.asyncio.client.ClientConnection):
    async def handshake(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super().handshake(*args, **kwargs)
        except InvalidStatus as error:
            raise _RefusedError(error.response) from error


@contextmanager
def _opening_errors(request: Request) -> Generator[None]:
    """Turn what is raised before the handshake is done into errors of ours. Nothing was begun: a repetition is safe."""
    try:
        yield
    except Error:
        raise
    except _RefusedError as error:
        raise _refusal(error.response, request) from error
    except (InvalidProxy, ImportError) as error:
        # Not the exception's own text: a proxy's URL may hold a password.
        raise InvalidArgumentError(f"proxy: {getattr(error, 'msg', error)}") from error
    except Exception as error:
        kind = APITimeoutError if isinstance(error, TimeoutError) else APIConnectionError
        raise kind(f"{request.line}: {_sentence(error, request)}", request.shown(), retry_safe=True) from error


def _sentence(error: Exception, request: Request) -> str:
    if isinstance(error, TimeoutError) and request.deadline is not None and not request.deadline.remaining:
        return f"{request.deadline} passed"
    return sentence_for(
        error,
        (TimeoutError, "no connection in time"),
        *network_sentences(urlsplit(request.url).hostname or request.url),
        (OSError, "no connection"),
        (InvalidHandshake, "the handshake failed"),
        (WebSocketException, "the handshake failed"),
    )


def _refusal(answer: HandshakeResponse, request: Request) -> APIError:
    content = bytes(answer.body or b"")
    http = httpx.Response(
        answer.status_code,
        # The body is here as websockets read it: framing and codings are no more.
        headers=[each for each in answer.headers.raw_items() if each[0].lower() != "content-encoding"],
        extensions={"reason_phrase": answer.reason_phrase.encode(errors="replace")},
    )
    response = Response(http, request)
    if 200 <= answer.status_code < 300:
        problem = f"{request.line}: the server answered {answer.status_code} and opened no WebSocket"
        return unreadable(response, content, problem, retry_safe=True)
    return refusal(response, content, retry_safe=True)


@contextmanager
def _closing(key: Secret, *, secret: bool = False) -> Generator[None]:
    """Turn what is raised on a connection that is over into Closed.

    Args:
        key: The API key, which the other side may repeat.
        secret: Whether tracebacks, whose frames hold what was to be sent, must go.
    """
    try:
        yield
    except (WebSocketException, OSError, ValueError) as error:
        for each in chain(error) if secret else ():
            each.__traceback__ = None
        closed = _closed(error)
        closed.reason = key.cover(closed.reason)
        raise closed from (error if key.cover(str(error)) == str(error) else None)


def _closed(error: Exception) -> Closed:
    """Return what the end of a connection means. The library counts 1001 and 1005 as fine; here a code is a code."""
    if isinstance(error, TimeoutError) or isinstance(error.__cause__, BlockingIOError | ssl.SSLWantWriteError):
        return Closed(None, "the server takes nothing more", stalled=True)
    if not isinstance(error, ConnectionClosed):
        return Closed(None, str(error))
    by_server = error.rcvd is not None and (error.sent is None or error.rcvd_then_sent)
    close = error.rcvd if by_server else error.sent
    if close is None or (not by_server and close.code == NORMAL):
        return Closed(None, "the connection was lost")
    # Not by the server: this side failed the connection, since what came was too big, or no WebSocket message at all.
    return Closed(close.code, close.reason)


def _slices(timeout: float | None) -> Iterator[float]:
    """Return the seconds of each wait, until the timeout has passed."""
    ends = math.inf if timeout is None else time.monotonic() + timeout
    left = ends - time.monotonic()
    while True:
        yield max(min(left, READ_SLICE), 0.0)
        if (left := ends - time.monotonic()) <= 0:
            return


def _write_limit(seconds: float | None) -> bytes:
    """Return the value of SO_SNDTIMEO; 0 waits for ever."""
    whole = seconds or 0.0
    if os.name == "nt":
        return struct.pack("<L", int(whole * 1000))
    return struct.pack("@ll", int(whole), int(whole % 1 * 1_000_000))


_connect = cast("Callable[..., websockets.sync.client.ClientConnection]", websockets.sync.client.connect)


class _Covering:
    """What both kinds of connection know."""

    def __init__(self, opening: Opening, response: HandshakeResponse | None) -> None:
        self._key = opening.key
        self._write_timeout = opening.timeout.write
        self.headers = {} if response is None else {name.lower(): value for name, value in response.headers.raw_items()}

    def _covered(self, message: str | bytes) -> str | bytes:
        """Return a message with the key covered, should the server repeat it."""
        return self._key.cover(message) if isinstance(message, str) else message


class Socket(_Covering):
    """A connection that carries messages, for callers who wait."""

    def __init__(self, opening: Opening, connection: websockets.sync.client.ClientConnection) -> None:
        super().__init__(opening, connection.response)
        self._connection = connection

    @classmethod
    def open(cls, opening: Opening) -> Socket:
        """Connect and shake hands; raises APIConnectionError or APIStatusError."""
        with _opening_errors(opening.request):
            # Entered and never left, since `close` ends it: entering is the same in all versions of websockets.
            connection = _connect(**opening.arguments(), create_connection=_Connection).__enter__()
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _write_limit(opening.timeout.write))
        return cls(opening, connection)

    def send(self, message: str | Secret) -> None:
        """Send a message; raises Closed."""
        with _closing(self._key, secret=isinstance(message, Secret)):
            # Not in `send`, which would wait with a lock that receiving needs too: if the server reads on only when its
            # audio has been read, both would wait for ever.
            self._wait_until_writable()
            self._connection.send(_bare(message))

    def _wait_until_writable(self) -> None:
        ends = time.monotonic() + (math.inf if self._write_timeout is None else self._write_timeout)
        while self._connection.socket.fileno() >= 0:
            with selectors.DefaultSelector() as selector:
                selector.register(self._connection.socket, selectors.EVENT_WRITE)
                # Not longer, since a selector does not notice that another thread has closed the socket.
                if selector.select(min(WRITE_SLICE, ends - time.monotonic())):
                    return
            if time.monotonic() > ends:
                raise TimeoutError

    def receive(self, timeout: float | None) -> str | bytes:
        """Return the next message; raises Closed, or Quiet if none came within so many seconds."""
        with _closing(self._key):
            for left in _slices(timeout):
                try:
                    return self._covered(self._connection.recv(left))
                except TimeoutError:
                    if self._connection.state is not State.OPEN:
                        # There was a goodbye, and the other side keeps the connection.
                        self._connection.close()
                        return self._covered(self._connection.recv())
            raise Quiet

    def ping(self) -> Callable[[], bool]:
        """Send a ping and return what tells whether it was answered; raises Closed."""
        with _closing(self._key):
            return self._connection.ping().is_set

    def close(self, *, at_once: bool) -> None:
        """Say goodbye and close the connection, or close it at once: another thread may be about to send."""
        if at_once:
            with suppress(OSError):  # it is closed
                self._connection.socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()


class AsyncSocket(_Covering):
    """A connection that carries messages, for callers who await."""

    def __init__(self, opening: Opening, connection: websockets.asyncio.client.ClientConnection) -> None:
        super().__init__(opening, connection.response)
        self._connection = connection

    @classmethod
    async def open(cls, opening: Opening) -> AsyncSocket:
        """Connect and shake hands; raises APIConnectionError or APIStatusError."""
        with _opening_errors(opening.request):
            connecting = websockets.asyncio.client.connect(**opening.arguments(), create_connection=_AsyncConnection)
            return cls(opening, await connecting)

    async def send(self, message: str | Secret) -> None:
        """Send a message; raises Closed."""
        with _closing(self._key, secret=isinstance(message, Secret)):
            async with asyncio.timeout(self._write_timeout):
                await self._connection.send(_bare(message))

    async def receive(self, timeout: float | None) -> str | bytes:
        """Return the next message; raises Closed, or Quiet if none came within so many seconds."""
        with _closing(self._key):
            for left in _slices(timeout):
                try:
                    async with asyncio.timeout(left):
                        return self._covered(await self._connection.recv())
                except TimeoutError:
                    if self._connection.state is not State.OPEN:
                        # There was a goodbye, and the other side keeps the connection.
                        await self._connection.close()
                        return self._covered(await self._connection.recv())
            raise Quiet

    async def ping(self) -> Callable[[], bool]:
        """Send a ping and return what tells whether it was answered; raises Closed."""
        with _closing(self._key):
            pong = asyncio.ensure_future(await self._connection.ping())
            return pong.done

    async def close(self) -> None:
        """Say goodbye and close the connection."""
        try:
            # The goodbye itself may find no room.
            with suppress(TimeoutError):
                async with asyncio.timeout(2 * CLOSE_TIMEOUT):
                    await self._connection.close()
        finally:
            self._connection.transport.abort()
