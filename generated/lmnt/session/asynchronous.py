"""The async speech session over a WebSocket; `sync` has its twin."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Mapping,
    Sequence,
)
from types import TracebackType
from typing import Any, Self

from ..calls.api_client import AsyncAPIClient
from ..errors import APIError, Error
from ..errors.handles import AsyncClosing, Handle
from ..settings.options import CallOptions
from ..settings.secret import Secret
from ..transport.event_loops import is_asyncio
from .audio import AsyncAudioIterator, AsyncSpokenIterator
from .closes import Closed
from .events import SpeechSessionEvent
from .handshake import ConnectOptions
from .protocol import State
from .shared import ALREADY_READ, BaseSession, prepare
from .websocket import AsyncSocket, ReceiveTimeout

__all__ = ["AsyncSpeechSession"]


class AsyncSpeechSession(BaseSession, AsyncClosing):
    """A speech session: texts go in, audio comes out while more texts go in.

    Iterating over it gives its events, in order, and ends when the session is complete; any other end is an error.
    Tasks may share it: one reads while others send. As a context manager it is closed at the end.

    If the server is silent for the read timeout while a response is due (to a flush or a reset, or the rest after
    `send_finish`), that is an error. Otherwise it may be silent for as long as it answers pings.
    """

    def __init__(self, connect_options: ConnectOptions, fields: Mapping[str, object], socket: AsyncSocket) -> None:
        super().__init__(connect_options, fields, socket.headers)
        self._socket = socket
        self._sending = asyncio.Lock()
        self._receiving = asyncio.Lock()
        self._is_read = self._is_rest_read = False
        self._unsent: deque[str | Secret] = deque()
        self._beside: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls, client: AsyncAPIClient, path: str, init: Mapping[str, object], call: CallOptions, *, max_message_size: int
    ) -> Self:
        """Open a session and wait until the server is ready; see the generated `create`."""
        if not is_asyncio():
            raise Error("a speech session needs asyncio's event loop; elsewhere use the client that waits, in a thread")
        fields, connect_options = prepare(client, path, init, call, max_message_size)
        while True:
            try:
                socket = await AsyncSocket.open(connect_options)
                break
            except APIError as error:
                delay = connect_options.attempts.next_delay(error)
            await asyncio.sleep(delay)
        session = cls(connect_options, fields, socket)
        try:
            await session._send(lambda: session._session.init(fields))
            while session._session.state is State.READY:
                if (closed := await session._take()) is not None:
                    await session._end(closed)
        except BaseException:
            await session.close()
            raise
        return session

    async def send_text(self, text: str) -> None:
        """Add text to what is to be spoken; a text may be split anywhere.

        Args:
            text: The text.

        Raises:
            InvalidArgumentError: It is not a text; nothing was sent.
            Error: The session is over, or `send_finish` was called.
            APIError: The session has failed.
        """
        await self._send(lambda: self._session.text(text))

    async def send_flush(self) -> int:
        """Have all text so far spoken now, and return the nonce that `flush_complete` will repeat.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: The session has failed.
        """
        return await self._send(self._session.flush)

    async def send_reset(self) -> int:
        """Drop the text that is not spoken yet, and return the nonce that `reset_complete` will repeat.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: The session has failed.
        """
        return await self._send(self._session.reset)

    async def interrupt(self) -> int:
        """Drop the text that is not spoken yet, and all audio received until the server has done so.

        It does not wait. The reader gets no audio and no timestamps until the `reset_complete` with the nonce that
        this returns.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: The session has failed.
        """
        return await self._send(lambda: self._session.reset(drop=True))

    async def send_finish(self) -> None:
        """Say that no more text follows: the server speaks the rest and closes the session.

        Raises:
            Error: The session is over, or `send_finish` was called before.
            APIError: The session has failed.
        """
        await self._send(self._session.finish)

    def __aiter__(self) -> AsyncIterator[SpeechSessionEvent]:
        return self

    async def __anext__(self) -> SpeechSessionEvent:
        # A flag, not a context manager: this is called for each frame.
        if self._is_read:
            raise Error(ALREADY_READ)
        self._is_read = True
        try:
            while not self._events:
                if self._session.is_over:
                    self._session.end()
                    raise StopAsyncIteration
                # Usually a message is here already: then no waiting and no timer are needed.
                if self._is_rest_read or (message := self._socket.receive_now()) is None:
                    await self._wait_for_more()
                elif (event := self._heard(message)) is not None:
                    return event
            return self._events.popleft()
        except APIError:
            await self._socket.close()
            raise
        finally:
            self._is_read = False

    async def _wait_for_more(self) -> None:
        closed: Closed | None = None
        async with self._receiving:
            # A task whose sending failed because the connection was closed may have read the rest.
            if not self._events and not self._session.is_over:
                closed = await self._take()
        if closed is not None:
            # A task that is sending finds it closed too; a message that it could not send counts.
            async with self._sending:
                await self._end(closed)

    def audio(self) -> AsyncAudioIterator:
        """Return only the audio, in pieces as received; it ends, or fails, as iteration does."""
        return AsyncAudioIterator(self)

    async def stream_audio_to_file(self, path: str | os.PathLike[str], *, keep_partial: bool = False) -> None:
        """Write the audio to a file as it arrives; the file gets its name only when the session is complete.

        Args:
            path: The file; an existing one is unchanged until the new one is complete.
            keep_partial: Whether incomplete audio is kept as `<file>.partial`, named by the error.

        Raises:
            APIError: The session failed.
            FileError: The file cannot be written.
        """
        from ..streams.downloads import asave

        await asave(self.audio(), path, keep_partial=keep_partial)

    def speak(self, texts: Iterable[str] | AsyncIterable[str]) -> AsyncSpokenIterator:
        """Speak texts as they arrive, and return the audio as it arrives; the session is over afterwards.

        A task reads the texts and sends them while the caller reads the audio, at the caller's pace. Leaving the loop
        early ends that task and closes the session, and so does closing the session. Exceptions of the texts are
        raised here. A cancelled step loses nothing.

        Args:
            texts: The texts, such as the tokens of a language model.

        Raises:
            InvalidArgumentError: One of them is not a text.
            APIError: The session failed.
        """
        return AsyncSpokenIterator(self, texts, self._start)

    async def close(self) -> None:
        """Close the session, complete or not; may be called any number of times."""
        self._session.abandon()
        for task in self._beside - {asyncio.current_task()}:
            task.cancel()
        await self._socket.close()

    def _start(self, step: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine beside the reader, in a task that ends when the session is closed."""
        task = asyncio.create_task(step)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    async def _send(self, command: Callable[[], Sequence[str | Secret]]) -> int:
        async with self._sending:
            # The rest of a text whose sending was cancelled is sent first.
            self._unsent.extend(command())
            nonce = self._session.nonce
            try:
                while self._unsent:
                    await self._socket.send(self._unsent.popleft())
            except Closed as closed:
                self._session.unsent()
                await self._read_the_rest(closed)
            self._sent()
            return nonce

    async def _read_the_rest(self, closed: Closed) -> None:
        """Raise the reason why sending failed: the server may have sent it before it closed the connection."""
        if closed.stalled:
            await self._end(closed)
        found: Closed | None = None
        self._is_rest_read = True
        async with self._receiving:
            while found is None and not self._session.is_over:
                found = await self._take()
        if found is not None:
            await self._end(found)
        self._session.end()

    async def _take(self) -> Closed | None:
        """Receive one message, or return the end; raises the failure of the session."""
        try:
            try:
                message = await self._socket.receive(self._wait())
            except ReceiveTimeout:
                message = None
            if message is not None:
                if (event := self._heard(message)) is not None:
                    self._events.append(event)
            elif self._check_silence():
                self._pong = await self._socket.ping()
        except Closed as closed:
            return closed
        return None

    async def _end(self, closed: Closed) -> None:
        await self._socket.close()
        self._closed(closed)


class AsyncSessionOpener(Handle, Coroutine[Any, Any, AsyncSpeechSession]):
    """A coroutine that opens a session; as an `async with` it also closes the session at the end."""

    _refusal = BaseSession._refusal

    def __init__(self, opening: Coroutine[Any, Any, AsyncSpeechSession]) -> None:
        self._opening = opening
        self._session: AsyncSpeechSession | None = None

    def __await__(self) -> Generator[Any, Any, AsyncSpeechSession]:
        return self._opening.__await__()

    def send(self, value: Any) -> Any:
        return self._opening.send(value)

    def throw(self, *error: Any) -> Any:
        return self._opening.throw(*error)

    def close(self) -> None:
        self._opening.close()

    async def __aenter__(self) -> AsyncSpeechSession:
        self._session = await self._opening
        return self._session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
