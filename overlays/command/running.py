"""Running the command: errors and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from .common import Common, columns
from .table import PROGRAM
from .tree import Root

INTERRUPTED, BROKEN_PIPE = 130, 141
"""The exit codes of a process that SIGINT or SIGPIPE ended, as shells have them."""


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # What the encoding of a terminal has not is shown escaped, and no error.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    root, common = Root(), Common()
    if f"_{PROGRAM}_COMPLETE".upper() in os.environ:
        root.main(list(arguments), PROGRAM)
    try:
        code = _run(root, common, arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
        _drop_output()
    except KeyboardInterrupt as interrupt:
        notes = getattr(interrupt, "__notes__", None) or ["no file was left incomplete"]
        return _tell((f"{PROGRAM}: interrupted", notes[0]), INTERRUPTED)
    except Exception as error:
        if common.debug:
            import traceback

            traceback.print_exception(error)
        if isinstance(error, OSError):
            _drop_output()
        from .failures import told

        code = _tell(*told(error))
    return code


def _run(root: Root, common: Common, arguments: Sequence[str]) -> int:
    try:
        with root.make_context(
            PROGRAM, list(arguments), obj=common, color=colour(), terminal_width=max(min(columns(), 80) - 2, 20)
        ) as context:
            return int(root.invoke(context) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        context_ = getattr(error, "ctx", None)
        path = context_.command_path if context_ else PROGRAM
        return _tell((f"{path}: {error.format_message()}", f"`{path} --help` shows what it takes"), error.exit_code)


def colour() -> bool | None:
    """Whether Click writes colours: not if NO_COLOR is set; None where that depends on the stream."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _tell(lines: tuple[str, str], code: int) -> int:
    from .output import clean

    for line in lines:
        click.echo(clean(line), err=True)
    return code


def _drop_output() -> None:
    """Have nothing more written to what takes nothing, as Python would when it ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):  # it was closed, or is no file
        sys.stdout = None
