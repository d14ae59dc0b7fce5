"""The proxy for a URL: one that was given for all calls, else that of the environment, else that of the system.

* HTTPS_PROXY is for https and wss, HTTP_PROXY for http and ws, ALL_PROXY for those whose variable is not set. Hosts in
  NO_PROXY have none. A name in lower case overrides one in upper case. If REQUEST_METHOD is set, the program may be a
  CGI script, and HTTP_PROXY the header `Proxy` of its client: then it is not read.
* If none is set, the settings of macOS or Windows apply.
* A proxy is `scheme://user:password@host:port`, user and password percent-encoded, http by default. The scheme is
  http, https, socks5, socks5h or, as desktops write it, socks: the last three are the same; the proxy looks up names.
* A proxy that was given is used for all hosts, whatever the environment says.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from ..errors import InvalidArgumentError
from .no_proxy import SCHEMES, NoProxy, address_of, ascii_host

_PORTS = {"http": 80, "https": 443, "socks5h": 1080}
_KINDS = {"http": "http", "https": "https", "socks": "socks5h", "socks5": "socks5h", "socks5h": "socks5h"}
_SOCKS_PACKAGES = {"http": "socksio", "https": "socksio", "ws": "python_socks", "wss": "python_socks"}
"""The package that a SOCKS proxy needs, by the scheme of the URL: for httpx, or for websockets."""


class Proxy(NamedTuple):
    """A proxy: its URL, which may hold a password, scheme (http, https, socks5h), host, port, and who named it."""

    url: str
    scheme: str
    host: str
    port: int
    source: str

    def __repr__(self) -> str:
        return f"Proxy({self.scheme}, {self.host}:{self.port}, {self.source})"

    @property
    def is_secure(self) -> bool:
        """Whether the connection to it uses TLS."""
        return self.scheme == "https"


def proxy_at(text: str, source: str) -> Proxy:
    """Parse the URL of a proxy; raises InvalidArgumentError without its text, which may hold a password."""
    try:
        parts = urlsplit(text.strip() if "://" in text else f"http://{text.strip()}")
        scheme, host = _KINDS[parts.scheme], ascii_host(parts.hostname or "")
        port = _PORTS[scheme] if parts.port is None else parts.port
        if not (_is_host(host) and port and parts.path in ("", "/") and not parts.query and not parts.fragment):
            raise ValueError
        login = parts.netloc.rpartition("@")[0].partition(":")
        user, _, password = (unquote(each, errors="strict") for each in login)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidArgumentError(
            f"{source}: a proxy must be a URL such as http://host:port or socks5://host:port"
        ) from None
    user_info = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""
    return Proxy(f"{scheme}://{user_info}{f'[{host}]' if ':' in host else host}:{port}", scheme, host, port, source)


class Proxies:
    """The proxies of a client: one that was given for all calls, or those of the environment, read once."""

    def __init__(self, given: str | None = None, environment: Mapping[str, str] = os.environ) -> None:
        self._found = _variables(environment) if given is None else {"all": (given, "proxy")}
        self._is_systems = not self._found
        if self._is_systems:
            self._found = _systems()
        self._exceptions = self._found.pop("no", ("", ""))[0]
        self._find = lru_cache(100)(self._look_up)  # cached: few hosts, many calls

    @cached_property
    def _no_proxy(self) -> NoProxy:
        return NoProxy(self._exceptions)

    def of(self, url: str) -> Proxy | None:
        """Return the proxy for a URL; None for a direct connection.

        Raises:
            InvalidArgumentError: It is invalid, or needs a package that is not installed.
        """
        if not self._found:
            return None
        try:
            parts = urlsplit(url)
            return self._find(parts.scheme, parts.hostname or "", parts.port)
        except InvalidArgumentError:
            raise
        except ValueError:  # the sender of the request reports what is wrong with the URL
            return None

    def _look_up(self, called: str, host: str, port: int | None) -> Proxy | None:
        scheme = SCHEMES.get(called, called)
        named = self._found.get(scheme) or self._found.get("all")
        if named is None or self._is_exception(scheme, host, port or _PORTS.get(scheme)):
            return None
        proxy = proxy_at(*named)
        needed = _SOCKS_PACKAGES.get(called) if proxy.scheme == "socks5h" else None
        if needed is not None and importlib.util.find_spec(needed) is None:
            raise InvalidArgumentError(
                f"{proxy.source}: a SOCKS proxy needs the package {needed.replace('_', '-')}: install the extra socks"
            )
        return proxy

    def _is_exception(self, scheme: str, host: str, port: int | None) -> bool:
        if self._no_proxy.covers(scheme, host, port):
            return True
        if not self._is_systems:
            return False
        import urllib.request

        return bool(urllib.request.proxy_bypass(host))  # an exception in the system's settings


def _variables(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the value and the name of each variable that is set, by scheme, `all` and `no`."""
    given = dict(environment)  # exact names: Windows, which has them in upper case, finds them in any case
    found: dict[str, tuple[str, str]] = {}
    for key in ("http", "https", "all", "no"):
        names = [f"{key}_proxy", f"{key}_proxy".upper()]
        if key == "http" and "REQUEST_METHOD" in given:
            names.pop()
        name = next((name for name in names if name in given), "")
        if text := given.get(name, "").strip():
            found[key] = text, name
    return found


def _systems() -> dict[str, tuple[str, str]]:
    if sys.platform not in ("darwin", "win32"):
        return {}
    import urllib.request  # which takes longer to import than a call does

    return {scheme: (text, "the system's proxy settings") for scheme, text in urllib.request.getproxies().items()}


def _is_host(host: str) -> bool:
    is_name = re.fullmatch(r"[\w.-]+", host) is not None and re.fullmatch(r"[\d.]+", host) is None
    return is_name or address_of(host) is not None
