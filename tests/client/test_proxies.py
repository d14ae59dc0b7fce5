"""Proxies: which one a call or a session goes by, what it is asked, and what is said of one that cannot be used."""

from __future__ import annotations

import importlib.util
import socket
import ssl
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

import lmnt
from lmnt.transport.proxies import Proxies, Proxy, proxy_at
from lmnt_server.process import ServerProcess

from .modes import KEY, Sync
from .peers import Listener, json_response, response, serving
from .tunnel import Tunnel

ALL = {"ALL_PROXY": "http://proxy:1"}

# Before 17.2 websockets leaves the percent-encoding of a user or a password as it is.
DECODES = Version(version("websockets")) >= Version("17.2")
PASSWORD = "s%2Fcret" if DECODES else "secret"
needs_decoding = pytest.mark.skipif(not DECODES, reason="this release of websockets decodes no percent-encoding")


def way(url: str, environment: dict[str, str]) -> str | None:
    """Return the host of the proxy."""
    proxy = Proxies(environment=environment).of(url)
    return proxy and proxy.host


# The variables.


@pytest.mark.parametrize(
    ("environment", "https", "http"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://a"}, "a", None),
        ({"HTTP_PROXY": "http://a"}, None, "a"),
        ({"ALL_PROXY": "http://a"}, "a", "a"),
        ({"all_proxy": "http://a", "ALL_PROXY": "http://b"}, "a", "a"),
        ({"https_proxy": "http://a", "HTTPS_PROXY": "http://b"}, "a", None),
        ({"https_proxy": "", "HTTPS_PROXY": "http://b"}, None, None),
        ({"https_proxy": " ", "HTTPS_PROXY": "http://b", "ALL_PROXY": "http://c"}, "c", "c"),
        ({"HTTPS_PROXY": "http://a", "ALL_PROXY": "http://b"}, "a", "b"),
        ({"HTTP_PROXY": "http://a", "REQUEST_METHOD": "GET"}, None, None),
        ({"http_proxy": "http://a", "REQUEST_METHOD": "GET"}, None, "a"),
        ({"HTTP_PROXY": "http://a", "ALL_PROXY": "http://b", "REQUEST_METHOD": "GET"}, "b", "b"),
        ({"FTP_PROXY": "http://a", "SOCKS_PROXY": "http://a", "MY_HTTPS_PROXY": "http://a"}, None, None),
    ],
)
def test_the_variables(environment: dict[str, str], https: str | None, http: str | None) -> None:
    for schemes, expected in ((("https", "wss"), https), (("http", "ws"), http)):
        for scheme in schemes:
            assert way(f"{scheme}://api.example/v1", environment) == expected


@pytest.mark.parametrize("method", [None, "GET"])
@pytest.mark.parametrize("upper", [None, "", "upper"])
@pytest.mark.parametrize("lower", [None, "", "lower"])
@pytest.mark.parametrize("scheme", ["http", "https", "all"])
def test_the_variables_are_those_of_python(
    monkeypatch: pytest.MonkeyPatch, scheme: str, lower: str | None, upper: str | None, method: str | None
) -> None:
    names = {f"{scheme}_proxy": lower, f"{scheme}_PROXY".upper(): upper, "REQUEST_METHOD": method}
    environment = {name: text for name, text in names.items() if text is not None}
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    expected = urllib.request.getproxies_environment().get(scheme)  # type: ignore[attr-defined]  # typeshed has it not
    url = "http://api.example" if scheme == "all" else f"{scheme}://api.example"
    assert way(url, environment) == expected


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_the_settings_of_the_system(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """As macOS and Windows have them, which are not asked where the environment says something."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "http://system:8", "http": "nonsense://x"})
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == "near.example")
    proxies = Proxies(environment={})
    assert proxies.of("https://api.example") == proxy_at("http://system:8", "the system's proxy settings")
    assert proxies.of("https://near.example") is None
    with pytest.raises(lmnt.InvalidArgumentError, match=r"^the system's proxy settings: a proxy must be"):
        proxies.of("http://api.example")
    assert way("https://near.example", ALL) == "proxy"
    assert way("https://api.example", {"NO_PROXY": "x"}) is None


def test_a_proxy_that_was_given_is_for_all_hosts() -> None:
    proxies = Proxies("http://given", {"HTTPS_PROXY": "http://other", "NO_PROXY": "*"})
    assert proxies.of("https://api.example") == proxies.of("ws://127.0.0.1") == proxy_at("http://given", "proxy")


# Hosts without one.


@pytest.mark.once(rows=True)
@pytest.mark.parametrize(
    ("excepted", "direct", "by_proxy"),
    [
        ("", "", "a.example 127.0.0.1 localhost [::1]"),
        ("*", "a.example 127.0.0.1 [::1]:8080", ""),
        ("a.example", "a.example A.EXAMPLE a.example. b.a.example a.example:8080", "ba.example example a.example.org"),
        ("A.Example.", "a.example", ""),
        (".a.example", "b.a.example c.b.a.example", "a.example ba.example"),
        ("*.a.example", "b.a.example", "a.example ba.example"),
        ("*a.example", "a.example b.a.example", "ba.example"),
        ("a.example:8080", "a.example:8080 b.a.example:8080", "a.example a.example:80"),
        ("a.example:443", "a.example", "a.example:8080"),
        ("x, a.example ,,b.example\tc.example", "a.example b.example c.example", "d.example"),
        ("https://a.example", "a.example", "http://a.example ws://a.example"),
        ("http://a.example/", "http://a.example ws://a.example", "a.example wss://a.example"),
        ("wss://a.example:8080", "a.example:8080", "a.example"),
        ("all://a.example", "a.example http://a.example", "b.example"),
        ("all://*", "a.example", ""),
        ("http://*", "http://a.example", "a.example"),
        ("bücher.example", "xn--bcher-kva.example BÜCHER.example", "bucher.example"),
        ("xn--bcher-kva.example", "bücher.example", ""),
        ("localhost", "localhost", "127.0.0.1 [::1]"),
        ("127.0.0.1", "127.0.0.1 127.0.0.1:80 [::ffff:127.0.0.1]", "127.0.0.2 localhost a.127.0.0.1"),
        ("127.0.0.0/8", "127.0.0.1 127.255.0.1:8080", "128.0.0.1 localhost"),
        ("10.0.0.1/255.0.0.0", "10.2.3.4", "11.0.0.1"),
        ("127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1"),
        ("0.0.1", "", "127.0.0.1"),
        (".0.0.1", "", "127.0.0.1"),
        ("0.0.0.0/0", "1.2.3.4", "[::1] a.example"),
        ("::1", "[::1] [0:0::1]:8080", "[::2]"),
        ("[::1]", "[::1]", "[::2]"),
        ("[::1]:8080", "[::1]:8080", "[::1]"),
        ("fe80::/10", "[fe80::1] [fe80::1%25eth0] [febf::1]", "[fec0::1]"),
        ("fe80::1%eth0", "[fe80::1]", ""),
        ("[fd00::]/8", "[fd12::1]", "[fc00::1]"),
        ("FD00::/8", "[fd12::1]", "[fc00::1]"),
        ("::1:8080", "[::1:8080]", "[::1]"),
        # What cannot be understood is passed over, and what stands beside it is not.
        *(
            (f"{wrong},a.example", "a.example", "b.example 127.0.0.1 [::1]")
            for wrong in (
                *(
                    "host:port",
                    "[::1",
                    "::1]",
                    "[::1]x",
                    "a:b:c",
                    "fd00::/999",
                    "1.2.3.4/99",
                    "x/8",
                    "[]",
                    "[x]",
                    "http://",
                ),
                *(
                    "://",
                    ":",
                    ":80",
                    ".",
                    "..",
                    "**.",
                    "/",
                    "http://b.example/path",
                    "b..example:x",
                    "ü" * 64,
                    "\0",
                    "é.:1:2",
                ),
                *("256.1.1.1", "a@b", "b.example?x", "%", "1.2.3.4/", "1:" + "9" * 5000, "ftp://b.example"),
            )
        ),
    ],
)
def test_hosts_without_a_proxy(excepted: str, direct: str, by_proxy: str) -> None:
    proxies = Proxies(environment={**ALL, "NO_PROXY": excepted})
    for hosts, expected in ((direct, None), (by_proxy, "proxy")):
        for host in hosts.split():
            proxy = proxies.of(host if "://" in host else f"https://{host}")
            assert (proxy and proxy.host) == expected, host


@given(st.text(), st.text(alphabet="ab.:/[]*%1 ,é-", max_size=20))
def test_no_list_of_hosts_stops_a_call(anything: str, like_hosts: str) -> None:
    for text in (anything, like_hosts):
        for url in ("https://a.example:8080/v1", "http://[fe80::1%25x]/", "https://ü", "wss://1.2.3.4"):
            Proxies(environment={**ALL, "NO_PROXY": text}).of(url)


@pytest.mark.parametrize(
    "url", ["https://a.example:99999", "https://[::1", "https://a.example:x", "https://", "", "a b"]
)
def test_a_url_that_cannot_be_called_is_no_matter_of_proxies(url: str) -> None:
    assert Proxies(environment={"HTTPS_PROXY": "http://proxy", "NO_PROXY": "x"}).of(url) in (
        None,
        proxy_at("http://proxy", "HTTPS_PROXY"),
    )


# What a proxy may be.


@pytest.mark.once(rows=True)
@needs_decoding
@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("proxy:8080", "http://proxy:8080"),
        ("proxy", "http://proxy:80"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("me:s3cret@proxy:8080", "http://me:s3cret@proxy:8080"),
        (" HTTP://Proxy.Example/ ", "http://proxy.example:80"),
        ("https://proxy", "https://proxy:443"),
        ("socks://proxy:1080", "socks5h://proxy:1080"),
        ("socks5://proxy", "socks5h://proxy:1080"),
        ("SOCKS5H://me:s3cret@[::1]:9", "socks5h://me:s3cret@[::1]:9"),
        ("http://me@proxy", "http://me:@proxy:80"),
        ("http://:s3cret@proxy", "http://:s3cret@proxy:80"),
        ("http://@proxy", "http://proxy:80"),
        ("http://me:p@ss%2Fw%C3%B6rd ü@proxy", "http://me:p%40ss%2Fw%C3%B6rd%20%C3%BC@proxy:80"),
        ("http://bücher.example:1", "http://xn--bcher-kva.example:1"),
        ("http://my_proxy-1.:3128", "http://my_proxy-1.:3128"),
    ],
)
def test_what_a_proxy_may_be(text: str, url: str) -> None:
    proxy = proxy_at(text, "ALL_PROXY")
    assert proxy.url == url
    assert "s3cret" not in repr(proxy)
    login = understood(proxy)
    assert understood(proxy_at(proxy.url, "ALL_PROXY")) == login


def understood(proxy: Proxy) -> tuple[str, str]:
    """Check that both libraries understand it, and understand the same; returns user and password."""
    from websockets.proxy import parse_proxy

    ours, theirs = httpx.Proxy(proxy.url), parse_proxy(proxy.url)
    assert (theirs.scheme, theirs.host, theirs.port) == (proxy.scheme, proxy.host, proxy.port)
    assert ours.url.raw_host.decode() == proxy.host.strip("[]")
    assert ours.url.port in (proxy.port, None)
    assert (ours.auth or ("", "")) == (theirs.username or "", theirs.password or "")
    return ours.auth or ("", "")


WRONG = [
    *(
        "ftp://s3cret",
        "socks4://s3cret:1",
        "://s3cret",
        "http://",
        "http://:80",
        "http://me:s3cret@",
        "http://s3cret:port",
    ),
    *("http://me:s3cret/@[::1", "http://[s3cret]:1", "http://s3cret:99999", "http://s3cret:0", "http://s3cret:-1"),
    *(
        "http://me:80/s3cret@proxy:80",
        "http://me:80#s3cret@proxy",
        "http://me:80?s3cret@proxy",
        "http://me:%FFs3cret@proxy",
    ),
    *("http://s3 cret", "http://s3cret\0", "http://999.1.1.1:80#s3cret", "http://999.1.1.1", "http://" + "ü" * 64),
    *("http://s3cret:80:80", "http://::1:80", "http://pro%78y", "http://s3cret\u2100"),
]


def test_a_password_is_in_no_repr() -> None:
    client = lmnt.Lmnt(api_key=KEY, proxy="http://me:s3cret@proxy")
    shared = client._shared
    found = shared.connections.proxies.of("https://api.example")
    assert found == proxy_at("http://me:s3cret@proxy", "proxy")
    for each in (client, shared, *vars(shared).values(), found):
        assert "s3cret" not in repr(each)


@pytest.mark.once(rows=True)
@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_proxy(text: str) -> None:
    with pytest.raises(lmnt.InvalidArgumentError) as caught:
        proxy_at(text, "HTTPS_PROXY")
    said = "HTTPS_PROXY: a proxy must be a URL such as http://host:port or socks5://host:port"
    assert str(caught.value) == said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@needs_decoding
@given(
    st.text(), st.text(alphabet="ab.:/[]@%1é-_", max_size=20), st.sampled_from(["", "http://", "https://", "socks://"])
)
def test_what_is_taken_both_libraries_take(anything: str, like_urls: str, scheme: str) -> None:
    for text in (anything, scheme + anything, scheme + like_urls):
        try:
            proxy = proxy_at(text, "ALL_PROXY")
        except lmnt.InvalidArgumentError:
            continue
        understood(proxy)


# Which calls it stops.


@pytest.mark.parametrize("wrong", ["ftp://host:1", "http://me:s3cret@[::1", "http://host:port"])
def test_a_wrong_proxy_stops_the_calls_that_need_it_alone(
    mode: Sync, peer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", wrong)
    monkeypatch.setenv("NO_PROXY", "localhost")
    plain = mode.client(base_url=peer(json_response([])).base_url, max_retries=0)
    assert mode.run(plain.voices.list()) == []
    with pytest.raises(lmnt.APIConnectionError, match="localhost refuses the connection"):
        mode.run(mode.client(base_url="https://localhost:1", max_retries=0).voices.list())
    answering = mode.http_kind(trust_env=False, transport=httpx.MockTransport(lambda _: httpx.Response(200, json=[])))
    assert mode.run(mode.client(http_client=answering).voices.list()) == []
    client = mode.client()
    for call in (lambda: client.voices.list(), lambda: client.speech.sessions.create(voice="leah")):
        with pytest.raises(lmnt.InvalidArgumentError, match=r"^HTTPS_PROXY: a proxy must be a URL such as") as caught:
            mode.run(call())
        assert "s3cret" not in str(caught.value)


@pytest.mark.once(rows=True)
@pytest.mark.parametrize("wrong", [*WRONG, "", 5, b"http://proxy"])
def test_a_wrong_proxy_that_was_given_makes_no_client(mode: Sync, wrong: Any) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match=r"^proxy: a proxy must be a URL such as") as caught:
        mode.client(proxy=wrong)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("source", ["proxy", "all_proxy"])
def test_socks_without_its_packages(mode: Sync, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    found = importlib.util.find_spec
    missing = ("socksio", "python_socks")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else found(name))
    url = "socks5://me:s3cret@127.0.0.1:1"
    if source == "all_proxy":
        monkeypatch.setenv(source, url)
    client = mode.client(**({source: url} if source == "proxy" else {}))
    for package, call in (
        ("socksio", lambda: client.voices.list()),
        ("python-socks", lambda: client.speech.sessions.create(voice="leah")),
    ):
        with pytest.raises(lmnt.InvalidArgumentError) as caught:
            mode.run(call())
        assert str(caught.value) == f"{source}: a SOCKS proxy needs the package {package}: install the extra socks"
    monkeypatch.setenv("NO_PROXY", "*")
    if source == "all_proxy":
        with pytest.raises(lmnt.APIConnectionError):
            mode.run(mode.client(base_url="http://127.0.0.1:1", max_retries=0).voices.list())


# What is said of one that fails.


CALLS = [
    pytest.param(lambda client: client.voices.list(), id="call"),
    pytest.param(lambda client: client.speech.sessions.create(voice="leah"), id="session"),
]


@pytest.mark.once(rows=True)
@pytest.mark.parametrize("call", CALLS)
def test_a_proxy_that_refuses(mode: Sync, peer: Callable[..., Any], call: Callable[[Any], Any]) -> None:
    proxy = peer(response(407))
    client = mode.client(base_url="https://api.example", proxy=proxy.base_url, max_retries=0)
    with pytest.raises(lmnt.APIConnectionError, match=r"the proxy did not connect to api\.example \(.*407") as caught:
        mode.run(call(client))
    assert caught.value.retry_safe is True
    assert proxy.requests[0].method == "CONNECT"
    assert KEY not in str(proxy.requests[0].headers)


@pytest.mark.once(rows=True)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("url", ["https://api.example", "http://api.example"])
@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("http://me:s3cret@127.0.0.1:1", r"127\.0\.0\.1 \(the proxy\) refuses the connection"),
        ("socks5://me:s3cret@127.0.0.1:1", r"127\.0\.0\.1 \(the proxy\) refuses the connection"),
        ("http://me:s3cret@proxy.invalid", r"the host proxy\.invalid \(the proxy\) is not known"),
    ],
)
def test_a_proxy_that_is_down(
    mode: Sync, monkeypatch: pytest.MonkeyPatch, url: str, proxy: str, says: str, call: Callable[[Any], Any]
) -> None:
    """The one that fails is named: the server may be well."""
    monkeypatch.setenv("ALL_PROXY", proxy)
    for argument in ({}, {"proxy": proxy}):
        with pytest.raises(lmnt.APIConnectionError, match=says) as caught:
            mode.run(call(mode.client(base_url=url, max_retries=0, **argument)))
        assert "s3cret" not in str(caught.value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(lmnt.APIConnectionError, match=r": 127\.0\.0\.1 refuses the connection"):
        mode.run(call(mode.client(base_url="http://127.0.0.1:1", max_retries=0)))


class Silent(Listener):
    """It takes a connection and says nothing, for much longer than it may."""

    def serve(self, _: socket.socket) -> None:
        self.over.wait(3)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("library", ["httpx", "httpx2"])
@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_is_silent(mode: Sync, scheme: str, library: str, call: Callable[[Any], Any]) -> None:
    limits = lmnt.Timeout(20, connect=0.3)
    with serving(Silent()) as silent:
        proxy, began = f"{scheme}://me:s3cret@{silent.netloc}", time.monotonic()
        client = mode.client(
            base_url="https://api.example", proxy=proxy, transport=library, timeout=limits, max_retries=0
        )
        with pytest.raises(lmnt.APITimeoutError, match=r"in time through 127\.0\.0\.1 \(the proxy\)") as caught:
            mode.run(call(client))
        assert time.monotonic() - began < 2
        assert caught.value.retry_safe is True
        with pytest.raises(lmnt.APITimeoutError, match=r"the deadline of 0\.3 s passed"):
            mode.run(call(client.with_options(timeout=20, deadline=0.3)))
        assert silent.connections == 2


# All the way through one.


@pytest.fixture
def tunnel() -> Iterator[Callable[..., Tunnel]]:
    """Start a Tunnel; it stops with the test."""
    with ExitStack() as stack:
        yield lambda tls=None: stack.enter_context(serving(Tunnel(tls)))


HOW = {"http": "CONNECT", "https": "CONNECT", "socks": "SOCKS5 name", "socks5": "SOCKS5 name", "socks5h": "SOCKS5 name"}


@pytest.mark.once(rows=True)
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("source", ["proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", HOW)
def test_calls_and_sessions_go_by_it(
    mode: Sync,
    request: pytest.FixtureRequest,
    tunnel: Callable[..., Tunnel],
    speaks_tls: ssl.SSLContext,
    trusting: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    source: str,
    secure: bool,
) -> None:
    """The proxy alone knows the host, so its name is resolved there."""
    server = request.getfixturevalue("tls_server" if secure else "server")
    proxy = tunnel(speaks_tls if scheme == "https" else None)
    url = f"{scheme}://me:{PASSWORD}@{proxy.netloc}"
    if source == "ALL_PROXY":
        monkeypatch.setenv(source, url)
    client = mode.client(
        base_url=server.base_url.replace("127.0.0.1", "api.invalid"),
        ssl_context=trusting,
        max_retries=0,
        **({"proxy": url} if source == "proxy" else {}),
    )
    asked = (HOW[scheme], "api.invalid", f"me:{unquote(PASSWORD)}")
    assert mode.run(client.voices.retrieve("leah")).id == "leah"
    assert proxy.asked == [("GET", *asked[1:]) if scheme in ("http", "https") and not secure else asked]
    if mode.name == "sync" and scheme == "https" and secure:
        with pytest.raises(lmnt.InvalidArgumentError, match=rf"^{source}: a session cannot go by an https proxy"):
            client.speech.sessions.create(voice="leah")
        return
    session = mode.run(client.speech.sessions.create(voice="leah", format="ulaw"))
    mode.run(session.send_text("Hello."))
    mode.run(session.send_finish())
    assert b"".join(event.audio for event in mode.each(session) if event.type == "audio")
    assert proxy.asked[1:] == [asked]
    assert not proxy.failures


@pytest.mark.parametrize("scheme", HOW)
def test_a_library_that_was_wrapped_goes_by_it_too(
    mode: Sync,
    server: ServerProcess,
    tunnel: Callable[..., Tunnel],
    speaks_tls: ssl.SSLContext,
    trusting: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    kind, method = {
        "sync": (httpx.HTTPTransport, "handle_request"),
        "async": (httpx.AsyncHTTPTransport, "handle_async_request"),
    }[mode.name]
    seen: list[str] = []
    inner = getattr(kind, method)

    def wrapper(self: Any, request: httpx.Request) -> Any:
        seen.append(request.url.host)
        return inner(self, request)

    monkeypatch.setattr(kind, method, wrapper)
    proxy = tunnel(speaks_tls if scheme == "https" else None)
    monkeypatch.setenv("HTTP_PROXY", f"{scheme}://me:{PASSWORD}@{proxy.netloc}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8 fd00::/8")
    far = mode.client(base_url=server.base_url.replace("127.0.0.1", "api.invalid"), ssl_context=trusting, max_retries=0)
    for client in (far, far.with_options(base_url=server.base_url)):
        assert mode.run(client.voices.retrieve("leah")).id == "leah"
    assert seen == ["api.invalid", "127.0.0.1"]
    assert [each[1:] for each in proxy.asked] == [("api.invalid", f"me:{unquote(PASSWORD)}")]


def test_clients_for_two_ways_are_kept_and_closed(
    mode: Sync, peer: Callable[..., Any], tunnel: Callable[..., Tunnel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a proxy and not, in turn, each on a connection that is kept."""
    proxy, near = tunnel(), peer(json_response([]))
    monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
    direct = mode.client(base_url=near.base_url)
    by_proxy = direct.with_options(base_url=near.base_url.replace("127.0.0.1", "api.invalid"))
    for _ in range(2):
        assert mode.run(direct.voices.list()) == mode.run(by_proxy.voices.list()) == []
    assert near.connections == 2
    assert len(proxy.asked) == 1
    mode.run(direct.close())
    with pytest.raises(lmnt.LmntError, match="closed"):
        mode.run(by_proxy.voices.list())


def test_the_environment_is_read_at_the_first_call(
    mode: Sync, peer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = peer(json_response([])), peer(response(500))
    client = mode.client(base_url="http://api.invalid", max_retries=0)
    monkeypatch.setenv("HTTP_PROXY", right.base_url)
    assert mode.run(client.voices.list()) == []
    monkeypatch.setenv("HTTP_PROXY", wrong.base_url)
    assert mode.run(client.voices.list()) == []
    assert KEY in str(right.requests[1].headers)
    assert not wrong.requests
