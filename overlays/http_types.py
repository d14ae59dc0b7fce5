"""The types of httpx and of ssl that signatures name: `http_types.Timeout` is loaded when somebody asks what it is.

Annotations are texts until then, so a signature costs no import, and `typing.get_type_hints` finds what it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from .pydantic_schemas import Instance

if TYPE_CHECKING:
    import ssl
    from typing import Any, Protocol

    from .transport import library

    Headers = library.HTTPHeaders
    Request = library.HTTPRequest
    Response = library.HTTPResponse
    SSLContext = ssl.SSLContext
    URL = library.HTTPURL

    # Of httpx or httpx2, which not everybody has: what both have in common.

    class _Client(Protocol):
        @property
        def is_closed(self) -> bool: ...
        def build_request(self, method: str, url: Any) -> Any: ...
        def send(self, request: Any, *, stream: bool = ...) -> Any: ...
        def close(self) -> None: ...

    class _AsyncClient(Protocol):
        @property
        def is_closed(self) -> bool: ...
        def build_request(self, method: str, url: Any) -> Any: ...
        async def send(self, request: Any, *, stream: bool = ...) -> Any: ...
        async def aclose(self) -> None: ...

    class _Timeout(Protocol):
        @property
        def connect(self) -> float | None: ...
        @property
        def read(self) -> float | None: ...
        @property
        def write(self) -> float | None: ...
        @property
        def pool(self) -> float | None: ...

    AsyncClient = _AsyncClient
    Client = _Client
    Timeout = _Timeout

_PLACES = {
    "AsyncClient": (".transport.library", "AsyncHTTPClient"),
    "Client": (".transport.library", "HTTPClient"),
    "Headers": (".transport.library", "HTTPHeaders"),
    "Request": (".transport.library", "HTTPRequest"),
    "Response": (".transport.library", "HTTPResponse"),
    "SSLContext": ("ssl", "SSLContext"),
    "Timeout": (".transport.library", "HTTPTimeout"),
    "URL": (".transport.library", "HTTPURL"),
}

if not TYPE_CHECKING:  # a type checker is to find misspelt names

    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module, attribute = _PLACES[name]
        return Annotated[getattr(import_module(module, __package__), attribute), Instance()]
