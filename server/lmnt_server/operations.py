"""What each operation of the description does, once its request has been found right."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .encoders import FORMATS
from .engines import Engine
from .errors import invalid_request
from .inbound import Form
from .recordings import examine
from .speech import Speech
from .store import Store
from .voices import Voices


@dataclass(frozen=True)
class Call:
    """A request that is right, and what it needs to be answered.

    Args:
        account: who asks.
        parameters: the path's and the query's, by name; what was not given is absent.
        body: the decoded JSON, or a `Form`, or None.
    """

    engine: Engine
    store: Store
    voices: Voices
    account: str
    parameters: Mapping[str, Any]
    body: Any


class AudioStream:
    """The response that sends speech as it is made.

    Args:
        audio: the bytes that are there already.
        is_whole: whether they are all.
        speech: where the others come from; it is closed at the end, however that comes about.
        media_type: the content type.
    """

    def __init__(self, audio: bytes, is_whole: bool, speech: Speech, media_type: str) -> None:
        self._audio = audio
        self._is_whole = is_whole
        self._speech = speech
        self._media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's arguments
        """Send all of it."""
        headers = [(b"content-type", self._media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        audio, is_whole = self._audio, self._is_whole
        try:
            while True:
                if audio:
                    # Never the last one, for then there would be a content-length: chunks show where the body ends.
                    await send({"type": "http.response.body", "body": audio, "more_body": True})
                if is_whole:
                    break
                audio, is_whole = await self._speech.next_audio()
        finally:
            self._speech.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _generate(call: Call) -> ASGIApp:
    async with _charged_speech(call) as speech:
        # A failure before there is anything to send can still be told by the status.
        audio, is_whole = b"", False
        while not audio and not is_whole:
            audio, is_whole = await speech.next_audio()
    return AudioStream(audio, is_whole, speech, FORMATS[_format(call)].media_type)


async def _generate_detailed(call: Call) -> ASGIApp:
    audio, is_whole = bytearray(), False
    async with _charged_speech(call) as speech:
        while not is_whole:
            more, is_whole = await speech.next_audio()
            audio += more
    timed = call.body.get("return_timestamps", False)
    return await run_in_threadpool(_detailed, speech, audio, timed=timed)


def _detailed(speech: Speech, audio: bytearray, *, timed: bool) -> Response:
    body: dict[str, Any] = {"audio": base64.b64encode(audio).decode()}
    if timed:
        body["timestamps"] = speech.timestamps()
    return Response(json.dumps(body), media_type="application/json")


@asynccontextmanager
async def _charged_speech(call: Call) -> AsyncGenerator[Speech]:
    """Charge for the text, and give what speaks it; if the block fails, stop that and give the characters back."""
    body = call.body
    audio_format = _format(call)
    speaker = await run_in_threadpool(call.voices.speaker, call.account, body["voice"])
    await run_in_threadpool(call.store.charge, call.account, len(body["text"]))
    speech = Speech(
        call.engine,
        body["text"],
        voice=speaker,
        language=body.get("language", "auto"),
        format=audio_format,
        sample_rate=int(body.get("sample_rate", 24_000)),
    )
    try:
        yield speech
    except BaseException as failure:
        speech.close()
        # A client that leaves has had the work done.
        if isinstance(failure, Exception):
            await run_in_threadpool(call.store.charge, call.account, -len(body["text"]))
        raise


def _format(call: Call) -> str:
    name = str(call.body.get("format", "mp3"))
    if name not in FORMATS:  # the description has come to name it since
        raise invalid_request(f"this server cannot make the format {name}; it makes {', '.join(FORMATS)}")
    return name


async def _create_voice(call: Call) -> ASGIApp:
    form: Form = call.body
    recording = await run_in_threadpool(examine, form.files["file"].file)
    return JSONResponse(await run_in_threadpool(call.voices.create, call.account, form.fields, recording))


async def _list_voices(call: Call) -> ASGIApp:
    owner = call.parameters.get("owner", "all")
    starred = call.parameters.get("starred", False)
    return JSONResponse(await run_in_threadpool(call.voices.list, call.account, owner=owner, starred=starred))


async def _retrieve_voice(call: Call) -> ASGIApp:
    return JSONResponse(await run_in_threadpool(call.voices.retrieve, call.account, call.parameters["id"]))


async def _update_voice(call: Call) -> ASGIApp:
    update = partial(call.voices.update, call.account, call.parameters["id"], call.body)
    return JSONResponse({"voice": await run_in_threadpool(update)})


async def _delete_voice(call: Call) -> ASGIApp:
    success = await run_in_threadpool(call.voices.delete, call.account, call.parameters["id"])
    return JSONResponse({"success": success})


async def _retrieve_account(call: Call) -> ASGIApp:
    left = await run_in_threadpool(call.store.remaining, call.account)
    plan = {"type": "local", "character_limit": call.store.character_limit, "commercial_use_allowed": True}
    # Remaining characters, as the documents of versions 1.1 and 1.2 have it; those of 1.0 said used ones.
    return JSONResponse({"plan": plan, "usage": {"characters": left}})


OPERATIONS: Final[Mapping[str, Callable[[Call], Awaitable[ASGIApp]]]] = {
    "speech.generate": _generate,
    "speech.generate_detailed": _generate_detailed,
    "voices.create": _create_voice,
    "voices.list": _list_voices,
    "voices.retrieve": _retrieve_voice,
    "voices.update": _update_voice,
    "voices.delete": _delete_voice,
    "accounts.retrieve": _retrieve_account,
}
"""By operationId, for each operation of the description, what makes the response."""
