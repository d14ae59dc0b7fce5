"""What is asked by those who run the server: whether it lives, whether it can work, and what it has done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import ApiError
from .metrics import CONTENT_TYPE, Metrics
from .store import Store


class Page:
    """What is found at a path that can only be read, without a key."""

    def __init__(self, answer: Callable[[], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD."""
        if scope["method"] not in ("GET", "HEAD"):
            message = f"{scope['method'][:20]} is not a method of this path; it has GET, HEAD"
            raise ApiError("invalid_request_error", message, status=405, headers={"allow": "GET, HEAD"})
        response = await self._answer()
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)


def status_pages(store: Store, metrics: Metrics) -> dict[str, ASGIApp]:
    """Return the pages by their paths."""

    async def lives() -> Response:
        return JSONResponse(_OK)

    async def is_ready() -> Response:
        await run_in_threadpool(store.check)
        return JSONResponse(_OK)

    async def counts() -> Response:
        return Response(await run_in_threadpool(metrics.text), media_type=CONTENT_TYPE)

    return {"/healthz": Page(lives), "/readyz": Page(is_ready), "/metrics": Page(counts)}


_OK: Final = {"status": "ok"}
