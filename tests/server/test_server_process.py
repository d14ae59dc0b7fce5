"""The command line: starting, stopping, refusing to start, and what is left behind (nothing)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE

import httpx
import pytest
from answers import REQUEST_ID, address_of

from lmnt_server.process import ServerFailedError, ServerProcess, running

pytestmark = pytest.mark.once(rows=True)

SERVER = str(Path(__file__).parents[2] / "server")
BYTES = "/v1/ai/speech/bytes"
TONE = ("--engine", "tone", "--port", "0")
ENVIRONMENT = {**os.environ, "PYTHONPATH": SERVER}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lmnt_server", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        env=ENVIRONMENT,
    )


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A process that has ended but that nobody waited for is gone too, as far as its work goes.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_help_teaches() -> None:
    help = run("--help").stdout
    for words in (
        "export LMNT_BASE_URL=http://127.0.0.1:8765",
        "--engine {espeak,hibari,piper,tone}",
        "--voices DIR",
        "do not imitate",
        "any API key",
    ):
        assert words in help


def test_what_serves_is_loaded_when_it_is_asked_for() -> None:
    code = (
        "import sys, lmnt_server.process, lmnt_server.__main__; heavy = {'av', 'granian', 'jsonschema', 'starlette'}\n"
        "print(heavy & sys.modules.keys(), lmnt_server.create_app.__name__, len(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set() create_app 3\n"


REFUSED = [
    (["--port", "70000"], "invalid port value: '70000'"),
    (["--port", "x"], "invalid port value: 'x'"),
    (["--character-limit", "-1"], "invalid count value"),
    (["--engine", "choir"], "choose from"),
    (["--session-idle-timeout", "nan"], "invalid number of seconds value"),
    (["--tls-cert", "cert.pem"], "belong together"),
    (["--tls-cert", "no.pem", "--tls-key", "no.key"], "cannot use no.pem with no.key: "),
    (["--data", "/proc"], "cannot keep data in /proc: "),  # where root too writes nothing
    (["--data", "/proc/no/folder"], "cannot keep data in /proc/no/folder: "),
    (["--data", "/dev/null"], "cannot keep data in /dev/null: "),
    (["--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid:8765: "),
    (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1:8765: "),
    (["--host", "ex..ample"], "cannot listen on ex..ample:8765: this is no name of a host"),
    (["--data", "", *TONE], "invalid path value: ''"),  # as of a variable of the shell that is not set
    (["--api-key", "", *TONE], "the key of --api-key is empty, or no header can hold it"),
    (["--keys", "/dev/zero", *TONE], "cannot read the keys in /dev/zero: it is longer than"),
    (["--voice", "bob=nobody", *TONE], "bob=nobody names no voice; there are leah, "),
    (["--voice", "\udcff=amy", *TONE], r"invalid NAME=VOICE value: '\udcff=amy'"),
    (["--voice", "leah=amy", *TONE], "leah=amy gives another meaning to a voice"),
    (["--requests-at-once", "0", *TONE], "invalid count value"),
    (["--characters-per-minute", "9" * 400, *TONE], "invalid count value"),
    (["--session-max-message", "0", *TONE], "invalid count value"),
    (["--session-max-message", "16777217", *TONE], "invalid count value"),
    (["--workers", "2", "--keys", "/nowhere", *TONE], "cannot read the keys in /nowhere: "),
]

# Runs each command line in a child of a process that has imported the server: to import it takes longer than to refuse.
FORKED = """
import json, os, sys, tempfile
import lmnt_server.configured, lmnt_server.hosting, lmnt_server.store, lmnt_server.workers
from lmnt_server.__main__ import main

def run(arguments):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        if not (child := os.fork()):
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            try:
                code = main(arguments)
            except SystemExit as ended:
                code = ended.code
            sys.stdout.flush()
            os._exit(code)  # all that is imported need not be taken down
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return [code, *(os.pread(file.fileno(), 1 << 20, 0).decode() for file in (out, err))]

json.dump([run(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
"""


@pytest.fixture(scope="module")
def refusals() -> list[tuple[int, str, str]]:
    """Of each of REFUSED: the exit code, and what was written to standard output and standard error."""
    given = json.dumps([arguments for arguments, _ in REFUSED])
    command = [sys.executable, "-c", FORKED]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, env=ENVIRONMENT)
    found: list[tuple[int, str, str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=[words for _, words in REFUSED])
def test_an_option_that_cannot_be_obeyed_is_told_in_plain_words(
    refusals: list[tuple[int, str, str]], number: int
) -> None:
    code, out, err = refusals[number]
    assert code == 2
    assert REFUSED[number][1] in err
    told = [line for line in err.splitlines() if line.startswith("lmnt-server: ")]
    assert len(told) == 1
    assert err.splitlines()[-1:] == told
    assert out == ""


def test_a_key_that_cannot_be_one_is_not_shown() -> None:
    done = run("--api-key", "s\u00e9cret", *TONE)
    assert done.returncode == 2
    assert "cret" not in done.stderr


def test_of_servers_that_are_started_at_once_on_one_port_one_runs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = str(sock.getsockname()[1])
    command = [sys.executable, "-m", "lmnt_server", *TONE, "--port", port, "--stop-on-eof"]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=ENVIRONMENT))
            for _ in range(3)
        ]
        stack.callback(lambda: [server.terminate() for server in servers])
        wait_until(lambda: sum(server.poll() is not None for server in servers) == 2)
        (alive,) = (server for server in servers if server.poll() is None)
        assert alive.stdout is not None
        assert alive.stdout.readline().decode() == f"lmnt-server is ready at http://127.0.0.1:{port}\n"
        for server in servers:
            if server is not alive:
                assert server.returncode == 2
                assert server.stderr is not None
                assert server.stderr.read().endswith(b"another program listens there\n")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to see how far it is")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_while_it_starts_has_no_traceback(workers: int) -> None:
    command = [sys.executable, "-m", "lmnt_server", "--workers", str(workers), *TONE]
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, env=ENVIRONMENT) as server:
        # It is loading what serves, or has started what will.
        wait_until(lambda: children(server.pid) if workers > 1 else "_granian" in maps(server.pid))
        server.send_signal(signal.SIGINT)
        _, log = server.communicate(timeout=20)
    assert log == b""
    assert server.returncode in (0, -signal.SIGINT)


def test_files_that_are_no_certificate(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.write_text("not a certificate")
    done = run("--tls-cert", str(file), "--tls-key", str(file))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "cannot use" in done.stderr


def test_a_data_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "lmnt-server.sqlite3").write_bytes(b"not a database" * 100)
    done = run("--data", str(tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "cannot keep data in" in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_is_in_use(tone: ServerProcess, host: str) -> None:
    port = tone.base_url.rpartition(":")[2]
    done = run("--host", host, "--port", port, "--engine", "tone")
    assert done.returncode == 2
    assert done.stderr == f"lmnt-server: cannot listen on {host}:{port}: another program listens there\n"


@pytest.mark.parametrize("host", ["localhost", "127.1", "0"])
def test_a_host_is_given_as_anything_that_names_one(host: str) -> None:
    with running(engine="tone", arguments=["--host", host]) as server:
        assert httpx.get(server.base_url + "/v1/account", headers={"x-api-key": "k"}).status_code == 200


def test_ipv6() -> None:
    with running(engine="tone", arguments=["--host", "::1"]) as server:
        assert server.base_url.startswith("http://[::1]:")
        assert httpx.get(server.base_url + "/v1/account", headers={"x-api-key": "k"}).status_code == 200


def test_it_is_quiet() -> None:
    with running(engine="tone") as server:
        assert httpx.get(server.base_url + "/v1/account", headers={"x-api-key": "k"}).status_code == 200
        assert httpx.get(server.base_url + "/nowhere").status_code == 404
        server.terminate()
        assert server.wait(5) == 0
        assert server.log() == ""


def test_the_access_log_has_a_line_for_each_request_and_never_the_key() -> None:
    with running(engine="tone", arguments=["--access-log"]) as server:
        httpx.get(server.base_url + "/v1/account?a=SECRET", headers={"x-api-key": "SECRET"})
        httpx.get(server.base_url + "/a%0Ab", headers={"x-api-key": "SECRET"})
        server.terminate()
        assert server.wait(5) == 0
        # An answer has its line when it has been sent, which the next one may be before.
        lines = sorted(server.log().splitlines(), key=lambda line: "account" in line)
    assert len(lines) == 2
    assert all(REQUEST_ID.fullmatch(line.split()[0]) for line in lines)
    assert '"GET /a%0Ab" 404, ' in lines[0]
    assert '"GET /v1/account" 200, ' in lines[1]
    assert "SECRET" not in "".join(lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    with running(engine="tone") as server:
        with httpx.Client(base_url=server.base_url) as client:
            client.get("/nowhere")
            os.kill(server.pid, number)
            assert server.wait(5) == 0
        assert server.log() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_during_a_stream(number: signal.Signals) -> None:
    body = {"text": "x " * 2500, "voice": "leah"}
    with (
        running(engine="tone", faults=True) as server,
        httpx.Client(base_url=server.base_url, headers={"x-api-key": "k"}) as client,
        client.stream("POST", BYTES, json=body, headers={"x-lmnt-fault": "stall-after=1000"}) as response,
    ):
        stream = response.iter_raw()
        next(stream)
        os.kill(server.pid, number)
        with pytest.raises(httpx.RemoteProtocolError):
            list(stream)
        assert server.wait(5) == 0
        assert "Traceback" not in server.log()


def test_kill_cuts_the_stream() -> None:
    with (
        running(engine="tone", faults=True) as server,
        httpx.Client(base_url=server.base_url, headers={"x-api-key": "k"}) as client,
        client.stream(
            "POST", BYTES, json={"text": "x", "voice": "leah"}, headers={"x-lmnt-fault": "stall-after=9"}
        ) as response,
    ):
        stream = response.iter_raw()
        next(stream)
        server.kill()
        assert server.returncode == -signal.SIGKILL
        assert gone(server.pid)
        with pytest.raises(httpx.TransportError):
            list(stream)


def test_a_server_that_cannot_start_fails_with_its_own_words() -> None:
    with pytest.raises(ServerFailedError, match=r"exit code 2\n.*cannot keep data in /dev/null"):  # noqa: SIM117
        with running(engine="tone", data=Path("/dev/null")):
            raise AssertionError("it runs")


def test_a_server_that_is_not_ready_in_time_is_not_left_behind() -> None:
    with pytest.raises(ServerFailedError, match=r"not ready in 0\.01 s"):  # noqa: SIM117
        with running(engine="tone", timeout=0.01):
            raise AssertionError("it runs")


def test_an_interrupt_stops_the_server() -> None:
    servers: list[ServerProcess] = []

    def interrupted() -> None:
        with running(engine="tone") as server:
            servers.append(server)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert servers[0].returncode == 0
    assert gone(servers[0].pid)


def test_a_parent_that_is_killed_leaves_no_orphan() -> None:
    program = """
        import time
        from lmnt_server.process import running
        with running(engine="tone") as server:
            print(server.pid, server.base_url, flush=True)
            time.sleep(60)
    """
    environment = {**os.environ, "PYTHONPATH": SERVER}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        pid, base_url = parent.stdout.readline().split()
        assert httpx.get(base_url + "/nowhere").status_code == 404
        parent.kill()
    wait_until_gone(int(pid))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to find the processes")
def test_a_server_that_is_killed_leaves_no_orphan() -> None:
    with running(engine="espeak") as server:
        (child,) = children(server.pid)  # espeak-ng
        os.kill(server.pid, signal.SIGKILL)
        server.wait(5)
        wait_until_gone(child)


def wait_until_gone(pid: int) -> None:
    wait_until(lambda: gone(pid), 5)


def wait_until(holds: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def maps(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


def test_a_connection_that_says_nothing_or_nonsense_harms_nobody(tone: ServerProcess) -> None:
    for content in (
        b"",
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"POST /v1/ai/speech HTTP/1.1\r\nhost: a\r\n",
        b"\0" * 99,
    ):
        with socket.create_connection(address_of(tone)) as sock:
            sock.sendall(content)
    assert httpx.get(tone.base_url + "/v1/account", headers={"x-api-key": "k"}).status_code == 200


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(tone: ServerProcess) -> None:
    for path, kind in ((BYTES, "application/json"), ("/v1/ai/voice", "multipart/form-data; boundary=b")):
        head = (
            f"POST {path} HTTP/1.1\r\nhost: a\r\nx-api-key: k\r\ncontent-type: {kind}\r\ncontent-length: 999\r\n\r\n--b"
        )
        with socket.create_connection(address_of(tone)) as sock:
            sock.sendall(head.encode())
            time.sleep(0.05)
    assert httpx.get(tone.base_url + "/v1/account", headers={"x-api-key": "k"}).status_code == 200
    assert "Traceback" not in "\n".join(line for line in tone.log().splitlines() if "x-lmnt-fault" not in line)
