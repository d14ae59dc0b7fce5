"""Security schemes: which ones operations need, and the client's arguments for their credentials."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .naming import free_attribute, python_name
from .report import Report, below

Needs = tuple[tuple[str, ...], ...]
"""The alternatives of an operation, each a set of schemes."""


class _Way(NamedTuple):
    """How credentials of one type are sent, and the names and types of their arguments."""

    place: str
    key: str
    arguments: Mapping[str, str]


TOKEN = "A token, or a function that returns one, which is called again when the server refuses the token"
_LIBRARY = _Way("connection", "", {"http_client": ""})
_WAYS: Mapping[str, _Way] = {
    "apiKey": _Way("", "", {"api_key": "The key of your account"}),
    "http bearer": _Way("http", "Bearer", {"bearer_token": "The token"}),
    "http basic": _Way("basic", "", {"username": "The user name", "password": "The password"}),
    "oauth2": _Way("http", "Bearer", {"access_token": TOKEN}),
    "openIdConnect": _Way("http", "Bearer", {"access_token": TOKEN}),
    "mutualTLS": _Way("connection", "", {"ssl_context": "", "http_client": ""}),
    # These respond to a challenge, which the libraries' clients can do.
    **dict.fromkeys(
        ("http digest", "http negotiate", "http mutual", "http scram-sha-1", "http scram-sha-256"), _LIBRARY
    ),
}
"""By type and HTTP scheme. A token from elsewhere is a bearer token (RFC 6750)."""

PLACES = ("header", "query", "cookie")

TAKEN = {
    *("self", "base_url", "timeout", "deadline", "max_retries", "default_headers", "default_query", "http_client"),
    *("http2", "ssl_context", "proxy", "transport", "strict", "server", "set_default_headers", "set_default_query"),
}
"""The arguments that every client has."""


@dataclass(frozen=True)
class Scheme:
    """One way.

    Args:
        name: Its name in the description.
        kind: Its type, and for `http` the scheme too.
        place: `header`, `query` or `cookie` for a key under a name of its own; `http` or `basic` for the header
            Authorization; `connection` for what no request holds.
        key: The name of the header, the query parameter or the cookie, or the HTTP scheme.
        about: Its description.
        arguments: The client's arguments for it, by their usual names.
        token_url: Where the client fetches a token, if it does, and whether that is a discovery document.
        scopes: The scopes that operations need.
    """

    name: str
    kind: str
    place: str
    key: str
    about: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    token_url: tuple[str, bool] = ("", False)
    scopes: tuple[str, ...] = ()

    @property
    def takes_functions(self) -> bool:
        """Whether its credential may be a function."""
        return self.kind in ("oauth2", "openIdConnect")

    @property
    def sent(self) -> tuple[str, ...]:
        """The arguments whose values are sent, or that are for the connection."""
        own = ("client_id", "client_secret", "token_url", "scopes")
        return tuple(name for base, name in self.arguments.items() if base not in own)

    @property
    def described(self) -> dict[str, str]:
        """The text about each argument with a credential."""
        if self.place == "connection":
            return {}
        said = _WAYS[self.kind].arguments if self.kind in _WAYS else {"credentials": f"What follows {self.key}"}
        only = len(said) == 1
        return {self.arguments[base]: (self.about if only and self.about else text) for base, text in said.items()}


class Security:
    """What a description says of it."""

    def __init__(self, document: Mapping[str, Any], report: Report) -> None:
        self._document = document
        self._report = report
        self._described: Mapping[str, Any] = document.get("components", {}).get("securitySchemes", {})
        self._counts = self._counted()
        self.schemes = self._named(dict(self._found()))
        common = Counter(map(self.needs_of, self._operations())).most_common(1)
        self.usual: Needs = common[0][0] if common else ()

    def _operations(self) -> Iterator[Mapping[str, Any]]:
        for path, item in self._document.get("paths", {}).items():
            if not path.startswith("x-"):
                for each in (*item.values(), *item.get("additionalOperations", {}).values()):
                    if isinstance(each, Mapping) and "responses" in each:
                        yield each

    def _said(self, operation: Mapping[str, Any]) -> list[Mapping[str, list[str]]]:
        found: list[Mapping[str, list[str]]] = operation.get("security", self._document.get("security", []))
        return found

    def _counted(self) -> Counter[frozenset[str]]:
        """Count the operations for which each set of schemes suffices."""
        return Counter(frozenset(need) for each in self._operations() for need in self._said(each))

    def _found(self) -> Iterator[tuple[str, Scheme]]:
        needed = {name for each in self._counts for name in each}
        for name, written in self._described.items():
            said = self._resolved(written)
            kind = said.get("type", "")
            kind = f"{kind} {str(said.get('scheme', '')).lower()}" if kind == "http" else kind
            place, key, _ = _WAYS.get(kind, _Way("http", str(said.get("scheme", "")), {}))
            if kind == "apiKey":
                place, key = said.get("in", ""), said.get("name", "")
            is_known = kind in _WAYS or re.fullmatch(r"http [\w.+-]+", kind)
            if not is_known or (kind == "apiKey" and (place not in PLACES or not _is_name(place, key))):
                self._tell(
                    name, f"{kind.strip() or 'a scheme'} cannot be generated", "give what it sends with extra_headers"
                )
            elif name not in needed:
                self._tell(name, "no operation needs it", "give what it sends with default_headers")
            else:
                if kind in _WAYS and _WAYS[kind] is _LIBRARY:
                    self._tell(name, f"{kind} answers a challenge", "give an http_client that does so, with its `auth`")
                flow = said.get("flows", {}).get("clientCredentials", {})
                place_of_tokens = (flow.get("tokenUrl", ""), False)
                if kind == "openIdConnect":
                    place_of_tokens = (said.get("openIdConnectUrl", ""), True)
                scopes = {
                    scope for each in self._operations() for need in self._said(each) for scope in need.get(name, [])
                }
                yield (
                    name,
                    Scheme(
                        *(name, kind, place, key, str(said.get("description", "")), {}),
                        token_url=place_of_tokens,
                        scopes=tuple(sorted(scopes)),
                    ),
                )

    def _resolved(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow the references from one scheme to another."""
        for _ in self._described:
            if "$ref" not in said:
                break
            said = self._described.get(said["$ref"].rpartition("/")[2], {})
        return said

    def _named(self, found: Mapping[str, Scheme]) -> dict[str, Scheme]:
        """Name the arguments of each scheme: after their kind, or after the scheme if two would have the same name."""
        bases = {name: _bases(each) for name, each in found.items()}
        keys = [name for name, each in found.items() if each.place != "connection"]
        counts = Counter(base for name in keys for base in bases[name])
        taken = set(TAKEN)
        named: dict[str, Scheme] = {}
        for name, each in found.items():
            arguments: dict[str, str] = {}
            for base in bases[name]:
                if each.place == "connection":
                    arguments[base] = base
                    continue
                said = "api_key" if keys == [name] and base == "bearer_token" else base
                if counts[base] > 1:
                    own = python_name(name.replace("OAuth", "Oauth"))
                    said = own if base == "api_key" else f"{own}_{base}"
                arguments[base] = free_attribute(said, taken)
                taken.add(arguments[base])
            named[name] = Scheme(**{**vars(each), "arguments": arguments})
        return named

    def _tell(self, name: str, what: str, means: str) -> None:
        self._report.tell(below("", "components", "securitySchemes", name), what, means)

    def needs_of(self, operation: Mapping[str, Any]) -> Needs:
        """Return the alternatives of an operation; schemes that cannot be generated are ignored."""
        found = [tuple(name for name in need if name in self.schemes) for need in self._said(operation)]
        return tuple(dict.fromkeys(found))

    def check(self, operation: Mapping[str, Any], pointer: str) -> None:
        """Report the schemes of an operation that are not described."""
        here = below(pointer if "security" in operation else "", "security")
        for name in sorted({name for need in self._said(operation) for name in need} - self._described.keys()):
            self._report.tell(
                here,
                f"{name!r} proves who one is",
                "it is not described as a scheme: give what it sends with extra_headers",
            )

    @property
    def is_demanded(self) -> bool:
        """Whether every operation needs the one key that there is."""
        each_needs = [self.needs_of(each) for each in self._operations()]
        keys = [each for each in self.schemes.values() if each.place != "connection"]
        return len(keys) == 1 == len(self.schemes) and all(each and all(each) for each in each_needs)

    @property
    def sends_authorization(self) -> bool:
        """Whether the client sends the header Authorization."""
        return any(
            each.place in ("http", "basic") or each.key.lower() == "authorization" for each in self.schemes.values()
        )

    @property
    def secrets(self) -> dict[str, str]:
        """The arguments whose credential can only be a text, each with its description."""
        given = [each.described for each in self.schemes.values() if not each.takes_functions]
        return {name: about for each in given for name, about in each.items()}

    @property
    def tokens(self) -> list[Scheme]:
        """The schemes whose credential is a token, or a source of tokens."""
        return [each for each in self.schemes.values() if each.takes_functions]

    @property
    def token_arguments(self) -> list[str]:
        """The names of the arguments that give a token, or are used to fetch one."""
        return [name for each in self.tokens for name in each.arguments.values()]

    @property
    def key_name(self) -> str:
        """The name of the one key where it is sent."""
        return next((each.key for each in self.schemes.values() if each.place in PLACES), "")


def _is_name(place: str, key: str) -> bool:
    """Whether a key can have this name where it is sent."""
    return bool(re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", key) if place != "query" else key)


def _bases(scheme: Scheme) -> list[str]:
    """Return the usual names of the arguments of a scheme."""
    found = list(_WAYS[scheme.kind].arguments if scheme.kind in _WAYS else {"credentials": ""})
    own = ("client_id", "client_secret", "token_url", "scopes") if scheme.token_url[0] else ()
    return [*found, *own]
