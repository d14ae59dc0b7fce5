"""TLS for two threads, one that reads and one that writes."""

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
"""Seconds after which a wait looks whether another thread has closed the socket, which no selector notices."""


class TurnTakingSocket(ssl.SSLSocket):
    """A TLS connection that two threads may use, once `take_turns` was called; until then it is as any other.

    OpenSSL forbids that two threads use one connection at the same time, and Python does not keep them apart (CPython
    gh-151508): what one of them sends may never leave, or the process crash. Nor does a read end when there was nothing
    for the reader in what arrived, such as a session ticket: whoever waits for that thread waits for the other side. So
    the socket does not block; each step takes its turn, and waiting is done between two of them.
    """

    write_limit: float | None = None
    """Seconds that a write may wait for room; None for ever."""

    _turn: threading.Lock | None = None
    _limit: float | None = None

    def take_turns(self) -> None:
        """From now on one thread may read while another one writes."""
        self._limit = self.gettimeout()
        super().settimeout(0)
        self._turn = threading.Lock()

    def settimeout(self, value: float | None, /) -> None:
        """Set the seconds that each read or write may take; None for ever."""
        if self._turn is None:
            super().settimeout(value)
        self._limit = value

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Return what has arrived, empty at the end; raises TimeoutError."""
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
            return  # another thread has closed the socket, as the next turn will find


class OverHTTP1(ssl.SSLContext):
    """Another context, for connections that must not become HTTP/2, whatever was said to it for others.

    HTTP libraries set the protocols of a context anew before each connection, since they cannot be set on one alone.
    """

    def __new__(cls, inner: ssl.SSLContext) -> OverHTTP1:  # noqa: ARG004, D102  # __init__ takes it
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, inner: ssl.SSLContext) -> None:
        self._inner = inner

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Return a TLS connection that can be told to take turns."""
        self._inner.set_alpn_protocols(["http/1.1"])
        sock = self._inner.wrap_socket(*args, **kwargs)
        if not isinstance(sock, TurnTakingSocket):
            # As any other, until it is told to take turns. Not by `sslsocket_class`: the context is the application's,
            # and some have a class of their own, as that of `truststore`.
            kind = type(sock)
            is_plain = kind is ssl.SSLSocket
            sock.__class__ = TurnTakingSocket if is_plain else type(kind.__name__, (TurnTakingSocket, kind), {})
        return sock

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Return TLS between two buffers."""
        self._inner.set_alpn_protocols(["http/1.1"])
        return self._inner.wrap_bio(*args, **kwargs)
