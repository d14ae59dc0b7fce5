from __future__ import annotations

import gc
import os
import signal
import zlib

import pytest
from hypothesis import HealthCheck, settings

# How long a machine takes is no fault of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

PROCESSORS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
"""The processors that may be used; empty where the system does not tell, or has no way to choose one."""

# What a shell begins in the background, or with nohup, ignores these, and so would each program that it starts, those
# that the tests interrupt too. A handler is not handed on: they get the system's, and this process still ignores both.
for _each in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
    if signal.getsignal(_each) is signal.SIG_IGN:
        signal.signal(_each, lambda *_: None)

# Fourteen threads at once ask for a host that is not there. Where a question is lost, it is asked again after a second,
# not after five (resolv.conf(5)).
os.environ.setdefault("RES_OPTIONS", "timeout:1")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Share the work out to one process more than there are processors, since tests wait too.

    Each costs some seconds of a processor: it collects all tests, and starts servers of its own.

    Files and tests that are named run in this process, which is faster for few of them, and can be debugged.
    """
    named = any(each.partition("::")[0].endswith(".py") for each in config.args)
    return 0 if named else 1 + (len(PROCESSORS) or os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    """Keep each of these processes, and the programs that it starts, to one processor.

    Most tests are threads that take turns at Python's lock, or a client and a server that take turns at a socket. To
    wake each other on another processor was 30 % of the CPU time of tests/faults.
    """
    if PROCESSORS and (worker := getattr(config, "workerinput", None)):
        os.sched_setaffinity(0, {PROCESSORS[int(worker["workerid"].removeprefix("gw")) % len(PROCESSORS)]})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real", action="store_true", help="make a package of each description in ../shared/descriptions")
    parser.addoption("--browser", action="store_true", help="fail, and do not skip, where there is no Chromium")
    parser.addoption("--long", action="store_true", help="run the tests that take minutes, too")
    parser.addoption("--registry", action="store_true", help="run the tests that install libraries, and no others")
    told = "run the tests marked `once` that are for the K-th of N Pythons, and no others that are"
    parser.addoption("--turn", default="1/1", metavar="K/N", help=told)


def turn_of(config: pytest.Config) -> tuple[int, int]:
    """Return which of how many Pythons this is."""
    turn, pythons = map(int, config.getoption("--turn").split("/"))
    return turn, pythons


def is_in_turn(config: pytest.Config, name: str) -> bool:
    """Whether what one Python does for all of them, called so, falls to this one."""
    turn, pythons = turn_of(config)
    return turn == _turn_for(name, pythons)


def _turn_for(name: str, pythons: int) -> int:
    return 1 + zlib.crc32(name.encode()) % pythons


def is_of_another_python(item: pytest.Item, turn: int, pythons: int) -> bool:
    """Whether this is a test for one Python, and not for this one.

    The first has the tests of tools that its environment alone has, the last those of what came with newer Pythons. The
    others are shared out: the rows of large tables one by one, so that every Python has some of each table, and what
    else is parametrized as a whole.
    """
    options = {name for mark in item.iter_markers("once") for name in mark.kwargs or ("",)}
    if options & {"first", "last"}:
        return turn != (1 if "first" in options else pythons)
    name = item.nodeid if "rows" in options else item.nodeid.partition("[")[0]
    return bool(options) and turn != _turn_for(name, pythons)


COLLECTED = pytest.StashKey[list[pytest.Item]]()
"""All tests, those of other Pythons too."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    turn, pythons = turn_of(config)
    config.stash[COLLECTED] = [*items]
    others = {
        each
        for each in items
        # They take minutes and need a network: they are run when they are asked for, and then alone.
        if bool(each.get_closest_marker("registry")) is not config.getoption("--registry")
        or (each.get_closest_marker("long") and not config.getoption("--long"))
        or is_of_another_python(each, turn, pythons)
    }
    if others:
        config.hook.pytest_deselected(items=[*others])
        items[:] = [each for each in items if each not in others]
    # What takes longest comes first, so that no process is at work on it when the others have nothing left to do.
    items.sort(key=lambda item: "kit" not in item.path.parts)


def pytest_collection_finish() -> None:
    # Thousands of tests and what they import stay to the end: no collection of garbage needs to look at them again,
    # nor one after each 700 objects. The tests that need one ask for it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def pytest_sessionfinish() -> None:
    # pytest collects five times what the tests have left, to tell of exceptions that nobody could catch: once tells it.
    gc.collect()
    gc.freeze()
