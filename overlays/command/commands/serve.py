"""Runs the local server, which needs no account.

It takes the options of lmnt-server, which `lmnt-server --help` tells. Until it is stopped with Ctrl-C, another
terminal can use it: export LMNT_BASE_URL=http://127.0.0.1:8765 LMNT_API_KEY=local
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ..common import Leaf


def _run(options: Sequence[str]) -> int:
    try:
        from lmnt_server.__main__ import main
    except ModuleNotFoundError as error:
        raise click.ClickException("the server is not installed: pip install 'lmnt-client[server]'") from error
    sys.argv = ["lmnt-server", *options]  # its worker processes are called so
    return main(options)


command = Leaf(
    "serve",
    _run,
    text=__doc__ or "",
    options=[click.Argument(["options"], nargs=-1, type=click.UNPROCESSED)],
    examples=["lmnt serve", "lmnt serve --port 0 --engine tone"],
    settings={"ignore_unknown_options": True},
)
