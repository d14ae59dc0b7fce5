"""A book in several languages, through a server that fails one request in ten, killed three times and gone on with.

The suite has a small one; `./scripts/test --long` one of 600,000 characters.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from lmnt_server.process import running

from .sentences import SENTENCES

SMALL, LARGE = (6_000, 1), (600_000, 3)
"""Characters, and kills."""
EDGE = 0.05
"""Seconds of silence before the first character of a piece."""

CHARACTER = 0.02

LOGGED = ("--access-log", "--log-format", "json")

PROGRAM = """
import json, sys
from lmnt import Lmnt, no_retry_waits
told = json.loads(sys.argv[1])
client = Lmnt(api_key="k", base_url=told["base_url"], max_retries=8, default_headers={"x-lmnt-fault": told["fault"]})
text = open(told["text"], encoding="utf-8").read()
def tell(progress):
    print(progress.pieces, flush=True)
long = client.speech.generate_long(text, voice="leah", on_progress=tell, concurrency=told["concurrency"])
with no_retry_waits():
    long.stream_to_file(told["book"], resume=True)
with open("/proc/self/status") as status:  # what getrusage tells has in it the process that has started this one
    peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
pieces = [(each.start, each.stop, each.begins) for each in long.pieces]
print(json.dumps({"complete": long.complete, "seconds": long.seconds, "peak": peak, "pieces": pieces}))
"""


def book(characters: int) -> str:
    """A text of many paragraphs, each in another language."""
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < characters:
        for number, sentences in enumerate(SENTENCES.values()):
            paragraphs.append("".join(sentences).strip() * (1 + number % 3) + "\n\n")
    return "".join(paragraphs)[:characters].rstrip()


def pitches(file: Path, places: list[float]) -> np.ndarray:
    """The number of the tone that is heard in 20 ms from each place on; -1 for silence. Reads the file once."""
    found, held, at = list[np.ndarray](), np.empty(0, np.float32), 0
    rate, size = 24_000, round(24_000 * CHARACTER)
    starts = [round(place * rate) for place in places]
    index = 0
    with av.open(str(file)) as container:
        for frame in container.decode(audio=0):
            held = np.concatenate([held, frame.to_ndarray().reshape(-1).astype(np.float32)])
            if len(held) < 10 * rate:
                continue
            index, at, held = _take(starts, index, at, held, size, found)
        _take(starts, index, at, held, size, found)
    return np.concatenate(found)


def _take(
    starts: list[int], index: int, at: int, held: np.ndarray, size: int, found: list[np.ndarray]
) -> tuple[int, int, np.ndarray]:
    end = index
    while end < len(starts) and starts[end] + size <= at + len(held):
        end += 1
    if end > index:
        windows = np.stack([held[start - at : start - at + size] for start in starts[index:end]])
        middle = windows[:, size // 8 : -size // 8] * np.hanning(size - 2 * (size // 8))
        spectrum = np.abs(np.fft.rfft(middle, 4800))  # 5 Hz
        tones = spectrum[:, [50 + 10 * tone for tone in range(32)]].argmax(1)
        found.append(np.where(np.abs(middle).max(1) < 0.01 * np.abs(held).max(), -1, tones))
        drop = starts[end - 1] - at
        return end, at + drop, held[drop:]
    return index, at, held


@pytest.mark.parametrize(("characters", "most_kills"), [SMALL, pytest.param(*LARGE, marks=pytest.mark.long)])
def test_a_book_becomes_one_file(tmp_path: Path, characters: int, most_kills: int) -> None:
    text, file = book(characters), tmp_path / "book.mp3"
    (tmp_path / "book.txt").write_text(text, encoding="utf-8", newline="")
    concurrency = 4
    with running(engine="tone", faults=True, arguments=LOGGED) as server:
        told = {
            "base_url": server.base_url,
            "fault": "raise-after=5000;every=10",
            "text": str(tmp_path / "book.txt"),
            "book": str(file),
            "concurrency": concurrency,
        }
        there = 0
        for kills in range(most_kills + 1):
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, json.dumps(told)], stdout=subprocess.PIPE, text=True, env=_environment()
            )
            assert process.stdout is not None
            lines = list[str]()
            for line in process.stdout:
                lines.append(line)
                if kills < most_kills and int(line) >= there + 1 + characters // 20_000:
                    there = int(line)
                    process.send_signal(signal.SIGKILL)
                    break
            process.communicate(timeout=600)
        assert process.returncode == 0
        logged = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    answer: dict[str, Any] = json.loads(lines[-1])
    assert answer["complete"]
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("book.mp3")] == ["book.mp3"]

    # Nothing is asked for twice but what has failed, and what a kill has cut off.
    requests = sum("outcome" in each for each in logged)
    failed = sum(each["logger"] == "lmnt_server.failures" for each in logged)
    pieces = answer["pieces"]
    assert failed >= requests // 10 - most_kills
    assert len(pieces) <= requests - failed <= len(pieces) + most_kills * concurrency

    # The length is right, and each character of each piece is heard in its place.
    with av.open(str(file)) as container:
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(answer["seconds"], rel=1e-3)
    places = [begins + EDGE + CHARACTER * index for start, stop, begins in pieces for index in range(stop - start)]
    heard = pitches(file, places)
    assert pieces[-1][1] == len(text)
    shift = int(heard[0]) - ord(text[0]) % 32
    spoken = np.array([-1 if each.isspace() else (ord(each) + shift) % 32 for each in text])
    assert (heard == spoken).mean() > 0.999
    assert answer["peak"] < 60e6


def _environment() -> dict[str, str]:
    """Without what a test run has of its own, such as the measuring of coverage."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
