"""Where the API is: several servers, their variables, relative ones, and those of a path or an operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from generator.description import Description
from generator.report import Report
from generator.servers import Servers

from .echo import Caller, Echo, made

pytestmark = pytest.mark.once(rows=True)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Report]:
    return made("places", tmp_path_factory.mktemp("places"))


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest, places: tuple[Any, Report], echo: Echo) -> Caller:
    return Caller(places[0], echo, awaits=request.param)


# What the client is given beside the port, the operation, and what arrives. URL stands for that of the server.
CALLED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "usual", "/v1/a"),
    ({"version": "v2"}, "usual", "/v2/a"),
    ({"server": 0}, "usual", "/v1/a"),
    ({"server": "near", "version": "v2"}, "usual", "/v2/a"),
    ({"server": 1}, "usual", "/test/a"),
    ({"server": "For tests"}, "usual", "/test/a"),
    ({"server": 2, "base_url": "URL/api"}, "usual", "/below/a"),
    ({}, "of_path", "/paths/b"),
    ({"server": 1}, "of_path", "/paths/b"),
    ({}, "of_operation", "/operations/b"),
    ({}, "relative", "/elsewhere/c"),
]


@pytest.mark.parametrize(("options", "name", "target"), CALLED)
def test_an_operation_is_called_where_it_is(options: dict[str, Any], name: str, target: str, caller: Caller) -> None:
    port = caller.echo.url.rpartition(":")[2]
    if "base_url" in options:
        options = {**options, "base_url": options["base_url"].replace("URL", caller.echo.url)}
    given = {"base_url": None, **({} if "base_url" in options else {"port": port}), **options}
    caller.call(f"place.{name}", options=given)
    assert caller.echo.seen[0].target == target


@pytest.mark.parametrize("name", ["usual", "of_path", "of_operation", "relative"])
@pytest.mark.parametrize("way", ["argument", "environment", "with_options"])
def test_a_base_url_is_where_all_operations_are(
    name: str, way: str, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{caller.echo.url}/all"
    if way == "environment":
        monkeypatch.setenv("PLACES_BASE_URL", url)
    client = caller.client(base_url=url if way == "argument" else None)
    caller.of(client.with_options(base_url=url) if way == "with_options" else client, f"place.{name}")
    assert caller.echo.seen[0].target.startswith("/all/")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"server": 9}, "server must be one of 0 'near', 1 'For tests', 2, 3; got 9"),
    ({"server": -1}, "got -1"),
    ({"server": True}, "got True"),
    ({"server": "far"}, "got 'far'"),
    ({"version": "v3"}, "version must be one of 'v1', 'v2'; got 'v3'"),
    ({"port": 80}, "port must be a text"),
    ({"port": "80/?x=#"}, "port must be a text"),
    ({"server": 3}, "there is no tenant: pass tenant=… or base_url=…"),
    ({"server": 1, "version": "v1"}, "version: nothing of http://localhost:{port}/test is called so"),
    ({"server": 2}, "/below is below another place: say that with base_url=…"),
    ({"server": 1, "base_url": "http://localhost"}, "exclude each other"),
    ({"version": "v1", "base_url": "http://localhost"}, "exclude each other"),
]


@pytest.mark.parametrize(("options", "told"), REFUSED)
def test_a_place_that_is_none_is_refused(options: dict[str, Any], told: str, caller: Caller) -> None:
    with pytest.raises(caller.package.InvalidArgumentError) as raised:
        caller.client(**{"base_url": None, **options})
    assert told in str(raised.value)


def test_several_servers_of_one_operation_are_told(places: tuple[Any, Report]) -> None:
    assert [each.pointer for each in places[1].told] == ["/paths/~1b/put/servers/1"]
    assert places[1].left_out == []


def test_one_server_and_no_variable_need_no_argument(places: tuple[Any, Report]) -> None:
    import inspect

    import lmnt

    assert {"server", "port", "version", "tenant"} <= inspect.signature(places[0].Places).parameters.keys()
    assert "server" not in inspect.signature(lmnt.Lmnt).parameters


def test_without_servers_the_place_is_that_of_most_operations() -> None:
    def at(*urls: str) -> dict[str, Any]:
        said: dict[str, Any] = {"servers": [{"url": url} for url in urls]} if urls else {}
        return {"get": {"responses": {}, **said}}

    paths = {"/a": at("https://a.example.com"), "/b": at("https://b.example.com"), "/c": at("https://b.example.com")}
    document: dict[str, Any] = {"paths": paths}
    servers = Servers(Description(document, Report(), {}), [])
    assert servers.base_url == "https://b.example.com"
    described = Description(document, Report(), {}).operations
    assert [servers.of(each) for each in described] == ["https://a.example.com", "", ""]
