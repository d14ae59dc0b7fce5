#!/bin/sh
# HTTP bodies whose framing is whole and whose content coding stops before its end, as when a server dies behind a proxy that
# compresses: 200, the announced number of bytes, or the last chunk; but no end of gzip (RFC 1952 section 2.3.1), zlib, Brotli
# or zstd (RFC 8878 section 3.1.1) in them. Who says that text is missing:
#   gzip, Brotli    nobody: not httpx 0.28.1, httpx2 2.16.2, requests 2.34.2, urllib3 2.8.0 or aiohttp 3.14.5
#   deflate         aiohttp alone
#   zstd            httpx and httpx2; urllib3 when it reads in one go; urllib3's stream() and requests, which reads by it, if the
#                   body is chunked, but not if it has a length; aiohttp never, and a frame that is cut is no text at all
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import gzip
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import brotli
import httpx
import httpx2
import requests
import urllib3
import zstandard

TEXT = b"".join(b"%d, " % number for number in range(2000))
CODINGS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, coding, framing, part = self.path.split("/")
        body = CODINGS[coding](TEXT)
        body = body[: len(body) * int(part) // 100]
        self.send_response(200)
        self.send_header("content-encoding", coding)
        self.send_header("connection", "close")
        if framing == "length":
            self.send_header("content-length", str(len(body)))
        else:
            self.send_header("transfer-encoding", "chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def by_urllib3_stream(url):
    with urllib3.PoolManager().request("GET", url, preload_content=False) as response:
        return b"".join(response.stream(decode_content=True))


def by_aiohttp(url):
    async def main():
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return await response.read()

    return asyncio.run(main())


CLIENTS = {
    f"httpx {httpx.__version__}": lambda url: httpx.get(url).content,
    f"httpx2 {httpx2.__version__}": lambda url: httpx2.get(url).content,
    f"requests {requests.__version__}": lambda url: requests.get(url).content,
    f"urllib3 {urllib3.__version__}, data": lambda url: urllib3.PoolManager().request("GET", url).data,
    f"urllib3 {urllib3.__version__}, stream": by_urllib3_stream,
    f"aiohttp {aiohttp.__version__}": by_aiohttp,
}


def said(read, url):
    try:
        found = read(url)
    except Exception as error:
        return type(error).__name__
    assert TEXT.startswith(found)
    return "whole" if found == TEXT else "short" if found else "empty"


server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
for name, read in CLIENTS.items():
    for coding in CODINGS:
        told = {framing: said(read, f"{url}/{coding}/{framing}/50") for framing in ("length", "chunked")}
        assert {said(read, f"{url}/{coding}/{framing}/100") for framing in told} == {"whole"}
        print(f"{name}: half of {coding}: " + ", ".join(f"{framing} {each}" for framing, each in told.items()))
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    httpx==0.28.1 httpx2==2.16.2 requests==2.34.2 urllib3==2.8.0 aiohttp==3.14.5 \
    brotli==1.2.1 zstandard==0.25.0 backports.zstd==1.8.0
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
httpx 0.28.1: half of gzip: length short, chunked short
httpx 0.28.1: half of deflate: length short, chunked short
httpx 0.28.1: half of br: length short, chunked short
httpx 0.28.1: half of zstd: length DecodingError, chunked DecodingError
httpx2 2.16.2: half of gzip: length short, chunked short
httpx2 2.16.2: half of deflate: length short, chunked short
httpx2 2.16.2: half of br: length short, chunked short
httpx2 2.16.2: half of zstd: length DecodingError, chunked DecodingError
requests 2.34.2: half of gzip: length short, chunked short
requests 2.34.2: half of deflate: length short, chunked short
requests 2.34.2: half of br: length short, chunked short
requests 2.34.2: half of zstd: length empty, chunked ContentDecodingError
urllib3 2.8.0, data: half of gzip: length short, chunked short
urllib3 2.8.0, data: half of deflate: length short, chunked short
urllib3 2.8.0, data: half of br: length short, chunked short
urllib3 2.8.0, data: half of zstd: length DecodeError, chunked DecodeError
urllib3 2.8.0, stream: half of gzip: length short, chunked short
urllib3 2.8.0, stream: half of deflate: length short, chunked short
urllib3 2.8.0, stream: half of br: length short, chunked short
urllib3 2.8.0, stream: half of zstd: length empty, chunked DecodeError
aiohttp 3.14.5: half of gzip: length short, chunked short
aiohttp 3.14.5: half of deflate: length ClientResponseError, chunked ClientResponseError
aiohttp 3.14.5: half of br: length short, chunked short
aiohttp 3.14.5: half of zstd: length empty, chunked empty
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
