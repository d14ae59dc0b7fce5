"""Raw and streaming access: the response itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import httpx
from shared import digest, outcome, show

import lmnt
from lmnt import Lmnt

client = Lmnt()
raw = client.voices.with_raw_response.retrieve("leah")
show("class", type(raw).__name__, isinstance(raw, lmnt.APIResponse))
show(
    "facts",
    raw.status_code,
    raw.method,
    raw.http_version,
    raw.is_closed,
    raw.retries_taken,
    raw.elapsed.total_seconds() > 0,
)
show("URL", type(raw.url).__name__, raw.url.path)
show("request", type(raw.http_request).__name__, raw.http_request.method, raw.http_request.url == raw.url)
show("response", type(raw.http_response).__name__, raw.http_response.json()["id"], raw.http_response.is_closed)
show("headers", raw.headers["content-type"], raw.headers.get("Request-Id") == raw.request_id)
show("parse", raw.parse().id, raw.parse() is raw.parse(), raw.parse().request_id == raw.request_id)
show("read", raw.read() == raw.text().encode(), raw.json()["id"])
show("parse as dict", sorted(raw.parse(to=dict[str, object]))[:2], sorted(raw.parse(to=object))[:2])
show("parse as text", raw.parse(to=str)[:1], raw.parse(to=httpx.Response).status_code)
show("whole client", client.with_raw_response.voices.list().status_code)


class Named(lmnt.BaseModel):
    """A model of the application's own."""

    id: str
    name: str
    colour: str | None = None


named = raw.parse(to=Named)
show("own model", type(named).__name__, named.id, named.name, named.colour, named.request_id == raw.request_id)
show("own model as dict", named.to_dict()["id"], "colour" in named.to_dict(), "owner" in named.to_dict())
show("own model made by hand", Named(id="a", name="b").to_dict())

speech: dict[str, Any] = {"text": "One. Two. Three.", "voice": "leah", "format": "pcm_s16le"}
whole = client.speech.generate(**speech)
show("audio", type(whole).__name__, digest(whole.read()), whole.status_code, whole.headers["content-type"])
show("audio again", whole.read() == whole.parse() == b"".join(whole.iter_bytes()), whole.is_closed)
show("audio in pieces", [len(piece) for piece in whole.iter_bytes(chunk_size=20_000)][:2])
show("audio raw", type(client.speech.with_raw_response.generate(**speech)).__name__)
folder = Path(tempfile.mkdtemp())
whole.write_to_file(folder / "whole.raw")
show("file", digest((folder / "whole.raw").read_bytes()))
show("no such folder", outcome(lambda: whole.write_to_file(folder / "none" / "whole.raw")))
show("device", outcome(lambda: whole.write_to_file(os.devnull)))
(folder / "link.raw").symlink_to(folder / "target.raw")
whole.write_to_file(os.fsencode(folder / "link.raw"))
show("link", (folder / "link.raw").is_symlink(), digest((folder / "target.raw").read_bytes()))
with client.speech.with_streaming_response.generate(**speech) as streamed:
    show("stream", type(streamed).__name__, streamed.status_code, streamed.is_closed, streamed.method)
    streamed.stream_to_file(str(folder / "stream.raw"), chunk_size=5_000)
show("stream closed", streamed.is_closed, digest((folder / "stream.raw").read_bytes()))
with client.speech.with_streaming_response.generate(**speech) as streamed:
    pieces = list(streamed.iter_bytes(10_000))
    show("pieces", len(pieces), len(pieces[0]), digest(b"".join(pieces)))
    show("twice", outcome(lambda: list(streamed.iter_bytes())))
    show("read after", outcome(streamed.read))
with client.voices.with_streaming_response.list() as listing:
    show("streamed list", type(listing).__name__, len(listing.parse()) > 1)
with client.voices.with_streaming_response.retrieve("leah") as retrieved:
    show("lines", [line[:1] for line in retrieved.iter_lines()])
with client.voices.with_streaming_response.retrieve("leah") as retrieved:
    show("text", "".join(retrieved.iter_text())[:1], retrieved.close(), retrieved.is_closed)
detailed = client.speech.generate_detailed(text="One two.", voice="leah", return_timestamps=True, format="mp3")
show("detailed", type(detailed).__name__, len(detailed.audio) > 1000, [each.text for each in detailed.timestamps or []])
show("timestamp", type((detailed.timestamps or [])[0]).__name__, (detailed.timestamps or [])[0].start)
