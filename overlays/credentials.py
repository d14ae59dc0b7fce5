"""How the key goes with a request: in the place and in the shape that the description names."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from . import description
from .options import Secret


def in_headers(key: Secret | None, cookies: Mapping[str, str]) -> dict[str, Secret]:
    """Return the headers that hold the key, if it is to be sent, and the cookies of a call (RFC 6265 section 5.4)."""
    place, text = (description.AUTH_PLACE, key.reveal()) if key is not None else ("none", "")
    found: dict[str, Secret] = {}
    if place == "header" and key is not None:
        found[description.AUTH_NAME.lower()] = key
    elif place == "bearer":
        found["authorization"] = Secret(f"Bearer {text}", text)
    elif place == "basic":
        import base64

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


def without_key(url: str) -> str:
    """Return a URL of the server's without the query parameter of the key, which it may have repeated."""
    parts = urlsplit(url)
    if description.AUTH_PLACE != "query" or not parts.query:
        return url
    pairs = [pair for pair in parts.query.split("&") if unquote(pair.partition("=")[0]) != description.AUTH_NAME]
    return parts._replace(query="&".join(pairs)).geturl()
