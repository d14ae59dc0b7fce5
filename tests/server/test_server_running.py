"""To run it for others: workers, what it tells of itself, limits, keys in a file, a full disk, stopping in order."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from answers import check_envelope
from decoded import recording
from talking import FINISH, flush, hear, init, listen, opened, say, talk, text, until

from lmnt_server.engines.tone import CHARACTER
from lmnt_server.errors import ApiError
from lmnt_server.keys import Keys, KeysError
from lmnt_server.process import ServerFailedError, ServerProcess, running
from lmnt_server.store import account_of

pytestmark = pytest.mark.once(rows=True)

BYTES, AUDIO = "/v1/ai/speech/bytes", "/v1/audio/speech"
KEY = {"x-api-key": "k"}
HELLO = {"text": "Hello.", "voice": "leah"}


def eventually(holds: Callable[[], Any], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def counted(server: ServerProcess) -> dict[str, float]:
    response = httpx.get(server.base_url + "/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    lines = [line.rpartition(" ") for line in response.text.splitlines() if not line.startswith("#")]
    return {name.removeprefix("lmnt_server_"): float(value) for name, _, value in lines}


# ---- what it tells of itself


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """With faults, limits that no other test reaches, and lines of JSON."""
    arguments = ["--log-format", "json", "--access-log", "--characters-per-minute", "6000", "--requests-at-once", "2"]
    with running(engine="tone", faults=True, arguments=arguments) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, timeout=20) as client:
        yield client


def test_it_lives_and_can_work(client: httpx.Client) -> None:
    for path in ("/healthz", "/readyz"):
        assert client.get(path).json() == {"status": "ok"}
        assert client.head(path).status_code == 200
        check_envelope(client.post(path), 405)
        assert client.get(path, headers={"x-lmnt-fault": "status=500"}).status_code == 200
        # Programs that look for other servers look for these.
        assert client.get("/v1" + path).status_code == client.get(path + "/").status_code == 404
    assert client.get("/health").status_code == 404


def test_it_counts(server: ServerProcess, client: httpx.Client) -> None:
    before = counted(server)
    key = {"x-api-key": "counting"}
    for _ in range(3):
        assert client.post(BYTES, json=HELLO, headers=key).status_code == 200
    assert client.post(AUDIO, json={"input": "Hi", "voice": "alloy", "model": "tts-1"}).status_code == 200
    client.post(BYTES, json={}, headers=key)
    client.post(BYTES, json=HELLO)
    client.get("/nowhere/at/all?key=SECRET")
    with suppress(httpx.TransportError):
        client.post(BYTES, json=HELLO, headers=key | {"x-lmnt-fault": "raise-after=5"})
    with opened(server) as ws:
        say(ws, init(**{"X-API-Key": "counting"}))
        assert hear(ws)["type"] == "ready"
        assert counted(server)["sessions_open"] == 1
        say(ws, text("A word."), FINISH)
        assert listen(ws).code == 1000
    eventually(lambda: counted(server)["sessions_open"] == 0)
    after = counted(server)
    more = {name: round(value - before.get(name, 0), 6) for name, value in after.items()}
    lmnt, session = 'operation="POST /v1/ai/speech/bytes"', 'operation="WEBSOCKET /v1/ai/speech/stream"'
    assert more[f'requests_total{{{lmnt},status="200"}}'] == 4
    assert more[f'requests_total{{{lmnt},status="400"}}'] == 1
    assert more[f'requests_total{{{lmnt},status="401"}}'] == 1
    assert more['requests_total{operation="POST /audio/speech",status="200"}'] == 1
    assert more[f'requests_total{{{session},status="1000"}}'] == 1
    assert more['requests_total{operation="other",status="404"}'] == 1
    assert more['failures_total{type="invalid_request_error"}'] == 1
    assert more['failures_total{type="authentication_error"}'] == 1
    assert more['failures_total{type="internal_server_error"}'] == 1
    assert more["characters_total"] == 4 * 6 + 2 + 7
    assert more["audio_seconds_total"] == pytest.approx((4 * 6 + 2 + 7) * CHARACTER, abs=0.2)
    assert more[f"first_byte_seconds_count{{{lmnt}}}"] >= 4
    assert after["requests_open"] == 1  # the one that asks
    assert "SECRET" not in json.dumps(after)


def test_lines_of_json(server: ServerProcess, client: httpx.Client) -> None:
    answer = client.post(BYTES + "?a=SECRET", json=HELLO, headers={"x-api-key": "SECRET"})
    failed = client.get("/v1/account", headers={"x-lmnt-fault": "raise", "x-api-key": "SECRET"})
    eventually(lambda: all(each.headers["request-id"] in server.log() for each in (answer, failed)))
    lines = [json.loads(line) for line in server.log().splitlines()]
    (line,) = [line for line in lines if line.get("request_id") == answer.headers["request-id"]]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert (line["level"], line["logger"], line["outcome"]) == ("info", "lmnt_server.access", "complete")
    assert (line["method"], line["path"], line["status"], line["bytes"]) == ("POST", BYTES, 200, len(answer.content))
    assert any(line["level"] == "error" and line["request_id"] == failed.headers["request-id"] for line in lines)
    assert "SECRET" not in server.log()


# ---- limits


def test_characters_a_minute(server: ServerProcess, client: httpx.Client) -> None:
    key = {"x-api-key": "a lot"}
    body = {"text": "x" * 3000, "voice": "leah", "format": "pcm_s16le"}
    assert [client.post(BYTES, json=body, headers=key).status_code for _ in range(2)] == [200, 200]
    refused = client.post(BYTES, json=body, headers=key)
    assert "may have 6000 spoken in a minute" in check_envelope(refused, 429)["error"]["message"]
    assert 20 < int(refused.headers["retry-after"]) <= 30
    body = {"input": "x" * 3000, "voice": "alloy", "model": "tts-1"}
    refused = client.post(AUDIO, json=body, headers={"authorization": "Bearer a lot"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert int(refused.headers["retry-after"]) <= 30
    talked = talk(server, text("x" * 3000), FINISH, **{"X-API-Key": "a lot"})
    assert (talked.messages[-1]["error"]["type"], talked.code) == ("rate_limit_error", 1013)
    assert client.post(AUDIO, json=body, headers={"authorization": "Bearer another"}).status_code == 200


def test_requests_at_once(server: ServerProcess, client: httpx.Client) -> None:
    key = {"x-api-key": "busy"}
    slow = key | {"x-lmnt-fault": "drip=20"}
    body = {"text": "x" * 500, "voice": "leah", "format": "pcm_s16le"}
    with client.stream("POST", BYTES, json=body, headers=slow) as one, opened(server) as ws:
        stream = one.iter_raw()  # to forget it would be to leave
        next(stream)
        say(ws, init(**{"X-API-Key": "busy"}))
        assert hear(ws)["type"] == "ready"
        refused = client.get("/v1/account", headers=key)
        assert "2 requests of this key are under way" in check_envelope(refused, 429)["error"]["message"]
        assert refused.headers["retry-after"] == "1"
        assert talk(server, FINISH, **{"X-API-Key": "busy"}).messages[-1]["error"]["type"] == "rate_limit_error"
        assert client.get("/v1/account", headers=KEY).status_code == 200
    # One client left in the middle, the other closed: both are done.
    eventually(lambda: client.get("/v1/account", headers=key).status_code == 200)
    with ThreadPoolExecutor(8) as pool:
        codes = [
            each.status_code for each in pool.map(lambda _: client.post(BYTES, json=HELLO, headers=key), range(40))
        ]
    assert set(codes) <= {200, 429}
    assert client.post(BYTES, json=HELLO, headers=key).status_code == 200


# ---- keys in a file


def test_keys_in_a_file_that_changes(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# of the team\nfirst\n\n  second  \n")
    with running(engine="tone", api_key="own", arguments=["--keys", str(file)]) as server:

        def status(key: str) -> int:
            with httpx.Client(base_url=server.base_url) as client:
                lmnt = client.get("/v1/account", headers={"x-api-key": key}).status_code
                audio = client.get("/v1/models", headers={"authorization": f"Bearer {key}"}).status_code
            assert lmnt == audio
            return lmnt

        keys = ("own", "first", "second", "third", "# of the team")
        assert [status(key) for key in keys] == [200, 200, 200, 401, 401]
        file.write_text("third\n")
        assert [status(key) for key in keys] == [200, 401, 401, 200, 401]
        file.rename(tmp_path / "away")
        assert [status(key) for key in keys] == [200, 401, 401, 200, 401]
        file.write_bytes(b"\xff\xfe")
        assert [status(key) for key in keys] == [200, 401, 401, 200, 401]
        file.write_text("")
        assert [status(key) for key in keys] == [200, 401, 401, 401, 401]
        log = server.log()
        assert len(log.splitlines()) == 2, log
        assert log.count("cannot be read, those before hold") == 2
        assert not any(key in log for key in ("first", "second", "third"))


def test_a_file_of_keys_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ServerFailedError, match=r"exit code 2\nlmnt-server: cannot read the keys in .*nowhere"):  # noqa: SIM117
        with running(engine="tone", arguments=["--keys", str(tmp_path / "nowhere")]):
            raise AssertionError("it runs")


def test_how_people_write_files_of_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_bytes(b"\xef\xbb\xbffirst\r\nsecond  # of Ada\r\n\t# nobody's\r\nth#ird\r\nof two words\r\n")
    keys = Keys(file=file)
    for key in ("first", "second", "th#ird", "of two words"):
        assert keys.account(key, "") == account_of(key)
    for key in ("# nobody's", "nobody's", "second  # of Ada", "# of Ada"):
        with pytest.raises(ApiError, match="not known"):
            keys.account(key, "")
    file.write_text("fine\nschl\u00fcssel\n", "utf-8")
    with pytest.raises(KeysError, match="no header can hold line 2"):
        Keys(file=file)


# ---- a full disk


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux, where another process can be limited")
def test_a_full_disk(tmp_path: Path) -> None:
    with (
        running(engine="tone", data=tmp_path) as server,
        httpx.Client(base_url=server.base_url, headers=KEY, timeout=20) as client,
    ):
        voice = client.post("/v1/ai/voice", data={"name": "Me"}, files={"file": ("a.wav", recording())}).json()["id"]
        old = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1, old[1]))
        for response in (
            client.post(BYTES, json=HELLO),
            client.put(f"/v1/ai/voice/{voice}", json={"starred": True}),
            client.delete(f"/v1/ai/voice/{voice}"),
            client.get("/readyz"),
        ):
            assert "cannot keep its data" in check_envelope(response, 503)["error"]["message"]
        refused = client.post(AUDIO, json={"input": "Hi", "voice": "alloy", "model": "tts-1"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "server_error")
        talked = talk(server, text("Hello."), FINISH)
        assert (talked.messages[-1]["error"]["type"], talked.code) == ("internal_server_error", 1011)
        # What is only read is still there, and the server is alive.
        assert client.get("/healthz").status_code == client.get("/v1/account").status_code == 200
        assert client.get(f"/v1/ai/voice/{voice}").json()["starred"] is False
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, old)
        assert client.post(BYTES, json=HELLO).status_code == client.get("/readyz").status_code == 200
        assert client.put(f"/v1/ai/voice/{voice}", json={"starred": True}).json()["voice"]["starred"] is True


# ---- workers


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("team")
    arguments = ["--workers", "3", "--requests-at-once", "1000"]
    with running(engine="tone", faults=True, data=folder, arguments=arguments, timeout=40) as process:
        yield process


def workers(team: ServerProcess) -> set[int]:
    children = Path(f"/proc/{team.pid}/task").glob("*/children")
    return {int(pid) for each in children for pid in each.read_text().split()}


def each_worker(team: ServerProcess, path: str, times: int = 15) -> list[Any]:
    """Ask over connections of their own, which the system shares out."""
    return [httpx.get(team.base_url + path, headers=KEY).json() for _ in range(times)]


def test_workers_share_what_they_know(team: ServerProcess) -> None:
    assert len(workers(team)) == 3
    before = httpx.get(team.base_url + "/v1/account", headers=KEY).json()["usage"]["characters"]
    made = httpx.post(
        team.base_url + "/v1/ai/voice", headers=KEY, data={"name": "Me"}, files={"file": ("a.wav", recording())}
    ).json()
    httpx.put(f"{team.base_url}/v1/ai/voice/leah", headers=KEY, json={"starred": True})
    for listed in each_worker(team, "/v1/ai/voice/list?starred=true"):
        assert [voice["id"] for voice in listed] == ["leah"]
    assert {voice["name"] for voice in each_worker(team, f"/v1/ai/voice/{made['id']}")} == {"Me"}
    with ThreadPoolExecutor(16) as pool:
        urls = [team.base_url + BYTES] * 60
        statuses = {each.status_code for each in pool.map(lambda url: httpx.post(url, json=HELLO, headers=KEY), urls)}
    assert statuses == {200}
    assert {before - found["usage"]["characters"] for found in each_worker(team, "/v1/account")} == {60 * 6}
    assert counted(team)["characters_total"] >= 60 * 6


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to find the processes")
def test_a_worker_that_is_killed_takes_nothing_with_it(team: ServerProcess) -> None:
    key = {"x-api-key": "survivor"}
    starred = httpx.put(f"{team.base_url}/v1/ai/voice/amy", headers=key, json={"starred": True})
    assert starred.status_code == 200
    made = httpx.post(
        team.base_url + "/v1/ai/voice", headers=key, data={"name": "Me"}, files={"file": ("a.wav", recording())}
    ).json()["id"]
    body = {"text": "x" * 2000, "voice": made, "format": "pcm_s16le"}
    characters = counted(team)["characters_total"]
    old = workers(team)
    stalled = key | {"x-lmnt-fault": "stall-after=1000"}
    with httpx.stream("POST", team.base_url + BYTES, json=body, headers=stalled) as response, opened(team) as ws:
        stream = response.iter_raw()
        assert next(stream)
        say(ws, init(**{"X-API-Key": "survivor"}), text("A word. "))
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            list(stream)
        assert listen(ws).code == 1006
    eventually(lambda: len(workers(team) - old) == 3, 30)
    eventually(lambda: ready(team), 30)
    assert workers(team).isdisjoint(old)
    account = httpx.get(team.base_url + "/v1/account", headers=key).json()
    used = account["plan"]["character_limit"] - account["usage"]["characters"]
    assert used in (2000, 2000 + 8)  # the session's word may not have been begun
    assert httpx.get(f"{team.base_url}/v1/ai/voice/{made}", headers=key).json()["name"] == "Me"
    assert httpx.get(f"{team.base_url}/v1/ai/voice/amy", headers=key).json()["starred"] is True
    assert httpx.post(team.base_url + BYTES, json=HELLO, headers=key).status_code == 200
    found = counted(team)
    assert found["characters_total"] >= characters + 2000
    eventually(lambda: [counted(team)[each] for each in ("sessions_open", "requests_open")] == [0, 1])
    assert team.log().count("another one takes its place") == 3


def ready(team: ServerProcess) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(team.base_url + "/readyz").status_code == 200
    return False


def test_a_request_of_a_worker_that_was_killed_is_not_under_way_for_ever() -> None:
    arguments = ["--workers", "2", "--requests-at-once", "1"]
    with running(engine="tone", faults=True, arguments=arguments, timeout=40) as server:
        slow = KEY | {"x-lmnt-fault": "stall-after=10"}
        with httpx.stream("POST", server.base_url + BYTES, json=HELLO, headers=slow) as response:
            stream = response.iter_raw()
            assert next(stream)
            assert httpx.get(server.base_url + "/v1/account", headers=KEY).status_code == 429
            old = workers(server)
            for pid in old:
                os.kill(pid, signal.SIGKILL)
        eventually(lambda: len(workers(server) - old) == 2 and ready(server), 30)
        assert httpx.get(server.base_url + "/v1/account", headers=KEY).status_code == 200


def test_workers_that_cannot_start_say_why() -> None:
    with (
        pytest.raises(ServerFailedError) as caught,
        running(engine="tone", fault="nonsense", arguments=["--workers", "2"]),
    ):
        pass
    assert "lmnt-server: --fault: there is no fault 'nonsense'" in str(caught.value)
    assert str(caught.value).count("lmnt-server: ") == 1


@pytest.mark.parametrize("count", [1, 2])
def test_a_folder_holds_the_data_of_one_server(count: int, tmp_path: Path) -> None:
    arguments = ["--data", str(tmp_path), "--requests-at-once", "1"]
    slow = KEY | {"x-lmnt-fault": "stall-after=10"}
    first = running(engine="tone", faults=True, arguments=[*arguments, "--workers", str(count)], timeout=40)
    with first as server, httpx.stream("POST", server.base_url + BYTES, json=HELLO, headers=slow) as response:
        stream = response.iter_raw()
        assert next(stream)
        for other in (1, 2):
            more = running(engine="tone", arguments=[*arguments, "--workers", str(other)], timeout=40)
            with pytest.raises(ServerFailedError, match="another server keeps its data in"), more:
                pass
        assert httpx.get(server.base_url + "/v1/account", headers=KEY).status_code == 429
    with running(engine="tone", arguments=arguments) as server:
        assert httpx.get(server.base_url + "/v1/account", headers=KEY).status_code == 200


# ---- stopping


@pytest.mark.parametrize("count", [1, 2])
def test_streams_under_way_finish_and_sessions_are_told(count: int) -> None:
    body = {"text": "x" * 100, "voice": "leah", "format": "pcm_s16le"}
    arguments = ["--workers", str(count), "--drain", "20"]
    with running(engine="tone", faults=True, arguments=arguments, timeout=40) as server:
        pids = workers(server) if count > 1 else set()
        slow = KEY | {"x-lmnt-fault": "drip=10"}  # a second
        with (
            httpx.stream("POST", server.base_url + BYTES, json=body, headers=slow) as response,
            opened(server) as ws,
        ):
            stream = response.iter_raw()
            audio = next(stream)
            say(ws, init(), text("Hello. "), flush(1))
            until(ws, "flush_complete")
            server.terminate()
            closed = listen(ws)
            assert (closed.code, closed.reason) == (1001, "the server is stopping")
            eventually(lambda: not ready(server))
            audio += b"".join(stream)
        assert len(audio) == round(48_000 * (100 * CHARACTER + 0.1))
        assert server.wait(10) == 0
        assert "Traceback" not in server.log()
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


@pytest.mark.parametrize(
    ("arguments", "signals"), [(["--drain", "0.2"], 1), (["--drain", "0"], 1), (["--drain", "60"], 2)]
)
def test_streams_that_do_not_finish_in_time_are_cut(arguments: list[str], signals: int) -> None:
    with running(engine="tone", faults=True, arguments=arguments) as server:
        slow = KEY | {"x-lmnt-fault": "stall-after=10"}
        with httpx.stream("POST", server.base_url + BYTES, json=HELLO, headers=slow) as response:
            stream = response.iter_raw()
            next(stream)
            for _ in range(signals):
                server.terminate()
                time.sleep(0.3)
            with pytest.raises(httpx.TransportError):
                list(stream)
        assert server.wait(5) == 0


def test_workers_end_with_the_one_that_started_them() -> None:
    with running(engine="tone", arguments=["--workers", "2"], timeout=40) as server:
        pids = workers(server)
        assert len(pids) == 2
        os.kill(server.pid, signal.SIGKILL)
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
