"""The types of httpx and ssl that signatures name, imported lazily: `http_types.Timeout` is loaded at its first access.

Annotations are strings until then, so a signature costs no import, and `typing.get_type_hints` can resolve it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

from .pydantic_schemas import Instance

if TYPE_CHECKING:
    from ssl import SSLContext as SSLContext
    from typing import Any, Protocol

    from httpx import URL as URL
    from httpx import Headers as Headers
    from httpx import Request as Request
    from httpx import Response as Response

    # Of httpx or of httpx2, which is optional: what both have in common.

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

_OF_HTTPX = ("Headers", "Request", "Response", "URL")
_OF_BOTH = ("AsyncClient", "Client", "Timeout")

if not TYPE_CHECKING:  # a type checker is to find misspelt names

    def __getattr__(name: str) -> object:
        if name == "SSLContext":
            import ssl

            return Annotated[ssl.SSLContext, Instance()]
        if name not in _OF_HTTPX + _OF_BOTH:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module("httpx"), name)
        if name in _OF_BOTH:
            with suppress(ImportError):
                found |= getattr(import_module("httpx2"), name)
        return Annotated[found, Instance()]
