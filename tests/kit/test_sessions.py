"""What opens a session follows the description; without sessions there is nothing of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run, contents
from .test_regenerate import DESCRIPTION, edit

INIT = 'init: "#/components/schemas/SpeechSessionInit"'


def signature(folder: Path) -> str:
    code = (
        "import inspect; from lmnt.resources.speech_sessions import AsyncSpeechSessions, SpeechSessions\n"
        "one, other = (inspect.signature(kind.create) for kind in (SpeechSessions, AsyncSpeechSessions))\n"
        "assert one.parameters == other.parameters\n"
        "print(*one.parameters.values(), sep='\\n')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder).stdout


def test_a_new_field_of_the_first_message_becomes_an_argument(kit: Path, regenerate: Run) -> None:
    field = "        return_timestamps:\n          description: True also sends"
    mood = "        mood:\n          description: How it sounds.\n          type: string\n"
    edit(kit / DESCRIPTION, field, mood + field)
    edit(kit / DESCRIPTION, "    path: /v1/ai/speech/stream", "    path: /v2/speak")
    run = regenerate()
    assert run.returncode == 0, run.stderr
    found = signature(kit / "generated").splitlines()
    # All by name, and neither the key, nor the version, nor the constant is the caller's to give.
    assert found[:4] == [
        "self",
        "voice: 'str'",
        "format: 'SpeechStreamFormat | Omit' = omit",
        "language: 'Language | Omit' = omit",
    ]
    assert "mood: 'str | Omit' = omit" in found
    assert not [line for line in found if line.startswith(("x_api_key", "lmnt_version", "type"))]
    text = (kit / "generated" / "lmnt" / "resources" / "speech_sessions.py").read_text(encoding="utf-8")
    assert '"/v2/speak"' in text
    assert "mood: How it sounds." in text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (INIT, 'init: "#/components/schemas/Nothing"', "/x-websocket/speech.sessions.create/init"),
        ("  speech.sessions.create:\n", "  speech_sessions:\n", "/x-websocket/speech_sessions: must be called <tag>"),
    ],
)
def test_a_session_that_cannot_be_generated(kit: Path, regenerate: Run, old: str, new: str, told: str) -> None:
    edit(kit / DESCRIPTION, old, new)
    before = contents(kit / "generated")
    run = regenerate()
    assert run.returncode == 1
    assert told in run.stderr
    assert contents(kit / "generated") == before


def test_without_its_overlays_there_is_nothing_of_a_session(kit: Path, regenerate: Run, tmp_path: Path) -> None:
    run = regenerate("--spec", str(kit / "openapi" / "lmnt.yaml"), "--package", "acme", "--out", str(tmp_path / "made"))
    assert run.returncode == 0, run.stderr
    made = contents(tmp_path / "made" / "acme")
    named = {"models", "__pycache__"}
    assert [name for name in made if "session" in name and name.split("/")[0] not in named] == []
    assert b"sessions" not in made["resources/speech.py"]
    assert "transport/websocket.py" not in made
