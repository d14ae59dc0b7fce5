"""The application on granian: listening, the ready line, and stopping in order."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import os
import signal
import socket
import ssl
import threading
from collections.abc import Generator
from typing import Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.types import ASGIApp, Receive, Scope, Send

from .configured import CannotStartError, application, quotas_of
from .process import READY
from .store import Store, held

GRACE: Final = 1.0
"""Seconds that what is stopped has to stop."""


async def serve(options: argparse.Namespace) -> None:
    """Run the server as the options say, until a signal stops it.

    Raises:
        CannotStartError: if an option cannot be obeyed.
        StoreError: if the data cannot be kept where they should be.
    """
    with contextlib.ExitStack() as stack:
        # A worker was given a port that it shares with the others.
        host, port = options.host, options.port
        if not options.worker:
            host, port = stack.enter_context(claimed(host, port))
            if options.data is not None:
                stack.enter_context(held(options.data))
        store = Store(options.data, quotas_of(options))
        if not options.worker:
            store.forget_requests()
        await _serve_at(host, port, application(options, store), options)


async def _serve_at(host: str, port: int, app: ASGIApp, options: argparse.Namespace) -> None:
    exchanges = _Exchanges(app)
    try:
        # One worker of granian's: `workers.py` starts more of these processes.
        server = Server(
            exchanges,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            log_level=LogLevels.critical,
            ssl_cert=options.tls_cert,
            ssl_key=options.tls_key,
        )
    except (OSError, ssl.SSLError) as error:
        raise CannotStartError(f"cannot use {options.tls_cert} with {options.tls_key}: {error}") from error
    stop = Stop(watches_input=options.stop_on_eof)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.asked.wait())
    ready = asyncio.create_task(_announce(options.host, port, tls=options.tls_cert is not None))
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if serving.done():
        serving.result()
        raise CannotStartError("the HTTP server ended by itself")
    # Before granian stops, which drops them without a word.
    await exchanges.cancel("websocket")
    server.stop()  # type: ignore[no-untyped-call]  # granian does not annotate it
    hurrying = asyncio.create_task(stop.hurried.wait())
    await asyncio.wait({serving, hurrying}, timeout=options.drain, return_when=asyncio.FIRST_COMPLETED)
    await exchanges.cancel("http")  # granian then cuts their responses, and ends
    await asyncio.wait({serving}, timeout=GRACE)


class Stop:
    """When to stop: at a signal, or when standard input ends. A second signal is in a hurry.

    Args:
        watches_input: whether the end of standard input counts.
    """

    def __init__(self, *, watches_input: bool) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask)
        if watches_input:
            threading.Thread(target=_watch_input, args=(loop, self.asked), daemon=True).start()

    def _ask(self) -> None:
        (self.hurried if self.asked.is_set() else self.asked).set()


class _Exchanges:
    """The requests that are being answered, so that they can be stopped; granian itself waits for them for ever."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tasks: dict[asyncio.Task[Any], str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if task is None or scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._tasks[task] = scope["type"]
        try:
            await self._app(scope, receive, send)
        finally:
            del self._tasks[task]

    async def cancel(self, kind: str) -> None:
        """Stop all of a kind, `http` or `websocket`, and wait a little until they have."""
        tasks = {task for task, each in self._tasks.items() if each == kind}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)


@contextlib.contextmanager
def claimed(host: str, port: int) -> Generator[tuple[str, int]]:
    """Give the IP address and the port to listen on, which this process and those it starts have while the block lasts.

    granian sets SO_REUSEPORT, with which a second server would share the port of the first, and its requests too. So a
    socket takes the port for itself before it shares it. It does not listen, and gets no connections.

    Raises:
        CannotStartError: if they cannot be had.
    """
    with contextlib.ExitStack() as stack:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            holder = stack.enter_context(socket.socket(family, kind, protocol))
            # For a port that was in use a moment ago, and no longer than that: two could take it so.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(address)
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        except OSError as error:
            reason = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
            raise CannotStartError(f"cannot listen on {_authority(host, port)}: {reason}") from error
        except UnicodeError as error:  # what stands between two dots is empty, or too long
            raise CannotStartError(f"cannot listen on {_authority(host, port)}: this is no name of a host") from error
        port = int(holder.getsockname()[1])
        if hasattr(socket, "SO_REUSEPORT"):
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        else:
            holder.close()
        yield str(address[0]), port


async def _announce(host: str, port: int, *, tls: bool) -> None:
    """Print the ready line once a connection is accepted."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while True:
        try:
            _, writer = await asyncio.open_connection(local, port)
            break
        except OSError:
            await asyncio.sleep(0.01)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    print(f"{READY}{'https' if tls else 'http'}://{_authority(local, port)}", flush=True)


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _watch_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop has ended by itself meanwhile
        loop.call_soon_threadsafe(stop.set)
