"""What `doctor` looks at: each check tells one thing, or raises what is wrong."""

from __future__ import annotations

import os
import platform
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .. import description
from ..errors import APIConnectionError, Error, InvalidArgumentError
from ..settings.deadline import LONGEST
from ..settings.options import check_timeout, variable
from ..transport.certificates import default_context
from ..transport.proxies import Proxies, Proxy
from ..transport.wrapped import Wrapping
from .common import Common
from .failures import NoKeyError
from .table import KEYS, PROBE

_PACKAGES = ("attrs", "certifi", "click", "h11", "h2", "httptools", "httpx", "httpx2", "rich", "websockets")
_USUAL = 10.0
"""Seconds for a step, unless --timeout says another number."""


class Finding(NamedTuple):
    """What a check found.

    Args:
        check: What it looked at.
        state: `ok`, `wrong`, or `not seen` for what another finding keeps out of sight.
        found: What there is.
        error: The error, if it is wrong.
    """

    check: str
    state: str
    found: str
    error: Exception | None = None


class NotSeenError(Exception):
    """There is nothing to look at; the text says why."""


class Subject:
    """What is looked at.

    Args:
        common: The options of the command.
    """

    def __init__(self, common: Common) -> None:
        self.common = common
        check_timeout(common.timeout)
        self.timeout = _USUAL if common.timeout is None else min(common.timeout, LONGEST)
        named = variable("base_url")
        sources = (
            (common.base_url, "--base-url"),
            (os.environ.get(named), named),
            (description.BASE_URL, "the description"),
        )
        self.base_url, self.source = next(((url, source) for url, source in sources if url), ("", ""))

    @cached_property
    def parts(self) -> tuple[str, str, int]:
        """The scheme, the host and the port; raises InvalidArgumentError."""
        try:
            parts = urlsplit(self.base_url)
            scheme, host, port = parts.scheme, "" if "@" in parts.netloc else parts.hostname or "", parts.port
        except ValueError:
            scheme, host, port = "", "", None
        if scheme not in ("http", "https") or not host:
            raise InvalidArgumentError(
                f"{self.source or variable('base_url')} is no address such as https://example.com"
            )
        return scheme, host, port or {"http": 80, "https": 443}[scheme]

    @cached_property
    def proxy(self) -> Proxy | None:
        """The proxy of calls; raises InvalidArgumentError."""
        scheme, host, port = self.parts
        return Proxies().of(f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}")

    def connect(self) -> socket.socket:
        """Return a connection to the host, through the proxy if there is one; raises OSError."""
        _, host, port = self.parts
        proxy = self.proxy
        if proxy is None:
            return socket.create_connection((host, port), self.timeout)
        if proxy.scheme != "http":
            raise NotSeenError(f"behind a proxy that is spoken to by {proxy.scheme}")
        return _tunnel(proxy, host, port, self.timeout)


def _tunnel(proxy: Proxy, host: str, port: int, timeout: float) -> socket.socket:
    """Return a connection to a host through a proxy (RFC 9110 section 9.3.6); raises OSError."""
    import base64
    import http.client
    from urllib.parse import unquote

    user_info = urlsplit(proxy.url).netloc.rpartition("@")[0]
    login = base64.b64encode(unquote(user_info).encode()).decode()
    connection = http.client.HTTPConnection(proxy.host, proxy.port, timeout=timeout)
    connection.set_tunnel(host, port, {"Proxy-Authorization": f"Basic {login}"} if user_info else {})
    connection.connect()
    return connection.sock


def look(subject: Subject) -> Iterator[Finding]:
    """Yield what each check finds."""
    for name, check in CHECKS.items():
        try:
            yield Finding(name, "ok", check(subject))
        except NotSeenError as reason:
            yield Finding(name, "not seen", str(reason))
        except Error as error:
            yield Finding(name, "wrong", str(error), error)
        except (OSError, ValueError) as error:
            text = getattr(error, "strerror", None) or str(error) or type(error).__name__
            yield Finding(name, "wrong", text, APIConnectionError(text))


def _versions(_: Subject) -> str:
    found = [f"{description.PACKAGE} {description.VERSION}", f"Python {platform.python_version()}", ssl.OPENSSL_VERSION]
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"{', '.join(found)}, on {platform.system()} {platform.machine()}"


def _key(_: Subject) -> str:
    found = [name for name in KEYS if os.environ.get(name, "").strip()]
    for name in found:
        if os.environ[name].strip()[0] in "\"'":
            raise InvalidArgumentError(f"{name} begins with a quotation mark, which is no part of a key")
    if not found and description.KEY_IS_DEMANDED:
        raise NoKeyError(f"there is none: set {' or '.join(KEYS)}")
    return f"that of {' and '.join(found)}" if found else "none is set; not every call needs one"


def _address(subject: Subject) -> str:
    subject.parts  # noqa: B018  # raises what is wrong with it
    return f"{subject.base_url}, from {subject.source}"


def _name(subject: Subject) -> str:
    _, host, port = subject.parts
    began = time.perf_counter()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if subject.proxy is not None:
            raise NotSeenError("the proxy looks it up; here the name is unknown") from error
        raise
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return f"{host} is {', '.join(addresses)}, {_milliseconds(began)}"


def _proxy(subject: Subject) -> str:
    proxy = subject.proxy
    return "none" if proxy is None else f"{proxy.scheme}://{proxy.host}:{proxy.port}, from {proxy.source}"


def _connection(subject: Subject) -> str:
    began = time.perf_counter()
    with subject.connect() as connection:
        host, port, *_ = connection.getpeername()
        return f"to {host} port {port}, {_milliseconds(began)}"


def _tls(subject: Subject) -> str:
    scheme, host, _ = subject.parts
    if scheme == "http":
        return "none: the address is http, so the key can be read on the way"
    source = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), "certifi")
    try:
        with default_context().wrap_socket(subject.connect(), server_hostname=host) as connection:
            return f"{connection.version()}, {_signer(connection)}, trusted by {source}"
    except ssl.SSLCertVerificationError as error:
        signer = _unknown_signer(subject, host)
        raise OSError(0, f"{error.verify_message}; {signer}; trusted are those of {source}") from error


def _signer(connection: ssl.SSLSocket) -> str:
    certificate: Any = connection.getpeercert()
    issuer = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    called = issuer.get("organizationName") or issuer.get("commonName") or "nobody who is named"
    return f"signed by {called} until {certificate.get('notAfter', 'some day')}"


def _unknown_signer(subject: Subject, host: str) -> str:
    """Return who signed a certificate that is not trusted: the context here trusts that very certificate."""
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
    try:
        with anything.wrap_socket(subject.connect(), server_hostname=host) as connection:
            shown = connection.getpeercert(binary_form=True)
        itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        itself.check_hostname = False
        itself.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        itself.load_verify_locations(cadata=shown)
        with itself.wrap_socket(subject.connect(), server_hostname=host) as connection:
            return _signer(connection)
    except (OSError, ValueError, TypeError):  # it has run out, say: then who signed it cannot be told
        return "who signed it cannot be told"


def _library(subject: Subject) -> str:
    found = Wrapping("Client").library("httpx")
    if found is not None:
        return f"{found[1]}: calls go by {found[0]}"
    reason = "there is a proxy" if subject.proxy is not None else ""
    return f"not wrapped; calls go by httpx, since {reason}" if reason else "not wrapped; calls are direct"


def _answer(subject: Subject) -> str:
    subject.common.max_retries, subject.common.timeout = 0, subject.timeout
    with subject.common.client() as client:

        def ask() -> Any:
            if PROBE is None:
                return client._request("GET", "/", type(None), None, None, {})
            return getattr(getattr(client, PROBE[0]).with_raw_response, PROBE[1])()

        ask()
        began = time.perf_counter()
        response = ask()
        took = _milliseconds(began)
    told = f"{response.http_version} {response.status_code}" if PROBE is not None else "there"
    return f"{told}, {took} there and back on a connection that is open"


def _milliseconds(since: float) -> str:
    return f"{(time.perf_counter() - since) * 1000:.1f} ms"


CHECKS: dict[str, Callable[[Subject], str]] = {
    "versions": _versions,
    "key": _key,
    "address": _address,
    "name": _name,
    "proxy": _proxy,
    "connection": _connection,
    "TLS": _tls,
    "HTTP library": _library,
    "answer": _answer,
}
"""In this order."""
