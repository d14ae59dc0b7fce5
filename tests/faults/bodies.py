"""What the raw peers answer when nothing is wrong, by the path that was asked for."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import NamedTuple

from lmnt_server.encoders import FORMATS
from lmnt_server.engines import ENGINES
from lmnt_server.speech import Speech

SENT = 4_321
"""Bytes that arrive before a fault in a body: inside an mp3 frame, an ADTS frame, a WebM block and a sample."""

TEXT = "word " * 12

REQUEST_ID = "req_ofTheRawPeer"


class Body(NamedTuple):
    """A whole body and its content type. Each is longer than SENT and fits an HTTP/2 window as it is at first."""

    content_type: str
    content: bytes


@cache
def speech(format: str) -> bytes:
    """Return what the local server answers to a request for TEXT in this format."""
    engine = ENGINES["tone"]()
    voice = engine.voices[0].id
    spoken = Speech(engine, TEXT, voice=voice, language="auto", format=format, sample_rate=24_000)
    return b"".join(spoken)


ITEMS = 100
"""Items of a stream, the end mark among them."""

PATHS = {"events": "/answers", "lines": "/pulls"}
"""Where the API of tests/descriptions/assistant.yaml has its streams of each kind."""


def event(number: int, **fields: object) -> bytes:
    """Return an event with a number."""
    value = {"type": "answer.piece", "text": str(number), "padding": "ö" * 20, **fields}
    return f"event: {value['type']}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def line(number: int, **fields: object) -> bytes:
    """Return a line with a number."""
    return json.dumps({"count": number, "padding": "ö" * 30, **fields}, ensure_ascii=False).encode() + b"\n"


@cache
def items(path: str) -> list[bytes]:
    """Return the items of a stream, the last of which is the end mark."""
    if path == PATHS["events"]:
        return [*map(event, range(1, ITEMS)), event(ITEMS, type="answer.done", tokens=ITEMS)]
    return [*map(line, range(1, ITEMS)), line(ITEMS, done=True)]


def _json(value: object) -> Body:
    return Body("application/json", json.dumps(value).encode())


def _voice(**fields: object) -> Body:
    voice = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready", "description": "a voice " * 2000}
    return _json(voice | fields)


@cache
def whole(method: str, path: str) -> Body:
    """Return the answer to a request."""
    if path == "/v1/ai/speech/bytes":
        return Body(FORMATS["mp3"].media_type, speech("mp3"))
    if path == "/v1/ai/speech":
        return _json({"audio": base64.b64encode(speech("mp3")).decode()})
    if path == "/v1/account":
        plan = {"type": "free", "character_limit": 1000, "commercial_use_allowed": False}
        return _json({"plan": plan, "usage": {"characters": 7}})
    if path in PATHS.values():
        media_type = "text/event-stream" if path == PATHS["events"] else "application/x-ndjson"
        return Body(media_type, b"".join(items(path)))
    if method == "DELETE":
        return _json({"success": True, "padding": "x" * 20_000})
    return _voice()


def newer_voice() -> Body:
    """Return a voice as a newer server may send it: with values and fields that this client has never heard of."""
    return _voice(state="hibernating", owner="collective", mood={"calm": [1, None]}, type="holographic")
