"""The two drivers: they do what an exchange asks for, one waiting and one awaiting, and hand out its result."""

from __future__ import annotations

import time
from collections.abc import Generator
from copy import deepcopy
from enum import Enum, auto
from functools import cached_property
from inspect import getattr_static
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar, cast

from . import http_types
from .errors import InvalidArgumentError
from .event_loops import is_asyncio, sleep
from .exchange import Read, ReadStart, Reply, Send, Sleep, Step, exchange
from .handles import Handle
from .omit import NotGiven
from .operation import Operation
from .options import CallOptions, ClientOptions, Secret
from .reading import AsyncBodyIterator, BodyIterator, Pieces, aread_start, read_start
from .responses import (
    APIResponse,
    AsyncAPIResponse,
    AsyncBinaryAPIResponse,
    AsyncStreamedBinaryAPIResponse,
    BinaryAPIResponse,
    StreamedBinaryAPIResponse,
    parse,
)
from .transport import HTTPURL, AsyncHTTPClient, HTTPClient, asend, send
from .transport.connections import Connections, SharedClient, Timeout
from .transport.direct import asynchronous, road, sync

T = TypeVar("T")
SyncShared: TypeAlias = SharedClient[HTTPClient, sync.ConnectionPool]
AsyncShared: TypeAlias = SharedClient[AsyncHTTPClient, asynchronous.ConnectionPool]


class Mode(Enum):
    """What a call returns."""

    PARSED = auto()
    """The result."""
    RAW = auto()
    """The response, its body read."""
    STREAMED = auto()
    """The response, its body on its way."""


class Calls(Handle):
    """What a client is made of besides its resources: its settings, and connections, which `with_options` shares."""

    _refusal = "cannot be pickled, since it holds a key and connections: make one in each process, as its work begins"

    def __init__(self, options: ClientOptions, shared: SharedClient[Any, Any]) -> None:
        self._options = options
        self._shared = shared

    @property
    def api_key(self) -> str:
        """The API key; setting it holds from the next call on, as for the settings below."""
        return self._options.key.reveal()

    @api_key.setter
    def api_key(self, api_key: str) -> None:
        key, api_key = Secret(api_key), ""
        self._options = self._options.changed(key=key)

    @property
    def base_url(self) -> HTTPURL:
        """Where the API is; a path ends in a slash."""
        url = HTTPURL(self._options.base_url)
        return url if url.path.endswith("/") else url.copy_with(path=f"{url.path}/")

    @base_url.setter
    def base_url(self, base_url: str | HTTPURL) -> None:  # pyright: ignore[reportPropertyTypeMismatch]  # a text will do
        self._options = self._options.changed(base_url=base_url)

    @property
    def max_retries(self) -> int:
        """How often a failed call is repeated at most."""
        return self._options.max_retries

    @max_retries.setter
    def max_retries(self, max_retries: int) -> None:
        self._options = self._options.changed(max_retries=max_retries)

    @property
    def timeout(self) -> float | Timeout | None:
        """Seconds to wait for a connection, a read or a write; None for no limit."""
        timeout = self._options.timeout
        return self._shared.timeout if isinstance(timeout, NotGiven) else timeout

    @timeout.setter
    def timeout(self, timeout: float | Timeout | None) -> None:
        self._options = self._options.changed(timeout=timeout)

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._shared.is_closed

    def _with(self, options: ClientOptions, shared: SharedClient[Any, Any]) -> Self:
        """Return a client that differs from this one in these alone."""
        made = self.__class__.__new__(self.__class__)
        for name, value in vars(self).copy().items():
            # Resources that were used belong to this client.
            if not isinstance(getattr_static(type(self), name, None), cached_property):
                vars(made)[name] = value
        made._options, made._shared = options, shared
        return made

    def __copy__(self) -> Self:
        return self._with(self._options, self._shared.another())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = memo[id(self)] = self.__copy__()
        # What an application's own class adds.
        vars(made).update(
            {name: deepcopy(value, memo) for name, value in vars(made).items() if name not in ("_options", "_shared")}
        )
        return made

    def __repr__(self) -> str:
        if not hasattr(self, "_options"):
            return f"<{type(self).__name__}, not made>"  # as a traceback shows it when the constructor has failed
        return f"{type(self).__name__}(base_url={self._options.base_url!r})"


class SyncCalls(Calls):
    """The driver that waits."""

    def __init__(
        self,
        options: ClientOptions,
        http_client: HTTPClient | None,
        *,
        http2: bool,
        ssl_context: http_types.SSLContext | None,
        proxy: str | None,
    ) -> None:
        super().__init__(options, _shared(http_client, Connections(http2, ssl_context, proxy)))

    def _changed(self, options: ClientOptions, http_client: HTTPClient | None) -> Self:
        return self._with(options, self._shared if http_client is None else _shared(http_client, Connections()))

    def call(self, operation: Operation[Any], call: CallOptions, mode: Mode) -> Any:
        """Carry out an operation."""
        steps = exchange(operation, self._options, call, buffered=mode is not Mode.STREAMED)
        self._shared.check_open()
        reply = _drive(steps, self._shared)
        if operation.result is None:
            return StreamedBinaryAPIResponse(reply) if mode is Mode.STREAMED else BinaryAPIResponse(reply)
        if mode is Mode.PARSED:
            return parse(operation, reply, reply.content or b"")
        return APIResponse[Any](reply)

    def close(self) -> None:
        """Close the connections, of copies made by `with_options` too; may be called any number of times."""
        for http in self._shared.end():
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncCalls(Calls):
    """The driver that awaits."""

    def __init__(
        self,
        options: ClientOptions,
        http_client: AsyncHTTPClient | None,
        *,
        http2: bool,
        ssl_context: http_types.SSLContext | None,
        proxy: str | None,
    ) -> None:
        super().__init__(options, _ashared(http_client, Connections(http2, ssl_context, proxy)))

    def _changed(self, options: ClientOptions, http_client: AsyncHTTPClient | None) -> Self:
        return self._with(options, self._shared if http_client is None else _ashared(http_client, Connections()))

    async def call(self, operation: Operation[Any], call: CallOptions, mode: Mode) -> Any:
        """Carry out an operation."""
        steps = exchange(operation, self._options, call, buffered=mode is not Mode.STREAMED)
        self._shared.check_open()
        reply = await _adrive(steps, self._shared)
        if operation.result is None:
            return AsyncStreamedBinaryAPIResponse(reply) if mode is Mode.STREAMED else AsyncBinaryAPIResponse(reply)
        if mode is Mode.PARSED:
            return parse(operation, reply, reply.content or b"")
        return AsyncAPIResponse[Any](reply)

    async def close(self) -> None:
        """Close the connections, of copies made by `with_options` too; may be called any number of times."""
        for http in self._shared.end():
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


def _shared(http_client: HTTPClient | None, connections: Connections) -> SyncShared:
    _check_client(http_client, HTTPClient, connections)
    return SharedClient(http_client, connections.client, connections, sync.ConnectionPool)


def _ashared(http_client: AsyncHTTPClient | None, connections: Connections) -> AsyncShared:
    _check_client(http_client, AsyncHTTPClient, connections)
    return SharedClient(http_client, connections.async_client, connections, asynchronous.ConnectionPool)


def _check_client(http_client: object, kind: type[object], connections: Connections) -> None:
    if http_client is None:
        return
    if not isinstance(http_client, kind):
        raise InvalidArgumentError(f"http_client must be an httpx.{kind.__name__}; got {type(http_client).__name__}")
    if connections != Connections():
        raise InvalidArgumentError("http2, ssl_context and proxy are settings of http_client when one is given")


def _drive(steps: Generator[Step, Any, Reply], shared: SyncShared) -> Reply:
    try:
        step = next(steps)
        while True:
            try:
                outcome = _do(step, shared)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as done:
        return cast("Reply", done.value)


def _do(step: Step, shared: SyncShared) -> object:
    match step:
        case Send(request):
            if shared.is_direct(request):
                return road.send(shared.pool, request, shared.timeout_for(request))
            return send(shared.http(request), request)
        case Read(response, guard):
            return b"".join(BodyIterator(response, guard, Pieces()))
        case ReadStart(response, limit):
            return read_start(response, limit)
        case Sleep(seconds):
            time.sleep(seconds)
            return None


async def _adrive(steps: Generator[Step, Any, Reply], shared: AsyncShared) -> Reply:
    try:
        step = next(steps)
        while True:
            try:
                outcome = await _ado(step, shared)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as done:
        return cast("Reply", done.value)


async def _ado(step: Step, shared: AsyncShared) -> object:
    match step:
        case Send(request):
            asyncios = is_asyncio()
            if shared.is_direct(request, is_asyncio=asyncios):
                return await road.asend(shared.pool, request, shared.timeout_for(request))
            return await asend(shared.http(request, is_asyncio=asyncios), request)
        case Read(response, guard):
            return b"".join(await AsyncBodyIterator(response, guard, Pieces()).rest())
        case ReadStart(response, limit):
            return await aread_start(response, limit)
        case Sleep(seconds):
            await sleep(seconds)
            return None
