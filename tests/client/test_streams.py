"""Every way a body can end, over HTTP/1.1 and HTTP/2, waiting and awaiting."""

from __future__ import annotations

import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import lmnt
from lmnt.calls.operation import NOTHING, Operation
from lmnt.settings.options import CallOptions
from lmnt_server.process import running

from .conftest import Wire
from .modes import Sync
from .peers import Connection, Stream, head, response

TEXT = "word " * 200
LONG = {"text": TEXT, "voice": "leah", "format": "pcm_f32le"}
ID = {"request-id": "req_ofThePeer"}
AUDIO = bytes(range(256)) * 40


def read_all(mode: Sync, client: Any, **arguments: Any) -> tuple[bytes, Any, BaseException | None]:
    """Return what arrived of streamed speech, its response, and what ended it."""
    received = b""
    with mode.entered(client.speech.with_streaming_response.generate(**(LONG | arguments))) as streamed:
        try:
            for chunk in mode.each(streamed.iter_bytes()):
                received += chunk
        except lmnt.APIError as error:
            return received, streamed, error
    return received, streamed, None


def check(error: Any, received: int, request_id: str | None) -> None:
    assert error.bytes_received == received
    assert error.request_id == request_id
    assert error.request_id is not None
    assert f"after {received} bytes" in str(error)
    assert str(error).endswith(f"(request {request_id})")
    assert error.reason
    assert error.retry_safe is None


def test_a_server_that_is_killed_in_the_body(mode: Sync, wire: Wire, certificate: tuple[Path, Path]) -> None:
    with running(engine="tone", faults=True, tls=certificate if wire.version == "HTTP/2" else None) as server:
        client = mode.client(**wire.options | {"base_url": server.base_url})
        stall = {"x-lmnt-fault": "stall-after=20000"}
        received = 0
        with mode.entered(client.speech.with_streaming_response.generate(**LONG, extra_headers=stall)) as streamed:
            chunks = mode.each(streamed.iter_bytes())
            while received < 20_000:
                received += len(next(chunks))
            server.kill()
            with pytest.raises((lmnt.StreamTruncatedError, lmnt.StreamResetError)) as caught:
                next(chunks)
        check(caught.value, 20_000, streamed.request_id)


def test_the_bytes_that_came_are_handed_out_whatever_the_size_of_the_pieces(mode: Sync, client: Any) -> None:
    pieces: list[bytes] = []
    with mode.entered(
        client.speech.with_streaming_response.generate(**LONG, extra_headers={"x-lmnt-fault": "raise-after=2500"})
    ) as streamed:
        with pytest.raises(lmnt.APIStreamError):
            pieces.extend(mode.each(streamed.iter_bytes(1000)))
        with pytest.raises(lmnt.StreamAlreadyConsumed):
            mode.run(streamed.read())
    assert [len(piece) for piece in pieces] == [1000, 1000, 500]


def chunked(connection: Connection, *chunks: bytes) -> None:
    connection.send(head(200, {"transfer-encoding": "chunked", **ID}))
    for chunk in chunks:
        connection.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))


@contextmanager
def no_warnings() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def unframed(connection: Connection) -> None:
    connection.send(head(200, ID) + AUDIO)


def test_an_end_that_cannot_be_proved_is_a_warning(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(unframed).base_url)
    with pytest.warns(lmnt.UnverifiedStreamWarning) as caught:
        received, streamed, error = read_all(mode, client)
    assert len(caught) == 1
    assert "nothing proves" in str(caught[0].message)
    assert Path(caught[0].filename).parent == Path(__file__).parent  # the line of who reads it
    assert error is None
    assert received == AUDIO
    assert streamed.complete is None


@pytest.mark.parametrize("size", [None, 1000])
def test_an_end_that_cannot_be_proved_is_an_error_if_that_is_wished(
    mode: Sync, peer: Callable[..., Any], size: int | None
) -> None:
    started = peer(unframed)
    for client in (
        mode.client(base_url=started.base_url, strict=True),
        mode.client(base_url=started.base_url).with_options(strict=True),
    ):
        pieces: list[bytes] = []
        with (
            no_warnings(),
            mode.entered(client.speech.with_streaming_response.generate(**LONG)) as streamed,
            pytest.raises(lmnt.StreamTruncatedError) as caught,
        ):
            pieces.extend(mode.each(streamed.iter_bytes(size)))
        assert b"".join(pieces) == AUDIO
        check(caught.value, len(AUDIO), "req_ofThePeer")


def test_no_body_needs_no_framing(mode: Sync, peer: Callable[..., Any]) -> None:
    asking = Operation("asking", "HEAD", "/", accept="*/*", result=NOTHING, retry_safe=True)
    client = mode.client(base_url=peer(head(200, ID)).base_url, strict=True)
    assert mode.run(client.call(asking, CallOptions())) is None


def test_nothing_at_all_is_an_error_even_without_framing(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(lambda connection: connection.send(head(200, ID))).base_url)
    with pytest.raises(lmnt.StreamTruncatedError) as caught:
        mode.run(client.speech.generate(**LONG))
    check(caught.value, 0, "req_ofThePeer")


def test_broken_content_coding(mode: Sync, peer: Callable[..., Any]) -> None:
    client = mode.client(base_url=peer(response(200, b"no gzip at all", {"content-encoding": "gzip", **ID})).base_url)
    with pytest.raises(lmnt.StreamTruncatedError) as caught:
        mode.run(client.speech.generate(**LONG))
    assert "content coding" in caught.value.reason


@pytest.mark.parametrize("cast_to", [str, bytes])
def test_a_text_whose_content_coding_breaks_off(mode: Sync, peer: Callable[..., Any], cast_to: type) -> None:
    coded = zlib.compress(b"a sentence " * 1000, wbits=31)
    at = peer(
        response(200, coded, {"content-encoding": "gzip", **ID}),
        response(200, coded[:-9], {"content-encoding": "gzip", **ID}),
    ).base_url
    client = mode.client(base_url=at)
    assert len(mode.run(client.get("/text", cast_to=cast_to))) == 11_000
    with pytest.raises(lmnt.StreamTruncatedError, match="gzip without its end") as caught:
        mode.run(client.get("/text", cast_to=cast_to))
    assert caught.value.request_id == "req_ofThePeer"


@pytest.mark.parametrize("size", [0, -1])
def test_pieces_have_a_size(mode: Sync, client: Any, size: int) -> None:
    with (
        mode.entered(client.speech.with_streaming_response.generate(**LONG)) as streamed,
        pytest.raises(lmnt.InvalidArgumentError, match="chunk_size"),
    ):
        next(mode.each(streamed.iter_bytes(size)))
    speech = mode.run(client.speech.generate(text="hi", voice="leah"))
    with pytest.raises(lmnt.InvalidArgumentError, match="chunk_size"):
        next(mode.each(speech.iter_bytes(size)))


def bomb(codings: int) -> bytes:
    """Return a megabyte of gzip that becomes a gigabyte; coded twice, it is two kilobytes."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packing.compress(b"[") + packing.flush(zlib.Z_FULL_FLUSH)
    block = packing.compress(bytes(1 << 20)) + packing.flush(zlib.Z_FULL_FLUSH)
    content = start + block * 1000
    return content if codings == 1 else zlib.compress(content, wbits=31)


@pytest.mark.parametrize(("status", "kind"), [(200, lmnt.StreamTruncatedError), (500, lmnt.InternalServerError)])
@pytest.mark.parametrize(("codings", "reason"), [(1, "grew to more than 200 times as many"), (2, "gzip and gzip")])
def test_a_decompression_bomb_is_stopped(
    mode: Sync, peer: Callable[..., Any], status: int, kind: type, codings: int, reason: str
) -> None:
    coding = ", ".join(["gzip"] * codings)
    answer = response(status, bomb(codings), {"content-encoding": coding, "content-type": "application/json", **ID})
    client = mode.client(base_url=peer(answer).base_url, max_retries=0)
    tracemalloc.start()
    with pytest.raises(kind) as caught:
        mode.run(client.voices.list())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.request_id == "req_ofThePeer"
    assert peak < 64 << 20
    if status == 200:
        assert reason in caught.value.reason


@pytest.mark.parametrize("given", [True, False], ids=["an http_client of the application", "the package's own"])
def test_half_of_the_announced_bytes_and_trailers(
    mode: Sync, peer2: Callable[..., Any], trusting: Any, tmp_path: Path, given: bool
) -> None:
    def act(stream: Stream) -> None:
        stream.head(200, {"content-type": "audio/x", "content-length": str(2 * len(AUDIO)), **ID})
        stream.send(AUDIO)
        stream.state.send_headers(stream.number, [("x-checksum", "0")], end_stream=True)
        stream.flush()

    base_url = peer2(act).base_url
    options: dict[str, Any] = {"http2": True, "ssl_context": trusting}
    if given:
        options = {"http_client": mode.http_kind(http2=True, verify=trusting)}
    client = mode.client(base_url=base_url, max_retries=0, **options)
    with mode.entered(client.speech.with_streaming_response.generate(**LONG)) as streamed:
        with pytest.raises(lmnt.StreamTruncatedError, match=f"{len(AUDIO)} bytes came, and {2 * len(AUDIO)} were"):
            mode.run(streamed.stream_to_file(tmp_path / "speech.raw"))
        assert streamed.complete is False
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_was_asked_for(mode: Sync, peer: Callable[..., Any]) -> None:
    headers = {"content-type": "audio/x", "content-range": f"bytes 0-{len(AUDIO) - 1}/{3 * len(AUDIO)}", **ID}
    client = mode.client(base_url=peer(*[response(206, AUDIO, headers)] * 2).base_url)
    received, streamed, error = read_all(mode, client, extra_headers={"Range": f"bytes=0-{len(AUDIO) - 1}"})
    assert (received, streamed.complete, error) == (AUDIO, True, None)
    _, streamed, error = read_all(mode, client)
    assert "all were asked for" in str(error)
    assert streamed.complete is False
