"""How clients of LMNT's earlier versions say what those of 1.1 and 1.2 say, and what they understand in return.

A session's dialect is told by its first message: one with a `type`, or with an `lmnt-version` of 1.1 or later, is of
today's; of the others those with `protocol_version` 2 are of the clients 2.2 to 2.5, and the rest of 1.0. What a client
does not know, such as `ready`, is not sent to it. Over HTTP earlier names of fields and values are taken for today's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from .errors import ApiError, Shape, lmnt_error

Content = dict[str, Any]
"""A message of a session, or the body of a request."""


class Dialect(NamedTuple):
    """What differs from today's messages.

    Args:
        name: what it is called in the documents.
        opened: returns the first message as today's.
        read: returns the messages of today's that one of the client's later ones stands for; none if it is unknown.
        said: returns a message of the server as the client knows it, or None if it knows none such.
        error: how it is told an error.
        times_first: whether the times of a piece of audio come before it, each piece counting from 0, and at no other
            time.
    """

    name: str
    opened: Callable[[Content], Content]
    read: Callable[[Content], list[Content]]
    said: Callable[[Content], Content | None]
    error: Shape
    times_first: bool


def dialect_of(first: Content) -> Dialect:
    """Return the dialect of a session from its first message."""
    if "type" in first or first.get("lmnt-version", "1.0") != "1.0":
        return TYPED
    return COMMANDS if first.get("protocol_version") == 2 else CLASSIC


def older_body(body: Any) -> Any:
    """Return the body of a request to speak with the earlier names of fields and values as today's."""
    if not isinstance(body, dict):
        return body
    found = cast("Content", body)
    if "format" not in found and "response_format" in found:
        found = {**found, "format": found["response_format"]}
    if "return_timestamps" not in found and "return_durations" in found:
        found = {**found, "return_timestamps": found["return_durations"]}
    return _renamed(found, _BODIES)


_BODIES: Final[Mapping[str, Mapping[str, str]]] = {
    "format": {"raw": "pcm_f32le", "mulaw": "ulaw"},
    "model": {"aurora": "blizzard"},
}

_SESSIONS: Final[Mapping[str, Mapping[str, str]]] = {"format": {"raw": "pcm_s16le", "mulaw": "ulaw"}}
"""In sessions `raw` was 16-bit samples, and floating point ones over HTTP."""


def _renamed(content: Content, names: Mapping[str, Mapping[str, str]]) -> Content:
    changes = {
        field: values[content[field]]
        for field, values in names.items()
        if isinstance(content.get(field), str) and content[field] in values
    }
    return {**content, **changes} if changes else content


def _same(message: Content) -> Content:
    return message


def _alone(message: Content) -> list[Content]:
    return [message]


def _opened(first: Content) -> Content:
    """Those clients write numbers and truth as texts."""
    init = dict(first)
    rate = init.get("sample_rate")
    if isinstance(rate, str) and rate.isascii() and rate.isdigit():
        init["sample_rate"] = int(rate)
    if any(str(init.get(field)).lower() == "true" for field in ("return_extras", "send_extras")):
        init["return_timestamps"] = True
    return _renamed(init, _SESSIONS)


def _read(message: Content) -> list[Content]:
    if "type" in message:
        return [message]
    found: list[Content] = []
    if "text" in message:
        found.append({"type": "text", "text": message["text"]})
    command = message.get("command")
    if command in ("flush", "reset"):
        found.append({**message, "type": command})
    elif message.get("flush") is True:
        found.append({"type": "flush", "nonce": 0})
    if command == "eof" or message.get("eof") is True:
        found.append({"type": "finish"})
    return found


def _said_with_times(message: Content) -> Content | None:
    """A `timestamps` message has a `buffer_empty` here."""
    if message["type"] != "timestamps":
        return None
    return {"durations": message["timestamps"], "buffer_empty": message["buffer_empty"]}


def _said_with_answers(message: Content) -> Content | None:
    kind, _, rest = str(message["type"]).partition("_")
    return {"complete": kind, "nonce": message["nonce"]} if rest == "complete" else _said_with_times(message)


def _sentence(error: ApiError, request_id: str | None) -> dict[str, object]:  # noqa: ARG001  # it had none
    return {"error": error.message}


TYPED: Final = Dialect("1.2", _same, _alone, _same, lmnt_error, times_first=False)
COMMANDS: Final = Dialect("protocol_version 2", _opened, _read, _said_with_answers, _sentence, times_first=True)
CLASSIC: Final = Dialect("1.0", _opened, _read, _said_with_times, _sentence, times_first=True)
