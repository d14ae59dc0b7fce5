"""A call on the direct road: sending the request, and the response."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

from ..limits import Limits, TimedOut
from ..messages import Request, Response
from ..network_errors import connection_errors
from ..uploads import at_once, opened
from .connection import Chunks, Connections
from .parsing import MOST_READ, Head, ProtocolError
from .wire import WireRequest


class DirectResponse(Response):
    """A response on the direct road."""

    def __init__(self, request: Request, head: Head, lease: Any, limits: Limits, began: float) -> None:
        super().__init__(request, head.status_code, head.reason, head.http_version, head.headers)
        self._lease = lease
        self._limits = limits
        self._began = began
        self._ended: float | None = None
        self._chunks: Chunks | None = None

    @property
    def _most(self) -> int:
        # With a content coding nothing is joined: data before a corrupt part would be lost with it.
        return 1 if "content-encoding" in self.headers else MOST_READ

    @property
    def bytes_downloaded(self) -> int:
        """Bytes of the body received, before content decoding."""
        return 0 if self._chunks is None else self._chunks.size

    @property
    def is_closed(self) -> bool:
        """Whether the connection was freed."""
        return bool(self._lease.is_over)

    @property
    def elapsed(self) -> timedelta | None:
        """The time from sending the request to the end of the response; None before that end."""
        return None if self._ended is None else timedelta(seconds=self._ended - self._began)

    def raw(self) -> Chunks:
        """Return the pieces of the body as received, before content decoding."""
        self._chunks = chunks = Chunks(self._lease, self._limits, self._most)
        return chunks

    araw = raw

    def drain(self) -> None:
        """Read the rest of the body, which is of no interest, if it comes at once: the connection is kept then."""
        at_once(self.adrain())

    async def adrain(self) -> None:
        """Read the rest of the body, which is of no interest, if it comes at once: the connection is kept then."""
        if self._chunks is not None:
            with suppress(TimedOut, OSError, ProtocolError):
                await self._chunks.drain()

    def close(self) -> None:
        """Free the connection."""
        if self._ended is None:
            self._ended = time.monotonic()
        if "http" in vars(self):
            self.http.is_closed = True
        self._lease.release(is_reusable=False)


async def send(pool: Connections, request: Request, limits: Limits, *, awaits: bool) -> Response:
    """Send a request and return its response once the head is received; raises APIConnectionError.

    Args:
        pool: The connections.
        request: The request.
        limits: The timeouts of the steps.
        awaits: Whether files may be async.
    """
    began = time.monotonic()
    with connection_errors(request):
        if request.content:
            with ExitStack() as files:
                body = await opened(request.content, files, request.deadline, awaits=awaits)
                lease, head = await pool.request(WireRequest(request, body), limits)
        else:
            lease, head = await pool.request(WireRequest(request, None), limits)
    return DirectResponse(request, head, lease, limits, began)
