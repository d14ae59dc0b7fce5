#!/bin/sh
# A step of an HTTP body that is given too little time, asyncio.wait_for(anext(...), 0.05), on ten pieces 0.1 s apart:
#   httpx 0.28.1, aiter_bytes(): the iteration ends at the next step as if the body had, with no error, after a tenth of it;
#   aiohttp 3.13.2, content.iter_any(): the next step goes on where the cancelled one was, and all of it comes.
# An async generator that is cancelled in a step is finished, and says so as it says that there is no more.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check "httpx==0.28.1" "aiohttp==3.13.2"
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import sys

import aiohttp
import httpx


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    for _ in range(10):
        writer.write(b"3e8\r\n" + bytes(1000) + b"\r\n")
        await asyncio.sleep(0.1)
    writer.write(b"0\r\n\r\n")
    writer.close()


async def limited(steps):
    """Return how many bytes come in steps of 50 ms, and how it ends."""
    size = 0
    while True:
        try:
            size += len(await asyncio.wait_for(anext(steps), 0.05))
        except TimeoutError:
            continue
        except StopAsyncIteration:
            return f"{size} bytes, then the end"
        except Exception as error:
            return f"{size} bytes, then {type(error).__name__}"


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
    async with httpx.AsyncClient() as client, client.stream("GET", url) as response:
        by_httpx = await limited(response.aiter_bytes())
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        by_aiohttp = await limited(aiter(response.content.iter_any()))
    print(f"httpx {httpx.__version__}: {by_httpx}")
    print(f"aiohttp {aiohttp.__version__}: {by_aiohttp}")
    sys.exit(by_httpx != "1000 bytes, then the end" or by_aiohttp != "10000 bytes, then the end")


asyncio.run(main())
PYTHON
"$folder/env/bin/python" "$folder/seen.py"
