"""The TCP connection below a WebSocket, which ASGI does not show.

A session that the server ends needs it: granian closes the socket right after the close frame. When messages of the
client are unread by then, or on their way, TCP answers with a reset (RFC 1122 section 4.2.2.13), and the client may
lose the error that it has not read yet. So the server has to read on until the client has closed too.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import anyio
from starlette.types import Scope

_DESCRIPTORS: Final = Path("/dev/fd")

_PATIENCE: Final = 2.0
"""Seconds that a client has to close its side."""


class Connection:
    """A hold on the connection of a session: it stays open when the host closes it, until this is left (`with`)."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    async def write(self, data: bytes) -> None:
        """Send bytes past the host, without TLS."""
        while data:
            await anyio.wait_writable(self._socket)
            with suppress(BlockingIOError):  # the host has used the room
                data = data[self._socket.send(data) :]

    async def linger(self) -> None:
        """Send no more, whatever the host has to say, and read on until the client ends too, or for a while."""
        with anyio.move_on_after(_PATIENCE), suppress(OSError):  # it may reset the connection as well
            self._socket.shutdown(socket.SHUT_WR)
            data = b"something"
            while data:
                await anyio.wait_readable(self._socket)
                with suppress(BlockingIOError):  # the host has read it
                    data = self._socket.recv(65_536)


def connection_of(scope: Scope) -> Connection | None:
    """Return the connection of a session: of the sockets that this process has open, the one with that peer.

    None where there is no such list, or no connection of the session's own, as with HTTP/2.
    """
    client = scope.get("client")
    if client is None or scope.get("http_version") != "1.1" or not _DESCRIPTORS.is_dir():
        return None
    host, port = client[0], int(client[1])
    for entry in os.listdir(_DESCRIPTORS):  # noqa: PTH208  # names are all there is to these files
        with suppress(OSError):  # it is no socket, or no connected one, or closed meanwhile
            sock = socket.socket(fileno=int(entry))
            try:
                if sock.getpeername()[:2] == (host, port):
                    held = socket.socket(fileno=os.dup(sock.fileno()))
                    # As the host has it; `sock.dup()` would make the connection one that blocks, for the host as well.
                    held.setblocking(False)
                    return Connection(held)
            finally:
                sock.detach()
    return None
