"""Hosts that no proxy is for, as the variable NO_PROXY lists them, with commas or spaces between.

* `example.com` is that host and all below it, `.example.com` and `*.example.com` what is below it alone, `*` all hosts.
* An address or a network (`10.0.0.0/8`, `fd00::/8`) is for hosts written as addresses: names are not looked up.
* `:port` behind one of them is for that port alone, `http://` before it for that scheme and its sessions alone. An IPv6
  address with a port is in brackets.

What cannot be understood is passed over. Nothing is meant without being listed, not even localhost. Go, requests and
httpx take `.example.com` so, too; for curl and urllib it is as good as `example.com`.
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
    """What the variable lists.

    Args:
        text: What it says.
    """

    def __init__(self, text: str) -> None:
        entries = map(_entry, re.split(r"[\s,]+", text.lower()))
        self._entries = [entry for entry in entries if entry is not None]

    def covers(self, scheme: str, host: str, port: int | None) -> bool:
        """Return whether no proxy is for this host; raises UnicodeError for what can be none."""
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
        if address is not None:  # which has nothing below it
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
"""Whose variables are those of a session."""


def ascii_host(host: str) -> str:
    """Return a host in the letters that go on the wire; raises UnicodeError, which is a ValueError."""
    return (host if host.isascii() else host.encode("idna").decode()).lower()


def address_of(host: str) -> Address | None:
    """Return the address that a host is; None if it is a name."""
    from ipaddress import ip_address  # which takes longer to import than a call does

    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
