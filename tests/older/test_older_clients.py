"""Every client of LMNT that people still have, of the version that they have: from a text to audio that plays.

Each is installed from the registry, in an environment of its own. The programs beside this file are what an application
would write, and where a client knows one address alone, what it takes to change that.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lmnt_server.process import ServerProcess, running
from tests.server.decoded import decode

HERE = Path(__file__).parent


class Client(NamedTuple):
    """What is installed, the program that uses it, and how many files of audio come of it."""

    packages: tuple[str, ...]
    program: str
    files: int


CLIENTS = {
    **{
        f"lmnt {version}": Client((f"lmnt=={version}",), "lmnt_python.py", 4)
        for version in ("2.0.0", "2.5.1", "2.6.1", "2.13.0")
    },
    "genblaze-lmnt 0.3.3": Client(("genblaze-lmnt==0.3.3",), "with_genblaze.py", 1),
    "livekit-plugins-lmnt 1.8.9": Client(("livekit-plugins-lmnt==1.8.9",), "with_livekit.py", 5),
    "pipecat-ai 1.6.0": Client(("pipecat-ai[lmnt]==1.6.0",), "with_pipecat.py", 1),
    "videosdk-plugins-lmnt 1.0.30": Client(("videosdk-plugins-lmnt==1.0.30",), "with_videosdk.py", 1),
    "lmnt-node 2.12.0": Client(("lmnt-node@2.12.0", "ws"), "lmnt_node.mjs", 2),
    "@ai-sdk/lmnt 2.0.56": Client(("@ai-sdk/lmnt@2.0.56", "ai@6"), "ai_sdk.mjs", 5),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone") as process:
        yield process


def installed(client: Client, folder: Path) -> list[str | Path]:
    """Return the command that runs the client's program, made in a folder."""
    program = folder / client.program
    shutil.copy(HERE / client.program, program)
    if program.suffix == ".mjs":
        if shutil.which("npm") is None:
            pytest.skip("there is no npm here")
        install: list[str | Path] = ["npm", "install", "--silent", "--no-audit", "--prefix", folder, *client.packages]
        command: list[str | Path] = ["node", program]
    else:
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        python = folder / "venv" / "bin" / "python"
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        install += client.packages
        command = [python, program]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=500)
    if done.returncode:
        pytest.skip(f"the registry does not give {', '.join(client.packages)}: {done.stderr.strip()[-300:]}")
    return command


@pytest.mark.registry
@pytest.mark.parametrize("name", CLIENTS)
def test_it_gets_audio_that_plays(name: str, server: ServerProcess, tmp_path: Path) -> None:
    client = CLIENTS[name]
    command = installed(client, tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    done = subprocess.run(
        [*command, out],
        env={**os.environ, "LMNT_BASE_URL": server.base_url, "LMNT_API_KEY": "key"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("done\n")
    files = [path for path in out.iterdir() if not path.stem.count("-") > 3]
    assert len(files) == client.files, files
    for path in files:
        seconds, level = heard(path)
        assert 0.2 < seconds < 10, path.name
        assert level > 0.02, path.name


def heard(path: Path) -> tuple[float, float]:
    """Return how long audio is and how loud; the rate and the kind of bare samples are in their name."""
    if path.suffix in (".pcm", ".f32"):
        samples = array("h" if path.suffix == ".pcm" else "f", path.read_bytes())
        rate = int(path.stem.rpartition(".")[2])
        most = 32768 if path.suffix == ".pcm" else 1
        return len(samples) / rate, math.sqrt(sum((each / most) ** 2 for each in samples) / len(samples))
    found = decode(path.read_bytes(), path.suffix[1:], 24000)
    return found.seconds, found.level


def test_each_program_is_run() -> None:
    programs = {path.name for path in HERE.iterdir() if path.suffix in (".py", ".mjs")}
    assert programs - {"__init__.py", Path(__file__).name} == {client.program for client in CLIENTS.values()}
