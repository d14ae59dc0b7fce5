"""The pool of the direct road against all orders of asking, giving back, giving up and closing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lmnt.transport.direct import pool
from lmnt.transport.direct.pool import Lease, Origin, Pool

ORIGINS = [Origin("http", "one", 80), Origin("https", "one", 443), Origin("http", "two", 80)]
MOST, MOST_IDLE = 3, 2


@dataclass(eq=False)
class Connection:
    origin: Origin
    alive: set[Connection]

    def close(self) -> None:
        self.alive.discard(self)


@dataclass
class Gate:
    """Where a lease waits; it takes down when it is let pass."""

    passed_at: list[Gate]

    def set(self) -> None:
        self.passed_at.append(self)

    async def passed(self, seconds: float | None) -> None:
        raise NotImplementedError


class Pools(RuleBasedStateMachine):
    """Leases that run, that wait, and connections that exist: what the pool says must fit what was seen of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.pool: Pool[Connection] = Pool(lambda: self.now)
        self.running: list[Lease[Connection]] = []
        self.waiting: list[Lease[Connection]] = []
        self.woken: list[Gate] = []
        self.alive: set[Connection] = set()
        """Connections that are not closed."""

    def settle(self) -> None:
        assert not self.pool._to_do
        # First come, first served: who is woken has waited longest.
        first = self.waiting[: len(self.woken)]
        assert [id(gate) for gate in self.woken] == [id(lease.gate) for lease in first]
        for lease in first:
            self.waiting.remove(lease)
            self.start(lease)
        self.woken.clear()

    def start(self, lease: Lease[Connection]) -> None:
        assert lease.is_ready
        if lease.connection is None:
            made = Connection(lease.origin, self.alive)
            self.alive.add(made)
            self.pool.use(lease, made)
        assert lease.connection in self.alive
        assert lease.connection is not None
        assert lease.connection.origin == lease.origin
        assert all(lease.connection is not other.connection for other in self.running)
        self.running.append(lease)

    @precondition(lambda self: not self.pool.is_closed)
    @rule(origin=st.sampled_from(ORIGINS))
    def ask(self, origin: Origin) -> None:
        lease = Lease(self.pool, origin, lambda: Gate(self.woken))
        self.pool.ask(lease)
        self.settle()
        if lease.is_ready:
            self.start(lease)
        else:
            assert len(self.running) == MOST
            self.waiting.append(lease)

    @precondition(lambda self: self.running and not self.pool.is_closed)
    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        lease = self.running[data.draw(st.integers(0, len(self.running) - 1))]
        stale, made = lease.connection, Connection(lease.origin, self.alive)
        self.alive.add(made)
        self.pool.use(lease, made)
        assert stale not in self.alive

    @precondition(lambda self: self.running)
    @rule(data=st.data(), keeps=st.booleans(), twice=st.booleans())
    def give_back(self, data: st.DataObject, *, keeps: bool, twice: bool) -> None:
        lease = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        for _ in range(1 + twice):
            lease.release(is_reusable=keeps)
        if not keeps:
            assert lease.connection not in self.alive
        self.settle()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        lease = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        lease.release(is_reusable=False)
        self.settle()

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        # The last reference goes: what nobody gave back is given back.
        del self.running[data.draw(st.integers(0, len(self.running) - 1))]
        self.settle()

    @rule(seconds=st.sampled_from([0.0, 1.0, 6.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: not self.pool.is_closed)
    @rule()
    def close(self) -> None:
        self.pool.close()
        # Everybody who waited is woken, finds it closed, and gives up.
        assert [id(gate) for gate in self.woken] == [id(lease.gate) for lease in self.waiting]
        self.woken.clear()
        for lease in self.waiting:
            lease.release(is_reusable=False)
        self.waiting.clear()
        assert not self.alive
        assert not self.pool._to_do

    @invariant()
    def no_more_than_allowed(self) -> None:
        assert len(self.alive) <= MOST
        assert self.pool.is_closed or len(self.alive) - len(self.running) <= MOST_IDLE
        assert self.pool._count == len(self.running) + len(self.pool._idle)
        assert not self.waiting or len(self.running) == MOST


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST", MOST)
    monkeypatch.setattr(pool, "MOST_IDLE", MOST_IDLE)


TestPools = pytest.mark.once(Pools.TestCase)
TestPools.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
