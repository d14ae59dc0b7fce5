"""The command `lmnt-server`: reads its options, makes the application, and runs it on granian."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.types import ASGIApp, Receive, Scope, Send

from .app import create_app
from .engines import ENGINES
from .envelope import access_log
from .faults import FaultSyntaxError
from .session import Limits
from .store import Store, StoreError

GRACE: Final = 1.0
"""Seconds that responses have to end after a signal to stop, before they are cut. Sessions are closed at once."""

_CANNOT_START: Final = 2
"""The exit code when an option cannot be obeyed; also argparse's."""

_DESCRIPTION: Final = """\
A local server that speaks the LMNT text-to-speech API, version 1.2: every HTTP operation and the speech session over
WebSocket, real speech, no account.
Voices you clone do not imitate their recordings: each recording stands for one of the engine's own voices.
"""

_EXAMPLES: Final = """\
examples:
  lmnt-server                                    listen on http://127.0.0.1:8765; any API key will do
  export LMNT_BASE_URL=http://127.0.0.1:8765 LMNT_API_KEY=local
                                                 in another shell: let LMNT clients use it
  curl "$LMNT_BASE_URL/v1/ai/speech/bytes" -H "X-API-Key: $LMNT_API_KEY" -H "Content-Type: application/json" \\
      -d '{"text": "Hello.", "voice": "leah"}' -o hello.mp3
  lmnt-server --data ~/.lmnt-server              keep voices, stars and usage over a restart
  lmnt-server --host :: --tls-cert cert.pem --tls-key key.pem
                                                 HTTP/2 and HTTP/1.1 over TLS, on every address
"""


class _CannotStartError(Exception):
    """An option cannot be obeyed; the message says which and why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until it is told to stop, and then end the process with code 0; return 2 if it cannot start.

    Args:
        arguments: the command line without the program's name; the process's own when None.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    if options.access_log:
        access_log.setLevel(logging.INFO)
    try:
        asyncio.run(_serve(options))
    except (_CannotStartError, StoreError) as error:
        print(f"lmnt-server: {error}", file=sys.stderr)
        return _CANNOT_START
    # Without the interpreter's own shutdown: in some of its runs a thread of granian that is still there panics.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lmnt-server",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8765, help="the port to listen on, 0 for any free one (default: %(default)s)"
    )
    parser.add_argument(
        "--tls-cert", type=Path, metavar="FILE", help="serve over TLS with this certificate chain (PEM)"
    )
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="the private key of the certificate (PEM)")
    parser.add_argument(
        "--engine",
        choices=sorted(ENGINES),
        default="espeak",
        help="what speaks: espeak is real speech, tone a sine for each character, for tests (default: %(default)s)",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep voices, stars and usage in this folder (default: in memory)"
    )
    parser.add_argument("--api-key", metavar="KEY", help="accept this key alone (default: any key)")
    parser.add_argument(
        "--character-limit",
        type=_count,
        default=10_000_000,
        metavar="N",
        help="characters that each key may have spoken, 402 after that (default: %(default)s)",
    )
    parser.add_argument(
        "--session-init-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="close a speech session whose first message has not come by then (default: wait for ever)",
    )
    parser.add_argument(
        "--session-idle-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="close a speech session in which nothing was said for so long, by either side (default: keep it open)",
    )
    parser.add_argument(
        "--session-max-message",
        type=_count,
        default=Limits.message_bytes,
        metavar="BYTES",
        help="the longest message of a client in a speech session, up to 16 MiB; close 1009 after that "
        "(default: %(default)s)",
    )
    parser.add_argument("--access-log", action="store_true", help="write a line for each request to standard error")
    parser.add_argument(
        "--faults",
        action="store_true",
        help="obey the request header x-lmnt-fault, which asks for failures (for tests); "
        "`python -m pydoc lmnt_server.faults` lists them",
    )
    parser.add_argument(
        "--fault",
        metavar="FAULT",
        help='what every request suffers, such as "raise-after=20000" or "status=503; times=2" (for tests)',
    )
    parser.add_argument(
        "--stop-on-eof",
        action="store_true",
        help="stop when standard input ends, for programs that start the server and must not leave it behind",
    )
    return parser


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise ValueError
    return number


_port.__name__ = "port"  # argparse's message: "invalid port value"


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


_count.__name__ = "count"


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


_seconds.__name__ = "number of seconds"


async def _serve(options: argparse.Namespace) -> None:
    if (options.tls_cert is None) != (options.tls_key is None):
        raise _CannotStartError("--tls-cert and --tls-key belong together: give both or neither")
    store = Store(options.data, character_limit=options.character_limit)
    try:
        app = create_app(
            ENGINES[options.engine](),
            store,
            api_key=options.api_key,
            faults=options.faults,
            fault=options.fault,
            limits=Limits(
                message_bytes=options.session_max_message,
                init_seconds=options.session_init_timeout,
                idle_seconds=options.session_idle_timeout,
            ),
        )
    except FaultSyntaxError as error:
        raise _CannotStartError(f"--fault: {error}") from error
    exchanges = _Exchanges(app)
    port = _free_port(options.host, options.port)
    try:
        # One process and one worker: the store in memory and the engine are the process's.
        server = Server(
            exchanges,
            address=options.host,
            port=port,
            interface=Interfaces.ASGI,
            log_level=LogLevels.critical,
            ssl_cert=options.tls_cert,
            ssl_key=options.tls_key,
        )
    except (OSError, ssl.SSLError) as error:
        raise _CannotStartError(f"cannot use {options.tls_cert} with {options.tls_key}: {error}") from error
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if options.stop_on_eof:
        threading.Thread(target=_watch_input, args=(loop, stop), daemon=True).start()
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    ready = asyncio.create_task(_announce(options.host, port, tls=options.tls_cert is not None))
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if serving.done():
        serving.result()
        raise _CannotStartError("the HTTP server ended by itself")
    # Before granian stops, which drops them without a word.
    await exchanges.cancel("websocket")
    server.stop()  # type: ignore[no-untyped-call]  # granian does not annotate it
    await asyncio.wait({serving}, timeout=GRACE)
    await exchanges.cancel("http")  # granian then cuts their responses, and ends
    await asyncio.wait({serving}, timeout=GRACE)


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


def _free_port(host: str, port: int) -> int:
    """Return the port to listen on, having made sure that it can be.

    granian sets SO_REUSEPORT, with which a second server would share the port of the first, and its requests too.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        reason = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise _CannotStartError(f"cannot listen on {_authority(host, port)}: {reason}") from error


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
    print(f"lmnt-server is ready at {'https' if tls else 'http'}://{_authority(local, port)}", flush=True)


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _watch_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop has ended by itself meanwhile
        loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    sys.exit(main())
