"""The one place that touches httpx: requests out, responses in, and httpx's exceptions turned into errors of ours."""

from __future__ import annotations

import io
import logging
import os
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import httpx

from .. import description
from ..deadline import Deadline, LimitedTimeout
from ..errors import (
    APIConnectionError,
    APIStreamError,
    APITimeoutError,
    Error,
    InvalidArgumentError,
    StreamResetError,
    StreamTimeoutError,
    StreamTruncatedError,
)
from ..files import Upload
from ..omit import NotGiven, Omit
from ..options import Secret
from .codings import Decoder
from .connections import DEFAULT_CONNECTION_LIMITS, DEFAULT_TIMEOUT, Timeout, timeout_of
from .pools import PROXY

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
    content: bytes | Upload | None = None
    parts: Sequence[tuple[str, str | Upload]] | None = None
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
            content = None if isinstance(self.content, Upload) else self.content
            return httpx.Request(self.method, self.url, headers=given, content=content)
        except httpx.InvalidURL:
            return None


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
    def is_framed(self) -> bool:
        """Whether the end of the body differs from a lost connection (RFC 9112 section 6.3, RFC 9113 section 8.1)."""
        return (
            self.status_code == 204
            or self.request.method == "HEAD"
            or not self.http.http_version.startswith("HTTP/1")
            or "content-length" in self.headers
            or "chunked" in self.headers.get("transfer-encoding", "").lower()
        )

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


@contextmanager
def _prepared(client: httpx.Client | httpx.AsyncClient, request: Request) -> Generator[httpx.Request]:
    """Build the request; its files stay open while it is sent."""
    timeout = timeout_of(client) if isinstance(request.timeout, NotGiven) else Timeout(request.timeout)
    upload = request.content if isinstance(request.content, Upload) else None
    with ExitStack() as files:
        prepared = client.build_request(
            request.method,
            _with_secrets(request),
            content=None if isinstance(request.content, Upload) else request.content,
            files=None if request.parts is None else [(name, _part(part, files)) for name, part in request.parts],
            extensions={"timeout": _Timeouts(timeout.as_dict(), request.deadline)},
            headers=[
                # As bytes: httpx writes texts in ASCII alone.
                (name.encode(), (value.reveal() if isinstance(value, Secret) else value).encode("latin-1"))
                for name, value in request.headers.items()
                if not isinstance(value, Omit)
            ],
        )
        for name, value in request.headers.items():
            if isinstance(value, Omit):
                prepared.headers.pop(name, None)  # httpx has defaults of its own
        if upload is not None:
            content = _opened(upload, files)
            prepared.stream = _Pieces(content)
            prepared.headers["content-length"] = str(_size(content))
        yield prepared


def _with_secrets(request: Request) -> str:
    secrets = "&".join(secret.reveal() for secret in request.secret_query)
    return f"{request.url}{'&' if '?' in request.url else '?'}{secrets}" if secrets else request.url


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A file as a body, sent in pieces from its start; the same for those who wait and those who await."""

    def __init__(self, content: bytes | _Readable) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self._content, bytes):
            yield self._content
            return
        self._content.seek(0)
        while piece := self._content.read(_PIECE):
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


_PIECE = 1 << 16


def _size(content: bytes | _Readable) -> int:
    return len(content) if isinstance(content, bytes) else int(content.seek(0, os.SEEK_END))


class _Readable:
    """A file whose failures are told as errors of ours, not as lost connections."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def fileno(self) -> int:
        # httpx would ask the system for the length, which knows nothing of buffers and of compressed files.
        raise io.UnsupportedOperation("fileno")

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise InvalidArgumentError(f"cannot read {self._name}: {error.strerror or error}") from error


def _opened(upload: Upload, files: ExitStack) -> bytes | _Readable:
    content = upload.content
    if isinstance(content, bytes):
        return content
    if isinstance(content, Path):
        try:
            return _Readable(files.enter_context(content.open("rb")), str(content))
        except OSError as error:
            raise InvalidArgumentError(f"cannot read {content}: {error.strerror}") from error
    if upload.was_read and not (hasattr(content, "seek") and getattr(content, "seekable", lambda: True)()):
        raise InvalidArgumentError(f"{upload.name} cannot be sent again, since it cannot be rewound: give its bytes")
    upload.was_read = True
    return _Readable(content, upload.name)


def _part(part: str | Upload, files: ExitStack) -> tuple[Any, ...]:
    if isinstance(part, str):
        return (None, part.encode())
    return (part.name, _opened(part, files), part.media_type, part.headers)


@contextmanager
def connection_errors(request: Request) -> Generator[None]:
    """Turn what is raised before there is a response into an APIConnectionError: httpx lets some exceptions through.

    Its `retry_safe` is True when nothing can have reached the server, else None.
    """
    handled = sys.exception()
    try:
        yield
    except Error:
        raise
    except Exception as error:
        kind: type[APIConnectionError] = APIConnectionError
        if isinstance(error, httpx.TimeoutException):
            kind = APITimeoutError
        causes = causes_of(error, handled)
        unsent = isinstance(error, _UNSENT) or _refused(causes)
        message = f"{request.line}: {_connection_sentence(causes, request)}"
        raise kind(message, request.shown(), retry_safe=True if unsent else None) from error


_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def causes_of(error: BaseException, handled: BaseException | None) -> list[BaseException]:
    """Return an exception and all that led to it.

    Args:
        error: The exception.
        handled: What the application was handling when it called. Python calls it the context of whatever is raised
            meanwhile, as it does with an earlier error of ours; neither has led to this.
    """
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        if cause is handled or isinstance(cause, Error):
            break
        causes.append(cause)
    return causes


def _http2_event(causes: Sequence[BaseException]) -> Any:
    """Return the h2 event that httpcore passes as the argument of its exception, or None."""
    for each in causes:
        for argument in each.args:
            if hasattr(argument, "error_code"):
                return argument
    return None


def _event_text(event: Any) -> str:
    frame = {"StreamReset": "RST_STREAM", "ConnectionTerminated": "GOAWAY"}.get(type(event).__name__, "a reset")
    return f"HTTP/2 {frame} with {getattr(event.error_code, 'name', event.error_code)}"


REFUSED_STREAM = 7
"""RFC 9113 section 7: the server did nothing with the request."""


def _refused(causes: Sequence[BaseException]) -> bool:
    event = _http2_event(causes)
    return event is not None and getattr(event, "error_code", None) == REFUSED_STREAM


def _connection_sentence(causes: Sequence[BaseException], request: Request) -> str:
    error = causes[0]
    if isinstance(error, httpx.TimeoutException) and request.deadline is not None and not request.deadline.remaining:
        return f"{request.deadline} passed"
    event = _http2_event(causes)
    if event is not None:
        return f"the server reset the stream before the response ({_event_text(event)})"
    host = httpx.URL(request.url).host if not isinstance(error, httpx.InvalidURL) else request.url
    return sentence_for(
        causes,
        # Limits first: what was under way when the time ran out is no cause.
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.PoolTimeout, "no connection became free in time"),
        (httpx.WriteTimeout, "the request could not be sent in time"),
        (httpx.ReadTimeout, "no response in time"),
        *network_sentences(host, _proxy_of(error)),
        (httpx.ConnectError, "no connection"),
        (httpx.ProxyError, f"the proxy did not connect to {host}"),
        (httpx.TransportError, "the connection was lost before the response"),
    )


def network_sentences(host: str, proxy: str | None = None) -> tuple[tuple[type[BaseException], str], ...]:
    """Return what the exceptions of the network mean, for people.

    Args:
        host: The host that was called.
        proxy: The host of the proxy that was asked to, if any.
    """
    first = host if proxy is None else f"{proxy} (the proxy)"
    return (
        (socket.gaierror, f"the host {first} is not known to the name service"),
        (ConnectionRefusedError, f"{first} refuses the connection; is the server running?"),
        (ssl.SSLError, f"TLS with {host} failed"),
    )


def _proxy_of(error: BaseException) -> str | None:
    """Return the host of the proxy that a request of ours was to go through, None if there is none or nothing tells."""
    try:
        return error.request.extensions.get(PROXY) if isinstance(error, httpx.RequestError) else None
    except RuntimeError:  # it failed before it was a request
        return None


def sentence_for(causes: Sequence[BaseException], *sentences: tuple[type[BaseException], str]) -> str:
    """Return the first sentence that fits an exception or what led to it."""
    for kind, sentence in sentences:
        for cause in causes:
            if isinstance(cause, kind):
                return f"{sentence} ({cause})" if str(cause) else sentence
    return str(causes[0]) or type(causes[0]).__name__


class BodyFailure(Exception):  # noqa: N818  # it never leaves the package; the guard turns it into an error
    """What ended a body before its end."""

    def __init__(self, kind: type[APIStreamError], reason: str, error_code: int | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.error_code = error_code


@contextmanager
def body_failures(response: Response) -> Generator[None]:
    """Turn what is raised while a body is read into a BodyFailure: httpx lets some exceptions of h2 through."""
    handled = sys.exception()
    try:
        yield
    except (BodyFailure, Error):
        raise
    except Exception as error:
        is_secure = response.request.url.startswith("https:")
        raise _body_failure(causes_of(error, handled), is_secure=is_secure) from error


def _body_failure(causes: Sequence[BaseException], *, is_secure: bool) -> BodyFailure:
    error = causes[0]
    event = _http2_event(causes)
    if event is not None:
        return BodyFailure(StreamResetError, _event_text(event), int(event.error_code))
    if isinstance(error, httpx.TimeoutException):
        return BodyFailure(StreamTimeoutError, "no data within the read timeout")
    if isinstance(error, httpx.DecodingError):
        return BodyFailure(StreamTruncatedError, f"the content coding is broken ({error})")
    was_reset = any(isinstance(each, ConnectionResetError | BrokenPipeError) for each in causes)
    # Over TLS a TCP reset and an end are one: Python's SSLSocket takes the first for the second (CPython gh-115627),
    # and what an error is called must not depend on whether its reader waits or awaits.
    if was_reset and not is_secure:
        return BodyFailure(StreamResetError, "the connection was reset")
    return BodyFailure(StreamTruncatedError, str(error) or "the connection was lost")


def send(client: httpx.Client, request: Request) -> Response:
    """Send a request and wait for the headers of its response; raises APIConnectionError."""
    with connection_errors(request), _prepared(client, request) as prepared:
        return Response(client.send(prepared, stream=True, follow_redirects=False), request)


async def asend(client: httpx.AsyncClient, request: Request) -> Response:
    """Send a request and wait for the headers of its response; raises APIConnectionError."""
    with connection_errors(request), _prepared(client, request) as prepared:
        return Response(await client.send(prepared, stream=True, follow_redirects=False), request)
