"""Opening the connection of a session, and the errors if that fails."""

from __future__ import annotations

import logging
import socket
import ssl
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import websockets.asyncio.client
import websockets.sync.client
from websockets.exceptions import InvalidHandshake, InvalidProxy, InvalidStatus, ProxyError, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from .. import description
from ..calls.exchange import ERROR_BODY_LIMIT
from ..calls.outgoing import with_retry_count
from ..calls.response_errors import status_error, validation_error
from ..errors import APIConnectionError, APIError, APITimeoutError, Error, InvalidArgumentError
from ..hints.omitted import Omit
from ..settings.retries import Attempts
from ..settings.secret import Secret, bare
from ..transport.direct.http1 import HTTP1
from ..transport.direct.parsing import Head, ProtocolError
from ..transport.limits import Limits
from ..transport.messages import Request, Response
from ..transport.network_errors import causes_of, network_sentences, sentence_for
from ..transport.proxies import Proxy
from .closes import MessageWatch
from .turns import TurnTakingSocket

PING_INTERVAL = 20
"""Seconds between pings, which keep networks from dropping an idle connection."""

CLOSE_TIMEOUT = 0.2
"""Seconds to wait for the closing handshake. Nothing depends on it: all was received, or is not wanted."""


class _Log(logging.LoggerAdapter[logging.Logger]):
    """A logger without DEBUG: at that level websockets logs every frame, and the first contains the API key."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802  # as named in logging
        return level > logging.DEBUG and super().isEnabledFor(level)


_log = _Log(logging.getLogger(f"{description.__package__}.websocket"), {})


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """The options for opening a session's connection.

    Args:
        request: The request of the handshake.
        timeout: `connect` limits everything up to the end of the handshake, `read` and `write` the messages.
        key: The API key.
        proxy: The proxy, if any.
        tls: The TLS settings, for a wss URL or an https proxy.
        max_message_size: The maximum size of a message from the server in bytes.
        attempts: The maximum number of attempts to connect and shake hands.
    """

    request: Request
    timeout: Limits
    key: Secret
    proxy: Proxy | None
    tls: ssl.SSLContext | None
    max_message_size: int
    attempts: Attempts

    @property
    def is_secure(self) -> bool:
        """Whether the connection to the server uses TLS."""
        return self.request.url.startswith("wss:")

    def arguments(self) -> dict[str, Any]:
        """Return the arguments for both `connect` functions of websockets."""
        given = with_retry_count(self.request, self.attempts.retries).headers
        headers = {name: value for name, value in given.items() if not isinstance(value, Omit)}
        agent = headers.pop("user-agent", None)
        limits = [self.timeout.connect, None if self.request.deadline is None else self.request.deadline.remaining]
        return {
            "uri": self.request.url,
            "user_agent_header": agent,
            "additional_headers": [(name, bare(value)) for name, value in headers.items()],
            "compression": None,  # audio does not compress, and each connection would keep a window
            "proxy": self.proxy and self.proxy.url,
            "open_timeout": min((each for each in limits if each is not None), default=None),
            # Pings have no pong timeout: a caller that pauses between two reads would not see the pong in time.
            "ping_interval": PING_INTERVAL,
            "ping_timeout": None,
            "close_timeout": CLOSE_TIMEOUT,
            "max_size": self.max_message_size,
            "logger": _log,
            **({"ssl": self.tls} if self.is_secure else {}),
            **({"proxy_ssl": self.tls} if self.proxy is not None and self.proxy.is_secure else {}),
        }


class _RefusedError(Exception):
    """The server answered the handshake with another status."""


class Answer:
    """The response to the handshake, as far as it was received: websockets keeps nothing of one that is cut."""

    def __init__(self) -> None:
        self._http = HTTP1("GET")
        self._room = ERROR_BODY_LIMIT

    def listen(self, protocol: Any) -> None:
        """Receive what a protocol of websockets does."""
        receive = protocol.receive_data

        def both(data: bytes) -> None:
            piece = bytes(data[: self._room])
            self._room -= len(piece)
            if piece:
                self._http.receive(piece)
            receive(data)

        protocol.receive_data = both

    @property
    def head(self) -> Head | None:
        """The head of a refusal; None if there is none."""
        try:
            return self._http.head()
        except ProtocolError:  # as is 101
            return None

    def body(self) -> tuple[bytes, str | None]:
        """Return what there is of the body, and why that is not all of it."""
        content = bytearray()
        try:
            while part := self._http.body():
                content += part
            if part is None:
                self._http.receive(b"")
                self._http.body()
        except ProtocolError as error:
            return bytes(content), str(error)
        return bytes(content), None


class TurnTakingConnection(websockets.sync.client.ClientConnection):
    """A connection whose threads take turns with TLS: a thread of websockets reads all the time."""

    def __init__(self, socket: socket.socket, *args: Any, **kwargs: Any) -> None:
        if isinstance(socket, TurnTakingSocket):
            socket.take_turns()
        super().__init__(socket, *args, **kwargs)


class Connection(TurnTakingConnection):
    """A connection that follows no redirect, which would be sent the key: websockets follows an InvalidStatus."""

    @cached_property
    def watch(self) -> MessageWatch:
        """What is wrong with the messages that came."""
        return MessageWatch()

    def process_event(self, event: Event) -> None:
        """Take a frame, or the handshake's response."""
        if not (isinstance(event, Frame) and event.opcode is Opcode.BINARY and event.fin):  # as most are: audio
            self.watch.see(event)
        super().process_event(event)

    def handshake(self, *args: Any, **kwargs: Any) -> None:
        """Shake hands."""
        try:
            super().handshake(*args, **kwargs)
        except InvalidStatus as error:
            raise _RefusedError from error


class AsyncConnection(websockets.asyncio.client.ClientConnection):
    """A connection that follows no redirect, which would be sent the key: websockets follows an InvalidStatus."""

    @cached_property
    def watch(self) -> MessageWatch:
        """What is wrong with the messages that came."""
        return MessageWatch()

    def process_event(self, event: Event) -> None:
        """Take a frame, or the handshake's response."""
        if not (isinstance(event, Frame) and event.opcode is Opcode.BINARY and event.fin):  # as most are: audio
            self.watch.see(event)
        super().process_event(event)

    async def handshake(self, *args: Any, **kwargs: Any) -> None:
        """Shake hands."""
        try:
            await super().handshake(*args, **kwargs)
        except InvalidStatus as error:
            raise _RefusedError from error


@contextmanager
def opening_errors(connect_options: ConnectOptions, answer: Answer) -> Generator[None]:
    """Turn exceptions before the end of the handshake into errors of ours. Nothing has begun, so retrying is safe."""
    handled = sys.exception()
    request = connect_options.request
    try:
        yield
    except Error:
        raise
    except (InvalidProxy, ImportError) as error:
        # Not chained: the exception's text has the URL, which may contain a password.
        raise InvalidArgumentError(f"proxy: {getattr(error, 'msg', error)}") from None
    except Exception as error:
        if (head := answer.head) is not None:
            raise _refusal(head, answer, request) from error
        kind = APITimeoutError if isinstance(error, TimeoutError) else APIConnectionError
        raise kind(
            f"{request.line}: {_sentence(causes_of(error, handled), connect_options)}", request.shown(), retry_safe=True
        ) from error


def _sentence(causes: Sequence[BaseException], connect_options: ConnectOptions) -> str:
    request, proxy = connect_options.request, connect_options.proxy
    host = urlsplit(request.url).hostname or request.url
    if isinstance(causes[0], TimeoutError) and request.deadline is not None and not request.deadline.remaining:
        return f"{request.deadline} passed"
    return sentence_for(
        causes,
        (TimeoutError, "no connection in time" + ("" if proxy is None else f" through {proxy.host} (the proxy)")),
        *network_sentences(host, None if proxy is None else proxy.host),
        (OSError, "no connection"),
        (ProxyError, f"the proxy did not connect to {host}"),
        (InvalidHandshake, "the handshake failed"),
        (WebSocketException, "the handshake failed"),
    )


def _refusal(head: Head, answer: Answer, request: Request) -> APIError:
    content, cut = answer.body()
    # The body is without framing now, and its content coding is not undone.
    headers = [(name, value) for name, value in head.raw_headers if name.lower() != b"content-encoding"]
    response = Response(request, head.status_code, head.reason, head.http_version, headers)
    if 200 <= head.status_code < 300:
        problem = f"{request.line}: the server answered {head.status_code} and opened no WebSocket"
        error: APIError = validation_error(response, content, problem, retry_safe=True)
    else:
        error = status_error(response, content, retry_safe=True)
    if cut is not None:
        error.add_note(f"the body of the response was cut: {cut}")
    return error
