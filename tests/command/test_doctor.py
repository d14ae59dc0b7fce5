"""What `doctor` sees of what lies between."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import trustme

from lmnt_server.process import ServerProcess, running
from tests.client.peers import serving
from tests.client.tunnel import Tunnel

from .conftest import KEY
from .made import Command

pytestmark = pytest.mark.once(rows=True)

CHECKS = ["versions", "key", "address", "name", "proxy", "connection", "TLS", "HTTP library", "answer"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Acme Inspection")


@pytest.fixture(scope="module")
def secure(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    issued = authority.issue_cert("127.0.0.1", "localhost")
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    with running(engine="tone", tls=(chain, key), api_key=KEY) as process:
        yield process


def seen(lmnt: Command, code: int, *arguments: str) -> dict[str, tuple[str, str]]:
    """Return the state and what was found, by check."""
    ran = lmnt("doctor", "--json", *arguments)
    assert ran.code == code, ran
    assert KEY not in ran.out + ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    assert [each["check"] for each in found] == CHECKS
    return {each["check"]: (each["state"], each["found"]) for each in found}


@pytest.mark.usefixtures("server")
def test_all_is_well(lmnt: Command) -> None:
    found = seen(lmnt, 0)
    assert {state for state, _ in found.values()} == {"ok"}
    assert found["key"][1] == "that of LMNT_API_KEY"
    assert found["address"][1].endswith(", from LMNT_BASE_URL")
    assert found["proxy"][1] == "none"
    assert "not wrapped" in found["HTTP library"][1]
    assert found["answer"][1].startswith("HTTP/1.1 200, ")
    assert "Python 3." in found["versions"][1]
    assert seen(lmnt, 0, "--base-url", os.environ["LMNT_BASE_URL"])["address"][1].endswith(", from --base-url")


@pytest.mark.usefixtures("server")
def test_a_limit_that_is_none(lmnt: Command) -> None:
    for wrong in ("nan", "inf", "-1", "0"):
        ran = lmnt("doctor", "--timeout", wrong)
        assert (ran.code, ran.err.partition(";")[0]) == (
            2,
            "lmnt: timeout must be a number of seconds above 0, a Timeout, or None for no limit",
        )
    assert lmnt("doctor", "--timeout", "1e300").code == 0


@pytest.mark.usefixtures("server")
def test_no_key_or_a_wrong_one(lmnt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMNT_API_KEY", "wrong-key-of-mine")
    ran = lmnt("doctor")
    assert ran.code == 3
    assert "wrong-key-of-mine" not in ran.out + ran.err
    monkeypatch.setenv("LMNT_API_KEY", '"quoted-key-of-mine"')
    ran = lmnt("doctor")
    assert "begins with a quotation mark" in ran.out
    assert "quoted-key-of-mine" not in ran.out + ran.err
    monkeypatch.delenv("LMNT_API_KEY")
    found = seen(lmnt, 3)
    assert found["key"] == ("wrong", "there is none: set LMNT_API_KEY")
    assert found["connection"][0] == "ok"


def test_no_server(lmnt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMNT_API_KEY", KEY)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    found = seen(lmnt, 8, "--base-url", url)
    assert found["connection"] == ("wrong", "Connection refused")
    assert found["answer"][0] == "wrong"


def test_a_name_that_is_unknown_and_no_address(lmnt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMNT_API_KEY", KEY)
    found = seen(lmnt, 8, "--base-url", "https://nowhere.invalid")
    assert found["name"][0] == "wrong"
    found = seen(lmnt, 2, "--base-url", "here.example")
    assert "is no address such as" in found["address"][1]


def test_a_signer_that_is_not_trusted_is_named(
    lmnt: Command, secure: ServerProcess, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMNT_API_KEY", KEY)
    found = seen(lmnt, 8, "--base-url", secure.base_url)
    state, text = found["TLS"]
    assert state == "wrong"
    assert "signed by Acme Inspection until" in text
    assert text.endswith("trusted are those of certifi")
    authority.cert_pem.write_to_path("authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(Path("authority.pem").absolute()))
    found = seen(lmnt, 0, "--base-url", secure.base_url)
    assert "signed by Acme Inspection" in found["TLS"][1]
    assert found["TLS"][1].endswith("trusted by SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_FILE", "nothing.pem")
    assert "SSL_CERT_FILE: nothing.pem cannot be used" in seen(lmnt, 2, "--base-url", secure.base_url)["TLS"][1]


def test_a_proxy_and_where_it_comes_from(
    lmnt: Command, secure: ServerProcess, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMNT_API_KEY", KEY)
    authority.cert_pem.write_to_path("authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(Path("authority.pem").absolute()))
    with serving(Tunnel()) as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret-of-mine@127.0.0.1:{urlsplit(tunnel.base_url).port}")
        ran = lmnt("doctor")
        assert "secret-of-mine" not in ran.out + ran.err
        found = seen(lmnt, 0, "--base-url", secure.base_url)
        assert found["proxy"][1] == f"http://127.0.0.1:{urlsplit(tunnel.base_url).port}, from HTTPS_PROXY"
        assert "signed by Acme Inspection" in found["TLS"][1]
        assert "since there is a proxy" in found["HTTP library"][1]
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    found = seen(lmnt, 8, "--base-url", secure.base_url)
    assert found["connection"] == ("not seen", "behind a proxy that is spoken to by socks5h")
    monkeypatch.setenv("HTTPS_PROXY", "://")
    assert seen(lmnt, 2, "--base-url", secure.base_url)["proxy"][0] == "wrong"


@pytest.mark.usefixtures("server")
def test_what_has_wrapped_the_library(lmnt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    send = httpx.Client.send

    def traced(self: httpx.Client, *arguments: Any, **settings: Any) -> httpx.Response:
        return send(self, *arguments, **settings)

    monkeypatch.setattr(httpx.Client, "send", traced)
    assert seen(lmnt, 0)["HTTP library"][1] == "httpx was wrapped: calls go by httpx"
