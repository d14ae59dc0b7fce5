"""Each command against the real server: what it prints, and how it fails."""

from __future__ import annotations

import io
import json
import re
import shlex
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from lmnt.command.failures import FAILURES
from lmnt.command.main import main
from lmnt.command.tree import Root, leaves
from lmnt.errors import Error

from .conftest import KEY
from .made import Command

pytestmark = [pytest.mark.usefixtures("server"), pytest.mark.once(rows=True)]

CALLS = [
    ["voices", "list"],
    ["voices", "show", "leah"],
    ["voices", "update", "leah", "--starred"],
    ["voices", "create", "--file", "recording.wav", "--name", "Ada"],
    ["voices", "delete", "nobody-of-this-name"],
    ["account"],
    ["api", "GET", "/v1/ai/voice/list"],
    ["speak", "Hello.", "-o", "hello.mp3"],
]
"""A call of each command that asks the service."""


def all_commands() -> Iterator[tuple[str, click.Command]]:
    root = Root()
    yield from leaves(root, click.Context(root, info_name="lmnt"))


@pytest.mark.parametrize("name", [name for name, _ in all_commands()])
def test_help_says_what_a_command_does_and_shows_two_examples(name: str, lmnt: Command) -> None:
    ran = lmnt(*name.split()[1:], "--help")
    assert ran.code == 0
    examples = ran.out.rpartition("Examples:\n")[2].splitlines()
    assert len(examples) == 2
    assert all("lmnt" in each for each in examples)
    assert ran.out.startswith(f"Usage: {name} ")


NOT_RUN = ("lmnt serve", "lmnt completion", "lmnt")
EXAMPLES = [line for name, each in all_commands() if name not in NOT_RUN for line in getattr(each, "examples", ())]


@pytest.mark.parametrize("line", EXAMPLES)
def test_each_example_works(line: str, lmnt: Command) -> None:
    Path("book.txt").write_text("A short book.", encoding="utf-8")
    Path("manifest.jsonl").write_text('{"id": "a", "text": "Hello.", "out": "a.mp3"}\n', encoding="utf-8")
    words = ["recording.wav" if word == "FILE" else word for word in shlex.split(line)[1:]]
    if words[:2] in (["voices", "delete"], ["voices", "update"]):  # the voices of the service itself stay
        words[2] = json.loads(lmnt("voices", "create", "--file", "recording.wav", "--name", "Ada", "--json").out)["id"]
    ran = lmnt(*words)
    assert ran.code == 0, ran


def test_a_table_and_json_say_the_same(lmnt: Command) -> None:
    table, data = lmnt("voices", "list").out.splitlines(), json.loads(lmnt("voices", "list", "--json").out)
    assert table[0].split()[:3] == ["id", "name", "owner"]
    assert [line.split()[0] for line in table[1:]] == [each["id"] for each in data]
    assert json.loads(lmnt("--json", "voices", "list").out) == data
    one = dict(line.split(maxsplit=1) for line in lmnt("voices", "show", "amy").out.splitlines())
    assert one["id"] == "amy"
    assert lmnt("voices", "show", "--id", "amy").out == lmnt("voices", "show", "amy").out


def test_a_voice_is_made_changed_and_deleted(lmnt: Command) -> None:
    name = "Ελένη \x1b[31m 声"
    made = json.loads(
        lmnt("voices", "create", "--file", "recording.wav", "--name", name, "--tags", "a", "--tags", "b", "--json").out
    )
    assert (made["name"], made["tags"]) == (name, ["a", "b"])
    shown = lmnt("voices", "show", made["id"]).out
    assert "\\x1b[31m 声" in shown  # a terminal shows it, and does not obey it
    assert "\x1b" not in lmnt("voices", "list", "--json").out
    Path("change.json").write_text(json.dumps({"id": made["id"], "description": "From a file."}), encoding="utf-8-sig")
    assert lmnt("voices", "update", "--input", "change.json", "--no-starred").code == 0
    assert json.loads(lmnt("voices", "show", made["id"], "--json").out)["description"] == "From a file."
    assert lmnt("voices", "delete", made["id"]).code == 0
    assert lmnt("voices", "show", made["id"]).code == 4


@pytest.mark.parametrize("format", ["mp3", "wav", "pcm_s16le"])
def test_audio_is_the_same_in_a_file_and_on_standard_output(
    format: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["speak", "Hello there.", "--format", format, "-o", "it"]) == 0
    capfdbinary.readouterr()
    assert main(["speak", "Hello there.", "--format", format, "-o", "-"]) == 0
    found = capfdbinary.readouterr()
    assert found.out == Path("it").read_bytes()
    assert found.err == b""


def test_the_file_says_the_format(lmnt: Command) -> None:
    for name, start in (("a.wav", b"RIFF"), ("a.webm", b"\x1aE\xdf\xa3"), ("a.MP3", b"\xff")):
        assert lmnt("speak", "Hello.", "-o", name).code == 0
        assert Path(name).read_bytes().startswith(start)
    ran = lmnt("speak", "Hello.", "--json")
    assert json.loads(ran.out)["file"] == "speech.mp3"
    assert json.loads(ran.out)["bytes"] == Path("speech.mp3").stat().st_size


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Hello.", ""),
        ("\ufeffHello.".encode(), ""),
        ("Hello.".encode("utf-16"), ""),
        (b"\xff\xd8\xff\xe0\x00\x10", "is no text in UTF-8"),
        (b"a\0b", "is no text: it has zero bytes"),
        (b" \n", "there is no text to speak"),
        (None, "cannot read text: No such file or directory"),
    ],
)
def test_texts_of_files(content: bytes | None, said: str, lmnt: Command) -> None:
    if content is not None:
        Path("text").write_bytes(content)
    ran = lmnt("speak", "-f", "text")
    assert ran.code == (2 if said else 0), ran
    assert (said or "wrote speech.mp3") in ran.err


WRONG = [
    (["voices", "update", "leah", "--nmae", "x"], "Did you mean '--name'?"),
    (["voces"], "Did you mean 'voices'?"),
    (["voices", "show"], "--id is missing"),
    (["voices", "show", "a", "b"], "too many arguments: b"),
    (["voices", "update", "leah", "--input", "nothing.json"], "cannot read nothing.json: No such file or directory"),
    (["voices", "update", "leah", "--input", "bad.json"], "bad.json is no JSON"),
    (["voices", "update", "leah", "--input", "list.json"], "list.json holds no object of JSON"),
    (["voices", "update", "leah", "--input", "other.json"], "there is no argument 'nmae'"),
    (["voices", "update", "leah", "--input", "deep.json"], "deep.json has too many values in each other"),
    (["voices", "create", "--name", "Ada", "--file", "nothing.wav"], "No such file or directory"),
    (["speak"], "give one text"),
    (["speak", "a", "-f", "b"], "give one text"),
    (["speak", ""], "there is no text to speak"),
    (["speak", "a", "--format", "ogg"], "'ogg' is not one of"),
    (["speak", "a", "--temperature", "hot"], "could not convert string to float: 'hot'"),
    (["speak", "a", "--temperature", "nan"], "temperature must be"),
    (["speak", "a", "--sample-rate", "11"], "sample_rate must be one of"),
    (["api", "FETCH", "/"], "'FETCH' is not one of"),
    (["api", "POST", "/", "-d", "{"], "the value is no JSON"),
    (["api", "POST", "/", "-d", "NaN"], "NaN is no number of JSON"),
    (["api", "GET", "/", "-q", "novalue"], "number 1 is no name=value"),
    (["account", "--timeout", "-1"], "timeout must be"),
    (["account", "--base-url", "ftp://here"], "base_url must be an http or https URL"),
]


@pytest.mark.parametrize(
    ("arguments", "said"), WRONG, ids=lambda each: " ".join(each) if isinstance(each, list) else ""
)
def test_what_is_wrong_is_said_in_two_lines(arguments: list[str], said: str, lmnt: Command) -> None:
    for name, text in (("bad", "{"), ("list", "[]"), ("other", '{"nmae": 1}'), ("deep", "[" * 100_000)):
        Path(f"{name}.json").write_text(text, encoding="utf-8")
    ran = lmnt(*arguments)
    assert ran.code == 2, ran
    assert said in ran.err
    assert ran.err.count("\n") == 2
    assert ran.out == ""


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_with_no_server_a_wrong_key_or_no_key(call: list[str], lmnt: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    before = sorted(Path().iterdir())
    for environment, code, said in (
        ({"LMNT_BASE_URL": f"http://127.0.0.1:{port}"}, 8, r"\n`lmnt doctor` shows what lies in between\n"),
        (
            {"LMNT_API_KEY": "wrong"},
            3,
            r"\nrequest req_\w+; set LMNT_API_KEY; `lmnt doctor` shows where it comes from\n",
        ),
        ({"LMNT_API_KEY": " "}, 3, r"there is no key in the environment; nothing was sent\nset LMNT_API_KEY"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            ran = lmnt(*call, "--max-retries", "0")
        assert ran.code == code, ran
        assert re.search(said, ran.err), ran.err
        assert ran.err.count("\n") == 2
        assert ran.out == ""
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize("name", ["Leahh", "lea", "LEAH", "aMy"])
def test_a_name_that_is_nearly_right_is_suggested(name: str, lmnt: Command) -> None:
    near = "amy" if name == "aMy" else "leah"
    for call in (["voices", "show", name], ["speak", "Hello.", "--voice", name]):
        ran = lmnt(*call)
        assert ran.code == 4
        assert f"did you mean {near}?" in ran.err
    assert "did you mean" not in lmnt("voices", "show", "zzzzzzz").err


def test_every_class_of_errors_has_one_exit_code() -> None:
    def classes(kind: type[BaseException]) -> Iterator[type[BaseException]]:
        yield kind
        for each in kind.__subclasses__():
            yield from classes(each)

    rows = [(kind, failure.code) for failure in FAILURES for kind in failure.kinds]
    for number, (kind, _) in enumerate(rows):
        assert not any(issubclass(kind, earlier) for earlier, _ in rows[:number])
    for kind in classes(Error):
        assert any(issubclass(kind, each) for each, _ in rows)


def test_a_traceback_comes_with_debug_alone(lmnt: Command) -> None:
    assert "Traceback" not in lmnt("voices", "show", "nobody").err
    ran = lmnt("voices", "show", "nobody", "--debug")
    assert "Traceback" in ran.err
    assert "NotFoundError" in ran.err
    assert KEY not in ran.err


def test_a_fault_of_the_program_is_told_as_one(lmnt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise KeyError("voices")

    monkeypatch.setattr("lmnt.command.output.show", fail)
    ran = lmnt("account")
    assert (ran.code, ran.err) == (
        1,
        "lmnt: KeyError: 'voices'\nthis is a fault of the program; --debug shows where\n",
    )


def test_api_sends_any_request(lmnt: Command) -> None:
    assert json.loads(lmnt("api", "get", "/v1/account").out)["usage"]
    ran = lmnt("api", "GET", "v1/ai/voice/list", "-q", "owner=me", "-H", "x-mine: 1", "--include")
    assert "HTTP/1.1 200\n" in ran.err
    assert "content-type: application/json\n" in ran.err
    Path("body.json").write_text('{"text": "Hello.", "voice": "leah", "format": "wav"}', encoding="utf-8")
    assert lmnt("api", "POST", "/v1/ai/speech/bytes", "-d", "@body.json", "-o", "it.wav").code == 0
    assert Path("it.wav").read_bytes().startswith(b"RIFF")
    made = json.loads(lmnt("api", "POST", "/v1/ai/voice", "-d", '{"name": "Eve"}', "-F", "file=recording.wav").out)
    assert made["name"] == "Eve"
    assert lmnt("api", "DELETE", f"/v1/ai/voice/{made['id']}").code == 0
    assert lmnt("api", "GET", "/v1/nothing").code == 4
    assert lmnt("api", "OPTIONS", "/v1/account").code in (0, 5)


SECRET = "s3cret-key-of-somebody"


@pytest.mark.parametrize(
    "arguments",
    [
        ["api", "GET", f"https://me:{SECRET}@example.com/v1/account"],
        ["api", "GET", f"//{SECRET}/v1"],
        ["api", "GET", f"/v1/nothing?api_key={SECRET}"],
        ["api", "GET", "/v1/account", "-H", f"X-API-Key {SECRET}"],
        ["api", "GET", "/v1/account", "-H", f"X-API-Key: {SECRET}\x01"],
        ["api", "GET", "/v1/account", "-H", f"X-API-Key: {SECRET}"],
        ["api", "GET", "/v1/account", "-H", f"Authorization: Bearer {SECRET}é\u20ac"],
        ["api", "GET", "/v1/account", "-q", SECRET],
        ["account", "--base-url", f"http://me:{SECRET}@127.0.0.1:1"],
        ["doctor", "--base-url", f"http://me:{SECRET}@127.0.0.1:1"],
    ],
)
def test_no_key_is_shown_wherever_it_was_put(arguments: list[str], lmnt: Command) -> None:
    for more in ([], ["--debug"], ["--json"]):
        ran = lmnt(*arguments, *more, "--max-retries", "0")
        assert ran.code in (2, 3, 4), ran
        assert SECRET not in ran.out + ran.err
        assert KEY not in ran.out + ran.err


def test_a_full_disk(lmnt: Command) -> None:
    for call in (["speak", "Hello.", "-o", "/dev/full"], ["api", "GET", "/v1/account", "-o", "/dev/full"]):
        ran = lmnt(*call)
        assert (ran.code, ran.err) == (
            10,
            "lmnt: cannot write /dev/full: No space left on device\nwrite to another place, or make room\n",
        )


def test_a_closed_standard_input_or_output(lmnt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input is closed" in lmnt("speak", "-").err
    monkeypatch.setattr(sys, "stdout", None)
    for call in (["account"], ["speak", "a", "-o", "-"], ["account", "--json"]):
        assert lmnt(*call).code == 10


def test_a_text_from_standard_input(lmnt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Grüße.".encode())))
    assert lmnt("speak", "-", "-o", "it.wav").code == 0
    assert Path("it.wav").stat().st_size > 1000


def test_devices_that_do_not_end_are_not_read_to_their_end(lmnt: Command) -> None:
    ran = lmnt("speak", "-f", "/dev/zero")
    assert ran.code == 2
    assert "/dev/zero is longer than 64 MiB" in ran.err


def test_what_the_extra_brings_is_asked_for_in_one_sentence(lmnt: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lmnt.command.main._is_installed", lambda name: name != "rich")
    ran = lmnt("account")
    assert (ran.code, ran.err) == (1, "lmnt: the command needs rich: pip install 'lmnt-client[cli]'\n")


def test_bulk_makes_a_file_of_each_line_and_tells_those_that_fail(lmnt: Command) -> None:
    lines = [
        {"id": "a", "text": "Hello."},
        {"id": "b", "text": "Hello.", "voice": "nobody\x1b"},
        {"id": "c", "text": "Bye."},
    ]
    Path("manifest.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines), encoding="utf-8")
    command = ["bulk", "manifest.jsonl", "-o", "out", "--voice", "leah", "--format", "wav"]
    planned = json.loads(lmnt(*command, "--dry-run", "--json").out)
    assert (planned["lines"], planned["characters"]) == (3, 16)
    ran = lmnt(*command, "--json")
    assert ran.code == 11, ran
    assert json.loads(ran.out)["done"] == 2
    assert ran.err.startswith("line 2, b: ")
    assert "\x1b" not in ran.err
    assert [Path(f"out/{name}.wav").read_bytes()[:4] for name in "ac"] == [b"RIFF", b"RIFF"]
    again = json.loads(lmnt(*command, "--json").out)
    assert (again["done"], again["done_before"], again["failed"]) == (0, 2, 1)
    assert lmnt("bulk", "nothing.jsonl").code == 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMNT_API_KEY", "wrong")
        assert lmnt(*command, "--only", "b").code == 3


def test_times_of_words_and_subtitles(lmnt: Command) -> None:
    table = lmnt("speak", "Hello there.", "-o", "it.mp3", "--timestamps", "--subtitles", "vtt")
    assert [line.split()[-1] for line in table.out.splitlines()] == ["word", "Hello", "there", "."]
    assert Path("it.vtt").read_text(encoding="utf-8").startswith("WEBVTT")
    found = json.loads(lmnt("speak", "Hello there.", "-o", "it.mp3", "--timestamps", "--json").out)
    assert "Hello" in [each["text"] for each in found["timestamps"]]
    for wrong in (["-o", "-", "--timestamps"], ["-o", "-", "--play"], ["--subtitles", "srt"]):
        assert lmnt("speak", "Hello.", *wrong).code == 2


def test_a_long_text_is_one_file(lmnt: Command) -> None:
    Path("book.txt").write_text("Sentence of a book. " * 300, encoding="utf-8")
    assert lmnt("speak", "-f", "book.txt", "-o", "book.wav", "--subtitles", "srt").code == 0
    content = Path("book.wav").read_bytes()
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    assert Path("book.srt").read_text(encoding="utf-8").startswith("1\n00:00:00,")
    assert not Path("book.wav.journal").exists()


SPEECH = ["POST", "/v1/ai/speech/bytes", "-d", '{"text": "Hello there.", "voice": "leah"}', "-o", "it.mp3"]


@pytest.mark.parametrize(
    ("fault", "call", "code", "said"),
    [
        ("status=429; retry-after=7", ["GET", "/v1/account"], 6, "wait 7 seconds, and try again"),
        ("status=429", ["GET", "/v1/account"], 6, "wait, and try again"),
        ("status=402", ["GET", "/v1/account"], 3, "use the key of an account that permits it"),
        ("status=403", ["GET", "/v1/account"], 3, "use the key of an account that permits it"),
        ("status=409", ["GET", "/v1/account"], 5, "change what the service names"),
        ("status=500; body=html", ["GET", "/v1/account"], 7, "try again later"),
        ("status=503", ["GET", "/v1/account"], 7, "try again later"),
        ("stall", ["GET", "/v1/account", "--timeout", "0.3"], 8, "`lmnt doctor` shows what lies in between"),
        ("raise-after=1000", SPEECH, 9, "try again: nothing that is incomplete was kept"),
        ("stall-after=1000", [*SPEECH, "--timeout", "0.3"], 9, "try again: nothing that is incomplete was kept"),
    ],
)
def test_each_class_of_failures_has_its_exit_code(
    fault: str, call: list[str], code: int, said: str, lmnt: Command
) -> None:
    ran = lmnt("api", *call, "-H", f"x-lmnt-fault: {fault}", "--max-retries", "0")
    assert (ran.code, said in ran.err, ran.err.count("\n")) == (code, True, 2), ran
    assert not Path("it.mp3").exists()


ODD = [
    (["speak", "hi", "-o", "nowhere/it.mp3"], 10),
    (["speak", "hi", "-o", "."], 10),
    (["speak", "hi", "-o", "a" * 300], 10),
    (["speak", "hi", "-o", "a\0b"], 10),
    (["speak", "\udcff\udcfe"], 2),
    (["speak", "-f", "."], 2),
    (["voices", "create", "--name", "Ada", "--file", "."], 2),
    (["voices", "create", "--name", "", "--file", "recording.wav"], 2),
    (["voices", "show", ""], 2),
    (["voices", "show", ".."], 2),
    (["voices", "show", "list"], 2),
    (["voices", "show", "a/b?c#d"], 4),
    (["account", "--timeout", "nan"], 2),
    (["account", "--max-retries", "-1"], 2),
    (["account", "--max-retries", "many"], 2),
    (["account", "extra"], 2),
    (["--json"], 2),
    (["api", "GET", "/v1/a b\n\x1b[31m"], 4),
    (["api", "GET", "/v1/\udcff"], 2),
    (["api", "POST", "/v1/ai/voice", "-F", "file=nothing.wav"], 2),
    (["bulk", "."], 2),
    (["bulk", "recording.wav"], 2),
]


@pytest.mark.parametrize(("arguments", "code"), ODD, ids=lambda each: ascii(each))
def test_odd_arguments_are_refused_in_two_lines(arguments: list[str], code: int, lmnt: Command) -> None:
    before = sorted(Path().iterdir())
    ran = lmnt(*arguments)
    assert ran.code == code, ran
    assert ran.err.count("\n") == 2 or arguments == ["--json"], ran
    assert "\x1b" not in ran.err
    assert "fault of the program" not in ran.err
    assert sorted(Path().iterdir()) == before
