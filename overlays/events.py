"""Server-sent events: a response whose body is a series of JSON values, each an event of its own.

The format is that of the HTML standard, section 9.2.6 (text/event-stream).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from . import http_types
from .codec import Codec
from .errors import StreamTruncatedError
from .handles import Handle
from .reading import Texts
from .responses import APIResponse, AsyncAPIResponse, ResponseFacts
from .transport.network_errors import BodyFailure

__all__ = ["AsyncStream", "Stream"]

T = TypeVar("T")


@dataclass(slots=True)
class EventReader:
    """Finds the data of each event in a text that comes in pieces."""

    _rest: str = ""
    _data: list[str] = field(default_factory=list[str])
    _begun: bool = False

    def feed(self, text: str) -> Iterator[str]:
        """Add a piece of the text and return the data of the events that are whole."""
        if text and not self._begun:
            self._begun, text = True, text.removeprefix("\ufeff")
        # A carriage return at the end may be the first half of a line's end.
        text, held = (self._rest + text).removesuffix("\r"), (self._rest + text).endswith("\r")
        *lines, self._rest = re.split(r"\r\n|\r|\n", text)
        self._rest += "\r" * held
        for line in lines:
            if line:
                name, _, value = line.partition(":")
                if name == "data":
                    self._data.append(value.removeprefix(" "))
            elif self._data:
                yield "\n".join(self._data)
                self._data.clear()

    def end(self) -> Iterator[str]:
        """Take the end of the text, and return the last event's data; raises BodyFailure if no blank line ends it."""
        if self._rest == "\r":
            yield from self.feed("\n")
        if self._rest or self._data:
            raise BodyFailure(StreamTruncatedError, "it ends in the middle of an event, which no blank line ends")


class _Events(Generic[T]):
    """The values of a stream of events: the parts that it is handed out in."""

    def __init__(self, response: ResponseFacts[Any], codec: Codec[T]) -> None:
        self._response = response
        self._codec = codec
        self._texts = Texts("utf-8")
        self._reader = EventReader()
        self._count = 0

    def feed(self, chunk: bytes) -> Iterator[T]:
        for text in self._texts.feed(chunk):
            yield from self._values(self._reader.feed(text))

    def end(self) -> Iterator[T]:
        for text in self._texts.end():
            yield from self._values(self._reader.feed(text))
        yield from self._values(self._reader.end())
        if self._response.bytes_received and not self._count:
            raise self._response.unreadable("no event is in what the server sent")

    def broken(self) -> Iterator[T]:
        return iter(())

    def _values(self, events: Iterable[str]) -> Iterator[T]:
        for data in events:
            self._count += 1
            yield self._response.read_part(self._codec, data)


class EventFacts(Handle, Generic[T]):
    """What is known of a stream of events besides the events."""

    _refusal = "can be neither copied nor pickled: keep the events that it gives"

    def __init__(self, response: ResponseFacts[Any]) -> None:
        self._facts = response

    @property
    def response(self) -> http_types.Response:
        """The httpx.Response."""
        return self._facts.http_response

    @property
    def request_id(self) -> str | None:
        """The id to give when asking for support; None if the server sent none."""
        return self._facts.request_id

    @property
    def complete(self) -> bool | None:
        """True once all of it is here; None if the framing cannot prove that; False until then."""
        return self._facts.complete

    @property
    def bytes_received(self) -> int:
        """Bytes that have come, content coding undone."""
        return self._facts.bytes_received


class Stream(EventFacts[T]):
    """A stream of events: iterating gives the value of each; raises APIStreamError if the stream breaks off."""

    def __init__(self, response: APIResponse[Any], codec: Codec[T]) -> None:
        super().__init__(response)
        self._steps = response.steps(_Events(response, codec))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        return next(self._steps)

    def close(self) -> None:
        """Free the connection; may be called any number of times."""
        self._steps.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncStream(EventFacts[T]):
    """A stream of events: iterating gives the value of each; raises APIStreamError if the stream breaks off."""

    def __init__(self, response: AsyncAPIResponse[Any], codec: Codec[T]) -> None:
        super().__init__(response)
        self._steps = response.steps(_Events(response, codec))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await anext(self._steps)

    async def close(self) -> None:
        """Free the connection; may be called any number of times."""
        await self._steps.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
