"""Speech sessions over WebSocket: an ASGI application that does what `Session` says, and sends what comes of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Generator
from contextlib import AsyncExitStack, closing
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope, Send

from .description import Description
from .encoders import LIVE
from .engines import Engine
from .envelope import REQUEST_ID
from .errors import ERROR_SHAPE, POLICY_VIOLATION, ClientGoneError, SessionError
from .limits import Limits
from .metrics import OPERATION
from .session import Finish, Flush, Job, Open, Reset, Session, Speak, State
from .speech import Track
from .store import Store
from .streaming import in_store, under_way
from .voices import Voices


class SpeechSessions:
    """All sessions of a path.

    Args:
        description: says what a message may be.
        messages: the pointer to the schema of a client's message.
        engine: what speaks.
        store: counts the characters.
        voices: who can speak.
        account: returns the account of an API key, or raises ApiError.
        limits: what a session may not exceed.
    """

    def __init__(
        self,
        description: Description,
        messages: str,
        *,
        engine: Engine,
        store: Store,
        voices: Voices,
        account: Callable[[str], str],
        limits: Limits,
    ) -> None:
        self.description = description
        self.messages = messages
        self.engine = engine
        self.store = store
        self.voices = voices
        self.account = account
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold one session, from the handshake to the close.

        Raises:
            ApiError: if the client is in the wrong; the session is still to be closed.
            ClientGoneError: if it left before the end.
        """
        await receive()  # websocket.connect
        # The key comes in the first message, and whatever is wrong is told in the session: the service does it so.
        await send({"type": "websocket.accept"})
        await _Conversation(self, scope, receive, send).hold()


class _Conversation:
    """One session: a task that listens, and one that works. The first failure of either ends both."""

    def __init__(self, host: SpeechSessions, scope: Scope, receive: Receive, send: Send) -> None:
        self._host = host
        self._scope = scope
        self._receive = receive
        self._send = send
        self._session = Session(host.description, host.messages, host.limits)
        self._news = anyio.Event()
        self._active_at = anyio.current_time()
        self._is_working = False
        self._failure: Exception | None = None
        self._counted = AsyncExitStack()
        # What the first message says.
        self._account = ""
        self._is_timed = False
        self._track: Track | None = None
        self._held = b""  # audio whose times are to come before it

    async def hold(self) -> None:
        """Go on until the session ends."""
        self._scope[OPERATION] = f"WEBSOCKET {self._scope['path']}"
        async with self._counted, anyio.create_task_group() as group:

            async def attempt(task: Callable[[], Awaitable[None]]) -> None:
                try:
                    await task()
                except Exception as error:  # raised below, where the group cannot wrap it in another exception
                    self._failure = self._failure or error
                    group.cancel_scope.cancel()

            for task in (self._listen, self._watch_init, self._watch_idleness):
                group.start_soon(attempt, task)
            await attempt(self._work)
            group.cancel_scope.cancel()
        if self._failure is not None:
            self._scope[ERROR_SHAPE] = self._session.dialect.error
            raise self._failure
        # Now that nobody listens any more: granian sends no close frame while it is waiting for a message.
        await self._send({"type": "websocket.close", "code": 1000, "reason": ""})

    async def _listen(self) -> None:
        while True:
            while self._session.is_full:
                await self._wait()
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                # Choice: a client that closes, whatever the code, gives up on what it has not got yet.
                raise ClientGoneError
            self._session.receive(_content(message))
            self._tell()

    async def _work(self) -> None:
        job: Job | None = None
        while not isinstance(job, Finish):
            job = self._session.next_job()
            self._is_working = job is not None
            self._tell()
            if job is None:
                await self._wait()
            else:
                await self._do(job)

    async def _watch_init(self) -> None:
        if (limit := self._host.limits.init_seconds) is not None:
            await anyio.sleep(limit)
            if self._session.state is State.NEW:
                raise SessionError(f"no init message came within {limit:g} seconds", POLICY_VIOLATION)

    async def _watch_idleness(self) -> None:
        if (limit := self._host.limits.idle_seconds) is not None:
            while (left := self._active_at + limit - anyio.current_time()) > 0:
                await anyio.sleep(left)
                if self._is_working or self._session.state is State.NEW:
                    self._active_at = anyio.current_time()
            raise SessionError(f"no message came for {limit:g} seconds", POLICY_VIOLATION)

    async def _wait(self) -> None:
        """Wait until the other task has something to tell."""
        await self._news.wait()

    def _tell(self) -> None:
        self._active_at = anyio.current_time()
        self._news.set()
        self._news = anyio.Event()

    async def _do(self, job: Job) -> None:
        match job:
            case Open():
                await self._open(job)
            case Speak():
                await self._speak(job)
            case Flush():
                await self._flush(job)
            case Reset():
                await self._reset(job)
            case Finish():
                await self._finish()

    async def _open(self, job: Open) -> None:
        init = job.init
        host = self._host
        self._account = host.account(init["X-API-Key"])
        await self._counted.enter_async_context(under_way(host.store, self._account))
        speaker = await in_store(host.store, host.voices.speaker, self._account, init["voice"])
        encoder = LIVE[init.get("format", "mp3")](host.engine.rate, int(init.get("sample_rate", 24_000)))
        self._is_timed = init.get("return_timestamps", False)
        self._track = Track(
            host.engine, encoder, voice=speaker, language=init.get("language", "auto"), timed=self._is_timed
        )
        await self._say(type="ready", request_id=self._scope[REQUEST_ID])

    async def _speak(self, job: Speak) -> None:
        with closing(self._charged(job)) as pieces:
            is_whole = False
            while not is_whole and not self._session.is_cut:
                audio, is_whole = await self._open_track.next_audio(pieces)
                await self._send_audio(audio)
        if self._session.is_cut:
            await self._send_audio(self._open_track.cut())
        else:
            await self._send_timestamps()

    def _charged(self, job: Speak) -> Generator[bytes]:
        """Charge for a text and speak it; if that fails, give the characters back."""
        # Choice: a text is paid for when it is begun. What a reset or a close drops before that costs nothing.
        self._host.store.charge(self._account, len(job.text))
        try:
            yield from self._open_track.speak(job.text, more=job.more)
        except Exception:
            self._host.store.charge(self._account, -len(job.text))
            raise

    async def _flush(self, job: Flush) -> None:
        await self._send_audio(await run_in_threadpool(self._open_track.pause))
        await self._send_timestamps(rests=True)
        await self._say(type="flush_complete", nonce=job.nonce)

    async def _reset(self, job: Reset) -> None:
        await self._send_audio(await run_in_threadpool(self._open_track.cut))
        await self._send_timestamps(rests=True)  # none, but what was held of the audio
        await self._say(type="reset_complete", nonce=job.nonce)

    async def _finish(self) -> None:
        await self._send_audio(await run_in_threadpool(self._open_track.finish))
        await self._send_timestamps(rests=True)

    @property
    def _open_track(self) -> Track:
        assert self._track is not None  # the first message opens it
        return self._track

    async def _send_audio(self, piece: bytes) -> None:
        if self._is_timed and self._session.dialect.times_first:
            self._held += piece
        elif piece:
            await self._send({"type": "websocket.send", "bytes": piece})

    async def _send_timestamps(self, *, rests: bool = False) -> None:
        if not self._is_timed:
            return
        if not self._session.dialect.times_first:
            if timestamps := self._open_track.timestamps():
                await self._say(type="timestamps", timestamps=timestamps)
        elif self._held:
            held, self._held = self._held, b""
            timestamps = self._open_track.timestamps()
            begun = timestamps[0]["start"] if timestamps else 0.0
            times = [{**each, "start": each["start"] - begun} for each in timestamps]
            await self._say(type="timestamps", timestamps=times, buffer_empty=rests)
            await self._send({"type": "websocket.send", "bytes": held})

    async def _say(self, **message: Any) -> None:
        said = self._session.dialect.said(message)
        if said is not None:
            await self._send({"type": "websocket.send", "text": json.dumps(said, ensure_ascii=False)})


def _content(message: Message) -> str | bytes:
    """Return what a frame holds; a host may give the other kind as None, or not at all."""
    text: str | None = message.get("text")
    return text if text is not None else bytes(message["bytes"])
