"""Runs of lmnt.bulk on a Ray of this machine, a worker of which is killed under way. Run by ./scripts/test --ray."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lmnt import AuthenticationError, InvalidArgumentError, Lmnt, LmntError, bulk
from lmnt_server.process import ServerProcess, running

ray: Any = pytest.importorskip(
    "ray", reason="Ray is not installed here; ./scripts/test --ray has an environment with it"
)

COUNT = 5000
LIMIT = 10_000_000


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True, arguments=["--character-limit", str(LIMIT)]) as process:
        yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Lmnt]:
    with Lmnt(base_url=server.base_url, api_key="key") as client:
        yield client


def manifest(path: Path, count: int) -> Path:
    lines = [
        {
            "id": f"n{number}",
            "text": f"Number {number}.",
            "format": "wav",
            "voice": "nobody" if number % 20 == 7 else "leah",
        }
        for number in range(count)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def results(folder: Path) -> list[Any]:
    found = [json.loads(line) for line in (folder / "texts.jsonl.results.jsonl").read_text().splitlines()]
    assert len({each["id"] for each in found}) == len(found)
    return found


def workers() -> set[int]:
    """Return the processes of the workers that speak, which Ray names so."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"MapBatches(Speaker)" in path.read_bytes() or b"MapWorker" in path.read_bytes():
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


def test_a_worker_that_is_killed_loses_nothing(client: Lmnt, tmp_path: Path) -> None:
    path, out = manifest(tmp_path / "texts.jsonl", COUNT), tmp_path / "out"
    progress: list[int] = []
    killed: list[int] = []

    def kill() -> None:
        while len(progress) < COUNT // 4:
            time.sleep(0.02)
        for pid in sorted(workers())[:1]:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    summary = bulk.run(
        client, path, out=out, engine="ray", on_progress=lambda _, so_far: progress.append(so_far.done + so_far.failed)
    )
    thread.join()
    assert killed
    assert (summary.done, summary.failed, summary.left) == (COUNT - COUNT // 20, COUNT // 20, 0)
    assert progress == [*range(1, COUNT + 1)]
    found = results(out)
    assert len(found) == COUNT
    for each in found:
        assert each["status"] == ("failed" if int(each["id"][1:]) % 20 == 7 else "done")
        if each["status"] == "done":
            content = (out / each["out"]).read_bytes()
            assert int.from_bytes(content[4:8], "little") == len(content) - 8
    asked = LIMIT - client.accounts.retrieve().usage.characters
    characters = sum(len(f"Number {number}.") for number in range(COUNT) if number % 20 != 7)
    assert 0 <= asked - characters <= 100 * len("Number 4999."), "what the worker had begun is asked for again"
    again = bulk.run(client, path, out=out, engine="ray", only=["n1"])
    assert (again.done, again.done_before) == (0, COUNT - COUNT // 20)


def test_a_path_of_fsspec(client: Lmnt, tmp_path: Path) -> None:
    path = manifest(tmp_path / "texts.jsonl", 40)
    # A place that all workers see, and that is no folder for us.
    summary = bulk.run(client, path, out=f"local://{tmp_path}/out", engine="ray")
    assert (summary.done, summary.failed) == (38, 2)
    assert len([*(tmp_path / "out").glob("*.wav")]) == 38


def test_what_every_line_would_meet_ends_the_run(server: ServerProcess, tmp_path: Path) -> None:
    path = manifest(tmp_path / "texts.jsonl", 200)
    make = partial(Lmnt, base_url=server.base_url, api_key="k", default_headers={"x-lmnt-fault": "status=401"})

    with pytest.raises(AuthenticationError):
        bulk.run(make, path, out=tmp_path / "out", engine="ray")
    assert results(tmp_path / "out") == []


def test_a_client_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LMNT_API_KEY", raising=False)
    with pytest.raises(LmntError, match="api_key") as caught:
        bulk.run(Lmnt, manifest(tmp_path / "texts.jsonl", 20), out=tmp_path / "out", engine="ray")
    assert not isinstance(caught.value, InvalidArgumentError) or "api_key" in str(caught.value)
