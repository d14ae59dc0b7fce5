"""Clients of services that stream, and a server in a process of its own that answers as they do.

One service is written with FastAPI. The others have descriptions that other people published, in
`../shared/descriptions`; how their streams end, the overlay documents in `examples/overlays` say.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from generator.calls import Call
from generator.settings import ROOT

from ..descriptions.test_real import FOLDER, NO_FOLDER, entries
from ..real.described import same
from ..real.driving import plain
from . import app
from .streams import Got, Service, read, written

pytestmark = pytest.mark.once(rows=True)

OVERLAYS = ROOT / "examples" / "overlays"
OTHERS = {
    "cartesia": ("cartesia", 2),
    "heyapi-opencode-sse": ("opencode", 2),
    "hf-tgi": ("text-generation-inference", 4),
    "ollama": ("ollama", 5),
    "openai": ("openai", 7),
}
"""The overlay document of each description, and how many operations of it stream."""

QUICK = {"cartesia", "hf-tgi", "ollama"}
"""Those that a run of all tests takes; `--real` takes each."""


ARGUMENTS = {"/images/edits": {"prompt": "A hat.", "images": [{}], "stream": True}}
"""What is given to operations for whose bodies no sample is found, by path."""


class Server:
    """The server, and the folder of what it is to answer."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(self.port)]
        environment = {**os.environ, app.SCRIPTS: str(folder)}
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [*command, f"{app.__name__}:app"], cwd=ROOT, stdout=log, stderr=log, env=environment
            )

    def wait(self) -> None:
        """Wait until it listens."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, (self._folder / "log").read_text()
            time.sleep(0.02)
        raise AssertionError(f"nothing listens at {self.base_url}")

    def answers(self, name: str, call: Call, pieces: Sequence[bytes]) -> dict[str, str]:
        """Have it answer with this; returns the headers that ask for it."""
        assert call.series is not None
        (self._folder / name).write_bytes(call.series.media_type.encode() + b"\n" + b"".join(pieces))
        return {"x-script": name}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(tmp_path_factory.mktemp("server"))
    try:
        yield found
    finally:
        found.process.terminate()
        found.process.wait(20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    found = tmp_path_factory.mktemp("clients")
    sys.path.insert(0, str(found))
    yield found
    sys.path.remove(str(found))


class Stream:
    """One stream of a service: what is sent, and what of it a client must get."""

    def __init__(self, server: Server, service: Service, call: Call, pieces: Sequence[bytes], values: Sequence[Any]):
        self.server = server
        self.service = service
        self.call = call
        self.pieces = pieces
        self.values = values
        self.arguments = ARGUMENTS.get(call.operation.path) or service.arguments(call)

    def read(self, headers: dict[str, str], *, awaits: bool) -> Got:
        client = self.service.client(self.server.base_url, awaits=awaits)
        return read(client, self.call, self.arguments, headers, awaits=awaits)

    def problems(self, headers: dict[str, str], failing: dict[str, str] | None) -> Iterator[str]:
        """Yield what is wrong with what a client gets of it, read whole, cut off in each place, and with an error."""
        assert self.call.series is not None
        ends = [*accumulate(map(len, self.pieces))]
        places = {
            "between two items": ends[0],
            "in an item": ends[0] + len(self.pieces[1]) // 2,
            "before the end": ends[-2],
        }
        for awaits in (False, True):
            mode = f"{self.call.id}, {'async' if awaits else 'sync'}"
            whole = self.read(headers, awaits=awaits)
            complete = {"never": None, "": None}.get(self.call.series.end, True)
            if whole.error is not None or whole.facts != (complete, app.REQUEST_ID):
                yield f"{mode}, whole: {whole.error!r}, {whole.facts}"
            yield from (f"{mode}, whole: {each}" for each in self._differing(whole, len(self.values)))
            for place, size in places.items():
                for how in ("", " end"):
                    got = self.read({**headers, "x-cut": f"{size}{how}"}, awaits=awaits)
                    yield from (
                        f"{mode}, {place}{how}: {each}"
                        for each in (
                            *self._differing(got, min(sum(end <= size for end in ends), len(self.values))),
                            *self._wrong(got, is_end=how != "" and self.call.series.end != "mark" and size in ends),
                        )
                    )
            if failing is not None:
                got = self.read(failing, awaits=awaits)
                yield from (f"{mode}, error: {each}" for each in (*self._differing(got, 1), *self._unstated(got)))

    def _differing(self, got: Got, count: int) -> Iterator[str]:
        """Yield how the items are not the first of those that were sent, each as its own type."""
        for item in got.items:
            if type(item).__module__.partition(".models")[0] != self.service.module.__name__:
                yield f"an item is {type(item)}"
        found, sent = [plain(each) for each in got.items], self.values[:count]
        # What an application on FastAPI sends has the defaults of its models, too.
        if len(found) != count or not all(same(one, {**one, **other}) for one, other in zip(found, sent, strict=True)):
            yield f"got {str(found)[:300]}, and {str(sent)[:300]} was sent"

    def _wrong(self, got: Got, *, is_end: bool) -> Iterator[str]:
        kinds = (self.service.module.StreamTruncatedError, self.service.module.StreamResetError)
        if is_end:
            if got.error is not None or got.facts is None or got.facts[0] is False:
                yield f"{got.error!r}, {got.facts}"
        elif not isinstance(got.error, kinds):
            yield f"{got.error!r} is no error of a stream that was cut"
        elif got.error.request_id != app.REQUEST_ID or got.facts != (False, app.REQUEST_ID):
            yield f"{got.error.request_id}, {got.facts}"

    def _unstated(self, got: Got) -> Iterator[str]:
        if not isinstance(got.error, self.service.module.APIStatusError) or got.error.request_id != app.REQUEST_ID:
            yield f"{got.error!r} is no error that the service states"


def test_a_service_on_fastapi(server: Server, folder: Path) -> None:
    (folder / "news_service.json").write_text(json.dumps(app.api.openapi()))
    service = Service(folder / "news_service.json", [], folder, "news_service")
    server.wait()
    assert {call.operation.path for call in service.calls} == app.ITEMS.keys()
    problems: list[str] = []
    for call in service.calls:
        values = app.ITEMS[call.operation.path]
        pieces = service.sent(call, server.base_url)
        failing = {"x-fail": "1"} if call.operation.path in app.ERRORS else None
        problems += Stream(server, service, call, pieces, values).problems({}, failing)
    assert problems == []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "other" in metafunc.fixturenames:
        missing = pytest.param("", marks=pytest.mark.skip(reason=NO_FOLDER))
        chosen = [name for name in OTHERS if metafunc.config.getoption("--real") or name in QUICK]
        metafunc.parametrize("other", chosen if FOLDER.is_dir() else [missing])


def test_the_services_of_others(other: str, server: Server, folder: Path) -> None:
    overlay, count = OTHERS[other]
    service = Service(
        entries()[other][0], [OVERLAYS / f"{overlay}.yaml"], folder, f"service_{overlay.replace('-', '_')}"
    )
    server.wait()
    assert len(service.calls) == count
    problems: list[str] = []
    for call in service.calls:
        items, wrong = service.items(call)
        pieces = written(call, items)
        headers = server.answers(f"{overlay}-{call.id}", call, pieces)
        name = f"{overlay}-{call.id}-wrong"
        failing = server.answers(name, call, [pieces[0], *written(call, wrong)]) if wrong else None
        problems += Stream(server, service, call, pieces, [each.value for each in items]).problems(headers, failing)
    assert problems == []


def test_each_overlay_document_is_tried() -> None:
    assert {path.stem for path in OVERLAYS.iterdir()} == {overlay for overlay, _ in OTHERS.values()}
