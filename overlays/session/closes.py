"""How the connection of a session ended: its close code, and what was wrong with what came before."""

from __future__ import annotations

import codecs
import ssl

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event


class Closed(Exception):  # noqa: N818  # it never leaves the package; the session turns it into an error
    """The connection is closed, with this close code, or lost without one; or this side gave up, since it stalled."""

    def __init__(self, code: int | None, reason: str, *, stalled: bool = False) -> None:
        super().__init__()
        self.code = code
        self.reason = reason
        self.stalled = stalled


class MessageWatch:
    """What is wrong with the messages that came: up to websockets 17.2 the exception of a close may not say it."""

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self.fault: tuple[CloseCode, str] | None = None
        """The close code and what is wrong, if the connection is closed now."""

    def see(self, event: Event) -> None:
        """Look at a frame of a message; anything else, and what follows text that is no UTF-8, is passed over."""
        is_over = self.fault is not None and self.fault[0] is CloseCode.INVALID_DATA
        if is_over or not isinstance(event, Frame) or event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        if event.opcode is not Opcode.CONT:
            self._decoder = _UTF8() if event.opcode is Opcode.TEXT else None
        self.fault = None if event.fin else (CloseCode.PROTOCOL_ERROR, "a close within a message")
        if self._decoder is not None:
            try:
                self._decoder.decode(event.data, final=event.fin)
            except UnicodeDecodeError as error:
                self.fault = CloseCode.INVALID_DATA, str(error)


_UTF8 = codecs.getincrementaldecoder("utf-8")


def closed_by(error: Exception, fault: tuple[CloseCode, str] | None) -> Closed:
    """Return the close of a connection. The library treats 1001 and 1005 as clean; here they are not special.

    What is wrong with the last message, if anything, comes with the close code for it.
    """
    if isinstance(error, TimeoutError) or isinstance(error.__cause__, BlockingIOError | ssl.SSLWantWriteError):
        return Closed(None, "the server takes nothing more", stalled=True)
    if not isinstance(error, ConnectionClosed):
        return Closed(None, str(error))
    cause = error.__cause__
    if (code := _CODES.get(type(cause).__name__)) is not None:
        # The received data is invalid, whatever close code follows: perhaps a close within a message.
        return Closed(code, f"{cause} ({error})")
    if fault is not None and error.rcvd is not None:
        return Closed(fault[0], f"{fault[1]} ({error})")
    by_server = error.rcvd is not None and (error.sent is None or error.rcvd_then_sent)
    close = error.rcvd if by_server else error.sent
    if close is None or (not by_server and close.code == CloseCode.NORMAL_CLOSURE):
        return Closed(None, "the connection was lost")
    return Closed(close.code, close.reason)


_CODES = {
    "PayloadTooBig": CloseCode.MESSAGE_TOO_BIG,
    "ProtocolError": CloseCode.PROTOCOL_ERROR,
    "TooManyFragments": CloseCode.MESSAGE_TOO_BIG,
    "UnicodeDecodeError": CloseCode.INVALID_DATA,
}
"""The close codes of the library (RFC 6455 section 7.4.1) by exception; not all of its versions have all."""
