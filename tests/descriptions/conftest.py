from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .mock import Mock, key_of
from .packages import document, load, make_all

NAMES = ("petshop", "chat", "diary", "printing", "hostile", "ours", "zoo")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package for each description."""
    folder = tmp_path_factory.mktemp("made")
    make_all({name: document(name) for name in NAMES}, folder)
    for name in NAMES:
        load(name, folder)
    return folder


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, Mock]]:
    """A server for each description."""
    running = {name: Mock(document(name)).__enter__() for name in NAMES}
    yield running
    for each in running.values():
        each.__exit__()


class Driver:
    """One client, waiting or awaiting, behind one way to call it."""

    def __init__(self, package: Any, server: Mock, *, awaits: bool) -> None:
        self.server = server
        self.awaits = awaits
        self.runner = asyncio.Runner()
        kind = getattr(package, ("Async" if awaits else "") + package.__name__.capitalize())
        self.client = kind(**key_of(server.document), base_url=server.url, max_retries=0, ssl_context=CONTEXT)

    def wait(self, result: Any) -> Any:
        """Return what a call returns."""
        return self.runner.run(result) if self.awaits else result

    def call(self, path: str, *args: Any, access: str = "", **kwargs: Any) -> Any:
        """Call a method; `access` is with_raw_response, or with_streaming_response and then parsed."""
        self.server.seen.clear()
        resource, method = path.split(".")
        owner = getattr(self.client, resource)
        bound = getattr(getattr(owner, access) if access else owner, method)(*args, **kwargs)
        if access != "with_streaming_response":
            return self.wait(bound)
        if not self.awaits:
            with bound as response:
                return response.parse()

        async def run() -> Any:
            async with bound as response:
                return await response.parse()

        return self.wait(run())


CONTEXT = ssl.create_default_context()


@pytest.fixture(scope="session")
def drivers(made: Path, servers: dict[str, Mock]) -> Iterator[dict[tuple[str, bool], Driver]]:
    """The clients, by description and mode."""
    found = {
        (name, awaits): Driver(load(name, made), servers[name], awaits=awaits)
        for name in NAMES
        for awaits in (False, True)
    }
    yield found
    for each in found.values():
        each.wait(each.client.close())
        each.runner.close()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def driver(request: pytest.FixtureRequest, drivers: dict[tuple[str, bool], Driver]) -> Callable[[str], Driver]:
    return lambda name: drivers[(name, request.param)]
