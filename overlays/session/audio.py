"""Iterators over the audio of a session, with or without sending texts at the same time.

They are objects, not generators, for the reason that `reading` gives: an interrupted step does not look like the end.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from typing import Any, Protocol, Self, runtime_checkable

from ..errors import APIError, Error
from .events import SpeechSessionAudio, SpeechSessionEvent

SOURCE_TIMEOUT = 1.0
"""Seconds to wait for the thread that reads the texts, if the loop is left early."""


@runtime_checkable
class _Session(Protocol):
    """The part of a sync session that is used here."""

    @property
    def is_over(self) -> bool: ...
    def __next__(self) -> SpeechSessionEvent: ...
    def send_text(self, text: str) -> None: ...
    def send_flush(self) -> int: ...
    def send_finish(self) -> None: ...
    def close(self) -> None: ...


@runtime_checkable
class _AsyncSession(Protocol):
    """The part of an async session that is used here."""

    @property
    def is_over(self) -> bool: ...
    def __anext__(self) -> Coroutine[Any, Any, SpeechSessionEvent]: ...
    async def send_text(self, text: str) -> None: ...
    async def send_flush(self) -> int: ...
    async def send_finish(self) -> None: ...
    async def close(self) -> None: ...


class AudioIterator(Iterator[bytes]):
    """The audio of a session, in pieces as received; it ends, or fails, as iteration over the session does."""

    def __init__(self, session: _Session) -> None:
        self._session = session
        self._is_closed = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        _check_open(is_closed=self._is_closed)
        while True:
            event = next(self._session)
            if isinstance(event, SpeechSessionAudio):
                return event.audio

    def close(self) -> None:
        """Stop iterating; the session stays open."""
        self._is_closed = True


class SpokenIterator(AudioIterator):
    """The audio of texts that a thread reads and sends meanwhile; at its end the session is over."""

    def __init__(self, session: _Session, texts: Iterable[str]) -> None:
        super().__init__(session)
        self._texts = texts
        self._source: threading.Thread | None = None
        self._trouble: list[BaseException] = []

    def __next__(self) -> bytes:
        if self._source is None:
            # No reference to this object, so that it is closed when it is garbage collected.
            send = (_send, self._session, self._texts, self._trouble)
            self._source = threading.Thread(target=contextvars.copy_context().run, args=send, daemon=True)
            self._source.start()
        try:
            return super().__next__()
        except StopIteration:
            self.close()
            raise
        except APIError as error:
            self.close()
            if self._trouble and error is not self._trouble[0]:
                raise self._trouble[0] from None
            raise

    def close(self) -> None:
        """Close the session; the thread ends at the next text."""
        if self._source is None:
            super().close()
            return
        self._session.close()
        self._source.join(SOURCE_TIMEOUT)

    def __del__(self) -> None:
        if self._source is not None and not self._session.is_over:
            self.close()


def _send(session: _Session, texts: Iterable[str], trouble: list[BaseException]) -> None:
    try:
        for text in texts:
            session.send_text(text)
        # The answer proves that all was spoken; the close alone does not.
        session.send_flush()
        session.send_finish()
    except BaseException as error:
        if not session.is_over:
            trouble.append(error)
        session.close()


class AsyncAudioIterator(AsyncIterator[bytes]):
    """The audio of a session, in pieces as received; it ends, or fails, as iteration over the session does.

    A step that is cancelled or times out loses nothing: the next one continues there.
    """

    def __init__(self, session: _AsyncSession) -> None:
        self._session = session
        self._is_closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        _check_open(is_closed=self._is_closed)
        while True:
            event = await anext(self._session)
            if isinstance(event, SpeechSessionAudio):
                return event.audio

    async def aclose(self) -> None:
        """Stop iterating; the session stays open."""
        self._is_closed = True


class AsyncSpokenIterator(AsyncAudioIterator):
    """The audio of texts that a task reads and sends meanwhile; at its end the session is over."""

    def __init__(
        self,
        session: _AsyncSession,
        texts: Iterable[str] | AsyncIterable[str],
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        super().__init__(session)
        self._start = start
        self._texts = texts
        self._source: asyncio.Task[None] | None = None
        self._trouble: list[BaseException] = []
        self._failure: BaseException | None = None

    async def __anext__(self) -> bytes:
        if self._source is None:
            # No reference to this object, so that it is closed when it is garbage collected.
            self._source = self._start(_asend(self._session, self._texts, self._trouble))
        try:
            return await super().__anext__()
        except StopAsyncIteration:
            await self.aclose()
            raise
        except APIError as error:
            # An exception of the texts has closed the session: it is raised, not the error of the closed session.
            self._failure = self._failure or (self._trouble[0] if self._trouble else error)
            await self.aclose()
            if self._failure is error:
                raise
            raise self._failure from None

    async def aclose(self) -> None:
        """Close the session, and end the task that reads the texts."""
        if self._source is None:
            await super().aclose()
            return
        await self._session.close()
        await asyncio.wait({self._source})

    def __del__(self) -> None:
        if self._source is not None and not (self._session.is_over and self._source.done()):
            loop = self._source.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_close_soon, self._session, self._start)


def _close_soon(session: _AsyncSession, start: Callable[[Coroutine[Any, Any, None]], object]) -> None:
    start(session.close())


async def _asend(
    session: _AsyncSession, texts: Iterable[str] | AsyncIterable[str], trouble: list[BaseException]
) -> None:
    try:
        async for text in _each(texts):
            await session.send_text(text)
        # The answer proves that all was spoken; the close alone does not.
        await session.send_flush()
        await session.send_finish()
    except BaseException as error:
        if not session.is_over:
            trouble.append(error)
        await session.close()
        if not isinstance(error, Exception):
            raise


async def _each(texts: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[str]:
    if isinstance(texts, AsyncIterable):
        async for text in texts:
            yield text
    else:
        for text in texts:
            yield text
            # Sending rarely suspends; let other tasks run between two texts all the same.
            await asyncio.sleep(0)


def _check_open(*, is_closed: bool) -> None:
    if is_closed:
        raise Error("this iterator was closed; session.audio() makes another one")
