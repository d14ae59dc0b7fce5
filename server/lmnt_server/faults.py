"""Failures on demand, for tests of clients: what the request header `x-lmnt-fault` asks for, the response suffers.

The header holds one fault, perhaps with a value, and conditions after semicolons:

| `x-lmnt-fault`      | What happens                                                                                   |
|---------------------|------------------------------------------------------------------------------------------------|
| `raise`             | the application fails before it responds: 500                                                  |
| `status=503`        | an error response with this status, 400 to 599                                                 |
| `raise-after=20000` | the application fails after exactly 20000 bytes of body: HTTP/2 is reset, an HTTP/1.1 body cut |
| `stall-after=20000` | exactly 20000 bytes of the body are sent, then nothing more until the client leaves            |
| `…;times=2`         | only the first two requests with this same header suffer it, counted for each API key          |

A body that has no more bytes than that is not harmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .description import lmnt
from .errors import ApiError, ClientGoneError, InjectedFault, invalid_request
from .validation import quoted

HEADER: Final = "x-lmnt-fault"


class Behaviour(Protocol):
    """How a fault changes one exchange: called in place of the application."""

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, as badly as was asked for."""
        ...


class Fault(NamedTuple):
    """A fault of the table: what makes its behaviour from its value, and the values it takes (None for none)."""

    behaviour: Callable[[int], Behaviour]
    values: range | None


class Faults:
    """The layer that obeys the header. Requests without it pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._suffered: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or do to it what its header asks for."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        text = headers.get(HEADER)
        if text is None:
            await self._app(scope, receive, send)
            return
        behaviour, times = parse(text)
        request = (headers.get("x-api-key", ""), text)
        if times is not None and self._suffered[request] >= times:
            await self._app(scope, receive, send)
            return
        self._suffered[request] += 1
        await behaviour(self._app, scope, receive, send)


def parse(text: str) -> tuple[Behaviour, int | None]:
    """Return the behaviour that a header asks for, and how many times (None for always).

    Raises:
        ApiError: 400, saying which part is not understood.
    """
    first, *conditions = [part.strip() for part in text.split(";")]
    name, equals, value = first.partition("=")
    fault = FAULTS.get(name)
    if fault is None:
        raise invalid_request(f"{HEADER}: there is no fault {quoted(name)}; there are {', '.join(FAULTS)}")
    if fault.values is None and equals:
        raise invalid_request(f"{HEADER}: {name} takes no value")
    number = 0 if fault.values is None else _number(name, value, fault.values)
    times: int | None = None
    for condition in conditions:
        key, _, amount = condition.partition("=")
        if key != "times":
            raise invalid_request(f"{HEADER}: there is no condition {quoted(key)}; there is times")
        times = _number(key, amount, _TIMES)
    return fault.behaviour(number), times


_TIMES: Final = range(1, 1_000_000)
_BYTES: Final = range(1_000_000_000)


def _number(name: str, text: str, allowed: range) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if number not in allowed:
        raise invalid_request(
            f"{HEADER}: {name} takes a whole number from {allowed.start} to {allowed.stop - 1}; got {quoted(text)}"
        )
    return number


def _raise(_: int) -> Behaviour:
    async def behave(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - a Behaviour
        raise InjectedFault("the request asked for a failure before the response")

    return behave


def _status(status: int) -> Behaviour:
    types = {each: type for type, each in lmnt().status_of_error.items()}
    other = "internal_server_error" if status >= 500 else "invalid_request_error"

    async def behave(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - a Behaviour
        message = f"The request asked for status {status}."
        raise ApiError(types.get(status, other), message, status=status)

    return behave


def _raise_after(limit: int) -> Behaviour:
    async def behave(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if await _sent_all(app, scope, receive, send, limit):
            return
        raise InjectedFault(f"the request asked for a failure after {limit} bytes of the body")

    return behave


def _stall_after(limit: int) -> Behaviour:
    async def behave(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if await _sent_all(app, scope, receive, send, limit):
            return
        while (await receive())["type"] != "http.disconnect":
            pass
        raise ClientGoneError

    return behave


FAULTS: Final[Mapping[str, Fault]] = {
    "raise": Fault(_raise, None),
    "status": Fault(_status, range(400, 600)),
    "raise-after": Fault(_raise_after, _BYTES),
    "stall-after": Fault(_stall_after, _BYTES),
}
"""Every fault by its name."""


async def _sent_all(app: ASGIApp, scope: Scope, receive: Receive, send: Send, limit: int) -> bool:
    """Run the application until exactly `limit` bytes of its body were sent; return whether it had no more."""
    left = limit
    cut = False

    async def send_up_to(message: Message) -> None:
        nonlocal left, cut
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            if len(body) > left:
                cut = True
                # Sent even when empty: it takes the status and headers along, which the host holds back until then.
                await send({**message, "body": body[:left], "more_body": True})
                left = 0
                raise InjectedFault  # stops the application, whose work nobody will see
            left -= len(body)
        await send(message)

    try:
        await app(scope, receive, send_up_to)
    except Exception:
        if not cut:
            raise
    return not cut
