"""Where calls go: the local server, a raw peer or nowhere, with the TLS that each protocol needs."""

from __future__ import annotations

import re
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import trustme

from lmnt_server.process import ServerProcess, running

from .bodies import REQUEST_ID
from .peer import Peer
from .rows import Cause, Greets, Place, Protocol, Raw, Told

FAULT = "x-lmnt-fault"

PROXIES = tuple(
    name for each in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY") for name in (each, each.lower())
)
"""Variables of the environment that would lead calls elsewhere."""


@dataclass(frozen=True)
class Site:
    """Where one call goes.

    Args:
        base_url: of the client.
        request_id: what the ids that it gives look like.
        headers: of the call.
        attempts: tells how often the call was made, given the local server's counts; None where nobody can count.
        answers: whether another call would be answered.
    """

    base_url: str
    request_id: re.Pattern[str]
    headers: dict[str, str] = field(default_factory=dict[str, str])
    attempts: Callable[[dict[str, int]], int] | None = None
    answers: bool = True


class Places:
    """The servers that all cases share, started when they are first needed.

    Args:
        stack: what ends them.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._authority = trustme.CA()
        # One for each kind of client: the HTTP library changes the protocols that a context offers.
        self._trusting = {protocol: self._trust() for protocol in Protocol}

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context

    @cached_property
    def _certificate(self) -> tuple[Path, Path]:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        issued = self._authority.issue_cert("127.0.0.1")
        chain, key = folder / "chain.pem", folder / "key.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return chain, key

    @cached_property
    def _plain_server(self) -> ServerProcess:
        return self._stack.enter_context(running(engine="tone", faults=True))

    @cached_property
    def _tls_server(self) -> ServerProcess:
        return self._stack.enter_context(running(engine="tone", faults=True, tls=self._certificate))

    def prepare(self) -> None:
        """Start the servers now: this class is not for two threads at once."""
        _ = self._plain_server, self._tls_server
        for protocol in Protocol:
            _ = self._contexts[protocol]

    @cached_property
    def _contexts(self) -> dict[Protocol, ssl.SSLContext | None]:
        return {
            Protocol.HTTP1: None,
            Protocol.HTTPX: None,
            Protocol.TLS: _context(self._authority, "http/1.1"),
            Protocol.HTTP2: _context(self._authority, "h2"),
        }

    @cached_property
    def _untrusted(self) -> ssl.SSLContext:
        return _context(trustme.CA(), "h2")

    def options(self, protocol: Protocol) -> dict[str, Any]:
        """Return what makes a client speak a protocol."""
        given: dict[str, Any] = {"http2": protocol is Protocol.HTTP2, "ssl_context": self._trusting[protocol]}
        return {**given, "transport": "httpx"} if protocol is Protocol.HTTPX else given

    @contextmanager
    def site(self, cause: Cause, protocol: Protocol) -> Iterator[Site]:
        """Make ready what one call meets."""
        match cause:
            case Told(fault):
                server = self._plain_server if protocol in (Protocol.HTTP1, Protocol.HTTPX) else self._tls_server
                yield Site(
                    server.base_url,
                    re.compile("req_[1-9A-HJ-NP-Za-km-z]{22}"),
                    {FAULT: fault},
                    lambda counts: counts.get(fault, 0),
                )
            case Raw(act):
                with Peer(act, self._contexts[protocol]).running() as peer:
                    yield _site(peer, protocol, lambda _: peer.requests)
            case Greets(greeting):
                with Peer(None, greeting=greeting).running() as peer:
                    yield _site(peer, protocol, lambda _: peer.connections, answers=False)
            case Place.UNTRUSTED:
                with Peer(None, self._untrusted).running() as peer:
                    yield _site(peer, protocol, lambda _: peer.connections, answers=False)
            case Place.CLOSED_PORT:
                # A socket that is bound and does not listen keeps the port from everybody else.
                with socket.socket() as sock:
                    sock.bind(("127.0.0.1", 0))
                    yield Site(_url(protocol, f"127.0.0.1:{sock.getsockname()[1]}"), _NONE, answers=False)
            case Place.UNKNOWN_HOST:
                # RFC 2606 section 2: no name under .invalid will ever exist.
                yield Site(_url(protocol, "nowhere.invalid"), _NONE, answers=False)


_NONE = re.compile("(?!)")


def _url(protocol: Protocol, authority: str) -> str:
    return f"{'http' if protocol in (Protocol.HTTP1, Protocol.HTTPX) else 'https'}://{authority}"


def _site(peer: Peer, protocol: Protocol, attempts: Callable[[dict[str, int]], int], *, answers: bool = True) -> Site:
    url = _url(protocol, f"127.0.0.1:{peer.port}")
    return Site(url, re.compile(REQUEST_ID), attempts=attempts, answers=answers)


def _context(authority: trustme.CA, alpn: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols([alpn])
    return context


@contextmanager
def places() -> Iterator[Places]:
    """Give the places for as long as the block lasts."""
    with ExitStack() as stack:
        made = Places(stack)
        made.prepare()
        yield made
