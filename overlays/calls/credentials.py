"""The credentials of a call: which security scheme is used, and where the request holds them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, unquote, urlsplit

from .. import description
from ..errors import InvalidArgumentError
from ..settings.options import ClientOptions, Key, TokenSource, variable
from ..settings.secret import SECRET_PARAMETERS, Secret
from ..transport.messages import Headers, Request
from ..transport.roads import Roads
from .operation import Operation

Scheme: TypeAlias = tuple[str, str, tuple[str, ...]]
"""The place of the credentials, their name there, and the client's arguments that give them."""


class Proof(NamedTuple):
    """The credentials of a call, ready to send."""

    headers: Mapping[str, Secret]
    query: Sequence[Secret]
    """Query parameters, encoded."""
    source: TokenSource | None
    """The source of its token, if that is fetched."""


Sent: TypeAlias = Mapping[str, Collection[str]]
"""The names of what is sent without the client's credentials, by place; those of headers are in lower case."""


def proof(operation: Operation[Any], options: ClientOptions, headers: Collection[str], query: Collection[str]) -> Proof:
    """Return the credentials of a call that itself sends headers and query parameters of these names; they go first.

    Raises InvalidArgumentError if no set of schemes is complete; it names the arguments.
    """
    sent = {
        "header": {*options.headers, *headers, *(name.lower() for name in operation.headers)},
        "query": {*options.query, *query, *(name for name, _ in operation.query)},
        "cookie": operation.cookies,
    }
    schemes = _choose_schemes(operation.id, operation.needs, options.keys, sent)
    found: dict[str, Secret] = {}
    in_query: list[Secret] = []
    cookies, in_cookies = operation.cookies, list[str]()
    for scheme in schemes:
        place, name, _ = scheme
        if not (texts := _texts(scheme, options.keys)):
            continue
        if place in _HEADERS:
            header, found[header] = _HEADERS[place](name, texts)
        elif place == "cookie" and name not in cookies:
            cookies = {**cookies, name: texts[0]}
            in_cookies += texts
        elif place == "query" and name not in sent["query"]:
            coded = quote(texts[0], safe="")
            in_query.append(Secret(f"{quote(name, safe='')}={coded}", texts[0], coded))
    if cookies:  # those of the call too (RFC 6265 section 5.4)
        found["cookie"] = Secret("; ".join(f"{name}={value}" for name, value in cookies.items()), *in_cookies)
    return Proof(found, in_query, _source(schemes, options.keys))


def _choose_schemes(
    operation_id: str, needs: Sequence[Sequence[str]], keys: Mapping[str, Key], sent: Sent
) -> list[Scheme]:
    """Return the first set of schemes whose credentials were all given; raises InvalidArgumentError."""
    for need in needs:
        schemes = [scheme for name in need if _is_met(scheme := description.SCHEMES[name], keys, sent)]
        if schemes and len(schemes) == len(need):
            return schemes
    if not needs or not all(needs):
        return []
    ways = [[description.SCHEMES[name] for name in need] for need in needs]
    listed = " or ".join(" and ".join(" and ".join(_argument_names(each)) for each in way) for way in ways)
    texts = {name for way in ways for place, _, names in way if place != "connection" for name in names}
    also = f", or set the environment variables of these names, such as {variable(min(texts))}" if texts else ""
    raise InvalidArgumentError(f"{operation_id}: nothing proves who is calling: give the client {listed}{also}")


def _argument_names(scheme: Scheme) -> list[str]:
    place, _, arguments = scheme
    return [" or ".join(f"{each}=…" for each in arguments)] if place == "connection" else [f"{e}=…" for e in arguments]


def _is_met(scheme: Scheme, keys: Mapping[str, Key], sent: Sent) -> bool:
    place, name, arguments = scheme
    if not keys.keys().isdisjoint(arguments):
        return True
    if place in ("query", "cookie") and name in sent[place]:
        return True
    own = {"header": name.lower(), "cookie": "cookie", "connection": "", "query": ""}
    return own.get(place, "authorization") in sent["header"]


def basic(texts: Sequence[str]) -> Secret:
    """Return the header of a user name and a password (RFC 7617)."""
    import base64

    joined = ":".join(texts)
    coded = base64.b64encode(joined.encode()).decode()
    return Secret(f"Basic {coded}", coded, joined, texts[-1])


_HEADERS: Mapping[str, Callable[[str, Sequence[str]], tuple[str, Secret]]] = {
    "header": lambda name, texts: (name.lower(), Secret(texts[0])),
    "http": lambda name, texts: ("authorization", Secret(f"{name} {texts[0]}", texts[0])),
    "basic": lambda _, texts: ("authorization", basic(texts)),
}
"""By place: makes the header that holds the credentials of its name and the texts given."""


def _texts(scheme: Scheme, keys: Mapping[str, Key]) -> list[str]:
    """Return the texts given for a scheme; none for a source of tokens."""
    texts = [each.reveal() if isinstance(each, Secret) else "" for each in map(keys.get, scheme[2])]
    return texts if any(texts) else []


def without_key(url: str) -> str:
    """Return a URL that the server sent without the query parameters of the credentials, should it repeat them."""
    parts = urlsplit(url)
    if not SECRET_PARAMETERS or not parts.query:
        return url
    pairs = [pair for pair in parts.query.split("&") if unquote(pair.partition("=")[0]) not in SECRET_PARAMETERS]
    return parts._replace(query="&".join(pairs)).geturl()


def _source(schemes: Sequence[Scheme], keys: Mapping[str, Key]) -> TokenSource | None:
    found = (keys.get(name) for _, _, names in schemes for name in names)
    return next((each for each in found if isinstance(each, TokenSource)), None)


async def bearing(request: Request, source: TokenSource, roads: Roads, options: ClientOptions) -> Request:
    """Return a request with its token, unless the caller sends that header itself."""
    if "authorization" in request.headers:
        return request
    token = await source.token(roads, options, request.deadline)
    return request._replace(headers=Headers(request.headers, {"authorization": token}))


def renews(request: Request, source: TokenSource) -> bool:
    """Whether to retry with a new token, since the server refused that of the request."""
    token = request.headers.get("authorization")
    if not isinstance(token, Secret):
        return False
    source.refused(token)
    return True
