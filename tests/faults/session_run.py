"""Makes the rows of the table of sessions happen, and tells what the callers really got.

Every case has its own client, peer and thread; the cases of one row run side by side: most of what they do is wait.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lmnt

from ..client.modes import KEY, MODES, Sync
from ..client.session_peer import SessionPeer
from .places import Places
from .rows import Fails, Greets, Place, Protocol
from .run import OLD, WATCHDOG
from .session_table import AUDIO, SessionRow, Way, arguments

TEXT = "Good morning. "


@dataclass
class Got:
    """What one caller got."""

    error: BaseException | None = None
    audio: bytes = b""
    facts: dict[str, object] = field(default_factory=dict[str, object])
    attempts: int | None = None
    wrong: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Case:
    """A session, about to be used."""

    row: SessionRow
    mode: Sync
    session: Any
    acted: threading.Event
    got: Got

    def wait(self) -> None:
        """Wait until the peer has done what it does, if the row says so."""
        if self.row.waits:
            self.acted.wait(WATCHDOG)

    def take(self, event: Any) -> None:
        """Take down the audio of an event."""
        if isinstance(event, lmnt.SpeechSessionAudio):
            self.got.audio += event.audio

    def send(self, *, finish: bool) -> int:
        """Send a text and a flush, and perhaps `finish`; returns the number of the flush."""
        self.mode.run(self.session.send_text(TEXT))
        nonce: int = self.mode.run(self.session.send_flush())
        if finish:
            self.wait()
            self.mode.run(self.session.send_finish())
        return nonce


def _iterate(case: Case) -> None:
    case.send(finish=True)
    for event in case.mode.each(case.session):
        case.take(event)


def _flush(case: Case) -> None:
    nonce = case.send(finish=False)
    for event in case.mode.each(case.session):
        case.take(event)
        if event.type == "flush_complete" and event.nonce == nonce:
            break
    case.mode.run(case.session.send_finish())
    for event in case.mode.each(case.session):
        case.take(event)


def _to_file(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "speech")
        file.write_bytes(OLD)
        try:
            case.send(finish=True)
            case.mode.run(case.session.stream_audio_to_file(file))
            case.got.audio = file.read_bytes()
        except BaseException:
            if file.read_bytes() != OLD:
                case.got.wrong.append("an incomplete file stands at the final name")
            raise
        finally:
            if [path.name for path in Path(folder).iterdir()] != ["speech"]:
                case.got.wrong.append("something is left beside the file")


def _speak(case: Case) -> None:
    def texts() -> Iterator[str]:
        yield TEXT
        case.wait()

    async def atexts() -> AsyncIterator[str]:
        yield TEXT
        await asyncio.to_thread(case.wait)

    for chunk in case.mode.each(case.session.speak(texts() if case.mode.name == "sync" else atexts())):
        case.got.audio += chunk


USES: Mapping[Way, Callable[[Case], None]] = {
    Way.ITERATE: _iterate,
    Way.FLUSH: _flush,
    Way.FILE: _to_file,
    Way.SPEAK: _speak,
}


@dataclass(frozen=True)
class Ran:
    """A case that has been run: what it got, and every difference from what it should have got."""

    way: Way
    mode: str
    got: Got
    problems: tuple[str, ...]


def run(row: SessionRow, places: Places) -> list[Ran]:
    """Make a row happen, to each way in both modes."""
    chosen = [(way, mode, Got()) for way in row.ways for mode in MODES]
    threads = [
        threading.Thread(target=_run_case, args=(row, places, way, mode, got), daemon=True) for way, mode, got in chosen
    ]
    for thread in threads:
        thread.start()
    for thread, (_, _, got) in zip(threads, chosen, strict=True):
        thread.join(WATCHDOG)
        if thread.is_alive():
            got.wrong.append(f"still running after {WATCHDOG:.0f} s")
    return [Ran(way, mode, got, tuple(_problems(row, got))) for way, mode, got in chosen]


@contextmanager
def _site(row: SessionRow, places: Places) -> Iterator[tuple[str, threading.Event, Callable[[], int | None]]]:
    """Make ready what a session meets: its URL, what tells that the peer has acted, and what counts the attempts."""
    if isinstance(row.cause, Greets | Place):
        with places.site(row.cause, Protocol.TLS if row.cause is Place.UNTRUSTED else Protocol.HTTP1) as site:
            yield site.base_url, threading.Event(), lambda: site.attempts({}) if site.attempts else None
    else:
        with SessionPeer(row.cause).running() as peer:
            yield peer.base_url, peer.acted, lambda: len(peer.conversations)


def _run_case(row: SessionRow, places: Places, way: Way, mode_name: str, got: Got) -> None:
    mode = MODES[mode_name]()
    timeout = lmnt.Timeout(row.read_timeout, connect=row.connect_timeout)
    try:
        with _site(row, places) as (url, acted, attempts):
            client = mode.client(
                base_url=url, max_retries=1, timeout=timeout, ssl_context=places.options(Protocol.TLS)["ssl_context"]
            )
            session: Any = None
            try:
                session = mode.run(client.speech.sessions.create(**arguments(row)))
                USES[way](Case(row, mode, session, acted, got))
            except Exception as error:
                got.error = error
            if session is not None:
                _look_at(mode, session, got)
            got.attempts = attempts()
    except Exception:
        got.wrong.append(traceback.format_exc())
    finally:
        mode.close()


def _look_at(mode: Sync, session: Any, got: Got) -> None:
    """Take down what a session says of itself afterwards, and use it once more."""
    got.facts = {name: getattr(session, name) for name in ("complete", "request_id", "bytes_received")}
    for use in (lambda: mode.run(session.send_text("more")), lambda: list(mode.each(session))):
        try:
            use()
            again = None
        except lmnt.LmntError as error:
            again = error
        if got.error is not None and again is not got.error:
            got.wrong.append(f"after {got.error!r} another use gives {again!r}")
    mode.run(session.close())
    if KEY in repr(session):
        got.wrong.append("its repr tells the key")


def _problems(row: SessionRow, got: Got) -> Iterator[str]:
    yield from got.wrong
    if got.attempts not in (row.outcome.attempts, None):
        yield f"{got.attempts} attempts, not {row.outcome.attempts}"
    if isinstance(row.outcome, Fails):
        yield from _of_an_error(row, row.outcome, got)
        return
    if got.error is not None:
        yield "".join(traceback.format_exception(got.error))
    if got.audio != AUDIO:
        yield f"{len(got.audio)} bytes, not the right {len(AUDIO)}"
    if got.facts != {"complete": True, "request_id": row.id, "bytes_received": len(AUDIO)}:
        yield f"the session says {got.facts}"


def _of_an_error(row: SessionRow, expected: Fails, got: Got) -> Iterator[str]:
    error = got.error
    if not isinstance(error, lmnt.LmntError) or type(error).__name__ != expected.error:
        yield "no error" if error is None else "".join(traceback.format_exception(error))
        return
    text = str(error)
    request_id = getattr(error, "request_id", None)
    if request_id != row.id or (row.id and not text.endswith(f"(request {row.id})")):
        yield f"request_id is {request_id}: {text}"
    if expected.says not in text or KEY in text + repr(error):
        yield f"its text: {text}"
    if got.facts.get("complete", False):
        yield "the session says it is complete"
    for name, value in expected.facts.items():
        if getattr(error, name, ...) != value:
            yield f"{name} is {getattr(error, name, ...)!r}, not {value!r}"
    if expected.received is not None:
        if getattr(error, "bytes_received", None) != expected.received:
            yield f"bytes_received is {getattr(error, 'bytes_received', None)}, not {expected.received}"
        if got.audio not in (b"", AUDIO[: expected.received]):
            yield f"{len(got.audio)} bytes were handed out, not the first {expected.received}"
