"""How a caller proves who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .description import below, refuse


@dataclass(frozen=True)
class Auth:
    """The one way of a description.

    Args:
        name: The name of the scheme; empty if there is none.
        place: `header`, `query` or `cookie` for a key under a name of its own; `bearer` or `basic` for the header
            Authorization; `none`.
        key: The name of the header, the query parameter or the cookie.
        about: What the description says of it.
    """

    name: str = ""
    place: str = "none"
    key: str = ""
    about: str = ""


def auth_of(document: Mapping[str, Any]) -> Auth:
    """Return how a caller of a description proves who it is."""
    schemes: Mapping[str, Any] = document.get("components", {}).get("securitySchemes", {})
    here = "/components/securitySchemes"
    if len(schemes) > 1:
        raise refuse(here, f"a client has one key, and here are {len(schemes)} schemes", "leave the one it is to use")
    for name, scheme in schemes.items():
        kind, about = scheme.get("type"), str(scheme.get("description", ""))
        if kind == "apiKey":
            return Auth(name, scheme["in"], scheme["name"], about)
        http = str(scheme.get("scheme", "")).lower()
        if kind == "http" and http in ("bearer", "basic"):
            return Auth(name, http, "authorization", about)
        raise refuse(
            below(here, name, "type"),
            f"{kind} {http}".strip() + " cannot be generated",
            "use apiKey, or http with bearer or basic; a token got elsewhere is http with bearer",
        )
    return Auth()
