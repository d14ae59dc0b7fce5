"""Hosts that bypass the proxy, as the variable NO_PROXY lists them, separated by commas or spaces.

* `example.com` is that host and its subdomains, `.example.com` and `*.example.com` its subdomains only, `*` all hosts.
* An address or a network (`10.0.0.0/8`, `fd00::/8`) matches hosts written as addresses: names are not looked up.
* A suffix `:port` limits it to that port, a prefix `http://` to that scheme and its sessions. An IPv6
  address with a port is in brackets.

Invalid entries are ignored. Nothing is implied, not even localhost. Go, requests and httpx read `.example.com` in the
same way; for curl and urllib it is the same as `example.com`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address: TypeAlias = "IPv4Address | IPv6Address"

_ENTRY = (
    r"(?:([a-z]+)://)?"
    # An address in brackets, a name or an IPv4 address, an IPv6 address.
    r"(?:\[([^\[\]]+)\]|([^/:\[\]]+)|([\da-f:.]+(?:%[^/:\[\]]+)?))"
    r"(/[\d.]+)?(?::(\d{1,5}))?/?"
)


class NoProxy:
    """The parsed value of the variable."""

    def __init__(self, text: str) -> None:
        entries = map(_entry, re.split(r"[\s,]+", text.lower()))
        self._entries = [entry for entry in entries if entry is not None]

    def covers(self, scheme: str, host: str, port: int | None) -> bool:
        """Return whether this host bypasses the proxy; raises UnicodeError for an invalid host."""
        name = ascii_host(host).rstrip(".")
        address = address_of(name)
        return any(entry.covers(scheme, name, address, port) for entry in self._entries)


class _Entry(NamedTuple):
    scheme: str | None
    port: int | None
    network: IPv4Network | IPv6Network | None = None
    suffix: str = ""
    has_itself: bool = True

    def covers(self, scheme: str, name: str, address: Address | None, port: int | None) -> bool:
        if self.scheme not in (None, "all", scheme) or self.port not in (None, port):
            return False
        if self.network is not None:
            return address is not None and address in self.network
        if address is not None:  # an address has no subdomains
            return not self.suffix
        return (f".{name}" if self.has_itself else name).endswith(self.suffix)


def _entry(text: str) -> _Entry | None:
    if (match := re.fullmatch(_ENTRY, text)) is None:
        return None
    scheme, bracketed, bare, ipv6, bits, digits = match.groups()
    scheme, port = SCHEMES.get(scheme, scheme), int(digits) if digits else None
    host = bracketed or bare or ipv6
    from ipaddress import ip_network

    address = address_of(host)
    try:
        if address is not None or bracketed or bits:
            return _Entry(scheme, port, ip_network(f"{address or host}{bits or ''}", strict=False))
        name = ascii_host(host.strip("*").strip("."))
    except ValueError:
        return None
    if not name:
        return _Entry(scheme, port) if host == "*" else None
    return _Entry(scheme, port, suffix=f".{name}", has_itself=not host.startswith((".", "*.")))


SCHEMES = {"ws": "http", "wss": "https"}
"""The schemes whose variables apply to those of a session."""


def ascii_host(host: str) -> str:
    """Return a host in ASCII (IDNA); raises UnicodeError, which is a ValueError."""
    return (host if host.isascii() else host.encode("idna").decode()).lower()


def address_of(host: str) -> Address | None:
    """Return a host as an address; None if it is a name."""
    from ipaddress import ip_address  # importing it takes longer than a call

    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
