"""Speech sessions as a client has them: everything that is said, and how it ends."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from lmnt.session.handshake import TurnTakingConnection
from lmnt_server.description import lmnt
from lmnt_server.process import ServerProcess

PATH = "/v1/ai/speech/stream"
FINISH = {"type": "finish"}

Frame = bytes | dict[str, Any]
Sent = Mapping[str, Any] | str | bytes


def text(content: str) -> Mapping[str, Any]:
    return {"type": "text", "text": content}


def flush(nonce: Any) -> Mapping[str, Any]:
    return {"type": "flush", "nonce": nonce}


def reset(nonce: Any) -> Mapping[str, Any]:
    return {"type": "reset", "nonce": nonce}


def init(**fields: Any) -> dict[str, Any]:
    return {"X-API-Key": "k", "lmnt-version": "1.2", "voice": "leah", "format": "pcm_s16le", **fields}


class Talked(NamedTuple):
    """All frames of the server in order, its close code (1005: none in the frame, 1006: no frame), and the reason."""

    frames: Sequence[Frame]
    code: int
    reason: str

    @property
    def audio(self) -> bytes:
        return b"".join(frame for frame in self.frames if isinstance(frame, bytes))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if isinstance(frame, dict)]

    @property
    def kinds(self) -> list[str]:
        """What came, audio frames in a row as one."""
        names = ["audio" if isinstance(frame, bytes) else frame["type"] for frame in self.frames]
        return [name for name, before in zip(names, ["", *names], strict=False) if (name, before) != ("audio", "audio")]

    def stretches(self) -> list[tuple[bytes, list[dict[str, Any]]]]:
        """Audio and timestamps, divided by the answers to flushes and resets."""
        found: list[tuple[bytes, list[dict[str, Any]]]] = [(b"", [])]
        for frame in self.frames:
            audio, stamps = found[-1]
            if isinstance(frame, bytes):
                found[-1] = (audio + frame, stamps)
            elif frame["type"] == "timestamps":
                stamps.extend(frame["timestamps"])
            elif frame["type"].endswith("_complete"):
                found.append((b"", []))
        return found


def opened(
    server: ServerProcess, fault: str | None = None, *, trust: ssl.SSLContext | None = None, **headers: str
) -> connect:
    """Return the connection, to be entered; frames may have any size."""
    if fault is not None:
        headers["x-lmnt-fault"] = fault
    url = server.base_url.replace("http", "ws", 1) + PATH
    return connect(
        url,
        compression=None,
        ssl=trust,
        additional_headers=headers,
        close_timeout=5,
        max_size=None,
        create_connection=TurnTakingConnection,
    )


def say(ws: ClientConnection, *messages: Sent) -> None:
    for message in messages:
        ws.send(message if isinstance(message, str | bytes) else json.dumps(message))


def hear(ws: ClientConnection, timeout: float = 20.0) -> Frame:
    frame = ws.recv(timeout)
    if isinstance(frame, bytes):
        return frame
    message: dict[str, Any] = json.loads(frame)
    assert not list(lmnt().schema("#/components/schemas/SpeechSessionServerMessage").errors(message)), message
    return message


def listen(ws: ClientConnection, timeout: float = 20.0) -> Talked:
    frames: list[Frame] = []
    while True:
        try:
            frames.append(hear(ws, timeout))
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                return Talked(frames, 1006, "")
            return Talked(frames, closed.rcvd.code, closed.rcvd.reason)


def until(ws: ClientConnection, kind: str, times: int = 1) -> list[Frame]:
    """Listen until a message of a type has come so often."""
    frames: list[Frame] = []
    while sum(isinstance(frame, dict) and frame["type"] == kind for frame in frames) < times:
        frames.append(hear(ws))
    return frames


def talk(
    server: ServerProcess,
    *messages: Sent,
    fault: str | None = None,
    trust: ssl.SSLContext | None = None,
    **fields: Any,
) -> Talked:
    """Open a session, say all of it at once, and listen to the end."""
    with opened(server, fault, trust=trust) as ws:
        with suppress(ConnectionClosed):  # what the server says is heard all the same
            say(ws, init(**fields), *messages)
        return listen(ws)
