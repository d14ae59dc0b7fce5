"""The direct road where it is hardest on it: closed, dropped and interrupted at any moment, and servers that flood."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import lmnt
from lmnt.transport.direct import asynchronous
from lmnt.transport.direct import pool as pools
from lmnt.transport.direct.pool import Lease, Origin, Pool
from lmnt.transport.event_loops import at_once, iterated
from lmnt_server.process import ServerProcess

from .modes import KEY, Sync, with_both_parsers
from .peers import Connection, Peer, head, json_response, response, serving

pytestmark = with_both_parsers

ORIGIN, OTHER = Origin("http", "a", 80), Origin("http", "b", 80)


@dataclass(eq=False)
class Plug:
    origin: Origin
    is_closed: bool = False

    def close(self) -> None:
        self.is_closed = True


class Gate:
    is_open = False

    def set(self) -> None:
        self.is_open = True

    async def passed(self, seconds: float | None) -> None:
        raise NotImplementedError


def pools_of(client: Any) -> list[Any]:
    return list(client._shared.pool._pools.values())


def leaked(client: Any) -> int:
    return sum(pool._count - len(pool._idle) for pool in pools_of(client))


def streamed(mode: Sync, client: Any) -> Any:
    return mode.entered(client.speech.with_streaming_response.generate(text="a", voice="b"))


def work(pool: Pool[Plug], leases: list[Lease[Plug]], waiting: list[Lease[Plug]]) -> None:
    """Ask, connect, wait and give back, to two origins."""

    def ask(origin: Origin) -> Lease[Plug]:
        leases.append(Lease(pool, origin, Gate))
        try:
            pool.ask(leases[-1])
        except BaseException:  # as `Connections.send` does
            leases[-1].release(is_reusable=False)
            raise
        if not leases[-1].is_ready:
            waiting.append(leases[-1])
        return leases[-1]

    for lease in [ask(origin) for origin in (ORIGIN, OTHER, ORIGIN, ORIGIN)]:
        if lease.connection is None:
            pool.use(lease, Plug(lease.origin))
        lease.release(is_reusable=True)
    ask(OTHER)


def test_an_interrupt_at_any_moment_leaks_no_slot_of_the_pool_and_leaves_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pools, "MOST", 2)
    monkeypatch.setattr(pools, "MOST_IDLE", 1)
    # Python lets an interrupt in as a call begins and ends, which is what a profiler is told of.
    for moment in range(1000):
        pool: Pool[Plug] = Pool()
        leases: list[Lease[Plug]] = []
        waiting: list[Lease[Plug]] = []
        left = moment

        def interrupt(frame: Any, event: str, _: Any) -> None:
            nonlocal left
            code = frame.f_code
            is_there = code.co_filename.endswith("direct/pool.py") or code is Gate.set.__code__
            if is_there and event in ("call", "c_return"):
                left -= 1
                if left == -1:
                    raise KeyboardInterrupt

        sys.setprofile(interrupt)
        try:
            work(pool, leases, waiting)
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        taken = [lease.connection for lease in leases if lease.connection is not None]
        while leases:  # each is dropped, at last
            waiting = [each for each in waiting if each is not leases[0]]
            del leases[0]
            assert not pool._to_do, moment
            # Whoever was given something knows.
            assert all(each.gate.is_open for each in waiting if each.is_ready), moment
        assert pool._count == len(pool._idle), moment
        assert all(plug.is_closed for plug in taken if plug not in [idle for idle, _ in pool._idle]), moment
        assert not pool._in_use, moment
        assert not pool._waiting, moment
        if left >= 0:
            assert moment > 20
            return
    raise AssertionError("it never ended")


def test_a_lease_that_is_dropped_gives_back_at_once() -> None:
    pool: Pool[Plug] = Pool()
    gc.disable()  # nothing may have to wait for the collector of cycles
    try:
        lease = Lease(pool, ORIGIN, Gate)
        pool.ask(lease)
        assert pool._count == 1
        del lease
        assert pool._count == 0
    finally:
        gc.enable()


@pytest.fixture
def small_heap() -> Iterator[None]:
    """Keep what other tests have left from the collector, which would take long to look at it."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("small_heap")
@pytest.mark.parametrize("is_reusable", [False, True])
def test_a_lease_that_is_collected_within_a_step_of_the_pool_disturbs_none(
    monkeypatch: pytest.MonkeyPatch, *, is_reusable: bool
) -> None:
    monkeypatch.setattr(pools, "MOST", 3)
    dropped: list[Lease[Plug]] = []
    kept: list[Gate] = []

    def clock() -> float:
        gc.collect()
        kept.append(Gate())
        ring: list[Any] = [*dropped]  # garbage from now on, which is collected when the next object is made
        ring.append(ring)
        dropped.clear()
        return 0.0

    pool: Pool[Plug] = Pool(clock)
    plugs: list[Plug] = []

    def lease() -> Lease[Plug]:
        taken = Lease(pool, ORIGIN, Gate)
        pool.ask(taken)
        if taken.is_ready and taken.connection is None:
            plugs.append(Plug(ORIGIN))
            pool.use(taken, plugs[-1])
        return taken

    for _ in range(20):
        first, second, third, *waiting = [lease() for _ in range(6)]
        dropped.append(second)
        del second
        thresholds = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        try:
            first.release(is_reusable=is_reusable)
        finally:
            gc.set_threshold(*thresholds)
        gc.collect()
        assert [each.is_ready for each in waiting] == [True, True, False]
        assert [each.gate.is_open for each in waiting] == [True, True, False]
        third.release(is_reusable=is_reusable)
        for each in waiting:
            each.release(is_reusable=is_reusable)
        assert not pool._to_do
        assert pool._count == len(pool._idle)
        assert not pool._in_use
    assert [plug for plug in plugs if not plug.is_closed] == [plug for plug, _ in pool._idle]


def test_a_body_that_was_read_is_not_read_again_off_a_connection_that_went_on(
    mode: Sync, peer: Callable[..., Peer]
) -> None:
    body = b"\1\2" * 50
    answer = response(body=body, headers={"content-type": "audio/pcm"})
    client = mode.client(base_url=peer(answer).base_url, timeout=1)
    with streamed(mode, client) as found:
        assert b"".join(mode.each(found.iter_bytes())) == body
        live = found._reply.response
        again = iterated(live.raw()) if mode.name == "sync" else live.raw()
        with pytest.raises(Exception, match="closed"):
            list(mode.each(again))
        assert leaked(client) == 0


def test_a_child_that_drops_a_response_leaves_it_to_its_parent(peer: Callable[..., Peer]) -> None:
    go = threading.Event()

    def answer(connection: Connection) -> None:
        connection.send(head(headers={"content-length": "4", "content-type": "audio/pcm"}) + b"ab")
        go.wait(10)
        connection.send(b"cd")

    with (
        lmnt.Lmnt(api_key=KEY, base_url=peer(answer).base_url) as client,
        client.speech.with_streaming_response.generate(text="a", voice="b") as found,
    ):
        pieces = found.iter_bytes()
        first = next(pieces)
        child = os.fork()
        if not child:
            found.close()
            os._exit(0 if leaked(client) == 0 else 1)
        assert os.waitpid(child, 0)[1] == 0
        go.set()
        assert first + b"".join(pieces) == b"abcd"


def test_a_child_does_not_wait_for_what_a_thread_of_its_parent_holds() -> None:
    pool: Pool[Plug] = Pool()
    lease = Lease(pool, ORIGIN, Gate)
    pool.ask(lease)
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with pool._lock:
            held.set()
            go.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    child = os.fork()
    if not child:
        threading.Timer(5, os._exit, [1]).start()
        lease.release(is_reusable=False)
        os._exit(0)
    go.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


def test_closing_ends_no_body_as_if_it_were_whole(mode: Sync, peer: Callable[..., Peer]) -> None:
    """Without a length the end of a connection is the end of a body: not if it is ours."""

    def answer(connection: Connection) -> None:
        connection.send(head(headers={"content-type": "audio/pcm"}) + b"ab")
        connection.stall()

    client = mode.client(base_url=peer(answer).base_url)
    with streamed(mode, client) as found:
        if mode.name == "sync":
            pieces = found.iter_bytes()
            assert next(pieces) == b"ab"
            threading.Timer(0.2, found.close).start()
            with pytest.raises(lmnt.APIStreamError):
                next(pieces)
        else:

            async def use() -> None:
                pieces = found.iter_bytes()
                assert await anext(pieces) == b"ab"
                asyncio.get_running_loop().call_later(0.2, at_once, found._reply.response.close())
                with pytest.raises(lmnt.APIStreamError):
                    await anext(pieces)

            mode.run(use())
    assert leaked(client) == 0


@pytest.mark.parametrize("status", [100, 103])
def test_informational_responses_without_end(mode: Sync, peer: Callable[..., Peer], status: int) -> None:
    def answer(connection: Connection) -> None:
        for _ in range(20):
            connection.send(b"HTTP/1.1 %d Early\r\n\r\n" % status * 1000)
        connection.send(json_response([]))

    client = mode.client(base_url=peer(answer).base_url, max_retries=0)
    with pytest.raises(lmnt.APIConnectionError, match="informational"):
        mode.run(client.voices.list())
    assert leaked(client) == 0


def test_a_response_of_an_event_loop_that_is_over_counts_for_no_other(peer: Callable[..., Peer]) -> None:
    client = lmnt.AsyncLmnt(
        api_key=KEY, base_url=peer(lambda c: (c.send(head(headers={"content-length": "9"})), c.stall())).base_url
    )
    kept: list[Any] = []

    async def begin() -> None:
        manager = client.speech.with_streaming_response.generate(text="a", voice="b")
        kept.append((await manager.__aenter__())._reply.response)
        assert leaked(client) == 1

    async def go_on() -> None:
        await begin()
        at_once(kept[0].close())
        assert leaked(client) == 1
        at_once(kept[1].close())
        assert leaked(client) == 0
        await client.close()

    asyncio.run(begin())
    asyncio.run(go_on())


@pytest.mark.parametrize("headers", [{"host": lmnt.omit}, {"content-length": "3"}, {"content-length": lmnt.omit}])
def test_headers_that_do_not_fit_are_the_callers_matter(
    mode: Sync, peer: Callable[..., Peer], headers: dict[str, Any]
) -> None:
    client = mode.client(base_url=peer(response()).base_url)
    with pytest.raises(lmnt.InvalidArgumentError, match="headers"):
        mode.run(client.speech.generate(text="a", voice="b", extra_headers=headers))
    assert leaked(client) == 0


def test_a_request_has_one_length(mode: Sync, peer: Callable[..., Peer]) -> None:
    server = peer(response(body=b"abcd", headers={"content-type": "audio/pcm"}))
    client = mode.client(base_url=server.base_url)
    mode.run(client.speech.generate(text="a", voice="b", extra_headers={"transfer-encoding": "chunked"}))
    assert server.requests[0].body.startswith(b"{")
    assert "content-length" not in server.requests[0].headers


class Late(Peer):
    def serve(self, sock: Any) -> None:
        connection = Connection(sock, self)
        connection._until(b"\r\n\r\n")
        self.over.wait(0.3)
        connection.send(response(413, b"{}"))
        connection.stall()


@pytest.mark.parametrize("timeout", [5, lmnt.Timeout(5, write=None)])
def test_an_answer_of_who_reads_no_more_is_not_waited_for(mode: Sync, timeout: Any) -> None:
    with serving(Late()) as server:
        client = mode.client(base_url=server.base_url, max_retries=0, timeout=timeout)
        began = time.monotonic()
        with pytest.raises(lmnt.APIStatusError, match="413"):
            mode.run(client.speech.generate(text="a", voice="b", extra_body={"more": "a" * 20_000_000}))
        assert time.monotonic() - began < 3


def test_what_came_unasked_does_not_keep_a_connection_from_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Transport(asyncio.Transport):
        is_paused = False

        def pause_reading(self) -> None:
            self.is_paused = True

        def resume_reading(self) -> None:
            self.is_paused = False

    class Tickets:
        """TLS in which nothing comes but session tickets."""

        def receive(self, data: bytes) -> None: ...

        def decrypt(self) -> None: ...

    async def use() -> None:
        monkeypatch.setattr(asynchronous, "MOST_HELD", 10)
        connection, transport = asynchronous.LoopConnection(ORIGIN), Transport({"socket": None})
        monkeypatch.setattr(connection, "_tls", Tickets())
        connection.connection_made(transport)
        connection.get_buffer(-1)[:20] = b"a" * 20
        connection.buffer_updated(20)
        assert transport.is_paused
        assert not await connection.is_stale()
        assert not transport.is_paused

    asyncio.run(use())


@pytest.mark.skipif(sys.platform != "linux", reason="the system's account of a process is read as Linux keeps it")
def test_reading_a_small_response_maps_no_memory(server: ServerProcess) -> None:
    """An `asyncio.Protocol` would: two page faults a read, and a third of the CPU time of a call."""
    import resource  # not on Windows

    def faults() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    async def use() -> float:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=server.base_url) as client:
            for _ in range(30):
                await client.voices.retrieve("leah")
            before = faults()
            for _ in range(200):
                await client.voices.retrieve("leah")
            return (faults() - before) / 200

    assert asyncio.run(use()) < 1
