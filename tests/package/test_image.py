"""What the Dockerfile builds, without Docker: from the files that it copies, to a server that runs as there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


@pytest.mark.registry
def test_the_image(tmp_path: Path) -> None:
    source, place = tmp_path / "source", tmp_path / "lmnt-server"
    for line in (ROOT / ".dockerignore").read_text("utf-8").split():
        if (name := line.removeprefix("!")) != line:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / name, source / name)
    (build,) = (line for line in instructions("RUN") if "scripts/image" in line)
    command = shlex.split(build.replace("/source", str(source)).replace("/opt/lmnt-server", str(place)))
    subprocess.run([*command, sys.executable], check=True, timeout=300)
    assert not (place / "bin" / "pip").exists()
    said = [
        word for name in ("ENTRYPOINT", "CMD") for line in instructions(name) for word in re.findall(r'"([^"]*)"', line)
    ]
    said = said[-len(said) + said.index("/opt/lmnt-server/bin/lmnt-server") :]  # the health check comes before
    told = [word.replace("/opt/lmnt-server", str(place)).replace("/data", str(tmp_path / "data")) for word in said]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with subprocess.Popen(
        [*told, "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as server:
        assert server.stdout is not None
        try:
            url = server.stdout.readline().rpartition(" ")[2].strip()
            assert httpx.get(url + "/readyz").status_code == 200
            spoken = httpx.post(
                url + "/v1/audio/speech", json={"input": "Hi.", "model": "tts-1", "voice": "alloy"}, timeout=20
            )
            assert spoken.status_code == 200
            assert httpx.get(url + "/v1/ai/voice/list", headers={"x-api-key": "k"}).status_code == 200
        finally:
            server.terminate()
        assert server.wait(10) == 0
