"""Requests out and responses in, through httpx, which nothing but this folder touches."""

from __future__ import annotations

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from .. import description
from ..deadline import Deadline, LimitedTimeout
from ..files import Upload
from ..omit import NotGiven, Omit
from ..options import Secret
from .codings import Decoder
from .connections import DEFAULT_CONNECTION_LIMITS, DEFAULT_TIMEOUT, Timeout, timeout_of
from .network_errors import connection_errors
from .uploads import Body, at_once, opened

__all__ = ["DEFAULT_CONNECTION_LIMITS", "DEFAULT_TIMEOUT", "Timeout"]

HTTPClient = httpx.Client
AsyncHTTPClient = httpx.AsyncClient
HTTPHeaders = httpx.Headers
HTTPRequest = httpx.Request
HTTPResponse = httpx.Response
HTTPURL = httpx.URL

# At DEBUG hpack writes every header of a request to its log, the API key among them.
if (_hpack := logging.getLogger("hpack")).level == logging.NOTSET:
    _hpack.setLevel(logging.INFO)


class _CoversKey(logging.Filter):
    """Takes the key out of the URLs that httpx logs, where the description has it in the query."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cover the key; the record is logged in any case."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                each.copy_set_param(description.AUTH_NAME, "…")
                if isinstance(each, httpx.URL) and description.AUTH_NAME in each.params
                else each
                for each in record.args
            )
        return True


if description.AUTH_PLACE == "query":
    logging.getLogger("httpx").addFilter(_CoversKey())


@dataclass(frozen=True, slots=True)
class Request:
    """What goes on the wire, body encoded, secrets still covered; a header that is `omit` must not be there."""

    method: str
    url: str
    headers: Mapping[str, str | Secret | Omit]
    secret_query: Sequence[Secret] = ()
    content: Sequence[bytes | Upload] = ()
    """The body: what it is made of, in order; nothing if there is none."""
    timeout: float | Timeout | NotGiven | None = None
    deadline: Deadline | None = None

    @property
    def line(self) -> str:
        """The method and the URL without its query, for people."""
        return f"{self.method} {self.url.partition('?')[0]}"

    def shown(self) -> httpx.Request | None:
        """Return the request as an error may show it: secrets covered, no upload; None if httpx takes no such URL."""
        headers = {name: "…" if isinstance(value, Secret) else value for name, value in self.headers.items()}
        given = [(name.encode(), value.encode()) for name, value in headers.items() if not isinstance(value, Omit)]
        try:
            content = self.content[0] if len(self.content) == 1 and isinstance(self.content[0], bytes) else None
            return httpx.Request(self.method, self.url, headers=given, content=content)
        except httpx.InvalidURL:
            return None


_PART = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
"""The header Content-Range of a part (RFC 9110 section 14.4)."""


class Response(ABC):
    """A response whose headers are here and whose body may still be on its way.

    Args:
        request: What it answers.
        status_code: The HTTP status.
        reason: The reason phrase, which says nothing that the status does not.
        http_version: `HTTP/1.1` or `HTTP/2`.
        raw_headers: The headers as they came.
    """

    loses_steps = True
    """Whether a step of the body that is cancelled takes the connection with it."""

    def __init__(
        self,
        request: Request,
        status_code: int,
        reason: str,
        http_version: str,
        raw_headers: Sequence[tuple[bytes, bytes]],
    ) -> None:
        self.request = request
        self.status_code = status_code
        self.reason = reason
        self.http_version = http_version
        self.raw_headers = raw_headers
        self.location: str | None = None
        """Where a redirect leads, as it came: `headers` covers the key in it."""
        self.headers: dict[str, str] = {}
        for raw_name, raw_value in raw_headers:
            name, value = raw_name.decode("latin-1").lower(), _text_of(raw_value)
            if name == "location":
                self.location = value
            value = self.covered(value)
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    @property
    @abstractmethod
    def http(self) -> httpx.Response:
        """The response as httpx has it."""

    @property
    @abstractmethod
    def bytes_downloaded(self) -> int:
        """Bytes of the body that have come, content coding as it is."""

    @property
    @abstractmethod
    def is_closed(self) -> bool:
        """Whether the connection was freed."""

    @abstractmethod
    def raw(self) -> Iterator[bytes]:
        """Return the pieces of the body as they come, content coding as it is."""

    @abstractmethod
    def araw(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body as they come, content coding as it is."""

    @abstractmethod
    def close(self) -> None:
        """Free the connection."""

    @abstractmethod
    async def aclose(self) -> None:
        """Free the connection."""

    @property
    def media_type(self) -> str:
        """The media type, without parameters, in lower case; empty if the response names none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_text(self) -> bool:
        """Whether the body says it is JSON, HTML or another text."""
        return self.media_type.startswith("text/") or self.media_type.endswith(("/json", "+json", "/xml", "+xml"))

    @property
    def _has_body(self) -> bool:
        return self.status_code != 204 and self.request.method != "HEAD"

    def shortfall(self, received: int) -> str | None:
        """Return why a body that ended here is not all that its headers announced, or None.

        The libraries do not always look: h2 not when trailers end a stream, and none of them at a part that nobody
        asked for (RFC 9110 section 14.4).

        Args:
            received: Bytes of it, content coding undone.
        """
        # A mock's response holds its content, and counts none of it.
        came = self.bytes_downloaded or (0 if "content-encoding" in self.headers else received)
        if not self._has_body or (received and not came):
            return None
        announced = self.headers.get("content-length", "")
        if announced.isdecimal() and (announced.lstrip("0") or "0") != str(came):
            return f"{came} bytes came, and {announced} were announced"
        part = _PART.fullmatch(self.headers.get("content-range", ""))
        if part is None:
            return None if self.status_code != 206 or self._wants_part else "it is a part, which nobody asked for"
        first, last, size = part.groups()
        if came != int(last) - int(first) + 1:
            return f"{came} bytes came, and bytes {first} to {last} were announced"
        if size != "*" and came != int(size) and not self._wants_part:
            return f"it is bytes {first} to {last} of {size}, where all were asked for"
        return None

    def doubt(self) -> str | None:
        """Return why nothing proves that a body which ended here is all, or None."""
        # RFC 9112 section 6.3, RFC 9113 section 8.1: the end differs from a lost connection.
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
    def _wants_part(self) -> bool:
        return any(name.lower() == "range" for name in self.request.headers)

    @property
    @abstractmethod
    def elapsed(self) -> timedelta:
        """The time from sending the request to the end of the response; raises RuntimeError before that end."""

    @property
    def encoding(self) -> str:
        """The character set that the response names; UTF-8 if it names none, or none that Python can read."""
        found = _CHARSET.search(self.headers.get("content-type", ""))
        named = found[1] if found else "utf-8"
        try:
            b" ".decode(named, errors="replace")
        except (LookupError, ValueError):
            return "utf-8"
        return named

    def text(self, content: bytes) -> str:
        """Return the body as text."""
        return content.decode(self.encoding, errors="replace")

    def covered(self, text: str) -> str:
        """Return a text that may be shown: what the server repeats of the request's secrets is covered."""
        for value in (*self.request.headers.values(), *self.request.secret_query):
            if isinstance(value, Secret):
                text = value.cover(text)
        return text

    def read_as(self, content: bytes) -> httpx.Response:
        """Return the response with this body, free of its connection, secrets covered."""
        copy = httpx.Response(
            self.status_code,
            headers=[
                (name, self.covered(_text_of(value)).encode("utf-8" if _is_utf8(value) else "latin-1"))
                for name, value in self.raw_headers
                if name.lower() not in (b"content-encoding", b"content-length", b"transfer-encoding")  # undone by now
            ],
            content=content,
            request=self.request.shown(),
            extensions={
                "http_version": self.http_version.encode(),
                "reason_phrase": self.reason.encode("ascii", "replace"),
            },
        )
        with suppress(RuntimeError):  # it is known once the connection is free
            copy.elapsed = self.elapsed
        return copy

    def chunks(self) -> Iterator[bytes]:
        """Return the pieces of the body as they come, content coding undone."""
        decoder = Decoder(self.headers.get("content-encoding", ""))
        for chunk in self.raw():
            yield from decoder.feed(chunk)
        decoder.end()

    def achunks(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body as they come, content coding undone."""
        return _Decoded(self.araw(), Decoder(self.headers.get("content-encoding", "")))


class _Decoded(AsyncIterator[bytes]):
    """The pieces of a body, coding undone; a step that is cancelled loses nothing that the raw body does not."""

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


def _text_of(value: bytes) -> str:
    return value.decode("utf-8" if _is_utf8(value) else "latin-1")


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)


class LibraryResponse(Response):
    """A response of httpx."""

    def __init__(self, http: httpx.Response, request: Request) -> None:
        super().__init__(request, http.status_code, http.reason_phrase, http.http_version, http.headers.raw)
        self._http = http

    @property
    def http(self) -> httpx.Response:
        return self._http

    @property
    def bytes_downloaded(self) -> int:
        return self._http.num_bytes_downloaded

    @property
    def is_closed(self) -> bool:
        return self._http.is_closed

    @property
    def elapsed(self) -> timedelta:
        return self._http.elapsed

    def raw(self) -> Iterator[bytes]:
        """Return the pieces of the body as they come, content coding as it is."""
        return self._http.iter_raw()

    def araw(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body as they come, content coding as it is."""
        return self._http.aiter_raw()

    def chunks(self) -> Iterator[bytes]:
        # A hook of the application's may have read it.
        return self._http.iter_bytes() if self._http.is_stream_consumed else super().chunks()

    def achunks(self) -> AsyncIterator[bytes]:
        return self._http.aiter_bytes() if self._http.is_stream_consumed else super().achunks()

    def close(self) -> None:
        self._http.close()

    async def aclose(self) -> None:
        await self._http.aclose()


class _Timeouts(dict[str, Any]):
    """The timeouts of a request, which httpcore looks up at each step: none of them goes past the deadline."""

    def __init__(self, timeouts: Mapping[str, float | None], deadline: Deadline | None) -> None:
        super().__init__(timeouts)
        self._deadline = deadline

    def get(self, key: str, default: Any = None) -> Any:
        timeout = super().get(key, default)
        return timeout if self._deadline is None else LimitedTimeout.within(timeout, self._deadline)


def _prepared(client: httpx.Client | httpx.AsyncClient, request: Request, body: bytes | Body | None) -> httpx.Request:
    """Build the request."""
    timeout = timeout_of(client) if isinstance(request.timeout, NotGiven) else Timeout(request.timeout)
    length = {"content-length": str(body.size)} if isinstance(body, Body) else {}
    prepared = client.build_request(
        request.method,
        _with_secrets(request),
        content=body,
        extensions={"timeout": _Timeouts(timeout.as_dict(), request.deadline)},
        headers=[
            # As bytes: httpx writes texts in ASCII alone.
            (name.encode(), (value.reveal() if isinstance(value, Secret) else value).encode("latin-1"))
            for name, value in {**length, **request.headers}.items()
            if not isinstance(value, Omit)
        ],
    )
    for name, value in request.headers.items():
        if isinstance(value, Omit):
            prepared.headers.pop(name, None)  # httpx has defaults of its own
    if isinstance(body, Body):
        prepared.stream = body  # httpx takes it for what can be read once
    return prepared


def _with_secrets(request: Request) -> str:
    secrets = "&".join(secret.reveal() for secret in request.secret_query)
    return f"{request.url}{'&' if '?' in request.url else '?'}{secrets}" if secrets else request.url


def send(client: httpx.Client, request: Request) -> Response:
    """Send a request and wait for the headers of its response; raises APIConnectionError."""
    with connection_errors(request), ExitStack() as files:
        body = at_once(opened(request.content, files, request.deadline, awaits=False))
        prepared = _prepared(client, request, body)
        return LibraryResponse(client.send(prepared, stream=True, follow_redirects=False), request)


async def asend(client: httpx.AsyncClient, request: Request) -> Response:
    """Send a request and wait for the headers of its response; raises APIConnectionError."""
    with connection_errors(request), ExitStack() as files:
        body = await opened(request.content, files, request.deadline, awaits=True)
        prepared = _prepared(client, request, body)
        return LibraryResponse(await client.send(prepared, stream=True, follow_redirects=False), request)
