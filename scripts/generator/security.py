"""How a caller proves who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .report import Report, below


@dataclass(frozen=True)
class Auth:
    """One way.

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


_TYPES: Mapping[str, tuple[str, str]] = {
    "http bearer": ("bearer", "authorization"),
    "http basic": ("basic", "authorization"),
    "oauth2": ("bearer", "authorization"),
    "openIdConnect": ("bearer", "authorization"),
}
"""By type and HTTP scheme: the place and the name of the key; a token got elsewhere is a bearer token (RFC 6750)."""


class Security:
    """What a description says of it. The client has one key, for the scheme that most operations take alone."""

    def __init__(self, document: Mapping[str, Any], report: Report) -> None:
        self._document = document
        self._report = report
        self._schemes = self._described()
        self.auth = self._first()

    def _described(self) -> dict[str, Auth]:
        found: dict[str, Auth] = {}
        schemes: Mapping[str, Any] = self._document.get("components", {}).get("securitySchemes", {})
        for name, scheme in schemes.items():
            kind, about = scheme.get("type", ""), str(scheme.get("description", ""))
            spoken = f"{kind} {str(scheme.get('scheme', '')).lower()}".strip() if kind == "http" else kind
            if kind == "apiKey" and scheme.get("in") in ("header", "query", "cookie") and "name" in scheme:
                found[name] = Auth(name, scheme["in"], scheme["name"], about)
            elif spoken in _TYPES:
                found[name] = Auth(name, *_TYPES[spoken], about)
            elif kind == "mutualTLS":
                self._tell(name, "a certificate of the client", "give it with ssl_context")
            else:
                self._tell(name, f"{spoken or 'a scheme'} cannot be generated", "give what it sends with extra_headers")
        return found

    def _tell(self, name: str, what: str, means: str) -> None:
        self._report.tell(below("", "components", "securitySchemes", name), what, means)

    def needs_of(self, operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return what an operation needs: each of a list will do, and each is a set of schemes."""
        found: list[Mapping[str, Any]] = operation.get("security", self._document.get("security", []))
        return found

    def _first(self) -> Auth:
        operations = [
            operation
            for path, item in self._document.get("paths", {}).items()
            if not path.startswith("x-")
            for operation in item.values()
            if isinstance(operation, Mapping) and "responses" in operation
        ]
        alone = [next(iter(need)) for each in operations for need in self.needs_of(each) if len(need) == 1]
        ranked = sorted(self._schemes, key=lambda name: -alone.count(name))  # stable: else the first described
        return self._schemes[ranked[0]] if ranked else Auth()

    def sends_key(self, operation: Mapping[str, Any], pointer: str) -> bool:
        """Whether the key goes with an operation; what else it needs is told."""
        needs, name = self.needs_of(operation), self.auth.name
        here = below(pointer if "security" in operation else "", "security")
        will_do = [need for need in needs if set(need) <= {name}]
        for each in sorted({each for need in needs for each in need} - {name}):
            if will_do:
                means = f"the client proves it with {name}" if name else "nothing is proved"
                self._report.tell(here, f"{each!r} is another way to prove who one is", means)
            else:
                self._report.tell(here, f"{each!r} proves who one is", self._given(each))
        return bool(name) and any(name in need for need in needs)

    def _given(self, name: str) -> str:
        auth = self._schemes.get(name)
        if auth is None:
            return "it is not described as a scheme: give what it sends with extra_headers"
        if auth.place == "query":
            return f"give it with extra_query, as {auth.key}"
        header = "Cookie" if auth.place == "cookie" else auth.key
        return f"give it with extra_headers, in {header}"
