"""What frameworks typically write of themselves becomes clients that send and read what is meant."""

from __future__ import annotations

import asyncio
import copy
import json
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from generator.description import load
from generator.making import add_overlays, tidy
from generator.reading import Reader
from generator.rendering import Package
from generator.report import Report
from generator.settings import Settings

pytestmark = pytest.mark.once(rows=True)

FRAMEWORKS = load(Path(__file__).with_name("traits.yaml"))
CALLS = [(name, call) for name, row in FRAMEWORKS.items() for call in row["calls"]]

Packages = dict[str, tuple[Package, Report, Any]]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    folder = tmp_path_factory.mktemp("traits")
    made: dict[str, tuple[Package, Report]] = {}
    for name, row in FRAMEWORKS.items():
        package, report, path = name.replace("-", "_"), Report(), folder / f"{name}.json"
        path.write_text(json.dumps(row["description"]), encoding="utf-8")
        document = Reader(copy.deepcopy(row["description"]), path, report).document()
        made[name] = Package(Settings.read(path, package, folder), document, folder / package, report), report
        made[name][0].build()
    tidy(folder)
    for each, _ in made.values():
        add_overlays(each.settings, folder)
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.syspath_prepend(folder)
    found = {name: (each, report, import_module(name.replace("-", "_"))) for name, (each, report) in made.items()}
    monkeypatch.undo()
    return found


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_nothing_is_left_out_and_what_is_told_is_known(name: str, packages: Packages) -> None:
    _, report, _ = packages[name]
    assert report.left_out == []
    known = FRAMEWORKS[name].get("told", [])
    for each in report.told:
        assert [words for words in known if words in str(each)], str(each)


@pytest.mark.parametrize("awaits", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{name} {call}" for name, call in CALLS])
def test_what_is_meant_is_sent_and_read(name: str, call: str, packages: Packages, *, awaits: bool) -> None:
    row = FRAMEWORKS[name]["calls"][call]
    package, _, module = packages[name]
    arguments = {key: _given(value) for key, value in row.get("arguments", {}).items()}
    request, found = _called(package, module, call, arguments, row["answer"], awaits=awaits)
    if "target" in row:
        assert request.url.raw_path.decode() == row["target"]
    if "body" in row:
        assert json.loads(request.content) == row["body"]
    assert _plain(found) == row["answer"]
    assert type(found[0] if isinstance(found, list) else found).__name__ == row["class"]


def _given(value: Any) -> Any:
    """Return an argument; a text may say of which type it is."""
    kind, _, text = value.partition(":") if isinstance(value, str) else ("", "", "")
    return {"decimal": Decimal, "bytes": str.encode}[kind](text) if kind in ("decimal", "bytes") else value


def _plain(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return json.loads(value.to_json())
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return "aGVsbG8=" if value == b"hello" else value


def _called(
    package: Package, module: Any, call: str, arguments: dict[str, Any], answer: Any, *, awaits: bool
) -> tuple[httpx.Request, Any]:
    """Call an operation; return what arrived, and what came of it."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=answer)

    async def handle_async(request: httpx.Request) -> httpx.Response:
        await request.aread()
        return handle(request)

    resource, method = call.split(".")
    options: dict[str, Any] = {"base_url": "http://localhost", "max_retries": 0, **_key(package)}

    async def run() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handle_async)) as http:
            client = getattr(module, f"Async{package.settings.client}")(http_client=http, **options)
            return await getattr(getattr(client, resource), method)(**arguments)

    if awaits:
        found = asyncio.run(run())
        return seen[0], found
    with httpx.Client(transport=httpx.MockTransport(handle)) as http:
        client = getattr(module, package.settings.client)(http_client=http, **options)
        found = getattr(getattr(client, resource), method)(**arguments)
    return seen[0], found


def _key(package: Package) -> dict[str, Any]:
    return {"api_key": "a:b"} if "securitySchemes" in package.description.document["components"] else {}
