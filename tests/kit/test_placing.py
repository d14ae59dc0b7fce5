"""A run that is killed at any moment leaves the old package or the new one, and nothing that stays."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from generator.settings import ROOT

from .test_keywords import BASE

# Runs the generator in children of one process and kills each at another of the steps that Python audits: an opened
# file, a started program, a rename, a removal. Says what was found at the name of the package after each.
KILLER = """
import hashlib, json, os, shutil, signal, sys
from pathlib import Path

scripts, work, old, new = sys.argv[1:]
sys.path.insert(0, scripts)
import regenerate

regenerate.try_imports = lambda *_: None  # half of the time, and it writes nothing
AUDITED = ("open", "os", "shutil", "subprocess", "ctypes", "fcntl", "tempfile")
out = Path(work) / "out"
log = Path(work) / "log"

def make(spec, out):
    return regenerate.main(["--spec", spec, "--package", "acme", "--out", str(out)])

def run(spec, out, kill_at=0):
    if (pid := os.fork()) == 0:
        sys.stdout = open(os.devnull, "w")
        events = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        count = 0
        def hook(event, _):
            nonlocal count
            if event.partition(".")[0] in AUDITED:
                count += 1
                os.write(events, event.encode() + b"\\n")
                if count == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        os._exit(make(spec, out))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]

def restore():
    shutil.rmtree(out / "acme")
    shutil.copytree(Path(work) / "old" / "acme", out / "acme")

assert make(old, Path(work) / "old") == 0
assert make(new, Path(work) / "new") == 0
before, after = (digest(Path(work) / name / "acme") for name in ("old", "new"))
assert before != after
shutil.copytree(Path(work) / "old", out)
assert run(new, out) == 0
events = log.read_text().split()
swap = len(events) - events[::-1].index("ctypes.dlsym")
points = [1, *(swap * part // 5 for part in range(1, 5)), swap]
points += [swap + 1, swap + 2, (swap + len(events)) // 2, len(events)]
found = []
for point in points:
    restore()
    assert run(new, out, point) == -signal.SIGKILL, point
    state = digest(out / "acme")
    found.append([events[point - 1], "old" if state == before else "new" if state == after else "a mix"])
assert run(new, out) == 0
left = sorted(path.name for path in out.iterdir())
sys.stdout.write("\\n" + json.dumps({"found": found, "left": left, "end": digest(out / "acme") == after}))
"""


@pytest.mark.once
def test_a_run_that_is_killed_leaves_the_old_package_or_the_new_one(tmp_path: Path) -> None:
    new = copy.deepcopy(BASE)
    new["components"]["schemas"]["Thing"]["properties"]["more"] = {"type": "string"}
    for name, document in (("old", BASE), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    paths = [str(path) for path in (ROOT / "scripts", tmp_path, tmp_path / "old.json", tmp_path / "new.json")]
    run = subprocess.run(
        [sys.executable, "-c", KILLER, *paths], capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout.splitlines()[-1])
    states = [state for _, state in told["found"]]
    assert len(states) == 10
    assert states == sorted(states, reverse=True), told  # the old one until the swap, the new one from then on
    assert set(states) == {"old", "new"}, told
    assert told["left"] == ["acme", "lock.json"]
    assert told["end"]
