"""Who is calling: each scheme of OpenAPI, alone, together and instead of each other, against a real server."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import ssl
import time
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from generator.report import Report

from .echo import CONTEXT, Answer, Caller, Echo, Seen, answered, made

pytestmark = pytest.mark.once(rows=True)

SECRET = "the-secret-of-the-application"
BASIC = {"username": "ann", "password": "pass:word"}
ALL = {"app_key": "the-app-key", "user_key": "a user&key", "session": "abc=1", **BASIC}


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Report]:
    return made("gates", tmp_path_factory.mktemp("gates"))


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest, gates: tuple[Any, Report], echo: Echo) -> Caller:
    return Caller(gates[0], echo, awaits=request.param)


def coded(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


# The operation, what the client is given, and what arrives: the target, and the headers that hold credentials.
SENT: list[tuple[str, dict[str, Any], str, dict[str, str]]] = [
    ("app", ALL, "/app", {"x-app-key": "the-app-key"}),
    ("app", {"default_headers": {"X-App-Key": "mine"}}, "/app", {"x-app-key": "mine"}),
    ("open", ALL, "/open", {}),
    ("open", {}, "/open", {}),
    ("maybe", {}, "/maybe", {}),
    ("maybe", ALL, "/maybe", {"x-app-key": "the-app-key"}),
    ("either", ALL, "/either", {"authorization": coded("ann:pass:word")}),
    ("either", {"bearer_token": "the-token"}, "/either", {"authorization": "Bearer the-token"}),
    ("both", ALL, "/both?user%20key=a%20user%26key", {"x-app-key": "the-app-key", "cookie": "session=abc=1"}),
    ("login", BASIC, "/login", {"authorization": coded("ann:pass:word")}),
    ("login", {"username": "key alone"}, "/login", {"authorization": coded("key alone:")}),
    ("login", {"username": "", "password": "t"}, "/login", {"authorization": coded(":t")}),
    ("bearer", {"bearer_token": "the-token"}, "/bearer", {"authorization": "Bearer the-token"}),
    ("oauth", {"oauth_access_token": "the-token"}, "/oauth", {"authorization": "Bearer the-token"}),
    ("device", {"device_access_token": "the-token"}, "/device", {"authorization": "Bearer the-token"}),
    ("own", {"credentials": "a=b"}, "/own", {"authorization": "HOBA a=b"}),
    ("certificate", {"ssl_context": CONTEXT}, "/certificate", {}),
    ("missing", {}, "/missing", {}),
]


MINE = {"x_app_key": "mine", "user_key": "mine", "session": "mine"}


@pytest.mark.parametrize("options", [ALL, {}], ids=["with keys", "without"])
@pytest.mark.parametrize(
    ("name", "arguments", "target"),
    [
        ("listed", MINE, "/listed?user%20key=mine"),
        (
            "both",
            {"extra_query": {"user key": "mine"}, "extra_headers": {"X-App-Key": "mine", "Cookie": "session=mine"}},
            "/both?user%20key=mine",
        ),
    ],
)
def test_what_the_caller_sends_in_place_of_a_key_is_sent_alone(
    name: str, arguments: dict[str, Any], target: str, options: dict[str, Any], caller: Caller
) -> None:
    caller.call(f"gate.{name}", options=options, **arguments)
    (seen,) = caller.echo.seen
    assert (seen.target, seen.headers["x-app-key"], seen.headers["cookie"]) == (target, "mine", "session=mine")


def test_keys_are_sent_where_an_operation_lists_them_as_parameters(caller: Caller) -> None:
    caller.call("gate.listed", options=ALL)
    (seen,) = caller.echo.seen
    assert (seen.target, seen.headers["x-app-key"]) == ("/listed?user%20key=a%20user%26key", "the-app-key")
    assert seen.headers["cookie"] == "session=abc=1"


@pytest.mark.parametrize(("name", "options", "target", "headers"), SENT)
def test_the_credentials_of_an_operation_arrive(
    name: str, options: dict[str, Any], target: str, headers: dict[str, str], caller: Caller
) -> None:
    assert caller.call(f"gate.{name}", options=options) is None
    (seen,) = caller.echo.seen
    held = ("authorization", "cookie", "x-app-key", "x-unused")
    assert (seen.target, {key: seen.headers[key] for key in held if key in seen.headers}) == (target, headers)


# The operation, what the client is given, and what the error names.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("app", {}, "gate.app: nothing proves who is calling: give the client app_key=…, or set the environment variables"),
    ("either", {"app_key": "x"}, "username=… and password=… or bearer_token=…"),
    ("both", {"app_key": "x"}, "app_key=… and user_key=… and session=…"),
    ("oauth", {}, "GATES_OAUTH_ACCESS_TOKEN"),
    ("open_id", {}, "open_id"),
    ("certificate", {}, "give the client ssl_context=… or http_client=…$"),
    ("digest", {}, "give the client http_client=…$"),
]


@pytest.mark.parametrize(("name", "options", "told"), REFUSED)
def test_nothing_is_sent_without_what_an_operation_needs(
    name: str, options: dict[str, Any], told: str, caller: Caller
) -> None:
    with pytest.raises(caller.package.InvalidArgumentError, match=told):
        caller.call(f"gate.{name}", options=options)
    assert caller.echo.seen == []


def test_the_environment_gives_what_arguments_do_not(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATES_USERNAME", "from")
    monkeypatch.setenv("GATES_PASSWORD", "there")
    caller.call("gate.login")
    assert caller.echo.seen[0].headers["authorization"] == coded("from:there")
    caller.call("gate.login", options={"username": "given"})
    assert caller.echo.seen[0].headers["authorization"] == coded("given:there")


def test_a_challenge_is_for_an_http_client(caller: Caller) -> None:
    http: Any = (httpx.AsyncClient if caller.awaits else httpx.Client)(auth=httpx.BasicAuth("a", "b"))
    caller.call("gate.digest", options={"http_client": http})
    assert caller.echo.seen[0].headers["authorization"] == coded("a:b")


def test_what_no_client_can_do_is_told(gates: tuple[Any, Report]) -> None:
    told = {each.pointer.removeprefix("/components/securitySchemes/"): each.means for each in gates[1].told}
    assert told["Unused"] == "give what it sends with default_headers"
    assert told["Digest"] == "give an http_client that does so, with its `auth`"
    assert "extra_headers" in told["/paths/~1missing/get/security"]
    assert gates[1].left_out == []


# -- tokens


def bearer(seen: Seen, *right: str) -> Answer:
    """Answer as a server that takes these tokens alone."""
    if seen.headers.get("authorization") in [f"Bearer {each}" for each in right]:
        return 204, {}, b""
    return answered({"message": f"no: {seen.headers.get('authorization')}"}, 401)


def test_a_function_gives_a_token_which_is_kept_until_it_is_refused(caller: Caller) -> None:
    tokens = iter(["old-token", "new-token", "another"])
    right = ["old-token"]
    caller.echo.answer = lambda seen: bearer(seen, *right)

    async def give() -> str:
        return next(tokens)

    source: Callable[[], Any] = give if caller.awaits else lambda: next(tokens)
    client = caller.client(oauth_access_token=source, user_key="u")
    assert caller.several(client.with_options(), ["gate.oauth"]) == [None]
    right[:] = ["new-token"]
    client = caller.client(oauth_access_token=source, user_key="u")  # its token is refused from the start
    right[:] = ["another"]
    assert caller.of(client, "gate.send", body=b"x" * 100) is None
    assert [each.body for each in caller.echo.seen] == [b"x" * 100] * 2
    assert next(tokens, None) is None


def test_a_token_that_is_refused_twice_is_the_error(caller: Caller) -> None:
    given: list[str] = []
    caller.echo.answer = lambda seen: bearer(seen)
    options = {"oauth_access_token": lambda: given.append("x") or "the-wrong-token"}
    with pytest.raises(caller.package.AuthenticationError) as raised:
        caller.call("gate.oauth", options=options)
    assert len(given) == len(caller.echo.seen) == 2
    assert "the-wrong-token" not in f"{raised.value} {raised.value.body} {raised.value.__dict__}"


@pytest.mark.parametrize("found", [None, 5, "", "a b", "a\nb"])
def test_a_function_that_gives_no_token(found: object, caller: Caller) -> None:
    with pytest.raises(caller.package.APIError, match="the function for the token returned no token"):
        caller.call("gate.oauth", options={"oauth_access_token": lambda: found})
    assert caller.echo.seen == []


def test_what_is_no_token_at_all(caller: Caller) -> None:
    with pytest.raises(caller.package.InvalidArgumentError, match="oauth_access_token must be a text or a function"):
        caller.client(oauth_access_token=5)


def test_a_coroutine_function_is_for_those_who_await(gates: tuple[Any, Report], echo: Echo) -> None:
    async def give() -> str:
        return "x"

    with pytest.raises(gates[0].InvalidArgumentError, match="for the asynchronous client"):
        Caller(gates[0], echo, awaits=False).call("gate.oauth", options={"oauth_access_token": give})


class Issuer:
    """A server of tokens and of what they open."""

    def __init__(self, echo: Echo, **said: Any) -> None:
        self.said = {"token_type": "Bearer", "expires_in": 3600, **said}
        self.issued: list[str] = []
        self.asked: list[Seen] = []
        self.failures: list[Answer] = []
        self.url = echo.url
        echo.answer = self.answer

    def answer(self, seen: Seen) -> Answer:
        if seen.target == "/.well-known/openid-configuration":
            return answered({"token_endpoint": f"{self.url}/token"})
        if seen.target != "/token":
            return bearer(seen, *self.issued[-1:])
        self.asked.append(seen)
        if self.failures:
            return self.failures.pop(0)
        time.sleep(0.05)
        self.issued.append(f"the-token-{len(self.issued)}")
        return answered({"access_token": self.issued[-1], **self.said})


CREDENTIALS = {"oauth_client_id": "an app", "oauth_client_secret": SECRET}


def test_client_credentials_are_fetched_once_for_many_calls(caller: Caller) -> None:
    issuer = Issuer(caller.echo)
    client = caller.client(**CREDENTIALS)
    assert caller.several(client, ["gate.oauth"] * 12) == [None] * 12
    (asked,) = issuer.asked
    assert asked.headers["authorization"] == coded(f"an+app:{SECRET}")
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["read write"]}


def test_copies_of_a_client_share_its_token(caller: Caller) -> None:
    issuer = Issuer(caller.echo)
    client = caller.client(**CREDENTIALS, oauth_scopes=[])
    other = client.with_options(timeout=5)
    caller.several(other, ["gate.oauth"])
    assert (len(issuer.asked), parse_qs(issuer.asked[0].body.decode())) == (1, {"grant_type": ["client_credentials"]})
    copy = caller.client(**CREDENTIALS).with_options(max_retries=1)
    caller.several(copy, ["gate.oauth", "gate.oauth"])
    assert len(issuer.asked) == 2


@pytest.mark.parametrize(("seconds", "fetches"), [(0, 2), ("3600", 1), (None, 1), (3600, 1), (10**400, 1), (0.05, 2)])
def test_a_token_is_renewed_when_it_expires(seconds: object, fetches: int, caller: Caller) -> None:
    issuer = Issuer(caller.echo, expires_in=seconds)
    client = caller.client(**CREDENTIALS)

    async def twice() -> None:
        async with client:
            await client.gate.oauth()
            await asyncio.sleep(0.06)
            await client.gate.oauth()

    if caller.awaits:
        asyncio.run(twice())
    else:
        with client:
            client.gate.oauth()
            time.sleep(0.06)
            client.gate.oauth()
    assert len(issuer.asked) == fetches


def test_a_token_is_renewed_once_when_it_is_refused(caller: Caller) -> None:
    issuer = Issuer(caller.echo)
    client = caller.client(**CREDENTIALS)
    issuer.issued.append("revoked")
    kept: Any = client._options.keys["oauth_access_token"]  # a token that was issued before
    secret = import_module(f"{caller.package.__name__}.settings.secret").Secret
    kept._token = secret("Bearer long-gone", "long-gone")
    assert caller.several(client, ["gate.oauth"] * 6) == [None] * 6
    assert len(issuer.asked) == 1


REFUSALS: list[tuple[Answer, str, str]] = [
    (
        answered({"error": "invalid_client", "error_description": f"no {SECRET}"}, 400),
        "AuthenticationError",
        "no token",
    ),
    (answered({"error": "invalid_client"}, 401), "AuthenticationError", "the token endpoint gave no token"),
    (answered({}, 500), "InternalServerError", "the token endpoint gave no token"),
    (answered({"access_token": ""}), "APIResponseValidationError", "the token endpoint gave no token that can be sent"),
    (answered({"access_token": 5}), "APIResponseValidationError", "no token that can be sent"),
    (answered({"access_token": "a-hidden-token", "token_type": "mac"}), "APIResponseValidationError", "of type 'mac'"),
    (answered(["a-hidden-token"]), "APIResponseValidationError", "is no object of JSON"),
    ((200, {}, b"a-hidden-token"), "APIResponseValidationError", "is no object of JSON"),
    ((302, {"location": "https://elsewhere.example.com"}, b""), "APIStatusError", "gave no token"),
]


@pytest.mark.parametrize(("answer", "kind", "told"), REFUSALS)
def test_where_no_token_is_given_the_error_says_so(answer: Answer, kind: str, told: str, caller: Caller) -> None:
    issuer = Issuer(caller.echo)
    issuer.failures = [answer] * 9
    found = caller.several(caller.client(**CREDENTIALS), ["gate.oauth"] * 4)
    for error in found:
        assert type(error).__name__ == kind
        text = "".join(traceback.format_exception(error)) + str(vars(error))
        assert told in text
        assert SECRET not in text
        assert "a-hidden-token" not in text


def test_a_failed_request_for_a_token_is_tried_again(caller: Caller) -> None:
    issuer = Issuer(caller.echo)
    issuer.failures = [answered({}, 503, retry_after="0")]
    assert caller.call("gate.oauth", options={**CREDENTIALS, "max_retries": 1}) is None
    assert len(issuer.asked) == 2


def test_where_tokens_are_given_is_discovered(caller: Caller) -> None:
    issuer = Issuer(caller.echo)
    options = {"open_id_client_id": "app", "open_id_client_secret": SECRET}
    assert caller.call("gate.open_id", options=options) is None
    assert [each.target for each in caller.echo.seen] == [
        "/.well-known/openid-configuration",
        "/token",
        "/open-id",
    ]
    assert parse_qs(issuer.asked[0].body.decode())["scope"] == ["profile"]


def test_the_place_of_tokens_can_be_another(caller: Caller) -> None:
    with Echo() as other:
        issuer = Issuer(other)
        caller.echo.answer = lambda seen: bearer(seen, *issuer.issued)
        assert caller.call("gate.oauth", options={**CREDENTIALS, "oauth_token_url": f"{other.url}/token"}) is None
    with pytest.raises(caller.package.InvalidArgumentError, match="oauth_token_url=…"):
        caller.call("gate.oauth", options={**CREDENTIALS, "oauth_token_url": "ftp://example.com"})
    with pytest.raises(caller.package.InvalidArgumentError, match="oauth_client_secret=… or set the environment"):
        caller.client(oauth_client_id="app")


def test_a_redirect_to_another_host_takes_no_credentials_along(caller: Caller) -> None:
    issuer = Issuer(caller.echo)
    with Echo() as other:
        other.answer = lambda _: answered({}, 401)
        caller.echo.answer = lambda seen: (
            (307, {"location": f"{other.url}/x"}, b"") if seen.target in ("/oauth", "/app") else issuer.answer(seen)
        )
        for name in ("oauth", "app"):
            with pytest.raises(caller.package.AuthenticationError):
                caller.call(f"gate.{name}", options={**CREDENTIALS, **ALL})
        for seen in other.seen:
            assert not {"authorization", "cookie", "x-app-key"} & seen.headers.keys()
    assert (len(other.seen), len(issuer.asked)) == (2, 1)


def test_a_cancelled_fetch_is_taken_over(gates: tuple[Any, Report], echo: Echo) -> None:
    issuer = Issuer(echo)

    async def run() -> Any:
        async with gates[0].AsyncGates(base_url=echo.url, max_retries=0, **CREDENTIALS) as client:
            first = asyncio.create_task(client.gate.oauth())
            await asyncio.sleep(0.02)
            second = asyncio.create_task(client.gate.oauth())
            await asyncio.sleep(0)
            first.cancel()
            return await asyncio.wait_for(second, 5)

    assert asyncio.run(run()) is None
    assert len(issuer.asked) >= 1


def test_no_secret_is_shown(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    issuer = Issuer(caller.echo)
    caller.echo.answer = lambda seen: issuer.answer(seen) if seen.target in ("/token", "/oauth") else (204, {}, b"")
    caplog.set_level(logging.DEBUG)
    client = caller.client(**CREDENTIALS, **ALL)
    assert caller.several(client, ["gate.oauth", "gate.both", "gate.login"]) == [None] * 3
    shown = caplog.text + repr(client) + repr(client._options) + json.dumps([str(each) for each in vars(client)])
    for secret in (SECRET, "the-token-0", "the-app-key", "user%26key", "abc=1", "pass:word", coded("ann:pass:word")):
        assert secret not in shown


def test_a_certificate_of_the_client_is_that_of_its_ssl_context(caller: Caller) -> None:
    assert caller.call("gate.certificate", options={"ssl_context": ssl.create_default_context()}) is None
