"""One call as data: the request that a generated `build` makes of its arguments, and how the response is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar, cast
from urllib.parse import quote, unquote

from .. import description
from ..errors import InvalidArgumentError
from ..hints.omitted import Omit
from ..values.bodies import RequestBody
from ..values.codec import Codec, MismatchError, at
from ..values.header_fields import field_value
from ..values.parameter_styles import QueryStyle, as_cookies, expand, json_text, repeated, sendable
from ..values.results import ResultText

if TYPE_CHECKING:
    from .events import Items

T = TypeVar("T")


class Plain(Enum):
    """The body of a success is no JSON: a text, in the character set that the response names, or nothing."""

    TEXT = auto()
    NOTHING = auto()


TEXT, NOTHING = Plain.TEXT, Plain.NOTHING


class ByStatus(NamedTuple, Generic[T]):
    """The body of a success depends on its status; `2XX` stands for every status without an entry of its own."""

    readers: Mapping[int | str, Codec[T] | Plain]


Reader: TypeAlias = Codec[T] | Plain | ByStatus[T]
"""How the body of a success is read: as JSON, as text, not at all, or depending on its status."""


def read_success(reader: Reader[T], status_code: int, content: bytes, text: Callable[[bytes], str]) -> Any:
    """Read the body of a success; raises MismatchError, or ValueError if it is no JSON."""
    if isinstance(reader, Codec):
        return reader.read(json.loads(content))
    if isinstance(reader, ByStatus):
        found = reader.readers.get(status_code) or reader.readers.get(f"{status_code // 100}XX")
        if found is None:
            known = ", ".join(str(status) for status in reader.readers)
            raise MismatchError(f"a success with status {known}", None, found=str(status_code))
        return read_success(found, status_code, content, text)
    return ResultText(text(content)) if reader is TEXT else None


class Operation(NamedTuple, Generic[T]):
    """A call that is ready to be sent: checked, encoded, and not bound to any client.

    Args:
        id: The operationId.
        method: The HTTP method.
        path: The path, percent-encoded.
        accept: The value of the header Accept.
        result: How the body of a success is read; None if it is handed out as bytes.
        retry_safe: Whether the call may be repeated once the request may have reached the server.
        query: Query parameters by name, in order, as text.
        headers: Headers by name.
        cookies: Cookies by name.
        body: The request body.
        media_type: The media type of a success, if the arguments determine it.
        errors: Returns how the bodies of errors are read, by status, by range such as `4XX`, or `default`.
        redirects: The redirect statuses, or ranges, that are a success of this operation and are not followed.
        partial: Whether a success may be a 206 that no range was asked for, since the description has one.
        server: The URL of the operation's own server, as in the description.
        needs: The alternative sets of security schemes; an empty set needs no credentials.
        url: Its URL, if that is not below the base URL.
        made: Makes the value that is returned from the result and the reply; None returns the result itself.
        items: How the body of a success is read as a stream of items; None if it is no stream.
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
    errors: Callable[[], Mapping[int | str, Codec[Any]]] = dict
    redirects: frozenset[int | str] = frozenset()
    partial: bool = False
    server: str = ""
    needs: Sequence[Sequence[str]] = description.NEEDS
    url: str = ""
    made: Callable[[Any, Any], T] | None = None
    items: Items[Any] | None = None

    @property
    def media_types(self) -> list[str]:
        """The media types of Accept, without their parameters."""
        return [each.partition(";")[0].strip().lower() for each in self.accept.split(",")]

    def succeeds(self, status_code: int) -> bool:
        """Whether a status is that of a success."""
        return 200 <= status_code < 300 or not self.redirects.isdisjoint((status_code, f"{status_code // 100}XX"))


def argument_error(operation_id: str, error: MismatchError) -> InvalidArgumentError:
    """Return the error for an argument that does not match its codec."""
    return InvalidArgumentError(f"{operation_id}: {error}")


Style: TypeAlias = tuple[str, bool] | tuple[str, bool, str]
"""A style of `parameter_styles`, whether it is exploded, and which reserved characters stay as they are; `json` for a
value that is JSON."""


def segment(
    name: str, value: object, codec: Codec[object], taken: Sequence[str] = (), style: Style | None = None
) -> str:
    """Encode a path parameter, which becomes exactly one segment of the path (RFC 3986 section 3.3).

    The texts that are `taken` would make the path that of another operation. A style is given where it is not `simple`,
    or the value is an object.
    """
    if style is not None:
        encoded = _styled(name, value, codec, style, partial(quote, safe=style[2] if len(style) == 3 else ""))
        if unquote(encoded) in (".", ".."):
            raise MismatchError("a text that can stand in a path", value).under(name)
        return encoded
    text = _simple(name, value, codec)
    if text in ("", ".", ".."):
        raise MismatchError("a text that can stand in a path", text).under(name)
    if text in taken:
        raise MismatchError("another text, since this one leads to another operation", text).under(name)
    return quote(text, safe="")


def _styled(name: str, value: object, codec: Codec[object], style: Style, encode: Callable[[str], str]) -> str:
    """Return a value as one text, in the given style."""
    written = at(name, codec.write, value)
    if style[0] == "json":
        return encode(json_text(name, written))
    return expand(name, written, style[0], encode, explode=style[1])


Parameter: TypeAlias = tuple[object, Codec[object]] | tuple[object, Codec[object], QueryStyle]
"""A value, its kind, and its style where it is not a single value or an array that repeats its name."""


def query(values: Mapping[str, Parameter]) -> list[tuple[str, str]]:
    """Encode query parameters; those that are `omit` or None are left out, and arrays repeat their name."""
    pairs: list[tuple[str, str]] = []
    for name, given in values.items():
        value, codec, style = given if len(given) == 3 else (*given, repeated)
        pairs += query_pairs(name, value, codec, style)
    return pairs


def query_pairs(name: str, value: object, codec: Codec[object], style: QueryStyle = repeated) -> list[tuple[str, str]]:
    """Encode one query parameter."""
    return [] if value is None or isinstance(value, Omit) else style(name, at(name, codec.write, value))


def _simple(name: str, value: object, codec: Codec[object]) -> str:
    """Return a value as one text, the items of an array separated by commas (OpenAPI's style `simple`)."""
    written = at(name, codec.write, value)
    if not isinstance(written, list | tuple):
        return sendable(name, written)
    items = [sendable(name, item) for item in cast("Sequence[object]", written)]
    if len(items) > 1 and (held := next((item for item in items if "," in item), None)) is not None:
        raise MismatchError("texts without a comma, which stands between them", held).under(name)
    return ",".join(items)


HeaderValue: TypeAlias = tuple[object, Codec[object]] | tuple[object, Codec[object], Style]


def headers(values: Mapping[str, HeaderValue]) -> dict[str, str]:
    """Encode header parameters; those that are `omit` or None are left out."""
    return {name.lower(): field_value(name, text) for name, text in _texts(values)}


def cookies(values: Mapping[str, HeaderValue]) -> dict[str, str]:
    """Encode cookie parameters; those that are `omit` or None are left out."""
    own = {name: given for name, given in values.items() if len(given) == 3 and given[2][0] == "cookie"}
    usual = {name: given for name, given in values.items() if name not in own}
    found = {quote(name, safe=_COOKIE_NAME): quote(text, safe=_COOKIE_VALUE) for name, text in _texts(usual)}
    for name, (value, codec, *_) in own.items():
        if value is not None and not isinstance(value, Omit):
            for key, text in as_cookies(name, at(name, codec.write, value)):
                found[key] = f"{found[key]}; {key}={text}" if key in found else text
    return found


def _texts(values: Mapping[str, HeaderValue]) -> Iterator[tuple[str, str]]:
    for name, (value, codec, *style) in values.items():
        if value is not None and not isinstance(value, Omit):
            is_whole = not style or style[0][0] == "json"
            encode = str if is_whole else partial(_unambiguous, name)
            yield name, _styled(name, value, codec, style[0], encode) if style else _simple(name, value, codec)


def _unambiguous(name: str, text: str) -> str:
    """Return an item of a header's value; refuses one that would be read as two."""
    if "," in text or "=" in text:
        raise MismatchError("texts without a comma or an equals sign, which stand between them", text).under(name)
    return text


_COOKIE_NAME = "!#$&'*+^`|~"
_COOKIE_VALUE = "!#$&'()*+/:<=>?@[]^`{|}~,"
"""The characters of a cookie besides letters, digits and `-._~` (RFC 6265 section 4.1.1)."""


def media_type(chosen: object, default: object, media_types: Mapping[str, str]) -> str:
    """Return the media type of a format; empty for one that is not in the description."""
    return media_types.get(str(default if isinstance(chosen, Omit) else chosen), "")
