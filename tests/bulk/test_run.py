"""Runs over manifests, waiting and awaiting, against a real server."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lmnt import (
    AsyncLmnt,
    AuthenticationError,
    FileError,
    InvalidArgumentError,
    Lmnt,
    LmntError,
    PaymentRequiredError,
    RateLimitError,
    audio,
    bulk,
    no_retry_waits,
)
from lmnt.bulk import places
from lmnt.bulk.lines import ends_run
from lmnt.bulk.results import Ledger
from lmnt.streams.downloads import Download
from lmnt_server.process import ServerProcess
from tests.client.modes import Sync

pytestmark = pytest.mark.once(rows=True)

FAULT = "x-lmnt-fault"
Run = Callable[..., bulk.Summary]


@pytest.fixture
def run(mode: Sync, client: Any) -> Run:
    """`bulk.run` or `bulk.arun`, with a client of the server unless another one is given."""

    def call(*arguments: Any, client: Any = client, fault: str | None = None, **options: Any) -> bulk.Summary:
        made = client.with_options(default_headers={FAULT: fault}) if fault else client
        if mode.name == "sync":
            return bulk.run(made, *arguments, **options)
        found: bulk.Summary = mode.run(bulk.arun(made, *arguments, **options))
        return found

    return call


def written(folder: Path, lines: list[Any], name: str = "texts.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))
    return path


def texts(count: int, **more: Any) -> list[Any]:
    return [{"id": f"n{number}", "text": f"Number {number}.", "voice": "leah", **more} for number in range(count)]


def results(folder: Path, name: str = "texts.jsonl") -> list[Any]:
    found = [json.loads(line) for line in (folder / f"{name}.results.jsonl").read_text().splitlines()]
    assert len({each["line"] for each in found}) == len(found), "one result a line"
    return sorted(found, key=lambda each: int(each["line"]))


def files(folder: Path) -> set[str]:
    """Return all files but that of the results and its lock."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if ".results.jsonl" not in name}


def requests_of(server: ServerProcess, key: str) -> int:
    with Lmnt(api_key=key, base_url=server.base_url) as client:
        counted: Any = client.get("/v1/account", cast_to=dict, options={"headers": {FAULT: "count"}})
        return int(counted.get("none", 0))


def test_each_line_is_what_generate_makes_of_it(run: Run, server: ServerProcess, tmp_path: Path) -> None:
    lines = [
        {"id": "a", "text": "Hello."},
        {"id": "b", "text": "Hello.", "format": "wav", "sample_rate": 8000},
        "not JSON",
        {"id": "c", "text": "Hello.", "format": "pcm_s16le", "out": "deep/er/c.raw"},
        {"id": "d", "text": "Hello.", "voice": "nobody"},
    ]
    seen: list[tuple[Any, Any]] = []
    summary = run(
        written(tmp_path, lines), out=tmp_path / "out", voice="leah", on_progress=lambda *each: seen.append(each)
    )
    made = {"a": "a.mp3", "b": "b.wav", "c": "deep/er/c.raw"}
    assert files(tmp_path / "out") == {*made.values()}
    with Lmnt(api_key="key", base_url=server.base_url) as client:
        for line in (line for line in lines if isinstance(line, dict) and line["id"] in made):
            options: Any = {name: line[name] for name in ("format", "sample_rate") if name in line}
            expected = client.speech.generate(text="Hello.", voice="leah", **options).read()
            assert (tmp_path / "out" / made[line["id"]]).read_bytes() == expected
    assert (summary.lines, summary.done, summary.failed, summary.done_before, summary.left) == (5, 3, 2, 0, 0)
    assert (summary.characters, summary.requests) == (18, 4)
    assert summary.bytes == sum((tmp_path / "out" / name).stat().st_size for name in made.values())
    a, b, bad, c, d = results(tmp_path / "out")
    assert summary.seconds == pytest.approx(a["seconds"] + b["seconds"])
    assert a["seconds"] == audio.duration(tmp_path / "out" / "a.mp3")
    assert "seconds" not in c, "samples alone do not say their rate"
    assert a["request_ids"][0].startswith("req_")
    assert (bad["id"], bad["status"], bad["error"]) == (None, "failed", "InvalidArgumentError")
    assert (d["status"], d["error"]) == ("failed", "NotFoundError")
    assert d["request_ids"][0] in d["message"]
    assert [each[1].done + each[1].failed for each in seen] == [1, 2, 3, 4, 5]
    assert all(isinstance(each[0], bulk.Result) for each in seen)
    assert not [path for path in (tmp_path / "out").rglob(".*") if "lock" not in path.name]


def test_what_is_done_is_not_asked_for_again(run: Run, mode: Sync, server: ServerProcess, tmp_path: Path) -> None:
    key = f"again-{mode.name}"
    client = mode.client(api_key=key, base_url=server.base_url)
    path, out = written(tmp_path, texts(12)), tmp_path / "out"
    assert run(path, client=client, out=out, fault="none").done == 12
    again = run(path, client=client, out=out, fault="none")
    assert (again.done, again.done_before, again.requests) == (0, 12, 0)
    assert requests_of(server, key) == 12
    # A file that is gone, one of another size, a changed line, a new one; one that is removed, and the order.
    (out / "n3.mp3").unlink()
    (out / "n4.mp3").write_bytes(b"short")
    changed = [*texts(11)[::-1], {"id": "new", "text": "New.", "voice": "leah"}]
    changed[5]["text"] = "Another text."
    written(tmp_path, changed)
    third = run(path, client=client, out=out, fault="none")
    assert (third.lines, third.done, third.done_before) == (12, 4, 8)
    assert requests_of(server, key) == 16
    assert {each["id"] for each in results(out)} == {line["id"] for line in changed}
    # Other defaults are other requests; lines with values of their own are as they were.
    assert run(path, client=client, out=out, voice="amy").done == 0
    assert run(path, client=client, out=out, language="en").done == 12


def test_a_line_that_failed_is_run_again_alone(run: Run, tmp_path: Path) -> None:
    lines = texts(6)
    lines[2]["voice"] = lines[4]["voice"] = "nobody"
    path, out = written(tmp_path, lines), tmp_path / "out"
    assert run(path, out=out).failed == 2
    lines[2]["voice"] = lines[4]["voice"] = "leah"
    written(tmp_path, lines)
    alone = run(path, out=out, only=["n2"])
    assert (alone.done, alone.failed, alone.done_before, alone.left) == (1, 0, 4, 1)
    assert {each["id"]: each["status"] for each in results(out)} == {f"n{index}": "done" for index in (0, 1, 2, 3, 5)}
    assert run(path, out=out, only=["n2"]).done == 0
    assert run(path, out=out).done == 1
    with pytest.raises(InvalidArgumentError, match="no line with the id 'n7'"):
        run(path, out=out, only=["n7"])
    with pytest.raises(InvalidArgumentError, match="only has to be a list of ids"):
        run(path, out=out, only="n2")


def test_only_leaves_the_results_of_the_others(run: Run, tmp_path: Path) -> None:
    lines = texts(4)
    lines[1]["voice"] = lines[2]["voice"] = "nobody"
    path, out = written(tmp_path, lines), tmp_path / "out"
    run(path, out=out)
    run(path, out=out, only=["n1"])
    assert [each["status"] for each in results(out)] == ["done", "failed", "failed", "done"]


def test_a_dry_run_makes_nothing_and_says_what_is_needed(run: Run, untouched: int, mode: Sync, tmp_path: Path) -> None:
    lines = [*texts(5), {"id": "long", "text": "A long sentence. " * 400, "voice": "leah", "format": "wav"}, "bad"]
    path = written(tmp_path, lines)
    nobody = mode.client(base_url=f"http://127.0.0.1:{untouched}")
    summary = run(path, client=nobody, out=tmp_path / "out", dry_run=True)
    assert (summary.lines, summary.failed, summary.left, summary.done) == (7, 1, 6, 0)
    assert [each.name for each in tmp_path.iterdir()] == ["texts.jsonl"]
    made = run(path, out=tmp_path / "out")
    assert (made.characters, made.requests) == (summary.characters, summary.requests)
    assert summary.requests > 6
    after = run(path, out=tmp_path / "out", dry_run=True)
    assert (after.characters, after.requests, after.done_before, after.failed) == (0, 0, 6, 1)


def test_a_text_of_any_length_is_what_generate_long_makes_of_it(
    run: Run, server: ServerProcess, tmp_path: Path
) -> None:
    text = "A sentence that is spoken. " * 200
    path = written(tmp_path, [{"id": "long", "text": text, "format": "wav"}])
    summary = run(path, out=tmp_path / "out", voice="leah")
    with Lmnt(api_key="key", base_url=server.base_url) as client:
        with client.speech.generate_long(text, voice="leah", format="wav") as speech:
            speech.stream_to_file(tmp_path / "same.wav")
        assert summary.requests == len(speech.pieces) > 1
    assert (tmp_path / "out" / "long.wav").read_bytes() == (tmp_path / "same.wav").read_bytes()
    (result,) = results(tmp_path / "out")
    assert len(result["request_ids"]) == summary.requests
    assert files(tmp_path / "out") == {"long.wav"}


def test_a_long_text_goes_on_where_it_broke_off(run: Run, mode: Sync, server: ServerProcess, tmp_path: Path) -> None:
    key = f"long-{mode.name}"
    client = mode.client(api_key=key, base_url=server.base_url, max_retries=0)
    path = written(
        tmp_path, [{"id": "long", "text": "A sentence that is spoken. " * 200, "voice": "leah", "format": "wav"}]
    )
    broken = run(path, client=client, out=tmp_path / "out", concurrency=1, fault="status=500; times=1")
    (result,) = results(tmp_path / "out")
    assert (broken.failed, result["error"]) == (1, "InternalServerError")
    assert run(path, client=client, out=tmp_path / "out", concurrency=1, fault="status=500; times=1").done == 1
    assert files(tmp_path / "out") == {"long.wav"}


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("status=429; retry-after-ms=50; times=7", 7),
        ("status=503; times=3", 3),
        ("raise-after=1000; times=3", 3),
        ("end-after=1000; times=3", 3),
        ("raise; times=2", 2),
    ],
)
def test_what_may_be_repeated_is(
    fault: str, more: int, run: Run, mode: Sync, server: ServerProcess, tmp_path: Path
) -> None:
    client = mode.client(api_key=f"{fault} {mode.name}", base_url=server.base_url, max_retries=4)
    with no_retry_waits():
        summary = run(written(tmp_path, texts(12)), client=client, out=tmp_path / "out", fault=fault, concurrency=4)
    assert (summary.done, summary.failed, summary.requests) == (12, 0, 12 + more)
    assert files(tmp_path / "out") == {f"n{number}.mp3" for number in range(12)}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("status=500", "InternalServerError"),
        ("status=400", "BadRequestError"),
        ("status=404", "NotFoundError"),
        ("raise-after=1000", "StreamTruncatedError"),
        ("end-after=0", "StreamTruncatedError"),
        ("status=200; body=html", "APIResponseValidationError"),
    ],
)
def test_a_line_that_fails_stops_no_other(fault: str, error: str, run: Run, tmp_path: Path) -> None:
    with no_retry_waits():
        summary = run(written(tmp_path, texts(6)), out=tmp_path / "out", fault=fault)
    assert (summary.failed, summary.done, summary.left) == (6, 0, 0)
    assert {each["error"] for each in results(tmp_path / "out")} == {error}
    assert files(tmp_path / "out") == set()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("status=401", AuthenticationError),
        ("status=402", PaymentRequiredError),
        ("status=429; retry-after=3600", RateLimitError),
        ("status=429", RateLimitError),
    ],
)
def test_what_every_line_would_meet_ends_the_run(fault: str, error: type[LmntError], run: Run, tmp_path: Path) -> None:
    path, out = written(tmp_path, texts(40)), tmp_path / "out"
    with no_retry_waits(), pytest.raises(error):
        run(path, out=out, fault=fault, concurrency=4)
    assert results(out) == []
    assert run(path, out=out).done == 40


def test_the_limit_of_the_server_is_one_for_all(run: Run, mode: Sync, server: ServerProcess, tmp_path: Path) -> None:
    """Once one request has met it, no worker makes another one before the time that the server said."""
    import time

    client = mode.client(api_key=f"paced-{mode.name}", base_url=server.base_url)
    began = time.monotonic()
    fault = "status=429; retry-after-ms=700; times=1"
    ends: list[float] = []
    run(
        written(tmp_path, texts(8)),
        client=client,
        out=tmp_path / "out",
        fault=fault,
        concurrency=4,
        on_progress=lambda *_: ends.append(time.monotonic() - began),
    )
    assert sum(end < 0.7 for end in ends) <= 3, "those that were under way"
    assert len(ends) == 8


def test_nothing_can_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = written(tmp_path, texts(2))
    with pytest.raises(FileError, match="cannot make the folder"):
        run(path, out=tmp_path / "file")
    with pytest.raises(FileError, match="cannot write"):
        run(path, out=tmp_path / "out", results=tmp_path / "nowhere" / "results.jsonl")
    with pytest.raises(FileError, match=r"Is a directory|is a folder"):
        run(path, out=tmp_path / "out", results=tmp_path)


def test_a_place_that_is_taken_fails_its_line_alone_and_before_it_is_paid_for(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "n1.mp3").mkdir(parents=True)
    lines = [*texts(3), {"id": "n3", "text": "Hi.", "voice": "leah", "out": "n0.mp3/x.mp3"}]
    out.joinpath("n0.mp3").touch()
    summary = run(written(tmp_path, lines), out=out)
    assert (summary.done, summary.failed) == (2, 2)
    assert [each.get("error") for each in results(out)] == [None, "FileError", None, "FileError"]
    assert summary.characters == 18


def test_a_full_disk_ends_the_run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = written(tmp_path, texts(30)), tmp_path / "out"
    write, room = Download.write, [9]

    def limited(self: Download, chunk: bytes) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise FileError("cannot write: No space left on device") from OSError(28, "No space left on device")
        write(self, chunk)

    with monkeypatch.context() as patch:
        patch.setattr(Download, "write", limited)
        with pytest.raises(FileError, match="No space left"):
            run(path, out=out, concurrency=2)
    before = results(out)
    assert 0 < len(before) <= 9  # of one write each
    assert {each["status"] for each in before} == {"done"}
    assert {each["out"] for each in before} == files(out)
    assert run(path, out=out).done == 30 - len(before)


def test_a_journal_on_a_full_disk_ends_the_run_too() -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute("PRAGMA max_page_count=2")
        database.execute("CREATE TABLE pieces (audio BLOB)")
        with pytest.raises(sqlite3.Error) as caught:
            database.execute("INSERT INTO pieces VALUES (zeroblob(100000))")
    error = FileError("cannot write")
    assert not ends_run(error)
    error.__cause__ = caught.value
    assert ends_run(error)


def test_one_run_at_a_time(run: Run, tmp_path: Path) -> None:
    path, out = written(tmp_path, texts(3)), tmp_path / "out"
    out.mkdir()
    ledger = Ledger(out / "texts.jsonl.results.jsonl")
    with pytest.raises(LmntError, match=r"another run is at work on .*: wait for its end, or give results="):
        run(path, out=out)
    assert run(path, out=out, dry_run=True).left == 3
    ledger.close()
    assert run(path, out=out).done == 3


def test_two_manifests_with_the_same_lines_into_one_folder_at_once(server: ServerProcess, tmp_path: Path) -> None:
    out, ended = tmp_path / "out", list[bulk.Summary]()
    paths = [written(tmp_path, texts(30, format="wav"), name) for name in ("a.jsonl", "b.jsonl")]

    def one(path: Path) -> None:
        with Lmnt(api_key="key", base_url=server.base_url) as client:
            ended.append(bulk.run(client, path, out=out))

    threads = [threading.Thread(target=one, args=[path]) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.done for each in ended] == [30, 30]
    assert len(files(out)) == 30
    for name in files(out):
        content = (out / name).read_bytes()
        assert int.from_bytes(content[4:8], "little") == len(content) - 8


def test_two_runs_at_once(server: ServerProcess, tmp_path: Path) -> None:
    path, out = written(tmp_path, texts(40)), tmp_path / "out"
    ended: list[object] = []
    started = threading.Barrier(2)

    def one() -> None:
        with Lmnt(api_key="key", base_url=server.base_url) as client:
            started.wait()
            try:
                ended.append(bulk.run(client, path, out=out))
            except LmntError as error:
                ended.append(error)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    summaries = [each for each in ended if isinstance(each, bulk.Summary)]
    assert sum(each.done for each in summaries) == 40
    assert len(results(out)) == 40


def test_a_file_of_something_else_is_not_written_over(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, texts(1))
    for content in ("precious\n", '{"id": 1}\n', "[]\n", "[" * 10_000 + "\n"):
        mine = tmp_path / "mine.jsonl"
        mine.write_text(content)
        with pytest.raises(InvalidArgumentError, match=r"line 1 of .*mine.jsonl is no result of a run"):
            run(path, out=tmp_path / "out", results=mine)
        assert mine.read_text() == content
    with pytest.raises(InvalidArgumentError, match="no result of a run"):
        run(path, out=tmp_path, results=path)


def test_neither_manifest_nor_results_are_written_over(run: Run, tmp_path: Path) -> None:
    lines = [
        {"id": "a", "text": "A.", "voice": "leah", "out": "texts.jsonl"},
        {"id": "b", "text": "B.", "voice": "leah", "out": "Texts.jsonl.results.jsonl"},
        {"id": "c", "text": "C.", "voice": "leah"},
    ]
    path = written(tmp_path, lines)
    before = path.read_text()
    assert run(path, out=tmp_path).failed == 2
    assert path.read_text() == before


def test_what_was_cut_by_a_kill_is_no_result(run: Run, tmp_path: Path) -> None:
    path, out = written(tmp_path, texts(4)), tmp_path / "out"
    run(path, out=out)
    found = out / "texts.jsonl.results.jsonl"
    for cut in (2, 10, 60):
        found.write_bytes(found.read_bytes()[:-cut])
        assert run(path, out=out).done == 1
        assert len(results(out)) == 4


def test_progress_that_fails_ends_the_run(run: Run, tmp_path: Path) -> None:
    def progress(*_: object) -> None:
        raise ZeroDivisionError

    path, out = written(tmp_path, texts(20)), tmp_path / "out"
    with pytest.raises(ZeroDivisionError):
        run(path, out=out, concurrency=2, on_progress=progress)
    assert len(results(out)) <= 2
    assert run(path, out=out).done_before > 0


def test_a_run_that_is_cancelled_leaves_nothing_half_done(server: ServerProcess, tmp_path: Path) -> None:
    import asyncio

    path, out = written(tmp_path, texts(10, format="wav")), tmp_path / "out"

    async def main() -> None:
        async with AsyncLmnt(api_key="key", base_url=server.base_url) as client:
            stalled = client.with_options(default_headers={FAULT: "stall-after=500"})
            task = asyncio.create_task(bulk.arun(stalled, path, out=out))
            await asyncio.sleep(0.5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert files(out) == set()
            assert (await bulk.arun(client, path, out=out)).done == 10

    asyncio.run(main())
    assert len(files(out)) == 10


def test_any_path_of_fsspec(run: Run, mode: Sync, tmp_path: Path) -> None:
    import fsspec

    lines = [
        *texts(4),
        {"id": "long", "text": "A sentence. " * 450, "voice": "leah", "format": "wav", "out": "deep/long.wav"},
    ]
    path = written(tmp_path, lines)
    url = f"memory://bucket-{mode.name}/speech"
    assert run(path, out=url).done == 5
    assert run(path, out=url).done_before == 5
    memory: Any = fsspec.filesystem("memory")
    assert memory.cat_file(f"/bucket-{mode.name}/speech/n1.mp3")[:1] == b"\xff"
    assert len(results(tmp_path)) == 5, "the results are beside the manifest"
    memory.rm(f"/bucket-{mode.name}/speech/n1.mp3")
    assert run(path, out=url, dry_run=True).left == 1
    assert run(path, out=f"file://{tmp_path}/files").done == 5
    assert (tmp_path / "files" / "n2.mp3").read_bytes() == memory.cat_file(f"/bucket-{mode.name}/speech/n2.mp3")
    assert not list(Path(places.tempfile.gettempdir()).glob(f"*{results(tmp_path)[0]['digest']}"))


def test_a_remote_place_that_fails(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    def put_file(*_: object, **__: object) -> None:
        raise RuntimeError("the bucket is closed")

    monkeypatch.setattr(MemoryFileSystem, "put_file", put_file)
    path = written(tmp_path, texts(2))
    assert run(path, out="memory://closed").failed == 2
    assert results(tmp_path)[0]["message"] == "cannot put memory://closed/n0.mp3: the bucket is closed"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"out": "nothing-of-the-kind://x"}, "fsspec cannot write to nothing-of-the-kind://x"),
        ({"out": ""}, "out has to be a folder"),
        ({"out": 5}, "out has to be a folder"),
        ({"out": "x", "concurrency": 0}, "concurrency has to be a number from 1 to 1000; got 0"),
        ({"out": "x", "concurrency": "8"}, "concurrency has to be"),
        ({"out": "x", "concurrency": True}, "concurrency has to be"),
        ({"out": "x", "client": None}, "the client has to be one of"),
        ({"out": "x", "only": 5}, "only has to be a list of ids"),
        ({"out": "x", "only": [["n0"]]}, "no line with the id"),
        ({"out": "x", "results": 5.0}, "has to be|must be given as a path"),
        ({"out": "x", "on_progress": 5}, "on_progress has to be a function"),
        ({"out": "x", "on_progress": asyncio.sleep}, "not an async one"),
    ],
)
def test_what_is_refused(options: Any, told: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgumentError, match=told):
        run(written(tmp_path, texts(1)), **options)
    assert [each.name for each in tmp_path.iterdir()] == ["texts.jsonl"]


def test_another_event_loop(tmp_path: Path) -> None:
    import trio

    async def main() -> None:
        async with AsyncLmnt(api_key="key") as client:
            with pytest.raises(LmntError, match="needs asyncio's event loop"):
                await bulk.arun(client, written(tmp_path, texts(1)), out=tmp_path)

    trio.run(main)


def test_engines(server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    path = written(tmp_path, texts(2))
    with Lmnt(api_key="key", base_url=server.base_url) as client:
        with pytest.raises(InvalidArgumentError, match="engine has to be 'local' or 'ray'; got 'spark'"):
            bulk.run(client, path, out=tmp_path, engine="spark")  # type: ignore[arg-type]  # what is no engine
        monkeypatch.setitem(sys.modules, "ray", None)
        with pytest.raises(
            InvalidArgumentError, match=r"needs Ray Data, here and on the cluster: pip install 'ray\[data\]'"
        ):
            bulk.run(client, path, out=tmp_path, engine="ray")
    monkeypatch.setenv("LMNT_API_KEY", "key")
    monkeypatch.setenv("LMNT_BASE_URL", server.base_url)
    assert bulk.run(Lmnt, path, out=tmp_path).done == 2
