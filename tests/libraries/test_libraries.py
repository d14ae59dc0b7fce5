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

from lmnt_server.process import running

from ..descriptions.packages import document, make_all

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

WATCHERS = {
    "with_ddtrace": ["ddtrace"],
    "with_elastic_apm": ["elastic-apm"],
    "with_httpx2_pytest": ["httpx2-pytest", "pytest"],
    "with_logfire": ["logfire[httpx]"],
    "with_mocket": ["mocket"],
    "with_new_relic": ["newrelic"],
    "with_opentelemetry": ["opentelemetry-instrumentation-httpx", "opentelemetry-sdk"],
    "with_pook": ["pook"],
    "with_pytest_httpx": ["pytest-httpx", "pytest"],
    "with_pytest_httpx2": ["pytest-httpx2", "httpx2", "pytest"],
    "with_respx": ["respx"],
    "with_sentry": ["sentry-sdk"],
    "with_vcrpy": ["vcrpy"],
}
"""Mocks, recorders and tracers, which put themselves in the way of requests."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables of a program: it finds the package, a client of an API that has streams of items, and a server."""
    folder = tmp_path_factory.mktemp("clients")
    make_all({"assistant": document("assistant")}, folder)
    path = os.pathsep.join(map(str, [ROOT / "generated", folder, HERE]))
    with running(engine="tone", faults=True) as server:
        yield {**os.environ, "PYTHONPATH": path, "LMNT_BASE_URL": server.base_url, "LMNT_API_KEY": "any-key"}


def installed(folder: Path, *packages: str) -> Path:
    """Return a Python that has the packages, and what ours depends on."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([python, *install, *DEPENDENCIES, *packages], check=True)
    return python


def run(python: Path, environment: dict[str, str], *arguments: str | Path) -> None:
    done = subprocess.run(
        [python, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("done\n")


@pytest.mark.registry
@pytest.mark.parametrize("program", LIBRARIES)
def test_a_library_takes_the_package(program: str, environment: dict[str, str], tmp_path: Path) -> None:
    run(installed(tmp_path / "venv", *LIBRARIES[program]), environment, HERE / f"{program}.py")


@pytest.mark.registry
@pytest.mark.parametrize("program", WATCHERS)
def test_calls_are_seen(program: str, environment: dict[str, str], tmp_path: Path) -> None:
    python = installed(tmp_path / "venv", *WATCHERS[program])
    for first in ("sys", "lmnt", "httpx"):
        code = f"import {first}, runpy; runpy.run_path({str(HERE / program)!r} + '.py', run_name='__main__')"
        run(python, environment, "-c", code)


def test_each_program_is_run() -> None:
    assert {path.stem for path in HERE.glob("with_*.py")} == {*LIBRARIES, *WATCHERS}
