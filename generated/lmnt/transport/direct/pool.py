"""Which request gets which connection, with no I/O: first come, first served, however many wait.

An interrupt, or the collector of garbage with a lease, may come in between any two steps. Python lets an interrupt in
at calls alone, so what belongs together is written without one. What is to be done is put down first, and done by the
next that is there: what an interrupt has left, too.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from ...errors import Error

MOST, MOST_IDLE, LONGEST_IDLE = 100, 20, 5.0
"""Connections that there may be and that may wait for requests, and the seconds that each may wait."""


class Origin(NamedTuple):
    """Where connections lead (RFC 9110 section 4.3.1)."""

    scheme: str
    host: str
    port: int


@runtime_checkable
class Poolable(Protocol):
    """A connection, as far as the pool knows it."""

    origin: Origin

    def close(self) -> None:
        """Close it at once."""


C = TypeVar("C", bound=Poolable)


class Lease(Generic[C]):
    """A request's hold on a pool: a connection, or leave to make one, or a place among those who wait for either.

    It gives back what nobody did.

    Args:
        pool: Where it asks.
        origin: Where it is to lead.
        gate: Is set, from whichever thread, when it need not wait any more.
    """

    def __init__(self, pool: Pool[C], origin: Origin, gate: Any) -> None:
        self.origin, self.gate = origin, gate
        self.connection: C | None = None
        self.is_ready = self.is_over = False
        self.pool = pool

    def release(self, *, is_reusable: bool) -> None:
        """Give the connection back; may be called any number of times."""
        self.pool.give_back(self, is_reusable=is_reusable)

    def __del__(self) -> None:
        # An interrupt may come before it has a pool.
        if hasattr(self, "pool") and not self.is_over:
            self.release(is_reusable=False)


class Pool(Generic[C]):
    """The connections of a client, and the requests that wait for one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._take_over()
        self._count = 0
        self._idle: list[tuple[C, float]] = []
        """Those that wait, and since when; the one used last is the last, and the likeliest to be alive."""
        self._in_use: set[C] = set()
        self._waiting: OrderedDict[Lease[C], None] = OrderedDict()
        self._to_do: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self.is_closed = False

    def _take_over(self) -> None:
        self._process, self._lock, self._is_settling = os.getpid(), threading.RLock(), False

    def ask(self, lease: Lease[C]) -> None:
        """Make a lease ready, or have it wait at its gate; raises Error."""
        self.check_open()
        self._to_do += [(self._give, (lease,))]
        self._settle()

    def use(self, lease: Lease[C], connection: C) -> None:
        """Take a connection that a lease has made, in place of one that was of no use; raises Error."""
        with self._lock:
            self.check_open()
            if lease.connection is not None:
                self._in_use -= {lease.connection}
                self._to_do += [(lease.connection.close, ())]
            lease.connection = connection
            self._in_use |= {connection}
        self._settle()

    def give_back(self, lease: Lease[C], *, is_reusable: bool) -> None:
        """Take what a lease had."""
        if lease.is_over and not self._to_do:
            return
        if not lease.is_over:
            self._to_do += [(self._put_back, (lease, is_reusable))]
            lease.is_over = True
        try:
            self._settle()
        except BaseException:  # an interrupt, after which perhaps nobody comes who would see to what is left
            self._settle()
            raise

    def close(self) -> None:
        """Close all connections, also those in use; wakes who waits."""
        with self._lock:
            self.is_closed = True  # from now on nothing is kept
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
        """Do what is left to be done, unless this thread is at it, and a lease was collected meanwhile."""
        if self._process != os.getpid():  # forked, while a thread of the parent may have had the lock
            self._take_over()
        with self._lock:
            while self._to_do and not self._is_settling:
                self._is_settling = True
                try:
                    step, arguments = first = self._to_do[0]
                    step(*arguments)
                    if self._to_do and self._to_do[0] is first:  # one that may be done twice
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
        if found < 0 and self._count >= MOST and self._idle:
            self._drop_oldest()
        # From here on there is no call.
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
        # From here on there is no call.
        del self._to_do[0]
        if not lease.is_ready:  # it waits no more
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
