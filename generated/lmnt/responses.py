"""What the raw and the streaming access hand out, and the audio of a binary operation: facts first, then the body.

The sync and async classes differ in who waits; everything else is in the two classes they share.
"""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from .codec import MismatchError
from .errors import StreamAlreadyConsumed
from .exchange import Reply
from .failures import request_id_of, unreadable
from .files import Download
from .model import stamp
from .operation import Operation
from .stream import aread_body, cut, read_body

if TYPE_CHECKING:
    from datetime import timedelta

    from .transport import HTTPHeaders, HTTPRequest, HTTPResponse

__all__ = [
    "APIResponse",
    "AsyncAPIResponse",
    "AsyncBinaryAPIResponse",
    "AsyncStreamedBinaryAPIResponse",
    "BinaryAPIResponse",
    "StreamedBinaryAPIResponse",
]

T = TypeVar("T")


def parse(operation: Operation[T], reply: Reply, content: bytes) -> T:
    """Read the body of a success; raises APIResponseValidationError."""
    if operation.result is None:
        raise TypeError(f"{operation.id} has no JSON to parse")
    try:
        result = operation.result.read(json.loads(content))
    except (ValueError, RecursionError, MismatchError) as error:
        problem = str(error) if isinstance(error, MismatchError) else f"the body is no JSON ({error})"
        raise unreadable(
            reply.response, content, f"{operation.id}: {problem}", retry_safe=operation.retry_safe
        ) from error
    stamp(result, request_id_of(reply.response))
    return result


class ResponseFacts(Generic[T]):
    """What is known of a response besides its body."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._content: bytes | None = reply.content
        self._started = False
        self._parsed: list[T] = []

    @property
    def http_response(self) -> HTTPResponse:
        """The httpx.Response."""
        return self._reply.response.http

    @property
    def http_request(self) -> HTTPRequest:
        """The httpx.Request."""
        return self._reply.response.http.request

    @property
    def headers(self) -> HTTPHeaders:
        """The response headers; names in any case."""
        return self._reply.response.http.headers

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._reply.response.status_code

    @property
    def url(self) -> str:
        """The URL that answered."""
        return self._reply.response.request.url

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self._reply.response.request.method

    @property
    def http_version(self) -> str:
        """HTTP/1.1 or HTTP/2."""
        return self._reply.response.http.http_version

    @property
    def request_id(self) -> str | None:
        """The id to give when asking for support; None if the server sent none."""
        return request_id_of(self._reply.response)

    @property
    def retries_taken(self) -> int:
        """How many times the call was repeated."""
        return self._reply.retries

    @property
    def elapsed(self) -> timedelta:
        """The time from sending the request to the end of the response; raises RuntimeError before that end."""
        return self._reply.response.elapsed

    @property
    def is_closed(self) -> bool:
        """Whether the connection was freed."""
        return self._reply.response.http.is_closed

    @property
    def bytes_received(self) -> int:
        """Bytes of the body that have arrived, content coding undone."""
        return self._reply.guard.bytes_received

    @property
    def complete(self) -> bool | None:
        """True once the whole body is here; None if the framing cannot prove that; False until then."""
        return self._reply.guard.complete

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status_code}] {self._reply.response.request.line} {self.request_id}>"

    def _start(self) -> None:
        if self._started:
            raise StreamAlreadyConsumed("the body was read before; keep what iter_bytes() gives, or call read() first")
        self._started = True

    def _parse_once(self, content: bytes) -> T:
        if not self._parsed:
            operation = cast("Operation[T]", self._reply.operation)
            if operation.result is None:
                self._parsed.append(cast("T", content))
            else:
                self._parsed.append(parse(operation, self._reply, content))
        return self._parsed[0]

    def _decoder(self) -> codecs.IncrementalDecoder:
        return codecs.getincrementaldecoder(self._reply.response.encoding)(errors="replace")


def _full_lines(text: str) -> tuple[list[str], str]:
    lines = text.splitlines(keepends=True)
    # A lone \r at the very end may be the first half of \r\n.
    rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
    return [line.rstrip("\r\n") for line in lines], rest


class APIResponse(ResponseFacts[T]):
    """A response with its headers, its status, and its body in whatever form is asked for."""

    def parse(self) -> T:
        """Return what the plain method returns; raises APIResponseValidationError."""
        return self._parse_once(self.read())

    def read(self) -> bytes:
        """Return the whole body; raises APIStreamError if it did not come whole."""
        if self._content is None:
            self._content = b"".join(self.iter_bytes())
        return self._content

    def text(self) -> str:
        """Return the whole body as text."""
        return self._reply.response.text(self.read())

    def json(self) -> object:
        """Return the whole body, decoded from JSON; raises ValueError if it is none."""
        return cast("object", json.loads(self.read()))

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Return the body in pieces of `chunk_size` bytes, or as they come; raises APIStreamError if it breaks off."""
        if self._content is not None:
            yield from cut(self._content, chunk_size)
            return
        self._start()
        yield from read_body(self._reply.response, self._reply.guard, chunk_size)

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Return the body as text, in pieces."""
        decoder = self._decoder()
        for chunk in self.iter_bytes(chunk_size):
            yield decoder.decode(chunk)
        if rest := decoder.decode(b"", final=True):
            yield rest

    def iter_lines(self) -> Iterator[str]:
        """Return the lines of the body, without their ends."""
        rest = ""
        for text in self.iter_text():
            lines, rest = _full_lines(rest + text)
            yield from lines
        if rest:
            yield rest.rstrip("\r")

    def close(self) -> None:
        """Free the connection; may be called any number of times."""
        self._reply.response.close()


class BinaryAPIResponse(APIResponse[bytes]):
    """Audio that is here as a whole."""

    def write_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write the audio to a file, which takes its name when it is whole; raises FileError."""
        _write(self.iter_bytes(), Download(file))


class StreamedBinaryAPIResponse(APIResponse[bytes]):
    """Audio on its way."""

    def stream_to_file(
        self, file: str | os.PathLike[str], *, chunk_size: int | None = None, keep_partial: bool = False
    ) -> None:
        """Write the audio to a file as it comes; the file takes its name when it is whole.

        Args:
            file: The file; one that is there already stays as it is until the new one is whole.
            chunk_size: Bytes to write at a time; None writes them as they come.
            keep_partial: Whether audio that broke off is kept as `<file>.partial`, named by the error.

        Raises:
            APIStreamError: The audio broke off.
            FileError: The file cannot be written.
        """
        _write(self.iter_bytes(chunk_size), Download(file, keep_partial=keep_partial))


def _write(chunks: Iterator[bytes], download: Download) -> None:
    try:
        for chunk in chunks:
            download.write(chunk)
        download.commit()
    except BaseException as error:
        download.discard(error)
        raise


class AsyncAPIResponse(ResponseFacts[T]):
    """A response with its headers, its status, and its body in whatever form is asked for."""

    async def parse(self) -> T:
        """Return what the plain method returns; raises APIResponseValidationError."""
        return self._parse_once(await self.read())

    async def read(self) -> bytes:
        """Return the whole body; raises APIStreamError if it did not come whole."""
        if self._content is None:
            self._content = b"".join([chunk async for chunk in self.iter_bytes()])
        return self._content

    async def text(self) -> str:
        """Return the whole body as text."""
        return self._reply.response.text(await self.read())

    async def json(self) -> object:
        """Return the whole body, decoded from JSON; raises ValueError if it is none."""
        return cast("object", json.loads(await self.read()))

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Return the body in pieces of `chunk_size` bytes, or as they come; raises APIStreamError if it breaks off."""
        if self._content is not None:
            for piece in cut(self._content, chunk_size):
                yield piece
            return
        self._start()
        async for chunk in aread_body(self._reply.response, self._reply.guard, chunk_size):
            yield chunk

    async def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Return the body as text, in pieces."""
        decoder = self._decoder()
        async for chunk in self.iter_bytes(chunk_size):
            yield decoder.decode(chunk)
        if rest := decoder.decode(b"", final=True):
            yield rest

    async def iter_lines(self) -> AsyncIterator[str]:
        """Return the lines of the body, without their ends."""
        rest = ""
        async for text in self.iter_text():
            lines, rest = _full_lines(rest + text)
            for line in lines:
                yield line
        if rest:
            yield rest.rstrip("\r")

    async def close(self) -> None:
        """Free the connection; may be called any number of times."""
        await self._reply.response.aclose()


class AsyncBinaryAPIResponse(AsyncAPIResponse[bytes]):
    """Audio that is here as a whole."""

    async def write_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write the audio to a file, which takes its name when it is whole; raises FileError."""
        await _awrite(self.iter_bytes(), Download(file))


class AsyncStreamedBinaryAPIResponse(AsyncAPIResponse[bytes]):
    """Audio on its way."""

    async def stream_to_file(
        self, file: str | os.PathLike[str], *, chunk_size: int | None = None, keep_partial: bool = False
    ) -> None:
        """Write the audio to a file as it comes; the file takes its name when it is whole.

        Args:
            file: The file; one that is there already stays as it is until the new one is whole.
            chunk_size: Bytes to write at a time; None writes them as they come.
            keep_partial: Whether audio that broke off is kept as `<file>.partial`, named by the error.

        Raises:
            APIStreamError: The audio broke off.
            FileError: The file cannot be written.
        """
        await _awrite(self.iter_bytes(chunk_size), Download(file, keep_partial=keep_partial))


async def _awrite(chunks: AsyncIterator[bytes], download: Download) -> None:
    try:
        async for chunk in chunks:
            await _in_thread(partial(download.write, chunk))
        await _in_thread(download.commit)
    except BaseException as error:
        download.discard(error)
        raise


async def _in_thread(step: Callable[[], None]) -> None:
    """Take a step that the event loop does not wait for, since disks can be slow; it is over when this returns."""
    import asyncio

    running = asyncio.ensure_future(asyncio.to_thread(step))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        # What becomes of the step is of no interest any more, but nothing may write behind our back.
        await asyncio.gather(running, return_exceptions=True)
        raise
