"""The URLs of an API with several servers, or with variables in its URL (OpenAPI's Server Objects)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin

from .. import description
from ..errors import InvalidArgumentError
from ..hints import http_types
from .options import variable

Values = Mapping[str, tuple[str, object]]
"""By variable: the client's argument for it, and the value given."""
Variables = Mapping[str, tuple[str | None, Sequence[str]]]
"""By variable: the default, and the allowed values."""


def places(base_url: str | http_types.URL | None, server: object, values: Values) -> dict[str, str]:
    """Return the servers' URLs: under "" that of most operations, the others under their URL in the description.

    Args:
        base_url: The caller's URL for all of them, or the URL to which those of the servers are relative.
        server: The server to use, by its number or its name.
        values: The values of the variables in URLs.

    Raises:
        InvalidArgumentError: There is no such server, or a variable has a value that is not allowed.
    """
    given = {name: (argument, value) for name, (argument, value) in values.items() if value is not None}
    is_chosen = server is not None or bool(given)
    around = base_url if base_url is not None else os.environ.get(variable("base_url"))
    if around and not is_chosen:
        return {}
    chosen = _chosen(server)
    own = {url: (url, variables) for _, url, variables in description.OWN_SERVERS}
    used = {name for _, variables in (chosen, *own.values()) for name in variables}
    for name, (argument, _) in given.items():
        if name not in used:
            raise InvalidArgumentError(f"{argument}: nothing of {chosen[0]} is called so")
    main = _filled(*chosen, values)
    if re.match(r"https?://", main):
        if base_url is not None:
            raise InvalidArgumentError(f"base_url and a choice of servers exclude each other: {main} is a whole URL")
        return {"": main} | {url: urljoin(f"{main}/", _filled(*each, values)).rstrip("/") for url, each in own.items()}
    if around:
        return {"": urljoin(f"{around}/", main)}
    if is_chosen or own:
        raise InvalidArgumentError(f"{main or '/'} is below another place: say that with base_url=…")
    return {}


def _chosen(server: object) -> tuple[str, Variables]:
    """Return the URL of a server, and its variables."""
    wanted = 0 if server is None else server
    for index, (name, url, variables) in enumerate(description.SERVERS or [("", "", {})]):
        if (type(wanted) is int and wanted == index) or (name and wanted == name):
            return url, variables
    known = ", ".join(
        f"{index} {name!r}" if name else f"{index}" for index, (name, *_) in enumerate(description.SERVERS)
    )
    raise InvalidArgumentError(f"server must be one of {known}; got {server!r}")


def _filled(url: str, variables: Variables, values: Values) -> str:
    """Return a URL with its variables filled in."""
    filled: dict[str, str] = {}
    for name, (default, allowed) in variables.items():
        argument, value = values[name]
        found = default if value is None else value
        if found is None:
            raise InvalidArgumentError(f"there is no {argument}: pass {argument}=… or base_url=…")
        if not isinstance(found, str) or not re.fullmatch(r"[\w.~:/@+-]*", found, re.ASCII):
            raise InvalidArgumentError(f"{argument} must be a text that can stand in {url}; got {found!r}")
        if value is not None and allowed and found not in allowed:
            raise InvalidArgumentError(f"{argument} must be one of {', '.join(map(repr, allowed))}; got {found!r}")
        filled[name] = found
    return re.sub(r"\{([^{}]+)\}", lambda match: filled[match[1]], url).rstrip("/")
