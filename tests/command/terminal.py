"""A command in a pseudo-terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from fcntl import ioctl
from typing import NamedTuple

LMNT = [sys.executable, "-m", "lmnt"]


class Shown(NamedTuple):
    """What a terminal was sent, and the exit code."""

    out: str
    code: int

    @property
    def text(self) -> str:
        """What it was sent, without what a terminal obeys."""
        return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", self.out).replace("\r\n", "\n")


def run_in_terminal(
    arguments: Sequence[str],
    *,
    columns: int = 80,
    program: Sequence[str] = LMNT,
    when: Callable[[str], bool] | None = None,
    stdout: int | None = None,
    **environment: str | None,
) -> Shown:
    """Run a command in a terminal.

    Args:
        arguments: What stands behind the name of the program.
        columns: How wide the terminal is.
        program: The program.
        when: Has the terminal send an interrupt as Ctrl-C does, once that holds for what was shown.
        stdout: A file for standard output, in place of the terminal.
        environment: Variables; None takes one away.
    """
    given = {"TERM": "xterm-256color", "COLUMNS": None, "NO_COLOR": None, **environment}
    env = {**os.environ, **{name: value for name, value in given.items() if value is not None}}
    for name in [name for name, value in given.items() if value is None]:
        env.pop(name, None)
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [*program, *arguments],
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env=env,
        start_new_session=True,
    )
    os.close(theirs)
    shown, end, is_sent = b"", time.monotonic() + 60, False
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.05)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        if when is not None and not is_sent and when(shown.decode(errors="replace")):
            process.send_signal(signal.SIGINT)
            is_sent = True
    os.close(ours)
    return Shown(shown.decode(errors="replace"), process.wait(10))
