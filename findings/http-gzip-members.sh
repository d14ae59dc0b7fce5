#!/bin/sh
# An HTTP body in the coding gzip that has two members: "a gzip file consists of a series of members" (RFC 1952 section 2.2, which
# RFC 9110 section 8.4.1.3 takes as the definition of the coding). Servers that compress piece by piece send them.
#   httpx 0.28.1 and httpx2 2.16.2 hand out the first member as the whole body, with no error, in one read as in a stream;
#   requests 2.34.2, urllib3 2.8.0 and aiohttp 3.14.5 hand out both.
# Two frames of zstd, which RFC 8878 section 3 allows in the same way, are read whole by all of them.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import httpx2
import requests
import urllib3
import zstandard

HALVES = b"first half, ", b"second half"
BODIES = {
    "gzip": b"".join(map(gzip.compress, HALVES)),
    "zstd": b"".join(map(zstandard.compress, HALVES)),
}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        coding = self.path[1:]
        self.send_response(200)
        self.send_header("content-encoding", coding)
        self.send_header("content-length", str(len(BODIES[coding])))
        self.end_headers()
        self.wfile.write(BODIES[coding])

    def log_message(self, *args):
        pass


def by_stream(module, url):
    with module.stream("GET", url) as response:
        return b"".join(response.iter_bytes(5))


def by_aiohttp(url):
    async def main():
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return await response.read()

    return asyncio.run(main())


server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
for coding in BODIES:
    url = f"http://127.0.0.1:{server.server_port}/{coding}"
    for name, read in {
        f"httpx {httpx.__version__}": lambda: httpx.get(url).content,
        f"httpx {httpx.__version__}, stream": lambda: by_stream(httpx, url),
        f"httpx2 {httpx2.__version__}": lambda: httpx2.get(url).content,
        f"httpx2 {httpx2.__version__}, stream": lambda: by_stream(httpx2, url),
        f"requests {requests.__version__}": lambda: requests.get(url).content,
        f"urllib3 {urllib3.__version__}": lambda: urllib3.PoolManager().request("GET", url).data,
        f"aiohttp {aiohttp.__version__}": lambda: by_aiohttp(url),
    }.items():
        print(f"{coding}: {name}: {read()}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    httpx==0.28.1 httpx2==2.16.2 requests==2.34.2 urllib3==2.8.0 aiohttp==3.14.5 zstandard==0.25.0 backports.zstd==1.8.0
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
gzip: httpx 0.28.1: b'first half, '
gzip: httpx 0.28.1, stream: b'first half, '
gzip: httpx2 2.16.2: b'first half, '
gzip: httpx2 2.16.2, stream: b'first half, '
gzip: requests 2.34.2: b'first half, second half'
gzip: urllib3 2.8.0: b'first half, second half'
gzip: aiohttp 3.14.5: b'first half, second half'
zstd: httpx 0.28.1: b'first half, second half'
zstd: httpx 0.28.1, stream: b'first half, second half'
zstd: httpx2 2.16.2: b'first half, second half'
zstd: httpx2 2.16.2, stream: b'first half, second half'
zstd: requests 2.34.2: b'first half, second half'
zstd: urllib3 2.8.0: b'first half, second half'
zstd: aiohttp 3.14.5: b'first half, second half'
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
