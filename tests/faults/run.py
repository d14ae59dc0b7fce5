"""Makes the rows of the table happen and tells what the callers really got.

Every case has its own client, its own peer or key, and its own thread; the cases of one row over one protocol run side
by side, since most of what they do is wait.
"""

from __future__ import annotations

import re
import secrets
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx

import lmnt

from ..client.modes import KEY, MODES, Sync
from ..descriptions.packages import made
from .bodies import ITEMS, PATHS, TEXT, speech, whole
from .places import FAULT, Places, Site
from .rows import ALL, Fails, Kind, Outcome, Protocol, Row, Succeeds

WATCHDOG = 30.0
"""Seconds after which a case counts as hung; every timeout of its client is far below."""

OLD = b"what was there before"


@dataclass
class Got:
    """What one caller got."""

    error: BaseException | None = None
    received: bytes | None = None
    """What was handed out, as far as the caller can see it."""
    items: list[int] | None = None
    """The numbers of the items that were handed out."""
    facts: dict[str, object] = field(default_factory=dict[str, object])
    """Of the result: complete, bytes_received, request_id."""
    attempts: int | None = None
    site: Site | None = None
    warnings: int = 0
    """Warnings of a stream that cannot be verified."""
    wrong: list[str] = field(default_factory=list[str])
    """What was seen on the side and should not be."""


@dataclass(frozen=True)
class Case:
    """A call in one mode, in the middle of being made."""

    row: Row
    mode: Sync
    client: Any
    headers: Mapping[str, str]
    got: Got

    @property
    def speech(self) -> dict[str, Any]:
        """The arguments of calls for speech."""
        return {"text": TEXT, "voice": "leah", "format": self.row.format, "extra_headers": self.headers}

    def note(self, result: Any) -> None:
        """Take down what a result says of itself."""
        for name in ("complete", "bytes_received", "request_id"):
            if hasattr(result, name):
                self.got.facts[name] = getattr(result, name)


def _generate(case: Case) -> None:
    result = case.mode.run(case.client.speech.generate(**case.speech))
    case.note(result)
    case.got.received = case.mode.run(result.read())


def _stream(case: Case) -> None:
    with case.mode.entered(case.client.speech.with_streaming_response.generate(**case.speech)) as streamed:
        case.got.received = b""
        try:
            for chunk in case.mode.each(streamed.iter_bytes()):
                case.got.received += chunk
        except lmnt.APIStreamError as error:
            if streamed.complete is not False:
                case.got.wrong.append(f"complete is {streamed.complete} after an error")
            if streamed.request_id != error.request_id:
                case.got.wrong.append("the error has another request id than the response")
            raise
        case.note(streamed)


def _to_file(before: bytes | None, case: Case) -> None:
    """Stream to a file that holds something before, or is not there; see that nothing else is left than should be."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech"
        if before is not None:
            file.write_bytes(before)
        try:
            with case.mode.entered(case.client.speech.with_streaming_response.generate(**case.speech)) as streamed:
                case.mode.run(streamed.stream_to_file(file))
                case.note(streamed)
            case.got.received = file.read_bytes()
        finally:
            there = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
            right = before if case.got.received is None else case.got.received
            if there != ({} if right is None else {file.name: right}):
                case.got.wrong.append(f"files left: { {name: len(content) for name, content in there.items()} }")


def _retrieve(case: Case) -> None:
    case.note(case.mode.run(case.client.voices.retrieve("leah", extra_headers=case.headers)))


def _detailed(case: Case) -> None:
    call = case.client.speech.generate_detailed
    case.note(case.mode.run(call(text=TEXT, voice="leah", extra_headers=case.headers)))


def _create(case: Case) -> None:
    file = ("recording.wav", b"RIFF" + bytes(400))
    case.note(case.mode.run(case.client.voices.create(name="mine", file=file, extra_headers=case.headers)))


def _delete(case: Case) -> None:
    case.note(case.mode.run(case.client.voices.delete("mine", extra_headers=case.headers)))


def _take(case: Case, stream: Any) -> None:
    """Take the items of a stream, and see that what ended it stays its end."""
    case.got.items = []
    try:
        for item in case.mode.each(stream):
            value = item.data if type(item).__name__ == "UnknownEvent" else item.to_dict()
            case.got.items.append(int(next(value[name] for name in ("tokens", "count", "text") if name in value)))
    except Exception as error:
        if stream.complete is not False or stream.request_id != getattr(error, "request_id", None):
            case.got.wrong.append(f"after an error the stream says {stream.complete}, {stream.request_id}")
        with suppress(type(error)):
            case.got.wrong.append(f"after an error there is {next(case.mode.each(stream), 'an end')}")
        raise
    case.note(stream)


def _events(case: Case) -> None:
    _take(case, case.mode.run(case.client.answers.create(question="why?", stream=True)))


def _lines(case: Case) -> None:
    _take(case, case.mode.run(case.client.answers.pull(name="a", stream=True)))


class Call(NamedTuple):
    """A way to call: what gets what it gets, how it is made, and the request that it is on the wire."""

    name: str
    kind: Kind
    make: Callable[[Case], None]
    method: str
    path: str
    package: Callable[[], Any] = lambda: lmnt


_BYTES = "/v1/ai/speech/bytes"
CALLS = (
    Call("generate", Kind.SPEECH, _generate, "POST", _BYTES),
    Call("stream", Kind.SPEECH, _stream, "POST", _BYTES),
    Call("to file", Kind.SPEECH, partial(_to_file, None), "POST", _BYTES),
    Call("over a file", Kind.SPEECH, partial(_to_file, OLD), "POST", _BYTES),
    Call("retrieve", Kind.JSON, _retrieve, "GET", "/v1/ai/voice/leah"),
    Call("detailed", Kind.JSON, _detailed, "POST", "/v1/ai/speech"),
    Call("create", Kind.UPLOAD, _create, "POST", "/v1/ai/voice"),
    Call("delete", Kind.UPLOAD, _delete, "DELETE", "/v1/ai/voice/mine"),
    Call("events", Kind.EVENTS, _events, "POST", PATHS["events"], partial(made, "assistant")),
    Call("lines", Kind.LINES, _lines, "POST", PATHS["lines"], partial(made, "assistant")),
)


@dataclass(frozen=True)
class Ran:
    """A case that has been run: what it should have got, what it got, and every difference of the two."""

    call: Call
    mode: str
    expected: Outcome
    got: Got
    problems: tuple[str, ...]


ONE_OF_A_KIND = tuple(call for call in CALLS if call.name in ("stream", "retrieve", "create", "events", "lines"))


def run(row: Row, protocol: Protocol, places: Places, calls: Sequence[Call] = CALLS) -> list[Ran]:
    """Make a row happen over a protocol, to these calls in both modes."""
    chosen = [
        (call, mode, expected)
        for call in calls
        if (expected := row.expected(call.kind, protocol)) is not None and call.name not in row.without
        for mode in MODES
    ]
    for call, *_ in chosen:
        call.package()  # which is made by one thread
    gots = [Got() for _ in chosen]
    by_thread: dict[int | None, Got] = {}

    def note(_: Warning | str, category: type[Warning], *__: Any) -> None:
        if category.__name__ == "UnverifiedStreamWarning":
            by_thread[threading.get_ident()].warnings += 1

    with warnings.catch_warnings(), _item_size(row.longest_item):
        warnings.simplefilter("always")
        warnings.showwarning = note
        threads = [
            threading.Thread(target=_run_case, args=(row, protocol, places, call, mode, got, by_thread), daemon=True)
            for (call, mode, _), got in zip(chosen, gots, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread, got in zip(threads, gots, strict=True):
            thread.join(WATCHDOG)
            if thread.is_alive():
                got.wrong.append(f"still running after {WATCHDOG:.0f} s")
    return [
        Ran(call, mode, expected, got, tuple(_problems(row, call, expected, got)))
        for (call, mode, expected), got in zip(chosen, gots, strict=True)
    ]


@contextmanager
def _item_size(most: int | None) -> Iterator[None]:
    """Let no item be longer than this, if it is said, for as long as the block lasts."""
    if most is None:
        yield
        return
    usual, kinds = made("assistant").Stream.max_item_size, (made("assistant").Stream, made("assistant").AsyncStream)
    for kind in kinds:
        kind.max_item_size = most
    yield
    for kind in kinds:
        kind.max_item_size = usual


def _run_case(
    row: Row,
    protocol: Protocol,
    places: Places,
    call: Call,
    mode_name: str,
    got: Got,
    by_thread: dict[int | None, Got],
) -> None:
    by_thread[threading.get_ident()] = got
    key = f"{KEY}-{secrets.token_hex(8)}"
    mode = MODES[mode_name]()
    if call.kind in (Kind.EVENTS, Kind.LINES):
        mode.kind = getattr(call.package(), "Assistant" if mode_name == "sync" else "AsyncAssistant")
    try:
        with places.site(row.cause, protocol) as site:
            got.site = site
            client = mode.client(
                api_key=key,
                base_url=site.base_url,
                max_retries=1,
                timeout=httpx.Timeout(10.0, read=row.read_timeout, connect=row.connect_timeout),
                strict=row.strict,
                **places.options(protocol),
            )
            try:
                call.make(Case(row, mode, client, site.headers, got))
            except Exception as error:
                got.error = error
            counts = _call_again(mode, client, protocol, got) if site.answers else {}
            got.attempts = _tried(got.error) if site.attempts is None else site.attempts(counts)
    except Exception:
        got.wrong.append(traceback.format_exc())
    finally:
        mode.close()


def _tried(error: BaseException | None) -> int:
    """Return the number of attempts that an error tells of: nobody else can."""
    told = re.search(r"tried (\d+) times", " ".join(getattr(error, "__notes__", ())))
    return int(told[1]) if told else 1


def _call_again(mode: Sync, client: Any, protocol: Protocol, got: Got) -> dict[str, int]:
    """Use the client once more, with no second attempt to hide behind: a spoilt connection would show.

    Returns what the local server answers to that: how often it was asked for each fault with this client's key.
    """
    try:
        call = client.with_options(max_retries=0).accounts.with_raw_response.retrieve
        response = mode.run(call(extra_headers={FAULT: "count"}))
        if response.http_version != protocol.value.partition(" ")[0]:
            got.wrong.append(f"the protocol was {response.http_version}")
        counts: dict[str, int] = mode.run(response.json())
    except Exception as error:
        got.wrong.append(f"the next call failed: {type(error).__name__}: {error}")
        return {}
    return counts


def _whole_items(call: Call, count: int) -> int:
    """Return how many items are whole in the first bytes of a stream."""
    return whole(call.method, call.path).content[:count].count(b"\n\n" if call.kind is Kind.EVENTS else b"\n")


def _problems(row: Row, call: Call, expected: Outcome, got: Got) -> Iterator[str]:
    yield from got.wrong
    if got.attempts != expected.attempts:
        yield f"{got.attempts} attempts, not {expected.attempts}"
    yield from (_of_a_success if isinstance(expected, Succeeds) else _of_an_error)(row, call, expected, got)


def _of_a_success(row: Row, call: Call, expected: Succeeds, got: Got) -> Iterator[str]:
    if got.error is not None:
        yield f"{type(got.error).__name__}: {got.error}"
        return
    request_id = got.facts.get("request_id")
    if got.site is None or not got.site.request_id.fullmatch(str(request_id)):
        yield f"request_id is {request_id}"
    if got.warnings != (expected.complete is None):
        yield f"{got.warnings} warnings"
    if got.items is not None:
        content = whole(call.method, call.path).content
        if got.items != [*range(1, ITEMS + 1)]:
            yield f"the items are {got.items}"
    elif call.kind is Kind.SPEECH:
        content = speech(row.format) if expected.received == ALL else speech(row.format)[: expected.received]
        if got.received != content:
            yield f"{len(got.received or b'')} bytes, not the right {len(content)}"
    else:
        return
    size = got.facts.get("bytes_received") if expected.received is None else len(content)
    for name, value in (("complete", expected.complete), ("bytes_received", size)):
        if got.facts.get(name) != value:
            yield f"{name} is {got.facts.get(name)}, not {value}"


def _of_an_error(row: Row, call: Call, expected: Fails, got: Got) -> Iterator[str]:
    error = got.error
    if error is None:
        yield "no error"
        return
    package = call.package()
    if not isinstance(error, package.errors.Error) or type(error).__name__ != expected.error:
        yield f"{type(error).__name__}: {error}"
        return
    text = str(error)
    request_id = getattr(error, "request_id", None)
    if not expected.has_id:
        if request_id is not None:
            yield f"request_id is {request_id}"
    elif got.site is None or not got.site.request_id.fullmatch(str(request_id)):
        yield f"request_id is {request_id}"
    elif not text.endswith(f"(request {request_id})"):
        yield f"its text does not end with the request id: {text}"
    if expected.says not in text:
        yield f"its text does not say {expected.says!r}: {text[:300]}"
    if KEY in text + repr(error):
        yield "it tells the key"
    if got.warnings != expected.warns:
        yield f"{got.warnings} warnings"
    for name, value in expected.facts.items():
        if getattr(error, name, ...) != value:
            yield f"{name} is {getattr(error, name, ...)!r}, not {value!r}"
    if isinstance(error, package.APIStreamError):
        if error.headers.get("request-id") != request_id:
            yield f"its headers are not those of the response: {error.headers}"
        if not error.reason:
            yield "it has no reason"
        if call.kind is Kind.SPEECH and error.retry_safe is not None:
            yield f"retry_safe of paid speech is {error.retry_safe}"
    count = 0
    if expected.received is not None:
        content = speech(row.format) if call.kind is Kind.SPEECH else whole(call.method, call.path).content
        count = len(content) if expected.received == ALL else expected.received
        if getattr(error, "bytes_received", None) != count:
            yield f"bytes_received is {getattr(error, 'bytes_received', None)}, not {count}"
        if f"after {count} bytes" not in text:
            yield f"its text does not say how much came: {text}"
        if got.received is not None and got.received != content[:count]:
            yield f"{len(got.received)} bytes were handed out, not the first {count}"
    if got.items is not None:
        items = _whole_items(call, count) if expected.items is None else expected.items
        if got.items != [*range(1, items + 1)]:
            yield f"the items handed out are {got.items}, not the first {items}"
