"""Voices of Piper, spoken by the package that the registry has: nothing of ours installs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("with_piper.py")
PACKAGES = ("piper-tts==1.8.0", "onnx>=1.18")


@pytest.mark.registry
def test_voices_of_piper(tmp_path: Path) -> None:
    packages, voices = tmp_path / "packages", tmp_path / "voices"
    voices.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(packages)]
    done = subprocess.run([*pip, *PACKAGES], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"the registry does not give {PACKAGES}: {done.stderr.strip()[-300:]}")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(voices)],
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["voices"]["anna"] == "Neural in de (piper's anna); espeak-ng in other languages."
    assert "Neural in de (piper's anna)" in found["voices"]["leah"]
    said = ["Guten", "Tag", "Anna", "Wie", "geht", "es", "dir"]
    for voice in ("anna", "many", "leah"):
        assert [word for word, *_ in found[voice]["words"]] == said
    told, guessed = found["anna"]["words"], found["many"]["words"]
    # Each phoneme, and each padding, is 96 ms: the start mark and its padding come before the first word.
    assert told[0][1] == pytest.approx(0.192, abs=0.001)
    assert [round((stop - start) / 0.096, 2) % 1 for _, start, stop in told] == [0] * len(said)
    assert all(abs(one - other) < 0.7 for (_, one, _), (_, other, _) in zip(told, guessed, strict=True))
    assert found["leah"]["words"] == told
    assert found["english"] > 10_000
