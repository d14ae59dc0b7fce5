"""A long text as a file: whole or not there, and gone on with after any interruption."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lmnt import (
    AsyncLmnt,
    BadRequestError,
    FileError,
    InternalServerError,
    InvalidArgumentError,
    Lmnt,
    StreamAlreadyConsumed,
    no_retry_waits,
)

from .conftest import PLAIN, Peer, Reader, spoken
from .test_joining import decoded
from .test_long_speech import TEXT, expected, parts

pytestmark = pytest.mark.once(rows=True)

PIECES: Any = {"piece_length": 300}


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_has_all_of_the_audio_and_nothing_is_left_beside_it(
    reader: Reader, peer: Peer, tmp_path: Path, resume: bool
) -> None:
    progress: list[Any] = []
    long = reader.open(peer.base_url, TEXT, **PIECES, on_progress=progress.append)
    reader.to_file(long, tmp_path / "book.pcm", resume=resume)
    assert (tmp_path / "book.pcm").read_bytes() == expected(long)
    assert names(tmp_path) == ["book.pcm"]
    assert long.complete
    assert progress[-1].pieces == len(long.pieces)
    assert progress[-1].seconds == pytest.approx(long.seconds)
    assert [piece.begins for piece in long.pieces] == sorted(piece.begins for piece in long.pieces)
    with pytest.raises(StreamAlreadyConsumed):
        reader.next(long)
    with pytest.raises(StreamAlreadyConsumed):
        reader.to_file(long, tmp_path / "other.pcm")


@pytest.mark.parametrize("format", ["wav", "ulaw", "webm"])
def test_the_header_of_a_file_says_its_length(reader: Reader, peer: Peer, tmp_path: Path, format: str) -> None:
    long = reader.open(peer.base_url, TEXT, **PIECES, format=format, sample_rate=8000)
    reader.to_file(long, tmp_path / "book")
    file = (tmp_path / "book").read_bytes()
    if format != "webm":
        assert int.from_bytes(file[4:8], "little") == len(file) - 8
    rate = 48_000 if format == "webm" else 8000
    assert len(decoded(file, format)) / rate == pytest.approx(long.seconds, abs=1e-3)


def test_what_an_interrupted_run_has_is_asked_for_no_more(reader: Reader, peer: Peer, tmp_path: Path) -> None:
    bad = [True]
    peer.fault = lambda _, text: 400 if bad[0] and "number 60 " in text else None
    book = tmp_path / "book.mp3"
    long = reader.open(peer.base_url, TEXT, **PIECES, return_timestamps=True)
    with pytest.raises(BadRequestError, match="piece"):
        reader.to_file(long, book, resume=True)
    assert names(tmp_path) == ["book.mp3.journal"]
    there = list(peer.answered)
    assert len(there) > 5
    bad.clear()
    bad.append(False)
    again = reader.open(peer.base_url, TEXT, **PIECES, return_timestamps=True)
    reader.to_file(again, book, resume=True)
    assert book.read_bytes() == expected(again)
    assert names(tmp_path) == ["book.mp3"]
    assert sorted(peer.answered) == sorted(parts(again))
    # What the first run was told is told again.
    assert all(piece.request_ids and piece.seconds for piece in again.pieces)
    assert [each.text for each in again.timestamps] == parts(again)
    assert [each.start for each in again.timestamps] == pytest.approx([piece.begins + 0.05 for piece in again.pieces])


def test_without_resume_nothing_is_left_and_an_earlier_journal_is_not_touched(
    reader: Reader, peer: Peer, tmp_path: Path
) -> None:
    (tmp_path / "book.journal").write_bytes(b"mine")
    (tmp_path / "book").write_bytes(b"the file before")
    peer.fault = lambda _, text: 400 if "number 60 " in text else None
    with pytest.raises(BadRequestError):
        reader.to_file(reader.open(peer.base_url, TEXT, **PIECES), tmp_path / "book")
    assert names(tmp_path) == ["book", "book.journal"]
    assert (tmp_path / "book").read_bytes() == b"the file before"
    assert (tmp_path / "book.journal").read_bytes() == b"mine"


@pytest.mark.parametrize("which", [1, 2])
def test_an_interrupt_while_a_file_is_made_leaves_none(
    reader: Reader, peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """The first file shows that one can be made there, the second is the text's."""

    class Interrupt(BaseException):
        pass

    opened, made = Path.open, []

    def interrupted(self: Path, *arguments: Any) -> Any:
        file = opened(self, *arguments)
        made.append(self)
        if len(made) == which:
            file.close()
            raise Interrupt
        return file

    monkeypatch.setattr(Path, "open", interrupted)
    with pytest.raises(Interrupt):
        reader.to_file(reader.open(peer.base_url, TEXT, **PIECES), tmp_path / "book.mp3")
    assert len(made) == which
    assert names(tmp_path) == []


def test_skipped_pieces_are_tried_again_by_the_next_run(reader: Reader, peer: Peer, tmp_path: Path) -> None:
    bad = {"number 60 "}
    peer.fault = lambda _, text: 400 if any(each in text for each in bad) else None
    book = tmp_path / "book"
    long = reader.open(peer.base_url, TEXT, **PIECES, on_error="skip")
    reader.to_file(long, book, resume=True)
    (skipped,) = long.skipped
    rest = [part for piece, part in zip(long.pieces, parts(long), strict=True) if piece is not skipped]
    assert book.read_bytes() == b"".join(map(spoken, rest))
    assert not long.complete
    assert names(tmp_path) == ["book", "book.journal"]
    bad.clear()
    asked = len(peer.asked)
    again = reader.open(peer.base_url, TEXT, **PIECES, on_error="skip")
    reader.to_file(again, book, resume=True)
    assert book.read_bytes() == expected(again)
    assert names(tmp_path) == ["book"]
    assert len(peer.asked) == asked + 1


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"text": TEXT.replace("number 1 ", "number 2 ")}, "text was"),
    ({"voice": "morgan"}, "voice was leah, is morgan"),
    ({"format": "wav"}, "format was pcm_s16le, is wav"),
    ({"sample_rate": 16000}, "sample_rate was 8000, is 16000"),
    ({"temperature": 0.5}, "temperature was None, is 0.5"),
    ({"return_timestamps": True}, "timestamps was False, is True"),
    ({"piece_length": 200}, "pieces was"),
    ({"extra_body": {"speed": 2}}, "extra_body was"),
]


@pytest.mark.parametrize(("other", "told"), OTHERS, ids=[next(iter(other)) for other, _ in OTHERS])
def test_the_journal_of_something_else_is_refused(peer: Peer, tmp_path: Path, other: dict[str, Any], told: str) -> None:
    peer.fault = lambda _, text: 400 if "number 60 " in text else None
    book = tmp_path / "book"
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        given: Any = {"text": TEXT, **PLAIN, **PIECES}
        with pytest.raises(BadRequestError):
            client.speech.generate_long(**given).stream_to_file(book, resume=True)
        asked, before = len(peer.asked), (tmp_path / "book.journal").read_bytes()
        with pytest.raises(FileError, match=f"the journal of another text or of other settings: .*{told}") as caught:
            client.speech.generate_long(**{**given, **other}).stream_to_file(book, resume=True)
    assert "delete it, or write to another file" in str(caught.value)
    assert len(peer.asked) == asked
    assert (tmp_path / "book.journal").read_bytes() == before


def test_what_is_no_journal_is_refused(reader: Reader, peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "book.journal").write_bytes(b"This is a letter to a friend." * 100)
    with pytest.raises(FileError, match="file is not a database"):
        reader.to_file(reader.open(peer.base_url, TEXT), tmp_path / "book", resume=True)
    assert not peer.asked


def read_only(folder: Path) -> Path:
    (folder / "file").write_bytes(b"")
    return folder / "file" / "book"  # root may write to a folder that nobody may write to


PLACES = {
    "a folder that is not there": lambda folder: folder / "none" / "book",
    "a folder that is a file": read_only,
    "a folder": lambda folder: folder,
    "a name that is too long": lambda folder: folder / ("b" * 300),
    "a device": lambda _: Path("/dev/null"),
    "a NUL": lambda folder: folder / "b\0k",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("resume", [False, True])
def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(
    reader: Reader, peer: Peer, tmp_path: Path, place: str, resume: bool
) -> None:
    with pytest.raises(FileError, match="cannot write"):
        reader.to_file(reader.open(peer.base_url, TEXT), PLACES[place](tmp_path), resume=resume)
    assert not peer.asked
    with pytest.raises(InvalidArgumentError, match="must be given as a path"):
        reader.to_file(reader.open(peer.base_url, TEXT), 5, resume=resume)  # type: ignore[arg-type]  # what is no path


def test_a_link_is_followed_and_kept(reader: Reader, peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "book").symlink_to(tmp_path / "there" / "book")
    long = reader.open(peer.base_url, TEXT)
    reader.to_file(long, tmp_path / "book", resume=True)
    assert (tmp_path / "book").is_symlink()
    assert (tmp_path / "there" / "book").read_bytes() == expected(long)
    assert names(tmp_path / "there") == ["book"]


def test_the_same_path_twice_at_once_is_refused(peer: Peer, tmp_path: Path) -> None:
    peer.fault = lambda *_: 0.1
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        one, other = (client.speech.generate_long(TEXT, **PLAIN) for _ in range(2))
        thread = threading.Thread(target=one.stream_to_file, args=(tmp_path / "book",), kwargs={"resume": True})
        thread.start()
        while not peer.asked:
            time.sleep(0.01)
        with pytest.raises(FileError, match="something else is writing it"):
            other.stream_to_file(tmp_path / "book", resume=True)
        thread.join()
    assert (tmp_path / "book").read_bytes() == expected(one)
    assert len(peer.asked) == len(one.pieces)


PROGRAM = """
import json, resource, sys
from lmnt import Lmnt
told = json.loads(sys.argv[1])
if "most_bytes" in told:
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (told["most_bytes"],) * 2)
long = Lmnt(api_key="k", base_url=told["base_url"], max_retries=5).speech.generate_long(**told["given"])
long.stream_to_file(told["path"], resume=True)
"""


def start(peer: Peer, path: Path, **more: Any) -> subprocess.Popen[str]:
    told = {"base_url": peer.base_url, "path": str(path), "given": {"text": TEXT, **PLAIN, "piece_length": 100}, **more}
    return subprocess.Popen([sys.executable, "-c", PROGRAM, json.dumps(told)], stderr=subprocess.PIPE, text=True)


def test_a_full_disk_is_told_and_gone_on_with(peer: Peer, tmp_path: Path) -> None:
    process = start(peer, tmp_path / "book", most_bytes=300_000)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "FileError: cannot write" in told.splitlines()[-1]
    assert not (tmp_path / "book").exists()
    asked = list(peer.answered)
    assert len(asked) > 3
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        long = client.speech.generate_long(TEXT, **PLAIN, piece_length=100)
        long.stream_to_file(tmp_path / "book", resume=True)
    assert (tmp_path / "book").read_bytes() == expected(long)
    # Those that found no room, and those that were on the way, are all that was asked for again.
    assert len(peer.asked) <= len(long.pieces) + 4
    assert names(tmp_path) == ["book"]


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_goes_on(peer: Peer, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    peer.fault = lambda *_: 0.02
    book = tmp_path / "book"
    kills = 0
    while not book.exists():
        process = start(peer, book)
        if kills < 4:
            asked = len(peer.asked)
            while len(peer.asked) == asked and process.poll() is None:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate(timeout=60)
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        long = client.speech.generate_long(TEXT, **PLAIN, piece_length=100)
    assert book.read_bytes() == expected(long)
    assert names(tmp_path) == ["book"]
    # Each kill loses what was under way or not written down yet, which are four at most.
    assert len(peer.asked) <= len(long.pieces) + kills * 4


def test_killed_while_the_file_is_made_of_the_pieces_nothing_is_asked_for_again(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    book = tmp_path / "book"
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        long = client.speech.generate_long(TEXT, **PLAIN, piece_length=100)
        monkeypatch.setattr(long, "_assemble", interrupted)
        with pytest.raises(KeyboardInterrupt):
            long.stream_to_file(book, resume=True)
        (tmp_path / "book.journal.part").write_bytes(b"the rest of a file that was killed while it was made")
        asked = len(peer.asked)
        client.speech.generate_long(TEXT, **PLAIN, piece_length=100).stream_to_file(book, resume=True)
    assert len(peer.asked) == asked == len(long.pieces)
    assert book.read_bytes() == expected(long)
    assert names(tmp_path) == ["book"]


def test_a_file_of_somebody_else_with_a_like_name_is_left_alone(peer: Peer, tmp_path: Path) -> None:
    others = [tmp_path / "book.part", tmp_path / "book.partial"]
    for other in others:
        other.write_text("of another program")
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        client.speech.generate_long(TEXT, **PLAIN).stream_to_file(tmp_path / "book", resume=True)
    assert [other.read_text() for other in others] == ["of another program"] * 2


def test_a_server_that_only_fails_is_not_asked_for_every_piece(reader: Reader, peer: Peer, tmp_path: Path) -> None:
    peer.fault = lambda *_: 500
    long = reader.open(peer.base_url, TEXT, piece_length=50, concurrency=2)
    with pytest.raises(InternalServerError):
        reader.to_file(long, tmp_path / "book")
    assert len(peer.asked) <= 2 * 3
    assert len(set(peer.asked)) == 2


def test_a_journal_with_damage_is_refused_and_not_believed(peer: Peer, tmp_path: Path) -> None:
    peer.fault = lambda _, text: 400 if "number 60 " in text else None
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        with pytest.raises(BadRequestError):
            client.speech.generate_long(TEXT, **PLAIN).stream_to_file(tmp_path / "book", resume=True)
        journal = tmp_path / "book.journal"
        journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 3])
        with pytest.raises(FileError, match="malformed"):
            client.speech.generate_long(TEXT, **PLAIN).stream_to_file(tmp_path / "book", resume=True)
    assert sqlite3.sqlite_version


def test_a_cancelled_download_leaves_its_journal_and_closes_it(peer: Peer, tmp_path: Path) -> None:
    peer.fault = lambda *_: 0.02

    async def cancelled(seconds: float) -> None:
        async with AsyncLmnt(api_key="k", base_url=peer.base_url) as client:
            long = client.speech.generate_long(TEXT, **PLAIN, piece_length=100)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(long.stream_to_file(tmp_path / "book", resume=True), seconds)

    for seconds in (0.02, 0.05, 0.08, 0.1):
        asyncio.run(cancelled(seconds))
        assert not (tmp_path / "book").exists()
    with Lmnt(api_key="k", base_url=peer.base_url) as client:
        long = client.speech.generate_long(TEXT, **PLAIN, piece_length=100)
        long.stream_to_file(tmp_path / "book", resume=True)
    assert (tmp_path / "book").read_bytes() == expected(long)
    assert names(tmp_path) == ["book"]


def test_failures_on_the_way_are_repeated(reader: Reader, peer: Peer, tmp_path: Path) -> None:
    peer.fault = lambda number, text: [500, "cut", None][len(text) % 3] if number == 1 else None
    with no_retry_waits():
        long = reader.open(peer.base_url, TEXT, **PIECES)
        reader.to_file(long, tmp_path / "book", resume=True)
    assert (tmp_path / "book").read_bytes() == expected(long)
    assert sorted(peer.answered) == sorted(parts(long))
