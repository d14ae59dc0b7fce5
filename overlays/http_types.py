"""The types of httpx and of ssl that signatures name: `http_types.Timeout` is loaded when somebody asks what it is.

Annotations are texts until then, so a signature costs no import, and `typing.get_type_hints` finds what it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from .pydantic_schemas import Instance

if TYPE_CHECKING:
    import ssl

    from .transport import library

    AsyncClient = library.AsyncHTTPClient
    Client = library.HTTPClient
    Headers = library.HTTPHeaders
    Request = library.HTTPRequest
    Response = library.HTTPResponse
    SSLContext = ssl.SSLContext
    Timeout = library.Timeout
    URL = library.HTTPURL

_PLACES = {
    "AsyncClient": (".transport.library", "AsyncHTTPClient"),
    "Client": (".transport.library", "HTTPClient"),
    "Headers": (".transport.library", "HTTPHeaders"),
    "Request": (".transport.library", "HTTPRequest"),
    "Response": (".transport.library", "HTTPResponse"),
    "SSLContext": ("ssl", "SSLContext"),
    "Timeout": (".transport.library", "Timeout"),
    "URL": (".transport.library", "HTTPURL"),
}

if not TYPE_CHECKING:  # a type checker is to find misspelt names

    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module, attribute = _PLACES[name]
        return Annotated[getattr(import_module(module, __package__), attribute), Instance()]
