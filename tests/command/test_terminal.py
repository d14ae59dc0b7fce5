"""The command in a real terminal and in a pipe: widths, colours, the bar, interrupts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from lmnt_server.process import ServerProcess, running

from .conftest import KEY
from .terminal import LMNT, run_in_terminal

pytestmark = pytest.mark.once(rows=True)

TEXT = "Audio that stops early is an error. " * 20


@pytest.fixture(scope="module")
def slow_server() -> Iterator[ServerProcess]:
    with running(engine="tone", api_key=KEY, fault="drip=40") as process:
        yield process


@pytest.fixture
def slow(slow_server: ServerProcess, server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  # its environment comes first
    monkeypatch.setenv("LMNT_BASE_URL", slow_server.base_url)


def pipe(*arguments: str, timeout: float = 30, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose output goes into pipes."""
    return subprocess.run(
        [*LMNT, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["colours", "NO_COLOR", "dumb"])
@pytest.mark.parametrize("arguments", [["voices", "--help"], ["voices", "list"], ["voices", "show", "nobody"]])
@pytest.mark.usefixtures("server")
def test_a_terminal_of_each_width(arguments: list[str], columns: int, environment: dict[str, str]) -> None:
    shown = run_in_terminal(arguments, columns=columns, **environment)
    assert shown.code == (4 if arguments[-1] == "nobody" else 0)
    is_error = arguments[-1] == "nobody"
    lines = [line for line in shown.text.splitlines() if not line.startswith("  lmnt ")]  # an example is one line
    assert is_error or max(map(cell_len, lines)) <= columns, shown.text
    if environment:
        assert not [part for part in shown.out.split("\x1b[")[1:] if part[:2] not in ("0m", "1m")], shown.out
    if environment.get("TERM") == "dumb":
        assert "\x1b" not in shown.out
    if is_error:
        assert len(lines) == 2


@pytest.mark.usefixtures("server")
def test_wide_characters_keep_their_columns_in_40() -> None:
    made = pipe("voices", "create", "--file", "recording.wav", "--name", "声" * 30, "--json")
    identity = json.loads(made.stdout)["id"]
    shown = run_in_terminal(["voices", "show", identity], columns=40)
    assert shown.text.count("声") == 30
    assert max(map(cell_len, shown.text.splitlines())) <= 40
    pipe("voices", "delete", identity)


@pytest.mark.usefixtures("server")
def test_a_table_in_a_pipe_has_a_row_in_a_line_and_no_colour() -> None:
    for environment in ({}, {"LANG": "C", "LC_ALL": "C"}, {"TERM": "dumb"}, {"COLUMNS": "20"}):
        ran = pipe("voices", "list", **environment)
        assert ran.returncode == 0, ran.stderr
        assert len(ran.stdout.splitlines()) == 11
        assert "\x1b" not in ran.stdout


@pytest.mark.usefixtures("server")
def test_what_an_encoding_has_not_is_escaped() -> None:
    made = json.loads(pipe("voices", "create", "--file", "recording.wav", "--name", "声é", "--json").stdout)
    ran = pipe("voices", "show", made["id"], PYTHONIOENCODING="ascii")
    assert "\\u58f0\\xe9" in ran.stdout
    assert json.loads(pipe("voices", "show", made["id"], "--json", PYTHONIOENCODING="ascii").stdout)["name"] == "声é"
    pipe("voices", "delete", made["id"])


@pytest.mark.usefixtures("slow")
def test_a_bar_is_shown_in_a_terminal_alone_and_after_a_second() -> None:
    some = ["speak", TEXT[:200], "--format", "mp3", "-o"]
    shown = run_in_terminal([*some, "it.mp3"])
    assert shown.code == 0
    assert "speaking" in shown.out
    assert "wrote it.mp3" in shown.out
    with Path("piped.mp3").open("wb") as file:
        beside = run_in_terminal([*some, "-"], stdout=file.fileno())
    assert beside.code == 0
    assert "bytes" in beside.text  # standard error is a terminal still
    assert "speaking" not in pipe(*some, "it.mp3").stderr
    assert "speaking" not in run_in_terminal([*some, "it.mp3"], TERM="dumb").out


@pytest.mark.usefixtures("server")
def test_no_bar_for_what_takes_less_than_a_second() -> None:
    assert "speaking" not in run_in_terminal(["speak", "Hello.", "-o", "short.wav"]).out


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("output", ["it.wav", "-"])
def test_ctrl_c_leaves_no_partial_file(output: str) -> None:
    shown = run_in_terminal(["speak", TEXT * 4, "-o", output, "--format", "wav"], when=lambda text: "speaking" in text)
    assert shown.code == 130
    assert "lmnt: interrupted\nno file was left incomplete\n" in shown.text.replace("\r", "\n")
    assert sorted(each.name for each in Path().iterdir()) == ["recording.wav"]
    assert "Traceback" not in shown.text


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_other_signals_leave_none_either(number: int, code: int) -> None:
    process = subprocess.Popen([*LMNT, "speak", TEXT * 6, "-o", "it.wav"], stderr=subprocess.PIPE)
    while not [each for each in Path().iterdir() if each.name != "recording.wav"]:
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(number)
    assert process.wait(20) == code
    assert sorted(each.name for each in Path().iterdir()) == ["recording.wav"]


@pytest.mark.usefixtures("slow")
def test_a_long_text_that_is_interrupted_goes_on_with_the_same_command() -> None:
    Path("book.txt").write_text(" ".join(f"Sentence {number} of a book." for number in range(240)), encoding="utf-8")
    command = ["speak", "-f", "book.txt", "-o", "book.mp3"]
    shown = run_in_terminal(command, when=lambda text: "characters" in text.replace("0 of", ""))
    assert shown.code == 130
    assert "the same command goes on with book.mp3.journal" in shown.text
    assert sorted(each.name for each in Path().iterdir()) == ["book.mp3.journal", "book.txt", "recording.wav"]
    assert run_in_terminal(command).code == 0
    assert sorted(each.name for each in Path().iterdir()) == ["book.mp3", "book.txt", "recording.wav"]


@pytest.mark.usefixtures("server")
def test_a_reader_that_leaves_ends_it_quietly() -> None:
    for command in ("voices list", "voices list --json", "speak hello -o -", "api GET /v1/ai/voice/list"):
        script = f"{' '.join(LMNT)} {command} | true; echo ${{PIPESTATUS[0]}}"
        ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, check=False)
        assert ran.stdout.strip() in ("0", "141"), ran
        assert ran.stderr == ""


@pytest.mark.usefixtures("server")
def test_closed_and_full_descriptors_of_a_process() -> None:
    for redirect, code in ((">&-", 10), (">/dev/full", 10), ("2>&-", 0), ("<&-", 0), ("2>/dev/full", 0)):
        script = f"{' '.join(LMNT)} account {redirect}"
        ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, check=False)
        assert ran.returncode == code, (redirect, ran)
        assert "Traceback" not in ran.stderr
        assert "Exception ignored" not in ran.stderr


@pytest.mark.usefixtures("server")
def test_two_that_write_one_file_leave_a_whole_one() -> None:
    both = [subprocess.Popen([*LMNT, "speak", f"{word}. {TEXT}", "-o", "it.wav"]) for word in ("One", "Two")]
    assert [each.wait(30) for each in both] == [0, 0]
    content = Path("it.wav").read_bytes()
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    assert sorted(each.name for each in Path().iterdir()) == ["it.wav", "recording.wav"]


def test_a_full_disk(tmp_path: Path, server: ServerProcess) -> None:  # noqa: ARG001  # its environment
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system of a limited size can be mounted: {mounted.stderr.decode().strip()}")
    try:
        ran = pipe("speak", TEXT * 3, "-o", str(disk / "it.wav"))
        assert ran.returncode == 10, ran
        assert "No space left on device" in ran.stderr or "disk is full" in ran.stderr
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.usefixtures("server")
def test_playing_by_a_player_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bin").mkdir()
    Path("bin/mpv").write_text('#!/bin/sh\nfor file; do :; done\ncp "$file" played\n', encoding="utf-8")
    Path("bin/mpv").chmod(0o755)
    path = f"{Path('bin').absolute()}{os.pathsep}{os.environ['PATH']}"
    assert pipe("speak", "Hello.", "--play", PATH=path).returncode == 0
    assert Path("played").read_bytes()[:1] == b"\xff"
    assert not Path("speech.mp3").exists()
    assert pipe("speak", "Hello.", "--play", "-o", "it.wav", PATH=path).returncode == 0
    assert Path("played").read_bytes() == Path("it.wav").read_bytes()
    monkeypatch.setenv("PATH", str(Path("nowhere")))
    ran = pipe("speak", "Hello.", "--play", PATH="nowhere")
    assert ran.returncode == 1
    assert "no program that plays mp3 is installed" in ran.stderr


def test_a_server_of_its_own() -> None:
    process = subprocess.Popen([*LMNT, "serve", "--port", "0", "--engine", "tone"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready = process.stdout.readline()
    assert ready.startswith("lmnt-server is ready at http://127.0.0.1:")
    ran = pipe("account", "--json", "--base-url", ready.rpartition(" ")[2].strip(), LMNT_API_KEY="any")
    assert json.loads(ran.stdout)["plan"]["type"] == "local"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    process.stdout.close()
    refused = pipe("serve", "--port", "many")
    assert refused.returncode == 2
    assert "--port" in refused.stderr
