"""The command that the kit makes of a description calls each of its operations, as a mock of the description checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.descriptions.mock import KEY, Mock
from tests.descriptions.packages import HERE, document

from .made import Command, environment, make

NAMES = ("petshop", "chat", "diary", "library", "printing", "hostile", "zoo")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("commands")
    return {name: make(HERE / f"{name}.yaml", f"{name}_command", folder) for name in NAMES}


@pytest.fixture(params=NAMES)
def mock(request: pytest.FixtureRequest) -> Iterator[tuple[str, Mock]]:
    request.getfixturevalue("packages")
    name = f"{request.param}_command"
    user, _, password = KEY.partition(":")
    keys = {"API_KEY": KEY, "USERNAME": user, "PASSWORD": password}
    prefix = name.upper()
    with (
        Mock(document(request.param)) as server,
        environment(**{f"{prefix}_{key}": value for key, value in keys.items()}, **{f"{prefix}_BASE_URL": server.url}),
    ):
        yield name, server


INSTEAD = {"animals.add": ("--body", '{"animalType": "dog"}')}
"""Arguments in place of those of the example, which fits several members of a union."""


def test_each_operation_is_called_by_its_example(
    mock: tuple[str, Mock], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name, server = mock
    file = tmp_path / "file.bin"
    command = Command(name, capsys)
    called = []
    for row, words in command.examples(file):
        if row.id == "terms.beta":  # the mock knows no query in a path
            continue
        file.write_bytes(b"content")
        words = [*row.path, *INSTEAD[row.id]] if row.id in INSTEAD else words
        ran = command(*words)
        assert ran.code in (0, 9), (words, ran)
        assert server.seen[-1].operation == row.id, words
        assert server.seen[-1].problems == [], words
        called.append(row.id)
    assert called
