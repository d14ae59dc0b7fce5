"""Runs that are killed and interrupted, in processes of their own: every line is done or has failed once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lmnt import Lmnt, bulk
from lmnt_server.process import running

pytestmark = pytest.mark.once

PROGRAM = """\
import sys
from lmnt import Lmnt, bulk
with Lmnt(base_url=sys.argv[1], api_key="key") as client:
    print(bulk.run(client, sys.argv[2], out=sys.argv[3], voice="leah"))
"""

LIMIT = 10_000_000


def manifest(path: Path, count: int) -> int:
    """Write a manifest in which one line in twenty fails; returns the characters of the others."""
    characters = 0
    with path.open("w") as file:
        for number in range(count):
            line: dict[str, Any] = {
                "id": f"n{number}",
                "text": f"Number {number}.",
                "format": "wav",
                "sample_rate": 8000,
            }
            if number % 20 == 7:
                line["voice"] = "nobody"
            else:
                characters += len(line["text"])
            file.write(json.dumps(line) + "\n")
    return characters


class Runs:
    """Runs over one manifest, by one program after another."""

    def __init__(self, base_url: str, path: Path, out: Path) -> None:
        self.out = out
        self.results = out / f"{path.name}.results.jsonl"
        self._command = [sys.executable, "-c", PROGRAM, base_url, str(path), str(out)]

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def count(self) -> int:
        return self.results.read_bytes().count(b"\n") if self.results.exists() else 0

    def wait_for(self, count: int, process: subprocess.Popen[str]) -> None:
        while self.count() < count:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.002)

    def check(self) -> list[Any]:
        """Return the results, whose files are whole, as those of no other line are there."""
        *whole, _ = self.results.read_text().split("\n")
        found = [json.loads(line) for line in whole]
        assert len({each["id"] for each in found}) == len(found)
        for each in found:
            if each["status"] == "done":
                assert (self.out / each["out"]).stat().st_size == each["bytes"]
        for path in self.out.glob("[!.]*.wav"):  # a file that has its name is whole
            content = path.read_bytes()
            assert int.from_bytes(content[4:8], "little") == len(content) - 8
        return found


def kill_twice(tmp_path: Path, count: int) -> None:
    characters = manifest(tmp_path / "texts.jsonl", count)
    with running(engine="tone", arguments=["--character-limit", str(LIMIT)]) as server:
        runs = Runs(server.base_url, tmp_path / "texts.jsonl", tmp_path / "out")
        for share in (0.2, 0.7):
            process = runs.start()
            runs.wait_for(round(count * share), process)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            runs.check()
        process = runs.start()
        told, errors = process.communicate()
        assert process.returncode == 0, errors
        found = runs.check()
        assert len(found) == count
        assert {each["status"] for each in found if int(each["id"][1:]) % 20 == 7} == {"failed"}
        assert {each["status"] for each in found if int(each["id"][1:]) % 20 != 7} == {"done"}
        assert f"failed={count // 20}" in told
        # What a kill met under way is asked for again, and nothing else.
        with Lmnt(base_url=server.base_url, api_key="key") as client:
            asked = LIMIT - client.accounts.retrieve().usage.characters
        assert 0 <= asked - characters <= 2 * 2 * 8 * len("Number 4999.")
        assert not [path for path in runs.out.iterdir() if path.name.startswith(".") and "lock" not in path.name]


def test_two_kills(tmp_path: Path) -> None:
    kill_twice(tmp_path, 200)


def test_a_kill_in_a_long_text(tmp_path: Path) -> None:
    text = "A sentence that is spoken for a while. " * 1500
    line = {"id": "long", "text": text, "format": "wav", "sample_rate": 8000}
    (tmp_path / "texts.jsonl").write_text(json.dumps(line))
    with running(engine="tone", arguments=["--character-limit", str(LIMIT)]) as server:
        runs = Runs(server.base_url, tmp_path / "texts.jsonl", tmp_path / "out")
        process = runs.start()
        while sum(path.stat().st_size for path in tmp_path.glob("out/.long.wav.*journal*")) < 12_000_000:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.002)
        process.kill()
        process.communicate()
        told, errors = runs.start().communicate()
        assert "done=1" in told, errors
        with Lmnt(base_url=server.base_url, api_key="key") as client:
            asked = LIMIT - client.accounts.retrieve().usage.characters
        assert 0 <= asked - len(text) <= 16 * 2100, "what was under way alone is asked for again"
        runs.check()
        assert {path.name for path in runs.out.iterdir() if "results" not in path.name} == {"long.wav"}


@pytest.mark.long
def test_two_kills_in_a_manifest_of_5000_lines(tmp_path: Path) -> None:
    kill_twice(tmp_path, 5000)


@pytest.mark.long
def test_kills_at_any_moment(tmp_path: Path) -> None:
    manifest(tmp_path / "texts.jsonl", 400)
    with running(engine="tone") as server:
        runs = Runs(server.base_url, tmp_path / "texts.jsonl", tmp_path / "out")
        for turn in range(40):
            process = runs.start()
            time.sleep(0.15 + 0.013 * turn)
            process.kill()
            process.communicate()
            if runs.results.exists():
                runs.check()
        process = runs.start()
        process.communicate()
        assert len(runs.check()) == 400


def test_an_interrupted_run_ends_what_was_begun_and_tells(tmp_path: Path) -> None:
    manifest(tmp_path / "texts.jsonl", 400)
    with running(engine="tone") as server:
        runs = Runs(server.base_url, tmp_path / "texts.jsonl", tmp_path / "out")
        process = runs.start()
        runs.wait_for(20, process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert "KeyboardInterrupt" in errors
        assert process.returncode == -signal.SIGINT
        found = runs.check()
        assert 20 <= len(found) < 400
        names = {path.name for path in runs.out.iterdir() if "results" not in path.name}
        assert names == {each["out"] for each in found if each["status"] == "done"}, "nothing without a result"
        with Lmnt(base_url=server.base_url, api_key="key") as client:
            assert bulk.run(client, tmp_path / "texts.jsonl", out=runs.out, voice="leah").done_before > 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of POSIX")
def test_interrupted_twice_it_waits_for_nothing(tmp_path: Path) -> None:
    manifest(tmp_path / "texts.jsonl", 40)
    with running(engine="tone", fault="stall-after=100") as server:
        runs = Runs(server.base_url, tmp_path / "texts.jsonl", tmp_path / "out")
        process = runs.start()
        runs.wait_for(1, process)
        for _ in range(2):
            time.sleep(0.5)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode == -signal.SIGINT
