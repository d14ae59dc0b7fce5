"""Tokens that are fetched by a function of the application's, or by OAuth 2 client credentials, and cached.

If several calls need a token at the same time, one of them fetches it, and the others wait for it.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, cast
from urllib.parse import quote_plus, urlencode, urljoin, urlsplit

from ..errors import APIResponseValidationError, APITimeoutError, AuthenticationError, Error, InvalidArgumentError
from ..errors.handles import Handle
from ..settings.deadline import Deadline
from ..settings.options import ClientOptions, TokenSource, variable
from ..settings.secret import Secret
from ..streams.reading import read_start
from ..transport.messages import Headers, Request
from ..transport.roads import Roads
from . import credentials
from .exchange import ERROR_BODY_LIMIT
from .outgoing import USER_AGENT
from .response_errors import status_error

Token: TypeAlias = str | Callable[[], str]
"""A token, or a function that returns one."""
AsyncToken: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""A token, or a function, which may be a coroutine function, that returns one."""

EARLY = 30.0
"""Seconds before its expiry at which a token is replaced; a tenth of its lifetime if that is less."""

TURN = 0.02
"""Seconds between checks whether another call has fetched the token."""


class _Fetch:
    """One attempt to fetch a token, which several calls may wait for."""

    token: Secret | None = None
    error: Error | None = None


class Tokens(Handle, ABC):
    """A token that is cached until it expires or is refused. The copies of a client share it."""

    _refusal = "cannot be pickled, so that no token stands in a file"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._until = math.inf
        self._running: _Fetch | None = None

    @abstractmethod
    def check(self, argument: str) -> None:
        """Raise InvalidArgumentError if it cannot work."""

    @abstractmethod
    async def _get(self, roads: Roads, options: ClientOptions, deadline: Deadline | None) -> tuple[str, float]:
        """Fetch a token, and its lifetime in seconds."""

    async def token(self, roads: Roads, options: ClientOptions, deadline: Deadline | None) -> Secret:
        """Return the token, fetched if there is none; raises the error of fetching it."""
        while True:
            with self._lock:
                if self._token is not None and time.monotonic() < self._until:
                    return self._token
                is_mine = self._running is None
                fetch = self._running = self._running or _Fetch()
            if is_mine:
                return await self._fetch(fetch, self._get(roads, options, deadline))
            while self._running is fetch:
                if deadline is not None and not deadline.remaining:
                    raise APITimeoutError(f"{deadline} passed while another call was getting a token", retry_safe=True)
                await roads.sleep(TURN)
            if fetch.token is not None:
                return fetch.token
            if fetch.error is not None and not isinstance(fetch.error, APITimeoutError):  # its limit, not this call's
                raise fetch.error.with_traceback(None)

    async def _fetch(self, fetch: _Fetch, getting: Awaitable[tuple[str, float]]) -> Secret:
        try:
            text, seconds = await getting
            token = fetch.token = Secret(f"Bearer {text}", text)
            with self._lock:
                self._token, self._until = token, time.monotonic() + seconds - min(EARLY, seconds / 10)
            return token
        except Error as error:
            fetch.error = error
            raise
        finally:
            with self._lock:  # also if the call was interrupted: one of those that wait then fetches it
                self._running = None

    def refused(self, token: Secret) -> None:
        """Have another token fetched, unless that was done already."""
        with self._lock:
            if self._token is token:
                self._token = None


class Given(Tokens):
    """Tokens from a function of the application's."""

    def __init__(self, give: Callable[[], object]) -> None:
        super().__init__()
        self._give = give

    def check(self, argument: str) -> None:
        """Raise InvalidArgumentError if it is not a function."""
        if not callable(self._give):
            kind = type(self._give).__name__
            raise InvalidArgumentError(f"{argument} must be a text or a function that returns one; got a {kind}")

    async def _get(self, roads: Roads, options: ClientOptions, deadline: Deadline | None) -> tuple[str, float]:  # noqa: ARG002  # a function needs no arguments
        found = self._give()
        if isinstance(found, Awaitable):
            if not roads.awaits:
                getattr(found, "close", lambda: None)()
                raise InvalidArgumentError("a function that is awaited for a token is for the asynchronous client")
            found = await found
        return _checked(found, "the function for the token returned"), math.inf


class ClientCredentials(Tokens):
    """Tokens of the OAuth 2 client credentials flow (RFC 6749 section 4.4).

    Args:
        arguments: The names of the client's arguments for it.
        client_id: The client identifier.
        client_secret: The client secret.
        token_url: The token endpoint; if `is_discovered`, the document that names it (OpenID Discovery section 4).
        scopes: The scopes to request.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        client_id: Secret | None,
        client_secret: Secret | None,
        token_url: str,
        scopes: Sequence[str],
        *,
        is_discovered: bool,
    ) -> None:
        super().__init__()
        self._arguments = arguments
        self._id, self._secret = client_id, client_secret
        self._url, self._is_discovered = token_url, is_discovered
        self._scopes = scopes

    def check(self, argument: str) -> None:
        """Raise InvalidArgumentError if id or secret is missing, or is not a text."""
        for name, each in zip(self._arguments, (self._id, self._secret), strict=False):
            if each is None or not each:
                hint = f"pass {name}=… or set the environment variable {variable(name)}"
                raise InvalidArgumentError(f"{argument} is to be got with {' and '.join(self._arguments)}: {hint}")
        if not isinstance(self._scopes, Sequence) or isinstance(self._scopes, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            raise InvalidArgumentError("scopes must be a list of texts")

    async def _get(self, roads: Roads, options: ClientOptions, deadline: Deadline | None) -> tuple[str, float]:
        ask, url = partial(self._answer, roads, options, deadline), self._url
        if self._is_discovered:
            url = str((await ask(url, "the discovery")).get("token_endpoint", ""))
        form = {"grant_type": "client_credentials", **({"scope": " ".join(self._scopes)} if self._scopes else {})}
        name, secret = (quote_plus(each.reveal()) if each else "" for each in (self._id, self._secret))
        basic, form_type = credentials.basic((name, secret)), "application/x-www-form-urlencoded"
        own: Mapping[str, str | Secret] = {"authorization": basic, "content-type": form_type}
        answer = await ask(url, "the token endpoint", "POST", own, [urlencode(form).encode()])
        if str(answer.get("token_type", "bearer")).lower() != "bearer":
            raise APIResponseValidationError(
                f"the token endpoint gave a token of type {str(answer['token_type'])[:40]!r}"
            )
        try:
            seconds = float(cast("str", answer.get("expires_in", math.inf)))
        except (TypeError, ValueError, OverflowError):
            seconds = math.inf
        return _checked(answer.get("access_token"), "the token endpoint gave"), seconds

    async def _answer(
        self,
        roads: Roads,
        options: ClientOptions,
        deadline: Deadline | None,
        url: str,
        what: str,
        method: str = "GET",
        own: Mapping[str, str | Secret] = {},
        body: Sequence[bytes] = (),
    ) -> Mapping[str, object]:
        """Return the object in the response; no error shows it, since it may hold a token."""
        url = urljoin(f"{options.base_url}/", url)
        if urlsplit(url).scheme not in ("http", "https"):
            raise InvalidArgumentError(f"{url!r} is no place that gives tokens: pass {self._arguments[2]}=…")
        headers = {"accept": "application/json", "user-agent": USER_AGENT, "accept-encoding": "identity"}
        request = Request(method, url, Headers(headers, own), (), body, options.timeout, deadline)
        response = await roads.send(request)
        content = await read_start(response, ERROR_BODY_LIMIT)
        if not 200 <= response.status_code < 300:
            found = status_error(response, content, retry_safe=True)
            # Any error of a token request is a 400 (RFC 6749 section 5.2).
            kind = AuthenticationError if response.status_code in (400, 401, 403) else type(found)
            error = kind(
                f"{what} gave no token: {found.message}",
                status_code=found.status_code,
                body=found.body,
                retry_after=found.retry_after,
                request_id=found.request_id,
                type=found.type,
                retry_safe=True,
            )
            raise response.attach_to(error)
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            problem = f"what {what} answered is no object of JSON"
            raise response.attach_to(APIResponseValidationError(problem, status_code=response.status_code))
        return cast("Mapping[str, object]", answer)


def _checked(token: object, what: str) -> str:
    if not isinstance(token, str) or not Secret(token).matches(r"[\x21-\x7e]+"):
        raise APIResponseValidationError(f"{what} no token that can be sent")
    return token


def given(token: object) -> Secret | TokenSource | None:
    """Return a token as a Secret, or a source of tokens. It never raises, so that no traceback has a bare token."""
    return token if token is None else Secret(token) if isinstance(token, str) else Given(cast("Any", token))


def by_client_credentials(
    token: Secret | TokenSource | None,
    arguments: Sequence[str],
    client_id: Secret | None,
    client_secret: Secret | None,
    token_url: str,
    scopes: Sequence[str],
    *,
    is_discovered: bool = False,
) -> Secret | TokenSource | None:
    """Return the source of tokens by client credentials, if those are given and no token is."""
    found = [
        each or Secret.given(os.environ.get(variable(name)))
        for name, each in zip(arguments, (client_id, client_secret), strict=False)
    ]
    if token is not None or not any(found):
        return token
    return ClientCredentials(arguments, found[0], found[1], token_url, scopes, is_discovered=is_discovered)
