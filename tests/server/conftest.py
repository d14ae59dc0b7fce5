"""A real server in a process of its own, one for each way of running it that the tests share."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from lmnt.session.turns import TurnTakingSocket
from lmnt_server.process import ServerProcess, running


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("127.0.0.1", "localhost")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return chain, key


@pytest.fixture(scope="session")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    context.sslsocket_class = TurnTakingSocket  # websockets reads and writes in two threads, which OpenSSL forbids
    return context


@pytest.fixture(scope="session")
def tone() -> Iterator[ServerProcess]:
    """The tone engine, faults and the access log on, plain HTTP."""
    with running(engine="tone", faults=True, arguments=["--access-log"]) as server:
        yield server


@pytest.fixture(scope="session")
def espeak() -> Iterator[ServerProcess]:
    with running(engine="espeak") as server:
        yield server


@pytest.fixture(scope="session")
def tone_tls(certificate: tuple[Path, Path]) -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True, tls=certificate) as server:
        yield server


@pytest.fixture(scope="session")
def client(tone: ServerProcess) -> Iterator[httpx.Client]:
    """One for all tests: making a client takes longer than most of them, and none of them changes it."""
    with httpx.Client(base_url=tone.base_url, headers={"x-api-key": "key of the tests"}, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def espeak_client(espeak: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=espeak.base_url, headers={"x-api-key": "key of the tests"}, timeout=20) as client:
        yield client
