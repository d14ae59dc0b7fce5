"""The assignment of connections to requests, with no I/O: first come, first served.

An interrupt, or the garbage collection of a lease, may occur between any two steps. Python delivers interrupts only at
calls, so steps that belong together contain none. Work is queued first and done by whoever comes next, which also
completes what an interrupt left undone.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from ...errors import Error
from ..connections import MAX_CONNECTIONS, MAX_KEEPALIVE_CONNECTIONS

MOST, MOST_IDLE = MAX_CONNECTIONS, MAX_KEEPALIVE_CONNECTIONS
LONGEST_IDLE = 5.0
"""Seconds that a connection may be idle."""


class Origin(NamedTuple):
    """The origin of a URL (RFC 9110 section 4.3.1)."""

    scheme: str
    host: str
    port: int


@runtime_checkable
class Poolable(Protocol):
    """A connection, as the pool uses it."""

    origin: Origin

    def close(self) -> None:
        """Close it at once."""


C = TypeVar("C", bound=Poolable)


class Lease(Generic[C]):
    """A request's share of a pool: a connection, or permission to make one, or a place in the queue for either.

    In the queue it waits at a gate, which is set, from any thread, when it is granted. Garbage collection releases it.
    """

    def __init__(self, pool: Pool[C], origin: Origin, make_gate: Callable[[], Any]) -> None:
        self.origin, self.make_gate = origin, make_gate
        self.gate: Any = None
        self.connection: C | None = None
        self.is_ready = self.is_over = False
        self.pool = pool

    def release(self, *, is_reusable: bool) -> None:
        """Give the connection back; may be called any number of times."""
        self.pool.give_back(self, is_reusable=is_reusable)

    def __del__(self) -> None:
        # An interrupt may occur before the pool is set.
        if hasattr(self, "pool") and not self.is_over:
            self.release(is_reusable=False)


class Pool(Generic[C]):
    """The connections of a client, and the requests that wait for one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._take_over()
        self._count = 0
        self._idle: list[tuple[C, float]] = []
        """The idle connections and since when; the most recently used, which is likeliest to be alive, is last."""
        self._in_use: set[C] = set()
        self._waiting: OrderedDict[Lease[C], None] = OrderedDict()
        self._to_do: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self.is_closed = False

    def _take_over(self) -> None:
        self._process, self._lock, self._is_settling = os.getpid(), threading.RLock(), False

    def ask(self, lease: Lease[C]) -> None:
        """Grant a lease, or queue it to wait at its gate; raises Error."""
        self.check_open()
        self._to_do += [(self._give, (lease,))]
        self._settle()

    def use(self, lease: Lease[C], connection: C) -> None:
        """Set the connection that a lease has made, in place of one that was stale; raises Error."""
        with self._lock:
            self.check_open()
            if lease.connection is not None:
                self._in_use -= {lease.connection}
                self._to_do += [(lease.connection.close, ())]
            lease.connection = connection
            self._in_use |= {connection}
        self._settle()

    def give_back(self, lease: Lease[C], *, is_reusable: bool) -> None:
        """Take back what a lease had."""
        if lease.is_over and not self._to_do:
            return
        if not lease.is_over:
            self._to_do += [(self._put_back, (lease, is_reusable))]
            lease.is_over = True
        try:
            self._settle()
        except BaseException:  # an interrupt, after which perhaps no other request would complete the work
            self._settle()
            raise

    def close(self) -> None:
        """Close all connections, also those in use, and wake waiting requests."""
        with self._lock:
            self.is_closed = True  # from now on no connection is kept
            while self._idle:
                self._drop_oldest()
            self._to_do += [(connection.close, ()) for connection in self._in_use]
            self._to_do += [(lease.gate.set, ()) for lease in self._waiting]
        self._settle()

    def check_open(self) -> None:
        """Raise Error after `close`."""
        if self.is_closed:
            raise Error("this client was closed; make a new one")

    def _settle(self) -> None:
        """Do the queued work, unless this thread is already doing it when a lease is garbage collected."""
        if self._process != os.getpid():  # forked, perhaps while a thread of the parent held the lock
            self._take_over()
        with self._lock:
            while self._to_do and not self._is_settling:
                self._is_settling = True
                try:
                    step, arguments = first = self._to_do[0]
                    step(*arguments)
                    if self._to_do and self._to_do[0] is first:  # work that may safely be done twice
                        del self._to_do[0]
                finally:
                    self._is_settling = False

    def _give(self, lease: Lease[C]) -> None:
        now = self._clock()
        while self._idle and now - self._idle[0][1] > LONGEST_IDLE:
            self._drop_oldest()
        found = len(self._idle) - 1
        while found >= 0 and self._idle[found][0].origin != lease.origin:
            found -= 1
        if found < 0 and self._count >= MOST:
            if self._idle:
                self._drop_oldest()
            else:
                lease.gate = lease.make_gate()
        # No call from here on.
        del self._to_do[0]
        if found >= 0:
            lease.connection, lease.is_ready = self._idle[found][0], True
            self._in_use |= {lease.connection}
            del self._idle[found]
        elif self._count < MOST:
            self._count += 1
            lease.is_ready = True
        else:
            self._waiting[lease] = None

    def _put_back(self, lease: Lease[C], is_reusable: bool) -> None:
        while len(self._idle) >= MOST_IDLE:
            self._drop_oldest()
        following, now, connection = next(iter(self._waiting), None), self._clock(), lease.connection
        # No call from here on.
        del self._to_do[0]
        if not lease.is_ready:  # no longer waiting
            if lease in self._waiting:
                del self._waiting[lease]
            return
        lease.is_ready = False
        is_kept = is_reusable and not self.is_closed
        if connection is not None and not (is_kept and (following is None or connection.origin == following.origin)):
            self._in_use -= {connection}
            self._to_do += [(connection.close, ())]
            connection = None
        if following is not None:
            del self._waiting[following]
            following.connection, following.is_ready = connection, True
            self._to_do += [(following.gate.set, ())]
        elif connection is None:
            self._count -= 1
        else:
            self._in_use -= {connection}
            self._idle += [(connection, now)]

    def _drop_oldest(self) -> None:
        self._to_do += [(self._idle[0][0].close, ())]
        self._count -= 1
        del self._idle[0]
