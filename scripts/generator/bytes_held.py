"""Where bytes are files, and where texts: JSON and forms that are not multipart hold no bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .description import Description
from .media_types import bare, is_json
from .merging import component_name


def has_texts_alone(media_type: str) -> bool:
    """Whether a body of a media type cannot hold bytes."""
    return is_json(media_type) or bare(media_type) == "application/x-www-form-urlencoded"


class Held:
    """The components that bodies hold.

    Args:
        description: The description.
    """

    def __init__(self, description: Description) -> None:
        self.as_texts: set[str] = set()
        """Those in bodies that cannot hold bytes."""
        self.sent_as_texts: set[str] = set()
        """Those of them that are in requests."""
        self.as_files: set[str] = set()
        """Those in other bodies."""
        self._schemas = description.schemas
        self._walk([description.document.get(key) for key in ("paths", "webhooks", "components")], (), is_sent=False)
        self.all = (self.as_texts | self.as_files) & self._schemas.keys()

    def _walk(self, node: Any, into: Sequence[set[str]], *, is_sent: bool) -> None:
        if isinstance(node, list):
            for each in node:
                self._walk(each, into, is_sent=is_sent)
        for key, each in node.items() if isinstance(node, Mapping) else ():
            if key == "content" and not into and isinstance(each, Mapping):
                for media_type, described in each.items():
                    texts = [self.as_texts, *([self.sent_as_texts] if is_sent else [])]
                    if media_type.startswith("multipart/") and isinstance(described, Mapping):
                        self._walk_parts(described.get("schema"), texts)
                    self._walk(described, texts if has_texts_alone(media_type) else [self.as_files], is_sent=is_sent)
            elif key == "$ref" and isinstance(each, str) and into:
                name = component_name(each)
                if any(name not in names for names in into):
                    for names in into:
                        names.add(name)
                    self._walk(self._schemas.get(name), into, is_sent=is_sent)
            else:
                self._walk(each, into, is_sent=is_sent or key in ("requestBody", "requestBodies", "parameters"))

    def _walk_parts(self, schema: Any, into: Sequence[set[str]], depth: int = 0) -> None:
        """Walk the objects in a form: the part of each is JSON."""
        form = self._target(schema)
        for each in (part for key in ("allOf", "oneOf", "anyOf") for part in form.get(key, []) if depth < _DEEPEST):
            self._walk_parts(each, into, depth + 1)
        for each in form.get("properties", {}).values():
            part = self._target(each)
            if self._target(part.get("items", part)).get("type") != "string" and not part.get("readOnly"):
                self._walk([each], into, is_sent=True)

    def _target(self, schema: Any) -> Mapping[str, Any]:
        for _ in range(_DEEPEST):
            if not isinstance(schema, Mapping) or "$ref" not in schema:
                break
            schema = self._schemas.get(component_name(schema["$ref"]))
        return schema if isinstance(schema, Mapping) else {}


_DEEPEST = 20
