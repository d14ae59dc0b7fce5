"""A download takes its name when it is whole, and leaves nothing behind when it never is."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import lmnt
from lmnt.streams.downloads import Download

from .modes import Sync
from .peers import Connection, head

pytestmark = pytest.mark.once(rows=True)

SPEECH: dict[str, Any] = {"text": "word " * 100, "voice": "leah", "format": "wav"}
BROKEN = {"x-lmnt-fault": "raise-after=20000"}


@pytest.fixture(params=["stream_to_file", "write_to_file"])
def save(request: pytest.FixtureRequest, mode: Sync) -> Callable[..., None]:
    """Speak into a file, while the audio comes or once it is here."""

    def stream(client: Any, path: Any, **arguments: Any) -> None:
        with mode.entered(client.speech.with_streaming_response.generate(**SPEECH, **arguments)) as streamed:
            mode.run(streamed.stream_to_file(path))

    def write(client: Any, path: Any, **arguments: Any) -> None:
        mode.run(mode.run(client.speech.generate(**SPEECH, **arguments)).write_to_file(path))

    return stream if request.param == "stream_to_file" else write


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file_holds_the_audio(mode: Sync, client: Any, tmp_path: Path, save: Any, as_text: bool) -> None:
    path = tmp_path / "speech.wav"
    path.write_bytes(b"an older file that is longer" * 100_000)
    save(client, str(path) if as_text else path)
    assert path.read_bytes() == mode.run(mode.run(client.speech.generate(**SPEECH)).read())
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_goes_on_to_lead_to_the_file(client: Any, tmp_path: Path, save: Any) -> None:
    (tmp_path / "inner").mkdir()
    link, file = tmp_path / "link.wav", tmp_path / "inner" / "speech.wav"
    link.symlink_to(file)
    for _ in ("where no file is", "over a file"):
        save(client, os.fsencode(link))
        assert link.is_symlink()
        assert file.stat().st_size > 1000
    with pytest.raises(lmnt.APIStreamError):
        save(client, link, extra_headers=BROKEN)
    assert (link.is_symlink(), [*file.parent.iterdir()]) == (True, [file])


def test_what_is_no_path(client: Any, save: Any) -> None:
    for wrong in (io.BytesIO(), None, 1):
        with pytest.raises(lmnt.InvalidArgumentError, match="must be given as a path"):
            save(client, wrong)


def test_a_failure_leaves_things_as_they_were(client: Any, tmp_path: Path, save: Any) -> None:
    path = tmp_path / "speech.wav"
    with pytest.raises(lmnt.APIStreamError):
        save(client, path, extra_headers=BROKEN)
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"older")
    with pytest.raises(lmnt.APIStreamError):
        save(client, path, extra_headers=BROKEN)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_what_came_is_kept_if_that_is_wished(mode: Sync, client: Any, tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    whole = mode.run(mode.run(client.speech.generate(**SPEECH)).read())
    for _ in range(2):  # an older partial file makes way
        with (
            mode.entered(client.speech.with_streaming_response.generate(**SPEECH, extra_headers=BROKEN)) as streamed,
            pytest.raises(lmnt.APIStreamError) as caught,
        ):
            mode.run(streamed.stream_to_file(path, keep_partial=True, chunk_size=777))
        partial = tmp_path / "speech.wav.partial"
        assert caught.value.partial_path == str(partial)
        assert f"kept in {partial}" in str(caught.value)
        assert partial.read_bytes() == whole[:20_000]
        assert list(tmp_path.iterdir()) == [partial]


@pytest.mark.parametrize("taken", [False, True])
def test_what_came_is_kept_under_another_name_if_need_be(mode: Sync, client: Any, tmp_path: Path, taken: bool) -> None:
    path = tmp_path / ("a" if taken else "a" * 250)
    if taken:
        (tmp_path / "a.partial").mkdir()
    with (
        mode.entered(client.speech.with_streaming_response.generate(**SPEECH, extra_headers=BROKEN)) as streamed,
        pytest.raises(lmnt.APIStreamError) as caught,
    ):
        mode.run(streamed.stream_to_file(path, keep_partial=True))
    assert caught.value.partial_path
    assert len(Path(caught.value.partial_path).read_bytes()) == caught.value.bytes_received == 20_000
    assert caught.value.partial_path in str(caught.value)


def test_nothing_is_kept_of_a_whole_file(mode: Sync, client: Any, tmp_path: Path) -> None:
    with mode.entered(client.speech.with_streaming_response.generate(**SPEECH)) as streamed:
        mode.run(streamed.stream_to_file(tmp_path / "a.wav", keep_partial=True))
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_the_final_name_appears_with_the_last_byte(mode: Sync, peer: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "speech.mp3"
    seen: list[bool] = []

    def answer(connection: Connection) -> None:
        connection.send(head(200, {"content-length": "6"}) + b"abc")
        seen.append(path.exists())
        connection.send(b"def")

    client = mode.client(base_url=peer(answer).base_url)
    with mode.entered(client.speech.with_streaming_response.generate(text="x", voice="y")) as streamed:
        mode.run(streamed.stream_to_file(path))
    assert seen == [False]
    assert path.read_bytes() == b"abcdef"


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (lambda tmp: tmp / "missing" / "a.wav", "No such file"),
        (lambda tmp: tmp, "it is a folder"),
        (lambda tmp: tmp / "file" / "a.wav", "Not a directory"),
        (lambda tmp: tmp / ("x" * 300), "too long"),
        (lambda tmp: tmp / "fifo", "no regular file"),
        (lambda tmp: tmp / "nul\0", "null"),
        (lambda _: Path("/proc/self/a.wav"), "cannot write"),
        (lambda _: Path("/"), "it is a folder"),
        (lambda _: Path(), "it is a folder"),
        (lambda _: Path("/dev/null"), "no regular file"),
    ],
)
def test_places_that_cannot_be_written(client: Any, tmp_path: Path, save: Any, place: Any, says: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "fifo")
    before = sorted(tmp_path.iterdir())
    path = place(tmp_path)
    with pytest.raises(lmnt.FileError, match=says) as caught:
        save(client, path)
    assert caught.value.path == str(path)
    assert isinstance(caught.value.__cause__, OSError | ValueError)
    assert sorted(tmp_path.iterdir()) == before
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("name", ["x" * 255, "\N{GRINNING FACE}" * 63])
def test_a_name_may_be_as_long_as_names_may_be(client: Any, tmp_path: Path, save: Any, name: str) -> None:
    save(client, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Make every write past a size fail, as on a full disk, for root too."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_is_full(client: Any, tmp_path: Path, save: Any) -> None:
    path = tmp_path / "speech.wav"
    path.write_bytes(b"older")
    with files_of_at_most(10_000), pytest.raises(lmnt.FileError, match=r"cannot write .*too large") as caught:
        save(client, path)
    assert isinstance(caught.value.__cause__, OSError)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_vanishes_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    download = Download(folder / "a.wav")
    download.open()
    download.write(b"x")
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    with pytest.raises(lmnt.FileError, match="No such file"):
        download.commit()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_the_file_is_made_leaves_none(
    client: Any, save: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def interrupted(self: Path, *arguments: Any) -> Any:
        opened(self, *arguments).close()
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "open", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(client, tmp_path / "speech.wav")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(
    mode: Sync, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupt(BaseException):
        pass

    def stop(*_: Any) -> None:
        raise Interrupt

    monkeypatch.setattr(Download, "write", stop)
    with (
        mode.entered(client.speech.with_streaming_response.generate(**SPEECH)) as streamed,
        pytest.raises(Interrupt),
    ):
        mode.run(streamed.stream_to_file(tmp_path / "a.wav"))
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_download_leaves_nothing(server: Any, tmp_path: Path) -> None:
    def entries() -> list[Path]:
        return list(tmp_path.iterdir())

    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key="k", base_url=server.base_url) as client:
            stall = {"x-lmnt-fault": "stall-after=20000"}
            async with client.speech.with_streaming_response.generate(**SPEECH, extra_headers=stall) as streamed:
                saving = asyncio.create_task(streamed.stream_to_file(tmp_path / "a.wav"))
                while streamed.bytes_received < 20_000:  # noqa: ASYNC110  # a count, and nothing tells of its change
                    await asyncio.sleep(0.01)
                assert len(entries()) == 1
                saving.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await saving

    asyncio.run(main())
    assert entries() == []


def test_a_download_can_be_cancelled_at_any_moment(server: Any, tmp_path: Path) -> None:
    """What is there afterwards is the whole file or none, whatever a thread was doing when the cancellation came."""

    def named(turns: int) -> list[Path]:
        return [each for each in tmp_path.iterdir() if each.name.lstrip(".").startswith(f"{turns}.")]

    async def cancelled_after(turns: int, client: lmnt.AsyncLmnt) -> bool:
        path = tmp_path / f"{turns}.wav"
        speaking = client.speech.with_streaming_response.generate(text="Hello.", voice="leah", format="pcm_s16le")
        async with speaking as streamed:
            saving = asyncio.create_task(streamed.stream_to_file(path))
            for _ in range(turns):
                await asyncio.sleep(0)
            saving.cancel()
            await asyncio.wait([saving])
            left = named(turns)
            assert left in ([], [path])
            assert not left or streamed.complete
            assert left or saving.cancelled()
        return bool(left)

    async def main() -> list[bool]:
        async with lmnt.AsyncLmnt(api_key="k", base_url=server.base_url) as client:
            return [await cancelled_after(turns, client) for turns in range(0, 400, 5)]

    whole = asyncio.run(main())
    assert not whole[0]
