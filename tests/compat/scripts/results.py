"""Results: what they hold, and what becomes of them."""

from __future__ import annotations

import json

from shared import answering, fault, outcome, show

import lmnt
from lmnt import Lmnt, types

client = Lmnt()
voices = client.voices.list()
show("voices", [voice.id for voice in voices][:3], type(voices[0]).__name__, isinstance(voices, list))
show("owners", sorted({voice.owner for voice in client.voices.list(owner="system", starred="false")}))
voice = client.voices.retrieve("leah")
show("voice", voice.id, voice.name, voice.owner, voice.state, voice.starred, voice.type, voice.tags, voice.description)
show("request id", str(voice.request_id).startswith("req_"), str(voices[0].request_id).startswith("req_"))
show("class", type(voice) is types.Voice, isinstance(voice, lmnt.BaseModel))
show("to_dict", sorted(voice.to_dict().items(), key=str))
show("to_json", json.loads(voice.to_json()) == voice.to_dict(), voice.to_json().count("\n") == len(voice.to_dict()) + 1)
show("to_json in a line", "\n" in voice.to_json(indent=None), json.loads(voice.to_json(indent=None, exclude_none=True)))
show("model_dump", sorted(voice.model_dump()))
show("model_dump without None", sorted(voice.model_dump(exclude_none=True)))
show("model_dump of some", voice.model_dump(include={"id", "name"}), len(voice.model_dump(exclude={"id"})))
show("model_dump_json", json.loads(voice.model_dump_json(include={"id"})), "\n" in voice.model_dump_json())
account = client.accounts.retrieve()
show("account", account.plan.type, account.usage.characters > 0, account.plan.commercial_use_allowed)
show("nested", sorted(account.to_dict()["plan"]), type(account.plan).__name__)
show("as a dictionary", sorted((name, value) for name, value in dict(voice).items() if name != "request_id"))
show("older names", voice.dict() == voice.model_dump(), voice.json() == voice.model_dump_json(), voice.copy() == voice)
other = voice.model_copy(update={"name": "Another", "note": 1})
show("copy", other.name, other.note, voice.name, other == voice, voice.model_copy(deep=True) == voice)
show("what came", sorted(voice.model_fields_set - {"request_id"}), voice.model_extra, other.model_extra)
data = {"id": "a", "name": "b", "owner": "me", "state": "ready", "new": [1]}
read = types.Voice.model_validate(data)
show("validated", read.to_dict() == data, read == types.Voice.model_validate_json(json.dumps(data)), read.new)
show("validated again", types.Voice.model_validate(read) is read)
show("validated within", types.AccountRetrieveResponse.model_validate(account.to_dict()).plan.type == account.plan.type)
for label, call in (
    ("a field missing", lambda: types.Voice.model_validate({"id": "a"})),
    ("no JSON", lambda: types.Voice.model_validate_json("<html>")),
    ("no object", lambda: types.Voice.model_validate("a")),
):
    try:
        show(f"invalid, {label}", call())
    except ValueError:
        show(f"invalid, {label}", "ValueError")
built = types.Voice.model_construct(id="a", owner=7, note="n")
show("constructed", built.id, built.owner, built.note, built.description)
show("by hand, unknown field", outcome(lambda: types.Voice(**data).new))
show("by hand, another type", outcome(lambda: types.Voice(id=5, name="b", owner="me", state="ready").id))
show("made by hand", types.Voice(id="a", name="b", owner="me", state="ready").to_dict())
show("flush made by hand", types.SpeechSessionFlush(nonce=1).to_dict())
show("repr", repr(types.Voice(id="a", name="b", owner="me", state="ready")))
show("equal", voice == client.voices.retrieve("leah"))

newer = {**voice.to_dict(), "owner": "somebody", "description": None, "new_field": {"a": [1]}}
mocked = Lmnt(http_client=answering(json.dumps(newer).encode()))
found = mocked.voices.retrieve("leah")
show("a new value", found.owner)
show("a new field", found.new_field, found.to_dict()["new_field"])
show("null came", "description" in found.to_dict(), "description" in found.to_dict(exclude_none=True))
show("no such field", outcome(lambda: found.newer_field))
empty = Lmnt(http_client=answering(b"[]"))
show("an empty list", empty.voices.list(), getattr(empty.voices.list(), "request_id", None))
page = Lmnt(http_client=answering(b"<html>", "text/html"), max_retries=0)
show("no JSON", outcome(lambda: page.voices.retrieve("leah")))
show("no field", outcome(lambda: client.accounts.retrieve(extra_headers=fault("nulls")).plan.type))
shorter = Lmnt(http_client=answering(b'{"id": "leah"}'))
show("a missing field", outcome(lambda: shorter.voices.retrieve("leah").name))
