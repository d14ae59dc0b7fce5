from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from lmnt_server.process import ServerProcess, running
from tests.client.modes import MODES, Sync


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True) as process:
        yield process


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> Iterator[Sync]:
    made = MODES[request.param]()
    yield made
    made.close()


@pytest.fixture
def client(mode: Sync, server: ServerProcess) -> Any:
    return mode.client(base_url=server.base_url)


@pytest.fixture
def untouched() -> Iterator[int]:
    """The port of a listening socket that nothing may connect to."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.accept()
