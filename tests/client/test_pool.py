"""The pool of the direct road against all orders of asking, giving back, giving up and closing."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lmnt.transport.direct.pool import Origin, Pool, Turn

ORIGINS = [Origin("http", "one", 80), Origin("https", "one", 443), Origin("http", "two", 80)]
MOST, MOST_IDLE, LONGEST_IDLE = 3, 2, 5.0


@dataclass(eq=False)
class Connection:
    origin: Origin


class Pools(RuleBasedStateMachine):
    """Turns that run, turns that wait, and connections that exist: what the pool says must fit what was seen of it."""

    def __init__(self) -> None:
        super().__init__()
        self.pool: Pool[Connection] = Pool(MOST, MOST_IDLE, LONGEST_IDLE)
        self.now = 0.0
        self.running: list[Turn[Connection]] = []
        self.waiting: list[Turn[Connection]] = []
        self.woken: list[Turn[Connection]] = []
        self.alive: set[Connection] = set()
        """Connections that are neither closed nor to be closed."""

    def settle(self) -> None:
        for spare in self.pool.to_close():
            self.alive.remove(spare)
        # First come, first served: who is woken has waited longest.
        assert self.woken == self.waiting[: len(self.woken)]
        for turn in self.woken:
            self.waiting.remove(turn)
            self.start(turn)
        self.woken.clear()

    def start(self, turn: Turn[Connection]) -> None:
        assert turn.is_ready
        if turn.connection is None:
            turn.connection = Connection(turn.origin)
            self.alive.add(turn.connection)
        assert turn.connection in self.alive
        assert turn.connection.origin == turn.origin
        assert all(turn.connection is not other.connection for other in self.running)
        self.running.append(turn)

    @rule(origin=st.sampled_from(ORIGINS))
    def ask(self, origin: Origin) -> None:
        turn: Turn[Connection] = Turn(origin, lambda: self.woken.append(turn))
        self.pool.ask(turn, self.now)
        self.settle()
        if turn.is_ready:
            self.start(turn)
        else:
            assert len(self.running) == MOST
            self.waiting.append(turn)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), keeps=st.booleans(), twice=st.booleans())
    def give_back(self, data: st.DataObject, *, keeps: bool, twice: bool) -> None:
        turn = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        assert turn.connection is not None
        if not keeps:
            self.alive.remove(turn.connection)
        for _ in range(1 + twice):
            self.pool.give_back(turn, turn.connection if keeps else None, self.now)
        self.settle()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        turn = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.pool.give_back(turn, None, self.now)
        self.settle()

    @rule(seconds=st.sampled_from([0.0, 1.0, 6.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def end(self) -> None:
        for spare in self.pool.end():
            self.alive.remove(spare)
        # Everybody who waited is woken, finds it closed, and gives up.
        assert self.woken == self.waiting
        for turn in self.woken:
            self.pool.give_back(turn, None, self.now)
        self.waiting.clear()
        self.woken.clear()
        assert self.alive == {turn.connection for turn in self.running}

    @invariant()
    def no_more_than_allowed(self) -> None:
        assert len(self.alive) <= MOST
        assert len(self.alive) - len(self.running) <= MOST_IDLE
        assert not self.waiting or len(self.running) == MOST


TestPools = Pools.TestCase
TestPools.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
