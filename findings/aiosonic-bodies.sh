#!/bin/sh
# aiosonic 1.3.3 on three ways that HTTP/1.1 frames a response, beside pycurl 7.49.0, which reads each:
#   a body that the end of the connection ends (RFC 9112 section 6.3): `content()` is empty, with no error, however much came;
#   103 Early Hints before the response (RFC 8297): it is the response, with an empty body;
#   `read_chunks()` of a body with a Content-Length: ValueError; it takes chunks from the wire that are not there, as with an extension
#   behind the size of a chunk, which a recipient must be able to skip (RFC 9112 section 7.1.1).
# Exits 0 while that is so, 1 when something of it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import io
from importlib.metadata import version

import aiosonic
import pycurl

RESPONSES = {
    "until the end of the connection": b"HTTP/1.1 200 OK\r\n\r\n0123456789",
    "after Early Hints": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789",
    "Content-Length": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789",
    "chunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
    "chunked, an extension": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na;b=c\r\n0123456789\r\n0\r\n\r\n",
}


async def by_aiosonic(url, in_chunks):
    async with aiosonic.HTTPClient() as client:
        try:
            response = await client.get(url)
            if in_chunks:
                return response.status_code, b"".join([chunk async for chunk in response.read_chunks()])
            return response.status_code, await response.content()
        except Exception as error:
            return type(error).__name__


def by_curl(url):
    buffer, curl = io.BytesIO(), pycurl.Curl()
    curl.setopt(curl.URL, url)
    curl.setopt(curl.WRITEDATA, buffer)
    curl.perform()
    return curl.getinfo(curl.RESPONSE_CODE), buffer.getvalue()


async def main():
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(given)
        writer.close()

    print(f"aiosonic {version('aiosonic')}, pycurl {version('pycurl')}")
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
        for name, given in RESPONSES.items():
            print(name)
            print("  aiosonic, content():", await by_aiosonic(url, False))
            print("  aiosonic, read_chunks():", await by_aiosonic(url, True))
            print("  pycurl:", await asyncio.to_thread(by_curl, url))


asyncio.run(main())
PYTHON
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check aiosonic==1.3.3 pycurl==7.49.0
"$folder/env/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TEXT'
aiosonic 1.3.3, pycurl 7.49.0
until the end of the connection
  aiosonic, content(): (200, b'')
  aiosonic, read_chunks(): IncompleteReadError
  pycurl: (200, b'0123456789')
after Early Hints
  aiosonic, content(): (103, b'')
  aiosonic, read_chunks(): ValueError
  pycurl: (200, b'0123456789')
Content-Length
  aiosonic, content(): (200, b'0123456789')
  aiosonic, read_chunks(): ValueError
  pycurl: (200, b'0123456789')
chunked
  aiosonic, content(): (200, b'0123456789')
  aiosonic, read_chunks(): (200, b'0123456789')
  pycurl: (200, b'0123456789')
chunked, an extension
  aiosonic, content(): ValueError
  aiosonic, read_chunks(): ValueError
  pycurl: (200, b'0123456789')
TEXT
diff "$folder/expected.txt" "$folder/seen.txt"
