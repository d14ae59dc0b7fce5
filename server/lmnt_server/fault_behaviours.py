"""What each fault does to one exchange. A behaviour takes the place of the application and may call it."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple, cast

import anyio
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .description import lmnt
from .envelope import REQUEST_ID
from .errors import ERROR_SHAPE, ClientGoneError, InjectedFault
from .fault_bodies import BODIES, Error

PIECE: Final = 1000
"""Bytes that `drip` sends at a time."""


class Exchange(NamedTuple):
    """One request on its way to the application: what an ASGI application is called with, and that application."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send


class Told(NamedTuple):
    """What the fault was told: its value (0 if it takes none) and its details, by name."""

    value: int
    details: Mapping[str, str]


Behaviour = Callable[[Exchange, Told], Awaitable[None]]


async def untouched(exchange: Exchange, _: Told) -> None:
    """Let the application answer."""
    await exchange.app(exchange.scope, exchange.receive, exchange.send)


async def fail(exchange: Exchange, _: Told) -> None:
    """Fail before the response."""
    await _request_read(exchange)
    raise InjectedFault("the request asked for a failure before the response")


async def stall(exchange: Exchange, _: Told) -> None:
    """Never answer."""
    await _until_the_client_leaves(exchange)


async def answer(exchange: Exchange, told: Told) -> None:
    """Answer with a status and a body of the tables, whatever was asked for."""
    await _request_read(exchange)
    types = {status: type for type, status in lmnt().status_of_error.items()}
    type = types.get(told.value, "internal_server_error" if told.value >= 500 else "invalid_request_error")
    no_id = told.details.get("request-id") == "none"
    request_id = None if no_id else exchange.scope[REQUEST_ID]
    error = Error(type, f"The request asked for status {told.value}.", request_id, exchange.scope[ERROR_SHAPE])
    body = BODIES[told.details.get("body", "json")]
    headers = {name: told.details[name] for name in ("retry-after", "retry-after-ms") if name in told.details}
    if body.content_type is not None:
        headers["content-type"] = body.content_type
    response = Response(body.content(error), told.value, headers)
    await response(exchange.scope, exchange.receive, exchange.send)


async def redirect(exchange: Exchange, told: Told) -> None:
    """Send the client elsewhere; without a location, to where it came from."""
    await _request_read(exchange)
    location = told.details.get("location", exchange.scope["path"])
    await Response(b"", told.value, {"location": location})(exchange.scope, exchange.receive, exchange.send)


async def fail_after(exchange: Exchange, told: Told) -> None:
    """Fail in the body."""

    async def then() -> None:
        raise InjectedFault(f"the request asked for a failure after {told.value} bytes of the body")

    await _up_to(exchange, told.value, then)


async def stall_after(exchange: Exchange, told: Told) -> None:
    """Stop sending in the body."""
    # Inside the application, which notices by itself that the client has left.
    await _up_to(exchange, told.value, anyio.sleep_forever)


async def end_after(exchange: Exchange, told: Told) -> None:
    """End the body early, in all order."""
    exchange = exchange._replace(send=_without_length(exchange.send))
    await _up_to(exchange, told.value, lambda: exchange.send(_LAST))


async def drip(exchange: Exchange, told: Told) -> None:
    """Send the body slowly."""

    async def send_slowly(message: Message) -> None:
        body = message.get("body", b"")
        for start in range(0, len(body), PIECE):
            await exchange.send({**_MORE, "body": body[start : start + PIECE]})
            await anyio.sleep(told.value / 1000)
        await exchange.send({**message, "body": b""} if body else message)

    await exchange.app(exchange.scope, exchange.receive, send_slowly)


async def nulls(exchange: Exchange, _: Told) -> None:
    """Put null in the place of each value of a JSON answer."""
    start: Message = {}
    content = b""

    async def keep(message: Message) -> None:
        nonlocal content
        if message["type"] == "http.response.start":
            start.update(message)
        content += message.get("body", b"")

    await exchange.app(exchange.scope, exchange.receive, keep)
    await _without_length(exchange.send)(start)
    await exchange.send({**_LAST, "body": _nulled(content)})


def _nulled(content: bytes) -> bytes:
    try:
        value: object = json.loads(content)
    except ValueError:
        return content
    if isinstance(value, list):
        return json.dumps([None] * len(cast("list[object]", value))).encode()
    return json.dumps(dict.fromkeys(cast("dict[str, object]", value))).encode()


async def zipped(exchange: Exchange, _: Told) -> None:
    """Compress the body as it should be."""
    await exchange.app(exchange.scope, exchange.receive, _Gzip(exchange.send))


async def not_zipped(exchange: Exchange, _: Told) -> None:
    """Say that the body is compressed, which it is not."""
    await exchange.app(exchange.scope, exchange.receive, _declared_gzip(exchange.send))


async def zipped_cut(exchange: Exchange, told: Told) -> None:
    """End a compressed body early, in all order of HTTP, in no order of gzip."""
    zipping = exchange._replace(send=_Gzip(exchange.send))
    await _up_to(zipping, told.value, lambda: exchange.send(_LAST))


async def zipped_garbage(exchange: Exchange, told: Told) -> None:
    """Let a compressed body go over into garbage."""
    zipping = exchange._replace(send=_Gzip(exchange.send))
    # 11 as the type of a block is an error in any deflate stream (RFC 1951 section 3.2.3).
    await _up_to(zipping, told.value, lambda: exchange.send({**_LAST, "body": b"\xff" * 1000}))


_MORE: Final = {"type": "http.response.body", "body": b"", "more_body": True}
_LAST: Final = {"type": "http.response.body", "body": b"", "more_body": False}


def _without_length(send: Send) -> Send:
    async def send_without_length(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [pair for pair in message.get("headers", ()) if pair[0].lower() != b"content-length"]
            message = {**message, "headers": headers}
        await send(message)

    return send_without_length


def _declared_gzip(send: Send) -> Send:
    async def send_declared(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"content-encoding", b"gzip")]}
        await send(message)

    return send_declared


class _Gzip:
    """A `send` that compresses; each piece that goes in comes out at once."""

    def __init__(self, send: Send) -> None:
        self._send = _declared_gzip(_without_length(send))
        self._zip = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            end = zlib.Z_SYNC_FLUSH if message.get("more_body", False) else zlib.Z_FINISH
            message = {**message, "body": self._zip.compress(message.get("body", b"")) + self._zip.flush(end)}
        await self._send(message)


async def _request_read(exchange: Exchange) -> None:
    """Read all of the request: an answer that comes earlier can be lost, as the host then closes the connection."""
    while (message := await exchange.receive())["type"] == "http.request" and message.get("more_body", False):
        pass


async def _until_the_client_leaves(exchange: Exchange) -> None:
    while not (await exchange.receive())["type"].endswith(".disconnect"):
        pass
    raise ClientGoneError


class _CutError(Exception):
    """Stops the application, whose work nobody will see."""


async def _up_to(exchange: Exchange, limit: int, then: Callable[[], Awaitable[None]]) -> None:
    """Run the application until exactly `limit` bytes of its body were sent; if there are more, do something else."""
    left = limit

    async def send_up_to(message: MutableMapping[str, Any]) -> None:
        nonlocal left
        body = message.get("body", b"")
        if len(body) > left:
            # Sent even when empty: it takes the status and headers along, which the host holds back until then.
            await exchange.send({**message, "body": body[:left], "more_body": True})
            await then()
            raise _CutError
        left -= len(body)
        await exchange.send(message)

    with contextlib.suppress(_CutError):
        await exchange.app(exchange.scope, exchange.receive, send_up_to)
