"""The WebSocket sessions of a description, from its root extension x-websocket."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openapi_python_client import strings

from .description import Failure

OVERLAY = "speech_session.py"
"""The hand-written module that speaks the protocol of a session. Without it, no session can be generated."""


@dataclass(frozen=True)
class SessionOperation:
    """What opens a session: `<tag>.<resource>.<method>`, and the fields of its first message.

    Args:
        data: The entry of x-websocket.
        given: The fields that a caller gives, required ones first: the generator's view of each, and its schema.
        fixed: The others, as the first message has them: Python name and value.
    """

    tag: str
    resource: str
    method: str
    data: Mapping[str, Any]
    given: list[tuple[Any, Any]]
    fixed: dict[str, Any]

    @property
    def module(self) -> str:
        """The module of the resource."""
        return f"{self.tag}_{self.resource}"


def sessions(
    document: Mapping[str, Any],
    models: Mapping[str, Any],
    schemas: Mapping[str, Mapping[str, Any]],
    auth_header: str,
    client_headers: Mapping[str, str],
) -> Iterator[SessionOperation]:
    """Yield what opens a session.

    Args:
        document: The description.
        models: The generator's models, by the name of their class.
        schemas: The properties of each object schema as they were written, by the same name.
        auth_header: The header of the API key; the field of this name is not the caller's to give.
        client_headers: Headers that the client sends by itself, and their values; so are fields of these names.
    """
    for operation_id, data in document.get("x-websocket", {}).items():
        pointer = f"/x-websocket/{operation_id}"
        if not re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+", operation_id):
            raise Failure(f"{pointer}: must be called <tag>.<resource>.<method>")
        name = str(strings.ClassName(data.get("init", "").rsplit("/", 1)[-1], "field_"))
        if name not in models:
            raise Failure(f"{pointer}/init: must refer to the schema of the message that opens a session")
        model, given, fixed = models[name], list[tuple[Any, Any]](), dict[str, Any]()
        for prop in [*model.required_properties, *model.optional_properties]:
            wire_name = prop.name.get_untrusted_value()
            if wire_name in client_headers:
                fixed[str(prop.python_name)] = client_headers[wire_name]
            elif hasattr(prop, "value"):
                # A constant goes without saying where it may be missing.
                fixed |= {str(prop.python_name): prop.value.raw_value} if prop.required else {}
            elif wire_name != auth_header:
                given.append((prop, schemas[name][wire_name]))
        tag, resource, method = operation_id.split(".")
        yield SessionOperation(tag, resource, method, data, given, fixed)
