"""The settings of a client and of a call, validated when they are given."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from copy import copy
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable
from urllib.parse import urlsplit

from .. import description
from ..errors import InvalidArgumentError
from ..hints import http_types
from ..hints.omitted import NotGiven, Omit, not_given
from ..values.header_fields import AROUND, field_value, warn_of_space
from .deadline import Deadline, is_seconds
from .secret import SECRET_HEADERS, Secret

__all__ = ["DEFAULT_MAX_RETRIES", "Body", "Headers", "Query"]

T = TypeVar("T")

DEFAULT_MAX_RETRIES = 2

Headers: TypeAlias = Mapping[str, str | Omit]
"""Headers to add; `omit` removes one that would otherwise be sent."""

Query: TypeAlias = Mapping[str, object]
"""Query parameters to add."""

Body: TypeAlias = object
"""Fields to add to the body; for a body without fields, the value to send in its place."""

_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "username": (
        "\r\n",
        r"[^:\x00-\x1f\x7f\ud800-\udfff]*",
        "holds a colon or a control character (RFC 7617 section 2)",
    ),
    # A password may begin and end with spaces.
    "password": ("\r\n", r"[^\x00-\x1f\x7f\ud800-\udfff]*", "holds a control character (RFC 7617 section 2)"),
    "cookie": (
        AROUND,
        r"[\x21-\x3a\x3c-\x7e]+",
        "goes in a cookie and holds a space, a semicolon, or a character outside ASCII: was it pasted whole?",
    ),
}
"""For each place of a key: the characters stripped around it, the pattern that it must match, and the error if not."""
_ANY_TEXT = (AROUND, r"[\x20-\x7e]+", "holds a control character or one outside ASCII: was it pasted whole?")


@runtime_checkable
class TokenSource(Protocol):
    """Gives the client a token, and another one when the server refuses it."""

    def check(self, argument: str) -> None:
        """Raise InvalidArgumentError if it cannot work."""
        ...

    async def token(self, roads: Any, options: ClientOptions, deadline: Deadline | None) -> Secret:
        """Return a token, got by these connections, as the value of the header Authorization."""
        ...

    def refused(self, token: Secret) -> None:
        """Record that the server has refused the token."""
        ...


Key: TypeAlias = Secret | TokenSource
"""A credential of the caller."""


def check_headers(headers: Mapping[str, str | Omit]) -> dict[str, str | Secret | Omit]:
    """Return the headers, names in lower case, secrets redacted; raises InvalidArgumentError (RFC 9110 section 5).

    One that is `omit` stays among them: it must not be sent, whatever else would add it.
    """
    checked: dict[str, str | Secret | Omit] = {}
    for name, value in headers.items():
        text = field_value(name, "" if isinstance(value, Omit) else value)
        name = name.lower()
        shown = Secret(text) if name in SECRET_HEADERS else text
        checked[name] = value if isinstance(value, Omit) else shown
    return checked


def _check_keys(given: Mapping[str, Key | None]) -> dict[str, Key]:
    """Return the keys given or in the environment, by the name of the argument; raises InvalidArgumentError."""
    found: dict[str, Key] = {}
    for place, _, arguments in description.SCHEMES.values():
        for index, argument in enumerate(arguments):
            rule = _TEXTS.get(("username", "password")[index] if place == "basic" else place, _ANY_TEXT)
            key = _check_key(argument, given.get(argument), rule, is_text=place != "connection")
            if key is not None:
                found[argument] = key
    if description.KEY_IS_DEMANDED and not found:
        (argument,) = (each for _, _, (each, *_) in description.SCHEMES.values())
        raise InvalidArgumentError(
            f"there is no {_called(argument)}: pass {argument}=… or set the environment variable {variable(argument)}"
        )
    return found


def variable(argument: str) -> str:
    """Return the name of the environment variable for an argument."""
    return f"{description.ENV_PREFIX}_{argument.upper()}"


def _called(argument: str) -> str:
    return argument.replace("_", " ").replace("api key", "API key")


def _check_key(argument: str, key: Key | None, rule: tuple[str, str, str], *, is_text: bool) -> Key | None:
    if isinstance(key, TokenSource):
        key.check(argument)
    if not is_text or isinstance(key, TokenSource):
        return key
    is_given = key is not None
    around, pattern, problem = rule
    found = key if key is not None else Secret.given(os.environ.get(variable(argument)))
    if found is not None and not isinstance(found.reveal(), str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise InvalidArgumentError(f"{argument} must be a text; got an object of type {type(found.reveal()).__name__}")
    if found is None or not found:
        # An empty key is a mistake: another account's key from the environment must not be used in its place.
        if is_given and not pattern.endswith("*"):
            raise InvalidArgumentError(f"there is no {_called(argument)}: {argument} is empty")
        return found if is_given else None
    bare = found.without(around)
    if not bare.matches(pattern):
        raise InvalidArgumentError(f"the {_called(argument)} {problem}")
    if bare != found:
        warn_of_space(f"the {_called(argument)}" if is_given else f"the {_called(argument)} in {variable(argument)}")
    return bare


def _check_url(base_url: str | http_types.URL | None) -> str:
    text = str(os.environ.get(variable("base_url")) or description.BASE_URL if base_url is None else base_url)
    shown = re.sub("//.*@", "//…@", text, flags=re.DOTALL)  # a password must not be shown either
    if base_url is None and not text:
        raise InvalidArgumentError(f"there is no place to call: pass base_url=… or set {variable('base_url')}")
    hint = f"base_url must be an http or https URL such as {description.BASE_URL or 'https://example.com'!r}; got"
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        raise InvalidArgumentError(f"{hint} {shown!r}, which holds white space")
    try:
        parts = urlsplit(text)
        port_is_a_number = parts.port is None or parts.port >= 0
    except ValueError as error:
        reason = "" if "@" in text else f" ({error})"
        raise InvalidArgumentError(f"{hint} {shown!r}{reason}") from None
    if parts.username is not None or parts.password is not None:
        raise InvalidArgumentError("base_url must hold no user name and no password: the key is sent in a header")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_a_number:
        raise InvalidArgumentError(f"{hint} {shown!r}")
    if parts.query or parts.fragment:
        raise InvalidArgumentError(f"{hint} {shown!r}, which has a query or a fragment")
    return text.rstrip("/")


class ClientOptions:
    """The settings of a client: what it sends, its timeouts and its retries; raises InvalidArgumentError."""

    def __init__(
        self,
        *,
        keys: Mapping[str, Key | None],
        base_url: str | http_types.URL | None,
        timeout: float | http_types.Timeout | NotGiven | None,
        deadline: float | None,
        max_retries: int,
        strict: bool,
        default_headers: Mapping[str, str] | None,
        default_query: Mapping[str, object] | None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        self.keys = _check_keys(keys)
        self.places = places or {}
        """The URLs of the servers: under "" that of most operations, the others under their URL in the description."""
        self.base_url = _check_url(self.places.get("", base_url))
        self.timeout = check_timeout(timeout)
        self.deadline = _check_deadline(deadline)
        self.max_retries = _check_retries(max_retries)
        self.strict = strict
        self.headers: Mapping[str, str | Secret | Omit] = check_headers(default_headers or {})
        self.query: Mapping[str, object] = dict(default_query or {})
        self.shared: dict[Any, Any] = {}
        """What calls that have none of their own share: their headers and credentials, made at the first."""

    @property
    def api_key(self) -> Secret:
        """The key of a client that has one key."""
        found = self.keys.get("api_key")
        return found if isinstance(found, Secret) else Secret("")

    def changed(
        self,
        *,
        keys: Mapping[str, Key | None] | None = None,
        base_url: str | http_types.URL | None = None,
        timeout: float | http_types.Timeout | NotGiven | None = not_given,
        deadline: float | NotGiven | None = not_given,
        max_retries: int | NotGiven = not_given,
        strict: bool | NotGiven = not_given,
        default_headers: Mapping[str, str] | None = None,
        set_default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        set_default_query: Mapping[str, object] | None = None,
    ) -> ClientOptions:
        """Return a copy with these options changed; `default_…` adds, `set_default_…` replaces."""
        for name, added, replaced in (
            ("headers", default_headers, set_default_headers),
            ("query", default_query, set_default_query),
        ):
            if added is not None and replaced is not None:
                raise InvalidArgumentError(f"default_{name} and set_default_{name} exclude each other: give one")
        headers = self.headers if set_default_headers is None else check_headers(set_default_headers)
        query = self.query if set_default_query is None else set_default_query
        made = copy(self)
        made.keys = _check_keys({**self.keys, **{name: key for name, key in (keys or {}).items() if key is not None}})
        made.base_url = self.base_url if base_url is None else _check_url(base_url)
        made.places = self.places if base_url is None else {}
        made.timeout = or_default(check_timeout(timeout), self.timeout)
        made.deadline = _check_deadline(or_default(deadline, self.deadline))
        made.max_retries = _check_retries(or_default(max_retries, self.max_retries))
        made.strict = or_default(strict, self.strict)
        made.headers = {**headers, **check_headers(default_headers or {})}
        made.query = {**query, **(default_query or {})}
        made.shared = {}
        return made


def check_timeout(
    timeout: float | http_types.Timeout | NotGiven | None,
) -> float | http_types.Timeout | NotGiven | None:
    """Return the timeout; raises InvalidArgumentError for a number of seconds that is not above 0."""
    if timeout is None or isinstance(timeout, NotGiven):
        return timeout
    if hasattr(timeout, "connect"):
        limits = [getattr(timeout, phase, None) for phase in ("connect", "read", "write")]
        limits.append(getattr(timeout, "pool", None) or None)  # 0: do not wait
    else:
        limits = [timeout]
    if not all(each is None or (is_seconds(each) and each) for each in limits):
        raise InvalidArgumentError(
            f"timeout must be a number of seconds above 0, a Timeout, or None for no limit; got {timeout!r}"
        )
    return timeout


def or_default(value: T | NotGiven, default: T) -> T:
    """Return a setting, or the default if it was not given."""
    return default if isinstance(value, NotGiven) else value


def _check_deadline(deadline: float | None) -> float | None:
    if deadline is not None and not (is_seconds(deadline) and deadline):
        raise InvalidArgumentError(
            f"deadline must be a number of seconds above 0, or None for no limit; got {deadline!r}"
        )
    return deadline


def _check_retries(max_retries: int) -> int:
    if not isinstance(max_retries, int) or isinstance(max_retries, bool) or max_retries < 0:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise InvalidArgumentError(f"max_retries must be a whole number from 0 up; got {max_retries!r}")
    return max_retries


class CallOptions:
    """The settings of one call, which override those of the client; raises InvalidArgumentError."""

    __slots__ = ("body", "deadline", "follow_redirects", "headers", "max_retries", "query", "retries", "timeout")

    def __init__(
        self,
        headers: Headers | None = None,
        query: Query | None = None,
        body: Body | None = None,
        timeout: float | http_types.Timeout | NotGiven | None = not_given,
        deadline: float | NotGiven | None = not_given,
        max_retries: int | NotGiven = not_given,
        follow_redirects: bool = True,
        retries: int = 0,
    ) -> None:
        self.retries = retries
        """How often the call was made before, by a caller that repeats it by itself."""
        self.headers = headers
        self.query = query
        self.body = body
        self.timeout = timeout if timeout is not_given else check_timeout(timeout)
        self.deadline = deadline if isinstance(deadline, NotGiven) else _check_deadline(deadline)
        self.max_retries = max_retries if isinstance(max_retries, NotGiven) else _check_retries(max_retries)
        self.follow_redirects = follow_redirects
