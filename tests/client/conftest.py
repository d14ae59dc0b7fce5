from __future__ import annotations

import socket
import ssl
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from lmnt.transport.direct import connection
from lmnt_server.process import ServerProcess, running

from .modes import MODES, PARSERS, Sync
from .peers import Listener, Peer, Peer2, serving


@dataclass(frozen=True)
class Wire:
    """A protocol: the real server that speaks it, and the client settings it needs."""

    version: str
    options: dict[str, Any] = field(repr=False)
    server: ServerProcess = field(repr=False)

    @property
    def at(self) -> dict[str, Any]:
        """The arguments of a client of the real server."""
        return {"base_url": self.server.base_url, **self.options}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LMNT_API_KEY", "LMNT_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    issued = authority.issue_cert("127.0.0.1", "localhost", "api.invalid")
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return chain, key


@pytest.fixture(scope="session")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="session")
def speaks_h2(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.set_alpn_protocols(["h2"])
    return context


@pytest.fixture(scope="session")
def speaks_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True) as process:
        yield process


@pytest.fixture(scope="session")
def tls_server(certificate: tuple[Path, Path]) -> Iterator[ServerProcess]:
    with running(engine="tone", faults=True, tls=certificate) as process:
        yield process


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def wire(request: pytest.FixtureRequest, trusting: ssl.SSLContext) -> Wire:
    if request.param == "HTTP/1.1":
        return Wire(request.param, {}, request.getfixturevalue("server"))
    options = {"http2": True, "ssl_context": trusting}
    return Wire(request.param, options, request.getfixturevalue("tls_server"))


@pytest.fixture(scope="session")
def big_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("big") / "big.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        for _ in range(200):
            file.writeframes(bytes(100_000))
    assert path.stat().st_size > 20_000_000
    return path


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Have threads take turns as often as they can, as they do on a machine that is busy."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture(autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What reads responses on the direct road: h11, unless a test asks for both in turn (`with_both_parsers`)."""
    name: str = getattr(request, "param", "h11")
    monkeypatch.setattr(connection, "RESPONSE_PARSER", PARSERS[name])
    return name


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> Iterator[Sync]:
    made = MODES[request.param]()
    yield made
    made.close()


@pytest.fixture
def client(mode: Sync, wire: Wire) -> Any:
    """A client of the real server, in both modes and over both protocols."""
    return mode.client(**wire.at)


@pytest.fixture
def peer() -> Iterator[Callable[..., Any]]:
    """Start a Peer with the given answers; it stops with the test."""
    with ExitStack() as stack:

        def start(*answers: Any, **options: Any) -> Peer:
            return stack.enter_context(serving(Peer(*answers, **options)))

        yield start


@pytest.fixture
def peer2(speaks_h2: ssl.SSLContext) -> Iterator[Callable[..., Any]]:
    """Start a Peer2 with the given answers; it stops with the test."""
    with ExitStack() as stack:

        def start(*answers: Any) -> Peer2:
            return stack.enter_context(serving(Peer2(*answers, tls=speaks_h2)))

        yield start


@pytest.fixture
def untouched() -> Iterator[Listener]:
    """A listening socket that nothing may connect to."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        listener = Listener(sock=sock)
        yield listener
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.accept()
