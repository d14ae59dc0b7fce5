#!/bin/sh
# One text in gzip, whose header Content-Encoding says so in ways that HTTP allows. Who undoes it, and who hands out the
# compressed bytes as the body, with no error:
#   "gzip "       whitespace after a value is no part of it (RFC 9112 section 5.1): requests 2.34.2 and urllib3 2.8.0 hand out gzip
#   "gzip,"       empty elements of a list are to be ignored (RFC 9110 section 5.6.1.2): aiohttp 3.14.5 hands out gzip, requests
#                 and urllib3 raise
#   "x-gzip"      is the same as gzip (RFC 9110 section 8.4.1.3): httpx 0.28.1, httpx2 2.16.2 and aiohttp hand out gzip
#   "gzip, br"    several codings, the last applied first (RFC 9110 section 8.4): aiohttp hands out Brotli
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
import brotli
import httpx
import httpx2
import requests
import urllib3

TEXT = b"the same text, " * 10
GZIP = gzip.compress(TEXT)
BODIES = {"gzip": GZIP, "gzip ": GZIP, "gzip,": GZIP, "x-gzip": GZIP, "gzip, br": brotli.compress(GZIP)}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        coding, body = list(BODIES.items())[int(self.path[1:])]
        self.send_response(200)
        self.send_header("content-encoding", coding)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def by_aiohttp(url):
    async def main():
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return await response.read()

    return asyncio.run(main())


CLIENTS = {
    f"httpx {httpx.__version__}": lambda url: httpx.get(url).content,
    f"httpx2 {httpx2.__version__}": lambda url: httpx2.get(url).content,
    f"requests {requests.__version__}": lambda url: requests.get(url).content,
    f"urllib3 {urllib3.__version__}": lambda url: urllib3.PoolManager().request("GET", url).data,
    f"aiohttp {aiohttp.__version__}": by_aiohttp,
}
server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
for number, (coding, body) in enumerate(BODIES.items()):
    for name, read in CLIENTS.items():
        try:
            found = read(f"http://127.0.0.1:{server.server_port}/{number}")
        except Exception as error:
            said = type(error).__name__
        else:
            said = "the text" if found == TEXT else "the compressed bytes" if found == body else "other bytes"
        print(f'"{coding}": {name}: {said}')
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    httpx==0.28.1 httpx2==2.16.2 requests==2.34.2 urllib3==2.8.0 aiohttp==3.14.5 brotli==1.2.1
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
"gzip": httpx 0.28.1: the text
"gzip": httpx2 2.16.2: the text
"gzip": requests 2.34.2: the text
"gzip": urllib3 2.8.0: the text
"gzip": aiohttp 3.14.5: the text
"gzip ": httpx 0.28.1: the text
"gzip ": httpx2 2.16.2: the text
"gzip ": requests 2.34.2: the compressed bytes
"gzip ": urllib3 2.8.0: the compressed bytes
"gzip ": aiohttp 3.14.5: the text
"gzip,": httpx 0.28.1: the text
"gzip,": httpx2 2.16.2: the text
"gzip,": requests 2.34.2: ContentDecodingError
"gzip,": urllib3 2.8.0: DecodeError
"gzip,": aiohttp 3.14.5: the compressed bytes
"x-gzip": httpx 0.28.1: the compressed bytes
"x-gzip": httpx2 2.16.2: the compressed bytes
"x-gzip": requests 2.34.2: the text
"x-gzip": urllib3 2.8.0: the text
"x-gzip": aiohttp 3.14.5: the compressed bytes
"gzip, br": httpx 0.28.1: the text
"gzip, br": httpx2 2.16.2: the text
"gzip, br": requests 2.34.2: the text
"gzip, br": urllib3 2.8.0: the text
"gzip, br": aiohttp 3.14.5: the compressed bytes
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
