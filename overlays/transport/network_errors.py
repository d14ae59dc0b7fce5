"""Network errors: exceptions of the libraries, of Python and of our transport turned into errors of the package.

Those of httpx and httpx2 are recognised by name, so that neither is imported here.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from ..errors import (
    APIConnectionError,
    APIStreamError,
    APITimeoutError,
    Error,
    StreamResetError,
    StreamTimeoutError,
    StreamTruncatedError,
)
from .codings import CodingError
from .connections import bases_in_libraries
from .direct.parsing import ProtocolError
from .limits import NotConnected, Phase, TimedOut

if TYPE_CHECKING:
    from .messages import Request, Response
    from .proxies import Proxy


_Kind: TypeAlias = type[BaseException] | str
"""A class of exceptions; one of httpx and httpx2 by its name."""


def _is(error: BaseException, *kinds: _Kind) -> bool:
    """Whether an exception is of one of these kinds."""
    names = [name for _, name in bases_in_libraries(error)]
    return any(kind in names if isinstance(kind, str) else isinstance(error, kind) for kind in kinds)


class _Turning:
    """Turns exceptions of the block into those of the package, by a function; those that already are pass."""

    # Entering and leaving a context manager of `contextlib` takes longer than the work in it.
    __slots__ = ("_about", "_handled", "_turned")

    def __init__(self, turned: Callable[..., Exception], *about: object) -> None:
        self._turned = turned
        self._about = about
        self._handled: BaseException | None = None

    def __enter__(self) -> None:
        self._handled = sys.exception()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, Error | BodyFailure):
            raise self._turned(causes_of(error, self._handled), *self._about) from error


def connection_errors(request: Request, proxy: Proxy | None = None) -> _Turning:
    """Turn exceptions before the response into an APIConnectionError: httpx lets some foreign ones through.

    Its `retry_safe` is True if nothing can have reached the server, else None.
    """
    return _Turning(_connection_error, request, proxy)


def body_failures(response: Response) -> _Turning:
    """Turn exceptions of reading a body into a BodyFailure: httpx lets some exceptions of h2 through."""
    return _Turning(_body_failure, response)


def _connection_error(causes: Sequence[BaseException], request: Request, proxy: Proxy | None) -> APIConnectionError:
    phase = _phase_of(causes[0])
    unsent = phase in (Phase.POOL, Phase.CONNECT) or _is(causes[0], *_UNSENT) or _refused(causes)
    message = f"{request.line}: {_connection_sentence(causes, phase, request, proxy)}"
    kind = APIConnectionError if phase is None else APITimeoutError
    return kind(message, request.shown(), retry_safe=True if unsent else None)


_UNSENT = ("ConnectError", "ProxyError", "UnsupportedProtocol", "InvalidURL", NotConnected)

_PHASES = {
    "PoolTimeout": Phase.POOL,
    "ConnectTimeout": Phase.CONNECT,
    "WriteTimeout": Phase.WRITE,
    "TimeoutException": Phase.READ,
}
"""The timeouts of the libraries, the last of which is the base of all."""


def _phase_of(error: BaseException) -> Phase | None:
    """Return the phase that took too long; None if the exception is no timeout."""
    if isinstance(error, TimedOut):
        return error.phase
    return next((phase for name, phase in _PHASES.items() if _is(error, name)), None)


def causes_of(error: BaseException, handled: BaseException | None) -> list[BaseException]:
    """Return an exception and all its causes and contexts, up to one that was handled when the application called.

    Python makes that the context of what is raised meanwhile, as it does with an earlier error of ours; neither is a
    cause.
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
"""RFC 9113 section 7: the server did not process the request."""


def _refused(causes: Sequence[BaseException]) -> bool:
    event = _http2_event(causes)
    # A GOAWAY names the last stream that was processed; 0 is none (RFC 9113 section 6.8).
    return event is not None and (event.error_code == REFUSED_STREAM or getattr(event, "last_stream_id", None) == 0)


def _connection_sentence(
    causes: Sequence[BaseException], phase: Phase | None, request: Request, proxy: Proxy | None
) -> str:
    if phase is not None:
        is_over = request.deadline is not None and not request.deadline.remaining
        by = "" if proxy is None or phase is not Phase.CONNECT else f" through {proxy.host} (the proxy)"
        return f"{request.deadline} passed" if is_over else phase.value + by
    if (event := _http2_event(causes)) is not None:
        return f"the server reset the stream before the response ({_event_text(event)})"
    host = urlsplit(request.url).hostname or request.url
    lost = "the connection was lost before the response"
    return sentence_for(
        causes,
        *network_sentences(host, None if proxy is None else proxy.host),
        ("ConnectError", "no connection"),
        (NotConnected, "no connection"),
        ("ProxyError", f"the proxy did not connect to {host}"),
        *((kind, lost) for kind in ("TransportError", OSError, ProtocolError)),
    )


def network_sentences(host: str, proxy: str | None = None) -> tuple[tuple[type[BaseException], str], ...]:
    """Return the sentence for each exception of the network, with the host of the request and that of the proxy."""
    import ssl

    first = host if proxy is None else f"{proxy} (the proxy)"
    return (
        (socket.gaierror, f"the host {first} is not known to the name service"),
        (ConnectionRefusedError, f"{first} refuses the connection; is the server running?"),
        (ssl.SSLError, f"TLS with {host} failed"),
    )


def sentence_for(causes: Sequence[BaseException], *sentences: tuple[_Kind, str]) -> str:
    """Return the first sentence that matches an exception or one of its causes."""
    for kind, sentence in sentences:
        for cause in causes:
            if _is(cause, kind):
                said = next((text for each in causes[causes.index(cause) :] if (text := str(each))), "")
                return f"{sentence} ({said})" if said else sentence
    return str(causes[0]) or type(causes[0]).__name__


class BodyFailure(Exception):  # noqa: N818  # it never leaves the package; the guard turns it into an error
    """A body broke off."""

    def __init__(self, kind: type[APIStreamError], reason: str, error_code: int | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.error_code = error_code


def _body_failure(causes: Sequence[BaseException], response: Response) -> BodyFailure:
    error = causes[0]
    event = _http2_event(causes)
    if event is not None:
        return BodyFailure(StreamResetError, _event_text(event), int(event.error_code))
    if _phase_of(error) is not None:
        return BodyFailure(StreamTimeoutError, "no data within the read timeout")
    if _is(error, "DecodingError", CodingError):
        return BodyFailure(StreamTruncatedError, f"the content coding is broken ({error})")
    was_reset = any(isinstance(each, ConnectionResetError | BrokenPipeError) for each in causes)
    # Over TLS a TCP reset counts as an end, as Python's SSLSocket takes it for one (CPython gh-115627): sync and async
    # clients must raise the same error.
    is_secure = response.request.url.startswith("https:")
    if was_reset and not (is_secure and _is(error, "TransportError")):
        return BodyFailure(StreamResetError, "the connection was reset")
    return BodyFailure(StreamTruncatedError, str(error) or "the connection was lost")
