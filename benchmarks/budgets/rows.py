"""The rows: which work is compared with which, and what it may cost. docs/performance.md has one for each."""

from __future__ import annotations

from dataclasses import dataclass, replace

OURS = "lmnt"
FAST = "lmnt+fast"
BASE = "httpx"
H11, LLHTTP = "h11", "httptools"
"""A socket and the parser alone, with nothing of a client."""

BASE_COLUMN = "base"
"""What a row is compared with that has a `base_work`."""

WAITING = (OURS, BASE, "httpx2", "official")
AWAITING = (*WAITING, "aiohttp")


@dataclass(frozen=True)
class Work:
    """What a process does, with whichever library.

    Args:
        style: `cold`, from the start of the process; `sync` or `async`, when the client has been at work.
        name: What it does; a function of `client` or a method of `work`.
        over: `http`, `https` or `h2`.
        format: The format of audio.
        chunk: Bytes in a chunk of audio, or in a message.
        size: How much of it at once: chunks, calls, streams, messages.
        times: How often; the cost is that of one.
        processes: How many processes do it in each round; their median counts.
        is_shared: Whether the cost is that of one chunk, call or message, and not that of all.
    """

    style: str
    name: str
    over: str = "http"
    format: str = "pcm_s16le"
    chunk: int = 1 << 12
    size: int = 1
    times: int = 1
    processes: int = 1
    is_shared: bool = False

    def arguments(self) -> list[str]:
        """Return what `work.run` takes."""
        return [self.over, self.format, *map(str, (self.chunk, self.size, self.times))]

    @property
    def parts(self) -> int:
        """Into how many parts the cost of a process is divided."""
        return self.times * (self.size if self.is_shared else 1)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        title: What it is called; `--rows` looks for words in it.
        meaning: What is measured, for readers.
        work: What is done.
        measure: `cpu`, `wall`, `peak` or `growth`.
        budget: What may be reached with our client: a ratio, or megabytes for `growth`; None for no limit.
        fast: The same with the extra `fast`, which is measured where there is one.
        libraries: Who does it.
        base: Whose cost is 1.
        base_work: Other work of our own client that it is compared with, in place of another library.
        floors: What our client cannot go below: what it has to do, done alone; without and with the extra `fast`.
    """

    title: str
    meaning: str
    work: Work
    budget: float | None = None
    fast: float | None = None
    measure: str = "cpu"
    libraries: tuple[str, ...] = WAITING
    base: str = BASE
    base_work: Work | None = None
    floors: tuple[str, ...] = ()

    def scaled(self, *, full: bool = False, quick: bool = False) -> Row:
        """Return the row with more work, or with less.

        Args:
            full: Whether files are a gigabyte.
            quick: Whether it is done less often, which is less exact.
        """
        work = self.work
        if full and work.name == "save":
            work = replace(work, size=4 * work.size)
        if quick:
            work = replace(work, times=max(1, work.times // 4), processes=1)
        return replace(self, work=work)

    @property
    def is_ratio(self) -> bool:
        """Whether it is compared with something else."""
        return self.measure != "growth"

    def columns(self, *, fast: bool) -> dict[str, tuple[Work, str]]:
        """Return what has to be measured, by its name: work, and who does it.

        Args:
            fast: Whether our client with the extra `fast` is measured too, where that has a budget.
        """
        is_fast = fast and self.fast is not None
        floors = self.floors if is_fast else self.floors[:1]
        libraries = (*self.libraries, FAST) if is_fast else self.libraries
        columns = {library: (self.work, library) for library in (*libraries, *floors)}
        return {**columns, BASE_COLUMN: (self.base_work, OURS)} if self.base_work else columns


_FIRST_CALL = Work("cold", "first_call", processes=5)
_SYNC_CALL = Work("sync", "small_call", times=1000)
_ASYNC_CALL = replace(_SYNC_CALL, style="async")
# Nine chunks are whole frames of MP3.
_SYNC_STREAM = Work("sync", "stream", chunk=1 << 16, size=114 * 9, times=4)
_ASYNC_STREAM = replace(_SYNC_STREAM, style="async")
_CALLS_AT_ONCE = Work("async", "calls_at_once", size=400, is_shared=True)
_SESSION = Work("sync", "session", size=20_000, is_shared=True)
_TO_FILE = Work("sync", "save", chunk=1 << 16, size=456 * 9)

ROWS = (
    Row(
        "import",
        "`import lmnt` beside `import httpx`, in a new process.",
        Work("cold", "imports", processes=5),
        budget=0.10,
        libraries=AWAITING,
    ),
    Row(
        "import, client and first call",
        "A new process imports the library, makes a client and one small call.",
        _FIRST_CALL,
        budget=0.60,
        libraries=AWAITING,
    ),
    Row(
        "import, client and first call, TLS",
        "The same over TLS, so with the certificates loaded.",
        replace(_FIRST_CALL, over="https"),
        libraries=AWAITING,
    ),
    Row(
        "small call, sync",
        "`voices.retrieve`, 300 bytes of JSON, on a kept connection.",
        _SYNC_CALL,
        budget=0.65,
        fast=0.45,
        floors=(H11, LLHTTP),
    ),
    Row(
        "small call, async",
        "The same, awaited.",
        _ASYNC_CALL,
        budget=0.40,
        fast=0.25,
        libraries=AWAITING,
        floors=(H11, LLHTTP),
    ),
    Row(
        "first chunk, sync",
        "`speech.generate`, streamed, until its first chunk is here; the rest comes later and does not count.",
        Work("sync", "first_chunk", size=9, times=400),
        budget=0.65,
        fast=0.50,
    ),
    Row(
        "64 MiB stream, sync",
        "A stream of PCM in chunks of 64 KiB, the client's checks of the container on.",
        _SYNC_STREAM,
        budget=1.0,
        fast=0.60,
    ),
    Row(
        "64 MiB stream, async",
        "The same, awaited.",
        _ASYNC_STREAM,
        budget=0.45,
        fast=0.30,
        libraries=AWAITING,
    ),
    Row(
        "64 MiB stream of MP3, async",
        "The same as MP3 at 96 kbit/s, each of whose 233,000 frames is checked: an hour and a half of speech.",
        replace(_ASYNC_STREAM, format="mp3", times=1),
        libraries=AWAITING,
    ),
    Row(
        "64 MiB stream, TLS, sync",
        "The first of these over TLS.",
        replace(_SYNC_STREAM, over="https"),
    ),
    Row(
        "4 KiB chunks, async",
        "A stream of 8 MiB in chunks of 4 KiB, awaited.",
        replace(_ASYNC_STREAM, chunk=1 << 12, size=228 * 9, times=8),
        budget=0.55,
        fast=0.30,
        libraries=AWAITING,
    ),
    Row(
        "200 streams at once",
        "200 streams of 252 KiB in chunks of 4 KiB, awaited at once.",
        Work("async", "streams_at_once", size=200, times=2),
        budget=0.35,
        fast=0.25,
        libraries=AWAITING,
    ),
    Row(
        "400 calls at once, time",
        "400 small calls awaited at once, a connection for each allowed: how long it takes, not the CPU time.",
        _CALLS_AT_ONCE,
        budget=0.25,
        measure="wall",
        libraries=AWAITING,
    ),
    Row(
        "5,000 calls at once, beside 400",
        "What one of 5,000 takes, beside what one of 400 takes: 1 is linear. Both are our own client's.",
        replace(_CALLS_AT_ONCE, size=5000),
        budget=1.2,
        measure="wall",
        libraries=(OURS,),
        base_work=_CALLS_AT_ONCE,
    ),
    Row(
        "HTTP/2 small call, sync",
        "`voices.retrieve` over HTTP/2 and TLS, beside httpx over HTTP/2.",
        replace(_SYNC_CALL, over="h2", times=500),
        budget=1.0,
        libraries=(OURS, BASE, "httpx2"),
        floors=("httpx2",),
    ),
    Row(
        "HTTP/2 small call, async",
        "The same, awaited.",
        replace(_ASYNC_CALL, over="h2", times=500),
        budget=1.0,
        libraries=(OURS, BASE, "httpx2"),
        floors=("httpx2",),
    ),
    Row(
        "list of 1,000 voices",
        "`voices.list`, models of 1,000 voices, beside httpx and `json`, which leaves them dictionaries.",
        Work("sync", "voices", times=100),
        budget=1.5,
    ),
    Row(
        "session message, sync",
        "One of 20,000 binary messages of 4 KiB in a session, beside the library websockets alone.",
        _SESSION,
        budget=1.3,
        libraries=(OURS, "websockets"),
        base="websockets",
    ),
    Row(
        "session message, async",
        "The same, awaited.",
        replace(_SESSION, style="async"),
        budget=1.3,
        libraries=(OURS, "websockets", "official"),
        base="websockets",
    ),
    Row(
        "stream to a file",
        "`stream_to_file` of 256 MiB, with `--full` of 1 GiB, beside a loop that writes what httpx gives.",
        _TO_FILE,
        budget=1.0,
    ),
    Row(
        "stream to a file, growth of memory",
        "By how much the process grows meanwhile, in MB.",
        _TO_FILE,
        budget=5.0,
        measure="growth",
    ),
    Row(
        "peak memory, client and one call",
        "The most memory that a new process has which imports the library, makes a client and one small call.",
        _FIRST_CALL,
        budget=0.70,
        measure="peak",
        libraries=AWAITING,
    ),
)
