from __future__ import annotations

from collections.abc import Iterator

import pytest

import lmnt

from . import places as where


@pytest.fixture(scope="session")
def places() -> Iterator[where.Places]:
    with where.places() as made:
        yield made


@pytest.fixture(autouse=True)
def _soon() -> Iterator[None]:
    """Try again at once: how long a client waits before it does is tested in tests/client/test_retries.py."""
    with lmnt.no_retry_waits():
        yield


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in where.PROXIES:
        monkeypatch.delenv(name, raising=False)
