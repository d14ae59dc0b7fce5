"""Failures on demand, for tests of clients: what a request asks for, its response suffers.

A fault is a text: its name, perhaps with a value, and then details and conditions after semicolons, such as
`status=503; body=html; retry-after=0; times=1`. It is given with one request, in the header `x-lmnt-fault`, or for all
requests of a process (`--fault`), where the header may still ask for another one.

| Fault             | What happens                                                                                     |
|-------------------|--------------------------------------------------------------------------------------------------|
| `none`            | nothing: for one request to a process that has a fault                                           |
| `raise`           | the application fails before it responds: 500                                                    |
| `stall`           | no answer, until the client leaves                                                               |
| `status=503`      | this status, 200 to 599, whatever was asked for; details `body`, `retry-after`, `retry-after-ms` |
| `redirect=307`    | a redirect, 300 to 308; detail `location` (the same place if it has none)                        |
| `raise-after=N`   | the application fails after exactly N bytes: HTTP/2 is reset, an HTTP/1.1 body cut               |
| `stall-after=N`   | exactly N bytes of the body, then nothing more until the client leaves                           |
| `end-after=N`     | exactly N bytes of the body, then its end, in all order                                          |
| `drip=MS`         | all of the body, 1000 bytes at a time with so many milliseconds between                          |
| `nulls`           | a JSON answer with null in the place of each of its values                                       |
| `gzip`            | all of the body, compressed                                                                      |
| `not-gzip`        | all of the body, said to be compressed, which it is not                                          |
| `gzip-cut=N`      | a compressed body whose gzip stream stops after N bytes of content; HTTP ends in all order       |
| `gzip-garbage=N`  | a compressed body that goes over into garbage after N bytes of content                           |
| `count`           | no fault: a JSON object that says how many requests of this key had which fault                  |

A body that has no more bytes than N is not harmed. All of these fall upon both APIs, and the body of a `status` has the
shape of the one that was asked.

The handshake of a speech session can suffer `raise`, `stall`, `status` and `redirect` in place of being accepted. The
faults below are a session's own: HTTP requests do not suffer them, nor sessions those above that concern a body.

| Fault                | What happens                                                                                  |
|----------------------|-----------------------------------------------------------------------------------------------|
| `session-close=1011` | a close frame with this code, 1000 to 4999, and no more; 1005: with none; detail `reason`     |
| `session-error`      | an error message and its close; detail `type`, known or not (`internal_server_error`)         |
| `session-freeze`     | nothing more, until the client leaves; pings are answered                                     |
| `session-drop`       | the end of the TCP connection, with no close frame                                            |
| `session-cut`        | the same, inside a frame of audio                                                             |
| `session-send`       | one frame more, and then all as it should be; detail `frame` (`unknown`)                      |
| `session-lose`       | messages that never come; detail `message` (`flush_complete`)                                 |
| `session-twice`      | messages that come twice; detail `message` (`flush_complete`)                                 |
| `session-nonce=N`    | answers to flushes and resets whose nonce is N too great                                      |
| `session-drip=MS`    | so many milliseconds before each frame of audio                                               |

The first six have the detail `at`, the point where it happens: `after-accept` (before the first message is read),
`before-ready`, `after-ready` (which it is if nothing is said), `before-` or `after-` with `timestamps`,
`flush_complete` or `reset_complete`, `after-finish` (it has come, and what is left is not spoken), `before-close` (all
was sent, and the close with code 1000 was not). `before-flush_complete:2` is the second time, and so on. `frames:N` and
`bytes:N` are the point after exactly so many frames or bytes of audio, if there are more. A session that does not reach
the point is not harmed. `session-drop`, `session-cut` and 1005 need a system with `/dev/fd`, the last two no TLS.

| Detail or condition   | What it means                                                                             |
|-----------------------|-------------------------------------------------------------------------------------------|
| `body=html`           | the body of a `status`, a name of `lmnt_server.fault_bodies.BODIES`; `json` if not given  |
| `retry-after=5`       | this header, whatever its text is; `retry-after-ms` likewise                              |
| `location=/elsewhere` | this header, whatever its text is                                                         |
| `request-id=none`     | no `request-id` header; nor an id in the body of a `status`                               |
| `request-id=body`     | no `request-id` header; the body of a `status` has the id                                 |
| `at=bytes:5000`       | a point of a session, see above                                                           |
| `frame=not-json`      | a name of `lmnt_server.fault_sessions.FRAMES`                                             |
| `message=ready`       | the type of a message of the server                                                       |
| `type=rate_limit_error`, `reason=busy` | what the error and the close frame say                                   |
| `times=2`             | only the first two requests with this same fault suffer it, counted for each API key      |
| `every=10`            | only each tenth of these requests suffers it, and so on                                   |
| `path=/v1/ai/voice`   | only requests whose path begins so                                                        |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from . import fault_behaviours as behaviours
from . import fault_points as points
from . import fault_sessions as sessions
from .envelope import ANONYMOUS, REASON_BYTES
from .errors import invalid_request
from .fault_behaviours import Behaviour, Exchange, Told
from .fault_bodies import BODIES
from .keys import key_of
from .validation import quoted

HEADER: Final = "x-lmnt-fault"

COUNT: Final = "count"
"""The text that asks for the counts instead of a fault."""


class FaultSyntaxError(ValueError):
    """A text that is no fault; the message says which part is not understood."""


class Fault(NamedTuple):
    """A fault of the table.

    Args:
        behaviour: what it does.
        values: the values it takes, None for none.
        details: the details it takes.
        kinds: what can suffer it, by the type of the ASGI scope.
    """

    behaviour: Behaviour
    values: range | None = None
    details: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset({"http"})


class Wish(NamedTuple):
    """A fault as it was asked for."""

    fault: Fault
    told: Told
    times: int | None
    every: int
    path: str

    def meets(self, scope: Scope, number: int) -> bool:
        """Return whether a request suffers it, as the so-and-so-many-th that asks for it."""
        is_meant = scope["type"] in self.fault.kinds and scope["path"].startswith(self.path)
        return is_meant and (self.times is None or number <= self.times) and number % self.every == 0


_BYTES: Final = range(1_000_000_000)
_MILLISECONDS: Final = range(100_000)
_TIMES: Final = range(1, 1_000_000)

_CODES: Final = range(1000, 5000)
_ANY: Final = frozenset({"http", "websocket"})
_SESSION: Final = frozenset({"websocket"})

FAULTS: Final[Mapping[str, Fault]] = {
    "none": Fault(behaviours.untouched, kinds=_ANY),
    "raise": Fault(behaviours.fail, kinds=_ANY),
    "stall": Fault(behaviours.stall, kinds=_ANY),
    "status": Fault(behaviours.answer, range(200, 600), frozenset({"body", "retry-after", "retry-after-ms"}), _ANY),
    "redirect": Fault(behaviours.redirect, range(300, 309), frozenset({"location"}), _ANY),
    "raise-after": Fault(behaviours.fail_after, _BYTES),
    "stall-after": Fault(behaviours.stall_after, _BYTES),
    "end-after": Fault(behaviours.end_after, _BYTES),
    "drip": Fault(behaviours.drip, _MILLISECONDS),
    "nulls": Fault(behaviours.nulls),
    "gzip": Fault(behaviours.zipped),
    "not-gzip": Fault(behaviours.not_zipped),
    "gzip-cut": Fault(behaviours.zipped_cut, _BYTES),
    "gzip-garbage": Fault(behaviours.zipped_garbage, _BYTES),
    "session-close": Fault(sessions.close, _CODES, frozenset({"at", "reason"}), _SESSION),
    "session-error": Fault(sessions.error, None, frozenset({"at", "type"}), _SESSION),
    "session-freeze": Fault(sessions.freeze, None, frozenset({"at"}), _SESSION),
    "session-drop": Fault(sessions.drop, None, frozenset({"at"}), _SESSION),
    "session-cut": Fault(sessions.cut, None, frozenset({"at"}), _SESSION),
    "session-send": Fault(sessions.send, None, frozenset({"at", "frame"}), _SESSION),
    "session-lose": Fault(sessions.lose, None, frozenset({"message"}), _SESSION),
    "session-twice": Fault(sessions.twice, None, frozenset({"message"}), _SESSION),
    "session-nonce": Fault(sessions.nonce, _TIMES, kinds=_SESSION),
    "session-drip": Fault(sessions.drip, _MILLISECONDS, kinds=_SESSION),
}
"""Every fault by its name."""


class Faults:
    """The layer that obeys.

    Args:
        app: the application that answers when nothing is wrong.
        fault: the fault of requests that ask for none; those are not touched if it is None.
        header: whether requests can ask for one.

    Raises:
        FaultSyntaxError: if `fault` is none.
    """

    def __init__(self, app: ASGIApp, *, fault: str | None = None, header: bool = True) -> None:
        self._app = app
        self._fault = fault
        self._header = header
        self._asked: Counter[tuple[str, str]] = Counter()
        if fault is not None:
            parse(fault)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or do to it what was asked for."""
        text = self._text(scope)
        if text is None:
            await self._app(scope, receive, send)
            return
        key = key_of(Headers(scope=scope))
        if text == COUNT:
            counts = {asked: number for (each, asked), number in self._asked.items() if each == key}
            await JSONResponse(counts)(scope, receive, send)
            return
        try:
            wish = parse(text)
        except FaultSyntaxError as error:
            raise invalid_request(f"{HEADER}: {error}") from error
        self._asked[key, text] += 1
        exchange = Exchange(self._app, scope, receive, send)
        if not wish.meets(scope, self._asked[key, text]):
            await behaviours.untouched(exchange, wish.told)
            return
        scope[ANONYMOUS] = "request-id" in wish.told.details
        await wish.fault.behaviour(exchange, wish.told)

    def _text(self, scope: Scope) -> str | None:
        if scope["type"] == "lifespan":
            return None
        asked = Headers(scope=scope).get(HEADER) if self._header else None
        return self._fault if asked is None else asked


def parse(text: str) -> Wish:
    """Return what a text asks for.

    Raises:
        FaultSyntaxError: if it cannot be understood.
    """
    first, *conditions = [part.strip() for part in text.split(";")]
    name, equals, value = first.partition("=")
    fault = FAULTS.get(name)
    if fault is None:
        raise FaultSyntaxError(f"there is no fault {quoted(name)}; there are {', '.join(FAULTS)}")
    if fault.values is None and equals:
        raise FaultSyntaxError(f"{name} takes no value")
    number = 0 if fault.values is None else _number(name, value, fault.values)
    allowed = fault.details | _ALWAYS
    details: dict[str, str] = {}
    for condition in conditions:
        key, _, amount = condition.partition("=")
        if key not in allowed:
            raise FaultSyntaxError(f"{name} has no condition {quoted(key)}; it has {', '.join(sorted(allowed))}")
        _CHECKS.get(key, _anything)(key, amount)
        details[key] = amount
    times = int(details.pop("times")) if "times" in details else None
    every = int(details.pop("every", 1))
    return Wish(fault, Told(number, details), times, every, details.pop("path", ""))


_ALWAYS: Final = frozenset({"times", "every", "path", "request-id"})


def _number(name: str, text: str, allowed: range) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if number not in allowed:
        raise FaultSyntaxError(
            f"{name} takes a whole number from {allowed.start} to {allowed.stop - 1}; got {quoted(text)}"
        )
    return number


def _one_of(names: Mapping[str, object]) -> Callable[[str, str], None]:
    def check(name: str, text: str) -> None:
        if text not in names:
            raise FaultSyntaxError(f"{name} is one of {', '.join(names)}; got {quoted(text)}")

    return check


def _times(name: str, text: str) -> None:
    _number(name, text, _TIMES)


def _point(name: str, text: str) -> None:
    if points.point(text) is None:
        known = ", ".join(points.POINTS)
        raise FaultSyntaxError(f"{name} is one of {known}, with a number after a colon or without; got {quoted(text)}")


def _reason(name: str, text: str) -> None:
    if len(text.encode()) > REASON_BYTES:
        raise FaultSyntaxError(f"{name} may have at most {REASON_BYTES} bytes; got {len(text.encode())}")


def _header(name: str, text: str) -> None:
    if not text.isascii():
        raise FaultSyntaxError(f"{name} is a header, which holds ASCII; got {quoted(text)}")


def _anything(_: str, __: str) -> None:
    pass


_CHECKS: Final[Mapping[str, Callable[[str, str], None]]] = {
    "times": _times,
    "every": _times,
    "body": _one_of(BODIES),
    "request-id": _one_of({"none": None, "body": None}),
    "at": _point,
    "frame": _one_of(sessions.FRAMES),
    "message": _one_of(dict.fromkeys(points.MESSAGES)),
    "reason": _reason,
    **dict.fromkeys(("location", "retry-after", "retry-after-ms"), _header),
}
