from __future__ import annotations

import os
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from lmnt_server.process import ServerProcess, running

from .made import Command

KEY = "key-for-the-tests-9f3a"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True, api_key=KEY) as process:
        yield process


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder of its own that the command works in, with the environment of the server."""
    for name in list(os.environ):
        if (
            name.startswith("LMNT_")
            or name.lower().endswith("_proxy")
            or name in ("NO_COLOR", "COLUMNS", "SSL_CERT_FILE", "SSL_CERT_DIR")
        ):
            monkeypatch.delenv(name)
    if "server" in request.fixturenames:
        server: ServerProcess = request.getfixturevalue("server")
        monkeypatch.setenv("LMNT_BASE_URL", server.base_url)
        monkeypatch.setenv("LMNT_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    with wave.open("recording.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000))
    return tmp_path


@pytest.fixture
def lmnt(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command("lmnt", capsys)
