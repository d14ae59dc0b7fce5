"""A call on the direct road: whether it may take it, and the response that comes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx

from .. import Request, Response
from ..network_errors import connection_errors
from ..uploads import at_once, opened
from . import asynchronous, sync
from .http1 import MOST_READ, Head
from .limits import Limits
from .wire import WireRequest


class DirectResponse(Response):
    """A response on a connection of our own."""

    loses_steps = False

    def __init__(self, request: Request, head: Head, lease: Any, limits: Limits, began: float) -> None:
        super().__init__(request, head.status_code, head.reason, head.http_version, head.headers)
        self._lease = lease
        self._limits = limits
        self._began = began
        self._ended: float | None = None
        self._chunks: sync.Chunks | asynchronous.Chunks | None = None
        self._live: httpx.Response | None = None

    @property
    def _most(self) -> int:
        # Below a coding nothing is joined: what came before a part that is bad would be lost with it.
        return 1 if "content-encoding" in self.headers else MOST_READ

    @property
    def http(self) -> httpx.Response:
        """The response as httpx has it."""
        if self._live is None:
            self._live = httpx.Response(
                self.status_code,
                headers=list(self.raw_headers),
                stream=_Live(self),
                request=self.request.shown(),
                extensions={"http_version": self.http_version.encode(), "reason_phrase": self.reason.encode()},
            )
            self._live.is_closed = self.is_closed
        return self._live

    @property
    def bytes_downloaded(self) -> int:
        """Bytes of the body that have come, content coding as it is."""
        return 0 if self._chunks is None else self._chunks.size

    @property
    def is_closed(self) -> bool:
        """Whether the connection was freed."""
        return bool(self._lease.is_over)

    @property
    def elapsed(self) -> timedelta:
        """The time from sending the request to the end of the response; raises RuntimeError before that end."""
        if self._ended is None:
            raise RuntimeError("the response has not ended")
        return timedelta(seconds=self._ended - self._began)

    def raw(self) -> Iterator[bytes]:
        """Return the pieces of the body as they come, content coding as it is."""
        self._chunks = chunks = sync.Chunks(self._lease, self._limits, self._most)
        return chunks

    def araw(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body as they come, content coding as it is."""
        self._chunks = chunks = asynchronous.Chunks(self._lease, self._limits, self._most)
        return chunks

    def close(self) -> None:
        """Free the connection."""
        if self._ended is None:
            self._ended = time.monotonic()
        if self._live is not None:
            self._live.is_closed = True
        self._lease.release(is_reusable=False)

    async def aclose(self) -> None:
        """Free the connection."""
        self.close()


class _Live(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a response, for those who ask for it as httpx has it."""

    def __init__(self, response: DirectResponse) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.raw()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._response.araw()

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        self._response.close()


def limits_of(request: Request, timeout: httpx.Timeout) -> Limits:
    """Return how long each step of a call may take."""
    return Limits(timeout.connect, timeout.read, timeout.write, timeout.pool, request.deadline)


def send(pool: sync.ConnectionPool, request: Request, timeout: httpx.Timeout) -> Response:
    """Send a request and wait for the head of its response; raises APIConnectionError."""
    limits, began = limits_of(request, timeout), time.monotonic()
    with connection_errors(request), ExitStack() as files:
        body = at_once(opened(request.content, files, request.deadline, awaits=False))
        lease, head = pool.request(WireRequest(request, body), limits)
    return DirectResponse(request, head, lease, limits, began)


async def asend(pool: asynchronous.ConnectionPool, request: Request, timeout: httpx.Timeout) -> Response:
    """Send a request and wait for the head of its response; raises APIConnectionError."""
    limits, began = limits_of(request, timeout), time.monotonic()
    with connection_errors(request), ExitStack() as files:
        body = await opened(request.content, files, request.deadline, awaits=True)
        lease, head = await pool.request(WireRequest(request, body), limits)
    return DirectResponse(request, head, lease, limits, began)
