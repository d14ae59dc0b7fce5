"""What a description says of the service as a whole: where it is, and the headers of every call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .description import Description, RawOperation
from .report import refuse

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-trace-id")
"""What the header that names a request is usually called."""


def base_url(document: Mapping[str, Any]) -> str:
    """Return where the API is: the first server, its variables at their defaults; empty if that is no URL."""
    url = _url(document.get("servers") or _common_servers(document) or [])
    return url if url.startswith(("http://", "https://")) and "{" not in url else ""


def _url(servers: list[Mapping[str, Any]]) -> str:
    """Return the first of some servers, its variables at their defaults."""
    if not servers:
        return ""
    url = str(servers[0]["url"])
    for name, variable in servers[0].get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", f"{{{name}}}")))
    return url.rstrip("/")


def _common_servers(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the servers of the paths, where all paths have the same and the description itself has none."""
    items = [item for path, item in document.get("paths", {}).items() if not path.startswith("x-")]
    found = [item.get("servers") for item in items]
    return found[0] if found and all(each == found[0] for each in found) else []


def check_server(operation: RawOperation, document: Mapping[str, Any]) -> None:
    """Refuse an operation that is at another place than the others."""
    item = document["paths"][operation.path]
    own, usual = operation.data.get("servers") or item.get("servers"), document.get("servers")
    if own and _url(own) != _url(usual or _common_servers(document) or []):
        raise refuse(
            operation.pointer,
            f"it is at another server, {own[0]['url']}",
            "describe it on its own, or leave its servers out and give base_url",
        )


def request_id_header(description: Description) -> str:
    """Return the header that names a request: the one marked with x-request-id, else one that is called so."""
    marked, named = "", ""
    for operation in description.operations:
        responses = operation.data["responses"].items()
        for response in (each for status, each in responses if not status.startswith("x-")):
            for name, header in description.resolve(response).get("headers", {}).items():
                if description.resolve(header).get("x-request-id"):
                    marked = marked or name.lower()
                if name.lower() in REQUEST_ID_HEADERS:
                    named = named or name.lower()
    return marked or named or REQUEST_ID_HEADERS[0]


def client_headers(description: Description) -> dict[str, str]:
    """Return the headers that the client sends by itself, marked with x-client-header."""
    found: dict[str, str] = {}
    for operation in description.operations:
        for pointer, parameter in operation.parameters.values():
            if parameter.get("x-client-header"):
                schema = description.resolve(parameter.get("schema", {}))
                value = schema.get("default")
                if parameter["in"] != "header" or not isinstance(value, str | int | float):
                    raise refuse(pointer, "x-client-header needs a value to send", "make it a header with a default")
                found[parameter["name"]] = value if isinstance(value, str) else json.dumps(value)
    return found
