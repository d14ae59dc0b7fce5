"""The API key is on the wire and nowhere else: no repr, error, traceback of ours or log line shows it."""

from __future__ import annotations

import logging
import pickle
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lmnt
from lmnt.calls import exchange
from lmnt.settings.options import Secret

from .conftest import Wire
from .modes import KEY, Sync
from .peers import Connection, json_response, response

PACKAGE = Path(lmnt.__file__).parent


def shown(value: object, depth: int = 4) -> Iterator[str]:
    """Return what printing a value shows, and what printing the parts of our own objects shows."""
    yield repr(value)
    yield str(value)
    if depth == 0 or isinstance(value, Secret | type | types.ModuleType):
        return
    if isinstance(value, dict):
        for item in value.values():
            yield from shown(item, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from shown(item, depth - 1)
    elif type(value).__module__.partition(".")[0] == "lmnt":
        names = {
            *getattr(value, "__dict__", ()),
            *(s for k in type(value).__mro__ for s in getattr(k, "__slots__", ())),
        }
        for name in names - {"_http", "http", "__dict__", "__weakref__"}:
            yield from shown(getattr(value, name, None), depth - 1)


def frames(error: BaseException) -> Iterator[types.FrameType]:
    """Return the frames of our package in the traceback of an error and of all that led to it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__]
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
                yield frame


def leaks(error: BaseException, key: str = KEY) -> list[str]:
    """Return the places where an error shows the key."""
    found = [f"in {line!r}" for line in (str(error), repr(error), *map(str, vars(error).values())) if key in line]
    found += [f"in a note: {note}" for note in getattr(error, "__notes__", ()) if key in note]
    found += [f"pickled {type(error)}"] if key.encode() in pickle.dumps(error) else []
    for frame in frames(error):
        for name, value in frame.f_locals.items():
            if any(key in text for text in shown(value)):
                found.append(f"{name} in {frame.f_code.co_qualname if hasattr(frame.f_code, 'co_qualname') else frame}")
    text = "".join(traceback.format_exception(error))
    return found + (["the traceback's text"] if key in text else [])


def raised(call: Callable[[], Any]) -> BaseException:
    with pytest.raises(lmnt.LmntError) as caught:
        call()
    assert list(frames(caught.value)), "no frame of ours was looked at"
    return caught.value


def stream(mode: Sync, client: Any, **arguments: Any) -> None:
    with mode.entered(
        client.speech.with_streaming_response.generate(text="word " * 99, voice="leah", format="wav", **arguments)
    ) as streamed:
        for _ in mode.each(streamed.iter_bytes()):
            pass


def upload(mode: Sync, client: Any, **arguments: Any) -> None:
    mode.run(client.voices.create(file=b"no recording", name="x", **arguments))


KINDS: dict[str, Callable[[Sync, Any], Any]] = {
    "status": lambda mode, client: mode.run(client.voices.retrieve("nobody")),
    "status of an upload": upload,
    "status, raw": lambda mode, client: mode.run(client.with_raw_response.voices.retrieve("nobody")),
    "retried": lambda mode, client: mode.run(
        client.with_options(max_retries=1, default_headers={"x-lmnt-fault": "status=503"}).voices.list()
    ),
    "stream": lambda mode, client: stream(mode, client, extra_headers={"x-lmnt-fault": "raise-after=100"}),
    "stream, buffered": lambda mode, client: mode.run(
        client.speech.generate(text="word " * 99, voice="leah", extra_headers={"x-lmnt-fault": "raise-after=100"})
    ),
    "stalled": lambda mode, client: stream(mode, client, extra_headers={"x-lmnt-fault": "stall-after=9"}, timeout=0.2),
    "timeout": lambda mode, client: mode.run(
        client.with_options(max_retries=0, timeout=0.2).voices.list(extra_headers={"x-lmnt-fault": "stall"})
    ),
    "argument": lambda mode, client: mode.run(client.voices.retrieve("")),
    "extra body": lambda mode, client: mode.run(client.voices.update("x", extra_body={"x": object()})),
    "extra header": lambda mode, client: mode.run(client.voices.list(extra_headers={"a b": "c"})),
    "option": lambda _, client: client.with_options(base_url="nowhere"),
    "option with a key": lambda _, client: client.with_options(api_key=KEY, timeout=-1),
    "option with a bad key": lambda _, client: client.with_options(api_key=f"{KEY}\0"),
    "file": lambda mode, client: mode.run(
        mode.run(client.speech.generate(text="hi", voice="leah")).write_to_file("/nowhere/at/all")
    ),
    "closed": lambda mode, client: (mode.run(client.close()), mode.run(client.voices.list())),
}


@pytest.mark.once(rows=True)
@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_a_client_of_the_real_server(mode: Sync, client: Any, kind: str) -> None:
    error = raised(lambda: KINDS[kind](mode, client))
    assert leaks(error) == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"api_key": f"{KEY}é"},
        {"api_key": f"{KEY}\nx"},
        {"api_key": KEY, "base_url": "nowhere"},
        {"api_key": KEY, "timeout": -1},
        {"api_key": KEY, "max_retries": -1},
        {"api_key": KEY, "default_headers": {"a b": "c"}},
        {"api_key": KEY, "http_client": 5},
        {"api_key": KEY, "proxy": "http://[::1"},
    ],
)
def test_errors_of_the_constructor(mode: Sync, arguments: dict[str, Any]) -> None:
    error = raised(lambda: mode.run(mode.kind(**arguments).voices.list()))
    assert leaks(error) == []


def test_errors_of_the_constructor_with_a_key_from_the_environment(mode: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMNT_API_KEY", f"{KEY}\tx")
    assert leaks(raised(mode.kind)) == []
    monkeypatch.setenv("LMNT_API_KEY", KEY)
    assert leaks(raised(lambda: mode.kind(base_url="nowhere"))) == []


@pytest.mark.parametrize("where", ["client", "environment", "with_options", "setting"])
def test_the_warning_of_white_space_around_a_key(mode: Sync, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    client = mode.client()
    given = f" {KEY}\r\n"
    monkeypatch.setenv("LMNT_API_KEY", given)
    make = {
        "client": lambda: mode.kind(api_key=given),
        "environment": mode.kind,
        "with_options": lambda: client.with_options(api_key=given),
        "setting": lambda: setattr(client, "api_key", given),
    }[where]
    with pytest.warns(UserWarning, match="had white space around it") as caught:
        assert (make() or client).api_key == KEY
    assert [(KEY in str(each.message), each.filename) for each in caught] == [(False, __file__)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an application that wants to see it
        with pytest.raises(UserWarning) as raised:
            make()
    assert leaks(raised.value) == []
    assert len(list(frames(raised.value))) > 2


PEERS: dict[str, Any] = {
    "lost": Connection.close,
    "reset": Connection.reset,
    "no HTTP": b"no HTTP at all\r\n\r\n",
    "no JSON": response(200, b"<html>"),
    "no voice": json_response({"id": 5}),
    "redirected": response(307, b"", {"location": "http://127.0.0.1:1/"}),
    "redirected badly": response(307, b"", {"location": "http://[::1"}),
}


@pytest.mark.once(rows=True)
@pytest.mark.parametrize("kind", PEERS)
def test_errors_of_a_server_that_misbehaves(mode: Sync, peer: Callable[..., Any], kind: str) -> None:
    answer = PEERS[kind]
    act = (lambda connection: connection.send(answer)) if kind == "no HTTP" else answer
    client = mode.client(base_url=peer(act).base_url, max_retries=0)
    error = raised(lambda: mode.run(client.voices.retrieve("x")))
    assert leaks(error) == []


def test_errors_of_tls_and_of_no_server(mode: Sync, tls_server: Any) -> None:
    for base_url in (tls_server.base_url, "http://127.0.0.1:1", "http://no-such-host.invalid"):
        client = mode.client(base_url=base_url, max_retries=0)
        assert leaks(raised(lambda: mode.run(client.voices.list()))) == []  # noqa: B023


def test_reprs(mode: Sync, client: Any) -> None:
    headers = {"authorization": f"Bearer {KEY}", "cookie": KEY, "X-API-Key": KEY}
    with_headers = client.with_options(default_headers=headers)
    raw = mode.run(with_headers.with_raw_response.voices.retrieve("leah"))
    seen: list[Any] = [client, with_headers, raw, raw.http_request, mode.run(raw.parse())]
    seen += [getattr(client, name) for name in ("speech", "voices", "accounts", "with_raw_response")]
    seen += [client.speech.with_streaming_response, client._options, with_headers._options, raw._reply]
    for value in seen:
        assert not any(KEY in text for text in shown(value))
    with mode.entered(client.speech.with_streaming_response.generate(text="hi", voice="leah")) as streamed:
        assert not any(KEY in text for text in shown(streamed))
    assert client.api_key == KEY


def test_models_that_hold_a_key() -> None:
    message = lmnt.models.SpeechSessionInit.from_dict(
        {"type": "init", "X-API-Key": KEY, "lmnt-version": "1.2", "voice": "leah"}
    )
    assert KEY not in repr(message)
    assert KEY in message.to_json()


def test_secrets_themselves() -> None:
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == KEY
    assert secret == Secret(KEY)
    assert secret != Secret("x")
    assert hash(secret) == hash(Secret(KEY))
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(secret)


def test_log_lines(mode: Sync, wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client = mode.client(**wire.at)
        mode.run(client.voices.list())
        mode.run(client.speech.generate(text="hi", voice="leah"))
        for kind in ("status", "retried", "stream", "argument"):
            raised(lambda: KINDS[kind](mode, client))  # noqa: B023
    assert KEY not in caplog.text
    assert not any(KEY in str(vars(record)) for record in caplog.records)
    ours = [record for record in caplog.records if record.name == "lmnt"]
    assert any("GET" in record.getMessage() for record in ours)
    assert any("trying again" in record.getMessage() for record in ours)
    by_library = any(record.name.startswith("httpcore") for record in caplog.records)
    assert by_library == (wire.version == "HTTP/2")
    assert any("by httpx2, since http2=True" in record.getMessage() for record in ours) == by_library
    assert any(record.getMessage().endswith(": direct") for record in ours) != by_library


def test_the_key_is_on_the_wire(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(json_response([]))
    mode.run(mode.client(base_url=started.base_url).voices.list())
    assert started.requests[0].headers["x-api-key"] == KEY


# What follows shows that a leak would be found.


def test_a_key_in_the_wrong_place_is_found(mode: Sync, client: Any) -> None:
    careless = client.with_options(default_headers={"x-note": KEY})
    error = raised(lambda: mode.run(careless.voices.retrieve("nobody")))
    assert any(place.startswith("options in") or " in " in place for place in leaks(error))


def test_a_key_in_a_local_is_found(mode: Sync, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The real function, changed to keep the bare key in a local while it fails.
    source = "def careless(request, attempt):\n    bare = request.headers['x-api-key'].reveal()\n    raise Error('x')\n"
    space: dict[str, Any] = {"Error": lmnt.LmntError}
    exec(compile(source, str(PACKAGE / "calls" / "exchange.py"), "exec"), space)
    monkeypatch.setattr(exchange, "with_retry_count", space["careless"])
    error = raised(lambda: mode.run(client.voices.list()))
    assert [place for place in leaks(error) if place.startswith("bare in")]


def test_a_key_in_a_message_or_a_note_is_found() -> None:
    for careless in (lmnt.LmntError(KEY), lmnt.NotFoundError("x", body={"key": KEY}), lmnt.FileError("x", path=KEY)):
        assert leaks(careless)
    noted = lmnt.LmntError("x")
    noted.add_note(KEY)
    assert leaks(noted)


@pytest.mark.parametrize("status", [400, 200])
def test_a_key_that_the_server_repeats_is_covered(mode: Sync, peer: Any, status: int) -> None:
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": f"The key {KEY} is odd."}, "id": KEY}
    listening = peer(json_response(body, status, {"x-echo": KEY}))
    with pytest.raises(lmnt.APIError) as caught:
        mode.run(mode.client(base_url=listening.base_url).voices.retrieve("leah"))
    shown = f"{caught.value} {vars(caught.value)} {caught.value!r}"
    assert "…" in shown
    assert KEY not in shown
