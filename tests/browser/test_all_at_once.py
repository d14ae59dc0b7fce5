"""All that people speak with, at the same time, through one server with the neural voice."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from selenium import webdriver

from lmnt import Lmnt
from lmnt_server.process import ServerProcess, running
from tests.older.test_older_clients import CLIENTS, heard, installed

from .pages import opened

TEXT = "Hello there. All of us speak at once, with one voice."


def ours(server: ServerProcess, out: Path) -> None:
    with Lmnt(api_key="ours", base_url=server.base_url) as client:
        client.speech.generate(text=TEXT, voice="leah", format="wav").write_to_file(out / "ours.wav")


def with_openai(server: ServerProcess, out: Path) -> None:
    import openai  # which takes half a second, in every process that collects the tests

    client = openai.OpenAI(api_key="openai", base_url=f"{server.base_url}/v1", max_retries=0)
    speech = client.audio.speech.with_streaming_response
    with speech.create(model="tts-1", voice="leah", input=TEXT, response_format="pcm") as response:
        pieces = list(response.iter_bytes(4096))
    assert len(pieces) > 10
    (out / "openai.24000.pcm").write_bytes(b"".join(pieces))


@pytest.mark.once
@pytest.mark.registry
def test_every_client_speaks_through_one_server(browser: webdriver.Chrome, tmp_path: Path) -> None:
    command = installed(CLIENTS["lmnt 2.13.0"], tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    with running(engine="hibari", arguments=["--access-log"], timeout=40) as server:
        environment = {**os.environ, "LMNT_BASE_URL": server.base_url, "LMNT_API_KEY": "shell"}
        page = opened(browser, server)
        with Lmnt(api_key="ours", base_url=server.base_url) as client:
            assert "neural" in (client.voices.retrieve("leah").tags or [])
        page.set_text(TEXT)
        page["speak"].click()
        words = [page.heard()]
        line = page["curl"].text

        def official() -> None:
            subprocess.run([*command, out], env=environment, cwd=tmp_path, check=True, timeout=120)

        def shell() -> None:
            subprocess.run(["sh", "-c", line], env=environment, cwd=out, check=True, timeout=60)

        with ThreadPoolExecutor() as pool:
            others = [pool.submit(official), pool.submit(shell)]
            others += [pool.submit(each, server, out) for each in (ours, with_openai)]
            page["speak"].click()
            words.append(page.heard())
            for each in others:
                each.result()
        files = {path.name: heard(path) for path in sorted(out.iterdir())}
        metrics = httpx.get(f"{server.base_url}/metrics").text
        log = server.log()
    for name, (seconds, level) in files.items():
        print(f"{name:24} {seconds:5.2f} s, level {level:.2f}")
        assert seconds > 1, name
        assert level > 0.02, name
    assert len(files) == CLIENTS["lmnt 2.13.0"].files + 3
    assert all({"Hello", "speak", "voice"} <= set(each) for each in words), words
    assert log.count('"POST /v1/ai/speech/bytes" 200') >= 3
    assert log.count('"POST /v1/audio/speech" 200') == 1
    assert log.count('"WEBSOCKET /v1/ai/speech/stream" 1000') == 4
    assert 'status="500"' not in metrics
