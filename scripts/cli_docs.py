"""Write docs/cli.md from the commands themselves, and what a terminal shows of some of them into it and the README."""

from __future__ import annotations

import argparse
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from lmnt.command.failures import FAILURES, SOME_FAILED
from lmnt.command.tree import Root, leaves
from lmnt_server.process import running

ROOT = Path(__file__).resolve().parent.parent
PAGE, README = ROOT / "docs" / "cli.md", ROOT / "README.md"

SHOWN = (
    'lmnt speak "Hello there." -o hello.mp3',
    'lmnt speak "Hello there." --voice lea -o hello.mp3',
    'lmnt speak "Hello there." -o hello.wav --timestamps',
    "lmnt voices show amy",
    "lmnt account --json",
)
"""What a terminal is shown."""

OTHERS = (
    (0, "all is well"),
    (1, "another error"),
    (2, "the command is wrong; nothing was sent"),
    (SOME_FAILED, "some lines of `lmnt bulk` have failed"),
    (130, "interrupted, as by Ctrl-C; no file was left incomplete"),
    (141, "whoever reads the output has left, as `head` does"),
    (143, "ended by SIGTERM; no file was left incomplete"),
)
"""Exit codes that are of no class of errors alone."""

INTRODUCTION = """\
# The command

`pip install 'lmnt-client[cli]'` brings the command `lmnt`; `python -m lmnt` is the same. The extra `server` has it run
a server of its own.

* A result is a table in a terminal, a row in a line in a pipe, and JSON with `--json`. What a terminal would obey is
  shown escaped.
* Audio goes to the file that `-o` names, which has its name only when it is complete, or to standard output with
  `-o -`.
* What takes more than a second has a bar on standard error, if that is a terminal. `NO_COLOR` and `TERM=dumb` are
  obeyed.
* An error is two lines on standard error: what happened, and the request id with what to do. `--debug` adds the
  traceback.
* A key comes from the environment alone, and is never shown: arguments can be seen by other users of a machine.

`lmnt completion bash|zsh|fish` prints what has a shell complete the command.

## In a terminal

"""


def recording() -> str:
    """Return what a terminal of 80 columns shows, with ids that are the same each time."""
    program = f"{sys.executable} -m lmnt"
    shown: list[str] = []
    with running(engine="tone") as server, tempfile.TemporaryDirectory() as folder:
        given = {"LMNT_BASE_URL": server.base_url, "LMNT_API_KEY": "local", "COLUMNS": "80", "TERM": "xterm"}
        environment = {**os.environ, **given}
        for line in SHOWN:
            ours, theirs = pty.openpty()
            command = line.replace("lmnt", program, 1)
            process = subprocess.Popen(
                command, shell=True, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment
            )
            os.close(theirs)
            found = b""
            try:
                while data := os.read(ours, 65536):
                    found += data
            except OSError:  # the other end is closed
                pass
            os.close(ours)
            process.wait()
            text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", found.decode()).replace("\r\n", "\n")
            shown.append(f"$ {line}\n{text}")
    text = re.sub(r" +$", "", "".join(shown), flags=re.MULTILINE)
    return re.sub(r"req_\w+", "req_7QdYw2mK", text).rstrip()


def page(shown: str) -> str:
    """Return docs/cli.md."""
    codes = dict.fromkeys((*(each.code for each in FAILURES), *(code for code, _ in OTHERS)))
    rows = [f"| {code} | {'; '.join(dict.fromkeys(_meanings(code)))} |" for code in sorted(codes)]
    parts = [
        INTRODUCTION,
        f"```console\n{shown}\n```\n",
        "\n## Exit codes\n\n| Code | What happened |\n| --- | --- |\n",
    ]
    parts += ["\n".join(rows), "\n"]
    root = Root()
    for name, command in leaves(root, click.Context(root, info_name="lmnt", terminal_width=78, color=False)):
        context = _context(name)
        parts.append(f"\n## {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
    return "".join(parts)


def _meanings(code: int) -> list[str]:
    return [each.meaning for each in FAILURES if each.code == code] + [
        text for number, text in OTHERS if number == code
    ]


def _context(name: str) -> click.Context:
    """Return the context of a command, as the program makes it."""
    context: click.Context | None = None
    command: click.Command = Root()
    for word in name.split():
        if context is not None and isinstance(command, click.Group):
            found = command.get_command(context, word)
            command = found if found is not None else command
        context = click.Context(command, parent=context, info_name=word, terminal_width=78, color=False)
    return context or click.Context(command)


def readme(text: str, shown: str) -> str:
    """Return the README with what a terminal shows between its marks."""
    block = "```console\n" + shown.split("\n$ lmnt voices", maxsplit=1)[0] + "\n```"
    return re.sub(
        r"(<!-- terminal, by scripts/cli_docs.py -->\n).*?(\n<!-- end of terminal -->)",
        lambda found: found[1] + block + found[2],
        text,
        flags=re.DOTALL,
    )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a page is not what they give")
    given = parser.parse_args()
    shown = recording()
    stale = []
    for path, text in ((PAGE, page(shown)), (README, readme(README.read_text(encoding="utf-8"), shown))):
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not given.check:
                path.write_text(text, encoding="utf-8")
    if given.check and stale:
        print(f"{' and '.join(stale)}: run scripts/cli_docs.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
