"""The code that both speech sessions share: checking arguments, properties, and the idle timer."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import cast

from .. import description
from ..calls.api_client import AsyncAPIClient, SyncAPIClient
from ..calls.operation import argument_error
from ..calls.outgoing import handshake
from ..errors import APIError, InvalidArgumentError
from ..errors.handles import Handle
from ..models.speech_session_init import SpeechSessionInit
from ..settings.options import CallOptions, or_default
from ..settings.retries import Attempts
from ..values.codec import MismatchError
from ..values.model import write_fields
from .closes import Closed
from .events import SpeechSessionEvent
from .handshake import ConnectOptions
from .protocol import Session, State
from .turns import OverHTTP1

OPERATION_ID = "speech.sessions.create"

ALREADY_READ = "this session is being read already: one reader gets all events"

DEFAULT_MAX_MESSAGE_SIZE = 64 << 20
"""Bytes: enough for minutes of audio in one message."""


def prepare(
    client: SyncAPIClient | AsyncAPIClient,
    path: str,
    init: Mapping[str, object],
    call: CallOptions,
    max_message_size: int,
) -> tuple[dict[str, object], ConnectOptions]:
    """Check all arguments (None means omitted); returns the fields of `init` without the key, and the options."""
    given = {name: value for name, value in init.items() if value is not None}
    try:
        fields = write_fields(SpeechSessionInit, {**given, "x_api_key": ""})
    except MismatchError as error:
        raise argument_error(OPERATION_ID, error) from error.__cause__
    del fields[description.KEY_NAME]
    if call.body is not None and not isinstance(call.body, Mapping):
        raise InvalidArgumentError(f"{OPERATION_ID}: extra_body must be a mapping of fields to add to `init`")
    fields |= cast("Mapping[str, object]", call.body or {})
    if not isinstance(max_message_size, int) or max_message_size < 1:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise InvalidArgumentError(f"max_message_size must be a number of bytes above 0; got {max_message_size!r}")
    return fields, _opening(client, path, call, max_message_size)


def _opening(
    client: SyncAPIClient | AsyncAPIClient, path: str, call: CallOptions, max_message_size: int
) -> ConnectOptions:
    options, shared = client._options, client._shared  # pyright: ignore[reportPrivateUsage]  # a session is part of its client
    shared.check_open()
    request = handshake(OPERATION_ID, path, options, call)
    connections = shared.connections
    proxy = connections.proxies.of(request.url)
    is_secure = request.url.startswith("wss:") or (proxy is not None and proxy.is_secure)
    return ConnectOptions(
        request=request,
        timeout=shared.limits_of(request),
        key=options.api_key,
        proxy=proxy,
        tls=OverHTTP1(connections.tls) if is_secure else None,
        max_message_size=max_message_size,
        attempts=Attempts(OPERATION_ID, or_default(call.max_retries, options.max_retries), request.deadline),
    )


class IdleTimer:
    """How long to wait for a message; times are passed in.

    Silence is a failure if a message of the server is due. Otherwise the server need only answer pings.

    Args:
        limit: Seconds without a message; None for no limit.
    """

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self.since: float | None = None
        """The time since when a message has been due without any being received; None while none is due."""

    def sent(self, now: float, *, awaits: bool) -> None:
        """Record that something was sent; `awaits` says whether a message of the server is due."""
        if awaits and self.since is None:
            self.since = now

    def left(self, now: float) -> float | None:
        """Return the seconds to wait for the next message; None for no limit."""
        if self._limit is None or self.since is None:
            return self._limit
        return max(self.since + self._limit - now, 0.0)

    def is_over(self, now: float) -> bool:
        """Whether a message is overdue."""
        return self.since is not None and self.left(now) == 0


class BaseSession(Handle):
    """The base of both sessions: their properties and the handling of messages."""

    _refusal = "can be neither copied nor pickled: open a session where it is needed"

    def __init__(
        self, connect_options: ConnectOptions, fields: Mapping[str, object], headers: Mapping[str, str]
    ) -> None:
        self._fields = fields
        self._url = connect_options.request.url
        self._deadline = connect_options.request.deadline
        self._session = Session(self._url.partition("?")[0], connect_options.key, headers)
        self._idle = IdleTimer(connect_options.timeout.read)
        self._events: deque[SpeechSessionEvent] = deque()
        self._pong: Callable[[], bool] | None = None

    @property
    def request_id(self) -> str | None:
        """The id to give when asking for support."""
        return self._session.request_id

    @property
    def bytes_received(self) -> int:
        """Bytes of audio received."""
        return self._session.bytes_received

    @property
    def complete(self) -> bool:
        """Whether all was received: the server answered everything and closed the session after `send_finish`."""
        return self._session.complete

    @property
    def is_over(self) -> bool:
        """Whether the session is closed, complete or failed."""
        return self._session.is_over

    @property
    def nonce(self) -> int:
        """The nonce of the last flush or reset; 0 before the first."""
        return self._session.nonce

    @property
    def url(self) -> str:
        """The URL of the session."""
        return self._url

    @property
    def voice(self) -> str:
        """The voice that speaks."""
        return cast("str", self._fields["voice"])

    @property
    def format(self) -> str | None:
        """The requested format; None if the server chooses."""
        return cast("str | None", self._fields.get("format"))

    @property
    def language(self) -> str | None:
        """The requested language, likewise."""
        return cast("str | None", self._fields.get("language"))

    @property
    def sample_rate(self) -> int | None:
        """The requested sample rate in hertz, likewise."""
        return cast("int | None", self._fields.get("sample_rate"))

    @property
    def return_timestamps(self) -> bool | None:
        """Whether timestamps were requested, likewise."""
        return cast("bool | None", self._fields.get("return_timestamps"))

    def __repr__(self) -> str:
        state = self._session.state.name.lower()
        return f"<{type(self).__name__} [{state}] {self._url.partition('?')[0]} {self.request_id}>"

    def _wait(self) -> float | None:
        """Return the seconds to wait for the next message."""
        left = self._idle.left(time.monotonic())
        if self._session.state is not State.READY or self._deadline is None:
            return left
        return self._deadline.remaining if left is None else min(left, self._deadline.remaining)

    def _heard(self, message: str | bytes) -> SpeechSessionEvent | None:
        """Process a message and return its event, if one is handed out."""
        event = self._session.receive(message)
        self._pong = None
        self._idle.since = time.monotonic() if self._session.awaits else None
        return event

    def _sent(self) -> None:
        self._idle.sent(time.monotonic(), awaits=self._session.awaits)

    def _check_silence(self) -> bool:
        """Return whether to check the connection with a ping; raises StreamTimeoutError if something is overdue."""
        if self._session.state is State.READY and self._deadline is not None and not self._deadline.remaining:
            raise self._session.stalled(f"{self._deadline} passed")
        if self._idle.is_over(time.monotonic()):
            raise self._session.stalled("no message within the read timeout, though some was to come")
        if self._session.awaits:
            return False
        if self._pong is not None and not self._pong():
            raise self._session.stalled("no answer to a ping within the read timeout")
        return True

    def _closed(self, closed: Closed) -> None:
        """Process the end of the connection; raises SessionClosedError or StreamTimeoutError if it is too early."""
        try:
            if closed.stalled:
                raise self._session.stalled(closed.reason)
            self._session.closed(closed.code, closed.reason)
        except APIError as error:
            raise error from (error.__cause__ or closed.__cause__)
