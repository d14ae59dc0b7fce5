"""Errors: their classes and what they carry."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import httpx
from shared import digest, fault, outcome, show

import lmnt
from lmnt import Lmnt

client = Lmnt(max_retries=0, timeout=20)


def caught(**arguments: Any) -> Any:
    """Return what a call raises."""
    try:
        (arguments.pop("by", client)).voices.retrieve("leah", **arguments)
    except lmnt.LmntError as error:
        return error
    return None


for status in (400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 503, 529):
    error = caught(extra_headers=fault(f"status={status}"))
    show(f"{status}", type(error).__name__)
    show(f"{status} facts", error.status_code, error.response.status_code, error.type, sorted(error.body))
    show(f"{status} is", isinstance(error, lmnt.APIStatusError), str(error.request_id).startswith("req_"))
error = caught(extra_headers=fault("status=404"))
show("request", type(error.request).__name__, error.request.method, error.request.url.path)
show("response", type(error.response).__name__, error.response.json() == error.body, error.response.request is not None)
show(
    "response headers", error.response.headers["request-id"] == error.request_id, error.response.headers["content-type"]
)
show("response text", len(error.response.text) > 20, error.response.is_closed, error.response.http_version)
show("message", error.message == str(error))
show("message says", error.message[:12])
show("key in the request", error.request.headers["x-api-key"] == client.api_key)
error = caught(extra_headers=fault("status=500; body=html"))
show("HTML", type(error).__name__, error.type, isinstance(error.body, str))
show("id in the body alone", caught(extra_headers=fault("status=404; request-id=body")).request_id is not None)

nobody = Lmnt(base_url="http://127.0.0.1:9", max_retries=0)
error = caught(by=nobody)
show("nobody there", type(error).__name__, isinstance(error, lmnt.APIError), error.request.method, error.body)
error = caught(timeout=0.2, extra_headers=fault("stall"))
show("too late", type(error).__name__, isinstance(error, lmnt.APIConnectionError), error.request.method)
redirected = client.voices.with_raw_response.list(extra_headers=fault("redirect=307; times=1"))
show("redirected", redirected.status_code)

patient = Lmnt(max_retries=2)
again = patient.with_options(default_headers=fault("status=503; retry-after=0.01; times=2; body=json"))
show("retried", again.voices.with_raw_response.retrieve("leah").retries_taken)
again = patient.with_options(default_headers=fault("status=429; retry-after-ms=10; times=1"))
show("retried 429", again.voices.with_raw_response.retrieve("leah").retries_taken)
show("not retried", type(caught(by=patient, extra_headers=fault("status=400"))).__name__)

speech: dict[str, Any] = {"text": "One. Two. Three. Four. Five.", "voice": "leah", "format": "pcm_s16le"}
folder = Path(tempfile.mkdtemp())


def cut_short() -> object:
    """A stream that dies after its 200, on its way to a file."""
    streamed = client.speech.with_streaming_response.generate(**speech, extra_headers=fault("raise-after=20000"))
    with streamed as response:
        response.stream_to_file(folder / "cut.raw")
    return None


show("cut short", outcome(cut_short))
show("half a file", (folder / "cut.raw").exists())


def spoken(text: str, format: str = "pcm_s16le") -> object:
    """The size of speech that suffers a fault."""
    return len(client.speech.generate(**{**speech, "format": format}, extra_headers=fault(text)).read())


show("no audio at all", outcome(lambda: spoken("end-after=0")))
show("half a frame", outcome(lambda: spoken("end-after=5001", "mp3")))
show("HTML for audio", outcome(lambda: spoken("status=200; body=html")) == "APIResponseValidationError")
counting: list[httpx.Request] = []
counter = httpx.Client(event_hooks={"request": [counting.append]})
billed = Lmnt(http_client=counter, max_retries=2)
show(
    "speech cut short",
    outcome(lambda: digest(billed.speech.generate(**speech, extra_headers=fault("raise-after=20000")).read())),
)
show("paid for", len(counting))
counting.clear()
show(
    "a long wait",
    outcome(lambda: len(billed.voices.list(extra_headers=fault("status=503; retry-after=100; times=2"))) > 1),
)
show("tries of a long wait", len(counting))
counting.clear()
show("upload failed", outcome(lambda: billed.voices.create(file=b"x", name="n", extra_headers=fault("raise"))))
show("uploads", len(counting))


def elsewhere(request: httpx.Request) -> httpx.Response:
    """Send everybody to another host, which says what it was told."""
    if request.url.host == "here":
        return httpx.Response(302, headers={"location": "http://there/"})
    told = [request.method, request.headers.get("x-api-key") is not None]
    return httpx.Response(200, json={"success": told}, headers={"request-id": "req_1"})


moved = Lmnt(base_url="http://here", http_client=lmnt.DefaultHttpxClient(transport=httpx.MockTransport(elsewhere)))
show("key for another host", moved.get("/", cast_to=dict[str, object])["success"])
show("POST that is redirected", outcome(lambda: moved.post("/", cast_to=dict[str, object])))
show("a path in an id", outcome(lambda: client.voices.retrieve("../../account").id))
show("an id that is a path", outcome(lambda: client.voices.retrieve("list")))
show("an empty id", outcome(lambda: client.voices.retrieve("")))
show("no such format", outcome(lambda: client.speech.generate(text="a", voice="leah", format="flac")))
show("a number for a text", outcome(lambda: client.speech.generate(text=1, voice="leah")))
show("no voice", outcome(lambda: client.speech.generate(text="a")))
closed = Lmnt(max_retries=0)
closed.close()
show("closed", outcome(closed.voices.list))

answer = httpx.Response(429, headers={"request-id": "req_1"}, request=httpx.Request("GET", "http://a/b"))
made: Any = lmnt.RateLimitError("slow down", response=answer, body={"error": {"type": "rate_limit_error"}})
show(
    "made by hand",
    made.status_code,
    made.request_id,
    made.type,
    made.message,
    made.request.url,
    made.response is answer,
)
made = lmnt.APIConnectionError(message="gone", request=answer.request)
show("connection error made by hand", made.message, made.request is answer.request, made.body)
made = lmnt.APITimeoutError(request=answer.request)
show("timeout made by hand", isinstance(made, lmnt.APIConnectionError), made.request is answer.request)
show("status of a class", lmnt.NotFoundError.status_code, lmnt.RateLimitError.status_code)
