"""What the successes of an operation hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .description import Description, RawOperation, below, refuse
from .kinds import Kind, Kinds
from .media_types import bare, is_json, is_text
from .models import Models


@dataclass(frozen=True)
class Result:
    """What a success holds: `json`, `text`, `bytes` or `nothing`, and the kind of it."""

    form: str
    kind: Kind


class Results:
    """The successes of a description's operations."""

    def __init__(self, description: Description, kinds: Kinds, models: Models) -> None:
        self._description = description
        self._kinds = kinds
        self._models = models

    def of(self, operation: RawOperation) -> dict[int | str, Result]:
        """What each success holds, by status; `2XX` for every one that is not named."""
        found: dict[int | str, Result] = {}
        for status, response in operation.data["responses"].items():
            text = str(status).upper()
            if text.startswith("2"):
                here, node = self._description.located(response, below(operation.pointer, "responses", status))
                found[int(text) if text.isdigit() else text] = self._success(operation, node, here)
        if not found:
            raise refuse(below(operation.pointer, "responses"), "it names no success", "describe the 2xx that is one")
        if len({"bytes" if each.form == "bytes" else "other" for each in found.values()}) > 1:
            raise refuse(
                below(operation.pointer, "responses"),
                "bytes and other results cannot come from one method",
                "leave the one that a caller is to get",
            )
        return found

    def _success(self, operation: RawOperation, response: Mapping[str, Any], pointer: str) -> Result:
        content = response.get("content", {})
        if not content:
            return Result("nothing", Kind("null"))
        if operation.method == "HEAD":
            raise refuse(below(pointer, "content"), "a response to HEAD has no body", "leave it out")
        here = below(pointer, "content")
        found = [self._content(media_type, each, below(here, media_type)) for media_type, each in content.items()]
        if any(each != found[0] for each in found):
            raise refuse(
                here,
                "a method returns one kind of body, and here are several",
                "leave the media type that the client is to ask for",
            )
        return found[0]

    def _content(self, media_type: str, node: Mapping[str, Any], pointer: str) -> Result:
        here = below(pointer, "schema")
        kind = self._kinds.of(node.get("schema"), here)
        if is_json(media_type):
            if self._models.bytes_in(kind):
                raise refuse(here, "JSON cannot hold bytes", "name the media type of the bytes")
            return Result("json", kind)
        if is_text(media_type) and kind.form != "file":
            if kind.form not in ("string", "anything"):
                raise refuse(here, f"a body of {bare(media_type)} is a text", "give it type: string")
            return Result("text", Kind("string"))
        if kind.form not in ("file", "anything", "string"):
            raise refuse(here, f"a body of {bare(media_type)} is bytes", "give it type: string, format: binary")
        return Result("bytes", Kind("file"))
