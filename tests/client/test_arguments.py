"""What cannot be sent is refused by an error of ours, before a connection is made."""

from __future__ import annotations

import io
import mimetypes
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

import lmnt

from .modes import KEY, Sync
from .peers import Listener, json_response

pytestmark = pytest.mark.once(rows=True)

WAV = str(mimetypes.guess_type("x.wav")[0])
VOICE = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready"}


@pytest.mark.parametrize("environment", [None, "", "  "])
def test_no_key(mode: Sync, monkeypatch: pytest.MonkeyPatch, environment: str | None) -> None:
    if environment is not None:
        monkeypatch.setenv("LMNT_API_KEY", environment)
    with pytest.raises(lmnt.InvalidArgumentError, match="LMNT_API_KEY"):
        mode.kind()


@pytest.mark.parametrize(
    ("key", "says"),
    [
        *[(nothing, "no API key") for nothing in ("", "   ", "\n", " \t\r\n")],
        *[(5, "got an object of type int"), (b"bytes", "of type bytes"), (lambda: KEY, "of type function")],
    ],
)
def test_a_key_that_is_none_does_not_fall_back_to_the_environment(
    mode: Sync, monkeypatch: pytest.MonkeyPatch, key: Any, says: str
) -> None:
    monkeypatch.setenv("LMNT_API_KEY", KEY)
    with pytest.raises(lmnt.InvalidArgumentError, match=says):
        mode.kind(api_key=key)
    client = mode.client()
    with pytest.raises(lmnt.InvalidArgumentError, match=says):
        client.with_options(api_key=key)
    with pytest.raises(lmnt.InvalidArgumentError, match=says):
        client.api_key = key
    assert client.api_key == KEY


@pytest.mark.parametrize(
    "key", ["line\nbreak", "tab\tin it", "kéy", "nul\0", "“quoted”", "\ufeffmark", "no-break\xa0", "\x7f"]
)
def test_a_key_that_is_no_header_value(mode: Sync, key: str) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match="pasted whole") as caught:
        mode.kind(api_key=key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "not a url",
        "api.lmnt.com",
        "ftp://api.lmnt.com",
        "http://",
        "https:///v1",
        "http://host:port",
        "http://host:99999",
        "http://[::1",
        "http://host\r\nx: y",
        "http://host/?query=1",
        "http://host/#part",
        "http://user:password@host",
        5,
    ],
)
def test_a_base_url_that_is_none(mode: Sync, base_url: Any) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match="base_url"):
        mode.kind(api_key=KEY, base_url=base_url)
    with pytest.raises(lmnt.InvalidArgumentError, match="base_url"):
        mode.client().with_options(base_url=base_url)


@pytest.mark.parametrize("tail", ["@host:port", "@ho st", "@[::1", "/s3cret@host:port", "@host:99999"])
def test_a_base_url_with_a_password_is_refused_and_the_password_not_shown(mode: Sync, tail: str) -> None:
    with pytest.raises(lmnt.InvalidArgumentError, match="base_url") as caught:
        mode.kind(api_key=KEY, base_url=f"https://me:s3cret{tail}")
    assert "s3cret" not in str(caught.value)


def test_a_bad_base_url_in_the_environment(mode: Sync, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMNT_BASE_URL", "nowhere")
    with pytest.raises(lmnt.InvalidArgumentError, match="'nowhere'"):
        mode.kind(api_key=KEY)


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": "2"},
        {"max_retries": True},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": "5"},
        {"timeout": True},
        {"timeout": lmnt.Timeout(5, read=float("nan"))},
        {"timeout": lmnt.Timeout(5, write=float("inf"))},
        {"timeout": lmnt.Timeout(5, connect=0)},
        {"timeout": lmnt.Timeout(5, pool=-1)},
        {"timeout": lmnt.Timeout(5, read=cast("float", "5"))},
        {"default_headers": {"bad name": "x"}},
        {"default_headers": {"": "x"}},
        {"default_headers": {5: "x"}},
        {"default_headers": {"x": "a\r\nb: c"}},
        {"default_headers": {"x": "a\0"}},
        {"default_headers": {"x": 5}},
        {"default_headers": {"x": "snow ☃"}},
        {"proxy": "nonsense://proxy"},
        {"ssl_context": "system"},
        {"ssl_context": False},
        {"http_client": object()},
        {"default_query": {1: "x"}},
    ],
)
def test_other_settings(mode: Sync, untouched: Listener, arguments: dict[str, Any]) -> None:
    with pytest.raises(lmnt.InvalidArgumentError) as caught:
        mode.run(mode.kind(api_key=KEY, base_url=untouched.base_url, **arguments).voices.list())
    assert isinstance(caught.value, ValueError)


def test_an_http_client_of_the_other_kind(mode: Sync) -> None:
    other = httpx.AsyncClient if mode.name == "sync" else httpx.Client
    with pytest.raises(lmnt.InvalidArgumentError, match="http_client"):
        mode.kind(api_key=KEY, http_client=other())
    with pytest.raises(lmnt.InvalidArgumentError, match="settings of http_client"):
        mode.kind(api_key=KEY, http_client=mode.http_kind(), http2=True)


SPEECH: dict[str, Any] = {"text": "hi", "voice": "leah"}


def speech(**arguments: Any) -> Callable[[Any], Any]:
    return lambda client: client.speech.generate(**(SPEECH | arguments))


def create(**arguments: Any) -> Callable[[Any], Any]:
    return lambda client: client.voices.create(**({"file": b"x", "name": "n"} | arguments))


def deep(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


def refused(call: Callable[[Any], Any], says: str, id: str) -> Any:
    return pytest.param(call, says, id=id)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        refused(speech(text="x" * 5001), "text must be at most 5000 characters long; got 5001", "text over the limit"),
        refused(speech(text=""), "text must be at least 1 character long; got 0", "empty text"),
        refused(speech(text=None), "text must be text; got null", "no text"),
        refused(speech(text=5), "text must be text; got 5", "a number as text"),
        refused(speech(text="\ud800"), "text must be text without lone surrogates", "lone surrogate"),
        refused(speech(text=lmnt.omit), "text must be given", "text omitted"),
        refused(speech(voice=""), "voice must be at least 1 character long", "empty voice"),
        refused(speech(format="mulaw"), "format must be one of 'aac', 'mp3'", "unknown format"),
        refused(speech(format=None), "format must be one of", "null format"),
        refused(speech(language="klingon"), "language must be one of 'auto'", "unknown language"),
        refused(speech(model="typhoon"), "model must be one of 'blizzard'", "unknown model"),
        refused(speech(sample_rate=44_100), "sample_rate must be one of 8000", "unknown sample rate"),
        refused(speech(sample_rate="24000"), "sample_rate must be one of", "sample rate as text"),
        refused(speech(temperature=-0.1), "temperature must be at least 0; got -0.1", "negative temperature"),
        refused(speech(temperature=float("nan")), "temperature must be a finite number", "temperature no number"),
        refused(speech(top_p=1.01), "top_p must be at most 1; got 1.01", "top_p over its limit"),
        refused(speech(debug="yes"), "debug must be true or false; got 'yes'", "text as boolean"),
        refused(speech(extra_body=float("nan")), "cannot be written as JSON", "extra body no JSON"),
        refused(speech(extra_body={"x": object()}), "cannot be written as JSON", "extra body with an object"),
        refused(speech(extra_query={"x": "\ud800"}), "x must be text without lone surrogates", "query surrogate"),
        refused(speech(extra_query={"\ud800": "x"}), "cannot be the name of a query parameter", "query name surrogate"),
        refused(speech(extra_query={1: "x"}), "1 cannot be the name of a query parameter", "query name no text"),
        refused(speech(temperature=10**5000), "cannot be written as JSON", "temperature of 5000 digits"),
        refused(speech(extra_body={"x": deep(100_000)}), "cannot be written as JSON", "extra body too deep"),
        refused(speech(extra_query={"x": {"y": 1}}), "x must be one value; got an object", "query in a query"),
        refused(speech(extra_query={"x": [["y"]]}), "x must be one value; got an array", "list in a list of a query"),
        refused(speech(extra_headers={"x": "a\nb"}), "header x", "header with a line break"),
        refused(speech(extra_headers={"x\r\ny": "a"}), "no header name", "header name with a line break"),
        refused(speech(timeout=0), "timeout must be", "timeout of a call"),
        refused(lambda client: client.voices.retrieve(""), "id must be at least 1 character long", "empty id"),
        refused(lambda client: client.voices.retrieve(None), "id must be text; got null", "null id"),
        refused(lambda client: client.voices.retrieve("."), "id must be a text that can stand in a path", "dot"),
        refused(lambda client: client.voices.retrieve(".."), "id must be a text that can stand in a path", "dots"),
        refused(lambda client: client.voices.retrieve("list"), "leads to another operation", "shadowed id"),
        refused(lambda client: client.voices.delete("list"), "leads to another operation", "shadowed id, delete"),
        refused(lambda client: client.voices.update(""), "id must be", "empty id, update"),
        refused(lambda client: client.voices.delete(""), "id must be", "empty id, delete"),
        refused(lambda client: client.voices.update("x", tags="a b"), "tags must be a list; got 'a b'", "tags as text"),
        refused(lambda client: client.voices.update("x", tags=["a", 1]), r"tags\[1\] must be text; got 1", "bad tag"),
        refused(lambda client: client.voices.list(owner="you"), "owner must be one of 'system'", "unknown owner"),
        refused(lambda client: client.voices.list(starred="maybe"), "starred must be", "unknown starred"),
        refused(lambda client: client.voices.list(starred=1), "starred must be", "number as boolean"),
        refused(create(name=""), "name must be at least 1 character long", "empty name"),
        refused(create(file=Path("no-such-file.wav")), "can be read .No such file", "missing file"),
        refused(create(file=Path()), "can be read .Is a directory", "folder as file"),
        refused(create(file=Path("nul\0")), "can be read .*null", "path with a null"),
        refused(create(file="voice.wav"), "use Path", "path as text"),
        refused(create(file=5), "pathlib.Path, an open binary file, or bytes", "number as file"),
        refused(create(file=None), "pathlib.Path", "no file"),
        refused(create(file=io.StringIO("x")), "binary mode", "text file"),
        refused(create(file=("only a name",)), "a tuple of", "short tuple"),
        refused(create(file=("a", b"x", "audio/wav\r\nx: y")), "content-type", "line break in a media type"),
        refused(create(file=("a", b"x", None, {"x": "a\r\nb"})), "header x", "line break in a part's header"),
        refused(create(file=("a", b"x", None, {"x: y": "a"})), "no header name", "bad name of a part's header"),
        refused(create(file=("a", b"x", None, ["x"])), "headers as a mapping", "a part's headers as a list"),
        refused(create(extra_body={"x": "\ud800"}), "x must be text without", "surrogate in a part"),
    ],
)
def test_arguments_of_calls(mode: Sync, untouched: Listener, call: Any, says: str) -> None:
    client = mode.client(base_url=untouched.base_url, timeout=2, max_retries=0)
    with pytest.raises(lmnt.InvalidArgumentError, match=says):
        mode.run(call(client))


@pytest.mark.parametrize("access", ["with_raw_response", "with_streaming_response"])
def test_raw_and_streaming_access_refuse_too(mode: Sync, untouched: Listener, access: str) -> None:
    call = getattr(mode.client(base_url=untouched.base_url), access).voices.retrieve

    def make() -> None:
        if access == "with_raw_response":
            mode.run(call(""))
        else:
            with mode.entered(call("")):
                pass

    with pytest.raises(lmnt.InvalidArgumentError, match="id must be"):
        make()


def test_a_file_that_fails_to_be_read_meanwhile(mode: Sync, server: Any, tmp_path: Path) -> None:
    """The failure is the file's, not the connection's: nothing is tried again."""
    path = tmp_path / "voice.wav"
    path.write_bytes(bytes(1 << 20))

    class Failing(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    client = mode.client(base_url=server.base_url)
    with Failing(path) as file, pytest.raises(lmnt.InvalidArgumentError, match=r"cannot read .*: Input/output error"):
        mode.run(client.voices.create(file=file, name="n"))
    assert mode.run(client.voices.retrieve("leah")).id == "leah"


def test_the_listening_socket_would_have_noticed(mode: Sync) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        client = mode.client(
            base_url=f"http://127.0.0.1:{sock.getsockname()[1]}", timeout=httpx.Timeout(0.1), max_retries=0
        )
        with pytest.raises(lmnt.APITimeoutError):
            mode.run(client.voices.list())
        sock.setblocking(False)
        sock.accept()[0].close()


@pytest.mark.parametrize(
    ("id", "target"),
    [
        ("../../account?x=1", "..%2F..%2Faccount%3Fx%3D1"),
        ("a/b", "a%2Fb"),
        ("a#b", "a%23b"),
        ("a b", "a%20b"),
        ("a\r\nx: y", "a%0D%0Ax%3A%20y"),
        ("%2e%2e", "%252e%252e"),
        ("...", "..."),
        ("List", "List"),
        ("ö☃", "%C3%B6%E2%98%83"),
        ("a\0", "a%00"),
    ],
)
def test_an_id_is_one_segment_of_the_path(mode: Sync, peer: Callable[..., Any], id: str, target: str) -> None:
    started = peer(json_response(VOICE))
    client = mode.client(base_url=f"{started.base_url}/prefix/")
    mode.run(client.voices.retrieve(id))
    assert started.requests[0].target == f"/prefix/v1/ai/voice/{target}"


def test_query_values_are_encoded(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(json_response([]))
    client = mode.client(base_url=started.base_url, default_query={"d": "1", "gone": None})
    query = {"a b": "c&d=e", "list": ["x", 2], "pair": ("y", "z"), "yes": True, "none": None, "omitted": lmnt.omit}
    mode.run(client.voices.list(owner="me", starred=True, extra_query=query))
    assert started.requests[0].target == (
        "/v1/ai/voice/list?owner=me&starred=true&d=1&a%20b=c%26d%3De&list=x&list=2&pair=y&pair=z&yes=true"
    )


def test_the_parts_of_an_upload(mode: Sync, peer: Callable[..., Any], tmp_path: Path) -> None:
    started = peer(json_response(VOICE))
    client = mode.client(base_url=started.base_url)
    path = tmp_path / "my voice.wav"
    path.write_bytes(b"from a path")
    undecodable = tmp_path / os.fsdecode(b"\xff.wav")
    undecodable.write_bytes(b"from a strange path")
    given: list[tuple[Any, str, str, bytes]] = [
        (path, 'filename="my voice.wav"', WAV, b"from a path"),
        (undecodable, 'filename="?.wav"', WAV, b"from a strange path"),
        (b"bytes", 'filename="upload"', "application/octet-stream", b"bytes"),
        (io.BytesIO(b"a file"), 'filename="upload"', "application/octet-stream", b"a file"),
        (("n.mp3", b"tuple"), 'filename="n.mp3"', "audio/mpeg", b"tuple"),
        ((None, path), 'filename="my voice.wav"', WAV, b"from a path"),
        (("n.webm", path, "audio/webm"), 'filename="n.webm"', "audio/webm", b"from a path"),
        (('a"\r\nb', b"quoted"), 'filename="a%22%0D%0Ab"', "application/octet-stream", b"quoted"),
        (("x", b"y", None, {"x-note": "hi"}), "x-note: hi", "application/octet-stream", b"y"),
    ]
    for file, in_head, media_type, content in given:
        mode.run(
            client.voices.create(file=file, name="Zoë", description="d", tags=["a", "b"], extra_body={"enhance": True})
        )
        received = started.requests[-1]
        top, body = received.part("file")
        assert in_head in top
        assert f"Content-Type: {media_type}" in top
        assert body == content
        assert received.part("name")[1] == "Zoë".encode()
        assert received.body.count(b'name="tags"') == 2
        assert received.part("enhance")[1] == b"true"
        assert b'name="gender"' not in received.body
    assert len(started.requests) == len(given)


def test_a_form_has_no_null(mode: Sync, peer: Callable[..., Any]) -> None:
    started = peer(json_response(VOICE))
    client: Any = mode.client(base_url=started.base_url)
    mode.run(client.voices.create(file=b"1", name="n", description=None, gender=None, tags=None))
    assert started.requests[0].body.count(b"Content-Disposition") == 2
    with pytest.raises(lmnt.InvalidArgumentError, match="name must be text; got null"):
        mode.run(client.voices.create(file=b"1", name=None))


def test_only_what_was_given_is_sent(mode: Sync, peer: Callable[..., Any]) -> None:
    import json

    started = peer(json_response({"voice": VOICE}))
    client = mode.client(base_url=started.base_url)
    mode.run(client.voices.update("leah"))
    mode.run(client.voices.update("leah", starred=False, extra_body={"unfreeze": True, "starred": True}))
    mode.run(client.voices.update("leah", extra_body=["not", "fields"]))
    assert [json.loads(received.body) for received in started.requests] == [
        {},
        {"starred": True, "unfreeze": True},
        ["not", "fields"],
    ]
