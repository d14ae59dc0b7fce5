"""The API key is in the first message of a session, and in no repr, error, traceback of ours or log line."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

import lmnt

from .modes import KEY, Sync
from .session_peer import Conversation, SessionPeer, sound
from .test_secrets import leaks, raised, shown


def _echo(peer: Conversation) -> None:
    peer.accept()
    init = peer.expect("init")
    peer.send(type="error", error={"type": "authentication_error", "message": f"bad {init['X-API-Key']}"}, id=KEY)
    peer.close(1008, KEY)


def _close_with_the_key(peer: Conversation) -> None:
    peer.open()
    peer.close(1008, f"bad key {KEY}")


def _send_the_key(peer: Conversation) -> None:
    peer.open()
    peer.text(KEY)
    peer.freeze()


def _hang_up(peer: Conversation) -> None:
    peer.accept()
    peer.reset()


def _refuse(peer: Conversation) -> None:
    peer.refuse(401, f'{{"error": "bad key {KEY}"}}'.encode())


def _stall(peer: Conversation) -> None:
    peer.accept()
    peer.freeze()


SCRIPTS: dict[str, Callable[[Conversation], None]] = {
    "echoed by an error": _echo,
    "echoed by a close": _close_with_the_key,
    "echoed as no JSON": _send_the_key,
    "hung up": _hang_up,
    "stalled": _stall,
}


def use(mode: Sync, client: Any) -> None:
    session = mode.run(client.speech.sessions.create(voice="leah"))
    mode.run(session.send_text("hello"))
    mode.run(session.send_finish())
    for _ in mode.each(session):
        pass


@pytest.mark.parametrize("name", SCRIPTS)
def test_errors_of_sessions(mode: Sync, name: str) -> None:
    with SessionPeer(SCRIPTS[name]).running() as peer:
        client = mode.client(base_url=peer.base_url, timeout=lmnt.Timeout(10, read=0.3), max_retries=0)
        error = raised(lambda: use(mode, client))
    # What led to the error is the server's own text, when it is the server that tells the key.
    assert [place for place in leaks(error) if place != "the traceback's text" or not name.startswith("echoed")] == []


def test_errors_before_the_handshake(mode: Sync) -> None:
    for base_url in ("http://127.0.0.1:1", "http://no-such-host.invalid", "https://127.0.0.1:1"):
        client = mode.client(base_url=base_url, max_retries=0)
        assert leaks(raised(lambda: use(mode, client))) == []  # noqa: B023


def test_errors_of_arguments(mode: Sync) -> None:
    client = mode.client(base_url="http://127.0.0.1:1", max_retries=0)
    for arguments in ({"format": "aac"}, {"extra_body": {"x": object()}}, {"extra_body": 5}, {"timeout": -1}):
        call = lambda: mode.run(client.speech.sessions.create(**{"voice": "leah", **arguments}))  # noqa: B023, E731
        assert leaks(raised(call)) == []


def test_reprs_of_sessions(mode: Sync) -> None:
    with SessionPeer().running() as peer:
        session = mode.run(mode.client(base_url=peer.base_url).speech.sessions.create(voice="leah"))
        assert not any(KEY in text for text in shown(session))
        mode.run(session.close())


def test_log_lines_of_sessions(mode: Sync, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("websockets", "websockets.client", "lmnt", "lmnt.websocket"):
        caplog.set_level(logging.DEBUG, name)
    with caplog.at_level(logging.DEBUG), SessionPeer(sound).running() as peer:
        use(mode, mode.client(base_url=peer.base_url))
        with SessionPeer(_hang_up).running() as broken:
            raised(lambda: use(mode, mode.client(base_url=broken.base_url)))
    assert KEY not in caplog.text
    assert not any(KEY in str(vars(record)) for record in caplog.records)
    ours = [record.getMessage() for record in caplog.records if record.name == "lmnt"]
    assert any("ready (request" in line for line in ours)
    assert any("complete, " in line for line in ours)


def test_a_log_of_frames_would_be_found(mode: Sync, caplog: pytest.LogCaptureFixture, monkeypatch: Any) -> None:
    """What the library writes to a logger of its own, were it given none of ours."""
    from lmnt.session import handshake

    monkeypatch.setattr(handshake, "_log", logging.getLogger("careless"))
    with caplog.at_level(logging.DEBUG), SessionPeer(sound).running() as peer:
        use(mode, mode.client(base_url=peer.base_url))
    assert KEY in caplog.text


def test_the_first_message_is_in_no_frame_of_a_library_either(mode: Sync) -> None:
    """Crash reporters show the locals of every frame, not of ours alone."""
    with SessionPeer(_hang_up).running() as peer:
        client = mode.client(base_url=peer.base_url, max_retries=0)
        error = raised(lambda: use(mode, client))
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "websockets" in frame.f_code.co_filename:
                assert not any(isinstance(value, str) and KEY in value for value in frame.f_locals.values())
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # the end of the chain
