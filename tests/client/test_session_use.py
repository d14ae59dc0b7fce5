"""Sessions as applications use them: with the real server, and with a peer where the server would not do it."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

import pytest
import websockets
from websockets.frames import Frame, Opcode

import lmnt
from lmnt.models import SpeechStreamFormat

from .modes import KEY, Sync
from .peers import Listener
from .session_peer import READY_ID, Conversation, Script, SessionPeer, sound

TEXT = "Good morning. This is a session, with words that come one by one."


@pytest.fixture
def session_peer() -> Iterator[Callable[..., SessionPeer]]:
    """Start a SessionPeer with the given script; it stops with the test."""
    with ExitStack() as stack:

        def start(script: Script = sound, **options: Any) -> SessionPeer:
            return stack.enter_context(SessionPeer(script, **options).running())

        yield start


def opened(mode: Sync, peer: SessionPeer, *, create: dict[str, Any] | None = None, **options: Any) -> Any:
    client = mode.client(base_url=peer.base_url, **options)
    return mode.run(client.speech.sessions.create(**{"voice": "leah", **(create or {})}))


def types(mode: Sync, session: Any) -> list[str]:
    return [event.type for event in mode.each(session)]


# ---- the real server


@pytest.mark.parametrize("format", get_args(SpeechStreamFormat))
@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_every_format(mode: Sync, format: str, secure: bool, request: Any, trusting: ssl.SSLContext) -> None:
    server = request.getfixturevalue("tls_server" if secure else "server")
    # Over TLS a client that speaks HTTP/2: the session must not.
    client = mode.client(base_url=server.base_url, **({"http2": True, "ssl_context": trusting} if secure else {}))
    expected = mode.run(mode.run(client.speech.generate(text=TEXT, voice="leah", format=format)).read())
    with mode.entered(client.speech.sessions.create(voice="leah", format=format, return_timestamps=True)) as session:
        audio, timestamps = b"", []
        for piece in TEXT.split(" "):
            mode.run(session.send_text(f"{piece} "))
        mode.run(session.send_finish())
        for event in mode.each(session):
            if isinstance(event, lmnt.SpeechSessionAudio):
                audio += event.audio
            elif event.type == "timestamps":
                timestamps += event.timestamps
        assert session.complete
        assert session.bytes_received == len(audio)
        assert session.request_id.startswith("req_")
    # A session's text may end in a space; WebM holds times that depend on when a frame was made.
    assert len(audio) >= 0.9 * len(expected)
    assert audio[:200] == expected[:200] if format != "webm" else audio[:4] == expected[:4]
    assert "".join(each.text for each in timestamps).split() == TEXT.split()


def test_the_names_that_applications_know(mode: Sync, server: Any) -> None:
    client = mode.client(base_url=server.base_url)
    session = mode.run(
        client.speech.sessions.create(
            voice="leah", format="pcm_s16le", language="en", sample_rate=8000, return_timestamps=False
        )
    )
    facts = (session.voice, session.format, session.language, session.sample_rate, session.return_timestamps)
    assert facts == ("leah", "pcm_s16le", "en", 8000, False)
    assert session.url == server.base_url.replace("http", "ws") + "/v1/ai/speech/stream"
    assert (session.nonce, session.complete, session.bytes_received) == (0, False, 0)
    mode.run(session.send_text(TEXT))
    assert mode.run(session.send_flush()) == 1
    assert mode.run(session.send_reset()) == session.nonce == 2
    mode.run(session.send_finish())
    seen = types(mode, session)
    assert seen[0] == "ready"
    assert [each for each in seen if each not in ("ready", "audio")] == ["flush_complete", "reset_complete"]
    assert not hasattr(session, "api_key")
    mode.run(session.close())
    mode.run(session.close())


def test_a_file(mode: Sync, server: Any, tmp_path: Path) -> None:
    client = mode.client(base_url=server.base_url)
    with mode.entered(client.speech.sessions.create(voice="leah")) as session:
        mode.run(session.send_text(TEXT))
        mode.run(session.send_finish())
        mode.run(session.stream_audio_to_file(tmp_path / "speech.mp3"))
    assert (tmp_path / "speech.mp3").stat().st_size == session.bytes_received > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["speech.mp3"]


def test_errors_of_the_real_server(mode: Sync, server: Any) -> None:
    client = mode.client(base_url=server.base_url)
    with pytest.raises(lmnt.NotFoundError, match="nobody") as caught:
        mode.run(client.speech.sessions.create(voice="nobody"))
    assert caught.value.status_code == 404
    assert caught.value.request_id is not None
    with pytest.raises(lmnt.BadRequestError):
        mode.run(client.speech.sessions.create(voice="leah", extra_body={"sample_rate": "high"}))
    with pytest.raises(lmnt.APIStatusError):
        mode.run(mode.client(base_url=server.base_url + "/nowhere").speech.sessions.create(voice="leah"))


def test_speak(mode: Sync, server: Any) -> None:
    client = mode.client(base_url=server.base_url)
    expected = mode.run(mode.run(client.speech.generate(text=TEXT, voice="leah", format="pcm_s16le")).read())
    session = mode.run(client.speech.sessions.create(voice="leah", format="pcm_s16le"))
    pieces = [TEXT[start : start + 5] for start in range(0, len(TEXT), 5)]
    assert b"".join(mode.each(session.speak(iter(pieces)))) == expected
    assert session.complete


def test_an_interruption_with_the_real_server(mode: Sync, server: Any) -> None:
    client = mode.client(base_url=server.base_url)
    with mode.entered(client.speech.sessions.create(voice="leah", format="pcm_s16le")) as session:
        mode.run(session.send_text("This is very long. " * 500))
        mode.run(session.send_flush())
        for event in mode.each(session):
            if event.type == "audio":
                break
        nonce = mode.run(session.interrupt())
        seen = []
        for event in mode.each(session):
            seen.append(event.type)
            if event.type == "reset_complete":
                assert event.nonce == nonce
                break
        assert "audio" not in seen
        mode.run(session.send_text("Short."))
        mode.run(session.send_finish())
        assert "audio" in types(mode, session)
        assert session.complete


# ---- what goes on the wire


def test_what_is_sent(mode: Sync, session_peer: Any) -> None:
    peer = session_peer()
    session = opened(
        mode,
        peer,
        default_headers={"x-team": "audio"},
        default_query={"trace": True},
        create={"extra_headers": {"x-turn": "1"}, "extra_query": {"q": "a b"}, "extra_body": {"seed": 7}},
    )
    mode.run(session.send_text("hello"))
    mode.run(session.send_finish())
    assert types(mode, session)[-1] == "audio"
    conversation: Conversation = peer.conversations[0]
    assert conversation.messages[0] == {"X-API-Key": KEY, "voice": "leah", "lmnt-version": "1.2", "seed": 7}
    assert conversation.messages[1:] == [{"type": "text", "text": "hello"}, {"type": "finish"}]
    assert conversation.request is not None
    headers = conversation.request.headers
    assert conversation.request.path == "/v1/ai/speech/stream?trace=true&q=a%20b"
    assert (headers["x-team"], headers["x-turn"], headers["x-lmnt-retry-count"]) == ("audio", "1", "0")
    assert headers["user-agent"].startswith("Lmnt/Python ")
    assert "sec-websocket-extensions" not in headers
    assert KEY not in str(headers)


def test_what_is_given_is_sent(mode: Sync, session_peer: Any) -> None:
    given = {"format": "ulaw", "language": "de", "sample_rate": 16000, "return_timestamps": True}
    peer = session_peer()
    mode.run(opened(mode, peer, create=given).close())
    assert peer.conversations[0].messages[0] == {"X-API-Key": KEY, "voice": "leah", "lmnt-version": "1.2", **given}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"voice": ""}, "voice must be at least 1 character"),
        ({"voice": 5}, "voice must be text"),
        ({"voice": "leah", "format": "aac"}, "format must be one of 'mp3'"),
        ({"voice": "leah", "language": "klingon"}, "language must be one of"),
        ({"voice": "leah", "sample_rate": 44100}, "sample_rate must be one of 8000"),
        ({"voice": "leah", "return_timestamps": "yes"}, "return_timestamps must be true or false"),
        ({"voice": "leah", "max_message_size": 0}, "max_message_size must be a number of bytes above 0"),
        ({"voice": "leah", "extra_body": [1]}, "extra_body must be a mapping"),
        ({"voice": "leah", "extra_headers": {"a b": "c"}}, "no header name"),
        ({"voice": "leah", "timeout": -1}, "timeout must be a number"),
        ({"voice": "leah", "deadline": 0}, "deadline must be a number"),
    ],
)
def test_arguments_that_cannot_be_sent(mode: Sync, untouched: Listener, arguments: Any, says: str) -> None:
    client = mode.client(base_url=untouched.base_url)
    with pytest.raises(lmnt.InvalidArgumentError, match=says):
        mode.run(client.speech.sessions.create(**arguments))


def test_a_text_that_cannot_be_sent_leaves_the_session_as_it_was(mode: Sync, session_peer: Any) -> None:
    peer = session_peer()
    session = opened(mode, peer)
    for text in (5, None, b"x", "\ud800"):
        with pytest.raises(lmnt.InvalidArgumentError, match="send_text"):
            mode.run(session.send_text(text))
    mode.run(session.send_text("hello"))
    mode.run(session.send_finish())
    assert types(mode, session) == ["ready"] + ["audio"] * 10
    assert len(peer.conversations[0].messages) == 3


def test_a_closed_client(mode: Sync, session_peer: Any) -> None:
    client = mode.client(base_url=session_peer().base_url)
    mode.run(client.close())
    with pytest.raises(lmnt.LmntError, match="this client was closed"):
        mode.run(client.speech.sessions.create(voice="leah"))


def test_a_client_with_an_http_client_of_its_own(mode: Sync, session_peer: Any) -> None:
    with mode.entered(mode.http_kind(timeout=3)) as http:
        session = opened(mode, session_peer(), http_client=http)
        mode.run(session.send_finish())
        assert types(mode, session) == ["ready"]


def test_copies_of_a_client_keep_its_tls(mode: Sync, session_peer: Any, speaks_tls: Any, trusting: Any) -> None:
    peer = session_peer(tls=speaks_tls)
    client = mode.client(base_url=peer.base_url, ssl_context=trusting, max_retries=0)
    mode.run(mode.run(client.with_options(timeout=9).speech.sessions.create(voice="leah")).close())
    with pytest.raises(lmnt.APIConnectionError, match=r"TLS with 127\.0\.0\.1 failed"):
        mode.run(mode.client(base_url=peer.base_url, max_retries=0).speech.sessions.create(voice="leah"))


# ---- retries and limits


def test_a_handshake_is_tried_again(mode: Sync, session_peer: Any) -> None:
    seen: list[str] = []

    def script(peer: Conversation) -> None:
        seen.append(peer.await_request().headers["x-lmnt-retry-count"])
        if len(seen) < 3:
            peer.refuse(503, **{"retry-after-ms": "1"})
        else:
            sound(peer)

    mode.run(opened(mode, session_peer(script)).close())
    assert seen == ["0", "1", "2"]


def test_nothing_is_tried_again_after_the_handshake(mode: Sync, session_peer: Any) -> None:
    def script(peer: Conversation) -> None:
        peer.accept()
        peer.expect("init")
        peer.error("internal_server_error", code=1011)

    peer = session_peer(script)
    with pytest.raises(lmnt.InternalServerError) as caught:
        opened(mode, peer, max_retries=5)
    assert len(peer.conversations) == 1
    assert caught.value.retry_safe


def test_the_deadline_is_for_the_opening_alone(mode: Sync, session_peer: Any) -> None:
    def late(peer: Conversation) -> None:
        peer.accept()
        peer.freeze()

    with pytest.raises(lmnt.StreamTimeoutError, match=r"the deadline of 0\.8 s passed"):
        opened(mode, session_peer(late), create={"deadline": 0.8})
    session = opened(mode, session_peer(), create={"deadline": 5})
    session._deadline = session._deadline.__class__.starting_now(0.0)
    mode.run(session.send_text("hello"))
    mode.run(session.send_finish())
    assert "audio" in types(mode, session)


def test_a_frame_of_any_size(mode: Sync, session_peer: Any) -> None:
    """More than the mebibyte that libraries take if nobody says anything."""

    def script(peer: Conversation) -> None:
        peer.open()
        peer.expect("finish")
        peer.audio(bytes(5 << 20))
        peer.close(1000)

    session = opened(mode, session_peer(script))
    mode.run(session.send_finish())
    assert sum(map(len, mode.each(session.audio()))) == 5 << 20
    assert session.complete


@pytest.mark.skipif(not hasattr(websockets, "TooManyFragments"), reason="this version of websockets has no such limit")
def test_a_message_of_too_many_frames(mode: Sync, session_peer: Any) -> None:
    """The library takes 4096; the goodbye that follows does not make up for what it drops."""

    def script(peer: Conversation) -> None:
        peer.open()
        peer.expect("finish")
        peer.raw(Frame(Opcode.BINARY, b"x", False).serialize(mask=False))
        peer.raw(Frame(Opcode.CONT, b"x", False).serialize(mask=False) * 5000)
        peer.frame(Opcode.CONT, b"x")
        peer.close(1000)

    session = opened(mode, session_peer(script))
    mode.run(session.send_finish())
    with pytest.raises(lmnt.SessionClosedError) as caught:
        types(mode, session)
    assert caught.value.code == 1009
    assert not session.complete


def test_silence_is_no_failure_when_nothing_is_owed(mode: Sync, session_peer: Any) -> None:
    """The server says nothing for several read timeouts, and answers pings."""
    heard = threading.Event()

    def script(peer: Conversation) -> None:
        peer.open()
        peer.sock.settimeout(0.05)
        while not heard.is_set():
            try:
                peer._read()
            except TimeoutError:
                continue
        peer.sock.settimeout(None)
        peer.audio(b"late")
        peer.serve()

    session = opened(mode, session_peer(script), timeout=lmnt.Timeout(10, read=0.25))
    threading.Timer(1.2, heard.set).start()
    for event in mode.each(session):
        if event.type == "audio":
            break
    mode.run(session.send_finish())
    assert types(mode, session) == []
    assert session.complete


def test_a_dead_peer_is_noticed_when_nothing_is_owed(mode: Sync, session_peer: Any) -> None:
    def script(peer: Conversation) -> None:
        peer.open()
        peer.freeze()

    session = opened(mode, session_peer(script), timeout=lmnt.Timeout(10, read=0.25))
    with pytest.raises(lmnt.StreamTimeoutError, match="no answer to a ping") as caught:
        types(mode, session)
    assert caught.value.request_id == READY_ID


def test_a_peer_that_takes_nothing(mode: Sync, session_peer: Any) -> None:
    gone = threading.Event()

    def script(peer: Conversation) -> None:
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.open()
        gone.wait(30)

    session = opened(mode, session_peer(script), timeout=lmnt.Timeout(10, write=0.5))
    try:
        with pytest.raises(lmnt.StreamTimeoutError, match="takes nothing more") as caught:
            mode.run(session.send_text("x" * 20_000_000))
        assert caught.value.request_id == READY_ID
    finally:
        gone.set()
    with pytest.raises(lmnt.StreamTimeoutError):
        mode.run(session.send_text("more"))


def test_a_peer_that_reads_when_it_was_read(mode: Sync, session_peer: Any) -> None:
    """It takes no text while its audio waits, and there is more of both than all buffers hold."""
    text, audio = "x" * 4000, bytes(1 << 20)

    def script(peer: Conversation) -> None:
        peer.open()
        for _ in range(24):
            peer.audio(audio)
        nonce = peer.expect("flush")["nonce"]
        peer.send(type="flush_complete", nonce=nonce)
        peer.expect("finish")
        peer.close(1000)

    peer = session_peer(script)
    session = opened(mode, peer)
    received = 0
    for chunk in mode.each(session.speak(text for _ in range(2500))):
        received += len(chunk)
    assert (received, session.complete) == (24 << 20, True)
    assert len(peer.conversations[0].messages) == 2503


# ---- more than one at a time


def test_a_second_reader_of_tasks(session_peer: Any) -> None:
    async def main(base_url: str) -> None:
        client = lmnt.AsyncLmnt(api_key=KEY, base_url=base_url)
        async with client, client.speech.sessions.create(voice="leah") as session:
            assert (await anext(session)).type == "ready"
            first = asyncio.ensure_future(anext(session))
            await asyncio.sleep(0)
            with pytest.raises(lmnt.LmntError, match="being read already"):
                await anext(session)
            await session.send_text("x")
            await session.send_flush()
            assert (await first).type == "audio"
            await session.send_finish()
            async for _ in session:
                pass
            assert session.complete

    asyncio.run(main(session_peer().base_url))


def test_a_second_reader_of_threads(session_peer: Any) -> None:
    session = opened(Sync(), session_peer())
    next(session)
    first = threading.Thread(target=lambda: list(session), daemon=True)
    first.start()
    while not session._reading.locked():
        time.sleep(0.001)
    with pytest.raises(lmnt.LmntError, match="being read already"):
        next(session)
    session.send_finish()
    first.join(10)
    assert session.complete


def test_closing_wakes_a_reader_up(session_peer: Any) -> None:
    session = opened(Sync(), session_peer())
    errors: list[BaseException] = []

    def read() -> None:
        try:
            list(session)
        except lmnt.LmntError as error:
            errors.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    session.close()
    reader.join(10)
    assert [type(error) for error in errors] == [lmnt.SessionClosedError]
    assert "closed by this side" in str(errors[0])


def test_using_a_session_that_was_closed(mode: Sync, session_peer: Any) -> None:
    session = opened(mode, session_peer())
    mode.run(session.close())
    assert not session.complete
    for use in (session.send_flush, session.send_finish, lambda: session.send_text("x"), session.interrupt):
        with pytest.raises(lmnt.SessionClosedError, match="closed by this side"):
            mode.run(use())


def test_sending_after_the_end(mode: Sync, session_peer: Any) -> None:
    session = opened(mode, session_peer())
    mode.run(session.send_finish())
    with pytest.raises(lmnt.LmntError, match="send_finish\\(\\) said"):
        mode.run(session.send_text("x"))
    assert types(mode, session) == ["ready"]
    assert types(mode, session) == []
    with pytest.raises(lmnt.LmntError, match="this session is over"):
        mode.run(session.send_text("x"))


def test_many_threads_send_at_once(session_peer: Any) -> None:
    """Each flush has its own number, and the numbers are on the wire in order."""
    peer = session_peer()
    session = opened(Sync(), peer)
    threads = [threading.Thread(target=lambda: [session.send_flush() for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.send_finish()
    assert len(list(session)) == 401
    assert session.complete
    assert [each.get("nonce") for each in peer.conversations[0].messages[1:-1]] == list(range(1, 401))


def test_many_tasks_send_at_once(session_peer: Any) -> None:
    peer = session_peer()

    async def main() -> None:
        client = lmnt.AsyncLmnt(api_key=KEY, base_url=peer.base_url)
        async with client, client.speech.sessions.create(voice="leah") as session:
            nonces = await asyncio.gather(*(session.send_flush() for _ in range(200)))
            await session.send_finish()
            assert sorted(nonces) == list(range(1, 201))
            assert len([event async for event in session]) == 201

    asyncio.run(main())
    assert [each.get("nonce") for each in peer.conversations[0].messages[1:-1]] == list(range(1, 201))


# ---- speak(), left in every way: no task and no thread stays


def endless(peer: Conversation) -> None:
    """Speak for as long as somebody listens."""
    peer.open()
    peer.expect("text")
    while True:
        peer.audio(bytes(2000))


class SourceError(Exception):
    """What texts raise."""


@pytest.fixture
def no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 10
    while (left := {each for each in set(threading.enumerate()) - before if each.is_alive()}) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.01)
    assert not left


def broken_texts() -> Iterator[str]:
    yield "one "
    raise SourceError("no more")


def slow_texts() -> Iterator[str]:
    yield "one "
    while True:
        time.sleep(0.02)
        yield "more "


@pytest.mark.usefixtures("no_thread_stays")
def test_leaving_speak_early(session_peer: Any) -> None:
    session = opened(Sync(), session_peer(endless))
    for chunk in session.speak(slow_texts()):
        assert chunk
        break
    gc.collect()
    with pytest.raises(lmnt.SessionClosedError, match="closed by this side"):
        session.send_text("x")


@pytest.mark.usefixtures("no_thread_stays")
@pytest.mark.parametrize(("texts", "kind"), [(broken_texts, SourceError), (lambda: [5], lmnt.InvalidArgumentError)])
def test_texts_that_fail(mode: Sync, session_peer: Any, texts: Any, kind: type[Exception]) -> None:
    session = opened(mode, session_peer(sound))
    with pytest.raises(kind):
        for _ in mode.each(session.speak(texts())):
            pass
    assert not session.complete


@pytest.mark.usefixtures("no_thread_stays")
def test_texts_see_the_context_of_the_caller(session_peer: Any) -> None:
    import contextvars

    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("mine")
    session = opened(Sync(), session_peer())
    assert b"".join(session.speak(variable.get() for _ in range(2))) == b"minemine" * 10


async def atexts(*, then: str = "wait") -> AsyncIterator[str]:
    yield "one "
    if then == "raise":
        raise SourceError("no more")
    if then == "cancel":
        raise asyncio.CancelledError
    await asyncio.sleep(3600)


def in_loop(peer: SessionPeer, use: Callable[[Any], Any]) -> None:
    """Run something with a session, and see that no task but our own is left."""

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=peer.base_url) as client:
            session = await client.speech.sessions.create(voice="leah")
            await use(session)
            for _ in range(10):
                await asyncio.sleep(0)
            assert session._session.is_over
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not (await asyncio.wait(left, timeout=10))[1] if left else True

    asyncio.run(main(), debug=True)


def test_leaving_an_awaited_speak_early(session_peer: Any) -> None:
    async def use(session: Any) -> None:
        async for _ in session.speak(atexts()):
            break

    in_loop(session_peer(endless), use)


def test_closing_an_awaited_speak(session_peer: Any) -> None:
    async def use(session: Any) -> None:
        audio = session.speak(atexts())
        await anext(audio)
        await audio.aclose()

    in_loop(session_peer(endless), use)


@pytest.mark.parametrize("script", [endless, sound], ids=["in the speech", "in silence"])
def test_cancelling_speak(session_peer: Any, script: Script) -> None:
    async def use(session: Any) -> None:
        async def listen() -> None:
            async for _ in session.speak(atexts()):
                pass

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.2)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening

    in_loop(session_peer(script), use)


@pytest.mark.parametrize(("then", "kind"), [("raise", SourceError), ("cancel", asyncio.CancelledError)])
def test_awaited_texts_that_fail(session_peer: Any, then: str, kind: type[BaseException]) -> None:
    async def use(session: Any) -> None:
        with pytest.raises(kind):
            async for _ in session.speak(atexts(then=then)):
                pass

    in_loop(session_peer(), use)


def test_cancelling_the_opening(session_peer: Any) -> None:
    def never_ready(peer: Conversation) -> None:
        peer.accept()
        peer.freeze()

    peer = session_peer(never_ready)

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=peer.base_url) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2), client.speech.sessions.create(voice="leah"):
                    pass
        for _ in range(10):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_a_session_that_is_not_awaited_does_nothing(untouched: Listener) -> None:
    client = lmnt.AsyncLmnt(api_key=KEY, base_url=untouched.base_url)
    opener = [client.speech.sessions.create(voice="leah")]
    with pytest.warns(RuntimeWarning, match="never awaited"):
        opener.clear()
    gc.collect()


def test_a_slow_listener_holds_the_server_back(mode: Sync, session_peer: Any) -> None:
    sent = 0

    def script(peer: Conversation) -> None:
        nonlocal sent
        peer.open()
        peer.expect("text")
        while True:
            peer.audio(bytes(100_000))
            sent += 100_000

    session = opened(mode, session_peer(script))
    audio = session.speak(iter(["hello"]))
    speaking = mode.each(audio)
    next(speaking)
    held, deadline = -1, time.monotonic() + 10
    while held != sent and time.monotonic() < deadline:
        held = sent
        time.sleep(0.3)
        next(speaking)
    assert sent < 40_000_000
    mode.run(audio.close() if mode.name == "sync" else audio.aclose())


# ---- both kinds


def test_both_kinds_have_the_same_names() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")} - {"open"}

    assert public(lmnt.SpeechSession) == public(lmnt.AsyncSpeechSession)
    for name in public(lmnt.SpeechSession):
        one, other = getattr(lmnt.SpeechSession, name), getattr(lmnt.AsyncSpeechSession, name)
        if inspect.isfunction(one):
            assert list(inspect.signature(one).parameters) == list(inspect.signature(other).parameters)
            assert one.__doc__
            if name != "speak":
                assert one.__doc__ == other.__doc__


def test_events_are_plain_values() -> None:
    event = lmnt.SpeechSessionAudio(b"x")
    assert (event.type, event.audio) == ("audio", b"x")
    assert "b'x'" not in repr(event)
    unknown = lmnt.UnknownEvent("mood", {"type": "mood"})
    assert unknown.data == json.loads('{"type": "mood"}')
