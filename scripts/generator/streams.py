"""Successes that are streams of items: the kind of items, the end marks, the errors, the argument that requests it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .description import Description
from .kind import Form, Kind
from .kinds import Kinds
from .media_types import bare, is_sequential
from .naming import operations_of
from .report import below
from .stream_marks import Mark, marks

ENVELOPE = {"data", "event", "id", "retry"}
"""The fields of an event (HTML standard, section 9.2.6): a schema that has `data` and no others describes the event."""


@dataclass(frozen=True)
class Series:
    """A stream of items.

    Args:
        media_type: The media type to request.
        kind: The kind of an item; None for the event itself.
        by_event: The kinds, by name of the event.
        is_text: Whether an item is the data as text.
        ends: The patterns of end marks; None if not described.
        errors: The patterns of errors; None if not described.
        skips: The patterns of messages that are no items.
        end: `mark`, `close`, `never`, or empty if not described.
        resumes: Whether it can continue after the event with an id.
    """

    media_type: str
    kind: Kind | None
    by_event: Mapping[str, Kind | None]
    is_text: bool
    ends: list[Mark] | None
    errors: list[Mark] | None
    skips: list[Mark]
    end: str
    resumes: bool

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of the items."""
        return [each for each in (self.kind, *self.by_event.values()) if each is not None]


def unwrap(document: dict[str, Any]) -> None:
    """Replace a schema of events, or of the entire stream, by the schema of the items.

    Some describe the event, with the item as its data, some the item itself; both use `itemSchema`, or `schema`.
    """
    schemas = document["components"]["schemas"]

    def seen(node: Any) -> Any:
        known: list[Any] = []
        while isinstance(node, Mapping) and "$ref" in node and node not in known:
            known.append(node)
            node = schemas.get(node["$ref"].rpartition("/")[2], {})
        return node if isinstance(node, Mapping) else {}

    for media_type, node in _contents(document):
        if "itemSchema" not in node and not is_sequential(media_type):
            continue
        is_item = "itemSchema" in node
        schema = node.get("itemSchema", node.get("schema"))
        found = seen(schema)
        if bare(media_type) == "text/event-stream":
            members = [seen(each) for each in (*found.get("oneOf", []), *found.get("anyOf", []))]
            events = {name: data for each in members for name, data in _events(each)}
            if events:
                node["x-stream-events"] = {name: _of_data(data, seen) for name, data in events.items()}
                schema = None
            elif "data" in found.get("properties", {}) and set(found["properties"]) <= ENVELOPE:
                schema = found["properties"]["data"]
            elif not is_item and found.get("type") == "string" and "contentSchema" not in found:
                continue  # the entire body is one text
            schema = _of_data(schema, seen)
            if ends := [end for each in members for end in _terminal(each)]:
                node.setdefault("x-stream-end", ends)
        elif not is_item and found.get("type") == "array" and "items" in found:
            schema = found["items"]  # OpenAPI 3.2: `schema` describes the entire body
        node.pop("schema", None)
        node["itemSchema"] = schema or {}


def _contents(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the media types of all responses."""
    responses = [*document["components"].get("responses", {}).values()]
    for path, item in document.get("paths", {}).items():
        for _, operation, _ in () if path.startswith("x-") else operations_of(item, ""):
            responses += [each for status, each in operation["responses"].items() if not str(status).startswith("x-")]
    for each in responses:
        yield from each.get("content", {}).items()


def _events(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names of an event with the schema of its data, if a schema describes an event."""
    fields = node.get("properties", {})
    if "data" in fields and set(fields) <= ENVELOPE:
        named = fields.get("event", {})
        for name in [named["const"]] if "const" in named else named.get("enum", ["message"]):
            yield str(name), fields["data"]


def _terminal(node: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the pattern of an event that TypeSpec marks as the last."""
    for key in ("event", "data"):
        constant = node.get("properties", {}).get(key, {}).get("const", "")
        if node.get("x-ms-sse-terminal-event") and constant:
            yield {key: str(constant)}
            return


def _of_data(schema: Any, seen: Callable[[Any], Any]) -> Any:
    """Return the schema of an event's data, usually JSON in a string."""
    return seen(schema).get("contentSchema", schema)


class Streams:
    """The streams of a description, after `unwrap`."""

    def __init__(self, description: Description, kinds: Kinds) -> None:
        self._description = description
        self._kinds = kinds

    def of(self, media_type: str, node: Mapping[str, Any], operation: Mapping[str, Any], pointer: str) -> Series | None:
        """Return the stream of a success with this media type; None if it is not a stream."""
        if "itemSchema" not in node:
            return None
        kind = self._item(node["itemSchema"], below(pointer, "itemSchema"))
        events = node.get("x-stream-events", {})
        by_event = {name: self._item(each, below(pointer, "x-stream-events", name)) for name, each in events.items()}
        said = {name: node.get(name, operation.get(name)) for name in _SAID}
        end, error = said["x-stream-end"], said["x-stream-error"]
        word = end if end in ("close", "never") else "" if end is None else "mark"
        if isinstance(end, str):
            end = [] if word == end else {"data": end}
        if isinstance(error, str):
            error = {"at": error} if error.startswith("/") else {"event": error}
        is_events = bare(media_type) == "text/event-stream"
        return Series(
            media_type=bare(media_type),
            kind=kind,
            by_event=by_event,
            is_text=is_events and kind is not None and kind.form in _TEXTS,
            ends=None if end is None else [*marks(end)],
            errors=None if error is None else [*marks(error)],
            skips=[*marks(said["x-stream-skip"] or [])],
            end=word,
            resumes=bool(said["x-stream-resume"]) and is_events,
        )

    def _item(self, schema: Mapping[str, Any], pointer: str) -> Kind | None:
        kind = self._kinds.of(schema, pointer) if schema else None
        return None if kind is None or kind.form in (Form.ANYTHING, Form.FILE) else kind


_SAID = ("x-stream-end", "x-stream-error", "x-stream-skip", "x-stream-resume")
_TEXTS = (Form.STRING, Form.CHOICE, Form.CONST, Form.VALUES)
