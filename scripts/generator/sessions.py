"""The WebSocket sessions of a description, from its root extension x-websocket."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .description import Description, refuse
from .kinds import Kinds
from .models import Models, Property
from .naming import class_name, resource_name

OVERLAY = "speech_session.py"
"""The hand-written module that speaks the protocol of a session. Without it, no session can be generated."""


@dataclass(frozen=True)
class Session:
    """What opens a session: `<tag>.<resource>.<method>`, and the fields of its first message.

    Args:
        resource: The attribute of the client.
        attribute: The attribute of the resource.
        method: The method of that.
        data: The entry of x-websocket.
        given: The fields that a caller gives, required ones first.
        fixed: The others, as the first message has them: Python name and value.
    """

    resource: str
    attribute: str
    method: str
    data: Mapping[str, Any]
    given: list[Property]
    fixed: dict[str, Any]

    @property
    def module(self) -> str:
        """The module of the resource."""
        return f"{self.resource}_{self.attribute}"

    @property
    def class_name(self) -> str:
        """The class of the resource."""
        return f"{class_name(self.module)}Resource"


def sessions(
    description: Description, kinds: Kinds, models: Models, auth_name: str, client_headers: Mapping[str, str]
) -> Iterator[Session]:
    """Yield what opens a session.

    Args:
        description: The description.
        kinds: What its schemas stand for.
        models: The models among them.
        auth_name: The header of the API key; the field of this name is not the caller's to give.
        client_headers: Headers that the client sends by itself, and their values; so are fields of these names.
    """
    for operation_id, data in description.document.get("x-websocket", {}).items():
        pointer = f"/x-websocket/{operation_id}"
        if not re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+", operation_id):
            raise refuse(pointer, "it is not called <tag>.<resource>.<method>", "rename it")
        init = str(data.get("init"))
        kind = kinds.components.get(init.removeprefix("#/components/schemas/"))
        if kind is None or kind.form != "model":
            raise refuse(pointer, "its `init` is no object", "refer to the schema of the message that opens a session")
        given, fixed = list[Property](), dict[str, Any]()
        for prop in models.model(kind.name).properties:
            if prop.name in client_headers:
                fixed[prop.python_name] = client_headers[prop.name]
            elif prop.kind.form == "const":
                # A constant goes without saying where it may be missing.
                fixed |= {prop.python_name: prop.kind.values[0]} if prop.required else {}
            elif prop.name != auth_name:
                given.append(prop)
        tag, resource, method = operation_id.split(".")
        given.sort(key=lambda prop: not prop.required)
        yield Session(resource_name(tag), resource, method, data, given, fixed)
