"""The addresses of a host, tried in turn by those who wait; for those who await, anyio and asyncio try them at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def first_that_answers(host: str, port: int, seconds: float | None, connect: Callable[[str, float | None], T]) -> T:
    """Connect to an address of a host; Python's own `create_connection` gives each of them the whole of the time.

    Args:
        host: The host.
        port: Its port.
        seconds: What all of it may take; None for no limit.
        connect: Connects to an address, within so many seconds.

    Raises:
        OSError: The host has no address.
        Exception: What `connect` raised for the last one.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    failure: Exception = OSError(f"{host} has no address")
    for index, address in enumerate(addresses):
        # A fair part of what is left, so that one that never answers leaves some for the next.
        left = None if ends is None else max(ends - time.monotonic(), 0.001) / (len(addresses) - index)
        try:
            return connect(address, left)
        except Exception as error:
            failure = error
    raise failure
