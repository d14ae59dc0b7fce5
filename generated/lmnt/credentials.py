"""How the key goes with a request: in the place and in the shape that the description names."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import quote

from . import description
from .options import Secret


def in_headers(key: Secret | None, cookies: Mapping[str, str]) -> dict[str, Secret]:
    """Return the headers that hold the key, if it is to be sent, and the cookies of a call (RFC 6265 section 5.4)."""
    place, text = (description.AUTH_PLACE, key.reveal()) if key is not None else ("none", "")
    found: dict[str, Secret] = {}
    if place == "header" and key is not None:
        found[description.AUTH_NAME] = key
    elif place == "bearer":
        found["authorization"] = Secret(f"Bearer {text}", text)
    elif place == "basic":
        coded = base64.b64encode(text.encode()).decode()
        found["authorization"] = Secret(f"Basic {coded}", coded, text, text.partition(":")[2])
    elif place == "cookie":
        cookies = {**cookies, description.AUTH_NAME: text}
    if cookies:
        found["cookie"] = Secret("; ".join(f"{name}={value}" for name, value in cookies.items()), text)
    return found


def in_query(key: Secret) -> tuple[Secret, ...]:
    """Return the query parameters that hold the key, encoded."""
    if description.AUTH_PLACE != "query":
        return ()
    text = key.reveal()
    return (Secret(f"{quote(description.AUTH_NAME, safe='')}={quote(text, safe='')}", text, quote(text, safe="")),)
