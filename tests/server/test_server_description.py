"""The server and its description agree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lmnt_server.description import audio, lmnt
from lmnt_server.encoders import FORMATS, LIVE


@pytest.mark.once
def test_every_answer_is_as_described() -> None:
    requests = Path(__file__).with_name("made_up_requests.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "schemathesis.pytest.plugin", "-q", str(requests)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(lmnt().operations) + len(audio().operations)} passed" in done.stdout


def test_every_format_has_an_encoder_and_a_documented_media_type() -> None:
    assert set(FORMATS) == set(lmnt().at("#/components/schemas/SpeechFormat")["enum"])
    documented = lmnt().at("#/paths/~1v1~1ai~1speech~1bytes/post/responses/200/content")
    assert {each.media_type for each in FORMATS.values()} <= set(documented)
    assert set(LIVE) == set(lmnt().at("#/components/schemas/SpeechStreamFormat")["enum"])
