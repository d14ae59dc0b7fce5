"""The direct road on blocking sockets: connections, and the pool that threads share."""

from __future__ import annotations

import os
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from ...errors import Error
from ..addresses import first_that_answers
from .http1 import HTTP1, MOST_READ, Head, ProtocolError
from .limits import Limits, NotConnected, Phase, TimedOut, closed_here
from .pool import Origin, Pool, Turn
from .tls import TLS
from .wire import WireRequest

SocketOptions = Sequence[tuple[int, int, int]]

_Selector = getattr(selectors, "PollSelector", selectors.DefaultSelector)
"""For one look at one socket: of all kinds this alone takes no descriptor."""


class Connection:
    """A connection to an origin. One request at a time; `close` may be called by another thread, and wakes this one."""

    def __init__(self, origin: Origin, sock: socket.socket) -> None:
        self.origin = origin
        self._sock = sock
        self._is_closed = False
        self._tls: TLS | None = None
        self._timeout = sock.gettimeout()
        self._process = os.getpid()
        self.http = HTTP1()

    @classmethod
    def open(
        cls, origin: Origin, limits: Limits, options: SocketOptions, tls: Callable[[], ssl.SSLContext]
    ) -> Connection:
        """Connect to the first address that answers; raises TimedOut, OSError, ssl.SSLError."""
        context = tls() if origin.scheme == "https" else None

        def connect(address: str, seconds: float | None) -> socket.socket:
            return socket.create_connection((address, origin.port), seconds)

        left = limits.left(Phase.CONNECT)
        try:
            connection = cls(origin, first_that_answers(origin.host, origin.port, left, connect))
        except TimeoutError as error:
            raise TimedOut(Phase.CONNECT) from error
        except OSError as error:
            raise NotConnected from error
        try:
            for option in options:
                connection._sock.setsockopt(*option)
            if context is not None:
                connection._shake_hands(context, limits)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError):
                raise NotConnected from error
            raise
        return connection

    def _shake_hands(self, context: ssl.SSLContext, limits: Limits) -> None:
        tls = TLS(context, self.origin.host)
        while not tls.shake_hands():
            if data := tls.to_send():
                self._send(data, limits, Phase.CONNECT)
            tls.receive(self._receive(limits, Phase.CONNECT))
        if data := tls.to_send():
            self._send(data, limits, Phase.CONNECT)
        self._tls = tls

    def request(self, request: WireRequest, limits: Limits) -> Head:
        """Send a request and return the head of its response, which may come before all of the request was sent.

        Raises:
            TimedOut, OSError, ssl.SSLError, ProtocolError: There is no response.
        """
        try:
            self._write(request.start(self.http), limits)
            if request.is_long:
                for piece in request.pieces():
                    if (head := self._write_or_answer(self.http.data(piece), limits)) is not None:
                        return head
                self._write(self.http.end(), limits)
        except (ConnectionError, TimedOut):
            # It takes no more of the request; perhaps it has said why.
            with suppress(OSError, ProtocolError, TimedOut):
                while self._is_readable(0):
                    self.http.receive(self.read(limits))
                    if (head := self.http.head()) is not None:
                        return head
            raise
        while (head := self.http.head()) is None:
            self.http.receive(self.read(limits))
        return head

    def read(self, limits: Limits) -> bytes:
        """Return what comes next, b"" at the end; raises TimedOut, OSError, ssl.SSLError."""
        while True:
            if self._tls is None:
                return self._receive(limits, Phase.READ)
            if (data := self._tls.decrypt()) is not None:
                return data
            self._tls.receive(self._receive(limits, Phase.READ))

    def _write(self, data: bytes | memoryview, limits: Limits) -> None:
        self._send(data if self._tls is None else self._tls.encrypt(data), limits, Phase.WRITE)

    def _write_or_answer(self, data: bytes, limits: Limits) -> Head | None:
        """Send a piece; returns the head of the response if that comes first, perhaps from who reads no more."""
        rest = memoryview(data if self._tls is None else self._tls.encrypt(data))
        while rest:
            if (head := self._answer()) is not None:
                return head
            self._limit(limits, Phase.WRITE)
            with _Selector() as selector:
                selector.register(self._sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
                ready = selector.select(self._timeout)
            if not ready:
                raise TimedOut(Phase.WRITE)
            if ready[0][1] & selectors.EVENT_WRITE:
                rest = rest[self._sock.send(rest) :]
        return None

    def _answer(self) -> Head | None:
        """Return the head of the response if it is here already."""
        while self._is_readable(0):
            data: bytes | None = self._sock.recv(MOST_READ)
            if self._tls is not None:
                self._tls.receive(data or b"")
                data = self._tls.decrypt()
            if data is not None:
                self.http.receive(data)
                return self.http.head()
        return None

    def _send(self, data: bytes | memoryview, limits: Limits, phase: Phase) -> None:
        rest = memoryview(data)
        while rest:
            self._limit(limits, phase)
            try:
                rest = rest[self._sock.send(rest) :]
            except TimeoutError as error:
                raise TimedOut(phase) from error

    def _receive(self, limits: Limits, phase: Phase) -> bytes:
        self._limit(limits, phase)
        try:
            data = self._sock.recv(MOST_READ)
        except TimeoutError as error:
            raise TimedOut(phase) from error
        if not data and self._is_closed:  # this side's end is not the other's, and so not that of a body
            raise closed_here()
        return data

    def _limit(self, limits: Limits, phase: Phase) -> None:
        left = limits.left(phase)
        if left != self._timeout:  # a system call
            self._sock.settimeout(left)
            self._timeout = left

    def _is_readable(self, seconds: float) -> bool:
        with _Selector() as selector:
            selector.register(self._sock, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def is_stale(self) -> bool:
        """Whether the other side has closed it meanwhile, or said what nobody asked for."""
        try:
            while self._is_readable(0):
                data = self._sock.recv(MOST_READ)
                if self._tls is None or not data:
                    return True
                self._tls.receive(data)  # a session ticket, perhaps
                if self._tls.decrypt() is not None:
                    return True
        except (OSError, ValueError):
            return True
        return False

    def close(self) -> None:
        """Close it at once."""
        self._is_closed = True
        if self._process == os.getpid():  # else it goes on, in the parent
            with suppress(OSError):  # to close a socket does not wake another thread that waits for it
                self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()


class Lease:
    """A request's hold on the pool: a connection, or leave to make one. It gives back what nobody did."""

    def __init__(self, pool: ConnectionPool, origin: Origin) -> None:
        self._pool = pool
        # Nothing in it leads back here: who drops a lease gives back at once.
        self.turn: Turn[Connection] = Turn(origin)

    def prepare_to_wait(self) -> threading.Event:
        """Return what is set when its turn has come; called before anything can come."""
        woken = threading.Event()
        self.turn.wake = woken.set
        return woken

    def release(self, *, is_reusable: bool) -> None:
        """Give the connection back; may be called any number of times."""
        self._pool.give_back(self.turn, is_reusable=is_reusable)

    def __del__(self) -> None:
        if not self.turn.is_over:
            self.release(is_reusable=False)


class ConnectionPool:
    """The connections of a client; threads may share it.

    Args:
        options: Socket options of each connection.
        tls: Makes the TLS settings when they are needed first.
    """

    def __init__(self, options: SocketOptions, tls: Callable[[], ssl.SSLContext]) -> None:
        self._options = options
        self._tls = tls
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.RLock()  # a lease that is collected may give back within any step
        self._pool: Pool[Connection] = Pool()
        self._process = os.getpid()
        self._in_use: set[Connection] = set()
        self._is_closed = False

    def request(self, request: WireRequest, limits: Limits) -> tuple[Lease, Head]:
        """Send a request on a connection that is free, or a new one; raises what `Connection` raises, and Error."""
        self._leave_to_parent()
        lease = Lease(self, request.origin)
        try:
            connection = self._connection_for(lease, limits)
            return lease, connection.request(request, limits)
        except BaseException:
            lease.release(is_reusable=False)
            raise

    def _connection_for(self, lease: Lease, limits: Limits) -> Connection:
        turn = lease.turn
        with self._lock:
            self._check_open()
            self._pool.ask(turn, time.monotonic())
            waiting = None if turn.is_ready else lease.prepare_to_wait()
        self._close_spare()
        if waiting is not None:
            if not waiting.wait(limits.left(Phase.POOL)):
                raise TimedOut(Phase.POOL)
            self._check_open()
        if turn.connection is not None and turn.connection.is_stale():
            turn.connection.close()
            turn.connection = None
        if turn.connection is None:
            turn.connection = Connection.open(turn.origin, limits, self._options, self._tls)
        with self._lock:
            self._check_open()
            self._in_use.add(turn.connection)
        return turn.connection

    def give_back(self, turn: Turn[Connection], *, is_reusable: bool) -> None:
        """Take what a lease had."""
        self._leave_to_parent()
        connection = turn.connection
        with self._lock:
            if turn.is_over or turn.pool is None:
                return
            if connection is not None:
                self._in_use.discard(connection)
            is_kept = is_reusable and not self._is_closed and turn.pool is self._pool
            turn.pool.give_back(turn, connection if is_kept else None, time.monotonic())
        if connection is not None and not is_kept:
            connection.close()
        self._close_spare()

    def close(self) -> None:
        """Close all connections, also those in use."""
        self._leave_to_parent()
        with self._lock:
            self._is_closed = True
            connections = [*self._pool.end(), *self._in_use]
        for connection in connections:
            connection.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise Error("this client was closed; make a new one")

    def _close_spare(self) -> None:
        with self._lock:
            spare = self._pool.to_close()
        for connection in spare:
            connection.close()

    def _leave_to_parent(self) -> None:
        # A forked child must not use its parent's connections, nor wait for a lock that a thread held there.
        if self._process != os.getpid():
            self._begin()


class Chunks(Iterator[bytes]):
    """The pieces of a body as they come.

    Args:
        lease: The hold on the connection, which is given back at the end.
        limits: How long each step may take.
        most: Bytes from which on no more parts are joined.
    """

    def __init__(self, lease: Lease, limits: Limits, most: int) -> None:
        assert lease.turn.connection is not None
        self._lease = lease
        self._connection = lease.turn.connection
        self._limits = limits
        self._most = most
        self._is_whole = False
        self.size = 0
        """Bytes that have come."""

    def __next__(self) -> bytes:
        if self._lease.turn.is_over:  # another request may have the connection by now
            raise (StopIteration if self._is_whole else closed_here())
        http = self._connection.http
        while (data := http.body(self._most)) is None:
            http.receive(self._connection.read(self._limits))
        if data:
            self.size += len(data)
            return data
        self._is_whole = True
        self._lease.release(is_reusable=http.finish())
        raise StopIteration
