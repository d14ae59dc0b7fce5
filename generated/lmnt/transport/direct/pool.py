"""Which request gets which connection, with no I/O: first come, first served, however many wait.

An interrupt, or the collector of garbage with a lease, may come in between any two steps. Python lets an interrupt in
at calls alone, so what belongs together is written without one. What is given back, to be woken or to be closed is put
down first, and done by the next that is there: what an interrupt has left, too.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from ...errors import Error


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


@runtime_checkable
class Gate(Protocol):
    """Where a request waits for its turn."""

    def set(self) -> None:
        """Let it pass; called from whichever thread, perhaps twice."""

    async def passed(self, seconds: float | None) -> None:
        """Wait until it is set; raises TimedOut."""


C = TypeVar("C", bound=Poolable)


class Lease(Generic[C]):
    """A request's hold on the pool: a connection, or leave to make one, or a place among those who wait for either.

    It gives back what nobody did.
    """

    __slots__ = ("connection", "gate", "is_over", "is_ready", "origin", "pool")

    def __init__(self, pool: Pool[C], origin: Origin) -> None:
        self.origin = origin
        self.connection: C | None = None
        self.gate: Gate | None = None
        """Set when it need not wait any more; None if it need not wait."""
        self.is_ready = False
        self.is_over = False
        self.pool = pool

    def release(self, *, is_reusable: bool) -> None:
        """Give the connection back; may be called any number of times."""
        self.pool.give_back(self, is_reusable=is_reusable)

    def __del__(self) -> None:
        pool: Pool[C] | None = getattr(self, "pool", None)  # an interrupt may come before there is one
        if pool is not None and (not self.is_over or pool.is_behind):
            pool.give_back(self, is_reusable=False)


class Pool(Generic[C]):
    """The connections of a client, and the requests that wait for one.

    Args:
        most: Connections that there may be.
        most_idle: Connections that may wait for requests.
        longest_idle: Seconds that a connection may wait.
    """

    def __init__(
        self,
        most: int = 100,
        most_idle: int = 20,
        longest_idle: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._most_idle = most_idle
        self._longest_idle = longest_idle
        self._clock = clock
        self._lock = threading.RLock()
        self._is_busy = False
        self._count = 0
        self._idle: list[tuple[C, float]] = []
        """Those that wait, and since when; the one used last is the last, and the likeliest to be alive."""
        self._in_use: set[C] = set()
        self._waiting: OrderedDict[Lease[C], None] = OrderedDict()
        self._returned: list[tuple[Lease[C], bool]] = []
        self._woken: list[Lease[C]] = []
        self._spare: list[C] = []
        self.is_closed = False

    @property
    def is_behind(self) -> bool:
        """Whether something is left to be done."""
        return bool(self._returned or self._woken or self._spare)

    def ask(self, lease: Lease[C], gate: Callable[[], Gate]) -> None:
        """Give a lease what it asks for, or a gate to wait at; raises Error."""
        with self._lock:
            self.check_open()
            self._is_busy = True
            try:
                self._give(lease, gate)
            finally:
                self._is_busy = False
        self._settle()

    def use(self, lease: Lease[C], connection: C) -> None:
        """Take a connection that a lease has made, in place of one that was of no use; raises Error."""
        with self._lock:
            self.check_open()
            if lease.connection is not None:
                self._spare += [lease.connection]
                self._in_use -= {lease.connection}
            self._in_use |= {connection}
            lease.connection = connection
        self._settle()

    def give_back(self, lease: Lease[C], *, is_reusable: bool) -> None:
        """Take what a lease had."""
        if not lease.is_over:
            self._returned += [(lease, is_reusable)]
            lease.is_over = True
        self._settle()

    def close(self) -> None:
        """Close all connections, also those in use; wakes who waits."""
        with self._lock:
            self.is_closed = True  # from now on nothing is kept
            idle = [connection for connection, _ in self._idle]
            count = len(idle)
            # From here on there is no call.
            self._spare += [*idle, *self._in_use]
            self._woken += self._waiting
            self._idle = []
            self._count -= count
        self._settle()

    def check_open(self) -> None:
        """Raise Error after `close`."""
        if self.is_closed:
            raise Error("this client was closed; make a new one")

    def _settle(self) -> None:
        """Do what is left to be done, unless a step is on its way in this thread, which a lease was collected in."""
        with self._lock:
            while self.is_behind and not self._is_busy:
                self._is_busy = True
                try:
                    while self._returned:
                        self._put_back(*self._returned[0])
                    while self._woken:
                        if (gate := self._woken[0].gate) is not None:
                            gate.set()
                        del self._woken[0]
                    while self._spare:
                        self._spare[0].close()
                        del self._spare[0]
                finally:
                    self._is_busy = False

    def _give(self, lease: Lease[C], gate: Callable[[], Gate]) -> None:
        now = self._clock()
        while self._idle and now - self._idle[0][1] > self._longest_idle:
            self._drop_oldest()
        found = len(self._idle) - 1
        while found >= 0 and self._idle[found][0].origin != lease.origin:
            found -= 1
        if found >= 0:
            lease.connection, lease.is_ready = self._idle[found][0], True
            self._in_use |= {lease.connection}
            del self._idle[found]
        elif self._count < self._most or self._idle:
            if self._count >= self._most:
                self._drop_oldest()
            self._count += 1
            lease.is_ready = True
        else:
            lease.gate = gate()
            self._waiting[lease] = None

    def _put_back(self, lease: Lease[C], is_reusable: bool) -> None:
        following, now = next(iter(self._waiting), None), self._clock()
        # From here on there is no call.
        del self._returned[0]
        if not lease.is_ready:  # it waits no more
            if lease in self._waiting:
                del self._waiting[lease]
            return
        lease.is_ready = False
        connection = lease.connection
        if connection is not None and not (
            is_reusable and not self.is_closed and (following is None or connection.origin == following.origin)
        ):
            self._spare += [connection]
            self._in_use -= {connection}
            connection = None
        if following is not None:
            del self._waiting[following]
            following.connection, following.is_ready = connection, True
            self._woken += [following]
        elif connection is None:
            self._count -= 1
        else:
            self._in_use -= {connection}
            self._idle += [(connection, now)]
            while len(self._idle) > self._most_idle:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        connection, _ = self._idle[0]
        del self._idle[0]
        self._count -= 1
        self._spare += [connection]
