"""Requests and responses, for both roads."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property, partial
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from .. import description
from ..errors import APIError
from ..hints import http_types
from ..hints.omitted import NotGiven, Omit
from ..settings.deadline import Deadline
from ..settings.secret import Secret, bare
from ..values.files import Upload
from ..values.header_fields import combined
from .codings import Decoder
from .event_loops import Awaited

ErrorT = TypeVar("ErrorT", bound=APIError)

HeaderList = Sequence[tuple[bytes, bytes]]


class Headers(dict[str, "str | Secret | Omit"]):
    """The headers of requests, names in lower case, never changed; one that is `omit` must not be sent."""

    def __init__(self, *given: Mapping[str, str | Secret | Omit]) -> None:
        super().__init__(chain.from_iterable(each.items() for each in given))
        self.secrets = [value for value in self.values() if isinstance(value, Secret)]
        self.on_wire: dict[str, Any] = {}
        """How the direct road sends them, by origin."""


class Request(NamedTuple):
    """A request, its body encoded and its secrets redacted."""

    method: str
    url: str
    headers: Headers
    secret_query: Sequence[Secret] = ()
    content: Sequence[bytes | Upload] = ()
    """The sections of the body, in order; empty without a body."""
    timeout: float | http_types.Timeout | NotGiven | None = None
    deadline: Deadline | None = None

    @property
    def line(self) -> str:
        """The method and the URL without its query, for logs and errors."""
        return f"{self.method} {self.url.partition('?')[0]}"

    @property
    def secrets(self) -> list[Secret]:
        """The secrets of this request."""
        return [*self.headers.secrets, *self.secret_query] if self.secret_query else self.headers.secrets

    def with_secrets(self, url: str) -> str:
        """Return a URL with the secrets of the query, bare."""
        secrets = "&".join(secret.reveal() for secret in self.secret_query)
        return f"{url}{'&' if '?' in url else '?'}{secrets}" if secrets else url

    def wire_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers as they are sent, with bare secrets."""
        return [
            (name.encode(), bare(value).encode("latin-1"))
            for name, value in self.headers.items()
            if not isinstance(value, Omit)
        ]

    def shown(self) -> Callable[[], http_types.Request | None]:
        """Return a function that makes the httpx.Request of an error: secrets redacted, no upload."""
        headers = {name: "…" if isinstance(value, Secret) else value for name, value in self.headers.items()}
        given = [(name.encode(), value.encode()) for name, value in headers.items() if not isinstance(value, Omit)]
        content = self.content[0] if len(self.content) == 1 and isinstance(self.content[0], bytes) else None
        return partial(_by_library, "request_of", self.method, self.url, given, content)


def _by_library(maker: str, *facts: Any) -> Any:
    """Return an object of httpx, by a function of `library`, which is loaded only then."""
    from . import library

    return getattr(library, maker)(*facts)


class Response:
    """A response with its headers and its body; the subclasses read the body from a connection.

    `raw_headers` are its headers as received, `headers` the same as texts, by name in lower case, if they are known.
    """

    loses_steps = False
    """Whether cancelling a read of the body closes the connection."""

    def __init__(
        self,
        request: Request,
        status_code: int,
        reason: str,
        http_version: str,
        raw_headers: HeaderList,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.request = request
        self.status_code = status_code
        self.reason = reason
        self.http_version = http_version
        self.raw_headers = raw_headers
        self.headers = combined(texts_of(raw_headers)) if headers is None else headers
        received = "\n".join(self.headers.values())
        if self.redacted(received) != received:  # in all at once, as there rarely is one
            self.headers = {name: self.redacted(value) for name, value in self.headers.items()}

    @property
    def location(self) -> str | None:
        """The last header Location as received: in `headers` the key in it is redacted."""
        return next((text for name, text in reversed(texts_of(self.raw_headers)) if name.lower() == "location"), None)

    @property
    def is_closed(self) -> bool:
        """Whether the connection was freed."""
        return True

    @property
    def bytes_downloaded(self) -> int:
        """Bytes of the body received, before content decoding."""
        return 0

    @property
    def elapsed(self) -> timedelta | None:
        """The time from sending the request to the end of the response; None before that end."""
        return None

    @cached_property
    def http(self) -> http_types.Response:
        """The httpx.Response."""
        made: http_types.Response = _by_library("live_response", self)
        return made

    def raw(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body as received, before content decoding."""
        return Awaited(())

    async def drain(self) -> None:
        """Read the rest of a body, which is of no interest, if it comes at once: its connection is kept then."""

    async def close(self) -> None:
        """Free the connection."""

    @property
    def request_id(self) -> str | None:
        """The id to give when asking for support; None if no header has it."""
        return self.headers.get(description.REQUEST_ID_HEADER)

    def attach_to(self, error: ErrorT, body: bytes = b"") -> ErrorT:
        """Set what every error of a response has, with as much of the body as was read, secrets redacted."""
        error.request = self.request.shown()
        error.response = self.read_as(body)
        error.headers = dict(self.headers)
        error.request_id = self.request_id or error.request_id
        return error

    @property
    def media_type(self) -> str:
        """The media type, without parameters, in lower case; empty if the response names none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_text(self) -> bool:
        """Whether the Content-Type is JSON, HTML or another text."""
        return self.media_type.startswith("text/") or self.media_type.endswith(("/json", "+json", "/xml", "+xml"))

    @property
    def encoding(self) -> str:
        """The character set that the response names; UTF-8 if it names none, or an unknown one."""
        found = re.search(_CHARSET, self.headers.get("content-type", ""), re.IGNORECASE)
        named = found[1] if found else "utf-8"
        try:
            b" ".decode(named, errors="replace")
        except (LookupError, ValueError):
            return "utf-8"
        return named

    def text(self, content: bytes) -> str:
        """Return the body as text."""
        return content.decode(self.encoding, errors="replace")

    def redacted(self, text: str) -> str:
        """Return a text with the request's secrets redacted, should the server repeat them."""
        for secret in self.request.secrets:
            text = secret.redact(text)
        return text

    def read_as(self, content: bytes) -> Callable[[], http_types.Response]:
        """Return a function that makes the httpx.Response with this body, without its connection, secrets redacted."""
        return partial(
            _by_library,
            "response_of",
            self.status_code,
            [
                (name, self.redacted(text).encode(encoding))
                for name, value in self.raw_headers
                for text, encoding in [_text_of(value)]
                if name.lower() not in (b"content-encoding", b"content-length", b"transfer-encoding")  # already decoded
            ],
            content,
            self.request.shown(),
            self.reason,
            self.http_version,
            self.elapsed,
        )

    def chunks(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body as received, after content decoding."""
        coding = self.headers.get("content-encoding")
        return self.raw() if coding is None else _Decoded(self.raw(), Decoder(coding))

    # whether it is complete

    def shortfall(self, received: int, *, partial: bool = False) -> str | None:
        """Return why a body that ended after so many bytes, decoded, is shorter than its headers announced, or None.

        The libraries do not always check: h2 does not if trailers end a stream, and none of them checks a part that
        was not asked for (RFC 9110 section 14.4). With `partial` a 206 that says no range may be all.
        """
        # A mock's response has its content, but counts no bytes.
        came = self.bytes_downloaded or (0 if "content-encoding" in self.headers else received)
        if not self._has_body or (received and not came):
            return None
        announced = self.headers.get("content-length", "")
        if announced.isdecimal() and (announced.lstrip("0") or "0") != str(came):
            return f"{came} bytes came, and {announced} were announced"
        part = re.fullmatch(_PART, self.headers["content-range"]) if "content-range" in self.headers else None
        if part is None:
            is_part = self.status_code == 206 and not (partial or self._wants_part)
            return "it is a part, which nobody asked for" if is_part else None
        first, last, size = part.groups()
        if came != int(last) - int(first) + 1:
            return f"{came} bytes came, and bytes {first} to {last} were announced"
        if size != "*" and came != int(size) and not self._wants_part:
            return f"it is bytes {first} to {last} of {size}, where all were asked for"
        return None

    def doubt(self) -> str | None:
        """Return why nothing proves that a body which ended here is complete, or None."""
        # RFC 9112 section 6.3, RFC 9113 section 8.1: here the end differs from a lost connection.
        is_framed = (
            not self._has_body
            or not self.http_version.startswith("HTTP/1")
            or "content-length" in self.headers
            or "chunked" in self.headers.get("transfer-encoding", "").lower()
        )
        if not is_framed:
            return "the server gave neither a length nor a last chunk, so nothing proves that this is all"
        if self.headers.get("content-range", "").endswith("/*") and not self._wants_part:
            return "it is a part of something of unknown size, so nothing proves that this is all"
        return None

    @property
    def _has_body(self) -> bool:
        return self.status_code != 204 and self.request.method != "HEAD"

    @property
    def _wants_part(self) -> bool:
        return any(name.lower() == "range" for name in self.request.headers)


class _Decoded(AsyncIterator[bytes]):
    """The decoded pieces of a body; a cancelled step loses nothing that the raw body does not."""

    def __init__(self, raw: AsyncIterator[bytes], decoder: Decoder) -> None:
        self._raw = raw
        self._decoder = decoder
        self._pieces: Iterator[bytes] = iter(())

    async def __anext__(self) -> bytes:
        while (piece := next(self._pieces, None)) is None:
            try:
                self._pieces = self._decoder.feed(await anext(self._raw))
            except StopAsyncIteration:
                self._decoder.end()
                raise
        return piece


def texts_of(raw_headers: HeaderList) -> list[tuple[str, str]]:
    """Return received headers as texts."""
    try:
        return [(name.decode("latin-1"), value.decode()) for name, value in raw_headers]
    except UnicodeDecodeError:
        return [(name.decode("latin-1"), _text_of(value)[0]) for name, value in raw_headers]


def _text_of(value: bytes) -> tuple[str, str]:
    """Return the text of a header, and its encoding."""
    try:
        return value.decode(), "utf-8"
    except UnicodeDecodeError:
        return value.decode("latin-1"), "latin-1"


_CHARSET = r"""charset\s*=\s*["']?([^\s;"']+)"""

_PART = r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)"
"""The header Content-Range of a part (RFC 9110 section 14.4)."""
