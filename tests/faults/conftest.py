from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import places as where


@pytest.fixture(scope="session")
def places() -> Iterator[where.Places]:
    with where.places() as made:
        yield made


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in where.PROXIES:
        monkeypatch.delenv(name, raising=False)
