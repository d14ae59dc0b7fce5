"""Parsers of bodies that are a series of items, with no I/O: pieces of any size go in, complete items come out.

The media types are those that OpenAPI 3.2 calls sequential: server-sent events, JSON Lines, JSON text sequences and the
parts of multipart/mixed. An item is complete when its terminator was received; a rest at the end of the body is cut.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["ServerSentEvent", "UnknownEvent"]

MOST = 16 << 20
"""The maximum size of an item in bytes."""


class ServerSentEvent(NamedTuple):
    """An event of a stream (HTML standard, section 9.2.6), or an item of another series, which has only data."""

    data: str
    event: str = "message"
    """Its type; `message` if the stream names none."""
    id: str | None = None
    """The last event ID: that of this event, or of the latest one before it that had one."""
    retry: int | None = None
    """Milliseconds before reconnecting, as set by this event or by a field between the previous event and this one."""


class UnknownEvent(NamedTuple):
    """An item of a stream, or a message of a session, of a type that this version of the package does not know."""

    type: str
    """Its type."""

    data: Any
    """The whole item, as received."""


class SequenceError(ValueError):
    """The body is not such a series, or an item is too long."""


class Decoder(ABC):
    """Splits a body into its items, none of which may have more bytes than `most`."""

    between: bytes
    """The separator of two items."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Add a piece of the body and return the items that are now complete; raises SequenceError."""
        searched = max(len(self._buffer) - len(self.between), 0)
        self._buffer += chunk
        if self._buffer.find(self.between, searched) >= 0:
            *whole, rest = bytes(self._buffer).split(self.between)
            self._buffer = bytearray(rest)
            yield from self._items(whole)
        if len(self._buffer) >= self._most + len(self.between):  # less may have the start of what ends it
            raise SequenceError(f"an item has more than {self._most} bytes")

    def _items(self, parts: Iterable[bytes]) -> Iterator[ServerSentEvent]:
        for part in parts:
            if len(part) > self._most:
                raise SequenceError(f"an item has more than {self._most} bytes")
            if (item := self._item(part)) is not None:
                yield item

    @abstractmethod
    def _item(self, part: bytes) -> ServerSentEvent | None:
        """Return the item in the bytes between two separators; None if there is none. Raises SequenceError."""

    def end(self) -> Iterator[ServerSentEvent]:
        """Return the last item, if the end of the body terminates it; raises SequenceError."""
        return iter(())

    @property
    def is_cut(self) -> bool:
        """Whether a body that ends here is cut within an item."""
        return bool(self._buffer.strip())


class EventDecoder(Decoder):
    """Server-sent events: text/event-stream."""

    between = b"\n\n"

    def __init__(self, most: int = MOST) -> None:
        super().__init__(most)
        self._id: str | None = None
        self._retry: int | None = None
        """The `retry` field set between two events."""
        self._start = b""
        self._has_begun = self._ends_in_return = False

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Add a piece of the body and return the events that are now complete; raises SequenceError."""
        if not self._has_begun:
            chunk = self._start = self._start + chunk
            if len(chunk) < len(_BOM) and _BOM.startswith(chunk):
                return
            self._has_begun, chunk = True, chunk.removeprefix(_BOM)
        if b"\r" in chunk or self._ends_in_return:
            ends_in_return = chunk.endswith(b"\r")
            if self._ends_in_return:  # the second half of CR LF
                chunk = chunk.removeprefix(b"\n")
            self._ends_in_return = ends_in_return
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield from super().feed(chunk)

    def _item(self, part: bytes) -> ServerSentEvent | None:
        if part.startswith(b"data: ") and b"\n" not in part and self._retry is None:  # as in most streams
            return ServerSentEvent(_text(part[6:]), id=self._id)
        event, data = "", list[str]()
        for line in _text(part).split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name == "event":
                event = value
            elif name == "id" and "\0" not in value:
                self._id = value
            elif name == "retry" and value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER:
                self._retry = int(value)
        if not data:
            return None
        retry, self._retry = self._retry, None
        return ServerSentEvent("\n".join(data), event or "message", self._id, retry)

    @property
    def is_cut(self) -> bool:
        """Whether the body ended within an event: comments need no blank line."""
        lines = self._buffer.split(b"\n")
        return any(line and not line.startswith(b":") for line in lines)


class LineDecoder(Decoder):
    """JSON Lines: application/jsonl, application/x-ndjson. The last line may lack a line end."""

    between = b"\n"

    def _item(self, part: bytes) -> ServerSentEvent | None:
        text = _text(part).strip(" \t\r\ufeff")
        return ServerSentEvent(text) if text else None

    def end(self) -> Iterator[ServerSentEvent]:
        """Return the last line if it is a whole value: of a part of one nothing tells, but that it is no JSON."""
        if _is_json(rest := bytes(self._buffer)):
            self._buffer = bytearray()
            yield from self._items([rest])


class SequenceDecoder(Decoder):
    """JSON text sequences (RFC 7464): application/json-seq. A text without a line feed after it is cut."""

    between = b"\x1e"

    def __init__(self, most: int = MOST) -> None:
        super().__init__(most)
        self._effort = 1 << 16
        """Bytes that may be looked at to see whether the last text is whole: a text of many lines is not, at most."""

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Add a piece of the body and return the texts that are whole now, also the last one; raises SequenceError."""
        self._effort += 64 * len(chunk)
        yield from super().feed(chunk)
        if self._buffer.endswith(b"\n") and self._effort >= len(self._buffer):
            self._effort -= len(self._buffer)
            yield from self.end()

    def _item(self, part: bytes) -> ServerSentEvent | None:
        text = _text(part)
        if text.strip() and text[-1] not in '\n ]}"\t\r':  # a number or a literal may be the start of a longer one
            raise SequenceError("an item of the sequence is cut")
        return ServerSentEvent(text.strip()) if text.strip() else None

    def end(self) -> Iterator[ServerSentEvent]:
        """Return the last text, if it is whole."""
        if self._buffer.endswith(b"\n") and _is_json(rest := bytes(self._buffer)):
            self._buffer = bytearray()
            yield from self._items([rest])


class PartDecoder(Decoder):
    """The parts of multipart/mixed (RFC 2046 section 5.1.3), whose media types say what each is."""

    def __init__(self, boundary: str, most: int = MOST) -> None:
        super().__init__(most)
        self.between = f"\r\n--{boundary}".encode()
        self._buffer.extend(b"\r\n")  # the first boundary may begin the body
        self._is_preamble = True

    def _item(self, part: bytes) -> ServerSentEvent | None:
        if self._is_preamble:
            self._is_preamble = False
            return None
        padding, _, rest = part.partition(b"\r\n")
        if padding.strip():
            raise SequenceError("a boundary is followed by something else")
        head, _, body = (b"\r\n" + rest).partition(b"\r\n\r\n")
        kind = re.search(rb"^content-type:\s*([^\s;]+)", head, re.IGNORECASE | re.MULTILINE)
        return ServerSentEvent(_text(body), _text(kind[1]).lower() if kind else "text/plain")

    @property
    def is_cut(self) -> bool:
        """Whether the closing boundary is missing."""
        return not self._buffer.startswith(b"--")


_BOM = b"\xef\xbb\xbf"

_LONGEST_NUMBER = 20
"""Digits from which on a number is none: Python reads 4,300 of them, and computes with fewer."""


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise SequenceError(f"it is no UTF-8 ({error.reason})") from None


def _is_json(data: bytes) -> bool:
    import json

    try:
        json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return True


DECODERS: Mapping[str, Callable[[int], Decoder]] = {
    "text/event-stream": EventDecoder,
    "application/jsonl": LineDecoder,
    "application/x-jsonl": LineDecoder,
    "application/jsonlines": LineDecoder,
    "application/x-jsonlines": LineDecoder,
    "application/ndjson": LineDecoder,
    "application/x-ndjson": LineDecoder,
    "application/stream+json": LineDecoder,
    "application/json-seq": SequenceDecoder,
}
"""The decoder of each sequential media type; every `+json-seq` is one."""


def is_sequential(content_type: str) -> bool:
    """Return whether a media type is sequential."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind in DECODERS or kind == "multipart/mixed" or kind.endswith("+json-seq")


def decoder(content_type: str, described: str, most: int) -> Decoder:
    """Return the decoder of a body by its Content-Type, or by the media type in the description if that has no items.

    Raises SequenceError if the response is multipart and names no boundary.
    """
    kind = (content_type if is_sequential(content_type) else described).partition(";")[0].strip().lower()
    if kind == "multipart/mixed":
        found = re.search(r'boundary="?([^";]+)', content_type, re.IGNORECASE)
        if found is None:
            raise SequenceError("multipart/mixed without a boundary")
        return PartDecoder(found[1].strip(), most)
    return DECODERS.get(kind, SequenceDecoder if kind.endswith("-seq") else LineDecoder)(most)
