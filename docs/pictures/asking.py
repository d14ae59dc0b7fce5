"""A client asks for speech and gets each failure: what its user sees, as lines of JSON.

    python docs/pictures/asking.py CLIENT BASE_URL

It is run by docs/pictures/seen.py, in an environment that has the client; the code is what its documents show.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

TEXT = "The quick brown fox jumps over the lazy dog. " * 8
BODY = {"text": TEXT, "voice": "leah", "format": "mp3"}
OPENAI = {"model": "tts-1", "voice": "alloy", "input": TEXT}
HEADER = "x-lmnt-fault"
PATIENCE = 2.0

CALLS = {
    "none": "nothing is wrong",
    "raise-after=120000": "the connection is lost after 120,000 bytes",
    "end-after=120001": "the body ends early, in all order",
    "end-after=0": "there is not a byte",
    "stall-after=120000": "silence after 120,000 bytes",
    "gzip-cut=120000": "the coding of the body is cut",
    "not-gzip": "the coding of the body is not what it says",
    "status=200; body=html": "a page in place of audio",
    "status=429": "429",
    "status=503": "503",
}
SESSIONS = {
    "none": "nothing is wrong",
    "session-drop; at=bytes:5000": "the connection is lost after 5,000 bytes",
    "session-close=1011; at=bytes:5000": "a close with 1011 after 5,000 bytes",
    "session-close=1000; at=bytes:5000": "a close with 1000 after 5,000 bytes",
    "session-freeze; at=bytes:5000": "silence after 5,000 bytes",
}

Ask = Callable[[str, Mapping[str, str], Path], None]


def lmnt(base_url: str, headers: Mapping[str, str], path: Path) -> None:
    """Ask by this client, or by the official package."""
    from lmnt import Lmnt

    with (
        Lmnt(api_key="any", base_url=base_url, timeout=PATIENCE, max_retries=0, default_headers=headers) as client,
        client.speech.with_streaming_response.generate(text=TEXT, voice="leah", format="mp3") as response,
    ):
        response.stream_to_file(path)


def lmnt_session(base_url: str, headers: Mapping[str, str], path: Path) -> None:
    """Ask in a session of either."""
    from lmnt import AsyncLmnt

    async def ask() -> None:
        settings: Any = {"voice": "leah", "format": "mp3"}
        async with AsyncLmnt(api_key="any", base_url=base_url, timeout=PATIENCE, default_headers=headers) as client:
            made = client.speech.sessions.create(**settings)
            session = await made if asyncio.iscoroutine(made) else await made.__aenter__()
            await session.send_text(TEXT)
            await session.send_flush()
            await session.send_finish()
            await session.stream_audio_to_file(path)

    asyncio.run(asyncio.wait_for(ask(), 4 * PATIENCE))


def openai(base_url: str, headers: Mapping[str, str], path: Path) -> None:
    """Ask by the official package of OpenAI, in its API."""
    from openai import OpenAI

    client = OpenAI(base_url=f"{base_url}/v1", api_key="any", timeout=PATIENCE, max_retries=0, default_headers=headers)
    with client.audio.speech.with_streaming_response.create(**OPENAI) as response:  # type: ignore[arg-type]  # a mapping of texts
        response.stream_to_file(path)


def httpx(base_url: str, headers: Mapping[str, str], path: Path, library: str = "httpx") -> None:
    """Ask by httpx, or by what is called so."""
    client = __import__(library)
    url = f"{base_url}/v1/ai/speech/bytes"
    given = {**headers, "x-api-key": "any"}
    with client.stream("POST", url, json=BODY, headers=given, timeout=PATIENCE) as response, path.open("wb") as file:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            file.write(chunk)


def httpx2(base_url: str, headers: Mapping[str, str], path: Path) -> None:
    """Ask by httpx2."""
    httpx(base_url, headers, path, "httpx2")


def requests(base_url: str, headers: Mapping[str, str], path: Path) -> None:
    """Ask by requests."""
    import requests as client

    url = f"{base_url}/v1/ai/speech/bytes"
    given = {**headers, "x-api-key": "any"}
    with client.post(url, json=BODY, headers=given, stream=True, timeout=PATIENCE) as response, path.open("wb") as file:
        response.raise_for_status()
        for chunk in response.iter_content(65536):
            file.write(chunk)


def aiohttp(base_url: str, headers: Mapping[str, str], path: Path) -> None:
    """Ask by aiohttp."""
    import aiohttp as client

    async def ask() -> None:
        limit = client.ClientTimeout(sock_read=PATIENCE)
        given = {**headers, "x-api-key": "any"}
        async with (
            client.ClientSession(timeout=limit, headers=given) as session,
            session.post(f"{base_url}/v1/ai/speech/bytes", json=BODY) as response,
        ):
            response.raise_for_status()
            with path.open("wb") as file:
                async for chunk in response.content.iter_any():
                    file.write(chunk)

    asyncio.run(ask())


def websockets(base_url: str, headers: Mapping[str, str], path: Path) -> None:
    """Ask in a session, by websockets alone."""
    from websockets.sync.client import connect

    url = f"{base_url.replace('http', 'ws', 1)}/v1/ai/speech/stream"
    with connect(url, additional_headers=dict(headers)) as socket, path.open("wb") as file:
        socket.send(json.dumps({"type": "init", "X-API-Key": "any", "voice": "leah", "format": "mp3"}))
        socket.recv(timeout=PATIENCE)
        for message in ({"type": "text", "text": TEXT}, {"type": "flush", "nonce": 1}, {"type": "finish"}):
            socket.send(json.dumps(message))
        from websockets.exceptions import ConnectionClosedOK

        while True:
            try:
                received = socket.recv(timeout=PATIENCE)
            except ConnectionClosedOK:
                break
            if isinstance(received, bytes):
                file.write(received)


CLIENTS: dict[str, tuple[Ask, dict[str, str], str]] = {
    "lmnt": (lmnt, CALLS, "lmnt"),
    "openai": (openai, CALLS, "openai"),
    "httpx": (httpx, CALLS, "httpx"),
    "httpx2": (httpx2, CALLS, "httpx2"),
    "aiohttp": (aiohttp, CALLS, "aiohttp"),
    "requests": (requests, CALLS, "requests"),
    "lmnt session": (lmnt_session, SESSIONS, "lmnt"),
    "websockets": (websockets, SESSIONS, "websockets"),
}
"""By name: how it asks, what it gets, and its package."""


def main(name: str, base_url: str) -> None:
    """Ask once for each failure."""
    ask, faults, package = CLIENTS[name]
    for fault, title in faults.items():
        with TemporaryDirectory() as folder:
            path = Path(folder) / "speech.mp3"
            error: BaseException | None = None
            try:
                ask(base_url, {HEADER: fault}, path)
            except Exception as raised:
                error = raised
            kind = type(error)
            seen = {
                "fault": fault,
                "title": title,
                "error": error and f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}",
                "says": error and " ".join(str(error).split()),
                "is_own": bool(error and kind.__module__.partition(".")[0] == package),
                "request_id": getattr(error, "request_id", None),
                "bytes_received": getattr(error, "bytes_received", None),
                "file": path.stat().st_size if path.exists() else None,
            }
            print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
