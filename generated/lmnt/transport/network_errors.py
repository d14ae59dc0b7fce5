"""What goes wrong on the network: exceptions of httpx, httpcore, h2 and Python turned into errors of ours."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from ..errors import (
    APIConnectionError,
    APIStreamError,
    APITimeoutError,
    Error,
    StreamResetError,
    StreamTimeoutError,
    StreamTruncatedError,
)
from .direct.http1 import ProtocolError
from .direct.limits import NotConnected, Phase, TimedOut
from .pools import PROXY

if TYPE_CHECKING:
    from . import Request, Response


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
        if isinstance(error, httpx.TimeoutException | TimedOut):
            kind = APITimeoutError
        causes = causes_of(error, handled)
        unsent = isinstance(error, _UNSENT) or _refused(causes)
        unsent = unsent or (isinstance(error, TimedOut) and error.phase in (Phase.POOL, Phase.CONNECT))
        message = f"{request.line}: {_connection_sentence(causes, request)}"
        raise kind(message, request.shown(), retry_safe=True if unsent else None) from error


_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    NotConnected,
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
    if (
        isinstance(error, httpx.TimeoutException | TimedOut)
        and request.deadline is not None
        and not request.deadline.remaining
    ):
        return f"{request.deadline} passed"
    event = _http2_event(causes)
    if event is not None:
        return f"the server reset the stream before the response ({_event_text(event)})"
    host = urlsplit(request.url).hostname or request.url
    if isinstance(error, TimedOut):
        return error.phase.value
    return sentence_for(
        causes,
        # Limits first: what was under way when the time ran out is no cause.
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.PoolTimeout, "no connection became free in time"),
        (httpx.WriteTimeout, "the request could not be sent in time"),
        (httpx.ReadTimeout, "no response in time"),
        *network_sentences(host, _proxy_of(error)),
        (httpx.ConnectError, "no connection"),
        (NotConnected, "no connection"),
        (httpx.ProxyError, f"the proxy did not connect to {host}"),
        (httpx.TransportError, "the connection was lost before the response"),
        (OSError, "the connection was lost before the response"),
        (ProtocolError, "the connection was lost before the response"),
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
    if isinstance(error, httpx.TimeoutException | TimedOut):
        return BodyFailure(StreamTimeoutError, "no data within the read timeout")
    if isinstance(error, httpx.DecodingError):
        return BodyFailure(StreamTruncatedError, f"the content coding is broken ({error})")
    was_reset = any(isinstance(each, ConnectionResetError | BrokenPipeError) for each in causes)
    # Over TLS a TCP reset and an end are one: Python's SSLSocket takes the first for the second (CPython gh-115627),
    # and what an error is called must not depend on whether its reader waits or awaits.
    if was_reset and not (is_secure and isinstance(error, httpx.TransportError)):
        return BodyFailure(StreamResetError, "the connection was reset")
    return BodyFailure(StreamTruncatedError, str(error) or "the connection was lost")
