"""The sync and the async driver: they carry out the steps of an exchange and return its result."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from copy import copy, deepcopy
from functools import cached_property
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from ..errors.handles import AsyncClosing, Closing, Handle
from ..hints import http_types
from ..hints.omitted import NotGiven
from ..settings.options import CallOptions, ClientOptions, or_default
from ..settings.secret import Secret
from ..streams.reading import aread_start, aread_whole, read_start, read_whole
from ..transport.connections import Connections, Road
from ..transport.event_loops import sleep
from ..transport.roads import AsyncRoads, Roads, SyncRoads
from ..values.header_fields import field_value
from .exchange import Ask, Read, ReadStart, Reply, Send, Sleep, Step, exchange
from .operation import Operation
from .responses import (
    APIResponse,
    AsyncAPIResponse,
    AsyncBinaryAPIResponse,
    AsyncStreamedBinaryAPIResponse,
    BinaryAPIResponse,
    StreamedBinaryAPIResponse,
    parse,
)

if TYPE_CHECKING:
    from .reconnecting import Reconnecting

RoadsT = TypeVar("RoadsT", bound=Roads)
T = TypeVar("T")


class BaseClient(Handle, Generic[RoadsT]):
    """The base of both clients: the settings, and the connections, which copies by `with_options` share."""

    _refusal = "cannot be pickled, since it holds a key and connections: make one in each process, as its work begins"

    _roads: ClassVar[Callable[..., Any]]
    """The class of the connections."""

    def __init__(
        self,
        options: ClientOptions,
        http_client: http_types.Client | http_types.AsyncClient | None,
        *,
        http2: bool,
        ssl_context: http_types.SSLContext | None,
        proxy: str | None,
        transport: Road | None,
    ) -> None:
        self._options = options
        self._shared: RoadsT = self._roads(http_client, Connections(http2, ssl_context, proxy, transport))

    @property
    def api_key(self) -> str:
        """The API key. A new value applies from the next call on, as for the settings below."""
        return self._options.api_key.reveal()

    @api_key.setter
    def api_key(self, api_key: str) -> None:
        key, api_key = Secret(api_key), ""
        self._options = self._options.changed(keys={"api_key": key})

    @property
    def base_url(self) -> http_types.URL:
        """The base URL of the API; its path ends in a slash."""
        from ..transport.library import HTTPURL

        url = HTTPURL(self._options.base_url)
        return url if url.path.endswith("/") else url.copy_with(path=f"{url.path}/")

    @base_url.setter
    def base_url(self, base_url: str | http_types.URL) -> None:  # pyright: ignore[reportPropertyTypeMismatch]  # a str is accepted
        self._options = self._options.changed(base_url=base_url)

    @property
    def max_retries(self) -> int:
        """How often a failed call is repeated at most."""
        return self._options.max_retries

    @max_retries.setter
    def max_retries(self, max_retries: int) -> None:
        self._options = self._options.changed(max_retries=max_retries)

    @property
    def timeout(self) -> float | http_types.Timeout | None:
        """Seconds to wait for a connection, a read or a write; None for no limit."""
        timeout = self._options.timeout
        if not isinstance(timeout, NotGiven):
            return timeout
        from ..transport.defaults import Timeout

        return Timeout(**self._shared.limits.seconds())

    @timeout.setter
    def timeout(self, timeout: float | http_types.Timeout | None) -> None:
        self._options = self._options.changed(timeout=timeout)

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._shared.is_closed

    def _exchange(self, operation: Operation[Any], call: CallOptions, *, buffered: bool) -> Generator[Step, Any, Reply]:
        self._shared.check_open()
        return exchange(operation, self._options, call, buffered=buffered)

    def _reconnecting(self, operation: Operation[Any], call: CallOptions, reply: Reply) -> Reconnecting | None:
        """Return what reconnects a stream of items that breaks off; None if it does not reconnect."""
        if operation.items is None or not operation.items.reconnects:
            return None
        from .reconnecting import LAST_EVENT_ID, Reconnecting

        def again(last: str, deadline: float | None) -> Any:
            headers = {**operation.headers, **({LAST_EVENT_ID: field_value(LAST_EVENT_ID, last)} if last else {})}
            following = copy(call)
            following.deadline = deadline
            return cast("Any", self).respond(operation._replace(headers=headers), following, streamed=True)

        most = or_default(call.max_retries, self._options.max_retries)
        return Reconnecting(again, most, reply.response.request.deadline, operation.id)

    def _copy_with(
        self, options: ClientOptions, http_client: http_types.Client | http_types.AsyncClient | None
    ) -> Self:
        return self._copy(options, self._shared if http_client is None else self._roads(http_client, Connections()))

    def _copy(self, options: ClientOptions, shared: RoadsT) -> Self:
        """Return a copy with other options or connections."""
        made = self.__class__.__new__(self.__class__)
        for name, value in vars(self).copy().items():
            # Cached resources belong to this client.
            if not isinstance(getattr_static(type(self), name, None), cached_property):
                vars(made)[name] = value
        made._options, made._shared = options, shared
        return made

    def __copy__(self) -> Self:
        return self._copy(self._options, self._shared.another())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = memo[id(self)] = self.__copy__()
        # The attributes that an application's subclass adds.
        vars(made).update(
            {name: deepcopy(value, memo) for name, value in vars(made).items() if name not in ("_options", "_shared")}
        )
        return made

    def __repr__(self) -> str:
        if not hasattr(self, "_options"):
            return f"<{type(self).__name__}, not made>"  # as a traceback shows it when the constructor has failed
        return f"{type(self).__name__}(base_url={self._options.base_url!r})"


class SyncAPIClient(BaseClient[SyncRoads], Closing):
    """The sync driver."""

    _roads = SyncRoads

    def call(self, operation: Operation[T], call: CallOptions) -> T:
        """Carry out an operation and return its result; for a binary one that is the response, its body read."""
        if operation.items is not None:
            return self.respond(operation, call, streamed=False).parse()
        if operation.result is None:
            return cast("T", self.respond(operation, call, streamed=False))
        reply = _drive(self._exchange(operation, call, buffered=True), self._shared)
        return parse(operation, reply, reply.content or b"")

    def respond(self, operation: Operation[T], call: CallOptions, *, streamed: bool) -> APIResponse[T]:
        """Carry out an operation and return the response; its body is read, unless `streamed` or a stream of items."""
        buffered = not streamed and operation.items is None
        reply = _drive(self._exchange(operation, call, buffered=buffered), self._shared)
        if operation.result is None:
            return cast("APIResponse[T]", (StreamedBinaryAPIResponse if streamed else BinaryAPIResponse)(reply))
        response: APIResponse[T] = APIResponse(reply)
        response.reconnecting = self._reconnecting(operation, call, reply)
        return response

    def close(self) -> None:
        """Close the connections, of copies made by `with_options` too; may be called any number of times."""
        self._shared.close()


class AsyncAPIClient(BaseClient[AsyncRoads], AsyncClosing):
    """The async driver."""

    _roads = AsyncRoads

    async def call(self, operation: Operation[T], call: CallOptions) -> T:
        """Carry out an operation and return its result; for a binary one that is the response, its body read."""
        if operation.items is not None:
            return await (await self.respond(operation, call, streamed=False)).parse()
        if operation.result is None:
            return cast("T", await self.respond(operation, call, streamed=False))
        reply = await _adrive(self._exchange(operation, call, buffered=True), self._shared)
        return parse(operation, reply, reply.content or b"")

    async def respond(self, operation: Operation[T], call: CallOptions, *, streamed: bool) -> AsyncAPIResponse[T]:
        """Carry out an operation and return the response; its body is read, unless `streamed` or a stream of items."""
        buffered = not streamed and operation.items is None
        reply = await _adrive(self._exchange(operation, call, buffered=buffered), self._shared)
        if operation.result is None:
            kind = AsyncStreamedBinaryAPIResponse if streamed else AsyncBinaryAPIResponse
            return cast("AsyncAPIResponse[T]", kind(reply))
        response: AsyncAPIResponse[T] = AsyncAPIResponse(reply)
        response.reconnecting = self._reconnecting(operation, call, reply)
        return response

    async def close(self) -> None:
        """Close the connections, of copies made by `with_options` too; may be called any number of times."""
        await self._shared.close()


def _drive(steps: Generator[Step, Any, Reply], roads: SyncRoads) -> Reply:
    try:
        step = next(steps)
        while True:
            try:
                outcome = _WAYS[type(step)](step, roads)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as done:
        reply: Reply = done.value
        return reply


async def _adrive(steps: Generator[Step, Any, Reply], roads: AsyncRoads) -> Reply:
    try:
        step = next(steps)
        while True:
            try:
                outcome = await _AWAITED_WAYS[type(step)](step, roads)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as done:
        reply: Reply = done.value
        return reply


async def _ask(step: Ask) -> object:
    found = step.give()
    return await found if isinstance(found, Awaitable) else found


_WAYS: Mapping[type[Step], Callable[[Any, SyncRoads], object]] = {
    Send: lambda step, roads: roads.send(step.request),
    Read: lambda step, _: read_whole(*step),
    ReadStart: lambda step, _: read_start(*step),
    Sleep: lambda step, _: time.sleep(step.seconds),
    Ask: lambda step, _: step.give(),
}
"""How each step is done."""

_AWAITED_WAYS: Mapping[type[Step], Callable[[Any, AsyncRoads], Awaitable[object]]] = {
    Send: lambda step, roads: roads.send(step.request),
    Read: lambda step, _: aread_whole(*step),
    ReadStart: lambda step, _: aread_start(*step),
    Sleep: lambda step, _: sleep(step.seconds),
    Ask: lambda step, _: _ask(step),
}
