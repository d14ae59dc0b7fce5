"""What the help takes: at most four times what Python takes to do nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ENTRY = "import sys; from lmnt.__main__ import main; sys.exit(main())"


def work(command: Sequence[str]) -> float:
    """Return the seconds of processor time that a command takes."""
    actions = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}, file_actions=actions)
    _, status, used = os.wait4(process, 0)
    assert status == 0
    return used.ru_utime + used.ru_stime


@pytest.mark.once
@pytest.mark.parametrize("arguments", [["--help"], ["speak", "--help"], ["voices", "update", "--help"]], ids=" ".join)
def test_help_takes_at_most_four_times_what_python_does(arguments: list[str], tmp_path: Path) -> None:
    script = tmp_path / "lmnt"
    script.write_text(ENTRY, encoding="utf-8")
    nothing, helped = [sys.executable, "-c", "pass"], [sys.executable, str(script), *arguments]
    work(helped)  # compiles what is not compiled yet
    pairs: list[tuple[float, float]] = []
    # Other work on the machine adds to both, now and then: the least is what they take by themselves.
    while len(pairs) < 5 or (min(each for _, each in pairs) > 4 * min(each for each, _ in pairs) and len(pairs) < 40):
        pairs.append((work(nothing), work(helped)))
    assert min(each for _, each in pairs) <= 4 * min(each for each, _ in pairs)


def test_help_loads_neither_rich_nor_the_client() -> None:
    code = "import sys; from lmnt.command.main import main; main(['voices', 'list', '--help']); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in ran.stdout.rpartition("\n\n")[2].split()}
    assert "click" in loaded
    assert loaded.isdisjoint({"rich", "attrs", "httpx", "json", "ssl", "asyncio", "socket", "dis"})
    assert "lmnt.client" not in ran.stdout


@pytest.mark.parametrize("name", ["click", "rich"])
def test_without_the_extra_it_is_one_sentence_that_says_what_to_install(name: str) -> None:
    code = (
        "import sys\nfrom importlib.machinery import PathFinder\nfound = PathFinder.find_spec\n"
        f"PathFinder.find_spec = lambda name, *rest: None if name == {name!r} else found(name, *rest)\n"
        "from lmnt.command.main import main\nsys.exit(main(['account']))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, f"lmnt: the command needs {name}: pip install 'lmnt-client[cli]'\n")
