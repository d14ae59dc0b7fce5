#!/bin/sh
# urllib3 2.8.0: `stream()` of one and the same answer in gzip, as it comes and with `decode_content=None`, its default.
#   a body with a length is decoded; a chunked one, which says the same (RFC 9112 section 7.1: chunks are framing, and no more), is
#   handed out as it is compressed, with no error. `data`, `read(n)` and `read1()` decode both, as the pool was asked to.
# `read_chunked`, which `stream` calls, takes None for False, where `read` takes it for the setting of the response.
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

TEXT = b"the same text, " * 10


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = gzip.compress(TEXT)
        self.send_response(200)
        self.send_header("content-encoding", "gzip")
        if self.path == "/length":
            self.send_header("content-length", str(len(body)))
        else:
            self.send_header("transfer-encoding", "chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def pieces(read):
    return b"".join(iter(read, b""))


server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
pool = urllib3.PoolManager()
for name, read in {
    "data": lambda response: response.data,
    "read(32)": lambda response: pieces(lambda: response.read(32)),
    "read1()": lambda response: pieces(response.read1),
    "stream(32)": lambda response: b"".join(response.stream(32)),
    "stream(32, decode_content=True)": lambda response: b"".join(response.stream(32, decode_content=True)),
}.items():
    said = []
    for framing in ("length", "chunked"):
        url = f"http://127.0.0.1:{server.server_port}/{framing}"
        with pool.request("GET", url, preload_content=False) as response:
            found = read(response)
        said.append(framing + (" decoded" if found == TEXT else " compressed" if gzip.decompress(found) == TEXT else " ?"))
    print(f"urllib3 {urllib3.__version__}, {name}: {', '.join(said)}")
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check urllib3==2.8.0
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
urllib3 2.8.0, data: length decoded, chunked decoded
urllib3 2.8.0, read(32): length decoded, chunked decoded
urllib3 2.8.0, read1(): length decoded, chunked decoded
urllib3 2.8.0, stream(32): length decoded, chunked compressed
urllib3 2.8.0, stream(32, decode_content=True): length decoded, chunked decoded
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
