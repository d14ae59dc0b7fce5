"""The points of a speech session where a fault can be told to happen, and what notices that one is reached."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, cast

from starlette.types import Message

from .dialects import CLASSIC
from .fault_behaviours import Exchange

MESSAGES: Final = ("ready", "timestamps", "flush_complete", "reset_complete")
"""The types of the messages that a server sends while nothing is wrong."""

POINTS: Final[Mapping[str, None]] = dict.fromkeys(
    [
        "after-accept",
        *(f"{when}-{kind}" for kind in MESSAGES for when in ("before", "after")),
        "after-finish",
        "before-close",
        "frames",
        "bytes",
    ]
)
"""The points of a session where something can happen; `frames` and `bytes` are counts of its audio."""

_POINT: Final = re.compile(r"([a-z_-]+)(?::([0-9]{1,9}))?")


class Point(NamedTuple):
    """A point of a session: the so-and-so-many-th time of what it names, or after so many frames or bytes."""

    name: str
    number: int


def point(text: str) -> Point | None:
    """Return the point that a text names, such as `before-flush_complete:2` or `bytes:5000`, or None."""
    found = _POINT.fullmatch(text)
    if found is None or found[1] not in POINTS:
        return None
    count = 1 if found[2] is None else int(found[2])
    return Point(found[1], count) if count or found[1] in ("frames", "bytes") else None


class Tap:
    """Stands between a session and its connection, and does something once a point is reached.

    Args:
        exchange: the session.
        at: the point.
        act: what to do there; the session goes on after it unless it raises.
    """

    def __init__(self, exchange: Exchange, at: Point, act: Callable[[], Awaitable[None]]) -> None:
        self._exchange = exchange
        self._at = at
        self._act = act
        self._seen: Counter[str] = Counter()

    async def receive(self) -> Message:
        """Receive a message of the client."""
        message = await self._exchange.receive()
        if message["type"] == "websocket.receive" and _is_finish(content_of(message.get("text"))):
            await self._pass("after-finish")
        return message

    async def send(self, message: Message) -> None:
        """Send a message of the server."""
        kind = kind_of(message)
        if kind == "audio":
            message = await self._count(message)
        else:
            await self._pass(f"before-{kind}")
        await self._exchange.send(message)
        await self._pass(f"after-{kind}")

    async def _pass(self, name: str) -> None:
        self._seen[name] += 1
        if self._at == (name, self._seen[name]):
            await self._act()

    async def _count(self, message: Message) -> Message:
        """Act if this audio goes beyond the point, and return what is left of it to send."""
        data = message["bytes"]
        before = {"frames": self._seen["frames"], "bytes": self._seen["bytes"]}
        self._seen += Counter(frames=1, bytes=len(data))
        if self._at == ("frames", before["frames"]):
            await self._act()
        if self._at.name == "bytes" and before["bytes"] <= self._at.number < self._seen["bytes"]:
            cut = self._at.number - before["bytes"]
            if cut:
                await self._exchange.send({**message, "bytes": data[:cut]})
            await self._act()
            return {**message, "bytes": data[cut:]}
        return message


def kind_of(message: Message) -> str:
    """Return what a message of the server is: `accept`, `audio`, `close`, or the type that it has."""
    if message["type"] != "websocket.send":
        return str(message["type"]).removeprefix("websocket.")
    if message.get("bytes") is not None:
        return "audio"
    content = content_of(message["text"])
    if "durations" in content:
        return "timestamps"
    return f"{content['complete']}_complete" if "complete" in content else str(content.get("type", "error"))


def _is_finish(content: dict[str, Any]) -> bool:
    return any(each.get("type") == "finish" for each in CLASSIC.read(content))


def content_of(text: str | None) -> dict[str, Any]:
    """Return the fields of a message, none if it is no JSON object."""
    with suppress(ValueError, RecursionError):
        value: Any = json.loads(text or "")
        if isinstance(value, dict):
            return cast("dict[str, Any]", value)
    return {}
