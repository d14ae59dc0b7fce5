"""What the tests ask of every answer, and where to find what the server says of it."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx

from lmnt_server.description import lmnt
from lmnt_server.process import ServerProcess

REQUEST_ID = re.compile(r"req_[1-9A-HJ-NP-Za-km-z]{22}")


def address_of(server: ServerProcess) -> tuple[str, int]:
    """Return where a server listens, for a test that speaks HTTP or TCP itself."""
    url = httpx.URL(server.base_url)
    return url.host, url.port or 80


def check_envelope(response: httpx.Response, status: int) -> dict[str, Any]:
    """Check all that every error has to be, and return its body."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert not list(lmnt().schema("#/components/schemas/ErrorResponse").errors(body))
    assert body["request_id"] == response.headers["request-id"]
    assert REQUEST_ID.fullmatch(body["request_id"])
    expected = {status: type for type, status in lmnt().status_of_error.items()}
    assert body["error"]["type"] == expected.get(
        status, "invalid_request_error" if status < 500 else "internal_server_error"
    )
    assert len(body["error"]["message"]) < 500
    found: dict[str, Any] = body
    return found


def wait_for_line(server: ServerProcess, request_id: str) -> str:
    """Return the line of the access log for a request, which is written when its answer has ended."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for line in server.log().splitlines():
            if line.startswith(request_id) and " bytes in " in line:
                return line
        time.sleep(0.02)
    raise AssertionError(f"no line for {request_id} in\n{server.log()}")
