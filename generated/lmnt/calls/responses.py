"""The responses of the raw and the streaming forms, and of binary operations: status and headers first, then the body.

The sync and async classes only read; everything else is in the two base classes they share.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import aclosing, closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from ..errors import APIResponseValidationError, APIStatusError, StreamAlreadyConsumed
from ..errors.handles import Handle
from ..hints import http_types
from ..streams.parts import Lines, Parts, Pieces, Texts
from ..streams.reading import AsyncBodyIterator, BodyIterator, read_whole
from ..transport.event_loops import at_once
from ..values.codec import MismatchError
from ..values.results import stamp
from .exchange import Reply
from .operation import Operation, read_success
from .response_errors import in_band_error, validation_error

if TYPE_CHECKING:
    from .reconnecting import Reconnecting

__all__ = [
    "APIResponse",
    "AsyncAPIResponse",
    "AsyncBinaryAPIResponse",
    "AsyncStreamedBinaryAPIResponse",
    "BinaryAPIResponse",
    "StreamedBinaryAPIResponse",
]

S = TypeVar("S")
T = TypeVar("T")


def parse(operation: Operation[T], reply: Reply, content: bytes) -> T:
    """Read the body of a success; raises APIResponseValidationError."""
    if operation.result is None:
        raise TypeError(f"{operation.id} is handed out as bytes")
    response = reply.response
    try:
        result: T = read_success(operation.result, response.status_code, content, response.text)
    except (ValueError, RecursionError, MismatchError) as error:
        problem = str(error) if isinstance(error, MismatchError) else f"the body is no JSON ({error})"
        raise validation_error(
            response, content, f"{operation.id}: {problem}", retry_safe=operation.retry_safe
        ) from error
    stamp(result, response.request_id)
    return result if operation.made is None else operation.made(result, reply)


class BaseResponse(Handle, Generic[T]):
    """The facts of a response without its body."""

    _refusal = "cannot be pickled, nor copied before its body was read: keep what `read()` or `parse()` returns"

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._content: bytes | None = reply.content
        self._started = False
        self._parsed: dict[object, object] = {}
        self.reconnecting: Reconnecting | None = None
        """Reconnects a stream of items that broke off."""

    @property
    def http_response(self) -> http_types.Response:
        """The httpx.Response; it has the body once that was read."""
        response = self._reply.response
        return response.http if self._content is None else response.read_as(self._content)()

    @property
    def http_request(self) -> http_types.Request:
        """The httpx.Request."""
        return self._reply.response.http.request

    @property
    def headers(self) -> http_types.Headers:
        """The response headers; names in any case."""
        from ..transport.library import HTTPHeaders

        return HTTPHeaders(list(self._reply.response.raw_headers))

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._reply.response.status_code

    @property
    def url(self) -> http_types.URL:
        """The URL of the request, after redirects."""
        from ..transport.library import HTTPURL

        return HTTPURL(self._reply.response.request.url)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self._reply.response.request.method

    @property
    def http_version(self) -> str:
        """HTTP/1.1 or HTTP/2."""
        return self._reply.response.http_version

    @property
    def request_id(self) -> str | None:
        """The id to give when asking for support; None if the server sent none."""
        return self._reply.response.request_id

    @property
    def retries_taken(self) -> int:
        """The number of retries of the call."""
        return self._reply.retries

    @property
    def elapsed(self) -> timedelta:
        """The time from sending the request to the end of the response; raises RuntimeError before that end."""
        elapsed = self._reply.response.elapsed
        if elapsed is None:
            raise RuntimeError("the response has not ended")
        return elapsed

    @property
    def is_closed(self) -> bool:
        """Whether the connection was freed."""
        return self._reply.response.is_closed

    @property
    def bytes_received(self) -> int:
        """Bytes of the body received, after content decoding."""
        return self._reply.guard.bytes_received

    @property
    def complete(self) -> bool | None:
        """True once the complete body was received; None if the framing cannot prove that; False until then."""
        return self._reply.guard.complete

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status_code}] {self._reply.response.request.line} {self.request_id}>"

    def _begin(self) -> bytes | None:
        """Mark the body as consumed, or return it if it was read before."""
        if self._content is None:
            if self._started:
                raise StreamAlreadyConsumed("the body was read before; keep what read() or iter_bytes() gave")
            self._started = True
        return self._content

    def __copy__(self) -> Self:
        if self._content is None:
            self.__reduce_ex__(2)
        return type(self)(self._reply._replace(content=self._content))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:  # its parts never change
        return self.__copy__()

    def _parse_once(self, content: bytes, to: object) -> Any:
        if to not in self._parsed:
            self._parsed[to] = self._parse_as(content, to)
        return self._parsed[to]

    def _parse_as(self, content: bytes, to: object) -> object:
        operation, response = self._reply.operation, self._reply.response
        if to is None:
            return content if operation.result is None else parse(operation, self._reply, content)
        from ..values.casting import cast_plainly, codec_of, is_response

        if is_response(to):
            return response.read_as(content)()
        try:
            return cast_plainly(to, content, response.text)
        except LookupError:
            return parse(operation._replace(result=codec_of(to), made=None), self._reply, content)
        except ValueError as error:
            raise validation_error(
                response, content, f"{operation.id}: {error}", retry_safe=operation.retry_safe
            ) from error

    @property
    def content_type(self) -> str:
        """The Content-Type with its parameters; empty if the response has none."""
        return self._reply.response.headers.get("content-type", "")

    def in_band_error(self, body: Mapping[str, object], **facts: object) -> APIStatusError:
        """Return the error for an item of the body; see `response_errors.in_band_error`."""
        return in_band_error(body, retry_safe=None, response=self._reply.response, **facts)

    def validation_error(self, problem: str) -> APIResponseValidationError:
        """Return the error for a body with an invalid part."""
        operation, response = self._reply.operation, self._reply.response
        problem = f"{operation.id}: {problem}, as {response.media_type or 'no media type'}"
        return validation_error(response, b"", problem, retry_safe=operation.retry_safe)


class APIResponse(BaseResponse[T]):
    """A response: its headers, its status, and its body in several forms."""

    @overload
    def parse(self) -> T: ...

    @overload
    def parse(self, *, to: type[S]) -> S: ...

    def parse(self, *, to: Any = None) -> Any:
        """Return what the plain method returns, or the body as another type.

        Args:
            to: The type to read the body as, in place of the description's: see codec_of; str, bytes and None give the
                body unparsed, httpx.Response the response with its body.

        Raises:
            APIResponseValidationError: The body cannot be read so.
            InvalidArgumentError: No body can be read as such a type.
        """
        if to is None and (items := self._reply.operation.items) is not None:
            from .events import Stream

            return Stream(self, items)
        return self._parse_once(self.read(), to)

    def read(self) -> bytes:
        """Return the complete body; raises APIStreamError if it is incomplete."""
        if self._content is None:
            self._begin()
            self._content = at_once(read_whole(self._reply.response, self._reply.guard))
        return self._content

    def text(self) -> str:
        """Return the complete body as text."""
        return self._reply.response.text(self.read())

    def json(self) -> object:
        """Return the complete body, decoded from JSON; raises ValueError if it is not JSON."""
        return cast("object", json.loads(self.read()))

    def iter_bytes(self, chunk_size: int | None = None) -> BodyIterator[bytes]:
        """Return the body in pieces of `chunk_size` bytes, or as received; raises APIStreamError if it breaks off."""
        return self.steps(Pieces(chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> BodyIterator[str]:
        """Return the body as text, in pieces."""
        return self.steps(Texts(self._reply.response.encoding, chunk_size))

    def iter_lines(self) -> BodyIterator[str]:
        """Return the lines of the body, without their ends."""
        return self.steps(Lines(self._reply.response.encoding))

    def steps(self, parts: Parts[S]) -> BodyIterator[S]:
        """Return the body as the parts that `parts` makes."""
        return BodyIterator(self._reply.response, self._reply.guard, parts, self._begin)

    def close(self) -> None:
        """Free the connection; may be called any number of times."""
        at_once(self._reply.response.close())


class BinaryAPIResponse(APIResponse[bytes]):
    """A binary response whose body was read."""

    def write_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write the bytes to a file, which gets its name only when it is complete; raises FileError."""
        from ..streams.downloads import save

        save(self.iter_bytes(), file)


class StreamedBinaryAPIResponse(APIResponse[bytes]):
    """A binary response whose body is not read yet."""

    def stream_to_file(
        self, file: str | os.PathLike[str], *, chunk_size: int | None = None, keep_partial: bool = False
    ) -> None:
        """Write the bytes to a file as they arrive; the file gets its name only when the download is complete.

        Args:
            file: The file; an existing one is unchanged until the new one is complete.
            chunk_size: Bytes to write at a time; None writes them as they arrive.
            keep_partial: Whether what was received of a broken body is kept as `<file>.partial`, named by the error.

        Raises:
            APIStreamError: The body broke off.
            FileError: The file cannot be written.
        """
        with closing(self.iter_bytes(chunk_size)) as chunks:
            from ..streams.downloads import save

            save(chunks, file, keep_partial=keep_partial)


class AsyncAPIResponse(BaseResponse[T]):
    """A response: its headers, its status, and its body in several forms."""

    @overload
    async def parse(self) -> T: ...

    @overload
    async def parse(self, *, to: type[S]) -> S: ...

    async def parse(self, *, to: Any = None) -> Any:
        """Return what the plain method returns, or the body as another type, as `APIResponse.parse` does."""
        if to is None and (items := self._reply.operation.items) is not None:
            from .events import AsyncStream

            return AsyncStream(self, items)
        return self._parse_once(await self.read(), to)

    async def read(self) -> bytes:
        """Return the complete body; raises APIStreamError if it is incomplete."""
        if self._content is None:
            self._begin()
            self._content = await read_whole(self._reply.response, self._reply.guard)
        return self._content

    async def text(self) -> str:
        """Return the complete body as text."""
        return self._reply.response.text(await self.read())

    async def json(self) -> object:
        """Return the complete body, decoded from JSON; raises ValueError if it is not JSON."""
        return cast("object", json.loads(await self.read()))

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncBodyIterator[bytes]:
        """Return the body in pieces of `chunk_size` bytes, or as received; raises APIStreamError if it breaks off."""
        return self.steps(Pieces(chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> AsyncBodyIterator[str]:
        """Return the body as text, in pieces."""
        return self.steps(Texts(self._reply.response.encoding, chunk_size))

    def iter_lines(self) -> AsyncBodyIterator[str]:
        """Return the lines of the body, without their ends."""
        return self.steps(Lines(self._reply.response.encoding))

    def steps(self, parts: Parts[S]) -> AsyncBodyIterator[S]:
        """Return the body as the parts that `parts` makes."""
        return AsyncBodyIterator(self._reply.response, self._reply.guard, parts, self._begin)

    async def close(self) -> None:
        """Free the connection; may be called any number of times."""
        await self._reply.response.close()


class AsyncBinaryAPIResponse(AsyncAPIResponse[bytes]):
    """A binary response whose body was read."""

    async def write_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write the bytes to a file, which gets its name only when it is complete; raises FileError."""
        from ..streams.downloads import asave

        await asave(self.iter_bytes(), file)


class AsyncStreamedBinaryAPIResponse(AsyncAPIResponse[bytes]):
    """A binary response whose body is not read yet."""

    async def stream_to_file(
        self, file: str | os.PathLike[str], *, chunk_size: int | None = None, keep_partial: bool = False
    ) -> None:
        """Write the bytes to a file as they arrive, as `StreamedBinaryAPIResponse.stream_to_file` does."""
        async with aclosing(self.iter_bytes(chunk_size)) as chunks:
            from ..streams.downloads import asave

            await asave(chunks, file, keep_partial=keep_partial)
