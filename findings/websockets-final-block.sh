#!/bin/sh
# Two WebSocket messages under permessage-deflate, each compressed as a DEFLATE block with BFINAL set to 1 and a byte 0x00 after
# it, which RFC 7692 section 7.2.3.4 allows (its own example is the first message here, "Hello"). What clients hand out:
#   aiohttp 3.14.5                       both
#   websockets 17.4, sync and asyncio    the first; every one after it is an empty text, with no error
#   niquests 3.21.2                      the first; then None, which says that the connection is at its end
# A decompressor of zlib that has come to its end takes nothing more, and says nothing.
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
import zlib
from importlib.metadata import version

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
listening = socket.create_server(("127.0.0.1", 0))
URL = f"ws://127.0.0.1:{listening.getsockname()[1]}/"


def message(text):
    compressor = zlib.compressobj(wbits=-15)
    data = compressor.compress(text) + compressor.flush(zlib.Z_FINISH) + b"\x00"
    return bytes((0xC1, len(data))) + data


assert message(b"Hello")[2:] == bytes.fromhex("f348cdc9c9070000"), "the example of RFC 7692 section 7.2.3.4"


def serve():
    while True:
        sock, _ = listening.accept()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        assert b"permessage-deflate" in head
        key = next(line.split(b": ", 1)[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n")
        sock.sendall(b"sec-websocket-extensions: permessage-deflate\r\nsec-websocket-accept: " + accept + b"\r\n\r\n")
        sock.sendall(message(b"Hello") + message(b"world") + message(b"again") + b"\x88\x02\x03\xe8")
        while sock.recv(4096):
            pass
        sock.close()


def by_websockets():
    from websockets.sync.client import connect

    with connect(URL, proxy=None) as connection:
        return list(connection)


async def by_websockets_asyncio():
    from websockets.asyncio.client import connect

    async with connect(URL, proxy=None) as connection:
        return [each async for each in connection]


async def by_aiohttp():
    import aiohttp

    async with aiohttp.ClientSession() as session, session.ws_connect(URL, compress=15) as connection:
        return [each.data async for each in connection]


def by_niquests():
    import niquests

    with niquests.Session() as session:
        return list(iter(session.get(URL).extension.next_payload, None))


threading.Thread(target=serve, daemon=True).start()
print(f"aiohttp {version('aiohttp')}: {asyncio.run(by_aiohttp())}")
print(f"websockets {version('websockets')}, sync: {by_websockets()}")
print(f"websockets {version('websockets')}, asyncio: {asyncio.run(by_websockets_asyncio())}")
print(f"niquests {version('niquests')}: {by_niquests()}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    websockets==17.4 aiohttp==3.14.5 "niquests[ws]==3.21.2"
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
aiohttp 3.14.5: ['Hello', 'world', 'again']
websockets 17.4, sync: ['Hello', '', '']
websockets 17.4, asyncio: ['Hello', '', '']
niquests 3.21.2: ['Hello']
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
