"""Settings of a client, of its copies and of one call; connections, redirects and proxies."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lmnt

from .modes import KEY, Sync
from .peers import Connection, Received, json_response, response

pytestmark = pytest.mark.once(rows=True)

VOICE = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready"}


def sent(mode: Sync, started: Any, client: Any, **arguments: Any) -> Received:
    mode.run(client.voices.list(**arguments))
    return started.requests[-1]


@pytest.fixture
def listing(peer: Callable[..., Any]) -> Any:
    return peer(json_response([]))


def test_headers_of_every_request(mode: Sync, listing: Any) -> None:
    received = sent(mode, listing, mode.client(base_url=listing.base_url))
    assert received.headers["x-api-key"] == KEY
    assert received.headers["lmnt-version"] == "1.2"
    assert received.headers["accept"] == "application/json"
    assert received.headers["user-agent"].startswith(f"Lmnt/Python {lmnt.__version__}")
    assert received.headers["x-lmnt-retry-count"] == "0"
    assert "content-type" not in received.headers


def test_headers_of_a_request_with_a_body(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(response(200, b"audio"))
    mode.run(mode.client(base_url=started.base_url).speech.generate(text="ö", voice="leah"))
    received = started.requests[0]
    assert received.headers["content-type"] == "application/json"
    assert received.headers["accept"] == "application/octet-stream"
    assert received.body == '{"text":"ö","voice":"leah"}'.encode()


def test_headers_from_the_client_and_the_call(mode: Sync, listing: Any) -> None:
    client = mode.client(base_url=listing.base_url, default_headers={"X-One": "client", "x-two": "client"})
    received = sent(
        mode,
        listing,
        client,
        extra_headers={"x-ONE": "call", "x-api-key": lmnt.omit, "LMNT-Version": lmnt.omit, "accept": "x/y"},
    )
    assert received.headers["x-one"] == "call"
    assert received.headers["x-two"] == "client"
    assert received.headers["accept"] == "x/y"
    assert "x-api-key" not in received.headers
    assert "lmnt-version" not in received.headers
    received = sent(mode, listing, client)
    assert received.headers["x-api-key"] == KEY
    assert received.headers["lmnt-version"] == "1.2"


@pytest.mark.parametrize("key", ["My API Key", "a", '"quoted"', "~!@#$%^&*()_+ `;,"])
def test_a_key_is_whatever_a_header_can_hold(mode: Sync, listing: Any, client: Any, key: str) -> None:
    assert sent(mode, listing, mode.client(base_url=listing.base_url, api_key=key)).headers["x-api-key"] == key
    copied = client.with_options(api_key=key)
    assert mode.run(copied.voices.retrieve("leah")).id == "leah"
    with mode.entered(copied.speech.sessions.create(voice="leah")) as session:
        assert session.request_id


def test_white_space_around_a_header_is_taken_off_with_a_warning(mode: Sync, listing: Any) -> None:
    around = {"x-one": " 1\r\n", "x-api-key": f"\t{KEY}x\n"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = mode.client(base_url=listing.base_url, default_headers={"x-zero": "0 0 "})
        received = sent(mode, listing, client, extra_headers=around)
    assert {name: received.headers[name] for name in ("x-zero", *around)} == {
        "x-zero": "0 0",
        "x-one": "1",
        "x-api-key": f"{KEY}x",
    }
    assert [str(each.message).partition(" had")[0] for each in caught] == [
        f"the value of header {name}" for name in ("x-zero", *around)
    ]
    assert not any(KEY in str(each.message) for each in caught)
    assert {Path(each.filename).parent for each in caught} == {Path(__file__).parent}, "not where it was called"


@pytest.mark.parametrize("name", ["User-Agent", "accept", "accept-encoding"])
def test_a_header_that_is_omitted_is_not_there(mode: Sync, listing: Any, name: str) -> None:
    client = mode.client(base_url=listing.base_url)
    assert name.lower() in sent(mode, listing, client).headers
    assert name.lower() not in sent(mode, listing, client, extra_headers={name: lmnt.omit}).headers


def test_query_of_the_client_and_the_call(mode: Sync, listing: Any) -> None:
    client = mode.client(base_url=listing.base_url, default_query={"a": "client", "b": "client"})
    received = sent(mode, listing, client, owner="me", extra_query={"a": "call", "owner": "system"})
    assert received.target == "/v1/ai/voice/list?a=call&b=client&owner=system"
    client = mode.client(base_url=listing.base_url, default_query={"owner": "system", "b": "client"})
    assert sent(mode, listing, client, owner="me").target == "/v1/ai/voice/list?owner=me&b=client"
    assert sent(mode, listing, client).target == "/v1/ai/voice/list?owner=system&b=client"


def test_a_body_where_none_is_expected(mode: Sync, listing: Any) -> None:
    received = sent(mode, listing, mode.client(base_url=listing.base_url), extra_body={"a": 1})
    assert received.body == b'{"a":1}'
    assert received.headers["content-type"] == "application/json"


def test_with_options_adds_and_replaces(mode: Sync, listing: Any) -> None:
    client = mode.client(base_url=listing.base_url, default_headers={"x-one": "1"}, default_query={"q": "1"})
    added = client.with_options(default_headers={"x-two": "2"}, default_query={"r": "2"})
    received = sent(mode, listing, added)
    assert (received.headers["x-one"], received.headers["x-two"]) == ("1", "2")
    assert received.target.endswith("?q=1&r=2")
    replaced = client.copy(set_default_headers={"x-two": "2"}, set_default_query={"r": "2"})
    received = sent(mode, listing, replaced)
    assert "x-one" not in received.headers
    assert received.target.endswith("?r=2")
    received = sent(mode, listing, client)
    assert "x-two" not in received.headers
    assert received.target.endswith("?q=1")
    for name in ("headers", "query"):
        with pytest.raises(lmnt.InvalidArgumentError, match="exclude each other"):
            client.with_options(**{f"default_{name}": {}, f"set_default_{name}": {}})


def test_with_options_keeps_what_it_is_not_given(mode: Sync, listing: Any, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=listing.base_url, timeout=7, max_retries=5)
    copy = client.with_options()
    assert type(copy) is type(client)
    assert (copy.api_key, copy.base_url, copy.timeout, copy.max_retries) == (KEY, listing.base_url, 7, 5)
    other = peer(json_response([]))
    changed = client.with_options(api_key="other", base_url=f"{other.base_url}/", timeout=None, max_retries=0)
    found = (changed.api_key, changed.base_url, changed.timeout, changed.max_retries)
    assert found == ("other", other.base_url, None, 0)
    assert sent(mode, other, changed).headers["x-api-key"] == "other"
    assert (client.api_key, client.timeout) == (KEY, 7)
    assert mode.client().timeout == lmnt.DEFAULT_TIMEOUT == lmnt.Timeout(60, connect=5)


def test_copies_share_connections(mode: Sync, listing: Any) -> None:
    client = mode.client(base_url=listing.base_url)
    for _ in range(3):
        sent(mode, listing, client)
        sent(mode, listing, client.with_options(max_retries=0))
    assert listing.connections == 1


def test_settings_from_the_environment(mode: Sync, listing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMNT_API_KEY", "from-the-environment")
    monkeypatch.setenv("LMNT_BASE_URL", f"{listing.base_url}/")
    client = mode.kind()
    assert client.base_url == listing.base_url
    assert sent(mode, listing, client).headers["x-api-key"] == "from-the-environment"
    assert mode.kind(api_key=KEY).api_key == KEY
    mode.run(client.close())
    monkeypatch.delenv("LMNT_BASE_URL")
    assert mode.kind().base_url == "https://api.lmnt.com"


@pytest.mark.parametrize("where", ["client", "with_options", "call"])
@pytest.mark.parametrize("timeout", [0.2, lmnt.Timeout(5, read=0.2)])
def test_timeouts(mode: Sync, peer: Callable[..., Any], where: str, timeout: Any) -> None:
    base_url = peer(Connection.stall).base_url
    at_client = timeout if where == "client" else None
    client = mode.client(base_url=base_url, max_retries=0, timeout=at_client)
    if where == "with_options":
        client = client.with_options(timeout=timeout)
    with pytest.raises(lmnt.APITimeoutError):
        mode.run(client.voices.list(**({"timeout": timeout} if where == "call" else {})))


def test_an_http_client_of_the_application(mode: Sync, listing: Any) -> None:
    requests: list[Any] = []
    responses: list[Any] = []
    hooks = {"request": [mode.hook(requests.append)], "response": [mode.hook(responses.append)]}
    http = mode.http_kind(event_hooks=hooks, headers={"x-of-the-application": "1"}, timeout=11)
    client = mode.client(base_url=listing.base_url, http_client=http)
    received = sent(mode, listing, client)
    assert received.headers["x-of-the-application"] == "1"
    assert len(requests) == len(responses) == 1
    assert requests[0].extensions["timeout"]["read"] == 11
    sent(mode, listing, client, timeout=3)
    assert requests[1].extensions["timeout"]["read"] == 3
    copy = mode.client(base_url=listing.base_url).with_options(http_client=http)
    sent(mode, listing, copy)
    assert len(requests) == 3


def test_closing(mode: Sync, listing: Any) -> None:
    client = mode.client(base_url=listing.base_url)
    copy = client.with_options(max_retries=0)
    sent(mode, listing, client)
    assert client.is_closed() is False
    mode.run(client.close())
    mode.run(client.close())
    for each in (client, copy):
        assert each.is_closed() is True
        with pytest.raises(lmnt.LmntError, match="closed"):
            mode.run(each.voices.list())
    assert len(listing.requests) == 1


def test_closing_an_unused_client(mode: Sync) -> None:
    client = mode.client()
    mode.run(client.close())
    assert client.is_closed() is True


def test_a_client_as_a_context_manager(mode: Sync, listing: Any) -> None:
    with mode.entered(mode.client(base_url=listing.base_url)) as client:
        sent(mode, listing, client)
    assert client.is_closed() is True
    with pytest.raises(KeyError), mode.entered(mode.client(base_url=listing.base_url)) as client:
        raise KeyError
    assert client.is_closed() is True


def test_an_http_client_that_the_application_closed(mode: Sync, listing: Any) -> None:
    http = mode.http_kind()
    client = mode.client(base_url=listing.base_url, http_client=http)
    mode.run(http.aclose() if mode.name == "async" else http.close())
    with pytest.raises(lmnt.LmntError, match="closed"):
        mode.run(client.voices.list())


# Redirects.


def redirect(status: int, location: str) -> bytes:
    return response(status, b"", {"location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin(mode: Sync, peer: Callable[..., Any], status: int) -> None:
    started = peer(redirect(status, "/elsewhere?x=1"), json_response(VOICE))
    assert mode.run(mode.client(base_url=started.base_url).voices.retrieve("leah")).id == "leah"
    assert [received.target for received in started.requests] == ["/v1/ai/voice/leah", "/elsewhere?x=1"]
    assert started.requests[1].headers["x-api-key"] == KEY


def test_of_two_places_that_a_redirect_names_the_last_counts(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(response(307, b"", {"location": "/first", "Location": "/last"}), json_response(VOICE))
    assert mode.run(mode.client(base_url=started.base_url).voices.retrieve("leah")).id == "leah"
    assert started.requests[1].target == "/last"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_does_not_follow_to_another_origin(mode: Sync, peer: Callable[..., Any], status: int) -> None:
    other = peer(json_response(VOICE))
    started = peer(redirect(status, f"{other.base_url}/there"))
    secrets = {"authorization": f"Bearer {KEY}", "cookie": f"key={KEY}"}
    client = mode.client(base_url=started.base_url, default_headers=secrets | {"x-open": "1"})
    mode.run(client.voices.retrieve("leah"))
    assert started.requests[0].headers["authorization"] == f"Bearer {KEY}"
    received = other.requests[0]
    assert received.target == "/there"
    assert KEY not in str(received.headers)
    assert received.headers["x-open"] == "1"


def test_the_host_by_another_name_is_another_origin(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(json_response(VOICE))
    started.answers_for = started.netloc.replace("127.0.0.1", "localhost")
    first = peer(redirect(307, f"http://{started.answers_for}/x"))
    mode.run(mode.client(base_url=first.base_url).voices.retrieve("leah"))
    assert "x-api-key" not in started.requests[0].headers


@pytest.mark.parametrize("status", [307, 308])
def test_a_body_follows_where_the_method_stays(
    mode: Sync, peer: Callable[..., Any], status: int, tmp_path: Path
) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(b"recording" * 1000)
    started = peer(redirect(status, "/moved"), json_response(VOICE))
    mode.run(mode.client(base_url=started.base_url).voices.create(file=path, name="n"))
    assert [(received.method, received.target) for received in started.requests] == [
        ("POST", "/v1/ai/voice"),
        ("POST", "/moved"),
    ]
    assert [received.body.count(b"recording") for received in started.requests] == [1000, 1000]


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_lose_the_body_is_an_error(mode: Sync, peer: Callable[..., Any], status: int) -> None:
    started = peer(redirect(status, "/moved"), json_response(VOICE))
    with pytest.raises(lmnt.APIStatusError) as caught:
        mode.run(mode.client(base_url=started.base_url).voices.create(file=b"x", name="n"))
    assert caught.value.status_code == status
    assert len(started.requests) == 1


@pytest.mark.parametrize(
    "location",
    ["http://[::1", "ftp://host/x", "javascript:alert(1)", "http://host:port/", "http://", "//", "http://a b/", "\xff"],
)
def test_a_redirect_to_nowhere(mode: Sync, peer: Callable[..., Any], location: str) -> None:
    started = peer(redirect(307, location), response(404, b""))
    with pytest.raises(lmnt.APIError) as caught:
        mode.run(mode.client(base_url=started.base_url, max_retries=0).voices.retrieve("leah"))
    assert isinstance(caught.value, lmnt.APIStatusError | lmnt.APIConnectionError)


def test_a_redirect_without_end(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(redirect(307, "/again"))
    with pytest.raises(lmnt.APIStatusError) as caught:
        mode.run(mode.client(base_url=started.base_url).voices.retrieve("leah"))
    assert caught.value.status_code == 307
    assert len(started.requests) == 6


def test_an_http_client_that_follows_redirects_itself_does_not_leak_the_key(
    mode: Sync, peer: Callable[..., Any]
) -> None:
    other = peer(json_response(VOICE))
    started = peer(redirect(307, other.base_url))
    client = mode.client(base_url=started.base_url, http_client=mode.http_kind(follow_redirects=True))
    mode.run(client.voices.retrieve("leah"))
    assert "x-api-key" not in other.requests[0].headers


def test_a_header_beyond_ascii_is_sent(mode: Sync, listing: Any) -> None:
    received = sent(mode, listing, mode.client(base_url=listing.base_url), extra_headers={"x-user": "José"})
    assert received.headers["x-user"] == "José"


def test_connections_are_kept_alive(mode: Sync, listing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from lmnt.transport import connections

    # What the option is on a real socket, seen when it is set.
    seen: list[int] = []
    real = socket.socket.setsockopt

    def watch(self: socket.socket, *arguments: Any) -> None:
        real(self, *arguments)
        if arguments[:2] == (socket.SOL_SOCKET, socket.SO_KEEPALIVE):
            seen.append(self.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    monkeypatch.setattr(socket.socket, "setsockopt", watch)
    sent(mode, listing, mode.client(base_url=listing.base_url))
    assert seen == [1]
    assert connections.KEEP_ALIVE_IDLE <= 300
