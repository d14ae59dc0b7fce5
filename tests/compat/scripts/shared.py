"""What the scripts have in common: lines of a label and what was found, and a server to call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import httpx


def show(label: str, *found: object) -> None:
    """Print one line; the comparison goes by its label."""
    print(f"{label}: {' '.join(map(str, found))}")


def outcome(call: Callable[[], Any]) -> object:
    """Return the result of a call, or the name of what it raises."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__


def fault(text: str) -> dict[str, str]:
    """Return the header that has the local server fail."""
    return {"x-lmnt-fault": text}


def digest(content: bytes) -> str:
    """Return what tells one content from another."""
    return f"{len(content)} bytes {hashlib.sha256(content).hexdigest()[:12]}"


def answering(content: bytes, media_type: str = "application/json") -> httpx.Client:
    """Return an HTTP client for what no server of this API answers."""
    headers = {"content-type": media_type, "request-id": "req_made_up"}
    return httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=headers)))
