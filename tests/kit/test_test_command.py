"""./scripts/test runs its steps in order, stops at the first that fails, and says how long each took."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import COLLECTED, is_of_another_python

from .conftest import ROOT

STEPS = ["format", "lint", "mypy", "basedpyright", "package", "changes", "docs", "tests"]
IMAGE = ["image"]
OTHERS = ["package-3.99", "tests-3.99"]
TOOL = """#!/bin/sh
case "$*" in *version_info*) echo 3.99; exit ;; esac
echo "$(basename "$(dirname "$(dirname "$0")")") $(basename "$0") $*${EXAMPLES:+, $EXAMPLES examples}" >>ran
case "$*" in *"${FAILS:-nothing}"*) exit 1 ;; esac
"""

Test = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def test(tmp_path: Path) -> Test:
    """The command in a project whose tools do nothing but say that they were run."""

    def put(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
        (tmp_path / path).chmod(0o755)

    for tool in ("python", "ruff", "mypy", "basedpyright"):
        put(f".venv/bin/{tool}", TOOL)
    put(".venv-3.99/bin/python", TOOL)
    put("scripts/setup", '#!/bin/sh\necho "setup $*" >>ran\n')
    put("scripts/docs", "#!/bin/sh\necho docs >>ran\n")
    put("scripts/pythons", f"#!/bin/sh\necho {tmp_path}/.venv/bin/python\necho {tmp_path}/.venv-3.99/bin/python\n")
    shutil.copy(ROOT / "scripts" / "test", tmp_path / "scripts" / "test")

    def call(*arguments: str, fails: str = "nothing") -> subprocess.CompletedProcess[str]:
        command = [tmp_path / "scripts" / "test", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", env=os.environ | {"FAILS": fails}
        )

    return call


def steps(told: str) -> list[str]:
    """Return the steps that say how long they took."""
    return re.findall(r"^--- (\S+): \d+ s$", told, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [((), STEPS + IMAGE + OTHERS), (("--fast",), STEPS), (("--real",), ["descriptions", "clients"])],
)
def test_each_step_has_its_time_and_the_last_line_says_that_all_passed(
    test: Test, tmp_path: Path, arguments: tuple[str, ...], expected: list[str]
) -> None:
    done = test(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert steps(done.stdout) == expected
    assert re.fullmatch(rf"All passed, in \d+ s: {' '.join(expected)}", done.stdout.splitlines()[-1])
    ran = (tmp_path / "ran").read_text(encoding="utf-8")
    turns = re.findall(r"^(\S+) python -m pytest --turn (\d/\d), (\d+) examples$", ran, re.MULTILINE)
    expected_turns = {
        (): [(".venv", "1/2", "2500"), (".venv-3.99", "2/2", "2500")],
        ("--fast",): [(".venv", "1/1", "5000")],
    }
    assert turns == expected_turns.get(arguments, [])


def test_the_first_failure_stops_it_and_says_how_to_mend_it(test: Test) -> None:
    done = test(fails="scripts/regenerate.py")
    assert done.returncode == 1
    assert steps(done.stdout) == STEPS[:4]
    assert "All passed" not in done.stdout
    assert re.search(r"^package: failed after \d+ s. Run .venv/bin/python scripts/regenerate.py$", done.stderr, re.M)


def test_one_step(test: Test, tmp_path: Path) -> None:
    for step in STEPS + IMAGE + OTHERS:
        done = test("--only", step)
        assert (done.returncode, done.stderr, steps(done.stdout)) == (0, "", [step])
    ran = (tmp_path / "ran").read_text(encoding="utf-8").splitlines()
    assert len([line for line in ran if not line.startswith("setup")]) == len(STEPS + IMAGE + OTHERS)
    assert ran.count(f"setup .venv-3.99 {tmp_path}/.venv-3.99/bin/python test") == len(OTHERS)


def test_the_steps_are_listed_and_none_is_run(test: Test, tmp_path: Path) -> None:
    done = test("--list")
    assert (done.returncode, [line.split()[0] for line in done.stdout.splitlines()]) == (0, STEPS + IMAGE + OTHERS)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("pythons", [1, 2, 3, 4])
def test_what_one_python_is_enough_for_is_run_by_exactly_one(request: pytest.FixtureRequest, pythons: int) -> None:
    tables: dict[str, list[int]] = {}
    for item in request.config.stash[COLLECTED]:
        turns = [turn for turn in range(1, pythons + 1) if not is_of_another_python(item, turn, pythons)]
        assert len(turns) == (1 if item.get_closest_marker("once") else pythons), item.nodeid
        marks = [mark.kwargs for mark in item.iter_markers("once")]
        if {"rows": True} in marks and {"last": True} not in marks:
            tables.setdefault(item.nodeid.partition("[")[0], []).extend(turns)
    # Each Python has some rows of each table that is no small one.
    assert not [name for name, turns in tables.items() if len(turns) >= 10 * pythons and len({*turns}) < pythons]


@pytest.mark.parametrize("wish", ["--help", "-h"])
def test_help(test: Test, tmp_path: Path, wish: str) -> None:
    done = test(wish)
    assert (done.returncode, done.stderr) == (0, "")
    assert "./scripts/test --only STEP" in done.stdout
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "arguments", [("--only",), ("--only", ""), ("--only", "nothing"), ("--fast", "tests"), ("tests",)]
)
def test_what_is_not_understood(test: Test, arguments: tuple[str, ...]) -> None:
    done = test(*arguments)
    assert done.returncode == 2
    assert "--list" in done.stderr
    assert steps(done.stdout) == []


def test_a_change_is_checked_by_this_command(test: Test, tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    assert callable(test)
    done = subprocess.run([tmp_path / ".ci" / "run"], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "All passed" in done.stdout
