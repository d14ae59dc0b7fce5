"""What each operation of `openapi/speech.yaml` does, once its request has been found right."""

from __future__ import annotations

import base64
import difflib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from .encoders import AUDIO_FORMATS, whole_wav
from .engines import Engine, VoicesError
from .engines.cast import SystemVoice, pick
from .errors import ApiError, audio_error, invalid_request
from .operations import Call
from .speech import Speech
from .store import OWN_VOICE
from .streaming import AudioStream, charged, first_of, in_store
from .validation import quoted

MODELS: Final = (
    "blizzard",
    "aurora",
    "tts-1",
    "tts-1-1106",
    "tts-1-hd",
    "tts-1-hd-1106",
    "gpt-4o-mini-tts",
    "gpt-4o-mini-tts-2025-03-20",
    "gpt-4o-mini-tts-2025-12-15",
)
"""Every name that `model` may have. All stand for the engine: those of others are what clients ask for unasked."""

_SHORT: Final = 60
"""Characters of a text whose WAV file is sent when all of it is there."""

_CREATED: Final = 1_767_225_600  # the first day of 2026: clients want a time, and there is none to tell

OTHER_NAMES: Final[Mapping[str, str]] = {
    "alloy": "leah",
    "ash": "ansel",
    "ballad": "curtis",
    "cedar": "morgan",
    "coral": "lily",
    "echo": "ansel",
    "fable": "amy",
    "marin": "ava",
    "nova": "ava",
    "onyx": "morgan",
    "sage": "elowen",
    "shimmer": "isla",
    "verse": "gordon",
}
"""The voices of OpenAI, which some clients know alone, by the voices of ours that are like them."""


def other_names(engine: Engine, added: Mapping[str, str]) -> Mapping[str, str]:
    """Return the other names of an engine's voices: those of the table, or `added` in their place.

    Raises:
        VoicesError: if a name of `added` is a voice already, or stands for none.
    """
    voices: Sequence[SystemVoice] = engine.voices
    ids = [voice.id for voice in voices]
    for name, voice in added.items():
        if name in ids:
            raise VoicesError(f"{name}={voice} gives another meaning to a voice: take a name that none has")
        if voice not in ids and not OWN_VOICE.fullmatch(voice):
            raise VoicesError(f"{name}={voice} names no voice; there are {', '.join(ids)}, and those that keys made")
    known = {name: voice if voice in ids else pick(name, ids) for name, voice in OTHER_NAMES.items()}
    return {name: voice for name, voice in {**known, **added}.items() if name not in ids}


async def _create(call: Call) -> ASGIApp:
    body = call.body
    _model(body["model"])
    wanted = body["voice"]
    speaker = await in_store(call.store, _speaker, call, wanted if isinstance(wanted, str) else wanted["id"])
    name = str(body.get("response_format", "mp3"))
    rate = int(body.get("sample_rate", 24_000))
    text = body["input"]
    speech = Speech(
        call.engine,
        text,
        voice=speaker,
        language=body.get("language", "auto"),
        format=name,
        sample_rate=rate,
        speed=body.get("speed", 1.0),
        formats=AUDIO_FORMATS,
    )
    async with charged(call.store, call.account, text, speech):
        audio, is_whole = await first_of(speech)
        # A short one is made in no time, and players like to know how long it is.
        while name == "wav" and len(text) <= _SHORT and not is_whole:
            more, is_whole = await speech.next_audio()
            audio += more
    if body.get("stream_format") == "sse":
        done = {"type": "speech.audio.done", "usage": _usage(text)}
        return AudioStream(
            audio, is_whole, speech, "text/event-stream", wrapped=_delta, end=_event(done), failed=_FAILED
        )
    media_type = AUDIO_FORMATS[name].media_type.format(rate=rate)
    if is_whole:
        return Response(whole_wav(audio) if name == "wav" else audio, media_type=media_type)
    return AudioStream(audio, is_whole, speech, media_type)


def _model(name: str) -> str:
    if name not in MODELS:
        message = f"There is no model {quoted(name)}; there are {', '.join(MODELS)}."
        raise ApiError("not_found_error", message, param="model", code="model_not_found")
    return name


def _speaker(call: Call, name: str) -> str:
    """Return what the engine knows a voice by.

    Raises:
        ApiError: 400, for clients of this API look for a wrong voice there.
    """
    try:
        return call.voices.speaker(call.account, call.names.get(name, name))
    except ApiError as error:
        if error.type != "not_found_error":
            raise
        known = [voice["id"] for voice in _voices(call)]
        nearest = difflib.get_close_matches(name, known, 3) or known
        message = f"There is no voice {quoted(name)}; there are {', '.join(nearest[:20])}."
        raise invalid_request(message, param="voice") from error


def _voices(call: Call) -> list[dict[str, Any]]:
    found = call.voices.list(call.account, owner="all", starred=False)
    own: list[dict[str, Any]] = [
        {key: voice[key] for key in ("id", "name", "description", "gender") if key in voice} for voice in found
    ]
    shown = {voice["id"]: voice["name"] for voice in own}
    others: list[dict[str, Any]] = [
        {"id": name, "name": f"{name.title()} ({shown[voice]})", "voice": voice}
        for name, voice in call.names.items()
        if voice in shown
    ]
    return own + others


def _usage(text: str) -> dict[str, int]:
    return {"input_tokens": len(text), "output_tokens": 0, "total_tokens": len(text)}


def _event(content: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def _delta(audio: bytes) -> bytes:
    return _event({"type": "speech.audio.delta", "audio": base64.b64encode(audio).decode()})


_FAILED: Final = _event(
    {
        "type": "error",
        **audio_error(ApiError("internal_server_error", "The server failed to finish the speech.", status=500), None),
    }
)


async def _list_voices(call: Call) -> ASGIApp:
    return JSONResponse({"object": "list", "voices": await run_in_threadpool(_voices, call)})


def _shown(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": _CREATED, "owned_by": "lmnt-server"}


async def _list_models(_: Call) -> ASGIApp:
    return JSONResponse({"object": "list", "data": [_shown(model) for model in MODELS]})


async def _list_names(_: Call) -> ASGIApp:
    return JSONResponse({"models": [{"id": model} for model in MODELS]})


async def _retrieve_model(call: Call) -> ASGIApp:
    return JSONResponse(_shown(_model(call.parameters["model"])))


AUDIO_OPERATIONS: Final[Mapping[str, Callable[[Call], Awaitable[ASGIApp]]]] = {
    "speech.create": _create,
    "voices.list": _list_voices,
    "models.list": _list_models,
    "models.list_names": _list_names,
    "models.retrieve": _retrieve_model,
}
"""By operationId, for each operation of the description, what makes the response."""
