"""Server-sent events: a response whose body is a series of JSON values, each an event of its own.

The format is that of the HTML standard, section 9.2.6 (text/event-stream).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .codec import Codec
from .handles import Handle
from .responses import APIResponse, AsyncAPIResponse, ResponseFacts

if TYPE_CHECKING:
    from types import TracebackType

    from .transport import HTTPResponse

__all__ = ["AsyncStream", "Stream"]

T = TypeVar("T")


@dataclass(slots=True)
class EventReader:
    """Finds the data of each event in a text that comes in pieces. What no blank line ends is no event."""

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


class EventFacts(Handle, Generic[T]):
    """What is known of a stream of events besides the events."""

    _refusal = "can be neither copied nor pickled: keep the events that it gives"

    def __init__(self, response: ResponseFacts[Any], codec: Codec[T]) -> None:
        self._facts = response
        self._codec = codec
        self._reader = EventReader()

    @property
    def response(self) -> HTTPResponse:
        """The httpx.Response."""
        return self._facts.http_response

    @property
    def request_id(self) -> str | None:
        """The id to give when asking for support; None if the server sent none."""
        return self._facts.request_id

    def _values(self, text: str) -> Iterator[T]:
        for data in self._reader.feed(text):
            yield self._facts.read_part(self._codec, data)


class Stream(EventFacts[T]):
    """A stream of events: iterating gives the value of each; raises APIStreamError if the stream breaks off."""

    def __init__(self, response: APIResponse[Any], codec: Codec[T]) -> None:
        super().__init__(response, codec)
        self._response = response
        self._iterator = self._read()

    def _read(self) -> Iterator[T]:
        for text in self._response.iter_text():
            yield from self._values(text)

    def __iter__(self) -> Iterator[T]:
        return self._iterator

    def __next__(self) -> T:
        return next(self._iterator)

    def close(self) -> None:
        """Free the connection; may be called any number of times."""
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncStream(EventFacts[T]):
    """A stream of events: iterating gives the value of each; raises APIStreamError if the stream breaks off."""

    def __init__(self, response: AsyncAPIResponse[Any], codec: Codec[T]) -> None:
        super().__init__(response, codec)
        self._response = response
        self._iterator = self._read()

    async def _read(self) -> AsyncIterator[T]:
        async for text in self._response.iter_text():
            for value in self._values(text):
                yield value

    def __aiter__(self) -> AsyncIterator[T]:
        return self._iterator

    async def __anext__(self) -> T:
        return await anext(self._iterator)

    async def close(self) -> None:
        """Free the connection; may be called any number of times."""
        await self._response.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
