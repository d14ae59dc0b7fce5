"""Documents of YAML 1.2 or JSON: what a file holds, or one sentence that says where it is wrong.

The server reads its description with this, and so does the generator, which a checkout has beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import json_text, yaml_text
from .source import DocumentError, Source

__all__ = ["DocumentError", "Source", "mapping_in", "read"]


def read(path: Path, repeated: Callable[[str, str], None] | None = None) -> dict[str, Any]:
    """Return the mapping that a file holds: what is JSON is read as JSON, all else as YAML 1.2, unless named `.json`.

    Args:
        path: The file.
        repeated: Is called with each key that stands twice, and its place, and the last one holds; such a key, and a
            merge key of YAML 1.1, is refused if there is nothing to call.

    Raises:
        DocumentError: if the file cannot be read, or holds no mapping.
    """
    return mapping_in(Source.read(path, repeated))


def mapping_in(source: Source) -> dict[str, Any]:
    """Return the mapping that a text holds; raises DocumentError if it holds none."""
    value: dict[str, Any] | list[Any] | str | float | None = _value(source)
    if isinstance(value, dict):
        return value
    raise DocumentError(f"{source.path} holds {'nothing' if value is None else 'no mapping'}; it must hold a mapping")


def _value(source: Source) -> Any:
    is_named_json = str(source.path).lower().endswith(".json")
    if is_named_json or source.text.lstrip().startswith("{"):
        try:
            return json_text.value(source)
        except json.JSONDecodeError as error:
            if is_named_json:  # if not, it may be YAML that looks like it
                raise source.broken("JSON", error.pos, error.msg) from error
    return yaml_text.value(source)
