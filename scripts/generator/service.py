"""What a description says of the service as a whole: where it is, and the headers of every call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .description import Description, refuse

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-trace-id")
"""What the header that names a request is usually called."""


def base_url(document: Mapping[str, Any]) -> str:
    """Return where the API is: the first server, its variables at their defaults; empty if that is no URL."""
    servers = document.get("servers") or [{"url": ""}]
    url = str(servers[0]["url"])
    for name, variable in servers[0].get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return url if url.startswith(("http://", "https://")) else ""


def request_id_header(description: Description) -> str:
    """Return the header that names a request: the one marked with x-request-id, else one that is called so."""
    marked, named = "", ""
    for operation in description.operations.values():
        for response in operation.data["responses"].values():
            for name, header in description.resolve(response).get("headers", {}).items():
                if description.resolve(header).get("x-request-id"):
                    marked = marked or name.lower()
                if name.lower() in REQUEST_ID_HEADERS:
                    named = named or name.lower()
    return marked or named or REQUEST_ID_HEADERS[0]


def client_headers(description: Description) -> dict[str, str]:
    """Return the headers that the client sends by itself, marked with x-client-header."""
    found: dict[str, str] = {}
    for operation in description.operations.values():
        for pointer, parameter in operation.parameters.values():
            if parameter.get("x-client-header"):
                schema = description.resolve(parameter.get("schema", {}))
                value = schema.get("default")
                if parameter["in"] != "header" or not isinstance(value, str | int | float):
                    raise refuse(pointer, "x-client-header needs a value to send", "make it a header with a default")
                found[parameter["name"]] = value if isinstance(value, str) else json.dumps(value)
    return found
