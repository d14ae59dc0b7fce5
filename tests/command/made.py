"""Packages with a command, and their commands run in this process."""

from __future__ import annotations

import importlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from generator.making import add_overlays, render, tidy
from generator.reading import load_description
from generator.report import Report
from generator.settings import Settings


def make(spec: Path, name: str, folder: Path) -> Any:
    """Return a package of a description, with a command."""
    settings = replace(Settings.read(spec, name, folder), cli=True)
    report = Report(["all"])
    made = render(settings, load_description(spec, report), folder, report)
    tidy(folder)
    add_overlays(made.settings, folder)
    sys.path.insert(0, str(folder))
    return importlib.import_module(name)


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


class Command:
    """The command of a package, run in this process."""

    def __init__(self, package: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.main = importlib.import_module(f"{package}.command.main").main
        self.rows = importlib.import_module(f"{package}.command.rows")
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ran:
        self._capsys.readouterr()
        code = self.main(list(arguments))
        found = self._capsys.readouterr()
        return Ran(code, found.out, found.err)

    def examples(self, file: Path) -> Iterator[tuple[Any, Sequence[str]]]:
        """Yield each row with the words of its first example, in which files are this one."""
        for row in self.rows.rows():
            words = shlex.split(row.examples[0])[1:]
            yield row, [str(file) if word == "FILE" or word.endswith(".bin") else word for word in words]


@contextmanager
def environment(**values: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield
