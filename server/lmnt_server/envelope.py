"""The outermost layer of the application: a request id for every response, an error envelope for every failure."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ApiError, ClientGoneError, InjectedFault, error_response

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

access_log: Final = logging.getLogger("lmnt_server.access")
"""One line for each request, at level INFO; neither headers nor query, so never the key."""

REQUEST_ID: Final = "lmnt.request_id"
"""The key of the ASGI scope that holds the request's id."""

ANONYMOUS: Final = "lmnt.anonymous"
"""The key of the ASGI scope under which a layer inside asks for a response with no `request-id`."""

failures: Final = logging.getLogger("lmnt_server.failures")
"""The traceback of each failure that is the server's own."""


def new_request_id() -> str:
    """Return a request id: `req_` and 22 letters and digits of the base58 alphabet, never given twice."""
    return "req_" + "".join(secrets.choice(_BASE58) for _ in range(22))


class Envelope:
    """Gives every HTTP response a `request-id`, and turns exceptions into the API's errors.

    An exception before the response has begun becomes its error response. After that it goes on to the server below,
    which resets the HTTP/2 stream or cuts the HTTP/1.1 body: the only way left to say that the body is not whole.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under a new id, and answer for what goes wrong."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_request_id()
        scope[REQUEST_ID] = request_id
        began = time.perf_counter()
        status = 0
        sent = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                if not scope.get(ANONYMOUS):
                    message["headers"] = [*message.get("headers", ()), (b"request-id", request_id.encode())]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        outcome = "cut"
        try:
            await self.app(scope, receive, send_with_id)
            outcome = "complete"
        except ApiError as error:
            if status:
                raise
            await error_response(error, request_id)(scope, receive, send_with_id)
            outcome = "complete"
        except ClientGoneError:
            outcome = "client left"
        except Exception as failure:
            outcome = "cut" if status else "failed"
            traceback = not isinstance(failure, InjectedFault)
            failures.error(
                "%s %s %s failed: %s", request_id, scope["method"], quote(scope["path"]), failure, exc_info=traceback
            )
            if status:
                raise
            internal = ApiError("internal_server_error", "The server failed to answer this request.")
            await error_response(internal, request_id)(scope, receive, send_with_id)
        finally:
            access_log.info(
                '%s "%s %s" %s, %d bytes in %.1f ms, %s',
                request_id,
                scope["method"],
                quote(scope["path"]),
                status or "-",
                sent,
                (time.perf_counter() - began) * 1000,
                outcome,
            )
