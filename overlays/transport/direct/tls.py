"""TLS on one connection, with no I/O: bytes in, bytes out.

`ssl.SSLObject` between two buffers serves both shells, takes less time than `SSLSocket`, and leaves the socket to
them: a TCP reset is seen as one, and two threads need not take turns.
"""

from __future__ import annotations

import ssl
import threading

from .parsing import MOST_READ

_protocols = threading.Lock()
"""Held while the protocols of a context, which may be shared, are set and taken."""


class TLS:
    """TLS of a client.

    Args:
        context: The settings.
        hostname: Whom the certificate must name.
    """

    def __init__(self, context: ssl.SSLContext, hostname: str) -> None:
        self._received, self._sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        with _protocols:
            context.set_alpn_protocols(["http/1.1"])
            self._object = context.wrap_bio(self._received, self._sent, server_hostname=hostname)
        self._failure: ssl.SSLError | None = None

    def shake_hands(self) -> bool:
        """Go on with the handshake; returns whether it is done. Raises ssl.SSLError."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def to_send(self) -> bytes:
        """Return what is to be sent."""
        return self._sent.read()

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Return what is to be sent for this data."""
        self._object.write(data)
        return self.to_send()

    def receive(self, data: bytes) -> None:
        """Take what has come; no byte at all is the end of the connection."""
        if data:
            self._received.write(data)
        else:
            self._received.write_eof()

    def decrypt(self) -> bytes | None:
        """Return the data that is here, b"" at its end; None if more must come. Raises ssl.SSLError."""
        if self._failure is not None:
            raise self._failure
        parts: list[bytes] = []
        try:
            # A record at a time, of which there are several in what is read at once.
            while data := self._object.read(MOST_READ):
                parts.append(data)
        except ssl.SSLWantReadError:
            return b"".join(parts) if parts else None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            pass
        except ssl.SSLError as error:
            self._failure = error
            if not parts:  # else what came before it is handed out first
                raise
        return b"".join(parts)
