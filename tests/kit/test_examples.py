"""The examples, run as a newcomer runs them: with no key, on the local server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import wave
from pathlib import Path
from xml.etree import ElementTree

import av

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_voice_agent(tmp_path: Path) -> None:
    heard = tmp_path / "heard.wav"
    command = [sys.executable, str(EXAMPLES / "voice_agent.py"), "--speed", "10", "--out", str(heard)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LMNT_")}
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert run.returncode == 0, run.stderr
    first, second, third = map(float, re.findall(r"heard ([0-9.]+) s of it", run.stdout))
    assert first > 3
    # The long story takes minutes; somebody talked over it.
    assert 2 <= second < 20
    assert 1 < third < 10
    assert re.search(r"session req_\w{22}: complete, \d+ bytes", run.stdout)
    with wave.open(str(heard)) as file:
        assert abs(file.getnframes() / file.getframerate() - first - second - third) < 0.5


def test_the_picture_of_words(tmp_path: Path) -> None:
    picture = tmp_path / "words.svg"
    command = [sys.executable, str(EXAMPLES / "words.py"), "Never a shorter file.", str(picture)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LMNT_")}
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert run.returncode == 0, run.stderr
    texts = [each.text for each in ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert [each for each in texts if each and each.isalpha()] == ["seconds", "Never", "a", "shorter", "file"]


def test_the_audiobook(tmp_path: Path) -> None:
    book = tmp_path / "book.txt"
    sentences = [f"This is the sentence that has the number {number} in it." for number in range(12)]
    book.write_text(" ".join(sentences), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LMNT_")}
    command = [sys.executable, str(EXAMPLES / "audiobook.py"), str(book)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert run.returncode == 0, run.stderr
    bars = re.findall(r"\[(#+) *\] +(\d+)%  piece (\d+) of (\d+), \d+:\d\d of audio", run.stdout)
    assert bars[-1][1:] == ("100", bars[-1][3], bars[-1][3])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["book.mp3", "book.srt", "book.txt"]
    spoken = " ".join(line for line in (tmp_path / "book.srt").read_text().splitlines() if line[:1].isalpha())
    assert spoken == " ".join(sentences)
    with av.open(str(tmp_path / "book.mp3")) as audio:
        seconds = float(re.findall(r"([0-9.]+) s in", run.stdout)[0])
        assert abs((audio.duration or 0) / av.time_base - seconds) < 0.1


def test_the_list_of_examples_is_tested() -> None:
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == ["audiobook.py", "voice_agent.py", "words.py"]
