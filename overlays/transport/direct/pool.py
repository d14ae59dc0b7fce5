"""Which request gets which connection, with no I/O: first come, first served, however many wait.

What belongs together is written without a call in between: there alone Python lets a KeyboardInterrupt in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar, runtime_checkable


class Origin(NamedTuple):
    """Where connections lead (RFC 9110 section 4.3.1)."""

    scheme: str
    host: str
    port: int


@runtime_checkable
class Poolable(Protocol):
    """A connection, as far as the pool knows it."""

    origin: Origin


C = TypeVar("C", bound=Poolable)


@dataclass(eq=False, slots=True)
class Turn(Generic[C]):
    """A request's turn: it has a connection, or leave to make one, or waits for either.

    Args:
        origin: Where it is to lead.
        wake: Called once, from whichever thread, when it need not wait any more.
        pool: Where it has asked; it gives back there, whatever pool its client has by then.
    """

    origin: Origin
    wake: Callable[[], object] | None = None
    pool: Pool[C] | None = None
    connection: C | None = None
    is_ready: bool = False
    is_over: bool = field(default=False)


class Pool(Generic[C]):
    """The connections of a client that wait for requests, and the requests that wait for connections.

    Args:
        most: Connections that there may be.
        most_idle: Connections that may wait for requests.
        longest_idle: Seconds that a connection may wait.
    """

    def __init__(self, most: int = 100, most_idle: int = 20, longest_idle: float = 5.0) -> None:
        self._most = most
        self._most_idle = most_idle
        self._longest_idle = longest_idle
        self._count = 0
        self._idle: dict[Origin, deque[tuple[C, float]]] = {}
        self._idle_count = 0
        self._waiting: deque[Turn[C]] = deque()
        self._spare: list[C] = []

    def ask(self, turn: Turn[C], now: float) -> None:
        """Give a turn what it asks for, or have it wait."""
        turn.pool = self
        if self._take(turn, now):
            return
        if self._count < self._most or self._make_room():
            self._count += 1
            turn.is_ready = True
        else:
            self._waiting.append(turn)

    def give_back(self, turn: Turn[C], connection: C | None, now: float) -> None:
        """Take what a turn had: a connection that another request may use, or None if there is none any more."""
        if turn.is_over:
            return
        if not turn.is_ready:
            turn.is_over = True
            return  # it waits no more; it is passed over when it would come next
        while self._waiting:
            following = self._waiting[0]
            if following.is_over:
                del self._waiting[0]
                continue
            if connection is not None and connection.origin != following.origin:
                self._spare.append(connection)
                connection = None
            del self._waiting[0]
            following.connection, following.is_ready = connection, True
            turn.is_over = True
            if following.wake is not None:
                following.wake()
            return
        if connection is None:
            self._count -= 1
            turn.is_over = True
            return
        idle = self._idle.setdefault(connection.origin, deque())
        idle += ((connection, now),)
        self._idle_count += 1
        turn.is_over = True
        if self._idle_count > self._most_idle:
            self._make_room()

    def to_close(self) -> list[C]:
        """Return the connections that the pool has let go of."""
        spare, self._spare = self._spare, []
        return spare

    def end(self) -> list[C]:
        """Let go of all connections that wait, and return them; wakes who waits."""
        for connections in self._idle.values():
            self._spare += [connection for connection, _ in connections]
        self._count -= self._idle_count
        self._idle_count = 0
        self._idle.clear()
        for turn in self._waiting:
            if not turn.is_over and turn.wake is not None:
                turn.wake()
        self._waiting.clear()
        return self.to_close()

    def _take(self, turn: Turn[C], now: float) -> bool:
        """Give a turn a connection that waits to its origin; returns False if none does."""
        idle = self._idle.get(turn.origin)
        while idle:
            connection, since = idle[-1]  # the one used last is the likeliest to be alive
            del idle[-1]
            self._idle_count -= 1
            if now - since <= self._longest_idle:
                turn.connection, turn.is_ready = connection, True
                return True
            self._count -= 1
            self._spare.append(connection)
        return False

    def _make_room(self) -> bool:
        """Let go of the connection that waits longest to its origin; returns False if none waits."""
        for origin, idle in self._idle.items():
            if idle:
                connection, _ = idle[0]
                del idle[0]
                self._idle_count -= 1
                self._count -= 1
                self._spare.append(connection)
                if not idle:
                    del self._idle[origin]
                return True
        return False
