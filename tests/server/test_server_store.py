"""The store by itself: a full disk, many threads, an unknown version."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import httpx
import pytest
from answers import check_envelope
from decoded import recording

from lmnt_server import create_app
from lmnt_server.engines.tone import ToneEngine
from lmnt_server.errors import ApiError
from lmnt_server.limits import Quotas
from lmnt_server.store import FILE, Store, StoreError, account_of
from lmnt_server.streaming import in_store


@pytest.fixture(params=["in memory", "in a folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "data" if request.param == "in a folder" else None, quotas=Quotas(1000))
    yield store
    store.close()


def test_a_full_disk_is_503_and_what_was_there_stays(store: Store) -> None:
    async def call() -> None:
        transport = httpx.ASGITransport(app=create_app(ToneEngine(), store))
        async with httpx.AsyncClient(transport=transport, base_url="http://a", headers={"x-api-key": "k"}) as client:
            pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
            store._connection.execute(f"PRAGMA max_page_count = {pages}")
            made = []
            for _ in range(200):
                response = await client.post(
                    "/v1/ai/voice", data={"name": "x" * 500}, files={"file": ("a.wav", recording("Hi"))}
                )
                if response.status_code != 200:
                    break
                made.append(response.json()["id"])
            check_envelope(response, 503)
            listed = await client.get("/v1/ai/voice/list", params={"owner": "me"})
            assert [voice["id"] for voice in listed.json()] == made
            store._connection.execute(f"PRAGMA max_page_count = {pages * 10}")
            assert (await client.put("/v1/ai/voice/leah", json={"starred": True})).status_code == 200

    anyio.run(call)


def test_many_threads_never_spend_more_than_there_is(store: Store) -> None:
    def spend(_: int) -> bool:
        try:
            store.charge("someone", 7)
        except ApiError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        spent = sum(pool.map(spend, range(400)))
    assert spent == 1000 // 7
    assert store.remaining("someone") == 1000 - 7 * spent


def test_a_limit_that_was_lowered_leaves_nothing(tmp_path: Path) -> None:
    first = Store(tmp_path, quotas=Quotas(1000))
    first.charge("someone", 900)
    first.close()
    second = Store(tmp_path, quotas=Quotas(100))
    assert second.remaining("someone") == 0
    with pytest.raises(ApiError, match="your plan has 0 left"):
        second.charge("someone", 1)


def test_two_servers_may_share_a_folder(tmp_path: Path) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    first.star("someone", "leah", starred=True)
    assert second.stars("someone") == {"leah"}


def test_a_database_of_another_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"another version of this server \(schema 99\)"):
        Store(tmp_path)


def test_an_account_does_not_tell_its_key() -> None:
    assert account_of("key") != account_of("Key")
    assert "key" not in account_of("key")
    assert len(account_of("key")) == 64


def test_a_step_is_done_in_a_thread_where_the_store_may_wait(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        store = Store(folder)
        thread = asyncio.run(in_store(store, threading.get_ident))
        assert (thread != threading.get_ident()) == store.waits == (folder is not None)
        store.close()
