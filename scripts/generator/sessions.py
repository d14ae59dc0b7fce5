"""The WebSocket sessions of a description, from its root extension x-websocket."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .description import Description
from .kind import Form
from .kinds import Kinds
from .models import Models, Property
from .naming import class_name, method_name, resource_name, session_argument_name
from .report import refuse

OVERLAY = "session/sync.py"
"""The hand-written module with the protocol of a session, without which no session can be generated."""


@dataclass(frozen=True)
class Session:
    """The method that opens a session, `<tag>.<resource>.<method>`, and the fields of its first message.

    Args:
        resource: The attribute of the client.
        attribute: The attribute of the resource.
        method: The method of that resource.
        data: The entry of x-websocket.
        given: The fields that the caller gives, by the name of the argument, required ones first.
        fixed: The other fields: Python name and value.
    """

    resource: str
    attribute: str
    method: str
    data: Mapping[str, Any]
    given: dict[str, Property]
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
    description: Description,
    kinds: Kinds,
    models: Models,
    auth_name: str,
    client_headers: Mapping[str, str],
    methods: Mapping[str, Collection[str]],
) -> Iterator[Session]:
    """Yield the sessions.

    Args:
        description: The description.
        kinds: The kinds of its schemas.
        models: The models among them.
        auth_name: The header of the API key; the caller does not give the field of this name.
        client_headers: Headers that the client always sends, and their values; also used for fields of these names.
        methods: The methods of each resource.
    """
    taken = {resource: set(each) for resource, each in methods.items()}
    for operation_id, data in description.document.get("x-websocket", {}).items():
        pointer = f"/x-websocket/{operation_id}"
        tag, resource, method = (*operation_id.split("."), "", "")[:3]
        if operation_id.count(".") != 2 or any(method_name(each, "") != each for each in (resource, method)):
            raise refuse(pointer, "it is not called <tag>.<resource>.<method>", "rename it, in snake case")
        if resource_name(tag) not in taken:
            raise refuse(pointer, f"no operation has the tag {tag!r}", "write <tag> as operations have it")
        if resource in taken[resource_name(tag)]:
            raise refuse(pointer, f"{tag} has another {resource}", "give <resource> another name")
        taken[resource_name(tag)].add(resource)
        init = str(data.get("init"))
        kind = kinds.components.get(init.removeprefix("#/components/schemas/"))
        if kind is None or kind.form != Form.MODEL:
            raise refuse(pointer, "its `init` is no object", "refer to the schema of the message that opens a session")
        if not str(data.get("path")).startswith("/"):
            raise refuse(pointer, "its `path` is no path", "write the path of its URL, from the slash on")
        given, fixed = list[Property](), dict[str, Any]()
        for prop in models.model(kind.name).properties:
            if prop.name in client_headers:
                fixed[prop.python_name] = client_headers[prop.name]
            elif prop.kind.form == Form.CONST:
                # A constant goes without saying where it may be missing.
                fixed |= {prop.python_name: prop.kind.values[0]} if prop.required else {}
            elif prop.name != auth_name:
                given.append(prop)
        given.sort(key=lambda prop: not prop.required)
        arguments = {session_argument_name(prop.name): prop for prop in given}
        yield Session(resource_name(tag), resource, method, data, arguments, fixed)
