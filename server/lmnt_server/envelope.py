"""The outermost layer of the application: a request id for every response, an error for every failure.

A WebSocket whose handshake is not accepted yet gets the same error responses as any request; an accepted one a message
of the type `error`, and a close frame with the code and the start of the text.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from contextlib import nullcontext, suppress
from typing import Final
from urllib.parse import quote

import anyio
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .connection import connection_of
from .errors import ERROR_SHAPE, ApiError, ClientGoneError, InjectedFault, close_code, shape_of
from .logs import FIELDS
from .metrics import OPERATION, Metrics

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

access_log: Final = logging.getLogger("lmnt_server.access")
"""One line for each request, at level INFO; neither headers nor query, so never the key."""

REQUEST_ID: Final = "lmnt.request_id"
"""The key of the ASGI scope that holds the request's id."""

ANONYMOUS: Final = "lmnt.anonymous"
"""The key of the ASGI scope under which a layer inside asks for a response with no `request-id`."""

GOING_AWAY: Final = 1001

REASON_BYTES: Final = 123
"""The longest reason of a close frame (RFC 6455 section 5.5)."""

_PATIENCE: Final = 10.0
"""Seconds that a client has to take the error that ends its session."""

failures: Final = logging.getLogger("lmnt_server.failures")
"""The traceback of each failure that is the server's own."""


def new_request_id() -> str:
    """Return a request id: `req_` and 22 letters and digits of the base58 alphabet, never given twice."""
    return "req_" + "".join(secrets.choice(_BASE58) for _ in range(22))


class Envelope:
    """Gives every response a `request-id`, and turns exceptions into the API's errors.

    An exception before the response has begun becomes its error response. After that it goes on to the server below,
    which resets the HTTP/2 stream or cuts the HTTP/1.1 body: the only way left to say that the body is not whole. In a
    WebSocket session it becomes an `error` message and a close.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under a new id, and answer for what goes wrong."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        request_id = new_request_id()
        scope[REQUEST_ID] = request_id
        scope[ERROR_SHAPE] = shape_of(scope["path"])
        method = scope.get("method", "WEBSOCKET")
        began = time.perf_counter()
        body = _Body(scope, receive)
        answer = _Answer(scope, send, body)
        outcome = "cut"
        is_open = self._metrics.sessions_open if scope["type"] == "websocket" else self._metrics.requests_open
        is_open.inc()
        try:
            await self.app(scope, body, answer)
            outcome = "cut" if answer.is_session else "complete"
        except ApiError as error:
            self._metrics.failures.labels(error.type).inc()
            if answer.is_past_errors:
                raise
            await answer.fail(error, receive)
            outcome = "complete"
        except ClientGoneError:
            outcome = "client left"
        except anyio.get_cancelled_exc_class():
            with suppress(ClientGoneError):
                await answer.close(GOING_AWAY, "the server is stopping")
            raise
        except Exception as failure:
            outcome = "cut" if answer.status else "failed"
            self._metrics.failures.labels("internal_server_error").inc()
            traceback = not isinstance(failure, InjectedFault)
            failures.error(
                "%s %s %s failed: %s",
                request_id,
                method,
                quote(scope["path"]),
                failure,
                exc_info=traceback,
                extra={FIELDS: {"request_id": request_id, "method": method, "path": scope["path"]}},
            )
            if answer.is_past_errors:
                raise
            await answer.fail(ApiError("internal_server_error", "The server failed to answer this request."), receive)
        finally:
            seconds = time.perf_counter() - began
            is_open.dec()
            operation = scope.get(OPERATION, "other")
            self._metrics.requests.labels(operation, answer.status or "none").inc()
            if answer.began is not None and scope["type"] == "http":  # a session waits for its client
                self._metrics.first_byte.labels(operation).observe(answer.began - began)
            access_log.info(
                '%s "%s %s" %s, %d bytes in %.1f ms, %s',
                request_id,
                method,
                quote(scope["path"]),
                answer.status or "-",
                answer.sent,
                seconds * 1000,
                outcome,
                extra={
                    FIELDS: {
                        "request_id": request_id,
                        "method": method,
                        "path": scope["path"],
                        "status": answer.status or None,
                        "bytes": answer.sent,
                        "seconds": round(seconds, 6),
                        "outcome": outcome,
                    }
                },
            )


class _Body:
    """The `receive` of a request, which follows whether its body was read to the end."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = dict(scope["headers"])
        self._receive = receive
        self.unread = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"

    async def __call__(self) -> Message:
        """Pass a message on."""
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            self.unread = False
        return message


class _Answer:
    """The `send` of a request, which follows what is sent.

    `status` is the HTTP status, or the close code of a session; `sent` counts the bytes of the body or of the messages,
    and `began` is when the first of a body or of audio was.
    """

    def __init__(self, scope: Scope, send: Send, body: _Body) -> None:
        self._scope = scope
        self._send = send
        self._body = body
        self.status = 0
        self.sent = 0
        self.began: float | None = None
        self.is_session = False

    async def __call__(self, message: Message) -> None:
        """Pass a message on."""
        match message["type"]:
            case "http.response.start" | "websocket.http.response.start":
                self.status = message["status"]
                self._name(message)
                self._end_connection(message)
            case "websocket.accept":
                self.status = 101
                self.is_session = True
                self._name(message)  # granian leaves this header out, other hosts do not
            case "websocket.close":
                self.status = message.get("code", 1000)
                self.is_session = False
                await self._send_and_linger(message)
                return
            case _:
                if self.began is None and (message.get("body") or message.get("bytes")):
                    self.began = time.perf_counter()
                self.sent += len(message.get("body") or message.get("bytes") or (message.get("text") or "").encode())
        if self.is_session:
            await self._send_in_session(message)
        else:
            await self._send(message)

    def _name(self, message: Message) -> None:
        if not self._scope.get(ANONYMOUS):
            named = (b"request-id", self._scope[REQUEST_ID].encode())
            message["headers"] = [*message.get("headers", ()), named]

    def _end_connection(self, message: Message) -> None:
        # A request that is answered before all of it was read may be the end of an HTTP/1.1 connection. The host closes
        # it then, and does not always say so (RFC 9112 section 9.6): the client's next request would be lost.
        if self._body.unread and self._scope["http_version"].startswith("1"):
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]

    async def _send_in_session(self, message: Message) -> None:
        try:
            await self._send(message)
        except (RuntimeError, OSError) as error:
            # granian raises the one, ASGI says the other, when the connection is lost before anybody was told.
            self.is_session = False
            raise ClientGoneError from error

    async def _send_and_linger(self, message: Message) -> None:
        connection = connection_of(self._scope)
        with connection or nullcontext():
            await self._send_in_session(message)
            if connection is not None:
                await connection.linger()

    @property
    def is_past_errors(self) -> bool:
        """Whether a response has begun, so that no error can be told any more."""
        return bool(self.status) and not self.is_session

    async def fail(self, error: ApiError, receive: Receive) -> None:
        """Tell an error in the way that is left."""
        body = self._scope[ERROR_SHAPE](error, self._scope[REQUEST_ID])
        if not self.is_session:
            await JSONResponse(body, error.status, error.headers)(self._scope, receive, self)
            return
        # Whoever does not read will not read the end either.
        with anyio.move_on_after(_PATIENCE), suppress(ClientGoneError):
            await self({"type": "websocket.send", "text": json.dumps(body)})
            await self.close(close_code(error), error.message)

    async def close(self, code: int, reason: str) -> None:
        """Close the session, if there is one."""
        if self.is_session:
            short = reason.encode("utf-8")[:REASON_BYTES].decode("utf-8", errors="ignore")
            await self({"type": "websocket.close", "code": code, "reason": short})
