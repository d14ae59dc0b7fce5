"""The demo, run as a newcomer runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from array import array
from pathlib import Path

import av
import pytest

from demo import speak
from lmnt import Lmnt, LmntError
from lmnt_server.process import running

ROOT = Path(__file__).resolve().parents[2]


def demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "demo.py", *arguments]
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=120, cwd="/"
    )


def decode(path: Path) -> tuple[float, int]:
    """Return the seconds and the loudest sample of a file."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=24000)
        samples = array("h")
        for frame in container.decode(audio=0):
            for each in resampler.resample(frame):
                samples.frombytes(bytes(each.planes[0])[: 2 * each.samples])
    return len(samples) / 24000, max(map(abs, samples))


@pytest.mark.parametrize(("source", "engine"), [("text", "hibari"), ("file", "espeak")])
def test_it_speaks(tmp_path: Path, source: str, engine: str) -> None:
    sentence = "This is a sentence that the demo reads out. "
    if source == "file":
        book = tmp_path / "book.txt"
        book.write_text(sentence * 48, encoding="utf-8")  # more than goes into one request
        run = demo("--file", book, "--out", tmp_path / "out", "--engine", engine)
    else:
        run = demo(sentence, "--out", tmp_path / "out")
    assert run.returncode == 0, run.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"speech.mp3", "speech.wav"}
    spoken = [float(found) for found in re.findall(r"with times .*: ([0-9.]+) s ", run.stdout)]
    assert len(spoken) == (2 if source == "file" else 1)
    for name in ("speech.mp3", "speech.wav"):
        seconds, loudest = decode(tmp_path / "out" / name)
        assert seconds == pytest.approx(sum(spoken), rel=0.05)
        assert loudest > 3000
    assert len(set(re.findall(r"req_\w{22}", run.stdout))) >= 4
    assert "leah, " in run.stdout
    assert f"speaking with {engine}" in run.stdout
    assert re.search(r"first byte after \d+ ms", run.stdout)
    assert re.search(r"^ +[0-9.]+s +[0-9.]+s  sentence$", run.stdout, re.MULTILINE)
    assert "NotFoundError: 404 not_found_error: Voice 'nobody' not found. (request req_" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--file", "/no/such/book.txt"], "cannot read /no/such/book.txt: No such file or directory"),
        ([" "], "there is no text to speak"),
        (["text", "--file", __file__], "give a text or a file, not both"),
        (["--file", sys.executable], "is not UTF-8 text"),
        (["text", "--out", "/dev/null/out"], "Not a directory"),
    ],
)
def test_it_says_what_is_wrong(arguments: list[str], told: str) -> None:
    run = demo(*arguments)
    assert run.returncode == 1
    assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_a_request_that_fails_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    with (
        running(engine="tone", fault="status=402; path=/v1/ai/speech") as server,
        Lmnt(base_url=server.base_url, api_key="demo") as client,
        pytest.raises(LmntError, match="402 payment_required_error"),
    ):
        speak(client, "Hello.", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_setup_replaces_nothing_but_an_environment(tmp_path: Path) -> None:
    for name in ("scripts/setup", "scripts/pythons", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").touch()
    command = [str(tmp_path / "scripts" / "setup"), "mine", sys.executable, "test"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "mine is there and is no environment of Python's" in done.stderr
    assert (tmp_path / "mine" / "precious").exists()
