"""What each operation of `openapi/lmnt.yaml` does, once its request has been found right."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from .dialects import older_body
from .encoders import FORMATS
from .engines import Engine
from .errors import invalid_request
from .inbound import Form
from .recordings import examine
from .speech import Speech
from .store import Store
from .streaming import AudioStream, charged, first_of, in_store
from .voices import Voices


@dataclass(frozen=True)
class Call:
    """A request that is right, and what it needs to be answered.

    Args:
        names: other names of voices, for the API that has such.
        account: who asks.
        parameters: the path's and the query's, by name; what was not given is absent.
        body: the decoded JSON, or a `Form`, or None.
    """

    engine: Engine
    store: Store
    voices: Voices
    names: Mapping[str, str]
    account: str
    parameters: Mapping[str, Any]
    body: Any


async def _generate(call: Call) -> ASGIApp:
    speech = await _ordered(call)
    async with charged(call.store, call.account, call.body["text"], speech):
        audio, is_whole = await first_of(speech)
    return AudioStream(audio, is_whole, speech, FORMATS[_format(call)].media_type)


async def _generate_detailed(call: Call) -> ASGIApp:
    audio, is_whole = bytearray(), False
    speech = await _ordered(call)
    async with charged(call.store, call.account, call.body["text"], speech):
        while not is_whole:
            more, is_whole = await speech.next_audio()
            audio += more
    timed = call.body.get("return_timestamps", False)
    return await run_in_threadpool(_detailed, speech, audio, timed=timed, older="return_durations" in call.body)


def _detailed(speech: Speech, audio: bytearray, *, timed: bool, older: bool) -> Response:
    body: dict[str, Any] = {"audio": base64.b64encode(audio).decode()}
    if timed:
        body["timestamps"] = speech.timestamps()
    if older:  # a client of version 1.0 looks for these
        body |= {"durations": body.get("timestamps"), "seed": 0}
    return Response(json.dumps(body), media_type="application/json")


async def _ordered(call: Call) -> Speech:
    """Return what speaks the text, which has not begun."""
    body = call.body
    audio_format = _format(call)
    speaker = await in_store(call.store, call.voices.speaker, call.account, body["voice"])
    return Speech(
        call.engine,
        body["text"],
        voice=speaker,
        language=body.get("language", "auto"),
        format=audio_format,
        sample_rate=int(body.get("sample_rate", 24_000)),
    )


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
    plan = {"type": "local", "character_limit": call.store.quotas.characters, "commercial_use_allowed": True}
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

OLDER_BODIES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "speech.generate": older_body,
    "speech.generate_detailed": older_body,
}
"""By operationId, what puts a body of an earlier version into today's words."""
