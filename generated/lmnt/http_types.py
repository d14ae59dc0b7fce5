"""The types of httpx and of ssl that signatures name: `http_types.Timeout` is loaded when somebody asks what it is.

Annotations are texts until then, so a signature costs no import, and `typing.get_type_hints` finds what it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from .pydantic_schemas import Instance

if TYPE_CHECKING:
    import ssl

    from . import transport

    AsyncClient = transport.AsyncHTTPClient
    Client = transport.HTTPClient
    Headers = transport.HTTPHeaders
    Request = transport.HTTPRequest
    Response = transport.HTTPResponse
    SSLContext = ssl.SSLContext
    Timeout = transport.Timeout
    URL = transport.HTTPURL

_PLACES = {
    "AsyncClient": (".transport", "AsyncHTTPClient"),
    "Client": (".transport", "HTTPClient"),
    "Headers": (".transport", "HTTPHeaders"),
    "Request": (".transport", "HTTPRequest"),
    "Response": (".transport", "HTTPResponse"),
    "SSLContext": ("ssl", "SSLContext"),
    "Timeout": (".transport", "Timeout"),
    "URL": (".transport", "HTTPURL"),
}

if not TYPE_CHECKING:  # a type checker is to find misspelt names

    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module, attribute = _PLACES[name]
        return Annotated[getattr(import_module(module, __package__), attribute), Instance()]
