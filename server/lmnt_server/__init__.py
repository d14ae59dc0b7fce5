"""A local server that speaks the LMNT text-to-speech API, version 1.2.

`create_app` makes a plain ASGI application; the command `lmnt-server` runs it, and `lmnt_server.process.running` runs
that command for tests and demonstrations. Every request is checked against the API's OpenAPI description, which also
names the routes, so the server cannot drift from the description.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    # Not before it is asked for: neither `lmnt_server.process` nor `lmnt-server --help` needs what serves.
    if name == "create_app":
        from .app import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
