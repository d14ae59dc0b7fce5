"""A speech session over a WebSocket, for callers who await; see `speech_session`, its twin."""

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
from ..errors.handles import Handle
from ..settings.options import CallOptions
from ..settings.secret import Secret
from ..transport.event_loops import is_asyncio
from .audio import AsyncAudioIterator, AsyncSpokenIterator
from .events import SpeechSessionEvent
from .handshake import ConnectOptions
from .protocol import State
from .shared import ALREADY_READ, BaseSession, prepare
from .websocket import AsyncSocket, Closed, ReceiveTimeout

__all__ = ["AsyncSpeechSession"]


class AsyncSpeechSession(BaseSession):
    """A speech session: texts go in, audio comes out while more texts go in.

    Iterating over it gives its events, in order, and ends when the session is complete; any other end is an error.
    Tasks may share it: one reads while others send. As a context manager it is closed at the end.

    Silence of the server for the read timeout is an error when it owes something: the answer to a flush or a reset,
    or the rest after `send_finish`. A server that owes nothing may be silent for as long as it answers pings.
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
            InvalidArgumentError: This is no text; nothing was sent.
            Error: The session is over, or `send_finish` was called.
            APIError: What the session failed with.
        """
        await self._send(lambda: self._session.text(text))

    async def send_flush(self) -> int:
        """Ask for all text so far to be spoken now, and return the number that the answer will repeat.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: What the session failed with.
        """
        return await self._send(self._session.flush)

    async def send_reset(self) -> int:
        """Drop the text that has not been spoken yet, and return the number that the answer will repeat.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: What the session failed with.
        """
        return await self._send(self._session.reset)

    async def interrupt(self) -> int:
        """Drop the text that has not been spoken yet, and all audio that comes before the server has done so.

        It does not wait. Whoever reads gets no audio and no timestamps until the `reset_complete` with the number that
        this returns.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: What the session failed with.
        """
        return await self._send(lambda: self._session.reset(drop=True))

    async def send_finish(self) -> None:
        """Say that no more text will come: the server speaks what is left and closes the session.

        Raises:
            Error: The session is over, or `send_finish` was called before.
            APIError: What the session failed with.
        """
        await self._send(self._session.finish)

    def __aiter__(self) -> AsyncIterator[SpeechSessionEvent]:
        return self

    async def __anext__(self) -> SpeechSessionEvent:
        if self._is_read:
            raise Error(ALREADY_READ)
        self._is_read = True
        try:
            while not self._events:
                if self._session.is_over:
                    self._session.end()
                    raise StopAsyncIteration
                # Mostly one has come already: then nothing need be waited for, and no time be watched.
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
            # A task that found the connection closed while sending may have read the rest.
            if not self._events and not self._session.is_over:
                closed = await self._take()
        if closed is not None:
            # A task that is sending finds it closed too; what it could not send counts.
            async with self._sending:
                await self._end(closed)

    def audio(self) -> AsyncAudioIterator:
        """Return the audio alone, in pieces as they come; it ends, or fails, as iteration does."""
        return AsyncAudioIterator(self)

    async def stream_audio_to_file(self, path: str | os.PathLike[str], *, keep_partial: bool = False) -> None:
        """Write the audio to a file as it comes; the file takes its name when the session is complete.

        Args:
            path: The file; one that is there already stays as it is until the new one is whole.
            keep_partial: Whether audio that broke off is kept as `<file>.partial`, named by the error.

        Raises:
            APIError: The session failed.
            FileError: The file cannot be written.
        """
        from ..streams.downloads import asave

        await asave(self.audio(), path, keep_partial=keep_partial)

    def speak(self, texts: Iterable[str] | AsyncIterable[str]) -> AsyncSpokenIterator:
        """Speak texts as they come, and return the audio as it comes; the session is over afterwards.

        A task reads the texts and sends them while the caller reads the audio, at the caller's pace. Leaving the loop
        early ends that task and closes the session, and so does closing the session. What the texts raise is raised
        here. A step that is cancelled loses nothing.

        Args:
            texts: The texts, such as the tokens of a language model.

        Raises:
            InvalidArgumentError: One of them is no text.
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
        """Start what goes on beside the reader, in a task that ends when the session is closed."""
        task = asyncio.create_task(step)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(self, command: Callable[[], Sequence[str | Secret]]) -> int:
        async with self._sending:
            # What is left of a text whose sending was cancelled goes first.
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
        """Raise why a message could not be sent: the server may have said so before it closed the connection."""
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
        """Receive one message, or return the end; raises what the session failed with."""
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
    """A coroutine that opens a session; `async with` does too, and closes it at the end."""

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
