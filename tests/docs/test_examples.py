"""Every example of the README and of the site runs, against the local server; what does not run says why.

The blocks of a page run in order, as a reader would run them, in a checkout whose other files are links to this one's:

* Python in this process, shell as a shell; the server that a block starts at port 8765 is one that runs here already.
* A console block has commands and what they print; `…` is for what differs from one machine to another.
* A comment before a block says more: `not run: WHY`, `tested by: FILE`, `a file: ITS NAME`,
  `a test file: WHAT PYTEST SAYS`.
* Of the other languages each block is to be read as what it says it is.
"""

from __future__ import annotations

import configparser
import doctest
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from lmnt_server.__main__ import command_line
from lmnt_server.process import ServerProcess, running

from .blocks import PAGES, ROOT, Block, blocks

pytestmark = pytest.mark.once

BLOCKS = list(blocks())
LONGEST = 120
"""Seconds of a command."""

SERVER = re.compile(r"^(?:\.venv/bin/)?lmnt-server\b(.*?)(?: &)?(?: +#.*)?$", re.MULTILINE)

NO_WAITS = """
import sys, time

sleep = time.sleep

def unless_the_client_waits(seconds):
    assert not (seconds and sys._getframe(1).f_globals["__name__"].startswith("lmnt.")), f"the client waits {seconds} s"
    sleep(seconds)

time.sleep = unless_the_client_waits
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True) as server:
        yield server


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that has all that a checkout has, and that may be written to."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for each in ROOT.iterdir():
        if not each.name.startswith(".") and each.name not in ("out", "dist"):
            (folder / each.name).symlink_to(each)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "out").mkdir()
    (tmp_path / "acme/src/acme/_vendor").mkdir(parents=True)
    return folder


@pytest.mark.parametrize("page", [each for each in PAGES if any(block.page == each for block in BLOCKS)])
def test_every_example_runs(
    page: str,
    server: ServerProcess,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(checkout)
    monkeypatch.syspath_prepend(checkout / "out")
    monkeypatch.setenv("LMNT_BASE_URL", server.base_url)
    monkeypatch.setenv("LMNT_API_KEY", "any")
    address = server.base_url.partition("//")[2]
    environment = {
        **os.environ,
        "HOME": str(checkout.parent),
        "PATH": os.pathsep.join([str(checkout / ".venv/bin"), os.environ["PATH"]]),
    }
    test_files: dict[Path, str] = {}
    for block in (each for each in BLOCKS if each.page == page):
        kind, rest = block.said
        text = block.text.replace("127.0.0.1:8765", address)
        if kind == "not run":
            continue
        if kind == "tested by":
            assert Path(page).stem in (ROOT / rest).read_text(encoding="utf-8"), block.name
        elif kind == "a file":
            Path(rest).write_text(text, encoding="utf-8")
        elif kind == "a test file":
            file = checkout / f"test_line_{block.line}.py"
            file.write_text(text, encoding="utf-8")
            test_files[file] = rest
        elif block.language == "python":
            exec(compile(text, block.name, "exec"), {"__name__": "__main__"})
            printed = capsys.readouterr()
            assert printed.err == "", block.name
        elif block.language == "sh":
            _shell(_without_server(text), environment, block)
        elif block.language == "console":
            _console(text, environment, block)
        else:
            READERS[block.language](text)
    if test_files:
        _pytest(test_files)


def _shell(text: str, environment: Mapping[str, str], block: Block) -> str:
    done = subprocess.run(
        ["sh", "-euc", text], env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
    )
    assert done.returncode == 0, f"{block.name}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def _without_server(text: str) -> str:
    """Take out the command that starts the server: one runs."""
    return SERVER.sub("", text)


def _console(text: str, environment: Mapping[str, str], block: Block) -> None:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        if command == ".venv/bin/python":
            example = doctest.DocTestParser().get_doctest(expected, {}, block.name, block.page, block.line)
            assert doctest.DocTestRunner(verbose=False).run(example).failed == 0, block.name
            continue
        done = subprocess.run(
            command, shell=True, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
        )
        printed = done.stdout + done.stderr
        pattern = ".*?".join(map(re.escape, expected.split("…")))
        assert re.fullmatch(pattern, printed, re.DOTALL), f"{block.name}: {command} prints\n{printed}"


def _pytest(files: Mapping[Path, str]) -> None:
    (folder,) = {each.parent for each in files}
    (folder / "conftest.py").write_text(NO_WAITS, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
        "--rootdir",
        str(folder),
        *map(str, files),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LMNT_")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST)
    wanted = sum(int(said.removesuffix(" passed")) for said in files.values())
    assert re.search(rf"=+ {wanted} passed in ", done.stdout), done.stdout


READERS: Mapping[str, Callable[[str], Any]] = {
    "yaml": yaml.safe_load,
    "ini": lambda text: configparser.ConfigParser(interpolation=None, strict=False).read_string(text),
    "text": str,
}
"""By language: what reads it."""


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.said[0] == "not run"], ids=lambda block: block.name)
def test_what_is_not_run_says_why_and_compiles(block: Block) -> None:
    assert block.said[1]
    if block.language == "python":
        compile(block.text, block.name, "exec")


def test_each_server_that_is_started_knows_its_options() -> None:
    lines = [
        line for each in BLOCKS if each.language == "sh" for line in SERVER.findall(each.text.replace("\\\n", " "))
    ]
    assert len(lines) >= 3
    for line in lines:
        command_line().parse_args(shlex.split(line))
