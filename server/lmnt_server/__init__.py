"""A local server that speaks the LMNT text-to-speech API, version 1.2.

`create_app` makes a plain ASGI application; the command `lmnt-server` runs it, and `lmnt_server.process.running` runs
that command for tests and demonstrations. Every request is checked against the API's OpenAPI description, which also
names the routes, so the server cannot drift from the description.
"""

from .app import create_app

__all__ = ["create_app"]
