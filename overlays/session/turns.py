"""TLS sockets for two threads, one that reads and one that writes."""

from __future__ import annotations

import errno
import math
import selectors
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

SLICE = 0.1
"""Seconds between checks whether another thread has closed the socket, which no selector notices."""


class TurnTakingSocket(ssl.SSLSocket):
    """A TLS connection that two threads may use once `take_turns` was called; until then it is like any other.

    OpenSSL forbids that two threads use one connection at the same time, and Python does not prevent it (CPython
    gh-151508): sent data may be lost, or the process may crash. Also a blocking read does not return if only a session
    ticket or the like arrived, and would hold up the other thread. So the socket is non-blocking; steps take turns, and
    threads wait between steps.
    """

    write_limit: float | None = None
    """The seconds that a write may wait for room; None for no limit."""

    _turn: threading.Lock | None = None
    _limit: float | None = None

    def take_turns(self) -> None:
        """Allow one thread to read while another one writes, from now on."""
        self._limit = self.gettimeout()
        super().settimeout(0)
        self._turn = threading.Lock()

    def settimeout(self, value: float | None, /) -> None:
        """Set the seconds that each read or write may take; None for no limit."""
        if self._turn is None:
            super().settimeout(value)
        self._limit = value

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Return received data, b"" at the end; raises TimeoutError."""
        return self._take_turn(partial(super().recv, buflen, flags), self._limit)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some bytes and return how many; raises TimeoutError, or SSLWantWriteError after the write limit."""
        return self._take_turn(partial(super().send, data, flags), self._limit)

    def _take_turn(self, step: Callable[[], T], limit: float | None) -> T:
        if self._turn is None:
            return step()
        began = time.monotonic()
        while True:
            if self.fileno() < 0:
                raise OSError(errno.EBADF, "the socket was closed")
            waited = time.monotonic() - began
            with self._turn:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    event, most = selectors.EVENT_READ, math.inf
                except ssl.SSLWantWriteError:
                    event, most = selectors.EVENT_WRITE, math.inf if self.write_limit is None else self.write_limit
                    if waited >= most:
                        raise
            if limit is not None and waited >= limit:
                raise TimeoutError("the socket was not ready in time")
            self._wait(event, min(SLICE, most - waited, math.inf if limit is None else limit - waited))

    def _wait(self, event: int, seconds: float) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self, event)
                selector.select(seconds)
        except ValueError:
            return  # closed by another thread: the next turn reports it


class OverHTTP1(ssl.SSLContext):
    """A wrapper of a TLS context, for connections that must use HTTP/1.1.

    HTTP libraries set the ALPN protocols of a context before each connection, as they cannot be set per connection.
    """

    def __new__(cls, inner: ssl.SSLContext) -> OverHTTP1:  # noqa: ARG004, D102  # used by __init__
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, inner: ssl.SSLContext) -> None:
        self._inner = inner

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Return a TLS connection on which `take_turns` can be called."""
        self._inner.set_alpn_protocols(["http/1.1"])
        sock = self._inner.wrap_socket(*args, **kwargs)
        if not isinstance(sock, TurnTakingSocket):
            # Not by `sslsocket_class`: the context is the application's, and some have a class of their own, as that of
            # `truststore`.
            kind = type(sock)
            is_plain = kind is ssl.SSLSocket
            sock.__class__ = TurnTakingSocket if is_plain else type(kind.__name__, (TurnTakingSocket, kind), {})
        return sock

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Return TLS between two buffers."""
        self._inner.set_alpn_protocols(["http/1.1"])
        return self._inner.wrap_bio(*args, **kwargs)
