"""Whatever can be read as a file is sent whole, twice if need be, or refused before anything is sent."""

from __future__ import annotations

import array
import asyncio
import bz2
import ctypes
import gzip
import io
import mimetypes
import mmap
import os
import socket
import tarfile
import tempfile
import threading
import tracemalloc
import warnings
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import aiofiles
import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from werkzeug.datastructures import FileStorage

import lmnt
from lmnt.transport.uploads import SPOOL

from .modes import KEY, MODES, Async, Sync
from .peers import Listener, json_response, response

pytestmark = pytest.mark.once(rows=True)

VOICE = {"id": "leah", "name": "Leah", "owner": "system", "state": "ready"}
WAV = str(mimetypes.guess_type("x.wav")[0])
CONTENT = bytes(range(256)) * 1000 + b"end"
LONG = CONTENT * 6
assert len(LONG) > SPOOL


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "voice.wav"
    path.write_bytes(CONTENT)
    return path


class Once:
    """What can be read once, and nothing else."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


class NameOfBytes:
    """A path as bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> bytes:
        return os.fsencode(self._path)


def moved(file: Any, position: int = 1000) -> Any:
    file.seek(position)
    return file


def filled(file: Any, content: bytes = CONTENT) -> Any:
    file.write(content)
    return file


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "voice.wav")
    return path.with_suffix(".zip")


def packed(path: Path, pack: Callable[[bytes], bytes]) -> Path:
    packed = path.with_suffix(".packed")
    packed.write_bytes(pack(path.read_bytes()))
    return packed


def tarred(path: Path) -> Path:
    with tarfile.open(path.with_suffix(".tar"), "w") as archive:
        archive.add(path, "voice.wav")
    return path.with_suffix(".tar")


def mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


FILES: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "path of anyio": anyio.Path,
    "path of bytes": NameOfBytes,
    "entry of a folder": lambda path: next(each for each in os.scandir(path.parent) if each.name == path.name),
    "file": lambda path: path.open("rb"),
    "file without a buffer": lambda path: path.open("rb", buffering=0),
    "file to read and write": lambda path: path.open("r+b"),
    "file that was read": lambda path: moved(path.open("rb")),
    "file at its end": lambda path: moved(path.open("rb"), len(CONTENT)),
    "bytes": lambda _: CONTENT,
    "bytearray": lambda _: bytearray(CONTENT),
    "memoryview": lambda _: memoryview(CONTENT),
    "memoryview with gaps": lambda _: memoryview(bytes(each for each in CONTENT for _ in "ab"))[::2],
    "memoryview of numbers": lambda _: memoryview(CONTENT[:-3]).cast("I"),
    "array": lambda _: array.array("B", CONTENT),
    "BytesIO": lambda _: moved(io.BytesIO(CONTENT)),
    "mmap": mapped,
    "mmap that was read": lambda path: moved(mapped(path)),
    "gzip": lambda path: gzip.open(packed(path, gzip.compress)),
    "bz2": lambda path: bz2.open(packed(path, bz2.compress)),
    "member of a zip file": lambda path: zipfile.ZipFile(zipped(path)).open("voice.wav"),
    "member of a tar file": lambda path: tarfile.open(tarred(path)).extractfile("voice.wav"),
    "temporary file with a name": lambda _: filled(tempfile.NamedTemporaryFile()),
    "temporary file": lambda _: filled(tempfile.TemporaryFile()),
    "temporary file in memory": lambda _: filled(tempfile.SpooledTemporaryFile(max_size=1 << 20)),
    "temporary file from memory": lambda _: filled(tempfile.SpooledTemporaryFile(max_size=10)),
    "upload of werkzeug": lambda path: FileStorage(moved(path.open("rb")), "voice.wav", "file"),
    "what can be read once": lambda _: Once(CONTENT),
}


def written(path: Path, file: Any) -> None:
    """Have a thread write what a file holds, if somebody reads it."""
    content = path.read_bytes()

    def write() -> None:
        with suppress(OSError), file:
            file.write(content)

    threading.Thread(target=write, daemon=True).start()


def pipe(path: Path) -> Any:
    reading, writing = os.pipe()
    written(path, os.fdopen(writing, "wb"))
    return os.fdopen(reading, "rb")


def of_a_socket(path: Path) -> Any:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            written(path, theirs.makefile("wb"))
        return ours.makefile("rb")


WAITING: dict[str, Callable[[Path], Any]] = {
    "pipe": pipe,
    "file of a socket": of_a_socket,
}
"""Files that a client that waits may wait for."""


class Later:
    """A file of an application's own that gives what it reads later, by a function that is no coroutine function."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int = -1) -> Awaitable[bytes]:
        async def read() -> bytes:
            await asyncio.sleep(0)
            return self._file.read(size)

        return read()


class Moving(Later):
    """One that moves at once."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)


def uploaded(file: Any, **more: Any) -> UploadFile:
    return UploadFile(file, filename="voice.wav", headers=Headers({"content-type": "audio/x-mine"}), **more)


async def of_anyio(path: Path) -> Any:
    file = await anyio.open_file(path, "rb")
    await file.seek(77)
    return file


async def of_aiofiles(path: Path) -> Any:
    return await aiofiles.open(path, "rb")


async def without_a_buffer(path: Path) -> Any:
    return await aiofiles.open(path, "rb", buffering=0)


async def temporary(_: Path) -> Any:
    file = await aiofiles.tempfile.TemporaryFile()
    await file.write(CONTENT)
    return file


async def stream(_: Path, content: bytes = CONTENT) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(content)
    reader.feed_eof()
    return reader


async def read_before(_: Path) -> Any:
    upload = uploaded(io.BytesIO(CONTENT), size=len(CONTENT))
    await upload.read(5)
    return upload


def given(make: Callable[[Path], Any]) -> Callable[[Path], Awaitable[Any]]:
    async def make_it(path: Path) -> Any:
        return make(path)

    return make_it


AWAITED: dict[str, Callable[[Path], Awaitable[Any]]] = {
    "aiofiles": of_aiofiles,
    "aiofiles without a buffer": without_a_buffer,
    "temporary file of aiofiles": temporary,
    "anyio": of_anyio,
    "StreamReader": stream,
    "upload of Starlette in memory": given(lambda _: uploaded(io.BytesIO(CONTENT))),
    "upload of Starlette on disk": given(lambda path: uploaded(path.open("rb"), size=3)),
    "upload of Starlette that was read": read_before,
    "upload of Starlette that was written": given(lambda _: uploaded(filled(tempfile.SpooledTemporaryFile()))),
    "read later": given(lambda _: Later(CONTENT)),
    "read later, moved at once": given(lambda _: Moving(CONTENT)),
}


def made(mode: Sync, kind: str, path: Path, stack: ExitStack) -> Any:
    """Return a file of a kind; it ends with the test."""
    file = mode.run(AWAITED[kind](path)) if kind in AWAITED else (FILES | WAITING)[kind](path)
    if callable(close := getattr(file, "close", None)):
        stack.callback(lambda: mode.run(closed) if hasattr(closed := close(), "__await__") else None)
    return file


ONCE = {"StreamReader", "read later", "what can be read once", *WAITING}
KINDS = [
    *((each, kind) for each in MODES for kind in FILES),
    *(("sync", kind) for kind in WAITING),
    *(("async", kind) for kind in AWAITED),
]


@pytest.mark.parametrize(("mode", "kind"), KINDS, indirect=["mode"])
def test_a_file_is_sent_whole_and_again(
    mode: Sync, kind: str, path: Path, stack: ExitStack, peer: Callable[..., Any]
) -> None:
    listening = peer(response(307, headers={"location": "/v1/ai/voice"}), json_response(VOICE))
    client = mode.client(base_url=listening.base_url)
    file = made(mode, kind, path, stack)
    whole = CONTENT[:-3] if kind == "memoryview of numbers" else CONTENT
    mode.run(client.voices.create(file=file, name="n"))
    received = listening.requests
    assert [len(each.part("file")[1]) for each in received] == [len(whole)] * 2
    assert [each.part("file")[1] for each in received] == [whole, whole]
    assert [each.headers["content-length"] for each in received] == [str(len(each.body)) for each in received]
    assert getattr(file, "closed", False) is False
    if kind in ONCE:
        with pytest.raises(lmnt.InvalidArgumentError, match="nothing is left to read, and it cannot be rewound"):
            mode.run(client.voices.create(file=file, name="n"))
        assert len(received) == 2
    else:
        mode.run(client.voices.create(file=("other.mp3", file, "audio/x-other", {"x-note": "1"}), name="n"))
        top, content = received[-1].part("file")
        assert content == whole
        for text in ('filename="other.mp3"', "Content-Type: audio/x-other", "x-note: 1"):
            assert text in top


@pytest.mark.parametrize(
    ("kind", "filename", "media_type"),
    [
        ("upload of Starlette in memory", "voice.wav", "audio/x-mine"),
        ("aiofiles", "voice.wav", WAV),
        ("anyio", "voice.wav", WAV),
        ("upload of werkzeug", "voice.wav", WAV),
        ("gzip", "voice.packed", "application/octet-stream"),
        ("member of a zip file", "voice.wav", WAV),
        ("StreamReader", "upload", "application/octet-stream"),
        ("path of anyio", "voice.wav", WAV),
    ],
)
@pytest.mark.parametrize("mode", ["async"], indirect=True)
def test_a_file_says_what_it_is_called(
    mode: Sync, kind: str, filename: str, media_type: str, path: Path, stack: ExitStack, peer: Callable[..., Any]
) -> None:
    listening = peer(json_response(VOICE))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file = made(mode, kind, path, stack)
        mode.run(mode.client(base_url=listening.base_url).voices.create(file=file, name="n"))
    top, _ = listening.requests[0].part("file")
    assert f'filename="{filename}"' in top
    assert top.partition("Content-Type: ")[2].splitlines()[0] == media_type


@pytest.mark.parametrize("kind", [kind for kind in AWAITED if kind != "read later, moved at once"])
@pytest.mark.parametrize("form", ["alone", "in a tuple"])
def test_a_client_that_waits_refuses_what_is_awaited(
    kind: str, form: str, path: Path, stack: ExitStack, untouched: Listener
) -> None:
    other = Async()
    stack.callback(other.close)
    file = made(other, kind, path, stack)
    given = file if form == "alone" else ("n.wav", file, "audio/wav")
    with (
        lmnt.Lmnt(api_key=KEY, base_url=untouched.base_url) as client,
        pytest.raises(
            lmnt.InvalidArgumentError, match="must be awaited: give its bytes or a plain file, or use AsyncLmnt"
        ),
    ):
        client.voices.create(file=given, name="n")


def closed(file: Any) -> Any:
    file.close()
    return file


async def aclosed(file: Any) -> Any:
    await (file.aclose() if hasattr(file, "aclose") else file.close())
    return file


def fifo(path: Path) -> Path:
    os.mkfifo(path.with_suffix(".fifo"))
    return path.with_suffix(".fifo")


async def agenerated() -> AsyncIterator[bytes]:
    yield b"a"


def unstable(**methods: Any) -> Any:
    """Return a file of an application's own with these methods."""
    return type("Unstable", (io.BytesIO,), methods)(CONTENT)


def broken(path: Path, pack: Callable[[bytes], bytes], start: int, end: int | None = None) -> Path:
    """Return the path of a packed file of which a part is missing."""
    found = packed(path, pack)
    found.write_bytes(found.read_bytes()[:start] + (b"" if end is None else found.read_bytes()[end:]))
    return found


REFUSED: dict[str, tuple[Callable[[Path, ExitStack], Any], str]] = {
    "text file": (lambda path, stack: stack.enter_context(path.open(encoding="latin-1")), "binary mode"),
    "StringIO": (lambda *_: io.StringIO("x"), "binary mode"),
    "temporary text file": (lambda _, stack: stack.enter_context(tempfile.NamedTemporaryFile("w+")), "binary mode"),
    "text file in memory": (
        lambda _, stack: stack.enter_context(tempfile.SpooledTemporaryFile(10, "w+")),
        "binary mode",
    ),
    "text of gzip": (lambda path, _: gzip.open(packed(path, gzip.compress), "rt"), "binary mode"),
    "closed file": (lambda path, _: closed(path.open("rb")), "a closed one"),
    "closed mmap": (lambda path, _: closed(mapped(path)), "a closed one"),
    "closed upload of werkzeug": (lambda path, _: FileStorage(closed(path.open("rb")), "a"), "a closed one"),
    "released memoryview": (lambda *_: released(), "pathlib.Path, an open binary file"),
    "file to write": (lambda path, stack: stack.enter_context(path.with_suffix(".w").open("wb")), "open for writing"),
    "file of gzip to write": (lambda path, _: gzip.open(path.with_suffix(".gz"), "wb"), "open for writing"),
    "path of a pipe": (lambda path, _: fifo(path), "got a pipe or a device"),
    "path of a device": (lambda *_: Path("/dev/zero"), "got a pipe or a device"),
    "device": (lambda _, stack: stack.enter_context(Path("/dev/zero").open("rb")), "does not tell how long it is"),
    "generator": (lambda *_: iter([b"a"]), "pathlib.Path, an open binary file"),
    "asynchronous generator": (lambda *_: agenerated(), "pathlib.Path, an open binary file"),
    "array of objects": (lambda *_: (ctypes.py_object * 2)(), "pathlib.Path, an open binary file"),
    "list": (lambda *_: [1, 2], "pathlib.Path, an open binary file"),
    "response of httpx": (lambda *_: httpx.Response(200, content=CONTENT), "a file that can be read .*argument"),
    "file that breaks": (lambda *_: unstable(read=lambda *_: 1 / 0), "a file that can be read .division by zero"),
    "file that gives nothing": (lambda *_: unstable(read=lambda *_: None), "binary mode"),
    "broken gzip": (
        lambda path, stack: stack.enter_context(gzip.open(broken(path, gzip.compress, 40, 60))),
        "cannot read",
    ),
    "half of gzip": (
        lambda path, stack: stack.enter_context(gzip.open(broken(path, gzip.compress, 500))),
        "cannot read",
    ),
    "half of bz2": (lambda path, stack: stack.enter_context(bz2.open(broken(path, bz2.compress, 100))), "cannot read"),
}


def released() -> memoryview:
    view = memoryview(CONTENT)
    view.release()
    return view


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_sent_whole_is_refused(
    mode: Sync, kind: str, path: Path, stack: ExitStack, untouched: Listener
) -> None:
    make, says = REFUSED[kind]
    file = make(path, stack)
    with pytest.raises(lmnt.InvalidArgumentError, match=says):
        mode.run(mode.client(base_url=untouched.base_url).voices.create(file=file, name="n"))


@pytest.mark.parametrize("kind", WAITING)
@pytest.mark.parametrize("mode", ["async"], indirect=True)
def test_an_asynchronous_client_does_not_wait_for_what_is_not_awaited(
    mode: Sync, kind: str, path: Path, stack: ExitStack, untouched: Listener
) -> None:
    file = stack.enter_context(WAITING[kind](path))
    with pytest.raises(lmnt.InvalidArgumentError, match="would hold up the event loop; give its bytes"):
        mode.run(mode.client(base_url=untouched.base_url).voices.create(file=file, name="n"))


async def text_of_aiofiles(path: Path) -> Any:
    return await aiofiles.open(path, encoding="latin-1")


async def text_of_anyio(path: Path) -> Any:
    return await anyio.open_file(path, encoding="latin-1")


async def to_write(path: Path) -> Any:
    return await aiofiles.open(path.with_suffix(".w"), "wb")


async def text_later(_: Path) -> Any:
    class Text(Moving):
        def read(self, size: int = -1) -> Any:
            async def read() -> str:
                return "x" * size

            return read()

    return Text(CONTENT)


AWAITED_REFUSED: dict[str, tuple[Callable[[Path], Awaitable[Any]], str]] = {
    "text file of aiofiles": (text_of_aiofiles, "binary mode"),
    "text file of anyio": (text_of_anyio, "binary mode"),
    "texts later": (text_later, "binary mode"),
    "file of aiofiles to write": (to_write, "cannot read voice.w: "),
    "closed file of aiofiles": (lambda path: closing(of_aiofiles(path)), "a closed one"),
    "closed file of anyio": (lambda path: closing(of_anyio(path)), "a closed one"),
    "closed upload": (
        lambda path: closing(given(lambda _: uploaded(path.open("rb")))(path)),
        "cannot read voice.wav: .*closed",
    ),
    "path of no file": (given(lambda _: anyio.Path("no-such-file")), "can be read .No such file"),
}


async def closing(file: Awaitable[Any]) -> Any:
    return await aclosed(await file)


@pytest.mark.parametrize("kind", AWAITED_REFUSED)
@pytest.mark.parametrize("mode", ["async"], indirect=True)
def test_what_is_awaited_and_cannot_be_sent_whole_is_refused(
    mode: Sync, kind: str, path: Path, untouched: Listener
) -> None:
    make, says = AWAITED_REFUSED[kind]
    file = mode.run(make(path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a coroutine that nobody awaits
        with pytest.raises(lmnt.InvalidArgumentError, match=says):
            mode.run(mode.client(base_url=untouched.base_url).voices.create(file=file, name="n"))
    if not getattr(file, "closed", True):
        mode.run(aclosed(file))


class Shrinking(io.BytesIO):
    """A file that loses its end while it is sent."""

    def read(self, size: int | None = -1, /) -> bytes:
        return b"" if self.tell() > 100_000 else super().read(size)


def generous(_: bytes) -> Any:
    return unstable(read=lambda _, size: bytes(size + 1))


@pytest.mark.parametrize("change", [Shrinking, generous])
def test_a_file_that_changes_while_it_is_sent(mode: Sync, server: Any, change: Any) -> None:
    client = mode.client(base_url=server.base_url)
    with pytest.raises(lmnt.InvalidArgumentError, match=r"cannot read n\.wav: its length changed"):
        mode.run(client.voices.create(file=("n.wav", change(LONG)), name="n"))
    assert mode.run(client.voices.retrieve("leah")).id == "leah"


def test_a_file_that_grows_is_sent_as_it_was(mode: Sync, peer: Callable[..., Any]) -> None:
    class Growing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            position = self.tell()
            self.seek(0, os.SEEK_END)
            self.write(b"more")
            self.seek(position)
            return super().read(size)

    listening = peer(json_response(VOICE))
    mode.run(mode.client(base_url=listening.base_url).voices.create(file=Growing(CONTENT), name="n"))
    assert listening.requests[0].part("file")[1].startswith(CONTENT)


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="only Linux has files that do not know their length")
def test_a_file_of_the_system_that_does_not_know_its_length(mode: Sync, peer: Callable[..., Any]) -> None:
    listening = peer(response(307, headers={"location": "/v1/ai/voice"}), json_response(VOICE))
    client = mode.client(base_url=listening.base_url)
    version = Path("/proc/version")
    with version.open("rb") as file:
        for each in (version, file):
            mode.run(client.voices.create(file=each, name="n"))
    assert [each.part("file")[1] for each in listening.requests] == [version.read_bytes()] * 3


def test_an_empty_file_is_sent_as_it_is(mode: Sync, peer: Callable[..., Any]) -> None:
    listening = peer(json_response(VOICE))
    client = mode.client(base_url=listening.base_url)
    for file in (b"", io.BytesIO(), *([uploaded(io.BytesIO())] if mode.name == "async" else [])):
        mode.run(client.voices.create(file=file, name="n"))
        assert listening.requests[-1].part("file")[1] == b""


@pytest.mark.parametrize("size", [1000, len(LONG) * 2])
def test_the_upload_of_a_framework_is_passed_on(peer: Callable[..., Any], size: int) -> None:
    """A real application gets a form and sends the file of it on, as it stands."""
    listening = peer(json_response(VOICE))
    content = (LONG * 2)[:size]

    async def create(request: Request) -> JSONResponse:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=listening.base_url) as client, request.form() as form:
            voice = await client.voices.create(file=form["recording"], name=str(form["name"]))
        return JSONResponse(voice.to_dict())

    async def main() -> httpx.Response:
        app = Starlette(routes=[Route("/", create, methods=["POST"])])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as browser:
            files = {"recording": ("mine.wav", content, "audio/x-mine")}
            return await browser.post("/", data={"name": "Mine"}, files=files)

    assert asyncio.run(main()).json()["id"] == "leah"
    top, received = listening.requests[0].part("file")
    assert received == content
    assert 'filename="mine.wav"' in top
    assert "Content-Type: audio/x-mine" in top


@pytest.mark.parametrize("kind", ["aiofiles", "StreamReader", "upload of Starlette"])
@pytest.mark.parametrize("mode", ["async"], indirect=True)
def test_a_big_file_that_is_awaited_is_never_whole_in_memory(
    mode: Sync, client: Any, kind: str, big_recording: Path
) -> None:
    async def create() -> Any:
        if kind == "aiofiles":
            async with aiofiles.open(big_recording, "rb") as file:
                return await client.voices.create(file=file, name="big")
        if kind == "upload of Starlette":
            with big_recording.open("rb") as plain:
                return await client.voices.create(file=UploadFile(plain, filename="big.wav"), name="big")
        return await client.voices.create(file=("big.wav", await piped(big_recording)), name="big")

    mode.run(client.accounts.retrieve())
    tracemalloc.start()
    try:
        voice = mode.run(create())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert voice.name == "big"
    assert peak < 5_000_000


async def piped(path: Path) -> asyncio.StreamReader:
    """Return what another program writes."""
    running = await asyncio.create_subprocess_exec("cat", str(path), stdout=asyncio.subprocess.PIPE)
    assert running.stdout is not None
    return running.stdout


class Stalling(Moving):
    """A file that gives nothing more after so many bytes."""

    def __init__(self, content: bytes, after: int) -> None:
        super().__init__(content)
        self.after = after
        self.stalled = asyncio.Event()

    def read(self, size: int = -1) -> Awaitable[bytes]:
        async def read() -> bytes:
            if self._file.tell() >= self.after:
                self.stalled.set()
                await asyncio.Event().wait()
            return self._file.read(size)

        return read()


STALLING: dict[str, Callable[[], Any]] = {
    "before it is sent": asyncio.StreamReader,
    "while it is sent": lambda: Stalling(LONG, 100_000),
}


@pytest.mark.parametrize("kind", STALLING)
def test_a_call_with_a_file_that_stalls_can_be_cancelled(server: Any, kind: str) -> None:
    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=server.base_url) as client:
            file = STALLING[kind]()
            calling = asyncio.create_task(client.voices.create(file=file, name="n"))
            await asyncio.wait([calling], timeout=0.2)
            assert not calling.done()
            assert kind != "while it is sent" or file.stalled.is_set()
            calling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await calling
            assert (await client.voices.retrieve("leah")).id == "leah"

    asyncio.run(main())


@pytest.mark.parametrize("kind", STALLING)
def test_the_deadline_holds_for_a_file_that_stalls(server: Any, kind: str) -> None:
    async def main() -> None:
        async with lmnt.AsyncLmnt(api_key=KEY, base_url=server.base_url, max_retries=2) as client:
            with pytest.raises(lmnt.APITimeoutError, match=r"the deadline of 0\.3 s passed"):
                await client.voices.create(file=STALLING[kind](), name="n", deadline=0.3)
            assert (await client.voices.retrieve("leah")).id == "leah"

    asyncio.run(main())


def test_the_deadline_holds_for_a_file_without_end(server: Any) -> None:
    class Endless:
        def read(self, size: int = -1) -> bytes:
            return b"x"[:size]

    with lmnt.Lmnt(api_key=KEY, base_url=server.base_url) as client:
        with pytest.raises(lmnt.APITimeoutError, match=r"the deadline of 0\.2 s passed"):
            client.voices.create(file=Endless(), name="n", deadline=0.2)
        assert client.voices.retrieve("leah").id == "leah"


def test_what_waits_in_a_temporary_file_leaves_nothing_open(
    mode: Sync, peer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    spool = tempfile.SpooledTemporaryFile
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda **given: made.append(spool(**given)) or made[-1])
    listening = peer(json_response(VOICE), response(500))
    client = mode.client(base_url=listening.base_url)
    mode.run(client.voices.create(file=Once(LONG), name="n"))
    with pytest.raises(lmnt.InternalServerError):
        mode.run(client.voices.create(file=Once(LONG), name="n"))
    with pytest.raises(lmnt.InvalidArgumentError, match="nothing is left"):
        mode.run(client.voices.create(file=Once(b""), name="n"))
    assert [len(each.part("file")[1]) for each in listening.requests] == [len(LONG)] * 2
    assert [each.closed for each in made] == [True] * 3


@pytest.mark.parametrize("boundary", ["b", "x" * 70])
def test_the_parts_are_those_that_httpx_would_send(mode: Sync, boundary: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    client = mode.client(base_url="http://localhost", http_client=mode.http_kind(transport=httpx.MockTransport(answer)))
    files = [
        ("a", ("plain.wav", b"1", "audio/wav")),
        ("b", ('q"uo\\te\r\n\x1b.wav', io.BytesIO(b"2"), "audio/wav", {"x-note": "ö"})),
        ("ö", ("no.type", b"", None, {"Content-Type": "text/plain"})),
        ("a", ("again.wav", b"--b\r\n", "audio/wav")),
    ]
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    mode.run(client.post("/x", cast_to=object, files=files, body={"text": "öne"}, options={"headers": headers}))
    wanted = httpx.Request(
        "POST", "http://localhost/x", files=[*files, ("text", (None, "öne".encode()))], headers=headers
    )
    # What is a text has no media type.
    body = wanted.read().replace(b'name="text"\r\nContent-Type: text/plain', b'name="text"')
    assert seen[0].content == body
    assert seen[0].headers["content-length"] == str(len(body))
    assert seen[0].headers["content-type"] == headers["content-type"]


def test_no_part_is_no_body(mode: Sync, peer: Callable[..., Any]) -> None:
    listening = peer(json_response(VOICE))
    mode.run(mode.client(base_url=listening.base_url).post("/x", cast_to=object, files={}))
    assert (listening.requests[0].body, listening.requests[0].headers.get("content-type")) == (b"", None)


@pytest.mark.parametrize("given", [None, "multipart/form-data", "multipart/form-data; charset=utf-8", lmnt.omit])
def test_a_boundary_is_made_where_none_is_given(mode: Sync, peer: Callable[..., Any], given: Any) -> None:
    listening = peer(json_response(VOICE))
    headers = {} if given is None else {"Content-Type": given}
    mode.run(mode.client(base_url=listening.base_url).voices.create(file=b"x", name="n", extra_headers=headers))
    assert listening.requests[0].part("file")[1] == b"x"


def test_a_file_that_other_tools_look_at_is_whole_too(mode: Sync) -> None:
    """What an `http_client` of the application's sees of a request, as tests and recorders do."""
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200, json=VOICE)

    hook = mode.hook(lambda request: seen.append(request.content) if request.url.path == "/x" else None)
    http = mode.http_kind(transport=httpx.MockTransport(answer), event_hooks={"request": [hook]})
    client = mode.client(base_url="http://localhost", http_client=http)
    mode.run(client.voices.create(file=io.BytesIO(CONTENT), name="n"))
    mode.run(client.post("/x", cast_to=object, body={"a": 1}))
    assert CONTENT in seen[0]
    assert seen[1:] == [b'{"a":1}'] * 2
