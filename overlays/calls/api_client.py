"""The base classes of the sync and of the async client: they carry out operations and return their results."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy, deepcopy
from functools import cached_property
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from ..errors.handles import AsyncClosing, Closing, Handle
from ..hints import http_types
from ..hints.omitted import NotGiven
from ..settings.options import CallOptions, ClientOptions, or_default
from ..settings.secret import Secret
from ..transport.connections import Connections, Road
from ..transport.event_loops import at_once
from ..transport.roads import AsyncRoads, Roads, SyncRoads
from ..values.header_fields import field_value
from .exchange import Reply, exchange
from .operation import Operation
from .responses import (
    APIResponse,
    AsyncAPIResponse,
    AsyncBinaryAPIResponse,
    AsyncStreamedBinaryAPIResponse,
    BaseResponse,
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

    _kinds: ClassVar[tuple[type[BaseResponse[Any]], ...]]
    """The classes of responses: any, a binary one, and that whose body is not read yet."""

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

    async def _result(self, operation: Operation[T], call: CallOptions) -> T:
        self._shared.check_open()
        reply = await exchange(self._shared, operation, self._options, call, buffered=True)
        return parse(operation, reply, reply.content or b"")

    async def _response(self, operation: Operation[Any], call: CallOptions, *, streamed: bool) -> Any:
        self._shared.check_open()
        buffered = not streamed and operation.items is None
        reply = await exchange(self._shared, operation, self._options, call, buffered=buffered)
        whole, binary, streamed_binary = self._kinds
        if operation.result is None:
            return (streamed_binary if streamed else binary)(reply)
        response = whole(reply)
        response.reconnecting = self._reconnecting(operation, call, reply)
        return response

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
    """The sync client; its coroutines never suspend."""

    _roads = SyncRoads
    _kinds = APIResponse, BinaryAPIResponse, StreamedBinaryAPIResponse

    def call(self, operation: Operation[T], call: CallOptions) -> T:
        """Carry out an operation and return its result; for a binary one that is the response, its body read."""
        if operation.result is None or operation.items is not None:
            response = self.respond(operation, call, streamed=False)
            return cast("T", response) if operation.items is None else response.parse()
        return at_once(self._result(operation, call))

    def respond(self, operation: Operation[T], call: CallOptions, *, streamed: bool) -> APIResponse[T]:
        """Carry out an operation and return the response; its body is read, unless `streamed` or a stream of items."""
        return cast("APIResponse[T]", at_once(self._response(operation, call, streamed=streamed)))

    def close(self) -> None:
        """Close the connections, of copies made by `with_options` too; may be called any number of times."""
        at_once(self._shared.close())


class AsyncAPIClient(BaseClient[AsyncRoads], AsyncClosing):
    """The async client."""

    _roads = AsyncRoads
    _kinds = AsyncAPIResponse, AsyncBinaryAPIResponse, AsyncStreamedBinaryAPIResponse

    async def call(self, operation: Operation[T], call: CallOptions) -> T:
        """Carry out an operation and return its result; for a binary one that is the response, its body read."""
        if operation.result is None or operation.items is not None:
            response = await self.respond(operation, call, streamed=False)
            return cast("T", response) if operation.items is None else await response.parse()
        return await self._result(operation, call)

    async def respond(self, operation: Operation[T], call: CallOptions, *, streamed: bool) -> AsyncAPIResponse[T]:
        """Carry out an operation and return the response; its body is read, unless `streamed` or a stream of items."""
        return cast("AsyncAPIResponse[T]", await self._response(operation, call, streamed=streamed))

    async def close(self) -> None:
        """Close the connections, of copies made by `with_options` too; may be called any number of times."""
        await self._shared.close()
