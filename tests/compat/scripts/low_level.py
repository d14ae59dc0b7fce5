"""Requests that no method of a resource makes."""

from __future__ import annotations

import json
from typing import Any

import httpx
from shared import answering, digest, fault, outcome, show

import lmnt
from lmnt import Lmnt, NoneType, RequestOptions, Stream
from lmnt.types import AccountRetrieveResponse, Voice

client = Lmnt()
show("model", client.get("/v1/ai/voice/leah", cast_to=Voice).id)
show("id", str(client.get("/v1/ai/voice/leah", cast_to=Voice).request_id).startswith("req_"))
show("list", [type(each).__name__ for each in client.get("/v1/ai/voice/list", cast_to=list[Voice])][:1])
show("response", client.get("/v1/account", cast_to=httpx.Response).json()["plan"]["type"])
show("dict", sorted(client.get("v1/account", cast_to=dict[str, object])))
show("object", sorted(client.get("/v1/account", cast_to=object)))
show("text", client.get("/v1/account", cast_to=str)[:1])
show("bytes", client.get("/v1/account", cast_to=bytes)[:1])
show("none", client.get("/v1/account", cast_to=NoneType))
show("account", client.get("/v1/account", cast_to=AccountRetrieveResponse).plan.type)
show("query", len(client.get("/v1/ai/voice/list", cast_to=list[Voice], options={"params": {"owner": "me"}})))
show("query in the path", len(client.get("/v1/ai/voice/list?owner=me", cast_to=list[Voice])))
body = {"text": "One.", "voice": "leah", "format": "pcm_s16le"}
show("post", digest(client.post("/v1/ai/speech/bytes", cast_to=bytes, body=body)))
options: RequestOptions = {"extra_json": {"format": "mp3"}, "headers": {"x-one": "1"}, "timeout": 20, "max_retries": 0}
show("extra_json", digest(client.post("/v1/ai/speech/bytes", cast_to=bytes, body=body, options=options)))
wav = client.post("/v1/ai/speech/bytes", cast_to=bytes, body={**body, "format": "wav"})
multipart: RequestOptions = {"headers": {"Content-Type": "multipart/form-data"}}
created = client.post("/v1/ai/voice", cast_to=Voice, body={"name": "low"}, files={"file": wav}, options=multipart)
show("files", created.name, created.owner)
changed = client.put(f"/v1/ai/voice/{created.id}", cast_to=dict[str, Any], body={"name": "lower"})
show("put", changed["voice"]["name"])
show("delete", client.delete(f"/v1/ai/voice/{created.id}", cast_to=dict[str, object]))
show("patch", outcome(lambda: client.patch("/v1/account", cast_to=dict[str, Any], body={})))
show("no such path", outcome(lambda: client.get("/v1/nothing", cast_to=object)))
no_redirect: RequestOptions = {"follow_redirects": False, "headers": fault("redirect=307"), "max_retries": 0}
show("redirect", outcome(lambda: client.get("/v1/account", cast_to=httpx.Response, options=no_redirect)))
show("no such type", outcome(lambda: client.get("/v1/account", cast_to=complex)))
show("another host", outcome(lambda: client.with_options(max_retries=0).get("http://127.0.0.1:9/", cast_to=object)))

events = b': comment\n\ndata: {"id": 1}\n\ndata: {"id":\ndata: 2}\nevent: more\r\n\r\n'
streaming = Lmnt(http_client=answering(events, "text/event-stream"))
stream = streaming.get("/events", cast_to=dict[str, Any], stream=True, stream_cls=Stream[dict[str, Any]])
show("stream", type(stream).__name__, [each["id"] for each in stream], stream.response.status_code)
with streaming.post("/events", cast_to=dict[str, Any], stream=True, stream_cls=Stream[dict[str, int]]) as stream:
    show("stream in with", next(stream), isinstance(stream, lmnt.Stream))
numbers = Lmnt(http_client=answering(b"42", "text/plain"))
show("numbers", numbers.get("/", cast_to=int), numbers.get("/", cast_to=float), numbers.get("/", cast_to=bool))
show(
    "JSON of another shape",
    json.dumps(streaming.copy(http_client=answering(b'{"a": 1}')).get("/", cast_to=dict[str, object])),
)
