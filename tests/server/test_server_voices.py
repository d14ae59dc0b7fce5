"""Voices, stars and usage over HTTP: ownership, and what a restart keeps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from answers import check_envelope
from decoded import recording

from lmnt_server.description import lmnt
from lmnt_server.encoders import FORMATS
from lmnt_server.engines.tone import ToneEngine
from lmnt_server.process import ServerProcess, running

pytestmark = pytest.mark.once(rows=True)

NUMBERS = itertools.count()
VOICE = "/v1/ai/voice"
BYTES = "/v1/ai/speech/bytes"


@pytest.fixture(scope="module")
def own_client(tone: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=tone.base_url, timeout=20) as client:
        yield client


@pytest.fixture
def me(own_client: httpx.Client) -> httpx.Client:
    """A client with an account that no other test has."""
    own_client.headers["x-api-key"] = f"me {next(NUMBERS)}"
    return own_client


def create(client: httpx.Client, name: str = "Mine", file: bytes | None = None, **fields: Any) -> dict[str, Any]:
    content = recording() if file is None else file
    response = client.post(VOICE, data={"name": name, **fields}, files={"file": ("upload", content)})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    assert not list(lmnt().schema("#/components/schemas/Voice").errors(found))
    assert found.keys() <= lmnt().at("#/components/schemas/Voice")["properties"].keys()
    return found


def ids(client: httpx.Client, **query: str) -> list[str]:
    return [voice["id"] for voice in client.get(VOICE + "/list", params=query).raise_for_status().json()]


def test_there_are_at_least_eight_system_voices(me: httpx.Client) -> None:
    voices = me.get(VOICE + "/list").json()
    assert not list(lmnt().schema("#/components/schemas/VoiceListResponse").errors(voices))
    assert len(voices) >= 8
    assert voices[0]["id"] == "leah"
    assert {voice["owner"] for voice in voices} == {"system"}
    assert {voice["state"] for voice in voices} == {"ready"}


def test_a_new_voice_is_mine(me: httpx.Client) -> None:
    voice = create(me, description="Soft.", gender="nonbinary", tags=["one", "two"])
    assert re.fullmatch(r"[0-9a-f]{16}", voice["id"])
    assert voice == {
        "id": voice["id"],
        "name": "Mine",
        "owner": "me",
        "state": "ready",
        "description": "Soft.",
        "gender": "nonbinary",
        "starred": False,
        "tags": ["one", "two"],
        "type": "instant",
    }
    assert me.get(f"{VOICE}/{voice['id']}").json() == voice
    assert me.post(BYTES, json={"text": "Hi", "voice": voice["id"]}).status_code == 200


def test_what_was_not_given_is_absent_or_empty(me: httpx.Client) -> None:
    voice = create(me)
    assert voice["description"] is None
    assert voice["tags"] == []
    assert "gender" not in voice


def test_tags_may_be_named_as_the_services_own_client_does(me: httpx.Client) -> None:
    fields: dict[str, Any] = {"tags[]": ["one", "two"]}
    assert create(me, **fields)["tags"] == ["one", "two"]


@pytest.mark.parametrize("format", ["wav", "mp3", "webm"])
def test_recordings_of_several_formats_are_audio(me: httpx.Client, format: str) -> None:
    encoder = FORMATS[format].encoder(24000, 24000)
    blocks = ToneEngine().speak("Hello, this is me.", voice="leah", language="en")
    create(me, file=b"".join(encoder.feed(block.pcm) for block in blocks) + encoder.finish())


def test_one_recording_is_always_one_voice_and_names_need_not_be_unique(me: httpx.Client) -> None:
    voices = [create(me, file=recording(text)) for text in ("One.", "One.", "Two.")]
    assert len({voice["id"] for voice in voices}) == 3
    speech = [me.post(BYTES, json={"text": "Hello", "voice": voice["id"]}).content for voice in voices]
    assert speech[0] == speech[1]


def test_system_voices_come_first_then_mine_in_the_order_they_were_made(me: httpx.Client) -> None:
    system = ids(me, owner="system")
    mine = [create(me, name)["id"] for name in ("Zoe", "Abe", "Moe")]
    assert ids(me) == ids(me, owner="all") == system + mine
    assert ids(me, owner="me") == mine


@pytest.mark.parametrize(("true", "false"), [("true", "false"), ("1", "0")])
def test_starring(me: httpx.Client, true: str, false: str) -> None:
    mine = create(me)["id"]
    assert ids(me, starred=true) == []
    for voice in (mine, "leah", "leah"):
        shown = me.put(f"{VOICE}/{voice}", json={"starred": True}).json()
        assert not list(lmnt().schema("#/components/schemas/VoiceUpdateResponse").errors(shown))
        assert shown["voice"]["starred"] is True
    assert ids(me, starred=true) == ["leah", mine]
    assert ids(me, starred=true, owner="me") == [mine]
    assert len(ids(me, starred=false)) > 2
    assert me.put(f"{VOICE}/leah", json={"starred": False}).json()["voice"]["starred"] is False
    assert ids(me, starred=true) == [mine]


def test_stars_are_of_one_account(me: httpx.Client, client: httpx.Client) -> None:
    me.put(f"{VOICE}/amy", json={"starred": True})
    assert client.get(f"{VOICE}/amy").json()["starred"] is False


def test_update_changes_only_what_is_given(me: httpx.Client) -> None:
    voice = create(me, description="Soft.", tags=["one"])
    assert me.put(f"{VOICE}/{voice['id']}", json={}).json() == {"voice": voice}
    changed = me.put(f"{VOICE}/{voice['id']}", json={"name": "New", "tags": []}).json()["voice"]
    assert changed == {**voice, "name": "New", "tags": []}
    assert me.get(f"{VOICE}/{voice['id']}").json() == changed


def test_other_changes_to_a_system_voice_are_dropped_when_it_is_starred(me: httpx.Client) -> None:
    before = me.get(f"{VOICE}/ava").json()
    after = me.put(f"{VOICE}/ava", json={"starred": True, "name": "Mine"}).json()["voice"]
    assert after == {**before, "starred": True}


def test_delete(me: httpx.Client) -> None:
    voice = create(me)["id"]
    me.put(f"{VOICE}/{voice}", json={"starred": True})
    assert me.delete(f"{VOICE}/{voice}").json() == {"success": True}
    assert ids(me, owner="me") == ids(me, starred="true") == []
    check_envelope(me.get(f"{VOICE}/{voice}"), 404)
    check_envelope(me.delete(f"{VOICE}/{voice}"), 404)


def test_a_voice_of_another_account_is_not_there(me: httpx.Client, client: httpx.Client) -> None:
    voice = create(me)["id"]
    for response in (
        client.get(f"{VOICE}/{voice}"),
        client.put(f"{VOICE}/{voice}", json={"name": "Stolen"}),
        client.delete(f"{VOICE}/{voice}"),
        client.post(BYTES, json={"text": "Hi", "voice": voice}),
    ):
        check_envelope(response, 404)
    assert voice not in ids(client)
    assert me.get(f"{VOICE}/{voice}").json()["name"] == "Mine"


def test_usage_counts_characters_down(me: httpx.Client) -> None:
    account = me.get("/v1/account").json()
    assert not list(lmnt().schema("#/components/schemas/AccountRetrieveResponse").errors(account))
    assert account["usage"]["characters"] == account["plan"]["character_limit"] == 10_000_000
    me.post(BYTES, json={"text": "é🎧 x", "voice": "leah"})
    me.post("/v1/ai/speech", json={"text": "four", "voice": "leah"})
    me.post(BYTES, json={"text": "not spoken", "voice": "nobody"})
    assert me.get("/v1/account").json()["usage"]["characters"] == 10_000_000 - 8


def test_no_credits_left_is_402() -> None:
    with (
        running(engine="tone", arguments=["--character-limit", "10"]) as server,
        httpx.Client(base_url=server.base_url, headers={"x-api-key": "k"}) as client,
    ):
        assert client.post(BYTES, json={"text": "six ch", "voice": "leah"}).status_code == 200
        for path in (BYTES, "/v1/ai/speech"):
            body = check_envelope(client.post(path, json={"text": "seven c", "voice": "leah"}), 402)
            assert body["error"]["message"] == "This text has 7 characters, and your plan has 4 left."
        check_envelope(client.post(BYTES, json={"text": "seven c", "voice": "nobody"}), 404)
        assert client.post(BYTES, json={"text": "four", "voice": "leah"}).status_code == 200
        assert client.get("/v1/account").json()["usage"]["characters"] == 0
        assert client.get("/v1/account", headers={"x-api-key": "other"}).json()["usage"]["characters"] == 10


def test_what_is_in_the_data_folder_survives_a_kill(tmp_path: Path) -> None:
    key = {"x-api-key": "a key that is not written down"}
    folder = tmp_path / "new" / "folder"
    with (
        running(engine="tone", data=folder) as server,
        httpx.Client(base_url=server.base_url, headers=key) as client,
    ):
        voice = create(client, tags=["kept"])
        client.put(f"{VOICE}/leah", json={"starred": True})
        speech = client.post(BYTES, json={"text": "Hello", "voice": voice["id"]}).content
        server.kill()
    with (
        running(engine="tone", data=folder) as server,
        httpx.Client(base_url=server.base_url, headers=key) as client,
    ):
        assert client.get(f"{VOICE}/{voice['id']}").json() == voice
        assert ids(client, starred="true") == ["leah"]
        assert client.get("/v1/account").json()["usage"]["characters"] == 10_000_000 - 5
        assert client.post(BYTES, json={"text": "Hello", "voice": voice["id"]}).content == speech
        assert ids(client, owner="me") == [voice["id"]]
    for file in folder.iterdir():
        assert b"not written down" not in file.read_bytes()


def test_many_at_once(me: httpx.Client) -> None:
    file = recording("Short.")
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda number: create(me, f"Voice {number}", file)["id"], range(40)))
        spoken = list(pool.map(lambda voice: me.post(BYTES, json={"text": "ten chars.", "voice": voice}), made))
    assert len(set(made)) == 40
    assert sorted(ids(me, owner="me")) == sorted(made)
    assert {response.status_code for response in spoken} == {200}
    assert len({response.content for response in spoken}) == 1
    assert me.get("/v1/account").json()["usage"]["characters"] == 10_000_000 - 400
