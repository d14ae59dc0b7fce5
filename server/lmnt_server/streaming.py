"""Speech as a response: paid for, begun, and sent while it is made."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from .speech import Speech
from .store import Store

_Result = TypeVar("_Result")


async def in_store(store: Store, step: Callable[..., _Result], *args: object) -> _Result:
    """Do a step with the store and return its result: in a thread, if the store may keep it waiting."""
    return await run_in_threadpool(step, *args) if store.waits else step(*args)


@asynccontextmanager
async def under_way(store: Store, account: str) -> AsyncGenerator[None]:
    """Count a request or a session of an account as under way while the block lasts.

    Raises:
        ApiError: 429, if it has as many as it may have.
    """
    if store.quotas.requests_at_once is None:
        yield
        return
    number = await in_store(store, store.begin, account)
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):  # a client that left was no less one
            await in_store(store, store.end, number)


@asynccontextmanager
async def charged(store: Store, account: str, text: str, speech: Speech) -> AsyncGenerator[None]:
    """Charge for a text that is spoken in the block; if the block fails, stop that and give the characters back."""
    await in_store(store, store.charge, account, len(text))
    try:
        yield
    except BaseException as failure:
        speech.close()
        # A client that leaves has had the work done.
        if isinstance(failure, Exception):
            await in_store(store, store.charge, account, -len(text))
        raise


async def first_of(speech: Speech) -> tuple[bytes, bool]:
    """Return the first bytes, and whether they are all: a failure before them can still be told by the status.

    Called in a block of `charged`, which closes the speech if it fails or the client leaves.
    """
    audio, is_whole = b"", False
    while not audio and not is_whole:
        audio, is_whole = await speech.next_audio()
    return audio, is_whole


def _as_it_is(audio: bytes) -> bytes:
    return audio


class AudioStream:
    """The response that sends speech as it is made.

    Args:
        audio: the bytes that are there already.
        is_whole: whether they are all.
        speech: where the others come from; it is closed at the end, however that comes about.
        media_type: the content type.
        wrapped: returns what is sent for bytes of the audio.
        end: what is sent after the last of them.
        failed: what is sent, before the body is cut, where the speech fails.
    """

    def __init__(
        self,
        audio: bytes,
        is_whole: bool,
        speech: Speech,
        media_type: str,
        *,
        wrapped: Callable[[bytes], bytes] = _as_it_is,
        end: bytes = b"",
        failed: bytes = b"",
    ) -> None:
        self._audio = audio
        self._is_whole = is_whole
        self._speech = speech
        self._media_type = media_type
        self._wrapped = wrapped
        self._end = end
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's arguments
        """Send all of it."""
        headers = [(b"content-type", self._media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        audio, is_whole = self._audio, self._is_whole
        try:
            while True:
                if audio:
                    # Never the last one, for then there would be a content-length: chunks show where the body ends.
                    await send({"type": "http.response.body", "body": self._wrapped(audio), "more_body": True})
                if is_whole:
                    break
                try:
                    audio, is_whole = await self._speech.next_audio()
                except Exception:
                    if self._failed:
                        await send({"type": "http.response.body", "body": self._failed, "more_body": True})
                    raise
        finally:
            self._speech.close()
        if self._end:
            await send({"type": "http.response.body", "body": self._end, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
