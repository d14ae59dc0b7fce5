"""Streams of items (server-sent events, JSON Lines and other series): their types, their errors, their end.

If the description names an end mark, a stream is complete when that was received. An item that is an error is raised, a
cut item and an end without the mark are errors, and nothing after the mark counts.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Concatenate, Generic, NamedTuple, ParamSpec, Self, TypeVar, cast

from ..errors import APIStatusError, APIStreamError, StreamTruncatedError
from ..errors.handles import AsyncClosing, Closing, Handle
from ..hints import http_types
from ..streams.parts import Parts
from ..streams.reading import OneReader
from ..streams.sequences import MOST, Decoder, SequenceError, ServerSentEvent, UnknownEvent, decoder, is_sequential
from ..transport.event_loops import sleep
from ..transport.network_errors import BodyFailure
from ..values.codec import Codec, MismatchError
from ..values.unions import NewKindError
from .resource import AsyncResponseContextManager, returning
from .responses import APIResponse, AsyncAPIResponse, BaseResponse

__all__ = ["AsyncStream", "Stream"]

P = ParamSpec("P")
T = TypeVar("T")


class Mark(NamedTuple):
    """A pattern for items: all that is not None must match.

    Args:
        event: The name of its event.
        data: Its data, as text.
        at: The path of a value in it, as steps of a JSON Pointer; `*` is any item of an array.
        values: The values that match; empty for any but null.
    """

    event: str | None = None
    data: str | None = None
    at: tuple[str, ...] | None = None
    values: tuple[Any, ...] = ()

    def fits(self, item: ServerSentEvent, value: object) -> bool:
        """Return whether an item matches."""
        if self.event not in (None, item.event) or (self.data is not None and self.data != item.data.strip()):
            return False
        found = [] if self.at is None else found_at(value, self.at)
        return self.at is None or any(each in self.values if self.values else each is not None for each in found)


def found_at(value: Any, steps: Sequence[str]) -> list[Any]:
    """Return the values at a path: none, one, or several if a step is `*`."""
    found = [value]
    for step in steps:
        inner: list[Any] = []
        for each in found:
            if isinstance(each, Mapping) and step in each:
                inner.append(cast("Mapping[str, Any]", each)[step])
            elif isinstance(each, list):
                items: list[Any] = each  # pyright: ignore[reportUnknownVariableType]  # of JSON
                inner += items if step == "*" else items[int(step) : int(step) + 1] if step.isdecimal() else []
        found = inner
    return found


class Failing(NamedTuple):
    """A pattern for items that are errors, and the paths of the error's facts; the usual fields if none are named."""

    mark: Mark
    message: tuple[str, ...] | None = None
    code: tuple[str, ...] | None = None
    status: tuple[str, ...] | None = None

    def fits(self, item: ServerSentEvent, value: object) -> bool:
        """Return whether this is such an item; where any value would tell, one that says nothing does not."""
        _, _, at, values = self.mark
        return self.mark.fits(item, value) and (at is None or bool(values) or any(found_at(value, at)))


class Items(NamedTuple, Generic[T]):
    """How the body of an operation is read as a stream of items.

    Args:
        media_type: The media type in the description.
        codec: The codec of an item; None for the event itself.
        by_event: The codecs by name of the event, if that determines the type.
        is_text: Whether an item is the data as text, not JSON.
        ends: The patterns of end marks.
        errors: The patterns of errors.
        skips: The patterns of messages that are not handed out, such as heartbeats.
        end: `mark` if one of `ends` must come, `close` if the end of the body is the end, `never` if there is to be
            none, empty if it is unknown.
        reconnects: Whether it reconnects when it breaks off.
    """

    media_type: str = "text/event-stream"
    codec: Codec[T] | None = None
    by_event: Mapping[str, Codec[T]] = {}
    is_text: bool = False
    ends: Sequence[Mark] = (Mark(data="[DONE]"),)
    errors: Sequence[Failing] = (Failing(Mark(event="error")), Failing(Mark(at=("error",))))
    skips: Sequence[Mark] = ()
    end: str = ""
    reconnects: bool = False


class ItemParts(Parts[tuple[ServerSentEvent, T]]):
    """Splits a body into items, each with the event that held it."""

    def __init__(self, response: BaseResponse[Any], items: Items[T], most: int) -> None:
        self._response = response
        self._items = items
        self._most = most
        self._found: Decoder | None = None
        self._count = 0
        self.proves_end = items.end == "close"

    def feed(self, chunk: bytes) -> Iterator[tuple[ServerSentEvent, T]]:
        """Add a chunk and return the complete items."""
        return self._judged(lambda found: found.feed(chunk))

    def end(self) -> Iterator[tuple[ServerSentEvent, T]]:
        """Return the last item; raises BodyFailure if the body ended too early, or within an item."""
        yield from self._judged(lambda found: found.end())
        if self.is_over:
            return
        is_other = self._response.bytes_received and not self._count
        if is_other and not is_sequential(self._response.content_type):
            raise self._response.validation_error("no item is in what the server sent")
        if self._found is not None and self._found.is_cut:
            raise self._cut("in the middle of an item")
        if self._items.end == "mark":
            raise self._cut("without its end mark")
        if self._items.end == "never" and self._items.reconnects and self._response.status_code != 204:
            raise self._cut("though it never should")
        if is_other:
            raise self._response.validation_error("no item is in what the server sent")

    def _cut(self, where: str) -> BodyFailure:
        return BodyFailure(StreamTruncatedError, f"it ends {where}, after {self._count} items")

    def _judged(self, step: Callable[[Decoder], Iterator[ServerSentEvent]]) -> Iterator[tuple[ServerSentEvent, T]]:
        try:
            if self._found is None:
                self._found = decoder(self._response.content_type, self._items.media_type, self._most)
            for item in step(self._found):
                self._count += 1
                yield from self._read(item)
                if self.is_over:
                    return
        except SequenceError as error:
            raise self._response.validation_error(str(error)) from error

    def _read(self, item: ServerSentEvent) -> Iterator[tuple[ServerSentEvent, T]]:
        items, value = self._items, _value(item)
        for failing in items.errors:
            if failing.fits(item, value):
                raise self._error(failing, item, value)
        ended = next((mark for mark in items.ends if mark.fits(item, value)), None)
        self.is_over = ended is not None
        is_bare_mark = ended is not None and (ended.data is not None or value is _NO_JSON)
        if is_bare_mark or any(mark.fits(item, value) for mark in items.skips):
            return
        codec = items.by_event.get(item.event, items.codec)
        if items.is_text:
            yield item, cast("T", item.data)
        elif items.by_event and codec is None:
            yield item, cast("T", UnknownEvent(item.event, item.data if value is _NO_JSON else value))
        elif codec is None:
            yield item, cast("T", item)
        elif value is _NO_JSON:
            raise self._response.validation_error(f"item {self._count} is no JSON")
        else:
            yield item, self._typed(codec, value)

    def _typed(self, codec: Codec[T], value: object) -> T:
        try:
            return codec.read(value)
        except NewKindError as error:
            if len(error.path) > 1:
                raise self._response.validation_error(f"item {self._count}: {error}") from None
            return cast("T", UnknownEvent(str(cast("Mapping[str, object]", value)[str(error.path[0])]), value))
        except MismatchError as error:
            raise self._response.validation_error(f"item {self._count}: {error}") from error.__cause__

    def _error(self, failing: Failing, item: ServerSentEvent, value: Any) -> APIStatusError:
        body: Any = value if isinstance(value, Mapping) else {"error": item.data}  # pyright: ignore[reportUnknownVariableType]  # of JSON
        message, code, status = (next(iter(found_at(body, each)), None) if each else None for each in failing[1:])
        return self._response.in_band_error(body, message=message, type_=code, status=status)


_NO_JSON: Any = object()


def _value(item: ServerSentEvent) -> Any:
    try:
        return json.loads(item.data)
    except (ValueError, RecursionError):
        return _NO_JSON


class BaseStream(Handle, Generic[T]):
    """The facts of a stream, without its items."""

    _refusal = "can be neither copied nor pickled: keep the items that it gives"

    max_item_size: ClassVar[int] = MOST
    """The maximum size of an item in bytes."""

    def __init__(self, response: APIResponse[Any] | AsyncAPIResponse[Any], items: Items[T]) -> None:
        self._facts: BaseResponse[Any] = response
        self._items = items
        self._reading = OneReader("this stream")
        self._closed = threading.Event()
        self.event: ServerSentEvent | None = None
        """The event of the item that was handed out last, with its id."""
        self._steps: Any = response.steps(self._taken_up(response))

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
        """True once the complete stream was received; None if nothing proves that; False until then."""
        return self._facts.complete

    @property
    def bytes_received(self) -> int:
        """Bytes received, after content decoding."""
        return self._facts.bytes_received

    def _took(self, event: ServerSentEvent, item: T) -> T:
        self.event = event
        if self._facts.reconnecting is not None:
            self._facts.reconnecting.took(event)
        return item

    def _wait(self, end: APIStreamError) -> tuple[Callable[[], Any], float]:
        """Return what asks for the rest, and the seconds to wait before; raises what ended it if nothing does."""
        found = self._facts.reconnecting
        if found is None or self._closed.is_set() or self._facts.status_code == 204:  # which asks for no more
            raise end
        return found.again, found.wait(end)

    def _taken_up(self, response: BaseResponse[Any]) -> ItemParts[T]:
        """Return what reads a response, which goes on where another broke off."""
        response.reconnecting, self._facts = self._facts.reconnecting, response
        return ItemParts(response, self._items, self.max_item_size)


def async_streamed(
    method: Callable[Concatenate[Any, P], Stream[T]],
) -> Callable[Concatenate[Any, P], AsyncResponseContextManager[AsyncAPIResponse[AsyncStream[T]]]]:
    """Return the sync method for an AsyncStreamedResource."""
    return returning(method, "AsyncResponseContextManager[_resource.AsyncAPIResponse[{}]]", "Stream", "AsyncStream")


class Stream(BaseStream[T], Closing):
    """A stream of items. Iterating yields each; raises APIError if the stream breaks off, or an item is an error."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        with self._reading:
            while True:
                try:
                    return self._took(*next(self._steps))
                except APIStreamError as end:
                    again, seconds = self._wait(end)
                    if self._closed.wait(seconds):
                        raise
                    response: APIResponse[Any] = again()
                self._steps = response.steps(self._taken_up(response))
                if self._closed.is_set():  # meanwhile
                    self.close()

    def close(self) -> None:
        """Free the connection; may be called any number of times."""
        self._closed.set()
        self._steps.close()


class AsyncStream(BaseStream[T], AsyncClosing):
    """A stream of items. Iterating yields each; raises APIError if the stream breaks off, or an item is an error."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        with self._reading:
            while True:
                try:
                    return self._took(*await anext(self._steps))
                except APIStreamError as end:
                    again, seconds = self._wait(end)
                    await sleep(seconds)
                    if self._closed.is_set():
                        raise
                    response: AsyncAPIResponse[Any] = await again()
                self._steps = response.steps(self._taken_up(response))
                if self._closed.is_set():  # meanwhile
                    await self.close()

    async def close(self) -> None:
        """Free the connection; may be called any number of times."""
        self._closed.set()
        await self._steps.aclose()
