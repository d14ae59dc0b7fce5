"""Changes that somebody may make to openapi/lmnt.yaml, each with a call that shows it."""

from __future__ import annotations

import copy
import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NOON = datetime.datetime(2026, 2, 28, 12, tzinfo=datetime.UTC)
DAY = datetime.date(2026, 2, 28)
ID = uuid.UUID("0b0e0c4e-8e0b-4f0e-9d5c-6f2f4d1f8a01")

BYTES = "/paths/~1v1~1ai~1speech~1bytes/post"
DETAILED = "/paths/~1v1~1ai~1speech/post"
CREATE = "/paths/~1v1~1ai~1voice/post"
LIST = "/paths/~1v1~1ai~1voice~1list/get"
VOICE = "/paths/~1v1~1ai~1voice~1{id}"
ACCOUNT = "/paths/~1v1~1account/get"
SCHEMAS = "/components/schemas"
SPEECH = f"{SCHEMAS}/SpeechGenerateParams"
TEXT: dict[str, Any] = {"text": "Hello", "voice": "leah"}


@dataclass(frozen=True)
class Mutation:
    """One change.

    Args:
        changes: By JSON pointer, what is set there; `-` at its end appends to a list, None removes.
        call: The method, and its arguments.
        seen: What the server must have seen: attributes of `mock.Seen`.
        result: Whether a result is right.
        statuses: The status the server answers with, if it is not the first success.
    """

    changes: dict[str, Any]
    call: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict[str, Any])
    seen: dict[str, Any] = field(default_factory=dict[str, Any])
    result: Callable[[Any], object] = lambda _: True
    statuses: tuple[int, ...] = ()


def operation(id_: str, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "operationId": id_,
        "tags": [id_.split(".")[0]],
        "security": [{"ApiKey": []}],
        "responses": responses,
        **more,
    }


def answer(schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    return {"200": {"description": "It.", "content": {media_type: {"schema": schema}}}}


def body(schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def query(name: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#{SCHEMAS}/{name}"}


STRING = {"type": "string"}
NOTHING = {"204": {"description": "Done."}}
BINARY = {"type": "string", "format": "binary"}

MUTATIONS: dict[str, Mutation] = {
    "a new optional field of a request": Mutation(
        {f"{SPEECH}/properties/speed": {"type": "number", "minimum": 0.25, "maximum": 2}},
        *("speech.generate_detailed", (), {**TEXT, "speed": 1.5}, {"body": {**TEXT, "speed": 1.5}}),
    ),
    "a new required field of a request": Mutation(
        {f"{SPEECH}/properties/mood": STRING, f"{SPEECH}/required": ["text", "voice", "mood"]},
        *("speech.generate_detailed", (), {**TEXT, "mood": "glad"}, {"body": {**TEXT, "mood": "glad"}}),
    ),
    "a new optional field of a response": Mutation(
        {f"{SCHEMAS}/Voice/properties/mood": STRING},
        *("voices.retrieve", ("a",), {}, {"path": {"id": "a"}}, lambda voice: voice.mood == "text"),
    ),
    "a new required field of a response": Mutation(
        {f"{SCHEMAS}/Usage/properties/seconds": {"type": "integer"}, f"{SCHEMAS}/Usage/required/-": "seconds"},
        *("accounts.retrieve", (), {}, {}, lambda account: account.usage.seconds == 1),
    ),
    "a removed field of a request": Mutation(
        {f"{SCHEMAS}/VoiceUpdateParams/properties/gender": None},
        *("voices.update", ("a",), {"name": "b"}, {"body": {"name": "b"}}),
    ),
    "a new value of a list": Mutation(
        {f"{SCHEMAS}/Language/enum/-": "eo"},
        *("speech.generate_detailed", (), {**TEXT, "language": "eo"}, {"body": {**TEXT, "language": "eo"}}),
    ),
    "a number that becomes a list": Mutation(
        {f"{SPEECH}/properties/top_p": {"type": "number", "enum": [0.5, 0.75]}},
        *("speech.generate_detailed", (), {**TEXT, "top_p": 0.75}, {"body": {**TEXT, "top_p": 0.75}}),
    ),
    "a field that may be null": Mutation(
        {f"{SCHEMAS}/VoiceUpdateParams/properties/description": {"type": ["string", "null"]}},
        *("voices.update", ("a",), {"description": None}, {"body": {"description": None}}),
    ),
    "a date and time in a response": Mutation(
        {f"{SCHEMAS}/Voice/properties/created": {"type": "string", "format": "date-time"}},
        *("voices.retrieve", ("a",), {}, {}, lambda voice: voice.created == NOON),
    ),
    "a date in a request": Mutation(
        {f"{SCHEMAS}/VoiceUpdateParams/properties/expires": {"type": "string", "format": "date"}},
        *("voices.update", ("a",), {"expires": DAY}, {"body": {"expires": "2026-02-28"}}),
    ),
    "ids that are UUIDs": Mutation(
        {"/components/parameters/VoiceId/schema": {"type": "string", "format": "uuid"}},
        *("voices.retrieve", (ID,), {}, {"path": {"id": str(ID)}}),
    ),
    "ids that are numbers": Mutation(
        {"/components/parameters/VoiceId/schema": {"type": "integer", "minimum": 1}},
        *("voices.delete", (7,), {}, {"path": {"id": 7}}),
    ),
    "an array in the query": Mutation(
        {f"{LIST}/parameters/-": query("tags", {"type": "array", "items": STRING})},
        *("voices.list", (), {"tags": ["a", "b,c"]}, {"query": {"tags": ["a", "b,c"]}}),
    ),
    "an array in the query with commas": Mutation(
        {f"{LIST}/parameters/-": query("ids", {"type": "array", "items": STRING}, explode=False)},
        *("voices.list", (), {"ids": ["a", "b,c"]}, {"target": "/v1/ai/voice/list?ids=a,b%2Cc"}),
    ),
    "an array in the query with bars": Mutation(
        {
            f"{LIST}/parameters/-": query(
                "sizes", {"type": "array", "items": {"type": "integer"}}, style="pipeDelimited"
            )
        },
        *("voices.list", (), {"sizes": [1, 2]}, {"query": {"sizes": [1, 2]}}),
    ),
    "a required query parameter": Mutation(
        {f"{LIST}/parameters/-": query("page", {"type": "integer"}, required=True)},
        *("voices.list", (), {"page": 2}, {"query": {"page": 2}}),
    ),
    "a list of values in the query": Mutation(
        {f"{ACCOUNT}/parameters/-": query("unit", {"type": "string", "enum": ["characters", "seconds"]})},
        *("accounts.retrieve", (), {"unit": "seconds"}, {"query": {"unit": "seconds"}}),
    ),
    "a date in the query": Mutation(
        {f"{ACCOUNT}/parameters/-": query("on", {"type": "string", "format": "date"})},
        *("accounts.retrieve", (), {"on": DAY}, {"query": {"on": "2026-02-28"}}),
    ),
    "a default that changes": Mutation(
        {f"{LIST}/parameters/2/schema/default": True},
        *("voices.list", (), {"starred": False}, {"query": {"starred": "false"}}),
    ),
    "a header": Mutation(
        {f"{BYTES}/parameters/-": {"name": "x-priority", "in": "header", "schema": {"type": "integer"}}},
        *("speech.generate", (), {**TEXT, "x_priority": 3}, {"headers": {"x-priority": "3"}}),
    ),
    "a cookie": Mutation(
        {f"{ACCOUNT}/parameters/-": {"name": "theme", "in": "cookie", "schema": STRING}},
        *("accounts.retrieve", (), {"theme": "a b;c"}, {"cookie": {"theme": "a b;c"}}),
    ),
    "a new resource": Mutation(
        {
            "/paths/~1v1~1words": {
                "get": operation(
                    "words.list", answer({"type": "array", "items": ref("Word")}), **{"x-retry-safe": True}
                )
            },
            f"{SCHEMAS}/Word": {"type": "object", "required": ["text"], "properties": {"text": STRING}},
        },
        *("words.list", (), {}, {}, lambda words: words[0].text == "text" and words[0].request_id == words.request_id),
    ),
    "a new operation with no answer": Mutation(
        {f"{VOICE}/post": operation("voices.star", NOTHING)},
        *("voices.star", ("a",), {}, {}, lambda result: result is None),
    ),
    "two parameters in the path": Mutation(
        {
            "/paths/~1v1~1{kind}~1{id}": {
                "get": operation(
                    "things.get",
                    answer(STRING, "text/plain"),
                    parameters=[
                        {"name": each, "in": "path", "required": True, "schema": STRING} for each in ("id", "kind")
                    ],
                )
            }
        },
        *("things.get", ("a/b", "c"), {}, {"path": {"id": "a/b", "kind": "c"}}, lambda text: text == "text"),
    ),
    "a text": Mutation(
        {"/paths/~1v1~1notes/get": operation("voices.notes", answer(STRING, "text/plain"))},
        *("voices.notes", (), {}, {}, lambda text: text == "text" and text.request_id),
    ),
    "an answer that becomes empty": Mutation(
        {f"{VOICE}/delete/responses": NOTHING},
        *("voices.delete", ("a",), {}, {}, lambda result: result is None),
    ),
    "several successes": Mutation(
        {
            f"{VOICE}/put/responses/202": {
                "description": "Later.",
                "content": {"application/json": {"schema": ref("Job")}},
            },
            f"{VOICE}/put/responses/204": NOTHING["204"],
            f"{SCHEMAS}/Job": {"type": "object", "required": ["job"], "properties": {"job": {"type": "integer"}}},
        },
        *("voices.update", ("a",), {"name": "b"}, {}, lambda result: result.job == 1, (202,)),
    ),
    "a form": Mutation(
        {
            f"{VOICE}/put/requestBody/content": {
                "application/x-www-form-urlencoded": {"schema": ref("VoiceUpdateParams")}
            }
        },
        *(
            "voices.update",
            ("a",),
            {"name": "b & c", "tags": ["x", "y"]},
            {"body": {"name": "b & c", "tags": ["x", "y"]}},
        ),
    ),
    "several files": Mutation(
        {f"{SCHEMAS}/VoiceCreateParams/properties/file": {"type": "array", "items": BINARY}},
        "voices.create",
        (),
        {"file": [b"one", ("two.wav", b"two", "audio/wav")], "name": "a"},
        {
            "files": {
                "file": [("upload", "application/octet-stream", b"one"), ("two.wav", "audio/wav", b"two")],
            }
        },
    ),
    "an object in a form of parts": Mutation(
        {f"{SCHEMAS}/VoiceCreateParams/properties/place": {"type": "object", "properties": {"city": STRING}}},
        "voices.create",
        (),
        {"file": b"one", "name": "a", "place": {"city": "Graz"}},
        {"body": {"file": "<bytes>", "name": "a", "place": {"city": "Graz"}}},
    ),
    "bytes as a body": Mutation(
        {f"{CREATE}/requestBody": body(BINARY, "audio/wav")},
        *("voices.create", (), {"body": b"RIFF"}, {"body": b"RIFF"}, lambda voice: voice.id == "text"),
    ),
    "a text as a body": Mutation(
        {"/paths/~1v1~1ssml": {"post": operation("ssml.check", NOTHING, requestBody=body(STRING, "text/plain"))}},
        *("ssml.check", (), {"body": "<ä>"}, {"body": "<ä>"}),
    ),
    "an array as a body": Mutation(
        {
            "/paths/~1v1~1order": {
                "put": operation("order.set", NOTHING, requestBody=body({"type": "array", "items": STRING}))
            }
        },
        *("order.set", (), {"body": ["a", "b"]}, {"body": ["a", "b"]}),
    ),
    "a new binary response": Mutation(
        {"/paths/~1v1~1preview": {"get": operation("previews.get", answer(BINARY, "audio/mpeg"))}},
        *("previews.get", (), {}, {}, lambda audio: audio.status_code == 200),
    ),
    "a new streamed response": Mutation(
        {
            "/paths/~1v1~1noise": {
                "get": operation("noise.make", answer(BINARY, "application/octet-stream"), **{"x-streaming": True})
            }
        },
        *("noise.make", (), {}, {}, lambda audio: audio.complete),
    ),
    "a map in a response": Mutation(
        {f"{SCHEMAS}/Plan/properties/limits": {"type": "object", "additionalProperties": {"type": "integer"}}},
        *("accounts.retrieve", (), {}, {}, lambda account: account.plan.limits == {}),
    ),
    "a map as a response": Mutation(
        {
            "/paths/~1v1~1counts": {
                "get": operation("counts.get", answer({"type": "object", "additionalProperties": {"type": "integer"}}))
            }
        },
        *("counts.get", (), {}, {}, lambda counts: counts == {} and counts.request_id),
    ),
    "a map in a request": Mutation(
        {f"{SCHEMAS}/VoiceUpdateParams/properties/metadata": {"type": "object", "additionalProperties": STRING}},
        *("voices.update", ("a",), {"metadata": {"a": "b"}}, {"body": {"metadata": {"a": "b"}}}),
    ),
    "an object in an object": Mutation(
        {
            f"{SCHEMAS}/VoiceUpdateParams/properties/origin": {
                "type": "object",
                "required": ["place"],
                "properties": {"place": {"type": "object", "properties": {"city": STRING}}},
            }
        },
        "voices.update",
        ("a",),
        {"origin": {"place": {"city": "Graz"}}},
        {"body": {"origin": {"place": {"city": "Graz"}}}},
    ),
    "one of several, with a discriminator": Mutation(
        {
            f"{SCHEMAS}/VoiceUpdateParams/properties/effect": {
                "oneOf": [ref("Echo"), ref("Pitch")],
                "discriminator": {"propertyName": "kind", "mapping": {"echo": "Echo", "pitch": f"#{SCHEMAS}/Pitch"}},
            },
            f"{SCHEMAS}/Echo": {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"const": "echo"}, "delay": {"type": "number"}},
            },
            f"{SCHEMAS}/Pitch": {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"const": "pitch"}, "shift": {"type": "integer"}},
            },
        },
        "voices.update",
        ("a",),
        {"effect": {"kind": "pitch", "shift": 2}},
        {"body": {"effect": {"kind": "pitch", "shift": 2}}},
    ),
    "one of several, without": Mutation(
        {f"{SPEECH}/properties/voice": {"oneOf": [STRING, {"type": "array", "items": STRING}, {"type": "integer"}]}},
        *(
            "speech.generate_detailed",
            (),
            {"text": "a", "voice": ["b", "c"]},
            {"body": {"text": "a", "voice": ["b", "c"]}},
        ),
    ),
    "an allOf": Mutation(
        {
            f"{SCHEMAS}/VoiceUpdateResponse": {
                "allOf": [ref("VoiceDeleteResponse"), {"type": "object", "properties": {"voice": ref("Voice")}}]
            }
        },
        *("voices.update", ("a",), {}, {"body": {}}, lambda result: result.success and result.voice.id == "text"),
    ),
    "names that Python keeps": Mutation(
        {
            f"{SCHEMAS}/VoiceUpdateParams/properties/{name}": STRING
            for name in ("class", "from", "lambda", "list", "str", "self")
        },
        "voices.update",
        ("a",),
        {"class_": "1", "from_": "2", "lambda_": "3", "list_": "4", "str_": "5", "self_": "6"},
        {"body": {"class": "1", "from": "2", "lambda": "3", "list": "4", "str": "5", "self": "6"}},
    ),
    "names that are ours": Mutation(
        {
            f"{SCHEMAS}/Voice/properties/{name}": STRING
            for name in ("request_id", "format", "to_dict", "additional_properties")
        },
        "voices.retrieve",
        ("a",),
        {},
        {},
        lambda voice: (voice.request_id, voice.format, voice.to_dict_, voice.additional_properties_) == ("text",) * 4,
    ),
    "names of settings of a call": Mutation(
        {f"{LIST}/parameters/-": query("timeout", {"type": "integer"})},
        *("voices.list", (), {"timeout_": 5, "timeout": 20}, {"query": {"timeout": 5}}),
    ),
    "a resource called as a method of the client": Mutation(
        {"/paths/~1v1~1get/get": operation("get.raw", NOTHING, parameters=[query("raw", STRING)])},
        *("get_.raw", (), {"raw": "a"}, {"query": {"raw": "a"}}, lambda result: result is None),
    ),
    "an object called as a class of the package": Mutation(
        {
            f"{SCHEMAS}/VoiceUpdateParams/properties/options": ref("RequestOptions"),
            f"{SCHEMAS}/RequestOptions": {
                "type": "object",
                "required": ["model_dump"],
                "properties": {"model_dump": STRING},
            },
        },
        "voices.update",
        ("a",),
        {"options": {"model_dump": "b"}},
        {"body": {"options": {"model_dump": "b"}}},
    ),
    "a name for the type of arguments": Mutation(
        {
            f"{VOICE}/delete/x-params": "VoiceDelete",
            f"{VOICE}/delete/parameters": [query("force", {"type": "boolean"})],
        },
        *("voices.delete", ("a",), {"force": True}, {"query": {"force": True}}),
    ),
    "text that looks like code": Mutation(
        {
            f"{VOICE}/get/summary": 'Ends in """ and \\',
            f"{VOICE}/get/description": '{{ 1 }} {% raw %} """\n\nimport os\n',
            f"{SCHEMAS}/Voice/description": "\\",
            "/info/description": '"""',
        },
        *("voices.retrieve", ("a",), {}, {}, lambda voice: voice.id == "text"),
    ),
    "a constant": Mutation(
        {f"{SCHEMAS}/VoiceUpdateParams/properties/version": {"const": 2}},
        *("voices.update", ("a",), {"version": 2}, {"body": {"version": 2}}),
    ),
    "a pattern": Mutation(
        {f"{SPEECH}/properties/voice/pattern": "^[a-z]+$"},
        *("speech.generate_detailed", (), TEXT, {"body": TEXT}),
    ),
    "a field of responses alone": Mutation(
        {f"{SCHEMAS}/Voice/properties/id/readOnly": True},
        *("voices.retrieve", ("a",), {}, {}, lambda voice: voice.id == "text"),
    ),
    "a field of requests alone": Mutation(
        {
            f"{SCHEMAS}/VoiceUpdateParams/properties/password": {
                "type": "string",
                "format": "password",
                "writeOnly": True,
            }
        },
        *("voices.update", ("a",), {"password": "x"}, {"body": {"password": "x"}}),
    ),
    "an object with no other fields": Mutation(
        {f"{SCHEMAS}/VoiceUpdateParams/additionalProperties": False},
        *("voices.update", ("a",), {"name": "b"}, {"body": {"name": "b"}}),
    ),
    "an operation that is deprecated": Mutation(
        {f"{ACCOUNT}/deprecated": True}, *("accounts.retrieve", (), {}, {}, lambda account: account.plan.type == "text")
    ),
    "a HEAD": Mutation(
        {f"{VOICE}/head": operation("voices.exists", {"200": {"description": "It does."}})},
        *("voices.exists", ("a",), {}, {}, lambda result: result is None),
    ),
    "a key in the query": Mutation(
        {"/components/securitySchemes/ApiKey": {"type": "apiKey", "in": "query", "name": "key"}},
        *("accounts.retrieve", (), {}, {"target": "/v1/account?key=key%3Aof-the-mock"}),
    ),
    "a token": Mutation(
        {"/components/securitySchemes/ApiKey": {"type": "http", "scheme": "bearer"}},
        *("speech.generate_detailed", (), TEXT, {"body": TEXT}),
    ),
    "a user name and a password": Mutation(
        {"/components/securitySchemes/ApiKey": {"type": "http", "scheme": "basic"}}, *("voices.list", (), {})
    ),
    "an operation for everyone": Mutation({f"{LIST}/security": []}, *("voices.list", (), {})),
    "another method": Mutation(
        {
            f"{VOICE}/patch": operation(
                "voices.change", answer(ref("Voice")), requestBody=body(ref("VoiceUpdateParams"))
            )
        },
        *("voices.change", ("a",), {"starred": True}, {"body": {"starred": True}}, lambda voice: voice.id == "text"),
    ),
    "no word on what may be repeated": Mutation(
        {f"{each}/x-retry-safe": None for each in (BYTES, DETAILED, CREATE, LIST, ACCOUNT)}, *("voices.list", (), {})
    ),
}


def mutated(document: dict[str, Any], *mutations: Mutation) -> dict[str, Any]:
    """Return the description with changes made to it."""
    document = copy.deepcopy(document)
    for mutation in mutations:
        for pointer, value in mutation.changes.items():
            *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
            target: Any = document
            for step in steps:
                target = target[int(step)] if isinstance(target, list) else target.setdefault(step, {})
            if value is None:
                target.pop(last, None)
            elif last == "-":
                target.append(copy.deepcopy(value))
            else:
                target[last] = copy.deepcopy(value)
    return document


def fit(first: Mutation, second: Mutation) -> bool:
    """Whether two changes leave each other alone, and each other's call right."""
    ways = [each.removesuffix("/-") for each in first.changes], [each.removesuffix("/-") for each in second.changes]
    apart = not any(one.startswith(other) or other.startswith(one) for one in ways[0] for other in ways[1])
    return apart and not (
        first.call == second.call and (first.kwargs or first.args) and "required" in str(second.changes)
    )
