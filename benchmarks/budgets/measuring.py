"""Runs the work: each measurement is a process of its own, and in each round every library has its turn."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from .results import Results
from .rows import FAST, LLHTTP, Row, Work

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 120
"""Seconds that a measurement may take."""

OPEN_FILES = 8192
"""A thousand connections are open at once, and a process may have 1024 files, where nobody asks for more."""

Cost = dict[str, float]
Progress = Callable[[str], object]


class MeasurementError(Exception):
    """A process failed; the message says which, and what it wrote."""


def _python_of(library: str) -> str:
    """Return the Python that has a library; scripts/bench makes all of them."""
    environment = {"official": ".venv-bench-official", FAST: ".venv-bench-fast", LLHTTP: ".venv-bench-fast"}.get(
        library
    )
    return str(ROOT / environment / "bin" / "python") if environment else sys.executable


@contextmanager
def servers() -> Generator[tuple[dict[str, str], Path]]:
    """Run the servers; gives their base URLs, and a file of certificate authorities that vouch for them."""
    import certifi
    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    with tempfile.TemporaryDirectory() as folder:
        chain, key, trusted = (Path(folder, name) for name in ("chain.pem", "key.pem", "trusted.pem"))
        chain.write_bytes(b"".join(each.bytes() for each in certificate.cert_chain_pems))
        key.write_bytes(certificate.private_key_pem.bytes())
        # The usual authorities too: to read them is a part of a first call.
        trusted.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        command = [sys.executable, "-m", "benchmarks.budgets.server", str(chain), str(key)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin
            assert process.stdout
            try:
                yield json.loads(process.stdout.readline()), trusted
            finally:
                process.stdin.close()


def inherited(trusted: Path) -> dict[str, str]:
    """Return what the processes inherit: nothing that changes what a client does."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, "SSL_CERT_FILE": str(trusted), "PYTHONPATH": str(ROOT)}


def measured(work: Work, library: str, base_url: str, environment: Mapping[str, str]) -> Cost:
    """Return what some work costs with a library, each part of it: seconds, and bytes.

    Raises:
        MeasurementError: The process failed.
    """
    client = ROOT / "benchmarks" / "budgets" / "client.py"
    command = [_python_of(library), "-P", str(client), work.style, work.name, library, base_url, *work.arguments()]
    costs: list[Cost] = []
    for _ in range(work.processes):
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            raise MeasurementError(f"{work.style} {work.name}, {library}: not done in {LONGEST} s") from None
        if done.returncode:
            raise MeasurementError(f"{work.style} {work.name}, {library}: {done.stderr.strip()[-2000:]}")
        costs.append(json.loads(done.stdout))
    if library == FAST and work.style != "cold" and not all(each["httptools"] for each in costs):
        raise MeasurementError("with the extra `fast` the client does not use httptools: there is nothing to measure")
    cost = {name: median(each[name] for each in costs) for name in ("cpu", "wall", "peak", "growth")}
    return {**cost, "cpu": cost["cpu"] / work.parts, "wall": cost["wall"] / work.parts}


def measure(rows: Sequence[Row], rounds: int, command: str, *, fast: bool, progress: Progress) -> Results:
    """Measure what the rows need.

    Args:
        rows: The rows.
        rounds: How often each is measured.
        command: What was asked for, for readers.
        fast: Whether our client with the extra `fast` is measured too, where it has a budget.
        progress: Is told what is going on.

    Raises:
        MeasurementError: A process failed.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES if hard < 0 else min(OPEN_FILES, hard), hard))
    # What two rows need is measured once.
    wanted = list(dict.fromkeys(each for row in rows for each in row.columns(fast=fast).values()))
    costs: dict[tuple[Work, str], list[Cost]] = {each: [] for each in wanted}
    done, load = 0, 0.0
    with servers() as (urls, trusted):
        environment = inherited(trusted)
        for work, library in wanted:
            if work.style == "cold":
                progress(f"first, so that its modules are compiled: {library}")
                measured(replace(work, processes=1), library, urls[work.over], environment)
        began = time.monotonic()
        for number in range(rounds):
            for work, library in wanted:
                gone = time.monotonic() - began
                left = f", {gone / done * (rounds * len(wanted) - done):.0f} s to go" if done else ""
                progress(f"round {number + 1} of {rounds}, {gone:.0f} s{left}: {work.style} {work.name}, {library}")
                load = max(load, os.getloadavg()[0])
                costs[work, library].append(measured(work, library, urls[work.over], environment))
                done += 1
    return Results(
        about={**_about(), "command": command, "rounds": rounds, "load": round(load, 1)},
        values={
            row.title: {
                name: [each[row.measure] for each in costs[key]] for name, key in row.columns(fast=fast).items()
            }
            for row in rows
        },
    )


def _about() -> dict[str, Any]:
    """Return what was measured with what: nothing that names a machine."""
    ours = ("httpx", "httpx2", "aiohttp", "websockets", "h11", "h2", "sniffio", "granian")
    asked = [_python_of("official"), "-c", "from importlib.metadata import version; print(version('lmnt'))"]
    official = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "versions": {**{name: version(name) for name in ours}, "lmnt (the official package)": official},
    }
