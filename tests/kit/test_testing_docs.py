"""The example of docs/testing.md passes as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT

CONFTEST = """
import sys, time

sleep = time.sleep

def unless_the_client_waits(seconds):
    assert not (seconds and sys._getframe(1).f_globals["__name__"].startswith("lmnt.")), f"the client waits {seconds} s"
    sleep(seconds)

time.sleep = unless_the_client_waits
"""


def test_the_example_passes_without_waiting(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "test_example.py").write_text(example, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "2 passed" in done.stdout, done.stdout
