"""The limit on opening a tunnel through a proxy: in httpx SOCKS has none, and CONNECT has the read timeout."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Timer
from typing import Any

from .limits import Limits, Phase, TimedOut
from .proxies import Proxy

_OPENED = ("setup_socks5_connection.complete", "receive_response_headers.complete")
"""How the events end by which a tunnel is open: of SOCKS, and of CONNECT."""


def watch(limits: Limits, proxy: Proxy | None, url: str, *, awaits: bool) -> Callable[[str, Any], Any] | None:
    """Return what follows the events of a request, the extension `trace` of httpx; None if it opens no tunnel."""
    if proxy is None or (proxy.scheme in ("http", "https") and not url.startswith("https:")):
        return None
    tunnel = _Tunnel(limits)

    async def follow(event: str, facts: Any) -> None:
        tunnel.follow(event, facts)

    return follow if awaits else tunnel.follow


class _Tunnel:
    """Ends the connection if the tunnel is not open in time, whichever step waits, and whatever waits for it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._timer: Timer | None = None
        self._socket: socket.socket | None = None
        self._is_late = False

    def follow(self, event: str, facts: Any) -> None:
        """Take an event; raises TimedOut in place of what failed because it took too long."""
        if event.endswith("connect_tcp.complete"):
            self._begin(facts["return_value"].get_extra_info("socket"))
        elif self._socket is not None and event.endswith((*_OPENED, ".failed")):
            self._end()
            if self._is_late:
                raise TimedOut(Phase.CONNECT)

    def _begin(self, sock: Any) -> None:
        if (seconds := self._limits.left(Phase.CONNECT)) is not None:
            # A descriptor of its own: uvloop's sockets cannot be shut down, and the library may close them meanwhile.
            self._socket = socket.socket(fileno=os.dup(sock.fileno()))
            self._timer = Timer(seconds, self._give_up, [self._socket])
            self._timer.daemon = True
            self._timer.start()

    def _give_up(self, sock: socket.socket) -> None:
        self._is_late = True
        with suppress(OSError):  # it has ended
            sock.shutdown(socket.SHUT_RDWR)

    def _end(self) -> None:
        if self._timer is not None and self._socket is not None:
            self._timer.cancel()
            self._socket.close()
            self._socket = None
