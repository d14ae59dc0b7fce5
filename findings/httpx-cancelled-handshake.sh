#!/bin/sh
# A request that is cancelled while the server has accepted the connection and not yet answered the TLS ClientHello, and
# then its client closed, as `async with` does:
#   httpx 0.28.1 and httpx2 2.16.2: the connection stays open, until Python happens to collect it;
#   aiohttp 3.13.2: it is closed at once.
# httpcore and httpcore2 close the socket of a handshake that fails with an Exception, which asyncio.CancelledError is not,
# and the pool has not taken it yet. A handshake that runs into `timeout` is closed by all three.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    "httpx==0.28.1" "httpx2==2.16.2" "aiohttp==3.13.2" "anyio==4.16.0"
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import gc
import sys

import aiohttp
import httpx
import httpx2

gc.disable()  # when it comes of itself depends on what else a program does


async def by_aiohttp(url, seconds):
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_connect=seconds)) as session:
        await session.get(url)


def by(library):
    async def call(url, seconds):
        async with library.AsyncClient(timeout=seconds) as client:
            await client.get(url)

    return call


async def left_by(call, seconds):
    """Return whether the server sees the connection end in the second after the call, and after a collection."""
    came, ended = asyncio.Event(), asyncio.Event()

    async def silent(reader, writer):
        came.set()
        while await reader.read(65536):
            pass
        ended.set()
        writer.close()

    async def ends():
        try:
            await asyncio.wait_for(ended.wait(), 1)
        except TimeoutError:
            return False
        return True

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    task = asyncio.create_task(call("https://127.0.0.1:%d/" % server.sockets[0].getsockname()[1], seconds))
    await came.wait()
    await asyncio.sleep(0.2)
    if seconds > 1:
        task.cancel()
    await asyncio.wait([task])
    how = ["cancelled" if task.cancelled() else type(task.exception()).__name__, await ends()]
    del task
    gc.collect()
    return [*how, await ends()]


async def main():
    as_known = True
    for library, call in ((httpx, by(httpx)), (httpx2, by(httpx2)), (aiohttp, by_aiohttp)):
        for seconds in (30, 0.5):
            how, is_closed, is_closed_when_collected = await left_by(call, seconds)
            said = "closed" if is_closed else "open" + ", closed when collected" * is_closed_when_collected
            print(f"{library.__name__} {library.__version__}: {how}, then the connection is {said}")
            as_known &= is_closed == (how != "cancelled" or library is aiohttp)
    sys.exit(not as_known)


asyncio.run(main())
PYTHON
"$folder/env/bin/python" "$folder/seen.py"
