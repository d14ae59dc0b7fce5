"""The body of a request: what it holds, and in which of the ways a body can be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .description import Description, RawOperation, below, refuse
from .kinds import Kind, Kinds
from .media_types import bare, is_json, is_text
from .models import Models
from .parameters import is_simple


@dataclass(frozen=True)
class Body:
    """A request body.

    Args:
        form: `json`, `form`, `multipart`, `text` or `raw`.
        kind: What it holds.
        media_type: Its media type; the first, where several are allowed.
        media_types: All that are allowed.
        required: Whether there is always one.
        encoding: The media types of parts, by name.
    """

    form: str
    kind: Kind
    media_type: str
    media_types: list[str]
    required: bool
    encoding: Mapping[str, str]

    @property
    def has_fields(self) -> bool:
        """Whether its fields are arguments of their own."""
        return self.kind.form == "model" and not self.kind.nullable


class Bodies:
    """The bodies of a description's requests."""

    def __init__(self, description: Description, kinds: Kinds, models: Models) -> None:
        self._description = description
        self._kinds = kinds
        self._models = models

    def of(self, operation: RawOperation) -> Body | None:
        """Return the body of an operation's requests."""
        if "requestBody" not in operation.data:
            return None
        here, node = self._description.located(operation.data["requestBody"], below(operation.pointer, "requestBody"))
        bodies = [
            self._body(media_type, each, below(here, "content", media_type), bool(node.get("required")))
            for media_type, each in node["content"].items()
        ]
        if not bodies:
            raise refuse(here, "it has no media type", "say one")
        first = bodies[0]
        # The same fields can be written in several ways, of which the first is taken; bytes can be of several types.
        is_written_alike = first.has_fields or all(each.form == first.form for each in bodies)
        if not is_written_alike or any(each.kind != first.kind for each in bodies):
            raise refuse(
                below(here, "content"),
                "a client sends one kind of body, and here are several",
                "leave the one that it is to send, or give all the same schema",
            )
        return replace(first, media_types=[each.media_type for each in bodies])

    def _body(self, media_type: str, node: Mapping[str, Any], pointer: str, required: bool) -> Body:
        here = below(pointer, "schema")
        kind = self._kinds.of(node.get("schema"), here)
        form = {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}.get(bare(media_type))
        if form is None:
            form = "json" if is_json(media_type) else "text" if is_text(media_type) else "raw"
        encoding = self._encoding(node, form, kind, pointer)
        if form in ("form", "multipart"):
            self._check_fields(form, kind, encoding, here)
        elif form == "json" and self._models.bytes_in(kind):
            raise refuse(here, "JSON cannot hold bytes", "use multipart/form-data, or text in base64")
        elif form == "text" and kind.form not in ("string", "anything"):
            raise refuse(here, f"a body of {bare(media_type)} is a text", "give it type: string")
        elif form == "raw" and kind.form not in ("file", "anything", "string"):
            raise refuse(here, f"a body of {bare(media_type)} is bytes", "give it type: string, format: binary")
        if form == "text":
            kind = Kind("string", limits=kind.limits)
        return Body(form, Kind("file") if form == "raw" else kind, media_type, [], required, encoding)

    def _encoding(self, node: Mapping[str, Any], form: str, kind: Kind, pointer: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, each in node.get("encoding", {}).items():
            here = below(pointer, "encoding", name)
            if form != "multipart" or kind.form != "model":
                raise refuse(here, "only the parts of multipart/form-data have an encoding", "leave it out")
            if name not in {prop.name for prop in self._models.model(kind.name).properties}:
                raise refuse(here, f"there is no property {name!r}", "describe it in the schema")
            if "," not in each.get("contentType", ",") and "*" not in each["contentType"]:
                found[name] = each["contentType"]
        return found

    def _check_fields(self, form: str, kind: Kind, encoding: Mapping[str, str], pointer: str) -> None:
        if kind.form != "model" or kind.nullable:
            raise refuse(pointer, "a form is an object with fields", "give it properties")
        for prop in self._models.model(kind.name).properties:
            inner = prop.kind.inner[0] if prop.kind.form == "array" else prop.kind
            in_parts = form == "multipart" and (inner.form == "file" or is_json(encoding.get(prop.name, "+json")))
            if not is_simple(inner) and not in_parts:
                raise refuse(
                    prop.pointer,
                    f"a field of {'a form' if form == 'form' else 'this media type'} is one value or an array of such",
                    "use multipart/form-data, or send it as JSON",
                )
