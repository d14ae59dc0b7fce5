"""An application of the official package runs unchanged, but for what the table of differences says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from lmnt_server.process import running

from ..official import OURS, official, run
from .differences import Difference, markdown, rows

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parents[1] / "generated"
DOCUMENT = (FOLDER.parents[1] / "docs" / "migrating.md").read_text("utf-8")


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[str, str]]]:
    """Run a script with the official package and with ours, against one server, and return what each printed."""
    python = official()
    with running(engine="tone", faults=True) as server:

        def with_both(script: str) -> tuple[str, str]:
            printed: list[str] = []
            for name, interpreter in (("official", python), ("ours", OURS)):
                # The server counts failures by key, and voices belong to one.
                environment = {"LMNT_API_KEY": f"key-of-{name}", "LMNT_BASE_URL": server.base_url, "LMNT_LOG": "info"}
                if interpreter is OURS:
                    environment["PYTHONPATH"] = str(PACKAGE)
                folder = tmp_path_factory.mktemp(name)
                printed.append(run(interpreter, FOLDER / script, folder=folder, environment=environment))
            return printed[0], printed[1]

        yield with_both


def unexplained(found: Iterable[str], patterns: Callable[[Difference], tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Return what no row explains, and the explanations of nothing."""
    explanations = [pattern for row in rows() for pattern in patterns(row)]
    used = {pattern for each in found for pattern in explanations if re.fullmatch(pattern, each)}
    left = [each for each in found if not any(re.fullmatch(pattern, each) for pattern in explanations)]
    return left, [pattern for pattern in explanations if pattern not in used]


def owners(fact: str) -> list[str]:
    """Return the facts that must hold before this one can: a keyword needs its function, a default its keyword."""
    found = [fact.partition("(")[0]] if "(" in fact else []
    if match := re.fullmatch(r"(.+\()(?:\d+: )?(\w+)(?:=.*)?\)", fact):
        found.append(f"{match[1]}{match[2]})")
    return [each for each in found if each != fact]


@pytest.mark.once
def test_every_name_is_there(both: Callable[[str], tuple[str, str]]) -> None:
    theirs, ours = (set(printed.splitlines()) for printed in both("surface.py"))
    assert len(theirs) > 1000
    assert {"lmnt.Lmnt", "lmnt.Lmnt.copy(timeout=NOT_GIVEN)", "lmnt.types.Voice.id"} <= theirs & ours
    missing = theirs - ours
    first = sorted(fact for fact in missing if not missing.intersection(owners(fact)))
    left, idle = unexplained(first, lambda row: row.facts)
    assert left == [], "in the official package alone, and not in the table"
    assert idle == [], "in the table, and not missing"


def lines(output: str) -> dict[str, str]:
    """Return what a script printed, by its labels; what differs in each run is taken out."""
    output = re.sub(r"req_[A-Za-z0-9]+", "req_…", output)
    pairs = [line.split(": ", 1) for line in output.splitlines()]
    labels = [pair[0] for pair in pairs]
    assert len(set(labels)) == len(labels), f"the same label twice: {sorted(labels)}"
    return {pair[0]: pair[1] if len(pair) == 2 else "" for pair in pairs}


@pytest.fixture(scope="session")
def printed(both: Callable[[str], tuple[str, str]]) -> Mapping[str, tuple[str, str]]:
    """What each script printed in both environments, by its name."""
    found = {"program": both("program.py")}
    theirs, ours = (json.loads(output) for output in both("runner.py"))
    assert theirs.keys() == ours.keys() == {path.stem for path in (FOLDER / "scripts").glob("*.py")} - {"shared"}
    return found | {name: (theirs[name], ours[name]) for name in ours}


@pytest.mark.once
def test_everything_does_what_it_did(printed: Mapping[str, tuple[str, str]]) -> None:
    different: list[str] = []
    for name, outputs in printed.items():
        theirs, ours = map(lines, outputs)
        assert theirs.keys() == ours.keys(), name
        assert len(theirs) > 15, name
        different += [f"{name}/{label}" for label in theirs if theirs[label] != ours[label]]
    left, idle = unexplained(different, lambda row: row.lines)
    told = {
        each: [lines(output)[each.partition("/")[2]] for output in printed[each.partition("/")[0]]] for each in left
    }
    assert told == {}, "printed otherwise by the official package, and not in the table"
    assert idle == [], "in the table, and not different"


def test_the_document_has_every_difference() -> None:
    assert DOCUMENT.endswith(markdown()), "run: python -m tests.compat"
