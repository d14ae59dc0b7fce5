"""Sessions as clients of earlier versions have them, and the earlier names of fields and values over HTTP."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import httpx
import pytest
from answers import check_envelope
from decoded import recording
from talking import FINISH, flush, opened, say, text
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

from lmnt_server.engines.tone import CHARACTER
from lmnt_server.process import ServerProcess
from lmnt_server.speech import EDGE

pytestmark = pytest.mark.once(rows=True)

TEXT = "Two words. And three more."
FIRST = {"X-API-Key": "k", "voice": "leah", "format": "pcm_s16le"}
CLASSIC = FIRST | {"lmnt-version": "1.0"}
COMMANDS = FIRST | {"protocol_version": 2}
ENDS: dict[str, list[Any]] = {
    "classic": [{"flush": True}, {"eof": True}],
    "commands": [{"command": "flush", "nonce": 7}, {"command": "eof"}],
}
BYTES = round(48_000 * (len(TEXT) * CHARACTER + 2 * EDGE))


def talked(server: ServerProcess, *messages: Any, fault: str | None = None) -> tuple[list[Any], int]:
    """Say all of it at once, and return what came, as it is, and the close code."""
    found: list[Any] = []
    with opened(server, fault) as ws:
        with suppress(ConnectionClosed):  # the server may be done before all is said: what came is still to be read
            say(ws, *messages)
        try:
            while True:
                frame = ws.recv(20)
                found.append(frame if isinstance(frame, bytes) else json.loads(frame))
        except ConnectionClosed as closed:
            return found, closed.rcvd.code if closed.rcvd else 1006


def audio_of(frames: list[Any]) -> bytes:
    return b"".join(frame for frame in frames if isinstance(frame, bytes))


def messages_of(frames: list[Any]) -> list[Any]:
    return [frame for frame in frames if not isinstance(frame, bytes)]


@pytest.mark.parametrize("first", [FIRST, CLASSIC], ids=["no version", "1.0"])
def test_a_client_of_1_0_gets_audio_and_not_one_message_that_it_does_not_know(
    tone: ServerProcess, first: dict[str, Any]
) -> None:
    frames, code = talked(tone, first, {"text": TEXT}, {"flush": True}, {"eof": True})
    assert (messages_of(frames), len(audio_of(frames)), code) == ([], BYTES, 1000)


def test_a_client_of_protocol_version_2_gets_answers_to_its_commands(tone: ServerProcess) -> None:
    with opened(tone) as ws:
        say(ws, COMMANDS, {"text": TEXT}, {"command": "flush", "nonce": 1})
        audio = 0
        while isinstance(frame := ws.recv(20), bytes):
            audio += len(frame)
        assert json.loads(frame) == {"complete": "flush", "nonce": 1}
        assert audio == BYTES
        say(ws, {"text": "Dropped"}, {"command": "reset", "nonce": 2}, {"command": "eof"})
        assert json.loads(ws.recv(20)) == {"complete": "reset", "nonce": 2}
        with pytest.raises(ConnectionClosedOK):
            ws.recv(20)


@pytest.mark.parametrize("wanted", [{"return_extras": "True"}, {"return_extras": True}, {"send_extras": True}], ids=str)
@pytest.mark.parametrize("ending", ENDS)
def test_times_come_before_their_audio_and_count_from_its_start(
    tone: ServerProcess, ending: str, wanted: dict[str, Any]
) -> None:
    first = (CLASSIC if ending == "classic" else COMMANDS) | wanted | {"sample_rate": "24000"}
    frames, code = talked(tone, first, {"text": TEXT}, *ENDS[ending])
    assert code == 1000
    frames = [frame for frame in frames if isinstance(frame, bytes) or "complete" not in frame]
    assert len(frames) > 2
    words = ""
    for times, audio in zip(frames[::2], frames[1::2], strict=True):
        assert isinstance(audio, bytes)
        assert times.keys() == {"durations", "buffer_empty"}
        if durations := times["durations"]:
            assert durations[0]["start"] == 0
            length = durations[-1]["start"] + durations[-1]["duration"]
            assert length * 48_000 == pytest.approx(len(audio), abs=4)
            words += "".join(each["text"] for each in durations)
    assert words == TEXT
    assert frames[-2]["buffer_empty"] is True
    assert frames[0]["buffer_empty"] is False
    assert len(audio_of(frames)) == BYTES


def test_a_reset_while_times_are_asked_for_keeps_the_order_of_pairs(tone: ServerProcess) -> None:
    frames, code = talked(
        tone, COMMANDS | {"return_extras": True}, {"text": "word. " * 500}, {"command": "reset", "nonce": 1},
        {"text": TEXT}, {"command": "eof"},
    )  # fmt: skip
    assert code == 1000
    assert [frame["nonce"] for frame in frames if isinstance(frame, dict) and "complete" in frame] == [1]
    for before, frame in pairwise(frames):
        assert not (isinstance(frame, bytes) and (isinstance(before, bytes) or "durations" not in before))


@pytest.mark.parametrize("first", [CLASSIC, COMMANDS], ids=["1.0", "protocol_version 2"])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([{"voice": "nobody"}], "Voice 'nobody' not found."),
        ([{"X-API-Key": ""}], "The API key is missing"),
        ([{"sample_rate": "fast"}], "sample_rate must be"),
        ([{"format": "flac"}], "format must be one of"),
        ([{}, {"sing": True}], "type must be one of"),
        ([{}, {"text": 5}], "text must be a string"),
        ([{}, {"command": "flush"}], "nonce is required"),
        ([{}, {"command": "sing", "nonce": 1}], "type must be one of"),
        ([{}, "no JSON"], "the message is not valid JSON"),
    ],
)
def test_errors_are_told_in_the_words_of_the_client(
    tone: ServerProcess, first: dict[str, Any], wrong: list[Any], told: str
) -> None:
    frames, code = talked(tone, first | wrong[0], *wrong[1:])
    assert [list(frame) for frame in frames] == [["error"]]
    assert told in frames[0]["error"]
    assert code in (1002, 1008)


def test_a_first_message_of_today_is_answered_as_today(tone: ServerProcess) -> None:
    for first in (CLASSIC | {"type": "init"}, FIRST | {"lmnt-version": "1.1"}, FIRST | {"lmnt-version": "1.2"}):
        frames, code = talked(tone, first, text(TEXT), flush(3), FINISH)
        assert [frame["type"] for frame in messages_of(frames)] == ["ready", "flush_complete"]
        assert code == 1000
        frames, code = talked(tone, first, {"text": TEXT})
        assert messages_of(frames)[-1]["type"] == "error"


def test_raw_and_mulaw_are_formats_of_a_session(tone: ServerProcess) -> None:
    frames, _ = talked(tone, CLASSIC | {"format": "raw"}, {"text": TEXT}, {"eof": True})
    assert len(audio_of(frames)) == BYTES
    frames, _ = talked(tone, CLASSIC | {"format": "mulaw", "sample_rate": "8000"}, {"text": TEXT}, {"eof": True})
    assert audio_of(frames).startswith(b"RIFF")


@pytest.mark.parametrize("first", [CLASSIC, COMMANDS], ids=["classic", "commands"])
def test_faults_fall_upon_these_sessions_too(tone: ServerProcess, first: dict[str, Any]) -> None:
    said = [
        first | {"return_extras": True},
        {"text": TEXT},
        *ENDS["commands" if "protocol_version" in first else "classic"],
    ]
    assert talked(tone, *said, fault="session-close=1011; at=bytes:2000")[1] == 1011
    frames, code = talked(tone, *said, fault="session-error; at=after-timestamps")
    assert (list(frames[-1]), code) == (["error"], 1011)
    assert talked(tone, *said, fault="session-close=1013; at=after-finish")[1] == 1013


# ---- over HTTP


def spoken(client: httpx.Client, **fields: Any) -> httpx.Response:
    response = client.post("/v1/ai/speech/bytes", json={"text": TEXT, "voice": "leah", **fields})
    assert response.status_code == 200, response.text
    return response


@pytest.mark.parametrize(
    ("earlier", "today"),
    [
        ({"format": "raw"}, {"format": "pcm_f32le"}),
        ({"format": "mulaw"}, {"format": "ulaw"}),
        ({"response_format": "wav"}, {"format": "wav"}),
        ({"response_format": "mulaw"}, {"format": "ulaw"}),
        ({"response_format": "wav", "format": "mp3"}, {"format": "mp3"}),
        ({"model": "aurora"}, {}),
        ({"conversational": True, "length": 10, "seed": 5}, {}),
    ],
    ids=str,
)
def test_earlier_names_are_taken_for_those_of_today(
    client: httpx.Client, earlier: dict[str, Any], today: dict[str, Any]
) -> None:
    assert spoken(client, **earlier).content == spoken(client, **today).content


@pytest.mark.parametrize(
    "wrong",
    [{"format": "rawer"}, {"response_format": "rawer"}, {"response_format": ["raw"]}, {"model": "auroras"}],
    ids=str,
)
def test_other_names_are_refused(client: httpx.Client, wrong: dict[str, Any]) -> None:
    check_envelope(client.post("/v1/ai/speech/bytes", json={"text": TEXT, "voice": "leah", **wrong}), 400)


def test_durations_are_what_timestamps_are(client: httpx.Client) -> None:
    body = {"text": TEXT, "voice": "leah", "format": "wav"}
    found = client.post("/v1/ai/speech", json=body | {"return_durations": True}).json()
    today = client.post("/v1/ai/speech", json=body | {"return_timestamps": True}).json()
    assert found["durations"] == today["timestamps"]
    assert base64.b64decode(found["audio"]) == base64.b64decode(today["audio"])
    assert "durations" not in today


def test_a_voice_is_made_of_several_recordings(client: httpx.Client) -> None:
    files = [("files[]", ("a.wav", recording("A"))), ("files[]", ("b.wav", recording("B")))]
    made = client.post("/v1/ai/voice", data={"name": "Old", "enhance": "false"}, files=files)
    assert made.status_code == 200, made.text
    assert made.json()["name"] == "Old"
