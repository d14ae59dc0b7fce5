"""An application on FastAPI whose streams end in every way that services have, and what cuts them off.

It says how they end in its own description. Whatever else is asked for is answered from a file, so that it stands for
the services of other people's descriptions, too.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = "req_of_the_service"
SCRIPTS = "SCRIPTS"
"""The variable of the environment that names the folder of the files."""


class Question(BaseModel):
    text: str
    stream: bool = False


class Piece(BaseModel):
    text: str


class Progress(BaseModel):
    done: bool = False
    text: str = ""
    error: str | None = None


class Pull(BaseModel):
    status: str


class Chunk(BaseModel):
    type: Literal["chunk"] = "chunk"
    data: str


class Times(BaseModel):
    type: Literal["times"] = "times"
    words: list[str]


class Done(BaseModel):
    type: Literal["done"] = "done"
    done: bool = True


class Problem(BaseModel):
    type: Literal["error"] = "error"
    done: bool = True
    status_code: int
    message: str


Sound = Annotated[Chunk | Times | Done | Problem, Field(discriminator="type")]


class Token(BaseModel):
    token: str
    generated_text: str | None = None


ITEMS: Mapping[str, list[dict[str, Any]]] = {
    "/chat": [{"text": "Good "}, {"text": "mörning."}],
    "/generate": [{"text": "a"}, {"text": "b"}, {"done": True}],
    "/pull": [{"status": "a half"}, {"status": "all"}, {"status": "success"}],
    "/speech": [{"type": "chunk", "data": "AAA="}, {"type": "times", "words": ["a"]}, {"type": "done", "done": True}],
    "/tokens": [{"token": "a"}, {"token": "b"}, {"token": "c", "generated_text": "abc"}],
    "/feed": [{"type": "chunk", "data": "AAA="}, {"type": "times", "words": ["a", "b"]}],
    "/news": [{"text": "one"}, {"text": "two"}, {"text": "three"}],
}
"""What is sent, by path."""

ERRORS: Mapping[str, dict[str, Any]] = {
    "/chat": {"error": {"message": "Busy.", "type": "overloaded"}},
    "/generate": {"error": "Busy."},
    "/speech": {"type": "error", "done": True, "status_code": 503, "message": "Busy."},
}

api = FastAPI(title="Answers")


def _items(request: Request) -> list[dict[str, Any]]:
    path = request.url.path
    return [ITEMS[path][0], ERRORS[path]] if "x-fail" in request.headers else ITEMS[path]


@api.post(
    "/chat",
    tags=["answers"],
    openapi_extra={"x-stream-end": "[DONE]", "x-stream-error": "/error"},
    response_model=Piece,
    responses={200: {"content": {"text/event-stream": {"schema": Piece.model_json_schema()}}}},
)
async def chat(question: Question, request: Request) -> Any:
    if not question.stream:
        return Piece(text=question.text)

    async def written() -> AsyncIterator[str]:
        for each in _items(request):
            yield f"data: {json.dumps(each, ensure_ascii=False)}\n\n"
        yield "data: [DONE]\n\n"

    return StreamingResponse(written(), media_type="text/event-stream")


@api.post("/generate", tags=["answers"], openapi_extra={"x-stream-end": {"done": True}, "x-stream-error": "/error"})
async def generate(request: Request) -> AsyncIterator[Progress]:
    for each in _items(request):
        yield Progress(**each)


@api.post("/pull", tags=["answers"], openapi_extra={"x-stream-end": {"status": "success"}})
async def pull(request: Request) -> AsyncIterator[Pull]:
    for each in _items(request):
        yield Pull(**each)


@api.post(
    "/speech",
    tags=["answers"],
    response_class=EventSourceResponse,
    openapi_extra={
        "x-stream-end": {"type": "done"},
        "x-stream-error": {"type": "error", "status": "/status_code", "message": "/message"},
    },
)
async def speech(request: Request) -> AsyncIterator[Sound]:
    for each in _items(request):
        yield ServerSentEvent(data=each, event=each["type"])  # type: ignore[misc]  # FastAPI takes what it wraps


@api.get(
    "/tokens",
    tags=["answers"],
    response_class=EventSourceResponse,
    openapi_extra={"x-stream-end": {"at": "/generated_text"}},
)
async def tokens(request: Request) -> AsyncIterator[Token]:
    for each in _items(request):
        yield Token(**each)


@api.get("/feed", tags=["answers"], response_class=EventSourceResponse, openapi_extra={"x-stream-end": "never"})
async def feed(request: Request) -> AsyncIterator[Sound]:
    for each in _items(request):
        yield {"chunk": Chunk, "times": Times}[each["type"]](**each)


@api.get("/news", tags=["answers"], openapi_extra={"x-stream-end": "close"})
async def news(request: Request) -> AsyncIterator[Piece]:
    for each in _items(request):
        yield Piece(**each)


def _read(name: str) -> bytes:
    return Path(os.environ[SCRIPTS], name).read_bytes()


async def scripted(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a file: its media type, a line, and its body."""
    del receive
    name = dict(scope["headers"])[b"x-script"].decode()
    media_type, _, body = _read(name).partition(b"\n")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", media_type)]})
    for start in range(0, len(body), 1000):
        await send({"type": "http.response.body", "body": body[start : start + 1000], "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class Cutting:
    """Gives each response a request id, and cuts it off after as many bytes as the request asks for.

    The header `x-cut` has their number, and `end` where the response ends in all order there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        number, _, how = headers.get(b"x-cut", b"").decode().partition(" ")
        left, is_cut = int(number or -1), asyncio.Event()

        async def cutting(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", REQUEST_ID.encode())]
            elif left >= 0:
                if is_cut.is_set():
                    return
                message = {**message, "body": message.get("body", b"")[:left], "more_body": True}
                left -= len(message["body"])
            await send(message)
            if left == 0:
                is_cut.set()

        app = scripted if b"x-script" in headers else self._app
        answering = asyncio.ensure_future(app(scope, receive, cutting))
        cut = asyncio.ensure_future(is_cut.wait())
        await asyncio.wait({answering, cut}, return_when=asyncio.FIRST_COMPLETED)
        if is_cut.is_set():
            answering.cancel()
            if how != "end":
                raise ConnectionError("it is cut off here")
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            cut.cancel()
            await answering


app = Cutting(api)
