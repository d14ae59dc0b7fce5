"""What the programs hand to agents: the methods of both clients, and what an agent is to know of their arguments."""

from __future__ import annotations

from typing import Any

from lmnt import AsyncLmnt, Lmnt

ARGUMENTS = {
    "voices.list": {"owner", "starred"},
    "voices.retrieve": {"id"},
    "voices.create": {"file", "name", "description", "gender", "tags"},
    "voices.update": {"id", "name", "description", "gender", "starred", "tags"},
    "voices.delete": {"id"},
    "accounts.retrieve": set[str](),
    "speech.generate_detailed": {
        *("text", "voice", "model", "language", "format", "sample_rate"),
        *("temperature", "top_p", "debug", "return_timestamps"),
    },
}


def methods(client: Lmnt | AsyncLmnt) -> dict[str, Any]:
    """Return the methods by name."""
    found: dict[str, Any] = {}
    for path in ARGUMENTS:
        resource, method = path.split(".")
        found[path] = getattr(getattr(client, resource), method)
    return found


def check(path: str, schema: dict[str, Any], *, documented: bool) -> None:
    """Check the JSON Schema that an agent gets: the arguments of the operation, and none of the settings of a call."""
    properties: dict[str, Any] = schema.get("properties", {})
    assert set(properties) == ARGUMENTS[path], (path, schema)
    assert not documented or all(each.get("description") for each in properties.values()), (path, schema)
    if path == "voices.list":
        assert {"enum": ["system", "me", "all"], "type": "string"} in properties["owner"]["anyOf"]
        assert {"type": "null"} in properties["owner"]["anyOf"]
    if path == "voices.retrieve":
        assert properties["id"]["type"] == "string"
        assert schema["required"] == ["id"]
    if path == "voices.create":
        assert properties["file"]["type"] == "string"
