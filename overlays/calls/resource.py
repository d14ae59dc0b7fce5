"""The base classes of the generated resources, and their raw and streaming forms.

A generated method, of which there is a sync and an async one, makes an operation of its arguments, and its resource
carries that out. So the same function, in a class of another kind, is the method in its raw or streaming form; only its
type and its return annotation are adapted here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from types import FunctionType, TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from ..hints.pydantic_schemas import without_hidden
from ..settings.options import CallOptions
from .api_client import AsyncAPIClient, SyncAPIClient
from .operation import Operation
from .responses import (
    APIResponse,
    AsyncAPIResponse,
    AsyncBinaryAPIResponse,
    AsyncStreamedBinaryAPIResponse,
    BinaryAPIResponse,
    StreamedBinaryAPIResponse,
)

P = ParamSpec("P")
T = TypeVar("T")
ResponseT = TypeVar("ResponseT", bound=APIResponse[Any])
AsyncResponseT = TypeVar("AsyncResponseT", bound=AsyncAPIResponse[Any])


class Describing:
    """Gives each method a pydantic schema, which libraries of agents ask for."""

    def __init_subclass__(cls) -> None:
        for name, each in vars(cls).items():
            if isinstance(each, FunctionType) and not name.startswith("_"):
                vars(each)["__get_pydantic_json_schema__"] = without_hidden


class SyncResource(Describing):
    """The operations of one tag, for a sync client."""

    def __init__(self, client: SyncAPIClient) -> None:
        self._client = client

    def _call(self, operation: Operation[T], call: CallOptions) -> T:
        return self._client.call(operation, call)

    def _call_binary(self, operation: Operation[bytes], call: CallOptions) -> BinaryAPIResponse:
        return cast("BinaryAPIResponse", self._client.respond(operation, call, streamed=False))


class AsyncResource(Describing):
    """The operations of one tag, for an async client."""

    def __init__(self, client: AsyncAPIClient) -> None:
        self._client = client

    def _call(self, operation: Operation[T], call: CallOptions) -> Coroutine[Any, Any, T]:
        return self._client.call(operation, call)

    def _call_binary(
        self, operation: Operation[bytes], call: CallOptions
    ) -> Coroutine[Any, Any, AsyncBinaryAPIResponse]:
        return cast(
            "Coroutine[Any, Any, AsyncBinaryAPIResponse]", self._client.respond(operation, call, streamed=False)
        )


class RawResource(Describing):
    """The operations of a resource, sync or async, returning the response with its body read."""

    def __init__(self, resource: SyncResource | AsyncResource) -> None:
        self._client: Any = resource._client  # pyright: ignore[reportPrivateUsage]  # of the same client

    def _call(self, operation: Operation[Any], call: CallOptions) -> Any:
        return self._client.respond(operation, call, streamed=False)

    _call_binary = _call


class StreamedResource(Describing):
    """The operations of a resource, as context managers of the response, whose body is not read yet."""

    def __init__(self, resource: SyncResource) -> None:
        self._client = resource._client  # pyright: ignore[reportPrivateUsage]  # of the same client

    def _call(self, operation: Operation[Any], call: CallOptions) -> ResponseContextManager[APIResponse[Any]]:
        return ResponseContextManager(partial(self._client.respond, operation, call, streamed=True))

    _call_binary = _call


class AsyncStreamedResource(Describing):
    """The operations of a resource, as context managers of the response, whose body is not read yet."""

    def __init__(self, resource: AsyncResource) -> None:
        self._client = resource._client  # pyright: ignore[reportPrivateUsage]  # of the same client

    def _call(self, operation: Operation[Any], call: CallOptions) -> AsyncResponseContextManager[AsyncAPIResponse[Any]]:
        return AsyncResponseContextManager(partial(self._client.respond, operation, call, streamed=True))

    _call_binary = _call


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


# Each of these takes a method of a resource and returns it as the method of a resource of another kind. Making a
# context manager awaits nothing, so those of an async resource are made of the sync methods.
def raw(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], APIResponse[T]]:
    """Return the method for a RawResource."""
    return returning(method, "APIResponse[{}]")


def raw_binary(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Return the method, sync or async, for a RawResource: its result is already the response."""
    return method


def async_raw(
    method: Callable[Concatenate[Any, P], Awaitable[T]],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, AsyncAPIResponse[T]]]:
    """Return the async method for a RawResource."""
    return returning(method, "AsyncAPIResponse[{}]")


def streamed(
    method: Callable[Concatenate[Any, P], T],
) -> Callable[Concatenate[Any, P], ResponseContextManager[APIResponse[T]]]:
    """Return the method for a StreamedResource."""
    return returning(method, "ResponseContextManager[_resource.APIResponse[{}]]")


def streamed_binary(
    method: Callable[Concatenate[Any, P], BinaryAPIResponse],
) -> Callable[Concatenate[Any, P], ResponseContextManager[StreamedBinaryAPIResponse]]:
    """Return the method for a StreamedResource, with a binary body."""
    return returning(method, "ResponseContextManager[_resource.StreamedBinaryAPIResponse]")


def async_streamed(
    method: Callable[Concatenate[Any, P], T],
) -> Callable[Concatenate[Any, P], AsyncResponseContextManager[AsyncAPIResponse[T]]]:
    """Return the sync method for an AsyncStreamedResource."""
    return returning(method, "AsyncResponseContextManager[_resource.AsyncAPIResponse[{}]]")


def async_streamed_binary(
    method: Callable[Concatenate[Any, P], BinaryAPIResponse],
) -> Callable[Concatenate[Any, P], AsyncResponseContextManager[AsyncStreamedBinaryAPIResponse]]:
    """Return the sync method for an AsyncStreamedResource, with a binary body."""
    return returning(method, "AsyncResponseContextManager[_resource.AsyncStreamedBinaryAPIResponse]")


def returning(method: Any, result: str, old: str = "", new: str = "") -> Callable[..., Any]:
    """Return a copy of the function with another return annotation.

    Args:
        method: A method of a generated module, which has this module as `_resource`.
        result: The new annotation, as written in that module, with `{}` in place of the method's own.
        old: A class name in its own annotation to replace.
        new: The replacement.
    """
    made = FunctionType(method.__code__, method.__globals__, argdefs=method.__defaults__)
    made.__kwdefaults__ = method.__kwdefaults__
    own = method.__annotations__["return"].replace(f".{old}[", f".{new}[", 1)
    made.__annotations__ = {**method.__annotations__, "return": f"_resource.{result}".format(own)}
    return made
