"""A run that is killed at any moment leaves the old package or the new one, and nothing that stays."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

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

AUDITED = ("open", "os", "shutil", "subprocess", "ctypes", "fcntl", "tempfile")
out = Path(work) / "out"
log = Path(work) / "log"

def make(spec, out):
    return regenerate.main(["--spec", spec, "--package", "acme", "--out", str(out)])

def run(spec, out, kill_at=0):
    if (pid := os.fork()) == 0:
        sys.stdout = open(os.devnull, "w")
        events = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        count, here = 0, os.getpid()
        def hook(event, _):
            nonlocal count
            # What another process does beside this one is not counted: when it does it is chance.
            if event.partition(".")[0] in AUDITED and os.getpid() == here:
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


def run_with_two_descriptions(program: str, folder: Path) -> list[str]:
    """Run a program with two descriptions that differ in one property; return the lines that it printed."""
    new = copy.deepcopy(BASE)
    new["components"]["schemas"]["Thing"]["properties"]["more"] = {"type": "string"}
    for name, document in (("old", BASE), ("new", new)):
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    paths = [str(path) for path in (ROOT / "scripts", folder, folder / "old.json", folder / "new.json")]
    command = [sys.executable, "-c", program, *paths]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_a_run_that_is_killed_leaves_the_old_package_or_the_new_one(tmp_path: Path) -> None:
    lines = run_with_two_descriptions(KILLER, tmp_path)
    told = json.loads(lines[-1])
    states = [state for _, state in told["found"]]
    assert len(states) == 10
    assert states == sorted(states, reverse=True), told  # the old one until the swap, the new one from then on
    assert set(states) == {"old", "new"}, told
    assert told["left"] == ["acme", "lock.json"]
    assert told["end"]


# Runs the generator as on Windows: no fcntl, no fork, no folder that can be opened, locks of files.
ELSEWHERE = """
import fcntl, os, subprocess, sys, tempfile, types
from pathlib import Path

scripts, work, *specs = sys.argv[1:]
flock, flags = fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB
tempfile.tempdir = f"{work}/temp"
os.mkdir(tempfile.tempdir)

def locking(descriptor, mode, count):
    try:
        flock(descriptor, flags)
    except BlockingIOError:
        raise PermissionError(13, "Permission denied") from None

def opened(path, *flags):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied")
    return os.open(path, *flags)

sys.modules["fcntl"] = None
sys.modules["msvcrt"] = types.SimpleNamespace(locking=locking, LK_NBLCK=2)
del os.fork
sys.path.insert(0, scripts)
import regenerate
from generator import locks, placing

for each in (locks, placing):
    each.os = types.SimpleNamespace(**{**vars(os), "open": opened, "name": "nt"})
out = Path(work) / "out"
for spec in specs:
    assert regenerate.main(["--spec", spec, "--package", "acme", "--out", str(out)]) == 0
    thing = (out / "acme" / "models" / "thing.py").read_text()
    print(sorted(each.name for each in out.iterdir()), thing.count("more:"))

left = out / ".regenerate-left"
left.mkdir()
(left / "a").touch()
with placing.workspace(out) as one, placing.workspace(out) as other:
    print(one != other, one.is_dir(), other.is_dir(), left.exists())
    try:
        with locks.hold(one, wait=False):
            print("locked twice")
    except BlockingIOError:
        print("held")
print(sorted(each.name for each in out.iterdir()), os.listdir(tempfile.tempdir))
"""


def test_the_generator_runs_where_there_is_no_fcntl(tmp_path: Path) -> None:
    lines = run_with_two_descriptions(ELSEWHERE, tmp_path)
    lines = [each for each in lines if not each.startswith("acme 0.1.0")]
    there = "['acme', 'lock.json']"
    assert lines == [f"{there} 0", f"{there} 1", "True True True False", "held", f"{there} []"]
