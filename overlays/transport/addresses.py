"""Connecting to a host with several addresses: attempts overlap (Happy Eyeballs, RFC 8305)."""

from __future__ import annotations

import math
import os
import selectors
import socket
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, cast

from ..settings.deadline import LONGEST

if TYPE_CHECKING:
    import asyncio

_Address = tuple[int, int, int, str, Any]

HEAD_START = 0.25
"""Seconds before the next address is tried in parallel (RFC 8305 section 5)."""

SLICE = 0.1
"""Seconds between checks whether the connection is still wanted."""


def connect(host: str, port: int, seconds: float | None, is_over: Callable[[], bool] | None = None) -> socket.socket:
    """Return a socket, non-blocking, that is connected to the first address of a host that answers.

    It gives up after so many seconds, or once `is_over` tells that it is no longer wanted; raises OSError.
    """
    ends = math.inf if seconds is None else time.monotonic() + seconds
    # For bytes it does not load the codec of IDNA, which takes long; one that replaces it may know texts alone.
    is_own = host.isascii() and socket.getaddrinfo.__module__ == socket.__name__
    found = socket.getaddrinfo(host.encode() if is_own else host, port, type=socket.SOCK_STREAM)
    untried = deque(_in_turn(found))
    failure = OSError(f"{host} has no address")
    following = 0.0
    trying: list[socket.socket] = []
    with selectors.DefaultSelector() as selector:
        try:
            while untried or trying:
                now = time.monotonic()
                if is_over is not None and is_over():
                    raise ConnectionAbortedError("it was closed by this side")
                if now >= ends:
                    raise TimeoutError("no address answered in time")
                if untried and (now >= following or not trying):
                    following = now + HEAD_START
                    try:
                        trying.append(_begun(*untried.popleft()))
                        selector.register(trying[-1], selectors.EVENT_WRITE)
                    except OSError as error:
                        failure, following = error, now
                    continue
                wakes = min(ends, following if untried else math.inf, now + (LONGEST if is_over is None else SLICE))
                for key, _ in selector.select(wakes - now):
                    sock = cast("socket.socket", key.fileobj)
                    selector.unregister(sock)
                    trying.remove(sock)
                    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if not number:
                        return sock
                    sock.close()
                    failure, following = OSError(number, os.strerror(number)), now
        finally:
            for sock in trying:
                sock.close()
    raise failure


async def aconnect(host: str, port: int) -> socket.socket:
    """Return a socket, non-blocking, that is connected to the first address of a host that answers.

    `create_connection` does that too, but not on uvloop, nor with eager tasks (CPython gh-124309), and if it is
    cancelled while it connects, the socket stays open.

    Raises:
        OSError: The host has no address, or the last one failed.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    untried = deque(_in_turn(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    failure = OSError(f"{host} has no address")
    trying: dict[asyncio.Task[None], socket.socket] = {}
    try:
        while untried or trying:
            if untried:
                family, kind, protocol, _, address = untried.popleft()
                try:
                    sock = socket.socket(family, kind, protocol)
                except OSError as error:
                    failure = error
                    continue
                sock.setblocking(False)
                trying[loop.create_task(loop.sock_connect(sock, address))] = sock
            wait = asyncio.wait(trying, timeout=HEAD_START if untried else None, return_when=asyncio.FIRST_COMPLETED)
            for task in (await wait)[0]:
                if (found := task.exception()) is None:
                    return trying.pop(task)
                failure = cast("OSError", found)
                trying.pop(task).close()
    finally:
        for task, sock in trying.items():
            # Only after the loop has stopped watching it.
            task.add_done_callback(partial(_close, sock))
            task.cancel()
    raise failure


def _close(sock: socket.socket, _: object) -> None:
    sock.close()


def _in_turn(found: Sequence[_Address]) -> list[_Address]:
    """Return the addresses without duplicates, with alternating families."""
    families: defaultdict[int, list[_Address]] = defaultdict(list)
    for each in dict.fromkeys(found):
        families[each[0]].append(each)
    return [each for row in zip_longest(*families.values()) for each in row if each is not None]


def _begun(family: int, kind: int, protocol: int, _: str, address: Any) -> socket.socket:
    """Return a socket whose connect has begun; raises OSError."""
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.connect(address)
    except BlockingIOError:
        pass
    except BaseException:
        sock.close()
        raise
    return sock
