#!/bin/sh
# An event stream may begin with a byte order mark, which is no part of it: stream = [ bom ] *event, and "UTF-8 decode" takes it
# off (WHATWG HTML, "Server-sent events", sections "Parsing an event stream" and "Interpreting an event stream").
#   httpx-sse 0.4.3, requests-sse 0.5.3, sseclient-py 1.9.0 and aiohttp-sse-client2 0.3.0 take it for the beginning of the name
#   of the first field, which nobody knows then: of three events the first is lost, with no error. If its first line is
#   `event: error`, the event comes, as an ordinary message.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

MARK = b"\xef\xbb\xbf"
STREAMS = {
    "/plain": b"data: 1\n\ndata: 2\n\ndata: last\n\n",
    "/marked": MARK + b"data: 1\n\ndata: 2\n\ndata: last\n\n",
    "/named": MARK + b"event: error\ndata: 1\n\ndata: last\n\n",
}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.wfile.write(STREAMS[self.path])

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}"


def by_httpx_sse(url):
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client(trust_env=False) as client, connect_sse(client, "GET", url) as source:
        for event in source.iter_sse():
            yield event.event, event.data


def by_requests_sse(url):
    from requests_sse import EventSource

    with EventSource(url) as source:
        for event in source:
            yield event.type, event.data


def by_sseclient_py(url):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)).events():
        yield event.event, event.data


def by_aiohttp_sse_client2(url):
    from aiohttp_sse_client2.client import EventSource

    async def main():
        found = []
        async with EventSource(url) as source:
            async for event in source:
                found.append((event.type, event.data))
                if event.data == "last":
                    return found

    yield from asyncio.run(main())


for package, read in {
    "httpx-sse": by_httpx_sse,
    "requests-sse": by_requests_sse,
    "sseclient-py": by_sseclient_py,
    "aiohttp-sse-client2": by_aiohttp_sse_client2,
}.items():
    for path in STREAMS:
        found = []
        for kind, data in read(URL + path):
            found.append(f"{kind or 'message'} {data}")
            if data == "last":
                break
        print(f"{package} {version(package)} {path}: {', '.join(found)}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    httpx==0.28.1 httpx-sse==0.4.3 requests-sse==0.5.3 sseclient-py==1.9.0 aiohttp==3.14.5 aiohttp-sse-client2==0.3.0
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
httpx-sse 0.4.3 /plain: message 1, message 2, message last
httpx-sse 0.4.3 /marked: message 2, message last
httpx-sse 0.4.3 /named: message 1, message last
requests-sse 0.5.3 /plain: message 1, message 2, message last
requests-sse 0.5.3 /marked: message 2, message last
requests-sse 0.5.3 /named: message 1, message last
sseclient-py 1.9.0 /plain: message 1, message 2, message last
sseclient-py 1.9.0 /marked: message 2, message last
sseclient-py 1.9.0 /named: message 1, message last
aiohttp-sse-client2 0.3.0 /plain: message 1, message 2, message last
aiohttp-sse-client2 0.3.0 /marked: message 2, message last
aiohttp-sse-client2 0.3.0 /named: message 1, message last
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
