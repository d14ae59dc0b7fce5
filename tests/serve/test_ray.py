"""The server on a Ray of this machine: two replicas, one of which is killed under way. Run by ./scripts/test --ray."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from lmnt import APIStreamError, Lmnt, NotFoundError, PaymentRequiredError, SessionClosedError

ray = pytest.importorskip("ray", reason="Ray is not installed here; ./scripts/test --ray has an environment with it")

ROOT = Path(__file__).resolve().parents[2]
NAME = f"lmnt-{os.getpid()}"
LONG = "word " * 900


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    from ray import serve

    from lmnt_server.ray import app

    paths = {"env_vars": {"PYTHONPATH": str(ROOT / "server")}}
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, runtime_env=paths)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    args = {"engine": "tone", "faults": True, "replicas": 2, "character_limit": 100_000, "drain": 5}
    serve.run(app(args), name=NAME, route_prefix="/")
    yield f"http://127.0.0.1:{port}"
    serve.shutdown()
    ray.shutdown()


@pytest.fixture
def client(url: str) -> Iterator[Lmnt]:
    with Lmnt(base_url=url, api_key="key", max_retries=0) as client:
        yield client


def eventually(holds: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def replicas() -> set[int]:
    """Return the processes of the replicas, which Ray names so."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(f"ray::ServeReplica:{NAME}".encode()):
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


def test_there_are_two_replicas(url: str) -> None:
    eventually(lambda: len(replicas()) == 2)
    assert httpx.get(url + "/readyz").json() == {"status": "ok"}


def test_operations(client: Lmnt, url: str) -> None:
    for format in ("mp3", "wav", "webm", "pcm_s16le"):
        assert client.speech.generate(text="Hello.", voice="leah", format=format).read()
    timestamps = client.speech.generate_detailed(text="Two words.", voice="leah", return_timestamps=True).timestamps
    assert "".join(each.text for each in timestamps or []) == "Two words."
    made = client.voices.create(name="Me", file=client.speech.generate(text="Hi.", voice="leah", format="wav").read())
    client.voices.update("amy", starred=True)
    for _ in range(12):  # whichever replica answers
        with Lmnt(base_url=url, api_key="key") as another:
            assert another.voices.retrieve(made.id).name == "Me"
            assert [voice.id for voice in another.voices.list(starred=True)] == ["amy"]
    with pytest.raises(NotFoundError):
        client.voices.retrieve("nobody")
    body = {"input": "Hello.", "model": "tts-1", "voice": "alloy"}
    assert httpx.post(url + "/v1/audio/speech", json=body).headers["content-type"] == "audio/mpeg"
    refused = httpx.post(url + "/v1/audio/speech", json=body | {"voice": "nobody"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "voice")


def test_characters_are_counted_together(url: str) -> None:
    def speak(_: int) -> int:
        with Lmnt(base_url=url, api_key="counted") as client:
            return len(client.speech.generate(text="x" * 1000, voice="leah").read())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(speak, range(40)))
    with Lmnt(base_url=url, api_key="counted") as client:
        assert client.accounts.retrieve().usage.characters == 60_000
        client.speech.generate(text="x" * 5000, voice="leah").read()
        for _ in range(11):
            client.speech.generate(text="x" * 5000, voice="leah").read()
        with pytest.raises(PaymentRequiredError, match="your plan has 0 left"):
            client.speech.generate(text="x", voice="leah")


def test_streams_come_while_they_are_made_and_a_failure_is_one(client: Lmnt) -> None:
    with client.speech.with_streaming_response.generate(text=LONG, voice="leah", format="pcm_s16le") as response:
        pieces = [len(piece) for piece in response.iter_bytes()]
    assert len(pieces) > 5
    cut = {"x-lmnt-fault": "raise-after=5000"}
    with pytest.raises(APIStreamError) as caught:
        client.speech.generate(text=LONG, voice="leah", extra_headers=cut).read()
    assert caught.value.bytes_received == 5000


def test_sessions(client: Lmnt) -> None:
    with client.speech.sessions.create(voice="leah", format="pcm_s16le", return_timestamps=True) as session:
        session.send_text("Hello there. ")
        session.send_flush()
        session.send_text("And more.")
        session.send_finish()
        kinds = [message.type for message in session]
    assert "audio" in kinds
    assert "timestamps" in kinds
    assert "flush_complete" in kinds


def test_a_replica_that_is_killed_takes_nothing_with_it(client: Lmnt, url: str) -> None:
    made = client.voices.create(name="Kept", file=client.speech.generate(text="Hi.", voice="leah", format="wav").read())
    before = client.accounts.retrieve().usage.characters
    old = replicas()
    stalled = {"x-lmnt-fault": "stall-after=5000"}
    session = client.speech.sessions.create(voice="leah", format="pcm_s16le")
    with client.speech.with_streaming_response.generate(text=LONG, voice="leah", extra_headers=stalled) as response:
        pieces = response.iter_bytes()
        assert next(pieces)
        session.send_text("A word. ")
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(APIStreamError):
            list(pieces)
    with pytest.raises(SessionClosedError):
        list(session)
    eventually(lambda: len(replicas() - old) == 2 and lives(url))
    for pid in replicas():  # one after the other: nothing depends on the first
        before_that = replicas()
        os.kill(pid, signal.SIGKILL)
        eventually(lambda known=before_that: len(replicas() - known) == 1 and len(replicas()) == 2 and lives(url))
    for _ in range(12):
        assert httpx.get(f"{url}/v1/ai/voice/{made.id}", headers={"x-api-key": "key"}).json()["name"] == "Kept"
    assert [voice.id for voice in client.voices.list(starred=True)] == ["amy"]
    assert before - client.accounts.retrieve().usage.characters in (len(LONG), len(LONG) + 8)
    assert client.speech.generate(text="Hello.", voice=made.id).read()


def lives(url: str) -> bool:
    try:
        return httpx.get(url + "/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_the_neural_voice_is_one_of_each_replica(url: str) -> None:
    from ray import serve

    from lmnt_server.ray import app

    serve.delete(NAME)
    serve.run(app({"engine": "hibari", "replicas": 2, "drain": 0}), name=f"{NAME}-neural", route_prefix="/")

    def speak(_: int) -> tuple[bool, int]:
        with Lmnt(base_url=url, api_key="key") as client:
            is_neural = "neural" in (client.voices.retrieve("leah").tags or [])
            return is_neural, len(client.speech.generate(text="Two replicas speak.", voice="leah", format="wav").read())

    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(speak, range(12)))
    assert all(is_neural and size > 48_000 for is_neural, size in heard), heard
    assert len({size for _, size in heard}) == 1


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"engine": "nothing"}, "not an option of lmnt-server, or a wrong value: --engine=nothing"),
        ({"nothing": 1}, "not an option of lmnt-server"),
        ({"port": 1}, "port has no meaning here: Ray Serve's proxy listens"),
        ({"requests_at_once": 1}, "requests_at_once has no meaning here"),
        ({"replicas": "two"}, "invalid literal"),
    ],
)
def test_wrong_arguments(args: dict[str, Any], told: str) -> None:
    from lmnt_server.ray import app

    with pytest.raises(ValueError, match=told) as caught:
        app({"api_key": "SECRET", **args})
    assert "SECRET" not in str(caught.value)
