"""What opens a session follows the description."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT, Run
from .test_regenerate import DESCRIPTION, edit


def signature(folder: Path) -> str:
    code = (
        "import inspect; from lmnt.resources import speech_sessions as module\n"
        "kinds = (module.SpeechSessionsResource, module.AsyncSpeechSessionsResource)\n"
        "one, other = (inspect.signature(kind.create) for kind in kinds)\n"
        "assert one.parameters == other.parameters\n"
        "print(*one.parameters.values(), sep='\\n')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder).stdout


def test_a_new_field_of_the_first_message_becomes_an_argument(kit: Path, run: Run) -> None:
    field = "        return_timestamps:\n          description: True also sends"
    mood = "        mood:\n          description: How it sounds.\n          type: string\n"
    mood += "".join(f"        {name}: {{type: string}}\n" for name in ("timeout", "init", "call", "max_message_size"))
    edit(kit / DESCRIPTION, field, mood + field)
    edit(kit / DESCRIPTION, "    path: /v1/ai/speech/stream", "    path: /v2/speak")
    code, told = run()
    assert code == 0, told
    found = signature(kit / "generated").splitlines()
    # All by name, and neither the key, nor the version, nor the constant is the caller's to give.
    assert found[:4] == [
        "self",
        "voice: 'str'",
        "format: 'SpeechStreamFormat | Omit | None' = omit",
        "language: 'Language | Omit | None' = omit",
    ]
    assert "mood: 'str | Omit | None' = omit" in found
    # What the method takes of itself keeps its name.
    for name in ("timeout", "init", "call", "max_message_size"):
        assert f"{name}_: 'str | Omit | None' = omit" in found
    assert not [line for line in found if line.startswith(("x_api_key", "lmnt_version", "type"))]
    text = (kit / "generated" / "lmnt" / "resources" / "speech_sessions.py").read_text(encoding="utf-8")
    assert '"/v2/speak"' in text
    assert "mood: How it sounds." in text
    assert '"init": init_,' in text


def test_a_message_that_the_description_alone_names_is_handed_out_with_its_type(kit: Path, run: Run) -> None:
    before = "#/components/schemas/SpeechSessionTimestamps"
    unheard = "#/components/schemas/SpeechSessionUnheard"
    edit(
        kit / DESCRIPTION, f'        - $ref: "{before}"\n', f'        - $ref: "{before}"\n        - $ref: "{unheard}"\n'
    )
    line = f'          timestamps: "{before}"\n'
    edit(kit / DESCRIPTION, line, f'{line}          unheard: "{unheard}"\n')
    schema = (
        "    SpeechSessionUnheard:\n      {description: A unheard., type: object, required: [type, calm],\n"
        "       properties: {type: {description: Its type., const: unheard}, calm: {type: integer}}}\n\n"
    )
    edit(kit / DESCRIPTION, "    SpeechSessionReady:\n", f"{schema}    SpeechSessionReady:\n")
    code, told = run()
    assert code == 0, told
    # The tests of the session itself, on this package and this description.
    path = os.pathsep.join(str(kit / folder) for folder in ("generated", "server"))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n0",
            "-q",
            "tests/client/test_session_machine.py",
            "-k",
            "every_event and unheard",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout
