"""Faults of speech sessions on demand, as a client sees them on the wire."""

from __future__ import annotations

import json
import ssl
from typing import Any

import pytest
from answers import wait_for_line
from talking import FINISH, PATH, Talked, flush, hear, init, listen, opened, reset, say, talk, text
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lmnt_server import fault_points, faults
from lmnt_server.description import lmnt
from lmnt_server.fault_bodies import BODIES
from lmnt_server.fault_sessions import FRAMES
from lmnt_server.process import ServerProcess, running

pytestmark = pytest.mark.once(rows=True)

FIRST, SECOND = "It takes its time. And more. ", "Twice."
ALL = [text(FIRST), flush(1), text(SECOND), flush(2), FINISH]
WHOLE = ["ready", *["audio", "timestamps"] * 3, "flush_complete", *["audio", "timestamps"] * 2, "flush_complete"]


def suffer(server: ServerProcess, fault: str, **fields: Any) -> Talked:
    return talk(server, *ALL, fault=fault, return_timestamps=True, **fields)


def test_without_a_fault_this_is_the_session(tone: ServerProcess) -> None:
    heard = suffer(tone, "none")
    assert (heard.kinds, heard.code) == (WHOLE, 1000)


BYTES = 2 * 480 * (len(FIRST) + len(SECOND)) + 4 * 2400

POINTS: list[tuple[str, list[str] | None, int | None]] = [
    # The point, what came before it (None: who knows), and how many bytes of audio.
    ("after-accept", [], 0),
    ("before-ready", [], 0),
    ("after-ready", WHOLE[:1], 0),
    ("frames:0", WHOLE[:1], 0),
    ("frames:1", WHOLE[:2], None),
    ("frames:3", WHOLE[:5], None),
    ("bytes:0", WHOLE[:1], 0),
    ("bytes:1", WHOLE[:2], 1),
    ("bytes:20000", WHOLE[:2], 20_000),
    (f"bytes:{BYTES - 1}", WHOLE[:-2], BYTES - 1),
    ("before-timestamps", WHOLE[:2], None),
    ("after-timestamps:2", WHOLE[:5], None),
    ("before-flush_complete", WHOLE[:7], None),
    ("after-flush_complete", WHOLE[:8], None),
    ("before-flush_complete:2", WHOLE[:-1], BYTES),
    ("after-flush_complete:2", WHOLE, BYTES),
    ("after-finish", None, None),
    ("before-close", WHOLE, BYTES),
]


@pytest.mark.parametrize(("at", "kinds", "count"), POINTS, ids=[row[0] for row in POINTS])
def test_a_session_can_be_closed_at_every_point(
    tone: ServerProcess, at: str, kinds: list[str] | None, count: int | None
) -> None:
    heard = suffer(tone, f"session-close=1011; at={at}; reason=as you wished")
    assert (heard.code, heard.reason) == (1011, "as you wished")
    assert heard.kinds == (WHOLE[: len(heard.kinds)] if kinds is None else kinds)
    if count is not None:
        assert len(heard.audio) == count


@pytest.mark.parametrize("at", ["before-reset_complete", "after-reset_complete"])
def test_a_reset_is_a_point_too(tone: ServerProcess, at: str) -> None:
    heard = talk(tone, reset(1), FINISH, fault=f"session-close=1011; at={at}")
    assert heard.kinds == ["ready", "reset_complete"][: 1 + (at[0] == "a")]
    assert heard.code == 1011


@pytest.mark.parametrize("at", ["frames:99", f"bytes:{BYTES}", "before-reset_complete", "before-flush_complete:3"])
def test_a_point_that_does_not_come_harms_nobody(tone: ServerProcess, at: str) -> None:
    for fault in ("session-close=1011", "session-drop"):
        heard = suffer(tone, f"{fault}; at={at}")
        assert (heard.kinds, heard.code) == (WHOLE, 1000)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1005, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4999])
def test_a_bare_close_has_any_code(tone: ServerProcess, code: int) -> None:
    heard = suffer(tone, f"session-close={code}; at=bytes:5000")
    assert (heard.code, heard.reason, len(heard.audio)) == (code, "", 5000)
    assert heard.kinds == WHOLE[:2]


@pytest.mark.parametrize("type", lmnt().status_of_error)
def test_an_error_has_any_type(tone: ServerProcess, type: str) -> None:
    heard = suffer(tone, f"session-error; type={type}; at=before-flush_complete")
    assert heard.kinds == [*WHOLE[:7], "error"]
    assert heard.messages[-1]["error"]["type"] == type
    assert heard.code == {"internal_server_error": 1011, "rate_limit_error": 1013}.get(type, 1008)


def test_an_error_has_a_type_that_nobody_knows(tone: ServerProcess) -> None:
    with opened(tone, "session-error; type=weather_error; at=before-ready") as ws:
        say(ws, init())
        error = json.loads(ws.recv(5))  # `hear` would not take it
        heard = listen(ws)
    assert error["error"]["type"] == "weather_error"
    assert (heard.kinds, heard.code) == ([], 1008)


@pytest.mark.parametrize("at", ["after-accept", "before-ready", "bytes:5000", "before-flush_complete", "before-close"])
def test_a_frozen_session_says_nothing_but_answers_pings(tone: ServerProcess, at: str) -> None:
    with opened(tone, f"session-freeze; at={at}") as ws:
        say(ws, init(), *ALL)
        with pytest.raises(TimeoutError):
            listen(ws, timeout=0.2)
        assert ws.ping().wait(5)


def test_the_server_notices_that_the_client_of_a_frozen_session_has_left(tone: ServerProcess) -> None:
    with opened(tone, "session-freeze") as ws:
        say(ws, init())
        request_id = hear(ws)["request_id"]  # type: ignore[call-overload]
    assert "client left" in wait_for_line(tone, request_id)


@pytest.mark.parametrize("fault", ["session-drop", "session-cut"])
@pytest.mark.parametrize("at", ["after-accept", "before-ready", "bytes:5000", "after-finish", "before-close"])
def test_a_dropped_connection_has_no_close_frame(tone: ServerProcess, fault: str, at: str) -> None:
    heard = suffer(tone, f"{fault}; at={at}")
    assert heard.code == 1006
    assert heard.kinds == WHOLE[: len(heard.kinds)]
    if at == "bytes:5000":
        assert len(heard.audio) == 5000


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_that_does_not_belong_there(tone: ServerProcess, frame: str) -> None:
    with opened(tone, f"session-send; frame={frame}; at=after-flush_complete") as ws:
        say(ws, init(), *ALL)
        heard = list(ws)  # it ends with a close of 1000 alone
    assert heard.count(FRAMES[frame]) == 1
    answers = [place for place, content in enumerate(heard) if isinstance(content, str) and "flush_complete" in content]
    assert heard.index(FRAMES[frame]) == answers[0] + 1
    assert ws.close_code == 1000


def test_what_frames_a_client_can_read() -> None:
    schema = lmnt().schema("#/components/schemas/SpeechSessionServerMessage")
    right = [name for name, content in FRAMES.items() if name[0] in "nr" and accepted(schema, content)]
    assert right == ["no-timestamps", "nonce-stray", "ready-again"]


def accepted(schema: Any, content: str | bytes) -> bool:
    try:
        return bool(schema.accepts(json.loads(content)))
    except ValueError:
        return False


@pytest.mark.parametrize("message", fault_points.MESSAGES)
def test_messages_can_be_lost_or_come_twice(tone: ServerProcess, message: str) -> None:
    messages = [text(FIRST), flush(1), reset(2), flush(3), FINISH]
    whole = talk(tone, *messages, return_timestamps=True).messages
    for fault, times in (("session-lose", 0), ("session-twice", 2)):
        heard = talk(tone, *messages, fault=f"{fault}; message={message}", return_timestamps=True)
        kinds = [each["type"] for each in heard.messages]
        if message == "timestamps":  # how many there are depends on what was spoken when the reset came
            assert (kinds.count(message) == 0) if not times else (kinds.count(message) % 2 == 0)
        else:
            assert kinds.count(message) == times * sum(each["type"] == message for each in whole) > -1
        assert heard.code == 1000


def test_answers_can_have_a_wrong_nonce(tone: ServerProcess) -> None:
    heard = talk(tone, flush(1), reset(2), flush(3), FINISH, fault="session-nonce=10")
    assert [message.get("nonce") for message in heard.messages] == [None, 11, 12, 13]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429, 500, 503, 529])
def test_a_handshake_can_be_refused(tone: ServerProcess, status: int) -> None:
    with pytest.raises(InvalidStatus) as raised, opened(tone, f"status={status}; retry-after=7"):
        pass
    response = raised.value.response
    assert response.status_code == status
    body = json.loads(response.body or b"")
    assert body["request_id"] == response.headers["request-id"]
    types = {status: type for type, status in lmnt().status_of_error.items()}
    assert body["error"]["type"] == types.get(status, "internal_server_error")
    assert response.headers["retry-after"] == "7"


def test_a_refusal_has_any_body_of_the_table(tone: ServerProcess) -> None:
    for body in BODIES.keys() - {"huge"}:
        with pytest.raises(InvalidStatus) as raised, opened(tone, f"status=503; body={body}; request-id=none"):
            pass
        assert raised.value.response.headers.get("content-type") == BODIES[body].content_type
        assert "request-id" not in raised.value.response.headers


def test_a_handshake_that_fails_or_is_never_answered(tone: ServerProcess) -> None:
    with pytest.raises(InvalidStatus) as raised, opened(tone, "raise"):
        pass
    assert raised.value.response.status_code == 500
    url, headers = tone.base_url.replace("http", "ws") + PATH, {"x-lmnt-fault": "stall"}
    with pytest.raises(TimeoutError), connect(url, open_timeout=0.3, additional_headers=headers):
        pass


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("session-close", "whole number from 1000 to 4999"),
        ("session-close=999", "whole number from 1000 to 4999"),
        ("session-close=1011; at=never", "at is one of after-accept"),
        ("session-close=1011; at=after-ready:0", "at is one of after-accept"),
        ("session-close=1011; at=bytes:x", "at is one of after-accept"),
        ("session-close=1011; reason=" + "x" * 124, "at most 123 bytes"),
        ("session-send; frame=jpeg", "frame is one of unknown"),
        ("session-lose; message=audio", "message is one of ready"),
        ("session-drip", "whole number"),
        ("session-freeze=1", "takes no value"),
        ("session-nonce=1; at=before-close", "no condition 'at'"),
    ],
)
def test_a_fault_that_is_not_understood(tone: ServerProcess, fault: str, words: str) -> None:
    with pytest.raises(faults.FaultSyntaxError, match=words):
        faults.parse(fault)
    with pytest.raises(InvalidStatus) as raised, opened(tone, fault):
        pass
    assert raised.value.response.status_code == 400
    assert words in json.loads(raised.value.response.body or b"")["error"]["message"]


def test_faults_of_bodies_and_of_sessions_leave_each_other_alone(client: Any, tone: ServerProcess) -> None:
    assert client.get("/v1/account", headers={"x-lmnt-fault": "session-close=1011"}).status_code == 200
    assert suffer(tone, "raise-after=10").code == 1000


def test_a_process_can_have_a_fault_of_sessions_for_so_many_times() -> None:
    with running(engine="tone", fault="session-close=1013; at=bytes:100; times=2") as server:
        codes = [suffer(server, "session-error").code for _ in range(3)]  # the header is not obeyed
    assert codes == [1013, 1013, 1000]


def test_over_tls_as_well(tone_tls: ServerProcess, trust: ssl.SSLContext) -> None:
    def heard(fault: str) -> int:
        return talk(tone_tls, *ALL, fault=fault, trust=trust).code

    assert heard("none") == 1000
    assert heard("session-error; at=bytes:5000") == 1011
    assert heard("session-close=1008") == 1008
    assert heard("session-drop; at=bytes:5000") == 1006
    assert heard("session-cut") == 1011  # cannot be had: the log says so
    assert "cannot be had over TLS" in tone_tls.log()
