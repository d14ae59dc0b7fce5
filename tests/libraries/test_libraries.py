"""What others make of the package: each library is installed from the registry, in an environment of its own.

The programs beside this file are what an application would write.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lmnt_server.process import ServerProcess, running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DEPENDENCIES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]

LIBRARIES = {
    "with_cattrs": ["cattrs"],
    "with_fastmcp": ["fastmcp"],
    "with_google_adk": ["google-adk"],
    "with_langchain": ["langchain-core"],
    "with_mcp": ["mcp"],
    "with_msgspec_and_checkers": ["msgspec", "beartype", "typeguard"],
    "with_openai_agents": ["openai-agents"],
    "with_pydantic": ["pydantic"],
    "with_pydantic_ai": ["pydantic-ai-slim"],
}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone") as process:
        yield process


@pytest.mark.registry
@pytest.mark.parametrize("program", LIBRARIES)
def test_a_library_takes_the_package(program: str, server: ServerProcess, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([python, *install, *DEPENDENCIES, *LIBRARIES[program]], check=True)
    run = subprocess.run(
        [python, HERE / f"{program}.py"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "generated"), str(HERE)]),
            "LMNT_BASE_URL": server.base_url,
            "LMNT_API_KEY": "any-key",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("done\n")


def test_each_program_is_run() -> None:
    assert {path.stem for path in HERE.glob("with_*.py")} == {*LIBRARIES}
