"""The official package, in an environment of its own that is made once for all Pythons that run the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

VERSION = "2.13.0"
ENVIRONMENT = Path(__file__).parents[1] / f".venv-official-{VERSION}"
"""Git ignores it."""

PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

LONGEST_INSTALLATION = 300
"""Seconds."""


def official() -> Path:
    """Return the Python that has the official package, made if need be; skips the test if the registry has it not."""
    complete, begun = ENVIRONMENT / "complete", ENVIRONMENT.with_suffix(".begun")
    patience = time.monotonic() + LONGEST_INSTALLATION
    while not (complete.exists() and PYTHON.exists()):
        try:
            begun.mkdir()
        except FileExistsError:
            if time.monotonic() > patience:
                pytest.fail(f"{begun} is there: another process makes the environment; if none does, remove it")
            time.sleep(0.2)
            continue
        try:
            venv.create(ENVIRONMENT, with_pip=True, clear=True)
            _install()
            complete.touch()
        finally:
            begun.rmdir()
    return PYTHON


def _install() -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"lmnt=={VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_INSTALLATION, check=False)
    if done.returncode:
        pytest.skip(f"the registry does not give lmnt {VERSION}: {done.stderr.strip()[-300:]}")


def run(python: Path, script: Path, *arguments: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script where nothing of this project can be imported but what is installed, and return what it prints."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(python), "-P", str(script), *arguments],
        cwd=folder,
        env={**inherited, "TMPDIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{python} {script.name}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


OURS = Path(sys.executable)
