"""The command `lmnt-server`: reads its options, and then loads what serves."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from .engines import ENGINES
from .limits import MOST_MESSAGE_BYTES, Limits
from .logs import JsonFormatter
from .process import CANNOT_START

_MOST: Final = 2**53
"""The highest count: JSON's numbers go so far everywhere."""

_DESCRIPTION: Final = """\
A local server that speaks the LMNT text-to-speech API, versions 1.0 to 1.2, and that of OpenAI-compatible servers:
every HTTP operation and the speech session over WebSocket, real speech, no account.
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
  lmnt-server --data /var/lib/lmnt --keys keys.txt --workers 4 --log-format json --access-log
                                                 for many; /healthz, /readyz and /metrics tell how it is
  lmnt-server --host :: --tls-cert cert.pem --tls-key key.pem
                                                 HTTP/2 and HTTP/1.1 over TLS, on every address
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until it is told to stop, and then end the process with code 0; return 2 if it cannot start.

    Args:
        arguments: the command line without the program's name; the process's own when None.
    """
    # Until the server takes signals for itself, an interrupt ends it, and without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parser = command_line()
    options = parser.parse_args(arguments)
    if (options.tls_cert is None) != (options.tls_key is None):
        parser.error("--tls-cert and --tls-key belong together: give both or neither")
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    if options.log_format == "json":
        logging.root.handlers[0].setFormatter(JsonFormatter())
    # Only now: it takes longer than all that can be told before it, such as --help.
    try:
        from .configured import CannotStartError
        from .hosting import serve
        from .store import StoreError
        from .workers import WorkerRefusedError, supervise
    except ModuleNotFoundError as error:
        print(f"lmnt-server: {error.name} is not installed: pip install 'lmnt-client[server]'", file=sys.stderr)
        return CANNOT_START
    try:
        if options.workers > 1:
            asyncio.run(supervise(options, sys.argv[1:] if arguments is None else arguments))
        else:
            asyncio.run(serve(options))
    except WorkerRefusedError:
        return CANNOT_START  # it has said why
    except (CannotStartError, StoreError) as error:
        print(f"lmnt-server: {error}", file=sys.stderr)
        return CANNOT_START
    # Without the interpreter's own shutdown: in some of its runs a thread of granian that is still there panics.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def command_line() -> argparse.ArgumentParser:
    """Return what reads the command line."""
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
        "--tls-cert", type=_path, metavar="FILE", help="serve over TLS with this certificate chain (PEM)"
    )
    parser.add_argument("--tls-key", type=_path, metavar="FILE", help="the private key of the certificate (PEM)")
    parser.add_argument(
        "--engine",
        choices=sorted(ENGINES),
        help="what speaks: hibari has neural voices of English, piper those of a folder, both with espeak for other "
        "languages; tone is a sine for each character, for tests (default: hibari if it is installed, else espeak)",
    )
    parser.add_argument(
        "--voices", type=_path, metavar="DIR", help="more voices: a folder with NAME.onnx files that the engine reads"
    )
    parser.add_argument(
        "--data",
        type=_path,
        metavar="DIR",
        help="keep voices, stars and usage in this folder, which no other server may "
        "use meanwhile (default: in memory)",
    )
    parser.add_argument("--api-key", metavar="KEY", help="accept this key (default: any key)")
    parser.add_argument(
        "--keys",
        type=_path,
        metavar="FILE",
        help="accept the keys in this file, one in a line; it is read again when it has changed",
    )
    parser.add_argument(
        "--voice",
        type=_name,
        action="append",
        default=[],
        metavar="NAME=VOICE",
        help="another name for a voice in POST /v1/audio/speech, such as alloy=amy; repeatable",
    )
    parser.add_argument(
        "--character-limit",
        type=_count,
        default=10_000_000,
        metavar="N",
        help="characters that each key may have spoken, 402 after that (default: %(default)s)",
    )
    parser.add_argument(
        "--characters-per-minute",
        type=_count,
        metavar="N",
        help="characters that each key may have spoken in a minute, 429 beyond that (default: any number)",
    )
    parser.add_argument(
        "--requests-at-once",
        type=_positive,
        metavar="N",
        help="requests and sessions of each key that may be under way at once, 429 beyond that (default: any number)",
    )
    parser.add_argument(
        "--workers",
        type=_positive,
        default=1,
        metavar="N",
        help="processes that share the work; one that dies is replaced (default: %(default)s)",
    )
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--drain",
        type=_seconds_or_none,
        default=1.0,
        metavar="SECONDS",
        help="how long responses under way may go on after a signal to stop, before they are cut, 0 for not at all; a "
        "second signal cuts them at once (default: %(default)s)",
    )
    parser.add_argument(
        "--cors",
        type=_origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of this origin use the server, such as https://example.com, or * for all; repeatable "
        "(default: its own page alone)",
    )
    parser.add_argument("--no-page", dest="page", action="store_false", help="have no page at /")
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
        type=_message_bytes,
        default=Limits.message_bytes,
        metavar="BYTES",
        help="the longest message of a client in a speech session, up to 16 MiB; close 1009 after that "
        "(default: %(default)s)",
    )
    parser.add_argument("--access-log", action="store_true", help="write a line for each request to standard error")
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="how lines are written to standard error: as text, or as an object of JSON each (default: %(default)s)",
    )
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
    if not 0 <= number <= _MOST:
        raise ValueError
    return number


_count.__name__ = "count"


def _positive(text: str) -> int:
    number = _count(text)
    if number < 1:
        raise ValueError
    return number


_positive.__name__ = "count"


def _message_bytes(text: str) -> int:
    number = _positive(text)
    if number > MOST_MESSAGE_BYTES:
        raise ValueError
    return number


_message_bytes.__name__ = "count"


def _path(text: str) -> Path:
    if not text:  # it would be the folder that this is started in
        raise ValueError
    return Path(text)


_path.__name__ = "path"


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


_seconds.__name__ = "number of seconds"


def _seconds_or_none(text: str) -> float:
    return _seconds(text) if float(text) else 0.0


_seconds_or_none.__name__ = "number of seconds"


def _name(text: str) -> tuple[str, str]:
    name, equals, voice = text.partition("=")
    if not (name and equals and voice and text.isprintable()):
        raise ValueError
    return name, voice


_name.__name__ = "NAME=VOICE"


def _origin(text: str) -> str:
    """Return an origin as browsers write it, which say no port where it is the usual one."""
    if text == "*":
        return text
    origin = text.lower()
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?", origin):
        raise ValueError
    parts = urlsplit(origin)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return origin.rpartition(":")[0] if parts.port is not None and parts.port == usual else origin


_origin.__name__ = "origin"


if __name__ == "__main__":
    sys.exit(main())
