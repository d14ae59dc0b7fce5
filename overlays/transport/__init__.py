"""Requests out and responses in, through httpx, which nothing but this folder touches."""

from __future__ import annotations

import logging
import re
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


class Response:
    """A response whose headers are here and whose body may still be on its way."""

    def __init__(self, http: httpx.Response, request: Request) -> None:
        self.http = http
        self.request = request
        self.status_code = http.status_code
        self.headers = {name.lower(): self.covered(value) for name, value in http.headers.items()}

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
        came = self.http.num_bytes_downloaded or (0 if "content-encoding" in self.headers else received)
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
            or not self.http.http_version.startswith("HTTP/1")
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
    def elapsed(self) -> timedelta:
        """The time from sending the request to the end of the response; raises RuntimeError before that end."""
        return self.http.elapsed

    @property
    def encoding(self) -> str:
        """The character set that the response names; UTF-8 if it names none, or none that Python can read."""
        named = self.http.charset_encoding or "utf-8"
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
        known = {
            name: value for name, value in self.http.extensions.items() if name in ("http_version", "reason_phrase")
        }
        copy = httpx.Response(
            self.status_code,
            headers=[
                (name.encode(), self.covered(value).encode())
                for name, value in self.http.headers.multi_items()
                if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")  # undone by now
            ],
            content=content,
            request=self.request.shown(),
            extensions=known,
        )
        with suppress(RuntimeError):  # httpx knows it once the connection is free
            copy.elapsed = self.http.elapsed
        return copy

    def chunks(self) -> Iterator[bytes]:
        """Return the pieces of the body as they come, content coding undone."""
        if self.http.is_stream_consumed:  # a hook of the application's has read it
            yield from self.http.iter_bytes()
            return
        decoder = self._decoder()
        for chunk in self.http.iter_raw():
            yield from decoder.feed(chunk)
        decoder.end()

    async def achunks(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body as they come, content coding undone."""
        if self.http.is_stream_consumed:
            async for chunk in self.http.aiter_bytes():
                yield chunk
            return
        decoder = self._decoder()
        async for chunk in self.http.aiter_raw():
            for piece in decoder.feed(chunk):
                yield piece
        decoder.end()

    def _decoder(self) -> Decoder:
        return Decoder(self.headers.get("content-encoding", ""))

    def close(self) -> None:
        """Free the connection."""
        self.http.close()

    async def aclose(self) -> None:
        """Free the connection."""
        await self.http.aclose()


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
        return Response(client.send(prepared, stream=True, follow_redirects=False), request)


async def asend(client: httpx.AsyncClient, request: Request) -> Response:
    """Send a request and wait for the headers of its response; raises APIConnectionError."""
    with connection_errors(request), ExitStack() as files:
        body = await opened(request.content, files, request.deadline, awaits=True)
        prepared = _prepared(client, request, body)
        return Response(await client.send(prepared, stream=True, follow_redirects=False), request)
