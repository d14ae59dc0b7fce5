"""For browsers: the page at `/`, and which pages of other places may use the server."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import ApiError
from .validation import quoted


def for_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Return an application that lets the pages of these origins use it; `*` stands for all."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["*"],  # what a page asks for is what it gets: SDKs have many of their own
        expose_headers=["request-id", "retry-after"],
    )


class SocketOrigins:
    """Refuses the WebSockets of pages of other origins, to which browsers apply no rule of their own.

    Clients that are no browsers say no origin.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the handshake on, or refuse it.

        Raises:
            ApiError: 403.
        """
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            same = origin is None or origin.partition("://")[2] == headers.get("host")
            if not same and origin not in self._origins and "*" not in self._origins:
                message = f"Pages of {quoted(origin)} may not use this server: start it with --cors and that origin."
                raise ApiError("permission_error", message)
        await self._app(scope, receive, send)


def page() -> Callable[[], Awaitable[Response]]:
    """Return what answers with the page."""

    async def answer() -> Response:
        content, policy = _page()
        headers = {
            "content-security-policy": policy,
            "cache-control": "no-cache",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        return Response(content, media_type="text/html", headers=headers)

    return answer


@cache
def _page() -> tuple[bytes, str]:
    """Return the page, and the policy that lets it do what it does and nothing more."""
    text = Path(__file__).with_name("page.html").read_text("utf-8")

    def digest(element: str) -> str:
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()

    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src 'sha256-{digest('script')}'",
            f"style-src 'sha256-{digest('style')}'",
            "connect-src 'self' ws: wss:",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
    return text.encode(), policy
