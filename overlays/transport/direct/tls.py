"""TLS on one connection, with no I/O: bytes in, bytes out.

`ssl.SSLObject` between two buffers serves both shells, is faster than `SSLSocket`, and leaves the socket to them: a TCP
reset is recognised, and two threads need not take turns.
"""

from __future__ import annotations

import ssl
import threading

from .parsing import MOST_READ

_protocols = threading.Lock()
"""Held while the ALPN protocols of a context, which may be shared, are set and used."""


class TLS:
    """The client side of TLS with a host of this name."""

    def __init__(self, context: ssl.SSLContext, hostname: str) -> None:
        self._received, self._sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        with _protocols:
            context.set_alpn_protocols(["http/1.1"])
            self._object = context.wrap_bio(self._received, self._sent, server_hostname=hostname)
        self._failure: ssl.SSLError | None = None

    def shake_hands(self) -> bool:
        """Continue the handshake; returns whether it is done. Raises ssl.SSLError."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def to_send(self) -> bytes:
        """Return the bytes to send."""
        return self._sent.read()

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Return the bytes to send for this data."""
        self._object.write(data)
        return self.to_send()

    def receive(self, data: bytes) -> None:
        """Process received bytes; b"" is the end of the connection."""
        if data:
            self._received.write(data)
        else:
            self._received.write_eof()

    def decrypt(self) -> bytes | None:
        """Return the decrypted data, b"" at its end; None if there is none. Raises ssl.SSLError."""
        if self._failure is not None:
            raise self._failure
        parts: list[bytes] = []
        try:
            # One record at a time; one read may contain several.
            while data := self._object.read(MOST_READ):
                parts.append(data)
        except ssl.SSLWantReadError:
            return b"".join(parts) if parts else None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            pass
        except ssl.SSLError as error:
            self._failure = error
            if not parts:  # else the data before it is handed out first
                raise
        return b"".join(parts)
