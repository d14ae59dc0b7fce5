"""The sync speech session over a WebSocket; `asynchronous` has its twin."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Self

from ..calls.api_client import SyncAPIClient
from ..errors import APIError, Error
from ..errors.handles import Closing
from ..settings.options import CallOptions
from ..settings.secret import Secret
from .audio import AudioIterator, SpokenIterator
from .closes import Closed
from .events import SpeechSessionEvent
from .handshake import ConnectOptions
from .protocol import State
from .shared import ALREADY_READ, BaseSession, prepare
from .websocket import ReceiveTimeout, Socket

__all__ = ["SpeechSession"]


class SpeechSession(BaseSession, Closing):
    """A speech session: texts go in, audio comes out while more texts go in.

    Iterating over it gives its events, in order, and ends when the session is complete; any other end is an error.
    Threads may share it: one reads while others send. As a context manager it is closed at the end.

    If the server is silent for the read timeout while a response is due (to a flush or a reset, or the rest after
    `send_finish`), that is an error. Otherwise it may be silent for as long as it answers pings.
    """

    def __init__(self, connect_options: ConnectOptions, fields: Mapping[str, object], socket: Socket) -> None:
        super().__init__(connect_options, fields, socket.headers)
        self._socket = socket
        self._sending = threading.Lock()
        self._receiving = threading.Lock()
        self._reading = threading.Lock()
        # The thread that reads and those that send must not use the state machine at the same time.
        self._deciding = threading.RLock()

    @classmethod
    def open(
        cls, client: SyncAPIClient, path: str, init: Mapping[str, object], call: CallOptions, *, max_message_size: int
    ) -> Self:
        """Open a session and wait until the server is ready; see the generated `create`."""
        fields, connect_options = prepare(client, path, init, call, max_message_size)
        while True:
            try:
                socket = Socket.open(connect_options)
                break
            except APIError as error:
                delay = connect_options.attempts.next_delay(error)
            time.sleep(delay)
        session = cls(connect_options, fields, socket)
        try:
            session._send(lambda: session._session.init(fields))
            while session._session.state is State.READY:
                if (closed := session._take()) is not None:
                    session._end(closed)
        except BaseException:
            session.close()
            raise
        return session

    def send_text(self, text: str) -> None:
        """Add text to what is to be spoken; a text may be split anywhere.

        Args:
            text: The text.

        Raises:
            InvalidArgumentError: It is not a text; nothing was sent.
            Error: The session is over, or `send_finish` was called.
            APIError: The session has failed.
        """
        self._send(lambda: self._session.text(text))

    def send_flush(self) -> int:
        """Have all text so far spoken now, and return the nonce that `flush_complete` will repeat.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: The session has failed.
        """
        return self._send(self._session.flush)

    def send_reset(self) -> int:
        """Drop the text that is not spoken yet, and return the nonce that `reset_complete` will repeat.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: The session has failed.
        """
        return self._send(self._session.reset)

    def interrupt(self) -> int:
        """Drop the text that is not spoken yet, and all audio received until the server has done so.

        It does not wait. The reader gets no audio and no timestamps until the `reset_complete` with the nonce that
        this returns.

        Raises:
            Error: The session is over, or `send_finish` was called.
            APIError: The session has failed.
        """
        return self._send(lambda: self._session.reset(drop=True))

    def send_finish(self) -> None:
        """Say that no more text follows: the server speaks the rest and closes the session.

        Raises:
            Error: The session is over, or `send_finish` was called before.
            APIError: The session has failed.
        """
        self._send(self._session.finish)

    def __iter__(self) -> Iterator[SpeechSessionEvent]:
        return self

    def __next__(self) -> SpeechSessionEvent:
        # A lock itself, not a context manager around one: this is called for each frame.
        if not self._reading.acquire(False):
            raise Error(ALREADY_READ)
        try:
            while not self._events:
                closed: Closed | None = None
                with self._receiving:
                    # A thread whose sending failed because the connection was closed may have read the rest.
                    if not self._events:
                        if self._session.is_over:
                            self._session.end()
                            raise StopIteration
                        closed = self._take()
                if closed is not None:
                    # A thread that is sending finds it closed too; a message that it could not send counts.
                    with self._sending:
                        self._end(closed)
            return self._events.popleft()
        finally:
            self._reading.release()

    def audio(self) -> AudioIterator:
        """Return only the audio, in pieces as received; it ends, or fails, as iteration does."""
        return AudioIterator(self)

    def stream_audio_to_file(self, path: str | os.PathLike[str], *, keep_partial: bool = False) -> None:
        """Write the audio to a file as it arrives; the file gets its name only when the session is complete.

        Args:
            path: The file; an existing one is unchanged until the new one is complete.
            keep_partial: Whether incomplete audio is kept as `<file>.partial`, named by the error.

        Raises:
            APIError: The session failed.
            FileError: The file cannot be written.
        """
        from ..streams.downloads import save

        save(self.audio(), path, keep_partial=keep_partial)

    def speak(self, texts: Iterable[str]) -> SpokenIterator:
        """Speak texts as they arrive, and return the audio as it arrives; the session is over afterwards.

        A thread reads the texts and sends them while the caller reads the audio, at the caller's pace. Leaving the loop
        early closes the session; the thread ends at the next text. Exceptions of the texts are raised here.

        Args:
            texts: The texts, such as the tokens of a language model.

        Raises:
            InvalidArgumentError: One of them is not a text.
            APIError: The session failed.
        """
        return SpokenIterator(self, texts)

    def close(self) -> None:
        """Close the session, complete or not; may be called any number of times."""
        with self._deciding:
            self._session.abandon()
        is_sending = not self._sending.acquire(blocking=False)
        try:
            self._socket.close(at_once=is_sending)
        finally:
            if not is_sending:
                self._sending.release()

    def _send(self, command: Callable[[], Sequence[str | Secret]]) -> int:
        with self._sending:
            with self._deciding:
                messages = command()
                nonce = self._session.nonce
            try:
                for message in messages:
                    self._socket.send(message)
            except BaseException as error:
                self._session.unsent()
                if not isinstance(error, Closed):  # interrupted: part of a message may be sent
                    raise
                self._read_the_rest(error)
            with self._deciding:
                self._sent()
            return nonce

    def _read_the_rest(self, closed: Closed) -> None:
        """Raise the reason why sending failed: the server may have sent it before it closed the connection."""
        if closed.stalled:
            self._end(closed)
        found: Closed | None = None
        with self._receiving:
            while found is None and not self._session.is_over:
                found = self._take()
        if found is not None:
            self._end(found)
        self._session.end()

    def _take(self) -> Closed | None:
        """Receive one message, or return the end; raises the failure of the session."""
        try:
            try:
                message = self._socket.receive_now()
                if message is None:
                    message = self._socket.receive(self._wait())
            except ReceiveTimeout:
                message = None
            if message is not None:
                with self._deciding:
                    if (event := self._heard(message)) is not None:
                        self._events.append(event)
            elif self._check_silence():
                self._pong = self._socket.ping()
        except Closed as closed:
            return closed
        except APIError:
            self._socket.close(at_once=False)
            raise
        except BaseException as error:
            with self._deciding:
                self._session.interrupted(error)
            raise
        return None

    def _end(self, closed: Closed) -> None:
        self._socket.close(at_once=False)
        with self._deciding:
            self._closed(closed)
