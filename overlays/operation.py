"""One call as data: what a generated `build` function makes of its arguments, and how the answer is to be read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Generic, NamedTuple, TypeAlias, TypeVar, cast
from urllib.parse import quote

from .bodies import RequestBody
from .codec import Codec, MismatchError, at
from .errors import InvalidArgumentError
from .model import ResultText
from .omit import Omit
from .options import field_value
from .values import sendable

T = TypeVar("T")


class Text(Enum):
    """The body of a success is a text, in the character set that it names."""

    TEXT = auto()


class Nothing(Enum):
    """A success has no body."""

    NOTHING = auto()


TEXT, NOTHING = Text.TEXT, Nothing.NOTHING


class ByStatus(NamedTuple, Generic[T]):
    """The body of a success depends on its status; `2XX` stands for every status that has no line of its own."""

    readers: Mapping[int | str, Codec[T] | Text | Nothing]


Reader: TypeAlias = Codec[T] | Text | Nothing | ByStatus[T]
"""How the body of a success is read: as JSON, as a text, not at all, or as its status says."""


def read_success(reader: Reader[T], status_code: int, content: bytes, text: Callable[[bytes], str]) -> object:
    """Read the body of a success; raises MismatchError, or ValueError if it is no JSON."""
    if isinstance(reader, ByStatus):
        found = reader.readers.get(status_code) or reader.readers.get("2XX")
        if found is None:
            known = ", ".join(str(status) for status in reader.readers)
            raise MismatchError(f"a success with status {known}", None, found=str(status_code))
        return read_success(found, status_code, content, text)
    if isinstance(reader, Text):
        return ResultText(text(content))
    if isinstance(reader, Nothing):
        return None
    return reader.read(json.loads(content))


class Operation(NamedTuple, Generic[T]):
    """A call that is ready to be sent: checked, encoded, and not bound to any client.

    Args:
        id: The operationId.
        method: The HTTP method.
        path: The path, percent-encoded.
        accept: The media type asked for.
        result: How the body of a success is read; None for one that is handed out as bytes.
        retry_safe: Whether the call may be repeated once the request may have reached the server.
        query: Query parameters by name, in order, as text.
        headers: Headers by name.
        cookies: Cookies by name.
        body: The request body.
        media_type: What the body of a success will be, as far as the arguments tell.
        sends_key: Whether the key goes with it.
    """

    id: str
    method: str
    path: str
    accept: str
    result: Reader[T] | None
    retry_safe: bool
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}
    body: RequestBody = None
    media_type: str = ""
    sends_key: bool = True


class arguments_of:  # noqa: N801  # a context manager, as `suppress` is
    """Name the operation in what is wrong with its arguments."""

    __slots__ = ("_operation_id",)

    def __init__(self, operation_id: str) -> None:
        self._operation_id = operation_id

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, MismatchError):
            raise InvalidArgumentError(f"{self._operation_id}: {error}") from error.__cause__


def path(template: str, values: Mapping[str, tuple[object, Codec[object], Sequence[str]]]) -> str:
    """Fill a path template; each value becomes exactly one segment (RFC 3986 section 3.3).

    Args:
        template: The path of the description.
        values: By name: the value, its kind, and the texts that would make it the path of another operation.
    """
    segments: dict[str, str] = {}
    for name, (value, codec, taken) in values.items():
        segment = _simple(name, value, codec)
        if segment in ("", ".", ".."):
            raise MismatchError("a text that can stand in a path", segment).under(name)
        if segment in taken:
            raise MismatchError("another text, since this one leads to another operation", segment).under(name)
        segments[name] = quote(segment, safe="")
    return re.sub(r"\{([^{}]*)\}", lambda match: segments[match[1]], template)


class Encoded(str):
    """The value of a query parameter that is percent-encoded already."""

    __slots__ = ()


Parameter: TypeAlias = tuple[object, Codec[object]] | tuple[object, Codec[object], str]
"""A value, its kind and, for an array that does not repeat its name, what stands between its items."""


def query(values: Mapping[str, Parameter]) -> list[tuple[str, str]]:
    """Encode query parameters; those that are `omit` or None are left out, arrays repeat their name."""
    pairs: list[tuple[str, str]] = []
    for name, given in values.items():
        value, codec, separator = given if len(given) == 3 else (*given, "")
        pairs += query_pairs(name, value, codec, separator)
    return pairs


def query_pairs(name: str, value: object, codec: Codec[object], separator: str = "") -> list[tuple[str, str]]:
    """Encode one query parameter."""
    if value is None or isinstance(value, Omit):
        return []
    items = _items(name, value, codec)
    if not separator:
        return [(name, item) for item in items]
    # An item may hold the separator: only the separator itself stands as it is (RFC 6570 section 3.2.8).
    joined = (separator if separator == "," else quote(separator)).join(quote(item, safe="") for item in items)
    return [(name, Encoded(joined))] if items else []


def _items(name: str, value: object, codec: Codec[object]) -> list[str]:
    written = at(name, codec.write, value)
    items = cast("Sequence[object]", written) if isinstance(written, list | tuple) else [written]
    return [sendable(name, item) for item in items]


def _simple(name: str, value: object, codec: Codec[object]) -> str:
    """Return a value as one text, the items of an array with a comma between them (OpenAPI's style `simple`)."""
    items = _items(name, value, codec)
    if len(items) > 1 and (held := next((item for item in items if "," in item), None)) is not None:
        raise MismatchError("texts without a comma, which stands between them", held).under(name)
    return ",".join(items)


def headers(values: Mapping[str, tuple[object, Codec[object]]]) -> dict[str, str]:
    """Encode header parameters; those that are `omit` or None are left out."""
    return {
        name.lower(): field_value(name, _simple(name, value, codec))
        for name, (value, codec) in values.items()
        if value is not None and not isinstance(value, Omit)
    }


def cookies(values: Mapping[str, tuple[object, Codec[object]]]) -> dict[str, str]:
    """Encode cookie parameters; those that are `omit` or None are left out."""
    return {
        quote(name, safe=_COOKIE_NAME): quote(_simple(name, value, codec), safe=_COOKIE_VALUE)
        for name, (value, codec) in values.items()
        if value is not None and not isinstance(value, Omit)
    }


_COOKIE_NAME = "!#$&'*+^`|~"
_COOKIE_VALUE = "!#$&'()*+/:<=>?@[]^`{|}~,"
"""What may stand in a cookie beside letters, digits and `-._~` (RFC 6265 section 4.1.1)."""


def media_type(chosen: object, default: object, media_types: Mapping[str, str]) -> str:
    """Return the media type that a format stands for; empty for one that the description does not know."""
    return media_types.get(str(default if isinstance(chosen, Omit) else chosen), "")
