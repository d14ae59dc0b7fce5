"""The messages that a service sends: its webhooks, and the callbacks of its operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .description import Description
from .kind import Form, Kind
from .kinds import Kinds
from .media_types import is_json
from .models import Models
from .naming import WEBHOOKS, operations_of
from .report import below

RESOURCE = "webhooks"
"""The attribute of the client that reads them."""


@dataclass(frozen=True)
class Webhooks:
    """The kinds of the messages, by name."""

    kinds: Mapping[str, Kind]

    @property
    def any_kind(self) -> Kind:
        """The kind of any of them."""
        different = list({repr(each): each for each in self.kinds.values()}.values())
        return different[0] if len(different) == 1 else Kind(Form.UNION, inner=tuple(different))


def webhooks(description: Description, kinds: Kinds, models: Models) -> Webhooks:
    """Return the messages of a description."""
    found: dict[str, dict[str, Kind]] = {}
    for owner, name, data, pointer in _written(description):
        kind = _payload(description, kinds, models, data, pointer)
        if kind is not None:
            found.setdefault(name, {})[owner] = kind
    named: dict[str, Kind] = {}
    for name, by_owner in found.items():
        is_one = len({repr(each) for each in by_owner.values()}) == 1
        # Callbacks of the same name and different content get the name of their operation too.
        named |= {name if is_one else f"{owner}.{name}": kind for owner, kind in by_owner.items()}
    return Webhooks(named)


def _written(description: Description) -> Iterator[tuple[str, str, Mapping[str, Any], str]]:
    """Yield the messages: the operation they belong to, the name, the description, and the pointer."""
    for key in WEBHOOKS:
        for name, item in description.document.get(key, {}).items():
            yield from _of_item("", name, item, below("", key, name))
    for operation in description.operations:
        for name, callback in operation.data.get("callbacks", {}).items():
            for expression, item in callback.items():
                pointer = below(operation.pointer, "callbacks", name, expression)
                yield from _of_item(operation.id, name, item, pointer)


def _of_item(owner: str, name: str, item: Any, pointer: str) -> Iterator[tuple[str, str, Mapping[str, Any], str]]:
    if isinstance(item, Mapping):  # else an extension
        found = list(operations_of(item, pointer))
        for method, data, here in found:
            yield owner, name if len(found) == 1 else f"{name}.{method.lower()}", data, here


def _payload(
    description: Description, kinds: Kinds, models: Models, data: Mapping[str, Any], pointer: str
) -> Kind | None:
    """Return the kind of a message; None if it is not JSON."""
    here, body = description.located(data.get("requestBody", {}), below(pointer, "requestBody"))
    for media_type, described in body.get("content", {}).items():
        if is_json(media_type) or "*" in media_type:
            place = below(here, "content", media_type, "schema")
            kind = kinds.of(described.get("schema"), place)
            if models.bytes_in(kind):
                break
            return kind
    description.report.tell(pointer, "a message that is no JSON", "webhooks.parse does not read it")
    return None
