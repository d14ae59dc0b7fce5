"""The wheel, built from the project's files and installed into an empty environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
import lmnt
from lmnt import Lmnt
from lmnt_server.process import running

assert "site-packages" in lmnt.__file__, lmnt.__file__
with running(engine="tone") as server, Lmnt(base_url=server.base_url, api_key="any") as client:
    print(client.voices.retrieve("leah").id, client.speech.generate(text="Hello.", voice="leah").complete)
"""


def run(*command: object, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (found,) = folder.glob("*.whl")
    return found


def test_it_holds_both_packages_and_the_description_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"lmnt", "lmnt_server", "lmnt_client"}
    assert {"lmnt/py.typed", "lmnt/LICENSE", "lmnt_server/py.typed", "lmnt_server/lmnt.yaml"} <= set(names)
    assert any(name.endswith("LICENSE") for name in names)


def test_it_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"

    def install(what: str) -> None:
        pip = (sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check")
        run(*pip, "install", "--no-compile", what)

    install(f"{wheel}")
    light = "import lmnt, sys; print({'httpx', 'attrs', 'attr', 'websockets'} & sys.modules.keys(), lmnt.Lmnt.__name__)"
    assert run(python, "-c", light) == "set() Lmnt\n"
    run(python, "-m", "lmnt.vendor", tmp_path / "speaking", "--only", "voices")
    assert "unmodified and current" in run(python, "-m", "lmnt.vendor", "--check", tmp_path / "speaking")
    assert (tmp_path / "speaking" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    server = subprocess.run([tmp_path / "env" / "bin" / "lmnt-server"], capture_output=True, text=True, check=False)
    told = r"lmnt-server: [a-z]+ is not installed: pip install 'lmnt-client\[server\]'\n"
    assert (server.returncode, bool(re.fullmatch(told, server.stderr))) == (2, True), server.stderr
    install(f"{wheel}[server]")
    assert run(python, "-c", PROGRAM) == "leah True\n"
    assert "--engine" in run(tmp_path / "env" / "bin" / "lmnt-server", "--help")
