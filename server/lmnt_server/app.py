"""The ASGI application: routes from the description, the order of checks, and the layers around them."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, NamedTuple

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from . import browsers
from .audio_operations import AUDIO_OPERATIONS, other_names
from .description import Description, Operation, audio, lmnt
from .engines import Engine
from .envelope import Envelope
from .errors import ApiError, ClientGoneError, missing
from .faults import Faults
from .inbound import DECODERS, Form, body_of, no_decoder, parameters_of
from .keys import Keys, bearer_of
from .limits import Limits
from .metrics import OPERATION, Metered, Metrics
from .operations import OLDER_BODIES, OPERATIONS, Call
from .sessions import SpeechSessions
from .status import Page, status_pages
from .store import Store, account_of
from .streaming import under_way
from .validation import quoted
from .voices import Voices


def create_app(
    engine: Engine,
    store: Store | None = None,
    *,
    keys: Keys | None = None,
    names: Mapping[str, str] | None = None,
    faults: bool = False,
    fault: str | None = None,
    limits: Limits | None = None,
    origins: Sequence[str] = (),
    page: bool = True,
) -> ASGIApp:
    """Return the server as an ASGI application.

    Args:
        engine: what speaks.
        store: what remembers; a new one in memory when None. It is closed when the application shuts down.
        keys: the keys to accept; when None any key will do, each an account of its own.
        names: other names of voices, for the API of OpenAI-compatible servers, beside those that it has.
        faults: whether the request header `x-lmnt-fault` is obeyed; see `lmnt_server.faults`.
        fault: what every request suffers, such as `raise-after=20000`; see there too.
        limits: what a speech session may not exceed; the defaults of `Limits` when None.
        origins: whose pages may use the server beside its own, such as `https://example.com`; `*` for all.
        page: whether there is a page at `/`.

    Raises:
        FaultSyntaxError: if `fault` is not understood.

    What the description has and this server has not is logged, and answered with 501; the rest is served.
    """
    kept = Store() if store is None else store
    voices = Voices(engine, kept)
    accepted = keys or Keys()
    metrics = Metrics()
    speaks: Engine = Metered(engine, metrics)
    call = partial(Call, speaks, kept, voices, other_names(engine, names or {}))

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncGenerator[None]:
        yield
        kept.close()

    routes = [route for api in _APIS for route in _routes(api(), accepted, call)]
    description = lmnt()
    for socket in description.sockets:
        if socket.id != _SPEECH:
            gap = _Missing(missing(f"handler for the session {socket.id}", "create_app in server/lmnt_server/app.py"))
            _log.warning(gap.error.message)
            routes += [WebSocketRoute(socket.path, gap), Route(socket.path, gap)]
            continue
        sessions = SpeechSessions(
            description,
            socket.send,
            engine=speaks,
            store=kept,
            voices=voices,
            account=partial(accepted.account, header="as X-API-Key of the init message"),
            limits=limits or Limits(),
        )
        # The same path over HTTP says what is missing.
        routes += [WebSocketRoute(socket.path, sessions), Route(socket.path, _UpgradeRequired())]
    app: ASGIApp = Router(routes, redirect_slashes=False, default=_unknown_route, lifespan=lifespan)
    if faults or fault is not None:
        app = Faults(app, fault=fault, header=faults)
    # Before the faults: whoever watches the server is not to be lied to.
    pages = status_pages(kept, metrics) | ({"/": Page(browsers.page())} if page else {})
    return browsers.for_origins(Envelope(_Watched(browsers.SocketOrigins(app, origins), pages), metrics), origins)


_SPEECH: Final = "speech.sessions.create"
_log: Final = logging.getLogger(__name__)


class _Watched:
    """The pages for those who run the server, and behind them the application."""

    def __init__(self, app: ASGIApp, pages: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._pages.get(scope["path"]) if scope["type"] == "http" else None
        await (page or self._app)(scope, receive, send)


class Api(NamedTuple):
    """One of the APIs that are served.

    Args:
        description: what it is.
        operations: by operationId, what makes the response.
        table: where an operation goes that has none.
        prefixes: what may stand before its paths.
        account: returns the account of a request, or raises ApiError.
        older: by operationId, what puts a body of an earlier version into today's words.
    """

    description: Description
    operations: Mapping[str, Callable[[Call], Awaitable[ASGIApp]]]
    table: str
    prefixes: tuple[str, ...]
    account: Callable[[Keys, Headers, Operation], str]
    older: Mapping[str, Callable[[Any], Any]]


def _lmnt_account(keys: Keys, headers: Headers, _: Operation) -> str:
    return keys.account(headers.get("x-api-key", ""), "in the header X-API-Key")


def _audio_account(keys: Keys, headers: Headers, operation: Operation) -> str:
    key = bearer_of(headers)
    # Clients of this API list without a key what they have one for, and without keys they need not have one.
    if not key and (keys.are_any or operation.is_open):
        return account_of("")
    return keys.account(key, "in the header Authorization, after the word Bearer")


_APIS: Final[Sequence[Callable[[], Api]]] = (
    lambda: Api(
        lmnt(), OPERATIONS, "OPERATIONS in server/lmnt_server/operations.py", ("",), _lmnt_account, OLDER_BODIES
    ),
    lambda: Api(
        audio(),
        AUDIO_OPERATIONS,
        "AUDIO_OPERATIONS in server/lmnt_server/audio_operations.py",
        ("/v1", ""),
        _audio_account,
        {},
    ),
)


def _routes(api: Api, keys: Keys, call: Callable[[str, Mapping[str, Any], Any], Call]) -> Iterator[BaseRoute]:
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in api.description.operations:
        if operation.id not in api.operations:
            _log.warning(_no_handler(api, operation).message)
        for media_type in operation.bodies.keys() - DECODERS.keys():
            _log.warning(no_decoder(media_type).message)
        by_path.setdefault(operation.path, {})[operation.method] = operation
    # "When matching URLs, the concrete (non-templated) paths would be matched before their templated counterparts"
    # (OpenAPI 3.1, section 4.8.8.2).
    for path in sorted(by_path, key=lambda path: path.count("{")):
        for prefix in api.prefixes:
            yield Route(prefix + path, _Path(path, by_path[path], api, keys, call))


def _no_handler(api: Api, operation: Operation) -> ApiError:
    return missing(f"handler for the operation {operation.id}", api.table)


class _Path:
    """All operations of a path: picks one by the method, checks the request, and answers it.

    The order of checks: method (405), key (401), handler (501), request (400), then what the operation itself finds.
    """

    def __init__(
        self,
        path: str,
        operations: Mapping[str, Operation],
        api: Api,
        keys: Keys,
        call: Callable[[str, Mapping[str, Any], Any], Call],
    ) -> None:
        self._path = path
        self._operations = operations
        self._api = api
        self._keys = keys
        self._call = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        scope[OPERATION] = f"{request.method[:20]} {self._path}" if request.method in self._operations else "other"
        operation = self._operations.get(request.method)
        if operation is None:
            allowed = ", ".join(sorted(self._operations))
            message = f"{request.method[:20]} is not a method of this path; it has {allowed}"
            raise ApiError("invalid_request_error", message, status=405, headers={"allow": allowed})
        account = self._api.account(self._keys, request.headers, operation)
        handler = self._api.operations.get(operation.id)
        if handler is None:
            raise _no_handler(self._api, operation)
        parameters = await parameters_of(request, operation, self._api.description)
        body = await body_of(request, operation, self._api.description, self._api.older.get(operation.id))
        call = self._call(account, parameters, body)

        async def answer() -> None:
            response = await handler(call)
            await response(scope, receive, send)

        try:
            async with under_way(call.store, account):
                await _while_connected(receive, answer)
        finally:
            if isinstance(body, Form):
                body.close()


async def _unknown_route(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI's arguments
    kind = "no WebSocket" if scope["type"] == "websocket" else "nothing"
    raise ApiError("not_found_error", f"There is {kind} at {quoted(scope['path'])}.")


class _Missing:
    """What is found at the path of a session that this server has not."""

    def __init__(self, error: ApiError) -> None:
        self.error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's arguments
        raise self.error


class _UpgradeRequired:
    """What HTTP requests find at the path of a WebSocket."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's arguments
        message = f"{quoted(scope['path'])} is a WebSocket: open it with ws:// or wss://, not http:// or https://"
        raise ApiError("invalid_request_error", message, status=426, headers={"upgrade": "websocket"})


async def _while_connected(receive: Receive, work: Callable[[], Awaitable[None]]) -> None:
    """Do some work after the request has been read, and stop it as soon as the client has left.

    Raises:
        ClientGoneError: if it has.
    """
    failure: Exception | None = None
    gone = False
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            nonlocal gone
            while (await receive())["type"] != "http.disconnect":
                pass
            gone = True
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            await work()
        except Exception as error:  # raised below, where the group cannot wrap it in another exception
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    if gone:
        raise ClientGoneError
