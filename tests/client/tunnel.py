"""A proxy on loopback, as small as one can be that real clients go by: HTTP (RFC 9110 section 9.3.6) and SOCKS5."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from .peers import Listener


class Tunnel(Listener):
    """Told apart by their first byte. It alone knows the names it is asked for: each leads to this machine."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.asked: list[tuple[str, str, str]] = []
        """What each connection asked for: how, for which host, and as whom."""

    def serve(self, sock: socket.socket) -> None:
        first = sock.recv(1)
        port, head = self._socks5(sock) if first == b"\5" else self._http(sock, first)
        with socket.create_connection(("127.0.0.1", port)) as far:
            far.sendall(head)
            other = threading.Thread(target=self._pass_on, args=(far, sock), daemon=True)
            other.start()
            self._pass_on(sock, far)
            other.join(10)

    def _http(self, sock: socket.socket, head: bytes) -> tuple[int, bytes]:
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        logins = [
            base64.b64decode(line.split(b" ")[-1]).decode()
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"proxy-authorization:")
        ]
        url = urlsplit(f"//{target}" if method == "CONNECT" else target)
        self.asked.append((method, url.hostname or "", "".join(logins)))
        if method == "CONNECT":
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            head = b""
        return url.port or 80, head

    def _socks5(self, sock: socket.socket) -> tuple[int, bytes]:
        methods, login = sock.recv(sock.recv(1)[0]), ""
        wants_login = 2 in methods
        sock.sendall(b"\5\2" if wants_login else b"\5\0")
        if wants_login:  # RFC 1929
            sock.recv(1)
            login = ":".join(sock.recv(sock.recv(1)[0]).decode() for _ in range(2))
            sock.sendall(b"\1\0")
        kind = sock.recv(4)[3]
        host = sock.recv(sock.recv(1)[0]).decode() if kind == 3 else socket.inet_ntop(*_FAMILIES[kind](sock))
        port = int.from_bytes(sock.recv(2))
        self.asked.append(("SOCKS5 name" if kind == 3 else "SOCKS5 address", host, login))
        sock.sendall(b"\5\0\0\1" + bytes(6))
        return port, b""

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


_FAMILIES = {
    1: lambda sock: (socket.AF_INET, sock.recv(4)),
    4: lambda sock: (socket.AF_INET6, sock.recv(16)),
}
