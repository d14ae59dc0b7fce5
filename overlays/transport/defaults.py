"""HTTP clients to configure and pass as `http_client`, with the limits that our own clients have."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import httpx

from ..errors import InvalidArgumentError
from .connections import most
from .limits import DEFAULT

__all__ = [
    "DEFAULT_CONNECTION_LIMITS",
    "DEFAULT_TIMEOUT",
    "DefaultAioHttpClient",
    "DefaultAsyncHttpxClient",
    "DefaultHttpxClient",
    "ProxiesTypes",
    "Timeout",
    "Transport",
]

Timeout = httpx.Timeout
Transport = httpx.BaseTransport
ProxiesTypes = str | httpx.Proxy | dict[str | httpx.URL, str | httpx.URL | httpx.Proxy | None]

DEFAULT_TIMEOUT = Timeout(**DEFAULT.seconds())
"""Seconds: 5 to connect, 60 for each read, each write and for a free connection."""

DEFAULT_CONNECTION_LIMITS = httpx.Limits(**most())

_DEFAULTS: dict[str, Any] = {
    "timeout": DEFAULT_TIMEOUT,
    "limits": DEFAULT_CONNECTION_LIMITS,
    "follow_redirects": True,
}

if TYPE_CHECKING:
    DefaultHttpxClient = httpx.Client
    DefaultAsyncHttpxClient = httpx.AsyncClient
    DefaultAioHttpClient = httpx.AsyncClient
else:

    class _Defaults:
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**{**_DEFAULTS, **kwargs})

    class DefaultHttpxClient(_Defaults, httpx.Client):
        """An httpx.Client with our default timeout and limits, unless others are given."""

    class DefaultAsyncHttpxClient(_Defaults, httpx.AsyncClient):
        """An httpx.AsyncClient with our default timeout and limits, unless others are given."""

    try:
        _AioHttpClient = importlib.import_module("httpx_aiohttp").HttpxAiohttpClient
    except ImportError:
        _AioHttpClient = None

    class DefaultAioHttpClient(_Defaults, _AioHttpClient or httpx.AsyncClient):
        """An httpx.AsyncClient that sends through aiohttp; needs the extra `aiohttp`.

        Raises:
            InvalidArgumentError: The extra is not installed.
        """

        def __init__(self, **kwargs: Any) -> None:
            if _AioHttpClient is None:
                needed = "DefaultAioHttpClient needs the package httpx-aiohttp: install the extra aiohttp"
                raise InvalidArgumentError(needed)
            super().__init__(**kwargs)
