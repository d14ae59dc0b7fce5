"""What each fault does to one speech session. A behaviour takes the place of the application and may call it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio
from starlette.types import Message

from .connection import Connection, connection_of
from .description import lmnt
from .errors import ApiError, ClientGoneError, InjectedFault
from .fault_behaviours import Exchange, Told
from .fault_points import Point, Tap, content_of, kind_of, point

# RFC 6455 section 5.2: a close frame with no body, and a binary frame of 1000 bytes that has half of them.
_EMPTY_CLOSE: Final = b"\x88\x00"
_HALF_A_FRAME: Final = b"\x82\x7e\x03\xe8" + bytes(500)

_UNKNOWN: Final = '{"type": "weather_report", "sky": "blue", "wind": {"knots": 5}}'

FRAMES: Final[Mapping[str, str | bytes]] = {
    "unknown": _UNKNOWN,
    "no-audio": b"",
    "no-timestamps": '{"type": "timestamps"}',
    "huge": f'{{"type": "weather_report", "sky": "{"x" * 2_000_000}"}}',
    "empty": "",
    "text": "hello",
    "not-json": '{"type": "flush_complete", "nonce": ',
    "null": "null",
    "number": "5",
    "list": '[{"type": "flush_complete", "nonce": 1}]',
    "deep": "[" * 100_000,
    "no-type": '{"nonce": 1}',
    "type-number": '{"type": 7}',
    "nonce-text": '{"type": "flush_complete", "nonce": "one"}',
    "nonce-missing": '{"type": "flush_complete"}',
    "nonce-stray": '{"type": "flush_complete", "nonce": 424242}',
    "timestamps-text": '{"type": "timestamps", "timestamps": "soon"}',
    "timestamps-null": '{"type": "timestamps", "timestamps": [{"text": "a", "start": null, "duration": 0}]}',
    "ready-again": '{"type": "ready", "request_id": "req_another"}',
    "error-text": '{"type": "error", "error": "Invalid API key"}',
}
"""Every frame that `session-send` can send, by its name; a client can read the first four."""


async def close(exchange: Exchange, told: Told) -> None:
    """Close with a code and nothing before it; 1005 stands for a close frame without a code."""

    async def then() -> None:
        if told.value == 1005:
            with _connection(exchange) as connection:
                await _write(exchange, connection, _EMPTY_CLOSE)
                await connection.linger()
            return
        reason = told.details.get("reason", "")
        await exchange.send({"type": "websocket.close", "code": told.value, "reason": reason})

    await _up_to_the_point(exchange, told, then)


async def error(exchange: Exchange, told: Told) -> None:
    """Send an error message, and close with the code of its type."""
    type = told.details.get("type", "internal_server_error")

    async def then() -> None:
        status = lmnt().status_of_error.get(type, 500)
        raise ApiError(type, f"The session asked for a failure of the type {type}.", status=status)

    await _up_to_the_point(exchange, told, then)


async def freeze(exchange: Exchange, told: Told) -> None:
    """Say nothing more, whatever the client says; pings are answered."""

    async def then() -> None:
        while (await exchange.receive())["type"] != "websocket.disconnect":
            pass
        raise ClientGoneError

    await _up_to_the_point(exchange, told, then)


async def drop(exchange: Exchange, told: Told) -> None:
    """End the TCP connection, with no close frame."""

    async def then() -> None:
        with _connection(exchange) as connection:
            await connection.linger()
        raise ClientGoneError

    await _up_to_the_point(exchange, told, then)


async def cut(exchange: Exchange, told: Told) -> None:
    """End the TCP connection inside a frame of audio."""

    async def then() -> None:
        with _connection(exchange) as connection:
            await _write(exchange, connection, _HALF_A_FRAME)
            await connection.linger()
        raise ClientGoneError

    await _up_to_the_point(exchange, told, then)


async def send(exchange: Exchange, told: Told) -> None:
    """Send a frame that does not belong there, and go on."""
    frame = FRAMES[told.details.get("frame", "unknown")]
    kind = "text" if isinstance(frame, str) else "bytes"
    tap = Tap(exchange, _point(told), lambda: exchange.send({"type": "websocket.send", kind: frame}))
    await exchange.app(exchange.scope, tap.receive, tap.send)


async def lose(exchange: Exchange, told: Told) -> None:
    """Never send the messages of a type."""
    await _edited(exchange, told, lambda _: [])


async def twice(exchange: Exchange, told: Told) -> None:
    """Send each message of a type twice."""
    await _edited(exchange, told, lambda content: [content, content])


async def nonce(exchange: Exchange, told: Told) -> None:
    """Answer flushes and resets with a number that is greater than theirs."""
    shifted = told._replace(details={"message": "flush_complete reset_complete"})
    await _edited(exchange, shifted, lambda content: [{**content, "nonce": content["nonce"] + told.value}])


async def drip(exchange: Exchange, told: Told) -> None:
    """Wait before each frame of audio."""

    async def send_slowly(message: Message) -> None:
        if kind_of(message) == "audio":
            await anyio.sleep(told.value / 1000)
        await exchange.send(message)

    await exchange.app(exchange.scope, exchange.receive, send_slowly)


class _CutError(Exception):
    """Stops the application, whose work nobody will see."""


def _connection(exchange: Exchange) -> Connection:
    connection = connection_of(exchange.scope)
    if connection is None:
        raise InjectedFault("the connection was not found among the open files of this process")
    return connection


async def _write(exchange: Exchange, connection: Connection, data: bytes) -> None:
    if exchange.scope["scheme"] in ("wss", "https"):
        raise InjectedFault("this fault cannot be had over TLS")
    await connection.write(data)


async def _up_to_the_point(exchange: Exchange, told: Told, then: Callable[[], Awaitable[None]]) -> None:
    """Run the application until the point, end it, and do something else; let it be if the point never comes."""

    async def stop() -> None:
        raise _CutError

    tap = Tap(exchange, _point(told), stop)
    try:
        await exchange.app(exchange.scope, tap.receive, tap.send)
    except _CutError:
        await then()


def _point(told: Told) -> Point:
    # The text was looked at when the fault was parsed.
    return point(told.details.get("at", "")) or Point("after-ready", 1)


async def _edited(exchange: Exchange, told: Told, edit: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> None:
    """Run the application with other messages in the place of those of a type."""
    kinds = told.details.get("message", "flush_complete").split()

    async def send_edited(message: Message) -> None:
        if kind_of(message) in kinds:
            for content in edit(content_of(message["text"])):
                await exchange.send({"type": "websocket.send", "text": json.dumps(content)})
        else:
            await exchange.send(message)

    await exchange.app(exchange.scope, exchange.receive, send_edited)
