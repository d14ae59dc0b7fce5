#!/bin/sh
# What clients say of three ends of a WebSocket, each after one whole message: a close frame with code 1014 (Bad Gateway, in IANA's
# registry of close codes), one without a code, which is told as 1005 (RFC 6455 section 7.1.5), and a connection that ends without
# a close frame, which is 1006 (the same section).
#   websockets 17.4     1014, 1005, 1006
#   aiohttp 3.14.5      1014; 1006 for the close without a code, as if the connection had been lost; 1006
#   httpx-ws 0.9.0      1002 for 1014, as if a peer had broken the protocol (wsproto 1.3.2 does not know the code); 1005; another error
#   niquests 3.21.2     next_payload() is None each time: nothing tells a lost connection from a clean close, and no code or reason
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import base64
import hashlib
import socket
import threading
from importlib.metadata import version

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ENDS = {"1014": b"\x88\x04\x03\xf6no", "no code": b"\x88\x00", "no close": b""}
listening = socket.create_server(("127.0.0.1", 0))
HOST = f"127.0.0.1:{listening.getsockname()[1]}"


def answer(sock):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    end = list(ENDS.values())[int(head.split()[1][1:])]
    key = next(line.split(b": ", 1)[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
    sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n")
    sock.sendall(b"sec-websocket-accept: " + accept + b"\r\n\r\n" + b"\x81\x03one" + end)
    if end:
        sock.recv(4096)  # the client's close frame, after which the server ends the connection (RFC 6455 section 7.1.1)
    sock.close()


def serve():
    while True:
        threading.Thread(target=answer, args=listening.accept()[:1], daemon=True).start()


def by_websockets(path):
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    with connect(f"ws://{HOST}{path}", proxy=None) as connection:
        assert connection.recv() == "one"
        try:
            connection.recv()
        except ConnectionClosed:
            return f"code {int(connection.close_code)}"


def by_aiohttp(path):
    import aiohttp

    async def main():
        async with aiohttp.ClientSession() as session, session.ws_connect(f"http://{HOST}{path}") as connection:
            assert [each.data async for each in connection] == ["one"]
            return f"code {int(connection.close_code)}"

    return asyncio.run(main())


def by_httpx_ws(path):
    import httpx
    from httpx_ws import HTTPXWSException, WebSocketDisconnect, connect_ws

    with httpx.Client() as client, connect_ws(f"http://{HOST}{path}", client) as connection:
        assert connection.receive_text(5) == "one"
        try:
            connection.receive_text(5)
        except WebSocketDisconnect as error:
            return f"code {int(error.code)}"
        except HTTPXWSException as error:
            return type(error).__name__


def by_niquests(path):
    import niquests

    with niquests.Session() as session:
        connection = session.get(f"ws://{HOST}{path}").extension
        assert connection.next_payload() == "one"
        return repr(connection.next_payload())


threading.Thread(target=serve, daemon=True).start()
for package, look in {
    "websockets": by_websockets,
    "aiohttp": by_aiohttp,
    "httpx-ws": by_httpx_ws,
    "niquests": by_niquests,
}.items():
    for number, end in enumerate(ENDS):
        print(f"{package} {version(package)}, {end}: {look(f'/{number}')}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    websockets==17.4 aiohttp==3.14.5 httpx-ws==0.9.0 wsproto==1.3.2 "niquests[ws]==3.21.2"
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
websockets 17.4, 1014: code 1014
websockets 17.4, no code: code 1005
websockets 17.4, no close: code 1006
aiohttp 3.14.5, 1014: code 1014
aiohttp 3.14.5, no code: code 1006
aiohttp 3.14.5, no close: code 1006
httpx-ws 0.9.0, 1014: code 1002
httpx-ws 0.9.0, no code: code 1005
httpx-ws 0.9.0, no close: WebSocketNetworkError
niquests 3.21.2, 1014: None
niquests 3.21.2, no code: None
niquests 3.21.2, no close: None
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
