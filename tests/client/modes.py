"""The two kinds of client behind one way to call them, so that each test is written once."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

import lmnt
from lmnt.transport.direct.http1 import HTTP1
from lmnt.transport.direct.llhttp import LLHTTP
from lmnt.transport.direct.parsing import Parser

KEY = "key-8c1d5f0b7e2a"
"""An API key that stands nowhere else, so that a search finds it only where it leaks."""

CONTEXT = ssl.create_default_context()
"""What a client would make for itself, made once: that takes longer than most tests."""


class Sync:
    """Lmnt: what it returns is the result."""

    name = "sync"
    kind: type[Any] = lmnt.Lmnt
    http_kind: type[Any] = httpx.Client

    def __init__(self) -> None:
        self._clients: list[Any] = []

    def client(self, **options: Any) -> Any:
        if "http_client" not in options:
            options.setdefault("ssl_context", CONTEXT)
        client = self.kind(**{"api_key": KEY, **options})
        self._clients.append(client)
        return client

    def run(self, value: Any) -> Any:
        return value

    def each(self, iterable: Any) -> Iterator[Any]:
        return iter(iterable)

    @contextmanager
    def entered(self, manager: Any) -> Iterator[Any]:
        with manager as value:
            yield value

    def hook(self, function: Any) -> Any:
        """Return an event hook for an HTTP client of this kind."""
        return function

    def close(self) -> None:
        for client in self._clients:
            self.run(client.close())


async def _result(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


class Async(Sync):
    """AsyncLmnt: what it returns is awaited, in one event loop."""

    name = "async"
    kind = lmnt.AsyncLmnt
    http_kind = httpx.AsyncClient

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()

    def run(self, value: Any) -> Any:
        return self.runner.run(_result(value))

    def each(self, iterable: Any) -> Iterator[Any]:
        iterator = aiter(iterable)
        while True:
            try:
                item = self.run(anext(iterator))
            except StopAsyncIteration:
                return
            yield item

    @contextmanager
    def entered(self, manager: Any) -> Iterator[Any]:
        value = self.run(manager.__aenter__())
        try:
            yield value
        except BaseException as error:
            if not self.run(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self.run(manager.__aexit__(None, None, None))

    def hook(self, function: Any) -> Any:
        async def call(message: Any) -> None:
            function(message)

        return call

    def close(self) -> None:
        super().close()
        self.runner.close()


MODES = {"sync": Sync, "async": Async}

PARSERS: dict[str, type[Parser]] = {"h11": HTTP1, "llhttp": LLHTTP}
"""What can read responses on the direct road."""

with_both_parsers = pytest.mark.parametrize("parser", list(PARSERS), indirect=True)
