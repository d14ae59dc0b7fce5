"""The bodies that a `status` fault can answer with: the API's own error envelope, and what else is met in the wild."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from .errors import ApiError, Shape

HUGE: Final = 10_000_000
"""Bytes of the message in the body `huge`."""


class Error(NamedTuple):
    """The facts that an error body tells."""

    type: str
    message: str
    request_id: str | None
    shape: Shape


class Body(NamedTuple):
    """A body of the table: what it is, its content type (None for no such header), and what makes it."""

    what: str
    content_type: str | None
    content: Callable[[Error], bytes]


def _envelope(error: Error) -> dict[str, object]:
    return error.shape(ApiError(error.type, error.message), error.request_id)


def _json(error: Error) -> bytes:
    return json.dumps(_envelope(error)).encode()


def _html(error: Error) -> bytes:
    return f"<!doctype html><html><head><title>{error.type}</title></head><body>{error.message}</body></html>".encode()


def _accented(error: Error) -> str:
    return json.dumps(_envelope(error._replace(message=f"Ça a échoué. {error.message}")), ensure_ascii=False)


def _nothing(_: Error) -> bytes:
    return b""


def _plain(error: Error) -> bytes:
    return error.message.encode()


def _half(error: Error) -> bytes:
    whole = _json(error)
    return whole[: len(whole) // 2]


def _latin1(error: Error) -> bytes:
    return _accented(error).encode("latin-1")


def _utf8(error: Error) -> bytes:
    return _accented(error).encode()


def _huge(error: Error) -> bytes:
    return _json(error._replace(message="x" * HUGE))


def _fixed(value: object) -> Callable[[Error], bytes]:
    content = json.dumps(value).encode()

    def make(_: Error) -> bytes:
        return content

    return make


_JSON: Final = "application/json"

BODIES: Final[Mapping[str, Body]] = {
    "json": Body("the envelope of the API's errors page", _JSON, _json),
    "empty": Body("nothing at all", None, _nothing),
    "html": Body("a page, as a proxy sends it", "text/html; charset=utf-8", _html),
    "plain": Body("a line of text", "text/plain; charset=utf-8", _plain),
    "truncated": Body("the first half of the envelope", _JSON, _half),
    "text": Body('`{"error": "…"}`, a text where the envelope has an object', _JSON, _fixed({"error": "Invalid key"})),
    "detail": Body(
        '`{"detail": […]}`, as web frameworks say what is wrong with a field',
        _JSON,
        _fixed({"detail": [{"loc": ["body", "text"], "msg": "Field required", "type": "missing"}]}),
    ),
    "message": Body('`{"message": "…"}`', _JSON, _fixed({"message": "Service down", "status": 503})),
    "shape": Body("JSON of a shape that nobody has heard of", _JSON, _fixed({"unheard": {"of": [1, 2, 3]}})),
    "null": Body("`null`", _JSON, _fixed(None)),
    "list": Body("a list", _JSON, _fixed(["not", "an", "object"])),
    "latin1": Body(
        "the envelope in ISO 8859-1, said to be UTF-8",
        "application/json; charset=utf-8",
        _latin1,
    ),
    "charset": Body(
        "the envelope, in a character set that does not exist",
        "application/json; charset=utf-99",
        _utf8,
    ),
    "huge": Body(f"an envelope with a message of {HUGE:,} bytes", _JSON, _huge),
}
"""Every body by its name."""
