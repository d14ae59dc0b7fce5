"""Any reasonable change of openapi/lmnt.yaml gives a package that can be imported, is typed, and calls what changed."""

from __future__ import annotations

import asyncio
import importlib
import io
import random
import re
import shutil
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.descriptions.mock import Mock, key_of
from tests.descriptions.packages import Variants, document, make_all, texts
from tests.descriptions.test_descriptions import ROWS

from .checking import check_types, prepare
from .mutations import MUTATIONS, Mutation, fit, mutated

PAIRS = 12


def chosen() -> dict[str, list[str]]:
    """Return the packages to make: the names of the mutations of each, one by one and in random pairs."""
    found = {f"m{index:02}": [name] for index, name in enumerate(MUTATIONS)}
    names, choice = list(MUTATIONS), random.Random(20261122)
    while len(found) < len(MUTATIONS) + PAIRS:
        pair = choice.sample(names, 2)
        if fit(*(MUTATIONS[name] for name in pair)):
            found[f"p{len(found):02}"] = pair
    return found


CHOSEN = chosen()
DOCUMENT = document("lmnt")
CONTEXT = ssl.create_default_context()


Call = tuple[str, tuple[Any, ...], dict[str, Any]]


def user_code(package: str, client: str, calls: list[Call]) -> str:
    """Return what an application would write to make some calls."""
    lines = ["import datetime", "from uuid import UUID", f"from {package}.client import Async{client}, {client}"]
    for path, args, kwargs in calls:
        arguments = [*map(shown, args), *(f"{key}={shown(value)}" for key, value in kwargs.items())]
        resource, method = path.split(".")
        call = f"{method}({', '.join(arguments)})"
        lines += [f"async def use_{len(lines)}(client: {client}, waiting: Async{client}) -> None:"]
        lines += [f"    client.{resource}.{call}", f"    client.{resource}.with_raw_response.{call}.read()"]
        lines += [f"    with client.{resource}.with_streaming_response.{call} as response: response.read()"]
        lines += [f"    await waiting.{resource}.{call}", f"    await waiting.{resource}.with_raw_response.{call}"]
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """Return a value as code; what a file holds is of no interest."""
    match value:
        case bytes() | io.BytesIO():
            return "b''"
        case dict():
            return "{" + ", ".join(f"{key!r}: {shown(each)}" for key, each in value.items()) + "}"
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case tuple():
            return f"({', '.join(map(shown, value))},)"
        case _:
            return repr(value)


def call(package: Any, server: Mock, mutation: Mutation, *, awaits: bool) -> str:
    """Make the call of a mutation; return what is wrong, or nothing."""
    resource, method = mutation.call.split(".")
    server.seen.clear()
    server.statuses.extend(mutation.statuses)
    kind = package.AsyncLmnt if awaits else package.Lmnt
    client = kind(**key_of(server.document), base_url=server.url, max_retries=0, ssl_context=CONTEXT)

    def outcome() -> Any:
        return getattr(getattr(client, resource), method)(*mutation.args, **mutation.kwargs)

    async def run() -> Any:
        async with client:
            return await outcome()

    try:
        result = asyncio.run(run()) if awaits else outcome()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if not awaits:
        client.close()
    (seen,) = server.seen
    found = {key: getattr(seen, key) for key in mutation.seen}
    if "headers" in found:
        found["headers"] = {key: found["headers"].get(key) for key in mutation.seen["headers"]}
    if seen.problems or found != mutation.seen:
        return f"seen: {seen.problems or found}"
    return "" if mutation.result(result) else f"result: {result!r}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Variants]:
    folder = tmp_path_factory.mktemp("mutations")
    documents = {package: mutated(DOCUMENT, *(MUTATIONS[name] for name in names)) for package, names in CHOSEN.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        variants = Variants(documents, folder)
        patch.setattr(sys, "meta_path", [variants, *sys.meta_path])
        yield variants


def test_there_are_enough_of_them() -> None:
    assert len(MUTATIONS) >= 40
    assert sum(len(names) == 2 for names in CHOSEN.values()) == PAIRS


@pytest.mark.usefixtures("made")
def test_each_calls_what_changed() -> None:
    wrong: dict[str, str] = {}
    for name, names in CHOSEN.items():
        described = mutated(DOCUMENT, *(MUTATIONS[each] for each in names))
        package = importlib.import_module(name)
        with Mock(described) as server:
            for each in names:
                for awaits in (False, True):
                    if problem := call(package, server, MUTATIONS[each], awaits=awaits):
                        wrong[f"{each} ({' and '.join(names)}, {'async' if awaits else 'sync'})"] = problem
    assert wrong == {}


@pytest.mark.once(first=True)
def test_each_is_typed(made: Variants, tmp_path: Path) -> None:
    """Check the packages of the mutations and of tests/descriptions, and a program that makes each of the calls."""
    uses: dict[str, tuple[str, list[Call]]] = {}
    for name, names in CHOSEN.items():
        mutations = [MUTATIONS[each] for each in names]
        uses[name] = ("Lmnt", [(each.call, each.args, each.kwargs) for each in mutations])
    described = dict.fromkeys(row[0] for row in ROWS)
    make_all({name: document(name) for name in described}, tmp_path)
    for name in described:
        uses[name] = (name.capitalize(), [row[1:4] for row in ROWS if row[0] == name])
    check = tmp_path / "check"
    for name, (client, calls) in uses.items():
        prepare(name, made.modules(name) if name in CHOSEN else texts(tmp_path / name), check)
        (check / f"use_{name}.py").write_text(user_code(name, client, calls), encoding="utf-8")
    assert all(calls for _, calls in uses.values())
    (check / "wrong.py").write_text("from petshop.client import Petshop\nPetshop().pet.list_pets(limit='5')\n", "utf-8")
    shutil.rmtree(check / "petshop")
    shutil.copytree(tmp_path / "petshop", check / "petshop")  # one of them whole, with nothing of lmnt's in its place
    told = check_types(check)
    expected = r'.*wrong\.py:2: error: Argument "limit" to "list_pets" of "Pet\w*" has incompatible type .*\n'
    assert re.fullmatch(expected, told), told
