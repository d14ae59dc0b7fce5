"""The work of the generator grows as the description does. benchmarks/scale.py measures it in seconds."""

from __future__ import annotations

import cProfile
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.scale import description, import_times, run

from generator.making import render
from generator.processes import beside
from generator.rendering import Package
from generator.report import Failure, refuse
from tests.descriptions.packages import settings


def calls(folder: Path, operations: int) -> int:
    """Return how many functions are called to render a description: a measure that no other program disturbs."""
    profile = cProfile.Profile()
    with profile:
        Package(settings("scale", folder), description(operations), folder).modules()
    return sum(each.callcount for each in profile.getstats())


def test_the_work_is_linear(tmp_path: Path) -> None:
    calls(tmp_path, 1)  # what is done once in a process
    few, some, many = (calls(tmp_path, operations) for operations in (10, 20, 40))
    assert many - some == pytest.approx(2 * (some - few), rel=0.15)


def refused() -> int:
    """Raise what says its place."""
    raise refuse("/a", "this is wrong", "mend it")


def stopped() -> int:
    """End as a process does that the system kills."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


class Odd(Exception):  # noqa: N818  # a name is enough here
    """An error that cannot be made of its arguments, as those of many libraries."""

    def __init__(self, what: str, where: int) -> None:
        super().__init__(f"{what} at {where}")


def failed() -> int:
    """Raise what nobody foresaw."""
    return int("no number")


def failed_oddly() -> int:
    """Raise what cannot be carried to another process."""
    raise Odd("wrong", 7)


def never_carried() -> Callable[[], int]:
    """Return what cannot be carried to another process."""
    return lambda: 1


def interrupted() -> int:
    """End as a process does that a person stops."""
    raise KeyboardInterrupt


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nothing but the generator ran in this process, with two processors."""
    monkeypatch.setattr("threading.active_count", lambda: 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)


@pytest.mark.usefixtures("alone")
def test_two_processes_share_the_work() -> None:
    here: list[int] = []
    there = beside(lambda: here.append(os.getpid()), os.getpid)
    assert here == [os.getpid()]
    assert there != os.getpid()
    with pytest.raises(Failure, match="/a: this is wrong") as caught:
        beside(lambda: None, refused)
    assert [each.pointer for each in caught.value.problems] == ["/a"]


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("work", [stopped, interrupted])
def test_a_process_that_ends_before_its_time_is_an_error(work: Callable[[], int]) -> None:
    with pytest.raises(ChildProcessError, match="was stopped"):
        beside(lambda: None, work)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("work", "kind", "said"),
    [
        (failed, ValueError, "invalid literal"),
        (failed_oddly, RuntimeError, "Odd: wrong at 7"),
        (never_carried, Exception, "never_carried"),
    ],
)
def test_an_error_of_the_other_process_says_where_it_was_raised(
    work: Callable[[], int], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as caught:
        beside(lambda: None, work)
    told = "".join(traceback.format_exception(caught.value))
    assert said in told
    assert told.count(f"in {work.__name__}") == 1 or work is never_carried


@pytest.mark.usefixtures("alone")
def test_a_large_package_is_the_same_in_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(most: int) -> dict[str, bytes]:
        monkeypatch.setattr("generator.rendering.MANY", most)
        folder = tmp_path / str(most)
        render(settings("scale", folder), description(2), folder)
        return {each.name: each.read_bytes() for each in folder.rglob("*") if each.is_file()}

    assert made(1) == made(10_000)


def test_the_benchmark_makes_and_imports_packages_of_several_sizes(tmp_path: Path) -> None:
    assert all(seconds > 0 and megabytes > 0 for seconds, megabytes in (run(tmp_path, 1), run(tmp_path, 2)))
    assert all(import_times(tmp_path, 1, 2, rounds=1))
