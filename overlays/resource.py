"""What the generated resources share, and the typed wrappers of raw and streaming access."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, cast

from .calls import AsyncCalls, Mode, SyncCalls
from .operation import Operation
from .options import CallOptions
from .responses import (
    APIResponse,
    AsyncAPIResponse,
    AsyncBinaryAPIResponse,
    AsyncStreamedBinaryAPIResponse,
    BinaryAPIResponse,
    StreamedBinaryAPIResponse,
)

if TYPE_CHECKING:
    from types import TracebackType

P = ParamSpec("P")
T = TypeVar("T")
ResponseT = TypeVar("ResponseT", bound=APIResponse[Any])
AsyncResponseT = TypeVar("AsyncResponseT", bound=AsyncAPIResponse[Any])


class SyncResource:
    """Operations of one tag, for a client that waits."""

    def __init__(self, client: SyncCalls, mode: Mode = Mode.PARSED) -> None:
        self._client = client
        self._mode = mode

    def in_mode(self, mode: Mode) -> Self:
        """Return the same operations, returning something else; the wrappers below say what."""
        return type(self)(self._client, mode)

    def _call(self, operation: Operation[T], call: CallOptions) -> T:
        return cast("T", self._client.call(operation, call, self._mode))

    def _call_binary(self, operation: Operation[bytes], call: CallOptions) -> BinaryAPIResponse:
        return cast("BinaryAPIResponse", self._client.call(operation, call, self._mode))


class AsyncResource:
    """Operations of one tag, for a client that awaits."""

    def __init__(self, client: AsyncCalls, mode: Mode = Mode.PARSED) -> None:
        self._client = client
        self._mode = mode

    def in_mode(self, mode: Mode) -> Self:
        """Return the same operations, returning something else; the wrappers below say what."""
        return type(self)(self._client, mode)

    async def _call(self, operation: Operation[T], call: CallOptions) -> T:
        return cast("T", await self._client.call(operation, call, self._mode))

    async def _call_binary(self, operation: Operation[bytes], call: CallOptions) -> AsyncBinaryAPIResponse:
        return cast("AsyncBinaryAPIResponse", await self._client.call(operation, call, self._mode))


class ResponseContextManager(Generic[ResponseT]):
    """Makes the call on entering and frees the connection on leaving."""

    def __init__(self, call: Callable[[], ResponseT]) -> None:
        self._call = call
        self._response: ResponseT | None = None

    def __enter__(self) -> ResponseT:
        self._response = self._call()
        return self._response

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._response is not None:
            self._response.close()


class AsyncResponseContextManager(Generic[AsyncResponseT]):
    """Makes the call on entering and frees the connection on leaving."""

    def __init__(self, call: Callable[[], Awaitable[AsyncResponseT]]) -> None:
        self._call = call
        self._response: AsyncResponseT | None = None

    async def __aenter__(self) -> AsyncResponseT:
        self._response = await self._call()
        return self._response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._response is not None:
            await self._response.close()


# Each wrapper gets a method of a resource in another mode: the method's type says what it returns in the plain mode,
# the wrapper's what it returns in this one. Raw access to a binary operation needs none: its result is the response.
def raw(method: Callable[P, T]) -> Callable[P, APIResponse[T]]:
    """Type a method that returns the response."""
    return cast("Callable[P, APIResponse[T]]", method)


def async_raw(method: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, AsyncAPIResponse[T]]]:
    """Type a method that returns the response."""
    return cast("Callable[P, Coroutine[Any, Any, AsyncAPIResponse[T]]]", method)


def streamed(method: Callable[P, T]) -> Callable[P, ResponseContextManager[APIResponse[T]]]:
    """Type and wrap a method that returns the response with its body on its way."""
    return _on_entering(cast("Callable[P, APIResponse[T]]", method))


def streamed_binary(
    method: Callable[P, BinaryAPIResponse],
) -> Callable[P, ResponseContextManager[StreamedBinaryAPIResponse]]:
    """Type and wrap a method that returns bytes on their way."""
    return _on_entering(cast("Callable[P, StreamedBinaryAPIResponse]", method))


def async_streamed(
    method: Callable[P, Awaitable[T]],
) -> Callable[P, AsyncResponseContextManager[AsyncAPIResponse[T]]]:
    """Type and wrap a method that returns the response with its body on its way."""
    return _on_aentering(cast("Callable[P, Awaitable[AsyncAPIResponse[T]]]", method))


def async_streamed_binary(
    method: Callable[P, Awaitable[AsyncBinaryAPIResponse]],
) -> Callable[P, AsyncResponseContextManager[AsyncStreamedBinaryAPIResponse]]:
    """Type and wrap a method that returns bytes on their way."""
    return _on_aentering(cast("Callable[P, Awaitable[AsyncStreamedBinaryAPIResponse]]", method))


def _on_entering(method: Callable[P, ResponseT]) -> Callable[P, ResponseContextManager[ResponseT]]:
    return partial(_entering, method)


def _entering(
    method: Callable[P, ResponseT], /, *args: P.args, **kwargs: P.kwargs
) -> ResponseContextManager[ResponseT]:
    return ResponseContextManager(partial(method, *args, **kwargs))


def _on_aentering(
    method: Callable[P, Awaitable[AsyncResponseT]],
) -> Callable[P, AsyncResponseContextManager[AsyncResponseT]]:
    return partial(_aentering, method)


def _aentering(
    method: Callable[P, Awaitable[AsyncResponseT]], /, *args: P.args, **kwargs: P.kwargs
) -> AsyncResponseContextManager[AsyncResponseT]:
    return AsyncResponseContextManager(partial(method, *args, **kwargs))
