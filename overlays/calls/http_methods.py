"""The methods of both clients for requests that are not in the description: `get`, `post` and so on."""

from __future__ import annotations

from typing import Any, Literal, TypeVar, cast, overload

from ..settings.options import Body
from .api_client import AsyncAPIClient, SyncAPIClient
from .events import AsyncStream, Stream
from .requests import NO_OPTIONS, Files, RequestOptions, class_of, is_streamed, part_codec, request_operation
from .responses import BaseResponse

T = TypeVar("T")
StreamT = TypeVar("StreamT", bound=Stream[Any])
AsyncStreamT = TypeVar("AsyncStreamT", bound=AsyncStream[Any])


class SyncRequests(SyncAPIClient):
    """The methods of HTTP, for requests that the resources do not have.

    They take a path below the base URL, and the type of the result as `cast_to`: a type that `parse` of a response
    accepts, or a class of responses. With `stream`, the result is a Stream of that type.
    """

    @overload
    def get(
        self,
        path: str,
        *,
        cast_to: type[T],
        options: RequestOptions = NO_OPTIONS,
        stream: Literal[False] = False,
    ) -> T: ...

    @overload
    def get(
        self,
        path: str,
        *,
        cast_to: type[T],
        options: RequestOptions = NO_OPTIONS,
        stream: Literal[True],
        stream_cls: type[StreamT],
    ) -> StreamT: ...

    def get(
        self,
        path: str,
        *,
        cast_to: Any,
        options: RequestOptions = NO_OPTIONS,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        """Send a GET request; raises the errors of the resources' methods."""
        return self._request("GET", path, cast_to, None, None, options, stream=stream, stream_cls=stream_cls)

    @overload
    def post(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
        files: Files | None = None,
        stream: Literal[False] = False,
    ) -> T: ...

    @overload
    def post(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
        files: Files | None = None,
        stream: Literal[True],
        stream_cls: type[StreamT],
    ) -> StreamT: ...

    def post(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
        files: Files | None = None,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        """Send a POST request; raises the errors of the resources' methods."""
        return self._request("POST", path, cast_to, body, files, options, stream=stream, stream_cls=stream_cls)

    def put(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
        files: Files | None = None,
    ) -> T:
        """Send a PUT request; raises the errors of the resources' methods."""
        return cast("T", self._request("PUT", path, cast_to, body, files, options))

    def patch(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
    ) -> T:
        """Send a PATCH request; raises the errors of the resources' methods."""
        return cast("T", self._request("PATCH", path, cast_to, body, None, options))

    def delete(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
    ) -> T:
        """Send a DELETE request; raises the errors of the resources' methods."""
        return cast("T", self._request("DELETE", path, cast_to, body, None, options))

    def _request(
        self,
        method: str,
        path: str,
        cast_to: Any,
        body: Body | None,
        files: Files | None,
        options: RequestOptions,
        *,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        made, call = request_operation(method, path, cast_to, body, files, options)
        codec = part_codec(stream_cls, cast_to) if stream else None
        response: Any = self.respond(made, call, streamed=stream or is_streamed(cast_to))
        if issubclass(class_of(cast_to), BaseResponse):
            return response
        if codec is None:
            return response.parse(to=cast_to)
        return class_of(stream_cls or Stream)(response, codec)


class AsyncRequests(AsyncAPIClient):
    """The methods of HTTP, for requests that the resources do not have.

    They take a path below the base URL, and the type of the result as `cast_to`: a type that `parse` of a response
    accepts, or a class of responses. With `stream`, the result is an AsyncStream of that type.
    """

    @overload
    async def get(
        self,
        path: str,
        *,
        cast_to: type[T],
        options: RequestOptions = NO_OPTIONS,
        stream: Literal[False] = False,
    ) -> T: ...

    @overload
    async def get(
        self,
        path: str,
        *,
        cast_to: type[T],
        options: RequestOptions = NO_OPTIONS,
        stream: Literal[True],
        stream_cls: type[AsyncStreamT],
    ) -> AsyncStreamT: ...

    async def get(
        self,
        path: str,
        *,
        cast_to: Any,
        options: RequestOptions = NO_OPTIONS,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        """Send a GET request; raises the errors of the resources' methods."""
        return await self._request("GET", path, cast_to, None, None, options, stream=stream, stream_cls=stream_cls)

    @overload
    async def post(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
        files: Files | None = None,
        stream: Literal[False] = False,
    ) -> T: ...

    @overload
    async def post(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
        files: Files | None = None,
        stream: Literal[True],
        stream_cls: type[AsyncStreamT],
    ) -> AsyncStreamT: ...

    async def post(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
        files: Files | None = None,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        """Send a POST request; raises the errors of the resources' methods."""
        return await self._request("POST", path, cast_to, body, files, options, stream=stream, stream_cls=stream_cls)

    async def put(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
        files: Files | None = None,
    ) -> T:
        """Send a PUT request; raises the errors of the resources' methods."""
        return cast("T", await self._request("PUT", path, cast_to, body, files, options))

    async def patch(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
    ) -> T:
        """Send a PATCH request; raises the errors of the resources' methods."""
        return cast("T", await self._request("PATCH", path, cast_to, body, None, options))

    async def delete(
        self,
        path: str,
        *,
        cast_to: type[T],
        body: Body | None = None,
        options: RequestOptions = NO_OPTIONS,
    ) -> T:
        """Send a DELETE request; raises the errors of the resources' methods."""
        return cast("T", await self._request("DELETE", path, cast_to, body, None, options))

    async def _request(
        self,
        method: str,
        path: str,
        cast_to: Any,
        body: Body | None,
        files: Files | None,
        options: RequestOptions,
        *,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        made, call = request_operation(method, path, cast_to, body, files, options)
        codec = part_codec(stream_cls, cast_to) if stream else None
        response: Any = await self.respond(made, call, streamed=stream or is_streamed(cast_to))
        if issubclass(class_of(cast_to), BaseResponse):
            return response
        if codec is None:
            return await response.parse(to=cast_to)
        return class_of(stream_cls or AsyncStream)(response, codec)
