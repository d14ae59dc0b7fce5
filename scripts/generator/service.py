"""The headers of every call."""

from __future__ import annotations

import json

from .description import Description
from .report import refuse

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-trace-id")
"""The usual names of the request id header."""


def request_id_header(description: Description) -> str:
    """Return the request id header: the one marked with x-request-id, else one with a usual name."""
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
    """Return the headers that the client always sends, marked with x-client-header."""
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
