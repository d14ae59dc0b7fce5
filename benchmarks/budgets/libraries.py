"""The libraries, each used as an application would use it, and all in one shape, so that the work is written once."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

VOICE = "/v1/ai/voice/leah"
VOICES = "/v1/ai/voice/list"
SPEECH = "/v1/ai/speech/bytes"
SESSION = "/v1/ai/speech/stream"

TIMEOUT = 600
"""Seconds: nothing here is to fail because it is slow."""

CONNECTIONS = 1000
"""At once, as the official package has it; 100 of them are kept."""


def _speech(text: str, format: str) -> dict[str, str]:
    return {"text": text, "voice": "leah", "format": format}


class Httpx:
    """A client of httpx, or of httpx2."""

    def __init__(self, module: ModuleType, base_url: str, **options: Any) -> None:
        limits = module.Limits(max_connections=CONNECTIONS, max_keepalive_connections=100)
        headers = {"x-api-key": "key"}
        self.client = module.Client(base_url=base_url, headers=headers, timeout=TIMEOUT, limits=limits, **options)

    def voice(self) -> object:
        return self.client.get(VOICE).raise_for_status().json()

    def voices(self) -> list[Any]:
        voices: list[Any] = self.client.get(VOICES).raise_for_status().json()
        return voices

    @contextmanager
    def speech(self, text: str, format: str) -> Generator[Iterable[bytes]]:
        with self.client.stream("POST", SPEECH, json=_speech(text, format)) as response:
            yield response.raise_for_status().iter_bytes()

    def save(self, text: str, format: str, path: Path) -> None:
        with path.open("wb") as file, self.speech(text, format) as chunks:
            for chunk in chunks:
                file.write(chunk)

    def close(self) -> None:
        self.client.close()


class Lmnt:
    """The client of this project, or of the official package."""

    def __init__(self, module: ModuleType, base_url: str, **options: Any) -> None:
        self.client = module.Lmnt(api_key="key", base_url=base_url, timeout=TIMEOUT, **options)

    def voice(self) -> object:
        return self.client.voices.retrieve("leah")

    def voices(self) -> list[Any]:
        voices: list[Any] = self.client.voices.list()
        return voices

    @contextmanager
    def speech(self, text: str, format: str) -> Generator[Iterable[bytes]]:
        with self.client.speech.with_streaming_response.generate(**_speech(text, format)) as response:
            yield response.iter_bytes()

    def save(self, text: str, format: str, path: Path) -> None:
        with self.client.speech.with_streaming_response.generate(**_speech(text, format)) as response:
            response.stream_to_file(path)

    @contextmanager
    def session(self, text: str) -> Generator[Iterable[object]]:
        with self.client.speech.sessions.create(voice="leah", format="pcm_s16le") as session:
            next(iter(session))  # `ready`
            session.send_text(text)
            session.send_finish()
            yield session

    def close(self) -> None:
        self.client.close()


class WebSockets:
    """The library websockets, which knows nothing of sessions but their messages."""

    opening = json.dumps({"x-api-key": "key", "voice": "leah", "format": "pcm_s16le"})
    finish = json.dumps({"type": "finish"})

    def __init__(self, module: ModuleType, base_url: str) -> None:  # noqa: ARG002  # as the others
        self.url = base_url.replace("http", "ws", 1) + SESSION

    @staticmethod
    def text(text: str) -> str:
        return json.dumps({"type": "text", "text": text})

    @contextmanager
    def session(self, text: str) -> Generator[Iterable[object]]:
        from websockets.sync.client import connect

        with connect(self.url) as socket:
            socket.send(self.opening)
            json.loads(socket.recv())  # `ready`
            socket.send(self.text(text))
            socket.send(self.finish)
            yield socket

    def close(self) -> None:
        """Nothing is open."""


class AsyncHttpx:
    """An awaiting client of httpx, or of httpx2."""

    def __init__(self, module: ModuleType, base_url: str, **options: Any) -> None:
        limits = module.Limits(max_connections=CONNECTIONS, max_keepalive_connections=100)
        headers = {"x-api-key": "key"}
        self.client = module.AsyncClient(base_url=base_url, headers=headers, timeout=TIMEOUT, limits=limits, **options)

    async def voice(self) -> object:
        return (await self.client.get(VOICE)).raise_for_status().json()

    @asynccontextmanager
    async def speech(self, text: str, format: str) -> AsyncGenerator[AsyncIterable[bytes]]:
        async with self.client.stream("POST", SPEECH, json=_speech(text, format)) as response:
            yield response.raise_for_status().aiter_bytes()

    async def close(self) -> None:
        await self.client.aclose()


class AsyncLmnt:
    """The awaiting client of this project, or of the official package."""

    def __init__(self, module: ModuleType, base_url: str, **options: Any) -> None:
        self.client = module.AsyncLmnt(api_key="key", base_url=base_url, timeout=TIMEOUT, **options)

    async def voice(self) -> object:
        return await self.client.voices.retrieve("leah")

    @asynccontextmanager
    async def speech(self, text: str, format: str) -> AsyncGenerator[AsyncIterable[bytes]]:
        async with self.client.speech.with_streaming_response.generate(**_speech(text, format)) as response:
            yield response.iter_bytes()

    @asynccontextmanager
    async def session(self, text: str) -> AsyncGenerator[AsyncIterable[object]]:
        session = await self.client.speech.sessions.create(voice="leah", format="pcm_s16le")
        await anext(aiter(session))  # `ready`
        await session.send_text(text)
        await session.send_finish()
        yield session
        await session.close()

    async def close(self) -> None:
        await self.client.close()


class Aiohttp:
    """A session of aiohttp."""

    def __init__(self, module: ModuleType, base_url: str) -> None:
        self.client = module.ClientSession(
            base_url,
            headers={"x-api-key": "key"},
            timeout=module.ClientTimeout(TIMEOUT),
            connector=module.TCPConnector(limit=CONNECTIONS),
            raise_for_status=True,
        )

    async def voice(self) -> object:
        async with self.client.get(VOICE) as response:
            return await response.json()

    @asynccontextmanager
    async def speech(self, text: str, format: str) -> AsyncGenerator[AsyncIterable[bytes]]:
        async with self.client.post(SPEECH, json=_speech(text, format)) as response:
            yield response.content.iter_any()

    async def close(self) -> None:
        await self.client.close()


class AsyncWebSockets(WebSockets):
    """The library websockets, awaiting."""

    @asynccontextmanager
    async def session(self, text: str) -> AsyncGenerator[AsyncIterable[object]]:  # type: ignore[override]  # awaits
        from websockets.asyncio.client import connect

        async with connect(self.url) as socket:
            await socket.send(self.opening)
            json.loads(await socket.recv())  # `ready`
            await socket.send(self.text(text))
            await socket.send(self.finish)
            yield socket

    async def close(self) -> None:  # type: ignore[override]  # the same
        """Nothing is open."""


SYNC: dict[str, Any] = {"httpx": Httpx, "httpx2": Httpx, "lmnt": Lmnt, "websockets": WebSockets}
ASYNC: dict[str, Any] = {
    "httpx": AsyncHttpx,
    "httpx2": AsyncHttpx,
    "lmnt": AsyncLmnt,
    "aiohttp": Aiohttp,
    "websockets": AsyncWebSockets,
}
