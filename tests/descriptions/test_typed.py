"""The overlays that only some packages have are typed as strictly as those that lmnt has itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator.report import Report
from tests.kit.checking import MYPY

from .packages import document, make_all

NAMES = ("gates", "places", "replies", "letters", "asking")


@pytest.mark.once(first=True)
def test_packages_with_every_way_of_calling_are_typed(tmp_path: Path) -> None:
    # They are not imported: those of the same name that other tests import are elsewhere.
    make_all({name: document(name) for name in NAMES}, tmp_path, Report(["all"]))
    there = {path.relative_to(path.parents[1]).as_posix() for path in tmp_path.glob("*/*/*.py")}
    assert {"calls/tokens.py", "settings/servers.py", "values/forms.py"} <= there
    ours = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py") if path.stem in OVERLAYS]
    for check in ([*MYPY, *NAMES], ["basedpyright", "--pythonpath", sys.executable, "--level", "error", *ours]):
        run = subprocess.run([sys.executable, "-m", *check], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


OVERLAYS = ("tokens", "servers", "forms", "credentials", "client")
