"""Arguments: what can be passed, in which forms, and what it becomes on the wire."""

from __future__ import annotations

import io
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import httpx
from shared import digest, outcome, show

import lmnt
from lmnt import NOT_GIVEN, Lmnt, file_from_path, not_given, omit
from lmnt.types import SpeechGenerateParams, VoiceCreateParams, VoiceListParams, VoiceUpdateParams

seen: list[httpx.Request] = []


def note(request: httpx.Request) -> None:
    """Keep a request with its body, before that is sent."""
    request.read()
    seen.append(request)


client = Lmnt(http_client=httpx.Client(event_hooks={"request": [note]}, timeout=20))


def last() -> httpx.Request:
    """Return the last request."""
    return seen[-1]


params: SpeechGenerateParams = {"text": "One.", "voice": "leah", "format": "pcm_s16le", "sample_rate": 8000}
show("params", digest(client.speech.generate(**params).read()))
show("params on the wire", json.loads(last().content), last().method, last().url.path)
show(
    "left out",
    digest(client.speech.generate(text="One.", voice="leah", language=omit, model=NOT_GIVEN, debug=not_given).read()),
)
show("left out on the wire", json.loads(last().content))
extras: dict[str, Any] = {"extra_headers": {"x-one": "1"}, "extra_query": {"q": True}, "extra_body": {"seed": 1}}
client.speech.generate(text="One.", voice="leah", **extras, timeout=lmnt.Timeout(20))
show("extras", last().headers["x-one"], last().url.query, json.loads(last().content))
client.voices.list(extra_query={"many": ["a", "b"]})
show("query of many", last().url.query)
show("headers", {name: last().headers[name] for name in ("accept", "lmnt-version", "x-lmnt-retry-count")})
show("key", last().headers["x-api-key"] == client.api_key)
show("own headers", sorted(name for name in last().headers if name.startswith("x-lmnt-")))
show("agent", last().headers["user-agent"].partition("/")[0])
client.speech.generate(text="One.", voice="leah")
show("accept", last().headers["accept"], last().headers["content-type"])
show("codings", last().headers["accept-encoding"])
client.voices.list(extra_headers={"accept-language": "de", "user-agent": omit})
show("header left out", last().headers["accept-language"], "user-agent" in last().headers)
client.with_options(default_headers={"X-One": "1"}).voices.list(extra_headers={"x-one": "2"})
show("header in another case", last().headers["x-one"])
defaults = client.with_options(default_query={"owner": "system", "q": "1"})
defaults.voices.list(owner="me", extra_query={"q": "2"})
show("default query", sorted(last().url.params.multi_items()))
defaults.voices.list()
show("default query alone", sorted(last().url.params.multi_items()))
show("query within a query", outcome(lambda: len(client.voices.list(extra_query={"a": {"b": 1}})) > 1))

wav = client.speech.generate(text="A recording of mine.", voice="leah", format="wav").read()
folder = Path(tempfile.mkdtemp())
(folder / "mine.wav").write_bytes(wav)
uploads: dict[str, Any] = {
    "bytes": wav,
    "path": folder / "mine.wav",
    "file": (folder / "mine.wav").open("rb"),
    "memory": io.BytesIO(wav),
    "named": ("mine.wav", wav),
    "typed": ("mine.wav", wav, "audio/wav"),
    "headed": ("mine.wav", wav, "audio/wav", {"x-part": "1"}),
    "from path": file_from_path(str(folder / "mine.wav")),
}
made = {}
for name, file in uploads.items():
    create: VoiceCreateParams = {"file": file, "name": name, "description": "ö", "tags": ["a", "b"]}
    made[name] = client.voices.create(**create)
    show(
        f"upload of {name}",
        made[name].name,
        made[name].owner,
        made[name].state,
        made[name].tags,
        made[name].description,
    )
    parts = re.findall(rb'name="([^"]+)"(?:; filename="([^"]+)")?(?:\r\nContent-Type: ([^\r]+))?', last().content)
    show(f"wire of {name}", sorted(b" ".join(part).decode() for part in parts if b"tags" not in part[0]))
    show(f"tags of {name}", [part[0].decode() for part in parts if b"tags" in part[0]])
plain = client.voices.create(file=wav, name="plain", description=None, gender=None, tags=None)
made["plain"] = plain
show("upload without the rest", plain.name, plain.description, plain.gender, plain.tags)
show("file_from_path", file_from_path(str(folder / "mine.wav")) == ("mine.wav", wav))
show("no such file", outcome(lambda: file_from_path(str(folder / "none.wav"))))
show("upload of a missing file", outcome(lambda: client.voices.create(file=folder / "none.wav", name="a")))
show("upload of a text", outcome(lambda: client.voices.create(file="mine.wav", name="a")))


def sent(file: Any) -> object:
    """Upload a recording, and delete the voice that is made of it."""
    return client.voices.delete(client.voices.create(file=file, name="a").id).success


show("upload of a bytearray", outcome(lambda: sent(bytearray(wav))))
with tempfile.NamedTemporaryFile() as temporary:
    temporary.write(wav)
    show("upload of a temporary file", outcome(lambda: sent(temporary)))
with subprocess.Popen(["cat", folder / "mine.wav"], stdout=subprocess.PIPE) as program:
    show("upload of a pipe", outcome(lambda: sent(program.stdout)))
change: VoiceUpdateParams = {"name": "new", "starred": True, "tags": []}
changed = client.voices.update(made["bytes"].id, **change)
show("update", type(changed).__name__, changed.voice.name, changed.voice.starred, changed.voice.tags)
show("update of nothing", client.voices.update(made["bytes"].id).voice.name, json.loads(last().content))
listing: VoiceListParams = {"owner": "me", "starred": "true"}
show("starred", [voice.name for voice in client.voices.list(**listing)], last().url.query)
for voice in made.values():
    deleted = client.voices.delete(voice.id)
show("deleted", type(deleted).__name__, deleted.success, client.voices.list(owner="me"))
show("empty query", client.voices.list(owner="me", extra_query={"none": None}), last().url.query)
