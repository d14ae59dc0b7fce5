#!/bin/sh
# HTTP/2 over TLS by httpx 0.28.1 and by httpx2 2.16.2, in asyncio. Five requests wait for their answers on a connection; a
# sixth begins on it and is cancelled some turns of the event loop later, as a task group does with those beside a task that
# failed. At one certain turn (httpx the sixth, httpx2 the first) all five fail with a ReadError, as if the network had: what
# is to be sent has been taken from h2 and from the TLS object, the write gives way to other tasks once before it hands that
# to the transport, and the cancelled one never does. The server misses a TLS record, and ends the connection.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    "httpx[http2]==0.28.1" "httpx2[http2]==2.16.2" "anyio==4.16.0" "granian==2.8.9" "trustme==1.2.1"
cat >"$folder/app.py" <<'PYTHON'
import asyncio


async def app(scope, receive, send):
    if scope["type"] == "http":
        await asyncio.sleep(0.3 if scope["path"] == "/slow" else 0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"whole"})
PYTHON
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import socket
import ssl
import subprocess
import sys
from collections import Counter

import httpx
import httpx2
import trustme

folder = sys.argv[1]
authority = trustme.CA()
issued = authority.issue_cert("127.0.0.1")
issued.private_key_pem.write_to_path(f"{folder}/key.pem")
for each in issued.cert_chain_pems:
    each.write_to_path(f"{folder}/chain.pem", append=True)
context = ssl.create_default_context()
authority.configure_trust(context)
with socket.create_server(("127.0.0.1", 0)) as free:
    url = f"https://127.0.0.1:{free.getsockname()[1]}"
command = ["--interface", "asgi", "--port", url.rpartition(":")[2], "--no-ws", "--log-level", "error"]
command += ["--ssl-certificate", f"{folder}/chain.pem", "--ssl-keyfile", f"{folder}/key.pem", "app:app"]
server = subprocess.Popen([sys.executable, "-m", "granian", *command], cwd=folder)


async def beside(library, turns):
    """Return how five requests end beside one that is cancelled after so many turns of the event loop."""
    async with library.AsyncClient(http2=True, verify=context, timeout=10) as client:
        for _ in range(100):
            try:
                assert (await client.get(url)).http_version == "HTTP/2"
                break
            except library.ConnectError:  # the server is about to come up
                await asyncio.sleep(0.1)
        waiting = [asyncio.create_task(client.get(f"{url}/slow")) for _ in range(5)]
        await asyncio.sleep(0.1)
        cancelled = asyncio.create_task(client.get(url))
        for _ in range(turns):
            await asyncio.sleep(0)
        cancelled.cancel()
        ends = await asyncio.gather(*waiting, return_exceptions=True)
    return Counter(type(end).__name__ if isinstance(end, Exception) else end.text for end in ends)


async def main():
    harm = {}
    for library in (httpx, httpx2):
        ends = {turns: await beside(library, turns) for turns in range(12)}
        harm[library] = {turns: dict(end) for turns, end in ends.items() if end != {"whole": 5}}
        print(f"{library.__name__} {library.__version__}, the five beside one cancelled after so many turns: {harm[library]}")
    return all(
        found and not {how for ends in found.values() for how in ends} - {"ReadError", "WriteError", "whole"}
        for found in harm.values()
    )


try:
    as_known = asyncio.run(main())
finally:
    server.terminate()
    server.wait()
sys.exit(not as_known)
PYTHON
"$folder/env/bin/python" "$folder/seen.py" "$folder"
