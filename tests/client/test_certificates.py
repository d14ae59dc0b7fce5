"""The certificates that servers are checked against: those of the environment, of certifi, and of the system."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest
import trustme
import truststore

import lmnt
from lmnt.transport.certificates import default_context
from lmnt_server.process import ServerProcess

from .modes import KEY, Sync
from .peers import serving
from .tunnel import Tunnel

CALLS = [
    pytest.param(lambda client: client.voices.list(), id="call"),
    pytest.param(lambda client: client.speech.sessions.create(voice="leah"), id="session"),
]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def authorities(authority: trustme.CA, tmp_path: Path) -> Path:
    """The file of the authority that the servers of the tests have."""
    authority.cert_pem.write_to_path(tmp_path / "authorities.pem")
    return tmp_path / "authorities.pem"


@pytest.fixture
def hashed(authorities: Path, tmp_path: Path) -> Path:
    """The same as a folder, as `openssl rehash` makes one."""
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(authorities)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    folder = tmp_path / "hashed"
    folder.mkdir()
    shutil.copy(authorities, folder / f"{name}.0")
    return folder


def settings(context: ssl.SSLContext) -> tuple[object, ...]:
    """What makes a context strong or weak."""
    return (
        *(context.protocol, context.verify_mode, context.verify_flags, context.check_hostname, context.options),
        *(context.minimum_version, context.maximum_version, context.security_level, context.keylog_filename),
        [cipher["name"] for cipher in context.get_ciphers()],
        sorted(context.get_ca_certs(binary_form=True)),
    )


@pytest.mark.parametrize("given", ["nothing", "file", "folder", "both", "empty", "key log"])
def test_they_are_those_of_httpx(
    monkeypatch: pytest.MonkeyPatch, authorities: Path, hashed: Path, tmp_path: Path, given: str
) -> None:
    variables = {
        "nothing": {},
        "file": {"SSL_CERT_FILE": str(authorities)},
        "folder": {"SSL_CERT_DIR": str(hashed)},
        "both": {"SSL_CERT_FILE": certifi.where(), "SSL_CERT_DIR": str(hashed)},
        "empty": {"SSL_CERT_FILE": "", "SSL_CERT_DIR": "", "SSLKEYLOGFILE": ""},
        "key log": {"SSLKEYLOGFILE": str(tmp_path / "keys.txt")},
    }[given]
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    assert settings(default_context()) == settings(httpx.create_ssl_context())


# All the way to a server.


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("given", ["file", "folder", "folders", "none"])
@pytest.mark.parametrize("by_proxy", [False, True], ids=["direct", "by a proxy"])
def test_the_variables(
    mode: Sync,
    tls_server: ServerProcess,
    monkeypatch: pytest.MonkeyPatch,
    authorities: Path,
    hashed: Path,
    call: Callable[[Any], Any],
    given: str,
    by_proxy: bool,
) -> None:
    variable, text = {
        "file": ("SSL_CERT_FILE", str(authorities)),
        "folder": ("SSL_CERT_DIR", str(hashed)),
        "folders": ("SSL_CERT_DIR", os.pathsep.join(["/nowhere", str(hashed)])),
        "none": ("SSL_CERT_FILE", certifi.where()),
    }[given]
    with way(monkeypatch, by_proxy=by_proxy):
        monkeypatch.setenv(variable, text)
        client = mode.client(base_url=tls_server.base_url, max_retries=0, ssl_context=None)
        if given == "none":
            with pytest.raises(lmnt.APIConnectionError, match=r"TLS with 127\.0\.0\.1 failed"):
                mode.run(call(client))
        else:
            finish(mode, mode.run(call(client)))


@contextmanager
def way(monkeypatch: pytest.MonkeyPatch, *, by_proxy: bool) -> Iterator[None]:
    with serving(Tunnel()) as tunnel:
        if by_proxy:
            monkeypatch.setenv("HTTPS_PROXY", tunnel.base_url)
        yield
        assert bool(tunnel.asked) == by_proxy


def finish(mode: Sync, result: Any) -> None:
    """End a session; of a call there is no more to see."""
    if hasattr(result, "send_finish"):
        mode.run(result.close())
    else:
        assert len(result) > 1


@pytest.mark.parametrize("call", CALLS)
def test_keys_are_logged(
    mode: Sync,
    tls_server: ServerProcess,
    monkeypatch: pytest.MonkeyPatch,
    authorities: Path,
    tmp_path: Path,
    call: Callable[[Any], Any],
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.txt"))
    client = mode.client(base_url=tls_server.base_url, max_retries=0, ssl_context=None)
    finish(mode, mode.run(call(client)))
    assert "CLIENT_TRAFFIC_SECRET_0" in (tmp_path / "keys.txt").read_text()


# What cannot be used.

NOTHING = "it holds no certificate that can be read"
WRONG = [
    ("SSL_CERT_FILE", "missing", "No such file or directory"),
    ("SSL_CERT_FILE", "folder", "Is a directory"),
    ("SSL_CERT_FILE", "empty", NOTHING),
    ("SSL_CERT_FILE", "text", NOTHING),
    ("SSL_CERT_FILE", "half", NOTHING),
    ("SSL_CERT_FILE", "text/below", "Not a directory"),
    ("SSL_CERT_FILE", "locked", "Permission denied"),
    ("SSL_CERT_DIR", "missing", "No such file or directory"),
    ("SSL_CERT_DIR", "text", "Not a directory"),
    ("SSL_CERT_DIR", "folder", NOTHING),
    ("SSL_CERT_DIR", "unhashed", NOTHING),
    ("SSL_CERT_DIR", "locked folder", "Permission denied"),
    ("SSLKEYLOGFILE", "missing/keys.txt", "No such file or directory"),
    ("SSLKEYLOGFILE", "folder", "Is a directory"),
    ("SSLKEYLOGFILE", "text/below", "Not a directory"),
    ("SSLKEYLOGFILE", "locked", "Permission denied"),
]


@pytest.fixture
def things(authorities: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what is no certificate."""
    folder = tmp_path_factory.mktemp("things")
    pem = authorities.read_text()
    (folder / "folder").mkdir()
    (folder / "unhashed").mkdir()
    shutil.copy(authorities, folder / "unhashed")
    for name, text in {"empty": "", "text": "none", "half": pem[: len(pem) // 2]}.items():
        (folder / name).write_text(text)
    shutil.copy(authorities, folder / "locked")
    (folder / "locked folder").mkdir(mode=0)
    (folder / "locked").chmod(0)
    return folder


@contextmanager
def as_anybody() -> Iterator[None]:
    """Be no administrator, for whom no file is locked."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="Windows says it in words of its own, and locks no file so")
@pytest.mark.parametrize(("variable", "name", "wrong"), WRONG)
def test_what_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, things: Path, variable: str, name: str, wrong: str
) -> None:
    for folder in (things, *things.parents[:-2]):
        folder.chmod(0o755)
    monkeypatch.setenv(variable, str(things / name))
    with as_anybody(), pytest.raises(lmnt.InvalidArgumentError) as caught:
        default_context()
    assert str(caught.value) == f"{variable}: {things / name} cannot be used: {wrong}"
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("by_proxy", [False, True], ids=["direct", "by a proxy"])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_it_stops_the_calls_that_need_it_alone(
    mode: Sync,
    server: ServerProcess,
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[[Any], Any],
    variable: str,
    by_proxy: bool,
) -> None:
    monkeypatch.setenv(variable, "/nowhere/at/all")
    with serving(Tunnel()) as tunnel:
        if by_proxy:
            monkeypatch.setenv("ALL_PROXY", tunnel.base_url)
        # Without the settings that the other tests share.
        finish(mode, mode.run(call(mode.client(base_url=server.base_url, ssl_context=None))))
        client = mode.client(base_url="https://127.0.0.1:1", ssl_context=None)
        for _ in range(2):
            with pytest.raises(lmnt.InvalidArgumentError, match=rf"^{variable}: /nowhere/at/all cannot be used: "):
                mode.run(call(client))


def test_certifi_without_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an application that was frozen without its data."""
    monkeypatch.setattr(certifi, "where", lambda: "/nowhere/cacert.pem")
    with pytest.raises(lmnt.InvalidArgumentError, match=r"^certifi: /nowhere/cacert\.pem cannot be used: No such file"):
        default_context()


# The system's.


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("by_proxy", [False, True], ids=["direct", "by a proxy"])
@pytest.mark.parametrize("known", [False, True], ids=["unknown", "known"])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system has a store that a test cannot add to")
def test_truststore(
    mode: Sync,
    tls_server: ServerProcess,
    monkeypatch: pytest.MonkeyPatch,
    authorities: Path,
    call: Callable[[Any], Any],
    by_proxy: bool,
    known: bool,
) -> None:
    """On Linux the system's store is where OpenSSL looks: SSL_CERT_FILE names another."""
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(authorities))
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with way(monkeypatch, by_proxy=by_proxy):
        client = mode.client(base_url=tls_server.base_url, max_retries=0, ssl_context=context)
        if known:
            finish(mode, mode.run(call(client)))
        else:
            with pytest.raises(lmnt.APIConnectionError, match=r"TLS with 127\.0\.0\.1 failed"):
                mode.run(call(client))


INJECTED = """
import asyncio, sys, truststore
truststore.inject_into_ssl()
import lmnt
url, key = sys.argv[1:]

async def main():
    async with lmnt.AsyncLmnt(base_url=url, api_key=key, max_retries=0) as client:
        await client.voices.list()
        async with client.speech.sessions.create(voice="leah"):
            pass

with lmnt.Lmnt(base_url=url, api_key=key, max_retries=0) as client:
    client.voices.list()
    with client.speech.sessions.create(voice="leah"):
        pass
asyncio.run(main())
print("all of them")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system has a store that a test cannot add to")
def test_truststore_in_the_place_of_ssl(tls_server: ServerProcess, authorities: Path) -> None:
    environment = {**os.environ, "SSL_CERT_FILE": str(authorities)}
    command = [sys.executable, "-c", INJECTED, tls_server.base_url, KEY]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "all of them\n", done.stderr
