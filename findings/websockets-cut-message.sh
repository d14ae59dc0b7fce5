#!/bin/sh
# A WebSocket server sends the first fragment of a message, and then a close frame with code 1000: a control frame may come
# between fragments (RFC 6455 section 5.4), and the rest of the message never comes. What clients for Python say of it:
#   websockets 17.4, sync and asyncio    ConnectionClosedError: an incomplete fragmented message, "then sent 1002"
#   aiohttp 3.14.5                       iteration ends, close code 1000, no exception
#   websocket-client 1.9.0               opcode 8 with code 1000
#   httpx-ws 0.9.0 (on wsproto)          WebSocketDisconnect with code 1000
# The last three tell it as they tell a close after whole messages, and none of them hands out the fragment: with them a
# clean close does not prove that all came. Exits 0 while that is so, 1 when something of it has changed.
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

listening = socket.create_server(("127.0.0.1", 0))
URL = f"ws://127.0.0.1:{listening.getsockname()[1]}/"
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def serve():
    while True:
        sock, _ = listening.accept()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        key = next(line.split(b": ", 1)[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n")
        sock.sendall(b"sec-websocket-accept: " + accept + b"\r\n\r\n")
        sock.sendall(b"\x02\x04half" + b"\x88\x02\x03\xe8")
        while sock.recv(4096):
            pass
        sock.close()


threading.Thread(target=serve, daemon=True).start()


def with_websockets():
    from websockets.asyncio.client import connect as aconnect
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    def told(error):
        return f"{type(error).__name__}: {error}"

    with connect(URL, proxy=None) as connection:
        try:
            said = f"ends after {len(list(connection))} messages"
        except ConnectionClosed as error:
            said = told(error)

    async def main():
        async with aconnect(URL, proxy=None) as connection:
            try:
                return f"ends after {len([each async for each in connection])} messages"
            except ConnectionClosed as error:
                return told(error)

    return f"sync {said}", f"asyncio {asyncio.run(main())}"


def with_aiohttp():
    import aiohttp

    async def main():
        async with aiohttp.ClientSession() as session, session.ws_connect(URL) as connection:
            found = [each async for each in connection]
            return (f"ends after {len(found)} messages, close code {connection.close_code}, {connection.exception()}",)

    return asyncio.run(main())


def with_websocket_client():
    import websocket

    connection = websocket.create_connection(URL)
    opcode, data = connection.recv_data()
    return (f"opcode {opcode}, {data!r}",)


def with_httpx_ws():
    import httpx
    from httpx_ws import WebSocketDisconnect, connect_ws

    with httpx.Client() as client, connect_ws(URL.replace("ws", "http", 1), client) as connection:
        try:
            return (repr(connection.receive_bytes(5)),)
        except WebSocketDisconnect as error:
            return (f"{type(error).__name__}, code {error.code}",)


for package, look in {
    "websockets": with_websockets,
    "aiohttp": with_aiohttp,
    "websocket-client": with_websocket_client,
    "httpx-ws": with_httpx_ws,
}.items():
    for line in look():
        print(f"{package} {version(package)}: {line}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    websockets==17.4 aiohttp==3.14.5 websocket-client==1.9.0 httpx-ws==0.9.0
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
websockets 17.4: sync ConnectionClosedError: received 1000 (OK); then sent 1002 (protocol error) incomplete fragmented message
websockets 17.4: asyncio ConnectionClosedError: received 1000 (OK); then sent 1002 (protocol error) incomplete fragmented message
aiohttp 3.14.5: ends after 0 messages, close code 1000, None
websocket-client 1.9.0: opcode 8, b'\x03\xe8'
httpx-ws 0.9.0: WebSocketDisconnect, code 1000
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
